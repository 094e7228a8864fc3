"""Whether an archive is whole and unchanged: no database, no private key, nothing decrypted.

The chain is checked link by link (name, signature, order, the day after the day before), then each
segment by its SHA-256. What is found is named by its file, the first break first. What a purge has
destroyed must be gone; all the rest must be there.
"""

import hashlib
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from retention import manifest
from retention.chain import MANIFESTS, PUBLIC_KEY, SEGMENTS, segment_path
from retention.manifest import (
    DayLink,
    DestructionLink,
    Link,
    PurgeLink,
    SealedSegment,
    SupplementLink,
)
from retention.signing import PublicKey

_BLOCK_OCTETS = 1 << 20


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
    folder: Path,
    expected: Expected = NOTHING_EXPECTED,
    progress: Callable[[int, int], None] | None = None,
) -> Verdict:
    """Return what is wrong in an archive folder; `progress` gets segments checked, and in all."""
    manifests = folder / MANIFESTS
    files = {p.name: p.read_bytes() for p in manifests.iterdir()} if manifests.is_dir() else {}
    pem = (folder / PUBLIC_KEY).read_bytes() if (folder / PUBLIC_KEY).exists() else b""
    chain = check_chain(files, pem, expected)
    faults = list(chain.faults)
    segments = _segments(chain.links)
    ended = _ended(chain.links)
    gone = _destroyed(chain.links)
    for done, segment in enumerate(segments.values()):
        if progress:
            progress(done, len(segments))
        problem = _segment_problem(folder, segment, ended, gone)
        if problem:
            faults.append(Finding(_relative(segment.object), problem))
    return _verdict(chain, pem, faults, _notices(folder, chain.links, segments, gone))


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
    sealed = (link for link in links if isinstance(link, DayLink | SupplementLink))
    return {segment.object: segment for link in sealed for segment in link.segments}


def _ended(links: Sequence[Link]) -> set[str]:
    purges = (link for link in links if isinstance(link, PurgeLink))
    return {segment.object for purge in purges for segment in purge.segments}


def _destroyed(links: Sequence[Link]) -> dict[str, datetime]:
    """Return when each destroyed object was, by its name."""
    purges = {link.sequence: link.segments for link in links if isinstance(link, PurgeLink)}
    done = (link for link in links if isinstance(link, DestructionLink))
    return {
        segment.object: link.destroyed_at for link in done for segment in purges.get(link.purge, ())
    }


def _segment_problem(
    folder: Path, segment: SealedSegment, ended: set[str], gone: Mapping[str, datetime]
) -> str | None:
    path = segment_path(folder, segment.object)
    if segment.object in gone:
        when = f"{gone[segment.object]:%Y-%m-%d}"
        return f"was destroyed on {when}, and is still there" if path.exists() else None
    if segment.object in ended:
        return None
    if not path.exists():
        return "missing"
    if path.stat().st_size != segment.octets:
        return f"has {path.stat().st_size} octets, sealed with {segment.octets}"
    return None if _sha256(path) == segment.sha256 else "changed since it was sealed"


def _sha256(path: Path) -> str:
    hasher = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_OCTETS):
            hasher.update(block)
    return hasher.hexdigest()


def _notices(
    folder: Path,
    links: Sequence[Link],
    segments: Mapping[str, SealedSegment],
    gone: Mapping[str, datetime],
) -> list[Finding]:
    done = {link.purge for link in links if isinstance(link, DestructionLink)}
    notices = [
        Finding(f"{MANIFESTS}/{manifest.file_name(link)}", "decided, its destruction not recorded")
        for link in links
        if isinstance(link, PurgeLink) and link.sequence not in done
    ]
    for path in sorted((folder / SEGMENTS).glob("*/*")):
        if path.name not in segments and path.name not in gone:
            place = str(path.relative_to(folder))
            notices.append(Finding(place, "in no manifest: left by a run that was stopped"))
    return notices


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
