"""The chain of the archive: signed links that say what was sealed, and what was destroyed.

Each link holds the SHA-256 of the file of the link before it, so none can be changed, left out or
moved without breaking all that follow; its Ed25519 signature lies beside it. Pure: octets in,
values out. The four kinds:

* `day`: the segments of one UTC day; one for every day, even an empty one, without a gap;
* `supplement`: a segment with facts that were received after their day was sealed;
* `purge`: the decision to destroy segments whose legal end has come, written before the first
  key is touched;
* `destruction`: those keys and objects no longer exist, written after the last is gone.

docs/archive-format.md is the format for third parties; this file is where it is made.
"""

import hashlib
from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from retention import canonical

GRACE_DAYS = 2
"""Whole days after a day during which its facts may still arrive before it is sealed."""

_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_ObjectName = Annotated[str, Field(pattern=r"^[0-9a-z][0-9a-z.-]{0,120}$")]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class SealedSegment(_Record):
    """A segment as the chain knows it."""

    category: Literal["source", "traffic", "security"]
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


class AuditHead(_Record):
    """The end of the audit log when a day was sealed."""

    number: int = Field(ge=1)
    sha256: _Sha256
    """Digest of that line, which vouches for all before it."""


class EndedSegment(_Record):
    """A segment that a purge names."""

    day: date
    category: Literal["source", "traffic", "security"]
    part: int
    object: _ObjectName
    rows: int
    end: date
    """The first day on which it may not exist."""
    ground: str
    """The text and, for traffic data, the decree that set its end."""


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


class DestructionLink(_Link):
    """The proof that it was done."""

    kind: Literal["destruction"] = "destruction"
    purge: int
    """Sequence of the purge it fulfils."""
    destroyed_at: AwareDatetime


Link = DayLink | SupplementLink | PurgeLink | DestructionLink
_LINK: TypeAdapter[Link] = TypeAdapter(Annotated[Link, Field(discriminator="kind")])


def encode(link: Link) -> bytes:
    """Return the octets of a link's file."""
    return canonical.encode(link.model_dump(mode="python"))


def decode(octets: bytes) -> Link:
    """Return the link in a file.

    Raises:
        ValueError: not a link of this format; the message is short and safe to show.
    """
    try:
        return _LINK.validate_json(octets)
    except ValidationError as fault:
        first = fault.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{place or 'content'}: {first['msg']}") from fault


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
