"""The chain of manifests as files: read in order, and grown by one signed link at a time."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from retention import durable
from retention.categories import SEALED
from retention.manifests import manifest
from retention.manifests.manifest import (
    DayLink,
    DestructionLink,
    EndedSegment,
    HeldSegment,
    HoldLink,
    LeftObject,
    Link,
    PurgeLink,
    SealedSegment,
    SupplementLink,
)
from retention.manifests.signing import PublicKey, SigningKey
from territory.errors import Unavailable

MANIFESTS = "manifests"
SEGMENTS = "segments"
PUBLIC_KEY = "archive-signing.pub.pem"

L = TypeVar("L", DayLink, SupplementLink, PurgeLink, DestructionLink, HoldLink)


@dataclass(slots=True)
class Chain:
    """What the archive folder says was sealed and destroyed."""

    folder: Path
    """The archive folder."""
    links: list[Link] = field(default_factory=list)
    head: str | None = None
    """SHA-256 of the last link's file; None for an empty chain."""

    @classmethod
    def read(cls, folder: Path, signer: PublicKey | None = None) -> "Chain":
        """Return the chain in `folder`, each link checked against the one before.

        The last link's signature is one on all: each names the SHA-256 of the link before.

        Args:
            folder: the archive's.
            signer: who must have signed it; None: it is looked at, and orders nothing.

        Raises:
            Unavailable: it is broken: nothing may be added before `archive verify` is heard.
        """
        chain = cls(folder)
        path, octets = folder, b""
        for path in sorted((folder / MANIFESTS).glob("*.json")):
            octets = path.read_bytes()
            try:
                link = manifest.decode(octets)
            except ValueError as fault:
                raise Unavailable(f"{path}: broken, run `socle archive verify`: {fault}") from fault
            if link.previous != chain.head or link.sequence != len(chain.links) + 1:
                raise Unavailable(f"{path}: does not follow, run `socle archive verify`")
            chain.links.append(link)
            chain.head = manifest.digest(octets)
        if signer and chain.links and not signer.has_signed(octets, _signature(path)):
            raise Unavailable(f"{path}: not signed by this archive, run `socle archive verify`")
        return chain

    def append(self, kind: type[L], key: SigningKey, signed_at: datetime, **content: Any) -> L:
        """Sign a link that says `content` and add it, durably; the signature is there first.

        Raises:
            Unavailable: another run has added a link since this chain was read, or the disk is full
                or may not be written; nothing was added.
        """
        link = kind(
            sequence=len(self.links) + 1,
            previous=self.head,
            signed_at=signed_at,
            signed_by=key.public.fingerprint,
            **content,
        )
        octets = manifest.encode(link)
        path = self.folder / MANIFESTS / manifest.file_name(link)
        if next(path.parent.glob(f"{link.sequence:06d}.*.json"), None):
            raise Unavailable(f"{path}: another run has added this link; nothing was added")
        durable.write(path.with_name(path.name + ".sig"), key.sign(octets))
        durable.create(path, octets)
        self.links.append(link)
        self.head = manifest.digest(octets)
        return link

    def days(self) -> list[DayLink]:
        """Return the sealed days, oldest first."""
        return [link for link in self.links if isinstance(link, DayLink)]

    def last_day(self) -> date | None:
        """Return the last sealed day; None before the first."""
        days = self.days()
        return days[-1].day if days else None

    def next_day(self) -> date | None:
        """Return the day to seal next; None before the first, when the chain does not know."""
        last = self.last_day()
        return last + timedelta(days=1) if last else None

    def supplements(self, received_on: date) -> list[SupplementLink]:
        """Return the supplements already made of what was received on one day."""
        found = [link for link in self.links if isinstance(link, SupplementLink)]
        return [link for link in found if link.received_on == received_on]

    def segments(self) -> Iterator[tuple[date, SealedSegment]]:
        """Yield every segment ever sealed with the day it is about, oldest link first."""
        for link in self.links:
            if isinstance(link, DayLink | SupplementLink):
                for segment in link.segments:
                    yield link.day, segment

    def next_part(self, day: date, category: str) -> int:
        """Return the number of the next part of a sealed day's category, from 1.

        0 is the day's own, even where nobody's account ended on it.
        """
        apart = ((s.day, s) for link in self.holds() for s in link.segments)
        return 1 + max(
            (
                s.part
                for about, s in itertools.chain(self.segments(), apart)
                if (about, s.category) == (day, category)
            ),
            default=0,
        )

    def holds(self) -> list[HoldLink]:
        """Return what was preserved on an authority's order, oldest first."""
        return [link for link in self.links if isinstance(link, HoldLink)]

    def hold_ends(self) -> dict[UUID, date]:
        """Return the first day on which each hold's segments may not exist, as last decided."""
        return {link.hold: link.ends_on for link in self.holds()}

    def held_apart(self) -> list[tuple[HoldLink, HeldSegment]]:
        """Return the segments of holds that no purge names."""
        ended = self.ended()
        return [(link, s) for link in self.holds() for s in link.segments if s.object not in ended]

    def apart_alone(self) -> list[tuple[HoldLink, HeldSegment]]:
        """Return, of the segments of holds, those whose rows no segment of their own day has.

        Of accounts, all: somebody may not have ended yet when their rows were preserved.
        """
        whole = {(day, s.category) for day, s in self.held() if s.category in SEALED}
        return [(link, s) for link, s in self.held_apart() if (s.day, s.category) not in whole]

    def left_objects(self) -> dict[int, tuple[LeftObject, ...]]:
        """Return, by the purge's number, the objects that a lock still held when last looked at."""
        done = [link for link in self.links if isinstance(link, DestructionLink)]
        last = {link.purge: link.left for link in done}
        return {purge: left for purge, left in last.items() if left}

    def objects(self) -> set[str]:
        """Return the name of every object that a link ever named as sealed."""
        apart = (s.object for link in self.holds() for s in link.segments)
        return {sealed.object for _, sealed in self.segments()} | set(apart)

    def unfinished_purges(self) -> list[PurgeLink]:
        """Return the purges decided whose destruction is not recorded yet."""
        done = {link.purge for link in self.links if isinstance(link, DestructionLink)}
        decided = [link for link in self.links if isinstance(link, PurgeLink)]
        return [link for link in decided if link.sequence not in done]

    def ended(self) -> dict[str, EndedSegment]:
        """Return the segments that a purge names, by their objects' names."""
        purges = [link for link in self.links if isinstance(link, PurgeLink)]
        return {segment.object: segment for purge in purges for segment in purge.segments}

    def held(self) -> list[tuple[date, SealedSegment]]:
        """Return the segments that no purge names."""
        ended = self.ended()
        return [(day, s) for day, s in self.segments() if s.object not in ended]


def _signature(path: Path) -> bytes:
    """Return the signature beside a link; empty where there is none."""
    beside = path.with_name(f"{path.name}.sig")
    return beside.read_bytes() if beside.exists() else b""


def segment_path(folder: Path, object_name: str) -> Path:
    """Return where a segment lies: a folder for each year of its day."""
    return folder / SEGMENTS / object_name[:4] / object_name


def publish_key(folder: Path, key: SigningKey) -> None:
    """Put the public key beside the chain, once."""
    path = folder / PUBLIC_KEY
    if not path.exists():
        durable.write(path, key.public.pem, mode=0o644)
    elif path.read_bytes() != key.public.pem:
        raise Unavailable(f"{path}: not the key that signs here; see docs/archive-format.md")
