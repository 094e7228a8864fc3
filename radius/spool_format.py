"""What lies in the spool: reels of sealed frames, each frame the records of one write.

Pure. A reel is one file: a head with its random name, then frames, numbered without a gap. A frame
is sealed with AES-256-GCM under a key of its reel's own, its first number as the nonce (a reel is
never written again after a failed write, so no number is sealed twice): the tag is its checksum,
its proof of origin, and what ties it to its place. Records are personal data, so they lie nowhere
in clear. Integers are big-endian.

    reel    "SOCLEREL" | version, 2 octets | name, 16 | tag of these, 16 | frames
    frame   "FRME" | octets of the sealed part, 4 | first number, 8 | records, 4 | oldest, 8 | part
    record  received at, 8 (microseconds since 1970, UTC) | flags, 1 | NAS, 16 | octets, 2 | packet

Reading never invents: what does not open is not there. A frame cut short by a crash was never
acknowledged, and ends its reel. A frame damaged on the disk costs the records in it and no other:
reading goes on at the next frame that opens, and the gap in the numbers says how many are lost.
"""

import hashlib
import hmac
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_MAGIC: Final = b"SOCLEREL"
_VERSION: Final = 1
_MARK: Final = b"FRME"
_NAME: Final = struct.Struct("!8sH16s")
_TAG_OCTETS: Final = 16
HEAD_OCTETS: Final = _NAME.size + _TAG_OCTETS
_FRAME: Final = struct.Struct("!4sIQIq")
_RECORD: Final = struct.Struct("!qB16sH")
_IN_DOUBT: Final = 1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_LATEST: Final = (datetime(9999, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND


class UnreadableReel(Exception):
    """A whole head that does not verify: sealed with another master key, or damaged."""


class SpooledRecord(NamedTuple):
    """One verified Accounting-Request that waits for the database."""

    received_at: datetime
    """Server's clock at receipt, aware, UTC; kept to the microsecond."""
    nas_id: UUID
    in_doubt: bool
    """It was in a batch whose commit was under way when the database went: perhaps recorded."""
    packet: bytes
    """As received, but for what no record is made of."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The records of one write."""

    first: int
    """Number of its first record in its reel, from 1."""
    records: tuple[SpooledRecord, ...]


@dataclass(frozen=True, slots=True)
class Reel:
    """What a file says."""

    name: UUID
    frames: tuple[Frame, ...]
    lost_records: int
    """Missing between frames that open: the disk damaged them."""
    torn_octets: int
    """At the end, of a write that was never finished."""


class Outline(NamedTuple):
    """What frames say of themselves without being opened."""

    records: int
    oldest_at: datetime | None
    """Receipt of the oldest record; None: there is none."""


class ReelSeal:
    """The key of one reel."""

    def __init__(self, key: bytes, name: UUID) -> None:
        """`key` is the spool's, 32 octets; `name` the reel's."""
        own = hashlib.blake2b(name.bytes, key=key, digest_size=32, person=b"socle reel").digest()
        self.name = name
        self._cipher = AESGCM(own)
        self._own = own

    def head(self) -> bytes:
        """Return the octets a reel begins with."""
        named = _NAME.pack(_MAGIC, _VERSION, self.name.bytes)
        return named + hashlib.blake2b(named, key=self._own, digest_size=_TAG_OCTETS).digest()

    def encode_frame(self, first: int, records: Sequence[SpooledRecord]) -> bytes:
        """Return the octets of a frame; `first` grows with every frame of a reel."""
        plain = b"".join(map(_encode_record, records))
        oldest = min(_microseconds(record.received_at) for record in records)
        size = len(plain) + _TAG_OCTETS
        head = _FRAME.pack(_MARK, size, first, len(records), oldest)
        return head + self._cipher.encrypt(_nonce(first), plain, head)

    def open_frame(self, octets: bytes, at: int) -> tuple[Frame, int] | None:
        """Return the frame that begins at `at` and where it ends; None: none opens there."""
        if len(octets) - at < _FRAME.size:
            return None
        mark, size, first, count, _ = _FRAME.unpack_from(octets, at)
        begin, end = at + _FRAME.size, at + _FRAME.size + size
        if mark != _MARK or end > len(octets) or size < _TAG_OCTETS:
            return None
        try:
            plain = self._cipher.decrypt(_nonce(first), octets[begin:end], octets[at:begin])
        except InvalidTag:
            return None
        records = tuple(_decode_records(plain))
        return (Frame(first, records), end) if len(records) == count else None


def decode_reel(octets: bytes, key: bytes) -> Reel | None:
    """Return what a reel holds; None where even its head was never finished.

    Raises:
        UnreadableReel: the head is whole but does not verify.
    """
    if len(octets) < HEAD_OCTETS:
        return None
    seal = _seal_of(octets, key)
    frames: list[Frame] = []
    at, number, lost = HEAD_OCTETS, 1, 0
    while at < len(octets):
        found = _next_frame(seal, octets, at, number)
        if found is None:
            break
        frame, at = found
        lost += frame.first - number
        number = frame.first + len(frame.records)
        frames.append(frame)
    return Reel(seal.name, tuple(frames), lost, len(octets) - at)


def outline_reel(octets: bytes) -> Outline:
    """Return how many records the frames say they hold, without a key: for a gauge, no more."""
    records, oldest = 0, None
    at = HEAD_OCTETS
    while len(octets) - at >= _FRAME.size:
        mark, size, _, count, microseconds = _FRAME.unpack_from(octets, at)
        at += _FRAME.size + size
        if mark != _MARK or at > len(octets) or not 0 <= microseconds < _LATEST:
            break
        records += count
        oldest = microseconds if oldest is None else min(oldest, microseconds)
    return Outline(records, None if oldest is None else _instant(oldest))


def _seal_of(octets: bytes, key: bytes) -> ReelSeal:
    magic, version, name = _NAME.unpack_from(octets)
    seal = ReelSeal(key, UUID(bytes=name))
    known = (magic, version) == (_MAGIC, _VERSION)
    if not known or not hmac.compare_digest(octets[:HEAD_OCTETS], seal.head()):
        raise UnreadableReel
    return seal


def _next_frame(seal: ReelSeal, octets: bytes, at: int, number: int) -> tuple[Frame, int] | None:
    """Return the next frame that opens and comes at or after `number`, and where it ends."""
    while at >= 0:
        found = seal.open_frame(octets, at)
        if found is not None and found[0].first >= number:
            return found
        at = octets.find(_MARK, at + 1)
    return None


def _encode_record(record: SpooledRecord) -> bytes:
    flags = _IN_DOUBT if record.in_doubt else 0
    head = _RECORD.pack(
        _microseconds(record.received_at), flags, record.nas_id.bytes, len(record.packet)
    )
    return head + record.packet


def _decode_records(plain: bytes) -> Iterator[SpooledRecord]:
    """Yield the records of an opened frame, which is as it was written."""
    at = 0
    while at < len(plain):
        microseconds, flags, nas_id, size = _RECORD.unpack_from(plain, at)
        at += _RECORD.size + size
        packet = plain[at - size : at]
        yield SpooledRecord(
            _instant(microseconds), UUID(bytes=nas_id), bool(flags & _IN_DOUBT), packet
        )


def _nonce(first: int) -> bytes:
    return first.to_bytes(12)


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND


def _instant(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
