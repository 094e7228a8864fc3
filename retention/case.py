"""A case as a file that travels: prepared at the desk, opened by one custodian, then by another.

A tar archive that holds all that is needed away from the server and its database: the signed
question, the sealed segments of the days it touches, their keys wrapped for two custodians, and
the whole chain of manifests that vouches for them. `open_case` and `read_case` work offline.

A case brings the key that signed it, so it vouches for itself: only the fingerprint that the
custodians noted on paper tells the archive's key from a forger's.
"""

import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from retention import age, canonical, manifest
from retention.chain import MANIFESTS, PUBLIC_KEY, SEGMENTS
from retention.key_register import unwrap
from retention.manifest import DayLink, SealedSegment, SupplementLink
from retention.question import CaseFile
from retention.signing import PublicKey
from retention.verify import CheckedChain, Expected, Finding, check_chain
from territory.errors import ConfigurationError, Fault

CASE = "case.json"
SIGNATURE = "case.json.sig"
OPENED = "opened.json"
KEYS = "keys"
_MOST_MEMBERS = 100_000
_MOST_OCTETS = 4 << 30


class Opened(BaseModel):
    """`opened.json`: the first custodian has opened the outer layer."""

    model_config = ConfigDict(frozen=True)

    format: Literal["socle-case-opened-1"] = "socle-case-opened-1"
    opened_at: AwareDatetime
    opened_by: str
    """age public key of the first custodian."""


@dataclass(frozen=True, slots=True)
class Case:
    """A case file whose signature, chain and segments have been checked."""

    file: CaseFile
    members: Mapping[str, bytes]
    """Every file in it, by its name."""
    chain: CheckedChain
    archive_key: PublicKey
    opened: Opened | None
    """None while the outer layer is closed."""

    def sealed(self, object_name: str) -> bytes:
        """Return the octets of a segment."""
        return self.members[f"{SEGMENTS}/{object_name}"]

    def key(self, object_name: str) -> bytes:
        """Return a segment's wrapped key, at the layer this file is at."""
        return self.members[f"{KEYS}/{object_name}.age"]

    def record(self, object_name: str) -> tuple[str, SealedSegment]:
        """Return the name of the manifest that vouches for a segment, and what it says."""
        return _records(self.chain)[object_name]


def pack(members: Mapping[str, bytes], made_at: datetime) -> bytes:
    """Return the members as a tar file, the same octets for the same members."""
    file = BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in sorted(members):
            member = tarfile.TarInfo(name)
            member.size = len(members[name])
            member.mtime = int(made_at.timestamp())
            member.mode = 0o600
            tar.addfile(member, BytesIO(members[name]))
    return file.getvalue()


def read_case(path: Path, archive_key: str | None = None) -> Case:
    """Return the case in a file, once all that can be checked without a key is found right.

    Args:
        path: the case file.
        archive_key: SHA-256 of the archive's public key, known from elsewhere than this file;
            None: whoever opens it compares the fingerprint by eye.

    Raises:
        ConfigurationError: what is wrong with it, every fault.
    """
    members = _unpack(path)
    case_octets = members.get(CASE, b"")
    pem = members.get(PUBLIC_KEY, b"")
    try:
        file = CaseFile.model_validate_json(case_octets)
        key = PublicKey.from_pem(pem)
        opened = Opened.model_validate_json(members[OPENED]) if OPENED in members else None
    except (ValidationError, ValueError) as fault:
        expected = "expected a case file made by `case prepare`"
        raise ConfigurationError([Fault(str(path), expected)]) from fault
    manifests = {
        name.removeprefix(f"{MANIFESTS}/"): octets
        for name, octets in members.items()
        if name.startswith(f"{MANIFESTS}/")
    }
    chain = check_chain(manifests, pem, Expected(archive_key))
    findings = list(chain.faults)
    if not key.has_signed(case_octets, members.get(SIGNATURE, b"")):
        findings.append(Finding(CASE, "is not as the archive signed it"))
    findings += _segment_findings(file, members, chain)
    if findings:
        raise ConfigurationError([Fault(f"{path}: {f.file}", f.problem) for f in findings])
    return Case(file, members, chain, key, opened)


def open_case(case: Case, identity: str, now: datetime) -> bytes:
    """Return the case with its outer layer opened, for the second custodian.

    Raises:
        ConfigurationError: already opened, or not this custodian's to open first.
    """
    if case.opened:
        raise ConfigurationError([Fault("case", "its outer layer is open already: `case answer`")])
    recipient = age.recipient_of(identity)
    if recipient != case.file.first.recipient:
        raise ConfigurationError([Fault("--key", f"expected {case.file.first.login}'s key")])
    keys = {
        f"{KEYS}/{name}.age": _unwrap(case, name, identity, case.file.first.login)
        for name in case.file.objects
    }
    opened = Opened(opened_at=now, opened_by=recipient)
    members = {**case.members, **keys, OPENED: canonical.encode(opened.model_dump())}
    return pack(members, now)


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
        for name in case.file.objects
    }


def _unwrap(case: Case, object_name: str, identity: str, login: str) -> bytes:
    try:
        return unwrap(case.key(object_name), identity)
    except age.CannotOpen as fault:
        raise ConfigurationError([Fault("--key", f"expected {login}'s key")]) from fault


def _unpack(path: Path) -> dict[str, bytes]:
    try:
        with tarfile.open(path, mode="r:") as tar:
            members = tar.getmembers()
            if len(members) > _MOST_MEMBERS or sum(m.size for m in members) > _MOST_OCTETS:
                raise ConfigurationError([Fault(str(path), "expected a case file: too large")])
            files = ((m.name, tar.extractfile(m)) for m in members if m.isreg())
            return {name: file.read() for name, file in files if file}
    except (OSError, tarfile.TarError) as fault:
        message = f"expected a case file: {fault}"
        raise ConfigurationError([Fault(str(path), message)]) from fault


def _records(chain: CheckedChain) -> dict[str, tuple[str, SealedSegment]]:
    sealing = [link for link in chain.links if isinstance(link, DayLink | SupplementLink)]
    return {
        segment.object: (manifest.file_name(link), segment)
        for link in sealing
        for segment in link.segments
    }


def _segment_findings(
    file: CaseFile, members: Mapping[str, bytes], chain: CheckedChain
) -> list[Finding]:
    records = _records(chain)
    findings: list[Finding] = []
    for name in file.objects:
        place = f"{SEGMENTS}/{name}"
        if name not in records:
            findings.append(Finding(place, "is in no manifest of this case"))
        elif place not in members or f"{KEYS}/{name}.age" not in members:
            findings.append(Finding(place, "missing, or its key is"))
        elif manifest.digest(members[place]) != records[name][1].sha256:
            findings.append(Finding(place, "changed since it was sealed"))
    return findings
