"""The tar file of a case, a member at a time: a year of segments fits no memory."""

import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import IO

from territory.errors import ConfigurationError, Fault

_MOST_MEMBERS = 100_000


@dataclass(frozen=True, slots=True)
class Member:
    """Where a file lies in the tar file."""

    offset: int
    """In octets."""
    octets: int


def pack(members: Iterable[tuple[str, bytes]], made_at: datetime, file: IO[bytes]) -> None:
    """Write the members to `file` in their order, the same octets for the same members.

    Each is taken when its turn comes, and forgotten before the next.
    """
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            member.mtime = int(made_at.timestamp())
            member.mode = 0o600
            tar.addfile(member, BytesIO(content))


def find_members(path: Path) -> dict[str, Member]:
    """Return where each file in a case lies, in their order.

    Raises:
        ConfigurationError: no tar file, or one of too many members.
    """
    try:
        with tarfile.open(path, mode="r:") as tar:
            found: dict[str, Member] = {}
            for number, member in enumerate(tar):
                if number >= _MOST_MEMBERS:
                    raise ConfigurationError([Fault(str(path), "expected a case file: too large")])
                if member.isreg():
                    found[member.name] = Member(member.offset_data, member.size)
            return found
    except (OSError, tarfile.TarError) as fault:
        message = f"expected a case file: {fault}"
        raise ConfigurationError([Fault(str(path), message)]) from fault


def read_member(path: Path, member: Member) -> bytes:
    """Return a member's octets; fewer than it should have where the file was cut."""
    with path.open("rb") as file:
        file.seek(member.offset)
        return file.read(member.octets)
