"""The chain of the archive: signed links that say what was sealed, and what was destroyed.

Each link holds the SHA-256 of the file of the link before it, so none can be changed, left out or
moved without breaking all that follow; its Ed25519 signature lies beside it. Pure: octets in,
values out. The kinds:

* `day`: the segments of one UTC day; one for every day, even an empty one, without a gap;
* `supplement`: a segment with facts that were received after their day was sealed;
* `purge`: the decision to destroy segments whose legal end has come, written before the first
  key is touched;
* `destruction`: those keys no longer exist, nor the objects but those that a lock still holds;
  another follows when these are gone too;
* `hold`: rows that an authority had preserved, resealed apart by two custodians with an end of
  their own (CPCE L34-1 III bis); another of the same hold only moves that end.

docs/archive-format.md is the format for third parties; this file is where it is made.
"""

import hashlib
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from retention.manifests import canonical

GRACE_DAYS = 2
"""Whole days after a day during which its facts may still arrive before it is sealed."""

_REMEMBERED = 8_192
"""Links whose octets need not be read again: some years of days and purges."""

_CHUNK_OCTETS = 64 << 10
_MOST_BLOCKS = 64

_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Sealable = Literal["source", "traffic", "security", "identity", "account"]
_ObjectName = Annotated[str, Field(pattern=r"^[0-9a-z][0-9a-z.-]{0,120}$")]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class SealedSegment(_Record):
    """A segment as the chain knows it."""

    category: Sealable
    part: int = Field(ge=0)
    """0 for the day's own, then 1, 2... for its supplements."""
    object: _ObjectName
    """Name of its file in the folder `segments`."""
    octets: int = Field(ge=0)
    """Size of the sealed file."""
    sha256: _Sha256
    """Of the sealed file."""
    recipient: str
    """age public key it is sealed to; the identity lies, wrapped, in the key register."""
    rows: int = Field(ge=0)
    blocks: tuple[_Sha256, ...] = ()
    """Of each of its blocks (`block_octets`), to tell where a change is; absent in old links."""


class AuditHead(_Record):
    """The end of the audit log when a day was sealed."""

    number: int = Field(ge=1)
    sha256: _Sha256
    """Digest of that line, which vouches for all before it."""


class ClockEvidence(_Record):
    """What the archive's clock was worth on a day, as its machine said at each run."""

    readings: int = Field(ge=0)
    """How many were made; 0: none, and then nothing else is known."""
    silent: int = Field(ge=0)
    """Of them, those for which the kernel could not be asked."""
    unsynchronised: int = Field(ge=0)
    """Of them, those for which the kernel said that no source steers the clock."""
    worst_offset_microseconds: int | None = None
    """The farthest from its source; null: nobody told."""
    worst_error_microseconds: int | None = None
    """The largest error that the kernel allowed for; null: nobody told."""
    sources: tuple[str, ...] = ()
    """Time servers followed; empty: nobody told."""
    strata: tuple[int, ...] = ()
    """Of those servers."""
    leaps: tuple[str, ...] = ()
    """Leap seconds announced."""


class EndedSegment(_Record):
    """A segment that a purge names."""

    day: date
    category: Sealable
    part: int
    object: _ObjectName
    rows: int
    octets: int = 0
    """Size of its object; 0 in the links of before this was written."""
    end: date
    """The first day on which it may not exist."""
    ground: str
    """The text and, for traffic data, the decree that set its end."""


class HeldSegment(SealedSegment):
    """The rows of one day and category that a hold preserves, sealed apart."""

    day: date


class LeftObject(_Record):
    """A destroyed segment's object that its storage does not let go yet."""

    object: _ObjectName
    until: date
    """The first day on which its lock is over; the next, where none keeps it and it stays."""


class _Link(_Record):
    format: Literal["socle-archive-1"] = "socle-archive-1"
    sequence: int = Field(ge=1)
    """1, 2, 3... without a gap."""
    previous: _Sha256 | None
    """SHA-256 of the file of the link before; null in the first."""
    signed_at: AwareDatetime
    signed_by: _Sha256
    """SHA-256 of the raw Ed25519 public key."""


class DayLink(_Link):
    """One UTC day, sealed."""

    kind: Literal["day"] = "day"
    day: date
    facts_received_before: AwareDatetime
    """What arrived later is in supplements."""
    audit_head: AuditHead | None = None
    """Absent while the audit log is empty."""
    clock: ClockEvidence | None = None
    """Null in links of before it was told."""
    segments: tuple[SealedSegment, ...]


class SupplementLink(_Link):
    """Facts of a sealed day that were received after it was sealed."""

    kind: Literal["supplement"] = "supplement"
    day: date
    """The day the facts are about."""
    received_on: date
    """The day they were received."""
    segments: tuple[SealedSegment, ...]


class PurgeLink(_Link):
    """The decision to destroy."""

    kind: Literal["purge"] = "purge"
    segments: tuple[EndedSegment, ...]
    audit: AuditHead | None = None
    """The last line of the audit log that goes with it; null: none does."""


class DestructionLink(_Link):
    """The proof that it was done."""

    kind: Literal["destruction"] = "destruction"
    purge: int
    """Sequence of the purge it fulfils."""
    destroyed_at: AwareDatetime
    left: tuple[LeftObject, ...] = ()
    """Objects, their keys gone, that the storage still has; empty once all are deleted."""


class HoldLink(_Link):
    """Rows preserved on an authority's order, or a new end for them."""

    kind: Literal["hold"] = "hold"
    hold: UUID
    ends_on: date
    """The first day on which its segments may not exist; the last link of a hold says it."""
    resealed_by: str | None = None
    """Public key (Ed25519, base64) of the custodian who resealed; none: only the end is new."""
    segments: tuple[HeldSegment, ...] = ()
    """Without rows: nothing of these days was in its scope."""


Link = DayLink | SupplementLink | PurgeLink | DestructionLink | HoldLink
_LINK: TypeAdapter[Link] = TypeAdapter(Annotated[Link, Field(discriminator="kind")])


def encode(link: Link) -> bytes:
    """Return the octets of a link's file."""
    return canonical.encode(link.model_dump(mode="python"))


@lru_cache(maxsize=_REMEMBERED)
def decode(octets: bytes) -> Link:
    """Return the link in a file; the same octets are read as one once.

    A chain is read whole at each run, hashed whole, and grows by a link a day.

    Raises:
        ValueError: not a link of this format; the message is short and safe to show.
    """
    try:
        return _LINK.validate_json(octets)
    except ValidationError as fault:
        first = fault.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{place or 'content'}: {first['msg']}") from fault


def block_octets(octets: int) -> int:
    """Return the length of a file's blocks: 64 KiB (a chunk of age) or whole times that, so that
    there are 64 at most."""
    return _CHUNK_OCTETS * max(1, -(-octets // (_CHUNK_OCTETS * _MOST_BLOCKS)))


def block_digests(octets: bytes) -> tuple[str, ...]:
    """Return the SHA-256 of each block of a file, the last one as long as it is."""
    length = block_octets(len(octets))
    return tuple(digest(octets[at : at + length]) for at in range(0, len(octets), length))


def digest(octets: bytes) -> str:
    """Return the SHA-256, in hexadecimal, by which links and segments are known."""
    return hashlib.sha256(octets).hexdigest()


def file_name(link: Link) -> str:
    """Return the name of a link's file; its signature's is the same with `.sig` after it."""
    about = link.day if isinstance(link, DayLink | SupplementLink) else link.signed_at.date()
    return f"{link.sequence:06d}.{link.kind}.{about.isoformat()}.json"


def object_name(day: date, category: str, part: int, sealed: bytes) -> str:
    """Return the name of a segment's file: what it is, and the beginning of its SHA-256.

    The digest makes a name that a run begun anew, whose key is another, never writes again.
    """
    return f"{day.isoformat()}.{category}.{part}.{digest(sealed)[:16]}.parquet.age"


def sealable_from(day: date) -> date:
    """Return the first day on which `day` may be sealed: its grace is over."""
    return day + timedelta(days=1 + GRACE_DAYS)


def is_late(about: date, received_on: date) -> bool:
    """Whether a fact about `about` received on `received_on` came after its day was closed."""
    return sealable_from(about) <= received_on


def facts_received_before(day: date, midnight: datetime) -> datetime:
    """Return the instant before which a fact must be received to be in its day's own segment."""
    return midnight + (sealable_from(day) - day)
