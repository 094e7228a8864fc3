"""RADIUS packets out of a TCP stream: the first step of what comes by RadSec.

A stream has no datagrams: each packet's own Length says where it ends (RFC 6613 §2.6.1, RFC 6614
§2.5). A Length that cannot be leaves no way to find the next packet, so the connection is over.
What is kept is at most what was fed and one packet that is not whole.
"""

from radius.protocol.numbers import MAX_PACKET_OCTETS, MIN_PACKET_OCTETS
from territory.errors import ProtocolError

_LENGTH_AT = 2
_LENGTH_END = 4


class PacketStream:
    """Octets in, whole packets out, in order."""

    __slots__ = ("_octets",)

    def __init__(self) -> None:
        self._octets = bytearray()

    def __len__(self) -> int:
        """The octets that wait."""
        return len(self._octets)

    def feed(self, octets: bytes) -> None:
        """Take what came."""
        self._octets += octets

    def next_packet(self) -> bytes | None:
        """Return the next whole packet, None while there is none.

        Raises:
            ProtocolError: `length`: not between 20 and 4096 (RFC 2865 §3).
        """
        if len(self._octets) < _LENGTH_END:
            return None
        length = int.from_bytes(self._octets[_LENGTH_AT:_LENGTH_END], "big")
        if not MIN_PACKET_OCTETS <= length <= MAX_PACKET_OCTETS:
            raise ProtocolError("length")
        if len(self._octets) < length:
            return None
        packet = bytes(self._octets[:length])
        del self._octets[:length]
        return packet
