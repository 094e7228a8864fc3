"""What is kept of a session, whatever becomes of its packets: the issue's list, one test each."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from radius.stale_sessions import StaleSessions
from retention.keys import age
from retention.keys.key_register import KeyRegister, unwrap
from retention.manifests.chain import Chain, segment_path
from retention.manifests.verify import verify_folder
from retention.sealing import segment
from retention.sealing.archive import Places
from territory.database.components import Component
from territory.database.connect import component_url
from tests.evidence import CUSTODIANS, Evidence, places_in, run_archive
from tests.integration.radius.conftest import WAIT_SECONDS, Lab
from tests.servers.radius import Credential, attribute, report

DEVICE = "8A-56-7E-F9-10-E4"
START, STOP, INTERIM, ON = 1, 2, 3, 7
LOST_SERVICE, NAS_REBOOT = -3, -11
SESSIONS = "select * from live.session order by started_at"
ONLINE = "select count(*) as n from live.open_session where live_until > $1"
MINUTE = 60


async def tell(lab: Lab, kind: int, credential: Credential, **numbers: int) -> None:
    """Send a record of the session `s-1` and have it acknowledged."""
    packet = lab.accounting.accounting_request(report(kind, "s-1", credential, DEVICE, **numbers))
    assert (await lab.accounting.ask(packet)).code == 5


async def restart(lab: Lab) -> None:
    """Let the NAS say that it has restarted."""
    body = attribute(40, ON) + attribute(32, "lab")
    assert (await lab.accounting.ask(lab.accounting.accounting_request(body))).code == 5


def later(lab: Lab, **duration: float) -> datetime:
    """Let time pass; return the new time."""
    lab.clock.advance(**duration)  # type: ignore[attr-defined]
    return lab.clock.now()


async def sweep(lab: Lab) -> int:
    """Sweep once, as the server does each minute, with its own role."""
    url = component_url(lab.owner_url, Component.RADIUS, None)
    async with asyncpg.create_pool(url, min_size=1, max_size=1) as pool:
        return await StaleSessions(pool, lab.clock).sweep()


async def online(lab: Lab) -> int:
    """Return how many sessions count as online now."""
    return int((await lab.row(ONLINE, lab.clock.now()))["n"])


async def events(lab: Lab, kind: str = "source") -> list[tuple[Any, int]]:
    """Return the evidence in order: whose session, which kind."""
    rows = await lab.rows(f"select session_key, kind from {kind}.event order by received_at, kind")
    return [tuple(row) for row in rows]


async def test_a_lost_start(lab: Lab) -> None:
    """The first record that is heard begins the session, dated back by its age."""
    credential = await lab.grant()
    await tell(lab, INTERIM, credential, seconds=600)
    session = await lab.row(SESSIONS)
    assert session["started_at"] == lab.clock.now() - timedelta(seconds=600)
    assert session["admission_id"] == credential.admission_id


async def test_a_lost_stop(lab: Lab) -> None:
    """Silent past three reports and a margin, it is offline at once, and closed by the sweep."""
    credential = await lab.grant()
    await tell(lab, START, credential)
    heard = later(lab, seconds=MINUTE)
    await tell(lab, INTERIM, credential, seconds=MINUTE)
    later(lab, seconds=3 * MINUTE + 299)
    assert (await online(lab), await sweep(lab)) == (1, 0)
    later(lab, seconds=1)
    assert await online(lab) == 0
    assert (await sweep(lab), await sweep(lab)) == (1, 0)
    session = await lab.row(SESSIONS)
    assert (session["ended_at"], session["terminate_cause"]) == (heard, LOST_SERVICE)
    closed = await lab.row("select * from source.event where kind = -1")
    assert closed["received_at"] - timedelta(seconds=closed["delay_seconds"]) == heard
    assert [kind for _, kind in await events(lab, "traffic")] == [START, INTERIM, -1]


async def test_a_nas_that_sends_no_reports(lab: Lab) -> None:
    """Its sessions are live until their right ends; no other session of it has ever reported."""
    credential = await lab.grant()
    await tell(lab, START, credential)
    later(lab, hours=4)
    assert (await online(lab), await sweep(lab)) == (1, 0)
    later(lab, seconds=300)
    assert (await online(lab), await sweep(lab)) == (0, 1)


async def test_a_stale_row_never_blocks_a_log_in(lab: Lab) -> None:
    """The place lost its power: the guest comes back and is let in, swept or not."""
    credential = await lab.grant()
    await lab.access.ask(lab.access.log_in(credential, DEVICE))
    await tell(lab, INTERIM, credential, seconds=MINUTE)
    later(lab, hours=1)
    assert await online(lab) == 0
    assert (await lab.access.ask(lab.access.log_in(credential, DEVICE))).code == 2


async def test_a_later_packet_revives_a_closed_session(lab: Lab) -> None:
    """The link was away, the session was not; a record from before the end changes nothing."""
    credential = await lab.grant()
    await tell(lab, INTERIM, credential, seconds=2 * MINUTE)
    later(lab, hours=1)
    assert await sweep(lab) == 1
    await tell(lab, INTERIM, credential, seconds=MINUTE, delay=3660)
    assert (await lab.row(SESSIONS))["terminate_cause"] == LOST_SERVICE
    await tell(lab, INTERIM, credential, seconds=3720)
    session = await lab.row(SESSIONS)
    assert (session["ended_at"], session["terminate_cause"]) == (None, None)
    assert await online(lab) == 1
    await tell(lab, STOP, credential, seconds=3720, cause=1)
    assert (await lab.row(SESSIONS))["terminate_cause"] == 1


async def test_a_restart_of_the_nas(lab: Lab) -> None:
    """What began before it is concluded; what is heard alive after it is open again."""
    credential = await lab.grant()
    await tell(lab, INTERIM, credential, seconds=MINUTE)
    gone = later(lab, seconds=30)
    await restart(lab)
    session = await lab.row(SESSIONS)
    assert (session["ended_at"], session["terminate_cause"]) == (gone, NAS_REBOOT)
    later(lab, seconds=30)
    await tell(lab, INTERIM, credential, seconds=2 * MINUTE)
    assert (await lab.row(SESSIONS))["ended_at"] is None
    await restart(lab)
    assert (await lab.row(SESSIONS))["ended_at"] == lab.clock.now()


async def test_a_router_whose_clock_says_1970(lab: Lab) -> None:
    """Its own time is kept beside; what it says after its clock has jumped is set aside whole."""
    credential = await lab.grant()
    await tell(lab, START, credential, time=0)
    assert (await lab.row(SESSIONS))["started_at"] == lab.clock.now()
    assert (await lab.row("select nas_time from source.event"))["nas_time"].year == 1970
    for absurd in ({"delay": 1_700_000_000}, {"seconds": 1_700_000_000}):
        body = report(STOP, "s-1", credential, DEVICE, **absurd)
        assert await lab.accounting.is_silent(lab.accounting.accounting_request(body))
    assert (await lab.row(SESSIONS))["ended_at"] is None
    kept = "select reason from live.set_aside order by reason"
    reasons = await lab.rows_once(kept, lambda rows: len(rows) == 2)
    assert [row["reason"] for row in reasons] == ["acct-delay-time", "acct-session-time"]


async def test_a_used_name(lab: Lab) -> None:
    """A Start after the end is another session; what follows finds it, each has its evidence."""
    credential = await lab.grant()
    await tell(lab, START, credential)
    later(lab, seconds=90)
    await tell(lab, STOP, credential, seconds=90, upload=5, cause=1)
    began = later(lab, seconds=30)
    await tell(lab, START, credential)
    later(lab, seconds=MINUTE)
    await tell(lab, INTERIM, credential, seconds=MINUTE, upload=3)
    later(lab, seconds=MINUTE)
    await tell(lab, STOP, credential, seconds=2 * MINUTE, upload=4, cause=4)
    first, second = await lab.rows(SESSIONS)
    assert (first["session_seconds"], first["upload_octets"], first["terminate_cause"]) == (
        90,
        5,
        1,
    )
    assert (second["started_at"], second["ended_at"]) == (began, lab.clock.now())
    assert (second["upload_octets"], second["terminate_cause"]) == (4, 4)
    one, two = first["session_key"], second["session_key"]
    assert second["first_key"] == first["first_key"] == one
    for kind in ("source", "traffic"):
        assert await events(lab, kind) == [
            *((one, START), (one, STOP), (two, START), (two, INTERIM), (two, STOP))
        ]


async def test_a_session_time_that_falls_back(lab: Lab) -> None:
    """Stop and Start were lost, even twice: each session is one of its own."""
    credential = await lab.grant()
    for _ in range(3):
        later(lab, hours=1)
        await tell(lab, INTERIM, credential, seconds=MINUTE)
    sessions = await lab.rows(SESSIONS)
    assert [row["session_seconds"] for row in sessions] == [MINUTE] * 3
    assert len({row["session_key"] for row in sessions}) == 3
    assert {row["first_key"] for row in sessions} == {sessions[0]["session_key"]}


async def test_a_late_stop_of_the_first_session_of_a_name(lab: Lab) -> None:
    """It happened before the second began, which stays open."""
    credential = await lab.grant()
    await tell(lab, START, credential)
    later(lab, seconds=MINUTE)
    await tell(lab, INTERIM, credential, seconds=MINUTE)
    ended = later(lab, seconds=10)
    later(lab, seconds=50)
    await tell(lab, START, credential)
    await tell(lab, STOP, credential, seconds=70, delay=50, cause=1)
    first, second = await lab.rows(SESSIONS)
    assert (first["ended_at"], second["ended_at"]) == (ended, None)


async def test_both_sessions_of_a_name_in_one_burst(lab: Lab) -> None:
    """After an outage of the link everything comes at once, in any order."""
    credential = await lab.grant()
    records = [
        {"kind": START, "delay": 300},
        {"kind": INTERIM, "seconds": 60, "delay": 240, "upload": 7},
        {"kind": STOP, "seconds": 90, "delay": 210, "upload": 9},
        {"kind": START, "delay": 120},
        {"kind": INTERIM, "seconds": 60, "delay": 60, "upload": 2},
        {"kind": INTERIM, "seconds": 120, "upload": 3},
    ]
    nas, replies = lab.accounting, []
    for record in (records[4], records[2], records[0], records[5], records[1], records[3]):
        body = report(record.pop("kind"), "s-1", credential, DEVICE, **record)
        replies.append(nas.insist(nas.accounting_request(body)))
    await asyncio.wait_for(asyncio.gather(*replies), WAIT_SECONDS)
    first, second = await lab.rows(SESSIONS)
    assert (first["upload_octets"], second["upload_octets"]) == (9, 3)
    assert len(await lab.rows("select from source.event")) == 6
    now = lab.clock.now()
    assert first["ended_at"] == now - timedelta(seconds=210)
    assert (second["started_at"], second["ended_at"]) == (now - timedelta(seconds=120), None)


@pytest.mark.parametrize(
    ("uploads", "total"),
    [((4_294_967_000, 704), 4_294_968_000), ((1000, 10, 300), 1300)],
)
async def test_counters_that_wrap_or_fall_back(
    lab: Lab, uploads: tuple[int, ...], total: int
) -> None:
    """Without gigawords 32 bits wrap; a NAS that resets counts on from nought."""
    credential = await lab.grant()
    for number, upload in enumerate(uploads, 1):
        later(lab, seconds=MINUTE)
        await tell(lab, INTERIM, credential, seconds=number * MINUTE, upload=upload)
        await tell(lab, INTERIM, credential, seconds=number * MINUTE, upload=upload)
    session = await lab.row(SESSIONS)
    assert session["upload_octets"] == total
    told = await lab.rows("select upload_octets from traffic.event order by received_at")
    assert [row["upload_octets"] for row in told[::2]] == list(uploads)


async def test_repeated_records_count_once(lab: Lab) -> None:
    """Each sent twice, with another identifier, as after a lost answer."""
    credential = await lab.grant()
    for kind, numbers in ((START, {}), (INTERIM, {"seconds": 60}), (STOP, {"seconds": 90})):
        await tell(lab, kind, credential, upload=7, **numbers)
        await tell(lab, kind, credential, upload=7, **numbers)
    session = await lab.row(SESSIONS)
    assert (session["session_seconds"], session["upload_octets"]) == (90, 7)


async def custodians(evidence: Evidence) -> dict[str, str]:
    """Give the archive two custodians; return their private keys."""
    identities = {login: age.new_identity() for login in CUSTODIANS}
    for login, identity in identities.items():
        await evidence.custodian(login, age.recipient_of(identity))
    return identities


def slices(places: Places, identities: dict[str, str], about: str) -> list[dict[str, Any]]:
    """Return the source slices of a day: its own segment and its supplements."""
    found: list[dict[str, Any]] = []
    for day, sealed in Chain.read(places.archive).segments():
        if (str(day), sealed.category) != (about, "source"):
            continue
        key = KeyRegister(places.keys).get(sealed.object, *CUSTODIANS)
        assert key
        inner = unwrap(key.sealed, identities[key.outer])
        identity = unwrap(inner, identities[key.inner]).decode().strip()
        octets = segment_path(places.archive, sealed.object).read_bytes()
        rows = segment.open_segment(octets, identity).to_pylist()
        found += [row | {"part": sealed.part} for row in rows]
    return found


async def test_a_late_packet_reaches_the_sealed_day(lab: Lab, tmp_path: Path) -> None:
    """Its NAS kept it for five days, and says so: the day's signed supplement tells the end."""
    evidence, places = Evidence(lab.owner_url), places_in(tmp_path)
    identities = await custodians(evidence)
    credential = await lab.grant()
    began = lab.clock.now()
    await tell(lab, START, credential)
    later(lab, seconds=MINUTE)
    await tell(lab, INTERIM, credential, seconds=MINUTE)
    later(lab, hours=2)
    assert await sweep(lab) == 1
    later(lab, days=4)
    await run_archive(evidence.retention_url, places, lab.clock.now())
    assert await lab.rows(SESSIONS) == []
    later(lab, days=1)
    week = int((lab.clock.now() - began).total_seconds()) - 600
    await tell(lab, STOP, credential, seconds=600, delay=week, cause=1)
    later(lab, days=4)
    await run_archive(evidence.retention_url, places, lab.clock.now())

    own, told = slices(places, identities, "2026-11-20")
    assert (own["until_is"], own["part"]) == ("last_seen", 0)
    assert (own["until"], own["until_uncertainty_seconds"]) == (began + timedelta(seconds=60), 180)
    assert (told["until_is"], told["part"]) == ("stop", 1)
    assert told["until"] == began + timedelta(seconds=600)
    assert told["session"] == own["session"]
    assert verify_folder(places.archive).is_whole


async def test_both_sessions_of_a_name_have_their_own_slices(lab: Lab, tmp_path: Path) -> None:
    """Between them the address was nobody's, or another's."""
    evidence, places = Evidence(lab.owner_url), places_in(tmp_path)
    identities = await custodians(evidence)
    credential = await lab.grant()
    began = lab.clock.now()
    for _ in range(2):
        await tell(lab, START, credential)
        later(lab, seconds=90)
        await tell(lab, STOP, credential, seconds=90, cause=1)
        later(lab, seconds=600)
    later(lab, days=4)
    await run_archive(evidence.retention_url, places, lab.clock.now())
    found = sorted(slices(places, identities, "2026-11-20"), key=lambda row: row["from"])
    assert [(row["from"] - began).total_seconds() for row in found] == [0, 690]
    assert [(row["until"] - began).total_seconds() for row in found] == [90, 780]
    assert len({row["session"] for row in found}) == 2


async def test_many_sessions_of_a_silent_nas_are_closed_in_batches(lab: Lab) -> None:
    """Of a NAS that never reports, 1 200 in three batches; one session of another NAS stays."""
    credential = await lab.grant()
    await tell(lab, START, credential)
    begun = lab.clock.now()
    await lab.rows(
        "insert into live.session (session_key, nas_id, site_id, nas_handle, acct_session_id,"
        " started_at, last_seen_at, session_seconds, upload_octets, download_octets)"
        " select gen_random_uuid(), $1, $2, 'lab', n::text, $3, $3, 0, 0, 0"
        " from generate_series(1, 1200) n",
        uuid4(),
        uuid4(),
        begun - timedelta(days=1),
    )
    assert await online(lab) == 1
    assert (await sweep(lab), await sweep(lab)) == (1200, 0)
    told = await lab.row("select count(*) as n from source.event where kind = -1")
    assert told["n"] == 1200
