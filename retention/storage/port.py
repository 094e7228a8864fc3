"""What the archive asks of whatever holds its sealed segments.

The chain of manifests in the archive's folder is the truth; a storage holds the objects that it
names, and nothing that it does not name is ever sent where it could not be taken back: an object
is `put` near at hand, named by a signed manifest, then `settled`. A storage that is away, refuses,
breaks off or answers late raises `Unavailable` with its name and the cause, within its deadlines.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Protocol

from retention.manifests.chain import MANIFESTS, PUBLIC_KEY

BLOCK_OCTETS = 1 << 20


@dataclass(frozen=True, slots=True)
class ChainFiles:
    """The files of a chain, as they lie."""

    manifests: Mapping[str, bytes]
    """Everything in the folder `manifests`, by its name: links, signatures, time-stamps and the
    certificates these are checked against."""
    public_key: bytes
    """PEM; empty where there is none."""


class Storage(Protocol):
    """Where sealed segments lie, by the names of their objects."""

    def put(self, name: str, sealed: bytes) -> None:
        """Keep a fresh object, durably; the same again is no fault, other octets are."""

    def fresh(self) -> set[str]:
        """Return the objects that can still be taken back: no manifest may have named them."""

    def waiting(self) -> set[str]:
        """Return the objects that are not where they stay yet."""

    def settle(self, name: str, today: date, end: date | None = None) -> None:
        """Bring an object that a signed manifest names to where it stays; again is no fault.

        Args:
            name: the object's.
            today: the present day.
            end: the first day on which it may not exist, of a hold's; None: its category's.
        """

    def get(self, name: str) -> bytes:
        """Return an object; `Unavailable` where it is not there."""

    def blocks(self, name: str) -> Iterator[bytes]:
        """Yield an object's octets in order, without holding them all."""

    def listing(self) -> dict[str, int]:
        """Return every object with its octets."""

    def delete(self, name: str) -> datetime | None:
        """Make sure that an object is gone; else return until when it stays: its lock, or now."""

    def unfit(self) -> Iterator[str]:
        """Yield in words what keeps the storage from protecting, or from taking, what is sealed."""

    def chain(self) -> ChainFiles:
        """Return the chain that lies beside the objects: the truth, or its copy."""

    def copy_chain(self, folder: Path) -> None:
        """Copy what is missing of the chain in `folder` beside the objects.

        Raises:
            Unavailable: the copy has what the folder has not: the folder was lost or is older.
        """


def chain_files(folder: Path) -> ChainFiles:
    """Return the chain that lies in an archive folder."""
    manifests, key = folder / MANIFESTS, folder / PUBLIC_KEY
    paths = manifests.iterdir() if manifests.is_dir() else ()
    files = {path.name: path.read_bytes() for path in paths if not path.name.startswith(".")}
    return ChainFiles(files, key.read_bytes() if key.exists() else b"")


def chain_paths(folder: Path) -> list[str]:
    """Return the files of the chain in an archive folder, named from it, in the order to copy them.

    A link's signature comes before the link, as it was written: a copied link is a signed one. One
    without its link is not there yet: a run was killed between the two, and signs anew.
    """
    found = {path.name for path in (folder / MANIFESTS).glob("[!.]*")}
    names = [name for name in found if _LINK not in name or _link_of(name) in found]
    key = [PUBLIC_KEY] if (folder / PUBLIC_KEY).exists() else []
    return key + [f"{MANIFESTS}/{name}" for name in sorted(names, key=_signature_first)]


_LINK = ".json"


def _link_of(name: str) -> str:
    """Return the link that a signature or a time-stamp is about."""
    return name.partition(_LINK)[0] + _LINK


def _signature_first(name: str) -> tuple[str, bool]:
    return name.removesuffix(".sig"), not name.endswith(".sig")
