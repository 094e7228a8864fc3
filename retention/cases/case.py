"""A case as a file that travels: prepared at the desk, opened by one custodian, then by another.

A tar archive that holds all that is needed away from the server and its database: the signed
questions, the sealed segments of the days they touch, their keys wrapped for two custodians, and
the whole chain of manifests that vouches for them. `open_case` and `read_case` work offline.

A case brings the key that signed it, so it vouches for itself: only the fingerprint that the
custodians noted on paper tells the archive's key from a forger's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from retention.cases.case_file import CaseFile
from retention.cases.case_tar import Member, find_members, pack, read_member
from retention.keys import age
from retention.keys.key_register import unwrap
from retention.manifests import canonical, manifest
from retention.manifests.chain import MANIFESTS, PUBLIC_KEY, SEGMENTS
from retention.manifests.manifest import DayLink, HoldLink, SealedSegment, SupplementLink
from retention.manifests.signing import PublicKey
from retention.manifests.verify import CheckedChain, Expected, Finding, check_chain
from territory.errors import ConfigurationError, Fault

CASE = "case.json"
SIGNATURE = "case.json.sig"
OPENED = "opened.json"
KEYS = "keys"
_MOST_OCTETS_BESIDE = 1 << 28
"""Of all that is no segment: questions, keys, manifests."""


class Opened(BaseModel):
    """`opened.json`: the first custodian has opened the outer layer."""

    model_config = ConfigDict(frozen=True)

    format: Literal["socle-case-opened-1"] = "socle-case-opened-1"
    opened_at: AwareDatetime
    opened_by: str
    """age public key of the first custodian."""


@dataclass(frozen=True, slots=True)
class Vouched:
    """A sealed object of a case, and the signed file that says what it is."""

    object: str
    where: str
    """Name of the manifest; `case.json` for what was sealed for this case alone."""
    day: date | None
    """The UTC day it is about; None: what was true when the case was prepared."""
    category: str
    part: int
    sha256: str
    """Of the sealed object."""
    rows: int


@dataclass(frozen=True, slots=True)
class Case:
    """A case file whose signature, chain and segments have been checked."""

    file: CaseFile
    path: Path
    """Where it lies: segments are read from it one by one."""
    members: Mapping[str, Member]
    """Where every file in it lies, by its name."""
    beside: Mapping[str, bytes]
    """All the files that are no segments, by their names."""
    chain: CheckedChain
    archive_key: PublicKey
    vouched: Mapping[str, Vouched]
    """What its manifests say of each object that travels, in the order they were sealed."""
    opened: Opened | None
    """None while the outer layer is closed."""

    def sealed(self, object_name: str) -> bytes:
        """Return the octets of a segment.

        Raises:
            ConfigurationError: the case file was changed since it was checked.
        """
        octets = read_member(self.path, self.members[f"{SEGMENTS}/{object_name}"])
        if manifest.digest(octets) != self.vouched[object_name].sha256:
            raise ConfigurationError([Fault(f"{self.path}: {object_name}", "changed meanwhile")])
        return octets

    def key(self, object_name: str) -> bytes:
        """Return a segment's wrapped key, at the layer this file is at."""
        return self.beside[f"{KEYS}/{object_name}.age"]


def read_case(path: Path, archive_key: str | None = None) -> Case:
    """Return the case in a file, once all that can be checked without a key is found right.

    Args:
        path: the case file.
        archive_key: SHA-256 of the archive's public key, known from elsewhere than this file;
            None: whoever opens it compares the fingerprint by eye.

    Raises:
        ConfigurationError: what is wrong with it, every fault.
    """
    members = find_members(path)
    beside = _read_beside(path, members)
    try:
        file = CaseFile.model_validate_json(beside.get(CASE, b""))
        key = PublicKey.from_pem(beside.get(PUBLIC_KEY, b""))
        opened = Opened.model_validate_json(beside[OPENED]) if OPENED in beside else None
    except (ValidationError, ValueError) as fault:
        expected = "expected a case file made by `case prepare`"
        raise ConfigurationError([Fault(str(path), expected)]) from fault
    manifests = {
        name.removeprefix(f"{MANIFESTS}/"): octets
        for name, octets in beside.items()
        if name.startswith(f"{MANIFESTS}/")
    }
    chain = check_chain(manifests, beside[PUBLIC_KEY], Expected(archive_key))
    findings = list(chain.faults)
    if not key.has_signed(beside[CASE], beside.get(SIGNATURE, b"")):
        findings.append(Finding(CASE, "is not as the archive signed it"))
    vouched = dict(_vouched(file, chain))
    case = Case(file, path, members, beside, chain, key, vouched, opened)
    findings += _segment_findings(case)
    if findings:
        raise ConfigurationError([Fault(f"{path}: {f.file}", f.problem) for f in findings])
    return case


def open_case(case: Case, identity: str, now: datetime, file: IO[bytes]) -> None:
    """Write the case with its outer layer opened to `file`, for the second custodian.

    Raises:
        ConfigurationError: already opened, or not this custodian's to open first; nothing written.
    """
    if case.opened:
        raise ConfigurationError([Fault("case", "its outer layer is open already: `case answer`")])
    recipient = age.recipient_of(identity)
    if recipient != case.file.first.recipient:
        raise ConfigurationError([Fault("--key", f"expected {case.file.first.login}'s key")])
    keys = {
        f"{KEYS}/{name}.age": _unwrap(case, name, identity, case.file.first.login)
        for name in case.vouched
    }
    opened = Opened(opened_at=now, opened_by=recipient)
    pack(_opened_members(case, keys, opened), now, file)


def _opened_members(
    case: Case, keys: Mapping[str, bytes], opened: Opened
) -> Iterator[tuple[str, bytes]]:
    yield OPENED, canonical.encode(opened.model_dump())
    yield from {**case.beside, **keys}.items()
    for name in case.vouched:
        yield f"{SEGMENTS}/{name}", case.sealed(name)


def open_keys(case: Case, identity: str) -> dict[str, str]:
    """Return each segment's identity; the second custodian's part.

    Raises:
        ConfigurationError: the outer layer is closed, or this is not the second custodian's key.
    """
    if not case.opened or case.opened.opened_by != case.file.first.recipient:
        first = case.file.first.login
        raise ConfigurationError([Fault("case", f"expected it opened by {first}: `case open`")])
    if age.recipient_of(identity) != case.file.second.recipient:
        raise ConfigurationError([Fault("--key", f"expected {case.file.second.login}'s key")])
    return {
        name: _unwrap(case, name, identity, case.file.second.login).decode().strip()
        for name in case.vouched
    }


def _unwrap(case: Case, object_name: str, identity: str, login: str) -> bytes:
    try:
        return unwrap(case.key(object_name), identity)
    except age.CannotOpen as fault:
        raise ConfigurationError([Fault("--key", f"expected {login}'s key")]) from fault


def _read_beside(path: Path, members: Mapping[str, Member]) -> dict[str, bytes]:
    """Return the files of a case that are no segments."""
    beside = {n: member for n, member in members.items() if not n.startswith(f"{SEGMENTS}/")}
    if sum(member.octets for member in beside.values()) > _MOST_OCTETS_BESIDE:
        raise ConfigurationError([Fault(str(path), "expected a case file: too large")])
    return {name: read_member(path, member) for name, member in beside.items()}


def _vouched(file: CaseFile, chain: CheckedChain) -> Iterator[tuple[str, Vouched]]:
    """Yield what is signed about each object that the case says it brings."""
    wanted = set(file.objects)
    for link in chain.links:
        if isinstance(link, DayLink | SupplementLink | HoldLink):
            where = manifest.file_name(link)
            for day, s in _days_of(link):
                if s.object in wanted:
                    yield (
                        s.object,
                        Vouched(s.object, where, day, s.category, s.part, s.sha256, s.rows),
                    )
    for one in file.extracts:
        yield (
            one.object,
            Vouched(one.object, CASE, None, one.category, 0, one.sha256, one.rows),
        )


def _days_of(
    link: DayLink | SupplementLink | HoldLink,
) -> Iterator[tuple[date, SealedSegment]]:
    """Yield the segments of a link, each with the day it is about."""
    if isinstance(link, HoldLink):
        yield from ((segment.day, segment) for segment in link.segments)
    else:
        yield from ((link.day, segment) for segment in link.segments)


def _segment_findings(case: Case) -> Iterator[Finding]:
    for name in (*case.file.objects, *(one.object for one in case.file.extracts)):
        place = f"{SEGMENTS}/{name}"
        if name not in case.vouched:
            yield Finding(place, "is in no manifest of this case")
        elif place not in case.members or f"{KEYS}/{name}.age" not in case.beside:
            yield Finding(place, "missing, or its key is")
        elif manifest.digest(read_member(case.path, case.members[place])) != _sha256(case, name):
            yield Finding(place, "changed since it was sealed")


def _sha256(case: Case, name: str) -> str:
    return case.vouched[name].sha256
