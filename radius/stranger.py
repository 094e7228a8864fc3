"""What a packet of nobody we know says of its sender, for a technician to recognise it.

Nothing in it is proven, and nothing is answered. It is decoded once for each source that is listed
(`sightings.py`), so that a flood from an unknown address costs a counter; what it says becomes
short printable text, fit for any page or terminal. Pure.
"""

from functools import lru_cache
from ipaddress import ip_address
from typing import Final

from radius.protocol.numbers import NAS_IDENTIFIER, NAS_IP_ADDRESS, NAS_IPV6_ADDRESS, Code
from radius.protocol.packet import Packet, decode
from territory.errors import ProtocolError
from territory.values import is_inside
from territory.vocabulary import StrangerReason

NOT_RADIUS: Final = "not-radius"
_MAX_CHARACTERS: Final = 64
_ADDRESS_OCTETS: Final = (4, 16)
_MAPPED: Final = "::ffff:"
_MOST_KNOWN: Final = 4_096


@lru_cache(_MOST_KNOWN)
def reason_against(address: str) -> str:
    """Return why who sends from `address`, and is no NAS, is not answered."""
    inside = is_inside(ip_address(address.removeprefix(_MAPPED)))
    return (StrangerReason.UNKNOWN_NAS if inside else StrangerReason.CLEAR_FROM_PUBLIC).value


def packet_kind(datagram: bytes) -> str:
    """Return what kind of packet it is: `access-request`, `code-99`, or `not-radius`."""
    try:
        code = decode(datagram).code
    except ProtocolError:
        return NOT_RADIUS
    known = Code.__members__.values()
    return Code(code).name.lower().replace("_", "-") if code in known else f"code-{code}"


def claimed_name(datagram: bytes) -> str | None:
    """Return the NAS-Identifier, else the NAS address, that a packet claims; None without any."""
    try:
        packet = decode(datagram)
    except ProtocolError:
        return None
    return _identifier(packet) or _address(packet)


def _identifier(packet: Packet) -> str | None:
    text = packet.attributes.get(NAS_IDENTIFIER, b"").decode("utf-8", "replace")
    shown = "".join(letter if letter.isprintable() else "·" for letter in text)
    return shown[:_MAX_CHARACTERS].strip() or None


def _address(packet: Packet) -> str | None:
    for number in (NAS_IP_ADDRESS, NAS_IPV6_ADDRESS):
        octets = packet.attributes.get(number, b"")
        if len(octets) in _ADDRESS_OCTETS:
            return str(ip_address(octets))
    return None
