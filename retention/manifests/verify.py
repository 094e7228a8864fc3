"""Whether an archive is whole and unchanged: no database, no private key, nothing decrypted.

The chain is checked link by link (name, signature, order, the day after the day before), then each
segment by its SHA-256. What is found is named by its file, the first break first. What a purge has
destroyed must be gone; all the rest must be there.
"""

import hashlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from retention.manifests import manifest
from retention.manifests.chain import MANIFESTS, PUBLIC_KEY, segment_path
from retention.manifests.manifest import (
    DayLink,
    DestructionLink,
    HoldLink,
    Link,
    PurgeLink,
    SealedSegment,
    SupplementLink,
)
from retention.manifests.signing import PublicKey
from retention.manifests.time_stamps import token_problems
from retention.storage.folder import Folder
from retention.storage.port import Storage

Progress = Callable[[int, int], None]
"""Told how many segments are checked, and of how many."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or only worth saying."""

    file: str
    """The file concerned, from the archive folder."""
    problem: str
    """What is wrong with it, in words."""

    def __str__(self) -> str:
        return f"{self.file}: {self.problem}"


@dataclass(frozen=True, slots=True)
class Expected:
    """What the verifier knows from elsewhere, so that a whole forged archive is seen too."""

    fingerprint: str | None = None
    """SHA-256 of the public key, as the custodians noted it."""
    head: str | None = None
    """SHA-256 of a link's file that must be in the chain, as it was mailed."""


NOTHING_EXPECTED = Expected()


@dataclass(frozen=True, slots=True)
class CheckedChain:
    """The links that could be read, and what is wrong with any."""

    links: tuple[Link, ...]
    digests: tuple[str, ...]
    """SHA-256 of each link's file."""
    faults: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The whole answer."""

    faults: tuple[Finding, ...]
    """In the order of the chain; the first is the first break."""
    notices: tuple[Finding, ...]
    """Not wrong, but worth saying: a purge under way, a leftover."""
    fingerprint: str
    """Of the key that signed; empty where it cannot be read."""
    head: str
    """SHA-256 of the last link's file; empty for an empty archive."""
    first_day: date | None
    last_day: date | None
    days: int
    segments: int
    """Still held."""
    destroyed: int
    """Segments that a purge named."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def verify_folder(
    folder: Path, expected: Expected = NOTHING_EXPECTED, progress: Progress | None = None
) -> Verdict:
    """Return what is wrong in an archive folder, or a copy of one."""
    return verify(Folder(folder), expected, progress)


def verify(
    storage: Storage, expected: Expected = NOTHING_EXPECTED, progress: Progress | None = None
) -> Verdict:
    """Return what is wrong in a storage: the chain beside the objects, then each of them.

    Raises:
        Unavailable: the storage could not be read to its end; nothing is said of it.
    """
    files = storage.chain()
    chain = check_chain(files.manifests, files.public_key, expected)
    faults = [*chain.faults, *_token_faults(files.manifests, chain)]
    segments = _segments(chain.links)
    there = storage.listing()
    fate = _Fate(_ended(chain.links), _destroyed(chain.links), _left(chain.links))
    for done, segment in enumerate(segments.values()):
        if progress:
            progress(done, len(segments))
        problem = _segment_problem(storage, there.get(segment.object), segment, fate)
        if problem:
            faults.append(Finding(_relative(segment.object), problem))
    return _verdict(chain, files.public_key, faults, _notices(chain.links, there, segments, fate))


def _token_faults(files: Mapping[str, bytes], chain: CheckedChain) -> Iterator[Finding]:
    days = [manifest.file_name(link) for link in chain.links if isinstance(link, DayLink)]
    there = [name for name in days if name in files]
    for name, problem in token_problems(files, there):
        yield Finding(f"{MANIFESTS}/{name}", problem)


def check_chain(
    files: Mapping[str, bytes], pem: bytes, expected: Expected = NOTHING_EXPECTED
) -> CheckedChain:
    """Return the links in `files` (the folder `manifests`, names and octets), and their faults."""
    names = sorted(name for name in files if name.endswith(".json"))
    if not names:
        return CheckedChain((), (), (Finding(MANIFESTS, "no manifest in it"),))
    try:
        key = PublicKey.from_pem(pem)
    except ValueError:
        return CheckedChain((), (), (Finding(PUBLIC_KEY, "missing or not an Ed25519 key"),))
    checker = _Checker(files, key)
    for name, following in itertools.pairwise([*names, ""]):
        checker.check(name, following)
    faults = [*_key_faults(checker.links, key, expected), *checker.faults]
    if expected.head and expected.head not in checker.digests:
        faults.append(Finding(MANIFESTS, f"no manifest has the expected SHA-256 {expected.head}"))
    return CheckedChain(tuple(checker.links), tuple(checker.digests), tuple(faults))


class _Checker:
    """Walks the links in the order of their names."""

    def __init__(self, files: Mapping[str, bytes], key: PublicKey) -> None:
        self._files = files
        self._key = key
        self._sequence = 0
        self._day: date | None = None
        self.links: list[Link] = []
        self.digests: list[str] = []
        self.faults: list[Finding] = []

    def check(self, name: str, following: str) -> None:
        """Check one link; `following` is the next file's name, empty for the last."""
        octets = self._files[name]
        follows = self._check_number(name)
        try:
            link = manifest.decode(octets)
        except ValueError as fault:
            self._fault(name, f"cannot be read: {fault}")
            self.digests.append(manifest.digest(octets))
            return
        if manifest.file_name(link) != name:
            self._fault(name, f"holds {manifest.file_name(link)}: renamed or re-ordered")
        elif not self._check_signature(name, octets, following):
            pass  # one fault for one change: what hangs on it is a consequence
        elif follows and link.previous != (self.digests[-1] if self.digests else None):
            self._fault(name, "does not follow the manifest before it: changed or re-ordered")
        self._check_day(name, link)
        self.links.append(link)
        self.digests.append(manifest.digest(octets))

    def _check_number(self, name: str) -> bool:
        number, _, _ = name.partition(".")
        expected, self._sequence = self._sequence + 1, int(number) if number.isdigit() else 0
        if self._sequence == expected:
            return True
        self._fault(f"{expected:06d}.*.json", f"missing: the next there is {name}")
        return False

    def _check_signature(self, name: str, octets: bytes, following: str) -> bool:
        signature = self._files.get(name + ".sig")
        if signature is None:
            self._fault(name + ".sig", "missing")
            return False
        if self._key.has_signed(octets, signature):
            return True
        vouched = _previous_of(self._files.get(following, b"")) == manifest.digest(octets)
        if vouched:
            self._fault(name + ".sig", "is not this manifest's signature")
        else:
            self._fault(name, "changed, or its signature is: they do not fit")
        return False

    def _check_day(self, name: str, link: Link) -> None:
        if not isinstance(link, DayLink):
            return
        if self._day and link.day != self._day + timedelta(days=1):
            self._fault(name, f"day {self._day + timedelta(days=1)} is missing before it")
        self._day = link.day

    def _fault(self, name: str, problem: str) -> None:
        self.faults.append(Finding(f"{MANIFESTS}/{name}", problem))


def _previous_of(octets: bytes) -> str | None:
    try:
        return manifest.decode(octets).previous
    except ValueError:
        return None


def _key_faults(links: Sequence[Link], key: PublicKey, expected: Expected) -> Iterator[Finding]:
    if expected.fingerprint and key.fingerprint != expected.fingerprint.lower():
        yield Finding(PUBLIC_KEY, f"is {key.fingerprint}, not the expected key")
    elif links and all(link.signed_by != key.fingerprint for link in links):
        yield Finding(PUBLIC_KEY, f"is {key.fingerprint}, not the key that signed the manifests")


def _segments(links: Sequence[Link]) -> dict[str, SealedSegment]:
    sealed = (link for link in links if isinstance(link, DayLink | SupplementLink | HoldLink))
    return {segment.object: segment for link in sealed for segment in link.segments}


def _ended(links: Sequence[Link]) -> set[str]:
    purges = (link for link in links if isinstance(link, PurgeLink))
    return {segment.object for purge in purges for segment in purge.segments}


def _destroyed(links: Sequence[Link]) -> dict[str, datetime]:
    """Return when each destroyed object was, by its name."""
    purges = {link.sequence: link.segments for link in links if isinstance(link, PurgeLink)}
    done = [link for link in links if isinstance(link, DestructionLink)]
    return {
        segment.object: link.destroyed_at
        for link in reversed(done)
        for segment in purges.get(link.purge, ())
    }


def _left(links: Sequence[Link]) -> dict[str, date]:
    """Return the objects that a lock may still keep, their keys gone, with its end."""
    last = {link.purge: link.left for link in links if isinstance(link, DestructionLink)}
    return {one.object: one.until for left in last.values() for one in left}


@dataclass(frozen=True, slots=True)
class _Fate:
    """What the chain says became of objects."""

    ended: set[str]
    """Named by a purge."""
    destroyed: Mapping[str, datetime]
    """Of those, when their destruction was signed."""
    left: Mapping[str, date]
    """Of those, the objects that a lock may still keep; until when."""


def _segment_problem(
    storage: Storage, octets: int | None, segment: SealedSegment, fate: _Fate
) -> str | None:
    if destroyed_at := fate.destroyed.get(segment.object):
        if segment.object in fate.left:
            return None
        when = f"{destroyed_at:%Y-%m-%d}"
        return None if octets is None else f"was destroyed on {when}, and is still there"
    if segment.object in fate.ended:
        return None
    return "missing" if octets is None else _content_problem(storage, octets, segment)


def _content_problem(storage: Storage, octets: int, segment: SealedSegment) -> str | None:
    """Return what is wrong with an object's octets, as near to the first wrong one as is known."""
    whole, length = hashlib.sha256(), manifest.block_octets(segment.octets)
    for number, block in enumerate(_in_blocks(storage.blocks(segment.object), length)):
        whole.update(block)
        first, known = number * length, segment.blocks[number : number + 1]
        is_all_there = len(block) == min(length, segment.octets - first)
        if is_all_there and known and manifest.digest(block) != known[0]:
            return f"changed between octets {first} and {first + len(block) - 1}"
    if octets != segment.octets:
        verb = "cut at" if octets < segment.octets else "goes on after"
        return f"{verb} octet {min(octets, segment.octets)}: sealed with {segment.octets} octets"
    return None if whole.hexdigest() == segment.sha256 else "changed since it was sealed"


def _in_blocks(pieces: Iterable[bytes], length: int) -> Iterator[bytes]:
    """Yield the same octets in blocks of one length, the last as long as it is."""
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) >= length:
            yield bytes(held[:length])
            del held[:length]
    if held:
        yield bytes(held)


def _notices(
    links: Sequence[Link],
    there: Mapping[str, int],
    segments: Mapping[str, SealedSegment],
    fate: _Fate,
) -> list[Finding]:
    done = {link.purge for link in links if isinstance(link, DestructionLink)}
    notices = [
        Finding(f"{MANIFESTS}/{manifest.file_name(link)}", "decided, its destruction not recorded")
        for link in links
        if isinstance(link, PurgeLink) and link.sequence not in done
    ]
    locked = [
        Finding(_relative(name), f"destroyed with its key; locked until {until}")
        for name, until in sorted(fate.left.items())
        if name in there
    ]
    unknown = sorted(set(there) - segments.keys() - fate.destroyed.keys())
    stray = "in no manifest: left by a run that was stopped"
    return notices + locked + [Finding(_relative(name), stray) for name in unknown]


def _verdict(
    chain: CheckedChain, pem: bytes, faults: list[Finding], notices: list[Finding]
) -> Verdict:
    days = [link.day for link in chain.links if isinstance(link, DayLink)]
    ended = _ended(chain.links)
    segments = _segments(chain.links)
    return Verdict(
        faults=tuple(faults),
        notices=tuple(notices),
        fingerprint=PublicKey.from_pem(pem).fingerprint if chain.links else "",
        head=chain.digests[-1] if chain.digests else "",
        first_day=min(days, default=None),
        last_day=max(days, default=None),
        days=len(days),
        segments=len(segments.keys() - ended),
        destroyed=len(segments.keys() & ended),
    )


def _relative(object_name: str) -> str:
    return str(segment_path(Path(), object_name))
