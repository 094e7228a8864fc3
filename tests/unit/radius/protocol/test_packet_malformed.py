"""What breaks a rule of the RFCs gets silence or a refusal, each under its own word."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radius.access import read_access_request
from radius.protocol.attributes import attributes
from radius.protocol.authenticators import SharedSecret
from radius.protocol.packet import Packet, decode, vendor_attributes
from radius.protocol.passwords import chap_matches, reveal
from territory.errors import ProtocolError
from tests.servers.lone_exchange import LoneExchange, lone_nas
from tests.servers.malformed_packets import ACCESS, ACCOUNTING, MALFORMED, Malformed, access
from tests.servers.radius import Reply, walk
from tests.servers.territory import SHARED_SECRET

SECRET = SharedSecret(SHARED_SECRET.encode())
VALID = [case.octets for case in MALFORMED if len(case.octets) >= 20]
KINDS = (ACCESS, ACCOUNTING)


@pytest.mark.parametrize("case", MALFORMED, ids=lambda case: f"{case.clause} {case.name}")
async def test_each_rule_has_its_outcome(case: Malformed) -> None:
    """Discarded under its reason and not answered, or answered under its reason, signed first."""
    exchange = LoneExchange()
    assert exchange.receive(case.kind, case.octets) == case.outcome
    answered = "_" in case.outcome
    assert len(exchange.sent) == answered
    if answered:
        reply = Reply.verified(exchange.sent[0], case.octets[4:20], SHARED_SECRET.encode())
        assert (reply.code, reply.octets[20]) == (3, 80)
        body = case.octets[20 : int.from_bytes(case.octets[2:4], "big")]
        states = [value for number, value in walk(body) if number == 33]
        assert [value for number, value in reply.attributes if number == 33] == states


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    """A packet of the table with some octets changed, cut, doubled or taken out."""
    octets = bytearray(draw(st.sampled_from(VALID)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(octets) - 1)))
        match draw(st.integers(0, 3)):
            case 0 if octets:
                octets[at] = draw(st.integers(0, 255))
            case 1:
                del octets[at:]
            case 2:
                octets[at:at] = octets[at : at + draw(st.integers(1, 40))]
            case _:
                del octets[at : at + draw(st.integers(1, 8))]
    return bytes(octets)


def signed(body: bytes) -> bytes:
    """Return octets as the attributes of a rightly signed Access-Request."""
    return access(body[:4000])


anything = st.binary(max_size=120) | mutations() | mutations().map(signed)


@given(anything)
def test_decoders_raise_nothing_but_protocol_errors(octets: bytes) -> None:
    """Packets, typed values, vendors' attributes, passwords: of any octets."""
    try:
        packet = decode(octets)
    except ProtocolError:
        return
    assert all(isinstance(name, str) for name, _ in attributes().describe(packet))
    for vendor in (9, 14122, 14559):
        list(vendor_attributes(packet.values(26), vendor))
    _reveal(packet)
    read_access_request(packet, lone_nas(), str.upper)


def _reveal(packet: Packet) -> None:
    for value in packet.attributes.values():
        try:
            reveal(value, SECRET, packet.authenticator)
            chap_matches(value, b"password", packet.authenticator)
        except ProtocolError:
            continue


@given(octets=st.binary(max_size=40))
def test_typed_values_raise_nothing_but_protocol_errors(octets: bytes) -> None:
    """Every attribute of the dictionaries, whatever its type."""
    for attribute in attributes().by_name.values():
        try:
            attribute.decode(octets)
        except ProtocolError as fault:
            assert fault.reason == "attribute-value"  # noqa: PT017 - allowed, not required


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(KINDS), anything), min_size=1, max_size=8))
async def test_the_exchange_never_raises_and_counts_everything(
    datagrams: list[tuple[str, bytes]],
) -> None:
    """Any octets on either port: one outcome each, and a known packet is still dealt with."""
    exchange = LoneExchange()
    for port, (kind, datagram) in enumerate(datagrams):
        assert exchange.receive(kind, datagram, port)
    good = next(case for case in MALFORMED if case.outcome == "no_password")
    assert exchange.receive(good.kind, good.octets) == good.outcome
