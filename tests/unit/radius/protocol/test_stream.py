"""Packets are cut out of a stream however it was cut up on its way (RFC 6613 §2.6.1)."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius.protocol.packet import encode
from radius.protocol.stream import PacketStream
from territory.errors import ProtocolError

PACKETS = st.lists(
    st.builds(
        encode,
        st.integers(0, 255),
        st.integers(0, 255),
        st.binary(min_size=16, max_size=16),
        st.binary(max_size=4076),
    ),
    max_size=4,
)


def cut(stream: PacketStream) -> list[bytes]:
    """Return every packet that is whole."""
    return list(iter(stream.next_packet, None))


@given(PACKETS, st.integers(1, 5000))
def test_packets_come_out_as_they_went_in(packets: list[bytes], size: int) -> None:
    """However many octets arrive at a time, one by one too: the same packets, nothing left."""
    stream, octets = PacketStream(), b"".join(packets)
    found = []
    for at in range(0, len(octets), size):
        stream.feed(octets[at : at + size])
        found += cut(stream)
    assert (found, len(stream)) == (packets, 0)


@pytest.mark.parametrize("length", [0, 19, 4097, 0xFFFF])
def test_a_length_that_cannot_be_ends_the_stream(length: int) -> None:
    """RFC 2865 §3: 20 to 4096; the packet before is still given."""
    first = encode(12, 1, bytes(16), b"")
    stream = PacketStream()
    stream.feed(first + bytes((1, 2)) + length.to_bytes(2, "big"))
    assert stream.next_packet() == first
    with pytest.raises(ProtocolError, match="length"):
        stream.next_packet()


@given(st.binary(max_size=9000))
def test_garbage_is_refused_or_waits(octets: bytes) -> None:
    """Nothing but `ProtocolError` is raised; else what waits is shorter than one packet."""
    stream = PacketStream()
    stream.feed(octets)
    with suppress(ProtocolError):
        cut(stream)
        assert len(stream) < 4096
