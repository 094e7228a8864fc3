"""Accounting-Requests through the real server: rows by legal category, and sessions that close."""

import asyncio
import hmac
from dataclasses import replace
from datetime import timedelta
from time import monotonic

import pytest

from tests.integration.radius.conftest import WAIT_SECONDS, Lab
from tests.servers.radius import Nas, attribute, report

DEVICE, OTHER = "8A-56-7E-F9-10-E4", "02-00-00-00-00-02"
START, STOP, INTERIM, ON, OFF = 1, 2, 3, 7, 8
RESPONSE = 5
SESSIONS = "select * from live.session order by started_at"


async def tell(lab: Lab, attributes: bytes, nas: Nas | None = None) -> None:
    """Send a record and have it acknowledged."""
    sender = nas or lab.accounting
    assert (await sender.ask(sender.accounting_request(attributes))).code == RESPONSE


async def test_a_session_lives_from_start_to_stop(lab: Lab) -> None:
    """Each record is an event of source data and one of traffic data; the session is one row."""
    credential = await lab.grant()
    began = lab.clock.now()
    await tell(lab, report(START, "s-1", credential, DEVICE))
    lab.clock.advance(seconds=60)  # type: ignore[attr-defined]
    await tell(lab, report(INTERIM, "s-1", credential, DEVICE, seconds=60, upload=10, download=90))
    lab.clock.advance(seconds=30)  # type: ignore[attr-defined]
    await tell(
        lab, report(STOP, "s-1", credential, DEVICE, seconds=90, upload=20, download=180, cause=1)
    )
    session = await lab.row(SESSIONS)
    assert session["admission_id"] == credential.admission_id
    assert (session["started_at"], session["ended_at"]) == (began, began + timedelta(seconds=90))
    assert str(session["address"]) == "10.1.0.2"
    assert (session["session_seconds"], session["upload_octets"]) == (90, 20)
    assert (session["download_octets"], session["terminate_cause"]) == (180, 1)
    sources = await lab.rows("select * from source.event order by received_at")
    traffic = await lab.rows("select * from traffic.event order by received_at")
    assert [event["kind"] for event in sources] == [START, INTERIM, STOP]
    assert [event["download_octets"] for event in traffic] == [0, 90, 180]
    assert {event["session_key"] for event in (*sources, *traffic)} == {session["session_key"]}
    assert {event["admission_id"] for event in sources} == {credential.admission_id}


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
@pytest.mark.parametrize("together", [True, False])
async def test_records_in_any_order_make_the_same_session(
    lab: Lab, order: tuple[int, ...], together: bool
) -> None:
    """Packets overtake each other, within one batch and across batches."""
    credential = await lab.grant()
    records = [
        report(START, "s-1", credential, DEVICE),
        report(INTERIM, "s-1", credential, DEVICE, seconds=60, upload=10),
        report(STOP, "s-1", credential, DEVICE, seconds=90, upload=20, cause=4),
    ]
    packets = [lab.accounting.accounting_request(records[n]) for n in order]
    if together:
        replies = [lab.accounting.insist(packet) for packet in packets]
        await asyncio.wait_for(asyncio.gather(*replies), WAIT_SECONDS)
    else:
        for packet in packets:
            await lab.accounting.ask(packet)
    session = await lab.row(SESSIONS)
    now = lab.clock.now()
    assert (session["started_at"], session["ended_at"]) == (now - timedelta(seconds=90), now)
    assert (session["session_seconds"], session["upload_octets"]) == (90, 20)
    assert session["terminate_cause"] == 4
    assert len(await lab.rows("select from source.event")) == 3


async def test_a_late_interim_does_not_open_a_session_again(lab: Lab) -> None:
    """The first Stop stands, and a second one changes nothing."""
    credential = await lab.grant()
    await tell(lab, report(STOP, "s-1", credential, DEVICE, seconds=90, cause=1))
    ended = (await lab.row(SESSIONS))["ended_at"]
    lab.clock.advance(seconds=30)  # type: ignore[attr-defined]
    await tell(lab, report(INTERIM, "s-1", credential, DEVICE, seconds=60))
    await tell(lab, report(STOP, "s-1", credential, DEVICE, seconds=90, cause=2))
    session = await lab.row(SESSIONS)
    assert (session["ended_at"], session["terminate_cause"]) == (ended, 1)


async def test_more_than_four_gibibytes_are_counted(lab: Lab) -> None:
    """RFC 2869 §5.1: gigawords."""
    credential = await lab.grant()
    numbers = {"download": 5, "download_giga": 3}
    await tell(lab, report(INTERIM, "s-1", credential, DEVICE, **numbers))
    assert (await lab.row(SESSIONS))["download_octets"] == 3 * 2**32 + 5


async def test_class_ties_a_mac_authenticated_session_to_its_admission(lab: Lab) -> None:
    """Only an admission of this site: a gateway cannot spend another site's quota."""
    here, there = await lab.grant(), await lab.grant("gare")
    for number, admission in enumerate((here, there)):
        body = attribute(40, START) + attribute(44, f"s-{number}") + attribute(1, DEVICE)
        body += attribute(31, DEVICE) + attribute(25, admission.admission_id.bytes)
        await tell(lab, body)
    sessions = await lab.rows("select admission_id from live.session order by acct_session_id")
    assert [row["admission_id"] for row in sessions] == [here.admission_id, None]


@pytest.mark.parametrize("kind", [ON, OFF])
async def test_a_restart_closes_that_handle_s_sessions_only(lab: Lab, kind: int) -> None:
    """Neighbours behind one address never close each other (the session key's reason)."""
    credential = await lab.grant()
    common = attribute(40, START) + attribute(1, credential.user_name)
    for handle in ("lab", "neighbour"):
        session = attribute(44, "s-1") + attribute(31, DEVICE) + attribute(32, handle)
        await tell(lab, common + session)
    lab.clock.advance(seconds=100)  # type: ignore[attr-defined]
    await tell(lab, attribute(40, kind) + attribute(32, "lab") + attribute(41, 10))
    closed, kept = await lab.rows("select * from live.session order by nas_handle")
    assert closed["ended_at"] == lab.clock.now() - timedelta(seconds=10)
    assert closed["terminate_cause"] == {ON: -11, OFF: -7}[kind]
    assert kept["ended_at"] is None
    (event,) = await lab.rows("select * from source.event where kind = $1", kind)
    assert event["session_key"] == closed["session_key"]
    assert event["delay_seconds"] == 10


async def test_a_session_that_starts_after_the_restart_stays_open(lab: Lab) -> None:
    """On and the first Start arrive in one burst."""
    credential = await lab.grant()
    on = attribute(40, ON) + attribute(32, "lab") + attribute(41, 5)
    packets = [
        lab.accounting.accounting_request(body)
        for body in (on, report(START, "s-1", credential, DEVICE))
    ]
    replies = [lab.accounting.insist(packet) for packet in packets]
    await asyncio.wait_for(asyncio.gather(*replies), WAIT_SECONDS)
    assert (await lab.row(SESSIONS))["ended_at"] is None


async def test_ipv6_addresses_are_kept(lab: Lab) -> None:
    """Several at a time, and prefixes (RFC 6911, RFC 3162)."""
    credential = await lab.grant()
    one = bytes.fromhex("20010db8000000000000000000000001")
    prefix = bytes((0, 64)) + bytes.fromhex("20010db800000001")
    body = report(START, "s-1", credential, DEVICE) + attribute(168, one) + attribute(97, prefix)
    await tell(lab, body)
    row = await lab.row("select address6::text[] as told from live.session")
    assert row["told"] == ["2001:db8::1/128", "2001:db8:0:1::/64"]


async def test_proxy_states_are_echoed(lab: Lab) -> None:
    """RFC 2866 §5: unchanged; nothing else is in the answer to an unsigned request."""
    credential = await lab.grant()
    body = report(START, "s-1", credential, DEVICE) + attribute(33, b"a") + attribute(33, b"b")
    reply = await lab.accounting.ask(lab.accounting.accounting_request(body))
    assert reply.attributes == ((33, b"a"), (33, b"b"))


async def test_a_signed_record_gets_a_signed_answer(lab: Lab) -> None:
    """Message-Authenticator first; made over zeros in the request (RFC 3579 §3.2)."""
    credential, nas = await lab.grant(), lab.accounting
    body = report(START, "s-1", credential, DEVICE) + attribute(33, b"a")
    unsigned = nas.accounting_request(attribute(80, bytes(16)) + body)
    signature = hmac.digest(nas.secret, unsigned[:4] + bytes(16) + unsigned[20:], "md5")
    reply = await nas.ask(nas.accounting_request(attribute(80, signature) + body, unsigned[1]))
    assert [number for number, _ in reply.attributes] == [80, 33]


async def test_a_new_day_has_its_partition_before_its_first_row(lab: Lab) -> None:
    """Days are UTC by the server's clock; a year may pass at once in a demonstration."""
    credential = await lab.grant()
    for number, days in enumerate((0, 1, 2, 400)):
        lab.clock.advance(days=days)  # type: ignore[attr-defined]
        await tell(lab, report(START, f"s-{number}", credential, DEVICE))
    parts = await lab.rows("select distinct tableoid::regclass::text as part from source.event")
    assert len(parts) == 4


async def test_each_nas_is_seen(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its last sign of life of each kind, pace and clock, and refusals in a row that are no guest's
    fault: a wrong password is one, another device's is not."""
    monkeypatch.setattr("radius.nas_seen.SLOW_SECONDS", WAIT_SECONDS)
    credential, began = await lab.grant(), monotonic()
    await lab.access.ask(lab.access.log_in(credential, DEVICE), once=True)
    await lab.access.ask(lab.access.log_in(credential, OTHER), once=True)
    both_took = monotonic() - began
    await tell(lab, report(START, "s-1", credential, DEVICE))
    await lab.server.sightings.flush()
    seen = await lab.row("select * from live.nas_seen")
    assert seen["last_access_at"] == seen["last_accounting_at"] == lab.clock.now()
    assert (seen["accepts"], seen["rejects"], seen["unsigned_packets"]) == (1, 1, 0)
    assert (seen["refused_in_row"], seen["refused_since"]) == (0, None)
    assert (seen["replies"], seen["slow_replies"]) == (2, 0)
    assert 0 < seen["reply_seconds"] < both_took
    assert seen["clock_offset_seconds"] is None
    wrong = replace(credential, password="another")
    await lab.access.ask(lab.access.log_in(wrong, OTHER))
    await lab.server.sightings.flush()
    seen = await lab.row("select * from live.nas_seen")
    assert (seen["refused_in_row"], seen["refused_since"]) == (1, lab.clock.now())
    told = int(lab.clock.now().timestamp()) - 200
    await tell(lab, report(2, "s-1", credential, DEVICE, time=told))
    await lab.access.ask(lab.access.log_in(credential, DEVICE))
    await lab.server.sightings.flush()
    seen = await lab.row("select * from live.nas_seen")
    assert (seen["refused_in_row"], seen["refused_since"]) == (0, None)
    assert seen["clock_offset_seconds"] == pytest.approx(-200, abs=2)
