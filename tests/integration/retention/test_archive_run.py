"""`archive run` on a real PostgreSQL: what is sealed, what leaves the database, what is late."""

import asyncio
from datetime import date

import asyncpg
import pyarrow as pa
import pytest

from radius.statements import CLOSE_SESSIONS
from retention import age, archive, segment
from retention.archive import Places
from retention.chain import Chain, segment_path
from retention.clock_guard import ClockGuard
from retention.key_register import KeyRegister, unwrap
from retention.verify import verify_folder
from territory.errors import ConfigurationError, Unavailable
from tests.evidence import (
    COMMERCY,
    CUSTODIANS,
    INTERIM,
    START,
    STOP,
    VERDUN,
    Evidence,
    Record,
    Session,
    at,
    run_archive,
    visit,
)

PHONE = Session(VERDUN, "02:00:00:00:00:01", "10.1.0.10")
LAPTOP = Session(COMMERCY, "02:00:00:00:00:02", "10.1.0.10")


def opened(places: Places, identities: dict[str, str], object_name: str) -> pa.Table:
    """Open a segment as the two custodians would."""
    key = KeyRegister(places.keys).get(object_name, *CUSTODIANS)
    assert key
    inner = unwrap(key.sealed, identities[key.outer])
    identity = unwrap(inner, identities[key.inner]).decode().strip()
    return segment.open_segment(segment_path(places.archive, object_name).read_bytes(), identity)


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
    index = await evidence.fetch("SELECT category, rows FROM archive.segment ORDER BY category")
    assert [row["day"].day for row in held] == [18, 19, 20, 21]
    assert [row["device"] for row in sessions] == [LAPTOP.device]
    assert [tuple(row) for row in index] == [("security", 0), ("source", 1), ("traffic", 1)]


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
