"""Sealed segments in the archive's own folder: a disk of this machine, or one it mounts."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path

from retention import durable
from retention.manifests.chain import SEGMENTS, segment_path
from retention.storage.port import BLOCK_OCTETS, ChainFiles, chain_files
from territory.errors import Unavailable


class Folder:
    """A `Storage` of files, each there whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, sealed: bytes) -> None:
        """Write the object; a name is made of its digest, so the same name is the same object."""
        durable.write(self._path(name), sealed)

    def fresh(self) -> set[str]:
        """Return every object: a folder cannot tell which of them a manifest named."""
        return {path.name for path in self._paths() if path.suffix == ".age"}

    def waiting(self) -> set[str]:
        """Return nothing: a file is where it stays."""
        return set()

    def settle(self, name: str, today: date, end: date | None = None) -> None:
        """Leave it where it is."""

    def get(self, name: str) -> bytes:
        """Return the object's octets."""
        return b"".join(self.blocks(name))

    def blocks(self, name: str) -> Iterator[bytes]:
        """Yield the object's octets."""
        try:
            with self._path(name).open("rb") as file:
                while block := file.read(BLOCK_OCTETS):
                    yield block
        except FileNotFoundError as fault:
            raise Unavailable(f"{name}: not there any more") from fault
        except OSError as fault:
            raise Unavailable(f"{self._path(name)}: cannot be read: {fault.strerror}") from fault

    def unfit(self) -> Iterator[str]:
        """Yield nothing: a folder promises no lock."""
        return iter(())

    def listing(self) -> dict[str, int]:
        """Return every object with its octets; what a purge removes meanwhile may be missing."""
        found: dict[str, int] = {}
        for path in self._paths():
            with suppress(FileNotFoundError):
                found[path.name] = path.stat().st_size
        return found

    def delete(self, name: str) -> datetime | None:
        """Remove the object; a folder locks nothing."""
        durable.remove(self._path(name))
        return None

    def chain(self) -> ChainFiles:
        """Return the chain: here it is the truth itself."""
        return chain_files(self._folder)

    def copy_chain(self, folder: Path) -> None:
        """Copy nothing: the chain lies beside the objects already."""

    def _path(self, name: str) -> Path:
        return segment_path(self._folder, name)

    def _paths(self) -> Iterator[Path]:
        found = (self._folder / SEGMENTS).glob("*/*")
        return (path for path in found if not path.name.startswith("."))
