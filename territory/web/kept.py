"""A page written once and shown to many, packed beforehand as far as it is nobody's. Pure.

The first page says the same to every guest of a place, but for the visit in its links and the nonce
of its style. It is kept with blanks there, and each guest's own are filled in. The longest stretch
without a blank, its style, is half of the page, and is packed only once. That is gzip (RFC 1952): a
header, blocks, a checksum and a length; after a full flush a block starts on an octet and refers to
nothing before it, so blocks that were packed apart may stand in a row (RFC 1951 §2).
"""

import re
import secrets
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

_LEVEL, _WINDOW, _MEMORY = 2, 13, 7
"""zlib's words for 8 KiB of window, made ready in a third of the time that its usual 32 KiB take; a
page of ours is little longer."""
_RAW, _GZIP = -_WINDOW, 16 + _WINDOW
_HEADER: Final = bytes.fromhex("1f8b 08 00 00000000 00 ff")
"""RFC 1952 §2.3: deflate; no name, no time, no system told."""
_MARK: Final = secrets.token_urlsafe(12)
"""Around a blank's name; new in each process, so that no text can hold it."""
_BLANK: Final = re.compile(f"{_MARK}.+?{_MARK}".encode())


def blank(name: str) -> str:
    """Return what stands in a kept page where a guest's own goes."""
    return f"{_MARK}{name}{_MARK}"


def gzipped(octets: bytes) -> bytes:
    """Return a page as gzip."""
    packing = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP, _MEMORY)
    return packing.compress(octets) + packing.flush()


@dataclass(frozen=True, slots=True)
class KeptPage:
    """A page with blanks, cut where its longest stretch without one begins and ends."""

    before: bytes
    """Up to there."""
    same: bytes
    """The stretch."""
    packed: bytes
    """The same, as blocks that may stand between others."""
    after: bytes
    """The rest."""

    @classmethod
    def of(cls, text: str) -> Self:
        """Return a page that was written with blanks."""
        octets = text.encode()
        edges = [0, *(edge for found in _BLANK.finditer(octets) for edge in found.span())]
        stretches = zip(edges[::2], [*edges[1::2], len(octets)], strict=True)
        begin, end = max(stretches, key=lambda stretch: stretch[1] - stretch[0])
        same = octets[begin:end]
        return cls(octets[:begin], same, _blocks(same), octets[end:])

    def filled(self, own: Mapping[str, bytes]) -> bytes:
        """Return one guest's page; `own` says what goes into each blank."""
        return _filled(self.before, own) + self.same + _filled(self.after, own)

    def gzipped(self, own: Mapping[str, bytes]) -> bytes:
        """Return the same as gzip."""
        before, after = _filled(self.before, own), _filled(self.after, own)
        packing = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW, _MEMORY)
        first = packing.compress(before) + packing.flush(zlib.Z_FULL_FLUSH)
        last = packing.compress(after) + packing.flush()
        checksum = zlib.crc32(after, zlib.crc32(self.same, zlib.crc32(before)))
        length = len(before) + len(self.same) + len(after)
        return _HEADER + first + self.packed + last + struct.pack("<II", checksum, length)


def _blocks(octets: bytes) -> bytes:
    packing = zlib.compressobj(wbits=_RAW)
    return packing.compress(octets) + packing.flush(zlib.Z_FULL_FLUSH)


def _filled(octets: bytes, own: Mapping[str, bytes]) -> bytes:
    for name, value in own.items():
        octets = octets.replace(blank(name).encode(), value)
    return octets
