"""What an unknown sender says of itself, as text a page can show."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius.stranger import claimed_name, packet_kind, reason_against


def packet(code: int, *attributes: bytes) -> bytes:
    """Return a packet without any proof."""
    body = b"".join(attributes)
    return struct.pack("!BBH16s", code, 1, 20 + len(body), bytes(16)) + body


def attribute(number: int, value: bytes) -> bytes:
    """Return an attribute's octets."""
    return bytes((number, len(value) + 2)) + value


ADDRESS = attribute(4, bytes((192, 168, 1, 1)))


@pytest.mark.parametrize(
    ("datagram", "kind", "name"),
    [
        (packet(1, attribute(32, b"mairie-toul"), ADDRESS), "access-request", "mairie-toul"),
        (packet(4, ADDRESS), "accounting-request", "192.168.1.1"),
        (packet(12), "status-server", None),
        (packet(1, attribute(95, bytes(15) + b"\x01")), "access-request", "::1"),
        (packet(1, attribute(4, b"\x01")), "access-request", None),
        (packet(1, attribute(32, b"  ")), "access-request", None),
        (packet(1, attribute(32, b"\x1b[2J\xff<b>\x00")), "access-request", "·[2J�<b>·"),
        (packet(1, attribute(32, b"x" * 250)), "access-request", "x" * 64),
        (packet(99), "code-99", None),
        (b"GET / HTTP/1.1", "not-radius", None),
        (b"", "not-radius", None),
    ],
)
def test_what_it_says_becomes_short_printable_text(
    datagram: bytes, kind: str, name: str | None
) -> None:
    """Its identifier, else an address; control characters and broken text are replaced."""
    assert (packet_kind(datagram), claimed_name(datagram)) == (kind, name)


@given(st.binary(max_size=200))
def test_any_octets_are_told_safely(datagram: bytes) -> None:
    """Nothing is raised, and whatever is shown can be printed."""
    assert packet_kind(datagram).isprintable()
    name = claimed_name(datagram)
    assert name is None or (name.isprintable() and len(name) <= 64)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("10.55.0.9", "unknown-nas"),
        ("::ffff:192.168.1.1", "unknown-nas"),
        ("100.64.0.1", "unknown-nas"),
        ("fd00::1", "unknown-nas"),
        ("127.0.0.9", "unknown-nas"),
        ("81.2.70.10", "clear-from-public"),
        ("::ffff:81.2.70.10", "clear-from-public"),
        ("2001:db8::1", "clear-from-public"),
        ("0.0.0.0", "clear-from-public"),
    ],
)
def test_clear_radius_from_the_internet_is_refused_as_such(address: str, reason: str) -> None:
    """Inside a link an unknown sender may be a new gateway; in public it needs a link first."""
    assert reason_against(address) == reason
