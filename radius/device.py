"""The guest's device out of Calling-Station-Id, as six octets: one of the hot path's few parsers.

`MacAddress` knows every vendor's form; nine packets in ten carry RFC 3580's, which is read here
without it. Six octets stay six octets up to the database.
"""

from binascii import unhexlify

from territory.errors import ProtocolError
from territory.identifiers import MacAddress

_RFC3580_LENGTH = 17
_HYPHENS = b"-----"
_NOBODY = bytes(6)


def parse_device(calling_station_id: bytes | None) -> bytes | None:
    """Return the device's address, 6 octets; None where there is none that names one device."""
    if calling_station_id is None:
        return None
    try:
        if len(calling_station_id) == _RFC3580_LENGTH and calling_station_id[2::3] == _HYPHENS:
            octets = unhexlify(calling_station_id.replace(b"-", b""))
        else:
            octets = MacAddress.parse(calling_station_id.decode("ascii")).octets
    except (ProtocolError, ValueError):
        return None
    return octets if octets != _NOBODY and not octets[0] & 1 else None
