"""`archive run` on a real PostgreSQL: what is sealed, what leaves the database, what is late."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import asyncpg
import pytest

from radius.statements import CLOSE_SESSIONS
from retention.keys import age
from retention.manifests.chain import Chain
from retention.manifests.verify import verify_folder
from retention.sealing import archive, index
from retention.sealing.archive import Places, Step
from retention.sealing.clock_guard import ClockGuard
from territory.errors import ConfigurationError, Unavailable
from territory.probes import new_probe_id
from tests.evidence import (
    COMMERCY,
    INTERIM,
    START,
    STOP,
    VERDUN,
    Evidence,
    Record,
    Session,
    at,
    opened,
    run_archive,
    run_purge,
    visit,
)

PHONE = Session(VERDUN, "02:00:00:00:00:01", "10.1.0.10")
END_OTHERS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
LAPTOP = Session(COMMERCY, "02:00:00:00:00:02", "10.1.0.10")


def rows(
    places: Places, identities: dict[str, str], day: str, category: str = "source", part: int = 0
) -> list[dict[str, object]]:
    """Return the slices of one segment."""
    chain = Chain.read(places.archive)
    for about, sealed in chain.segments():
        if (str(about), sealed.category, sealed.part) == (day, category, part):
            found: list[dict[str, object]] = opened(places, identities, sealed.object).to_pylist()
            return found
    raise AssertionError(f"no {category} segment {part} of {day}")


async def test_a_day_is_sealed_once_its_grace_of_two_days_is_over(
    evidence: Evidence, places: Places
) -> None:
    """The 17th is sealed on the 20th at midnight UTC, not before, and then only once."""
    await evidence.days("2026-11-17", 5)
    await evidence.record(PHONE, *visit(at("2026-11-17 10:00"), 30))

    early = await run_archive(evidence.retention_url, places, at("2026-11-19 23:59"))
    first = await run_archive(evidence.retention_url, places, at("2026-11-20 00:00"))
    again = await run_archive(evidence.retention_url, places, at("2026-11-20 12:00"))

    assert early.days == ()
    assert first.days == (date(2026, 11, 17),)
    assert again.days == ()
    assert verify_folder(places.archive).is_whole


async def test_a_sealed_day_has_left_the_database(evidence: Evidence, places: Places) -> None:
    """Partitions and ended sessions of a sealed day are gone; the next days' stay."""
    await evidence.days("2026-11-17", 5)
    await evidence.record(PHONE, *visit(at("2026-11-17 10:00"), 30))
    await evidence.record(LAPTOP, *visit(at("2026-11-18 10:00"), 30))

    await run_archive(evidence.retention_url, places, at("2026-11-20 00:00"))

    held = await evidence.fetch("SELECT DISTINCT day FROM live.held_day ORDER BY day")
    sessions = await evidence.fetch("SELECT device::text FROM live.session")
    indexed = await evidence.fetch("SELECT category, rows FROM archive.segment ORDER BY category")
    assert [row["day"].day for row in held] == [18, 19, 20, 21]
    assert [row["device"] for row in sessions] == [LAPTOP.device]
    assert [tuple(row) for row in indexed] == [("security", 0), ("source", 1), ("traffic", 1)]


async def test_sessions_leave_their_count_behind(evidence: Evidence, places: Places) -> None:
    """Cut at midnight of Europe/Paris, each session is counted once: while it is known, and once
    it has left; whatever is archived again adds nothing."""
    await evidence.days("2026-11-16", 6)
    await evidence.record(PHONE, *visit(at("2026-11-16 22:30"), 60))
    await evidence.record(LAPTOP, *visit(at("2026-11-18 10:00"), 30))
    use = "SELECT day::text, sessions, seconds FROM live.site_use('2026-11-01', '2026-11-30')"

    before = await evidence.fetch(f"{use} ORDER BY day")
    for _ in range(2):
        await run_archive(evidence.retention_url, places, at("2026-11-20 00:00"))
    after = await evidence.fetch(f"{use} ORDER BY day")
    kept = await evidence.fetch("SELECT day::text, sessions, seconds FROM live.site_day ORDER BY 1")

    expected = [("2026-11-16", 1, 1800), ("2026-11-17", 0, 1800), ("2026-11-18", 1, 1800)]
    assert [tuple(row) for row in before] == expected
    assert [tuple(row) for row in after] == expected
    assert [tuple(row) for row in kept] == expected[:2]


async def test_sessions_leave_by_some_pages_at_once(
    evidence: Evidence, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RADIUS may hear of one of them late: it waits for a few of them, never for a whole day's."""
    monkeypatch.setattr(index, "_PAGES_AT_ONCE", 1)
    await evidence.days("2026-11-17", 5)
    await evidence.record(PHONE, *visit(at("2026-11-17 10:00"), 30))
    await evidence.fetch(
        "INSERT INTO live.session (session_key, nas_id, site_id, nas_handle, acct_session_id,"
        " started_at, last_seen_at, ended_at, session_seconds, upload_octets, download_octets)"
        " SELECT gen_random_uuid(), nas_id, site_id, nas_handle, n, started_at, last_seen_at,"
        " ended_at, session_seconds, 0, 0"
        " FROM live.session, generate_series(1, 200) n"
    )
    (size,) = await evidence.fetch("SELECT pg_relation_size('live.session') / 8192 AS pages")

    await run_archive(evidence.retention_url, places, at("2026-11-20 00:00"))

    left = await evidence.fetch("SELECT FROM live.session")
    (kept,) = await evidence.fetch("SELECT sessions, seconds FROM live.site_day")
    assert size["pages"] > 2
    assert left == []
    assert tuple(kept) == (201, 201 * 1800)


async def test_source_and_traffic_go_to_segments_of_their_own(
    evidence: Evidence, places: Places, identities: dict[str, str]
) -> None:
    """Who had the address and how much was sent never share a segment (CPCE R10-13)."""
    await evidence.days("2026-11-17", 5)
    await evidence.record(PHONE, *visit(at("2026-11-17 10:00"), 30))
    await run_archive(evidence.retention_url, places, at("2026-11-20 00:00"))

    (source,) = rows(places, identities, "2026-11-17")
    (traffic,) = rows(places, identities, "2026-11-17", "traffic")

    assert source["device"] == PHONE.device
    assert source["public_address"] == VERDUN.public_address
    assert (source["from"], source["until"]) == (at("2026-11-17 10:00"), at("2026-11-17 10:30"))
    assert source["nas_clock_offset_seconds"] == 0
    assert traffic["upload_octets"] == 1000
    assert traffic["session"] == source["session"]
    assert not {"device", "address", "public_address", "site"} & set(traffic)


async def test_a_synthetic_guest_is_in_no_segment(
    evidence: Evidence, places: Places, identities: dict[str, str]
) -> None:
    """At the place and the hour of a guest, it would make the one who had an address doubtful; also
    after its NAS, and so its probe, was taken out of the description."""
    await evidence.days("2026-11-17", 5)
    probe, gone = (new_probe_id(bytes(8)), new_probe_id(bytes(range(8))))
    connection = await asyncpg.connect(evidence.owner_url)
    described = "INSERT INTO territory.probe VALUES ($1, $2, '127.127.0.1')"
    await connection.execute(described, probe, VERDUN.nas_id)
    await connection.close()
    for who in (
        PHONE,
        Session(replace(VERDUN, nas_id=probe), "02:00:00:00:00:03", "10.1.0.2"),
        Session(replace(VERDUN, nas_id=gone), "02:00:00:00:00:04", "10.1.0.2"),
    ):
        await evidence.record(who, *visit(at("2026-11-17 10:00"), 30))

    use = "SELECT sum(sessions) AS sessions FROM live.site_use('2026-11-17', '2026-11-17')"
    before = await evidence.fetch(use)
    await run_archive(evidence.retention_url, places, at("2026-11-20 00:00"))

    (source,) = rows(places, identities, "2026-11-17")
    assert source["device"] == PHONE.device
    assert [row["sessions"] for row in before] == [1]
    counted = await evidence.fetch("SELECT sum(sessions) AS sessions FROM live.site_day")
    assert [row["sessions"] for row in counted] == [1]


async def test_an_open_session_has_a_slice_of_its_own_each_day(
    evidence: Evidence, places: Places, identities: dict[str, str]
) -> None:
    """A day between two facts has its slice, with the address of before, not of after."""
    await evidence.days("2026-11-16", 8)
    await evidence.record(
        PHONE,
        Record(START, at("2026-11-16 20:00")),
        Record(INTERIM, at("2026-11-18 08:00"), session_seconds=36 * 3600, address="10.1.0.99"),
        Record(STOP, at("2026-11-18 09:00"), session_seconds=37 * 3600, address="10.1.0.99"),
    )
    for day in (19, 20, 21):
        await run_archive(evidence.retention_url, places, at(f"2026-11-{day} 01:00"))

    (first,) = rows(places, identities, "2026-11-16")
    (second,) = rows(places, identities, "2026-11-17")
    before, after = rows(places, identities, "2026-11-18")

    assert (first["from"], first["until_is"]) == (at("2026-11-16 20:00"), "day_end")
    assert (second["from"], second["until"]) == (at("2026-11-17 00:00"), at("2026-11-18 00:00"))
    assert second["address"] == "10.1.0.10"
    assert (before["address"], before["until"]) == ("10.1.0.10", at("2026-11-18 08:00"))
    assert (after["address"], after["until_is"]) == ("10.1.0.99", "stop")


async def test_a_lost_stop_ends_when_last_seen_with_its_uncertainty(
    evidence: Evidence, places: Places, identities: dict[str, str]
) -> None:
    """A session that had reported every 600 s and went silent is unsure for three intervals."""
    await evidence.days("2026-11-17", 5)
    await evidence.record(
        PHONE,
        Record(START, at("2026-11-17 10:00")),
        Record(INTERIM, at("2026-11-17 10:10"), session_seconds=600),
    )
    await run_archive(evidence.retention_url, places, at("2026-11-20 00:00"))

    (slice_,) = rows(places, identities, "2026-11-17")

    assert (slice_["until"], slice_["until_is"]) == (at("2026-11-17 10:10"), "last_seen")
    assert slice_["until_uncertainty_seconds"] == 1800
    assert await evidence.fetch("SELECT * FROM live.session") == []


async def restart(evidence: Evidence, moment: str) -> None:
    """Let Verdun's NAS say that it restarted, as the ledger records it."""
    connection = await asyncpg.connect(evidence.owner_url)
    nas = (VERDUN.nas_id, VERDUN.code)
    await connection.execute(CLOSE_SESSIONS, at(moment), *nas, at(moment), 7, 11)
    await connection.close()


async def test_a_restart_of_the_nas_is_no_stop(
    evidence: Evidence, places: Places, identities: dict[str, str]
) -> None:
    """Gone since 18:00, the NAS restarted at 08:00: certain until last seen, not all night."""
    await evidence.days("2026-11-16", 8)
    await evidence.record(
        PHONE,
        Record(START, at("2026-11-17 17:00")),
        Record(INTERIM, at("2026-11-17 18:00"), session_seconds=3600),
    )
    never_heard = Session(VERDUN, "02:00:00:00:00:03", "10.1.0.12")
    await evidence.record(never_heard, Record(START, at("2026-11-18 07:30")))
    told = Session(VERDUN, "02:00:00:00:00:04", "10.1.0.13")
    await evidence.record(told, *visit(at("2026-11-18 07:00"), 30))
    await restart(evidence, "2026-11-18 08:00")
    await run_archive(evidence.retention_url, places, at("2026-11-21 00:00"))

    (phone,) = rows(places, identities, "2026-11-17")
    stopped, silent = rows(places, identities, "2026-11-18")

    assert (phone["until"], phone["until_is"]) == (at("2026-11-17 18:00"), "last_seen")
    assert phone["until_uncertainty_seconds"] == 1800
    assert (stopped["until"], stopped["until_is"]) == (at("2026-11-18 07:30"), "stop")
    assert (silent["until"], silent["until_is"]) == (at("2026-11-18 07:30"), "last_seen")
    assert silent["until_uncertainty_seconds"] == 1800
    assert await evidence.fetch("SELECT * FROM source.carried_session") == []


async def test_a_stop_within_the_grace_is_in_its_own_day(
    evidence: Evidence, places: Places, identities: dict[str, str]
) -> None:
    """A record sent two days late, and saying so, ends its session on the day it ended."""
    await evidence.days("2026-11-17", 5)
    late = Record(STOP, at("2026-11-17 11:00"), session_seconds=3600, delay_seconds=2 * 86_400)
    await evidence.record(PHONE, Record(START, at("2026-11-17 10:00")), late)
    await run_archive(evidence.retention_url, places, at("2026-11-20 00:00"))

    (slice_,) = rows(places, identities, "2026-11-17")

    assert (slice_["until"], slice_["until_is"]) == (at("2026-11-17 11:00"), "stop")


async def test_a_later_fact_is_a_signed_supplement_of_its_day(
    evidence: Evidence, places: Places, identities: dict[str, str]
) -> None:
    """A record sent four days late goes into a supplement of the day it is about."""
    await evidence.days("2026-11-17", 8)
    await evidence.record(PHONE, Record(START, at("2026-11-17 10:00")))
    await run_archive(evidence.retention_url, places, at("2026-11-20 00:00"))
    late = Record(STOP, at("2026-11-17 11:00"), session_seconds=3600, delay_seconds=4 * 86_400)
    await evidence.record(PHONE, late)
    await run_archive(evidence.retention_url, places, at("2026-11-24 00:00"))

    (own,) = rows(places, identities, "2026-11-17")
    (told,) = rows(places, identities, "2026-11-17", part=1)

    assert own["until_is"] == "last_seen"
    assert (told["until"], told["until_is"]) == (at("2026-11-17 11:00"), "stop")
    assert told["session"] == own["session"]
    assert verify_folder(places.archive).is_whole


async def test_a_session_first_heard_of_late_is_told_of_every_day_it_touched(
    evidence: Evidence, places: Places, identities: dict[str, str]
) -> None:
    """Its Start was lost and its first report comes on the fifth day: earlier days learn of it."""
    await evidence.days("2026-11-16", 8)
    await evidence.record(LAPTOP, *visit(at("2026-11-16 10:00"), 30))
    await run_archive(evidence.retention_url, places, at("2026-11-20 00:00"))
    first_heard = Record(INTERIM, at("2026-11-21 12:00"), session_seconds=4 * 86_400)
    await evidence.record(PHONE, first_heard)
    await run_archive(evidence.retention_url, places, at("2026-11-24 00:00"))

    (began,) = rows(places, identities, "2026-11-17", part=1)
    (whole,) = rows(places, identities, "2026-11-18", part=1)

    assert (began["from"], began["until_is"]) == (at("2026-11-17 12:00"), "day_end")
    assert (whole["from"], whole["until"]) == (at("2026-11-18 00:00"), at("2026-11-19 00:00"))
    assert len(rows(places, identities, "2026-11-19")) == 1


async def test_what_a_clock_that_was_behind_stamped_on_a_sealed_day_is_sealed(
    evidence: Evidence, places: Places, identities: dict[str, str]
) -> None:
    """It stays through the runs until the next day is sealed, as late facts of the stamped day and
    with the reports and answers of that next day; it is sealed once, then gone."""
    url = evidence.retention_url
    await evidence.days("2026-11-17", 8)
    await run_archive(url, places, at("2026-11-20 00:00"))
    await evidence.days("2026-11-17", 1)
    await evidence.record(PHONE, *visit(at("2026-11-17 10:00"), 30))
    for now in ("2026-11-20 01:00", "2026-11-21 00:00", "2026-11-22 00:00"):
        await run_archive(url, places, at(now))

    sealed = [(str(day), s.category, s.rows) for day, s in Chain.read(places.archive).segments()]
    assert [each for each in sealed if each[2]] == [
        ("2026-11-17", "source", 1),
        ("2026-11-18", "traffic", 1),
    ]
    (told,) = rows(places, identities, "2026-11-17", part=1)
    assert (told["device"], told["until_is"]) == (PHONE.device, "stop")
    held = await evidence.fetch("SELECT min(day) AS day FROM live.held_day")
    assert held[0]["day"] == date(2026, 11, 20)
    assert await evidence.fetch("SELECT FROM live.session") == []
    assert verify_folder(places.archive).is_whole


async def test_a_purge_leaves_what_a_clock_that_was_behind_stamped_years_ago(
    evidence: Evidence, places: Places
) -> None:
    """Its term counts from the day it is sealed with: a machine whose battery is dead starts in the
    year of its firmware, and what it records then is of today."""
    url = evidence.retention_url
    await evidence.days("2026-11-17", 8)
    await run_archive(url, places, at("2026-11-20 00:00"))
    await evidence.days("2020-01-01", 1)
    await evidence.record(PHONE, *visit(at("2020-01-01 00:10"), 30))
    await run_purge(url, places, at("2026-11-20 01:00"))
    await run_archive(url, places, at("2026-11-21 00:00"))

    sealed = [(str(day), s.category, s.rows) for day, s in Chain.read(places.archive).segments()]
    assert ("2026-11-18", "traffic", 1) in sealed
    assert verify_folder(places.archive).is_whole


async def test_the_public_address_is_joined_by_interval(
    evidence: Evidence, places: Places, identities: dict[str, str]
) -> None:
    """A site whose address changes at noon has slices on both sides of noon."""
    await evidence.days("2026-11-17", 5)
    await evidence.end_public_address(VERDUN, at("2026-11-17 12:00"))
    await evidence.public_address(VERDUN, "192.0.2.99", at("2026-11-17 12:00"))
    await evidence.record(PHONE, *visit(at("2026-11-17 11:30"), 60))
    await run_archive(evidence.retention_url, places, at("2026-11-20 00:00"))

    found = rows(places, identities, "2026-11-17")

    assert [(row["public_address"], row["until"]) for row in found] == [
        ("192.0.2.10", at("2026-11-17 12:00")),
        ("192.0.2.99", at("2026-11-17 12:30")),
    ]


async def test_an_ipv6_prefix_keeps_its_length(
    evidence: Evidence, places: Places, identities: dict[str, str]
) -> None:
    """A device given a prefix has all of it: sealed as text, found again on the next day."""
    await evidence.days("2026-11-17", 5)
    await evidence.record(PHONE, Record(START, at("2026-11-17 23:00")))
    await evidence.record(PHONE, Record(STOP, at("2026-11-18 01:00"), session_seconds=7200))
    told = "{2001:db8:0:1::/64,2001:db8::a}"
    await evidence.fetch("UPDATE source.event SET address6 = $1::text::inet[]", told)
    await run_archive(evidence.retention_url, places, at("2026-11-21 00:00"))

    for day in ("2026-11-17", "2026-11-18"):
        (slice_,) = rows(places, identities, day)
        assert slice_["addresses6"] == ["2001:db8::a", "2001:db8:0:1::/64"]


async def test_days_without_anything_are_sealed_too(evidence: Evidence, places: Places) -> None:
    """A gap in the days would look like a loss: an empty day has its manifest."""
    await evidence.days("2026-11-10", 10)

    outcome = await run_archive(evidence.retention_url, places, at("2026-11-20 00:00"))

    assert len(outcome.days) == 8
    assert outcome.rows == 0
    assert verify_folder(places.archive).days == 8


async def test_nothing_is_sealed_that_nobody_could_open(database_url: str, places: Places) -> None:
    """With fewer than two custodians the days stay in the database, and the fault is named."""
    evidence = Evidence(database_url)
    await evidence.describe(VERDUN)
    await evidence.custodian("seule@territoire.example", age.recipient_of(age.new_identity()))
    await evidence.days("2026-11-17", 5)

    with pytest.raises(ConfigurationError, match="at least two custodians"):
        await run_archive(evidence.retention_url, places, at("2026-11-20 00:00"))

    assert len(await evidence.fetch("SELECT DISTINCT day FROM live.held_day")) == 5


async def test_only_one_run_at_a_time(evidence: Evidence, places: Places) -> None:
    """A second run says that one is under way, and touches nothing."""
    await evidence.days("2026-11-17", 5)
    url, now = evidence.retention_url, at("2026-11-20 00:00")
    async with archive.only_runner(url, places, now, archive.unwatched, ClockGuard.NONE):
        with pytest.raises(Unavailable, match="under way"):
            await run_archive(url, places, now)
    assert (await asyncio.wait_for(run_archive(url, places, now), 60)).segments == 3


async def test_a_run_that_lost_its_lock_adds_no_link(evidence: Evidence, places: Places) -> None:
    """The lock is the connection's: here that ends while objects are deleted, which asks no
    database. What the run could not certify, the next one does."""
    url = evidence.retention_url
    await evidence.days("2024-11-17", 1)
    await run_archive(url, places, at("2024-11-20 00:00"))
    before = len(Chain.read(places.archive).links)

    def cut(step: Step) -> None:
        if step.name == "deleted":
            with ThreadPoolExecutor() as threads:
                threads.submit(asyncio.run, evidence.fetch(END_OTHERS)).result()

    with pytest.raises(Unavailable, match="the archive stopped"):
        await run_purge(url, places, at("2026-11-20 00:00"), cut)
    decided = Chain.read(places.archive)
    assert len(decided.links) == before + 1
    assert decided.unfinished_purges()
    await run_purge(url, places, at("2026-11-20 00:00"))
    assert not Chain.read(places.archive).unfinished_purges()


async def test_a_clock_set_back_stops_the_archive(evidence: Evidence, places: Places) -> None:
    """Nothing is dated before the last manifest."""
    await evidence.days("2026-11-17", 5)
    await run_archive(evidence.retention_url, places, at("2026-11-20 00:00"))

    with pytest.raises(Unavailable, match="behind the last manifest"):
        await run_archive(evidence.retention_url, places, at("2026-11-19 00:00"))


async def test_a_manifest_vouches_for_the_audit_log(evidence: Evidence, places: Places) -> None:
    """Each day's manifest holds the digest of the audit log's last line."""
    await evidence.days("2026-11-16", 5)
    await run_archive(evidence.retention_url, places, at("2026-11-20 00:00"))

    first, second = Chain.read(places.archive).days()
    lines = await evidence.fetch("SELECT number, digest FROM audit.entry ORDER BY number")

    assert first.audit_head is None
    assert second.audit_head
    assert bytes.fromhex(second.audit_head.sha256) == lines[0]["digest"]
