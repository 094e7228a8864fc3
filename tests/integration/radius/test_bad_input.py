"""What bad input gets: silence, a counter with its reason, and nothing lost of the others."""

import asyncio
import os
import random
from datetime import timedelta

import pytest

from tests.integration.radius.conftest import WAIT_SECONDS, Lab
from tests.servers.radius import Nas, attribute, report, sign_request

DEVICE = "8A-56-7E-F9-10-E4"
START = 1


def access_forgeries(lab: Lab) -> dict[str, bytes]:
    """Return one datagram for each reason to discard on the authentication port."""
    good = lab.access.access_request(attribute(1, "somebody") + attribute(31, DEVICE))
    broken = bytearray(good)
    broken[-1] ^= 1
    unsigned = lab.access.access_request(attribute(1, "somebody"), signed=False)
    return {
        "truncated": good[:19],
        "length": good[:2] + (4097).to_bytes(2, "big") + good[4:] + bytes(4097 - len(good)),
        "attribute-length": good[:2] + (len(good) + 1).to_bytes(2, "big") + good[4:] + b"\x01",
        "message-authenticator": bytes(broken),
        "unsigned": unsigned,
        "unsigned-eap": lab.access.access_request(attribute(79, b"\x02\x01"), signed=False),
        "code": sign_request(2, 1, os.urandom(16), b"", lab.access.secret),
    }


@pytest.mark.parametrize(
    "reason",
    [
        "truncated",
        "length",
        "attribute-length",
        "message-authenticator",
        "unsigned",
        "unsigned-eap",
        "code",
    ],
)
async def test_a_bad_access_packet_gets_silence_and_a_counter(lab: Lab, reason: str) -> None:
    """Each reason has its word, in the metrics and for technicians."""
    assert await lab.access.is_silent(access_forgeries(lab)[reason])
    await lab.discarded("access", reason)
    listed = await lab.row("select * from live.discard where reason = $1", reason)
    assert (str(listed["source_address"]), listed["packets"]) == ("127.0.0.1", 1)


async def test_a_forged_accounting_packet_gets_silence(lab: Lab) -> None:
    """A wrong digest: nothing is recorded (RFC 5080 §2.3.3)."""
    forged = bytearray(lab.accounting.accounting_request(attribute(40, START)))
    forged[5] ^= 1
    assert await lab.accounting.is_silent(bytes(forged))
    await lab.discarded("accounting", "request-authenticator")
    assert not await lab.rows("select from source.event")


async def test_an_unknown_nas_is_counted_and_listed_never_answered(lab: Lab) -> None:
    """Whatever it knows: not even Status-Server is answered."""
    async with Nas(lab.access.port, address="127.0.0.9") as stranger:
        for packet in (
            sign_request(12, 1, os.urandom(16), b"", stranger.secret),
            stranger.access_request(attribute(1, "x")),
            b"?",
        ):
            assert await stranger.is_silent(packet)
    await lab.discarded("access", "unknown-nas", 3)
    listed = await lab.row("select * from live.discard where reason = 'unknown-nas'")
    assert (str(listed["source_address"]), listed["packets"]) == ("127.0.0.9", 3)


async def test_a_flood_of_spoofed_sources_lists_a_thousand_a_day(lab: Lab) -> None:
    """However often it is flushed; the rest count as one address, a NAS is listed all the same."""
    sightings = lab.server.sightings
    for third in range(3):
        for n in range(600):
            sightings.discard(f"10.66.{third * 3 + n // 250}.{n % 250}", "unknown-nas")
        await sightings.flush()
    sightings.discard("127.0.0.1", "message-authenticator")
    await sightings.flush()
    unknown = "from live.discard where reason = 'unknown-nas'"
    assert (await lab.row(f"select count(*), sum(packets) {unknown}"))[:] == (1_001, 1_800)
    rest = await lab.row(f"select packets {unknown} and source_address = '0.0.0.0'")
    assert rest["packets"] == 800
    assert await lab.rows("select from live.discard where source_address = '127.0.0.1'")
    lab.clock.advance(days=1)  # type: ignore[attr-defined]
    sightings.discard("10.66.9.9", "unknown-nas")
    await sightings.flush()
    assert await lab.rows("select from live.discard where source_address = '10.66.9.9'")


async def test_random_octets_never_stop_the_server(lab: Lab) -> None:
    """Seeded noise on both ports, then a guest logs in as if nothing had happened."""
    chance = random.Random(20261121)
    for nas in (lab.access, lab.accounting):
        for _ in range(300):
            packet = bytearray(nas.access_request(attribute(1, "noise")))
            for _ in range(chance.randrange(4)):
                packet[chance.randrange(len(packet))] = chance.randrange(256)
            nas.send(bytes(packet[: chance.randrange(1, len(packet) + 1)]))
    credential = await lab.grant()
    assert (await lab.access.ask(lab.access.log_in(credential, DEVICE))).code == 2


POISONS = {
    "NUL": attribute(44, b"s\0x") + attribute(1, "guest"),
    "bad UTF-8": attribute(44, "s-x") + attribute(1, b"\xff\xfe"),
    "octets out of range": attribute(44, "s-x") + attribute(53, 0xFFFFFFFF),
    "delay out of range": attribute(44, "s-x") + attribute(41, 0xFFFFFFFF),
    "a start before 2020": attribute(44, "s-x") + attribute(46, 0xFFFFFFFF),
    "cause out of range": attribute(44, "s-x") + attribute(49, b"\xff" * 20),
    "no session": attribute(1, "guest"),
}


@pytest.mark.parametrize("poison", POISONS)
async def test_one_poison_record_among_500_is_set_aside(lab: Lab, poison: str) -> None:
    """The 499 are answered; the culprit is kept, counted, not answered, and remembered."""
    credential = await lab.grant()
    culprit = lab.accounting.accounting_request(
        attribute(40, 2) + attribute(31, DEVICE) + POISONS[poison]
    )
    async with Nas(lab.accounting.port) as second, Nas(lab.accounting.port) as third:
        packets = [
            (nas, nas.accounting_request(report(START, f"s-{n}", credential, DEVICE)))
            for n, nas in enumerate((second, third) * 250)
        ][:499]
        replies = [nas.insist(packet) for nas, packet in packets[:250]]
        replied = lab.accounting.send(culprit)
        replies += [nas.insist(packet) for nas, packet in packets[250:]]
        done = await asyncio.wait_for(asyncio.gather(*replies), WAIT_SECONDS)
    assert len(done) == 499
    assert len(await lab.rows("select from live.session")) == 499
    kept = (await lab.rows_once("select * from live.set_aside", lambda rows: len(rows) == 1))[0]
    assert kept["packet"] == culprit
    assert kept["reason"]
    assert not replied.done()
    body = culprit[20:]
    for _ in range(3):
        assert await lab.accounting.is_silent(lab.accounting.accounting_request(body))
    await lab.discarded("accounting", "set-aside", 4)
    assert len(await lab.rows("select from live.set_aside")) == 1
    assert lab.server.counters.set_aside == 4


async def test_a_record_of_a_jumped_clock_is_recorded_once_it_is_right(lab: Lab) -> None:
    """Delays of half a century are kept once, not believed; the same record in time is taken."""
    credential = await lab.grant()
    nas = lab.accounting
    wrong = (
        nas.accounting_request(report(2, "s-1", credential, DEVICE, seconds=90, delay=delay))
        for delay in (1_700_000_000, 1_700_000_003)
    )
    assert all(await asyncio.gather(*map(nas.is_silent, wrong)))
    await lab.discarded("accounting", "set-aside", 2)
    kept = await lab.row("select reason from live.set_aside")
    assert kept["reason"] == "acct-delay-time"
    assert not await lab.rows("select from source.event")
    right = nas.accounting_request(report(2, "s-1", credential, DEVICE, seconds=90, delay=6))
    assert (await nas.ask(right)).code == 5
    session = await lab.row("select ended_at from live.session")
    assert session["ended_at"] == lab.clock.now() - timedelta(seconds=6)


async def test_a_reply_that_would_be_too_long_is_not_sent(lab: Lab) -> None:
    """Proxy-States that fill the request leave no room for the rights (RFC 2865 §3: 4096)."""
    credential = await lab.grant()
    states = attribute(33, bytes(253)) * 15 + attribute(33, bytes(149))
    assert await lab.access.is_silent(lab.access.log_in(credential, DEVICE, states))
    await lab.discarded("access", "reply-length")
