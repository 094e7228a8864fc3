"""The guest's device out of Calling-Station-Id, as six octets: one of the hot path's few parsers.

`MacAddress` knows every vendor's form; nine packets in ten carry RFC 3580's, which is read here
without it. Six octets stay six octets up to the database.
"""

from binascii import unhexlify

from territory.errors import ProtocolError
from territory.identifiers import MacAddress

_RFC3580_LENGTH = 17
_DEVICE_OCTETS = 6


def parse_device(calling_station_id: bytes | None) -> bytes | None:
    """Return the device's address, 6 octets; None where there is none that names one device."""
    if calling_station_id is None:
        return None
    try:
        octets = _parse(calling_station_id)
    except (ProtocolError, ValueError):
        return None
    return octets if any(octets) and not octets[0] & 1 else None


def _parse(text: bytes) -> bytes:
    if len(text) == _RFC3580_LENGTH and text[2::3] == b"-----":
        octets = unhexlify(text.replace(b"-", b""))
        if len(octets) == _DEVICE_OCTETS:
            return octets
    return MacAddress.parse(text.decode("ascii")).octets
