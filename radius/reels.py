"""The spool's folder: whose it is, what lies in it, what is written to it.

Every process has a sub-folder of its own under the spool's, held by a lock for as long as it lives;
kill -9 gives it back. At the start a process takes the first sub-folder that is free, with what a
predecessor left there, and moves in what lies in the others that nobody holds. Reels are only ever
begun, appended to by the process that began them, and deleted: a torn end is skipped, never
mended. Everything here blocks, and is called before the loop is busy or from a thread.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from radius.spool_format import (
    Outline,
    Reel,
    ReelSeal,
    SpooledRecord,
    decode_reel,
    outline_reel,
)

REEL_OCTETS: Final = 1 << 20
"""A reel this long is finished, and the next begun."""
_SUFFIX: Final = ".reel"
_UNREADABLE: Final = ".unreadable"
_LOCK: Final = "lock"
_PLACES: Final = 256


@dataclass(slots=True, eq=False)
class ReelFile:
    """A finished reel that waits to be replayed."""

    path: Path
    octets: int
    records: int
    """Not replayed yet, as far as is known."""
    oldest_at: datetime | None
    """Receipt of its oldest record."""


@dataclass(frozen=True, slots=True)
class Remains:
    """What lies in a spool's folder, seen from outside, without a key."""

    reels: int
    octets: int
    records: int
    oldest_at: datetime | None
    unreadable: int
    """Reels put aside because no key here opens them."""


class ReelFolder:
    """The sub-folder of this process."""

    def __init__(self, folder: Path, key: bytes) -> None:
        """Take a sub-folder of `folder`, and what others left; `key` is the spool's, 32 octets.

        Raises:
            OSError: the folder cannot be made, locked or read.
        """
        self._key = key
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path, self._lock = _take_place(folder)
        self._ordinals = count(_last_ordinal(self.path) + 1)
        for other in sorted(folder.iterdir()):
            if other != self.path and other.is_dir():
                self._adopt(other)

    def close(self) -> None:
        """Give the sub-folder back."""
        os.close(self._lock)

    def files(self) -> list[ReelFile]:
        """Return the reels that were left here, oldest first."""
        return [_file(path) for path in _reels(self.path)]

    def begin(self) -> "ReelWriter":
        """Return a writer of a reel of its own, which is not on the disk before it is needed."""
        return ReelWriter(self.path / f"{next(self._ordinals):012d}{_SUFFIX}", self._key)

    def read(self, file: ReelFile) -> Reel | None:
        """Return what a reel holds; None: not even a head.

        Raises:
            UnreadableReel: it was sealed with another key, or its head is damaged.
        """
        return decode_reel(file.path.read_bytes(), self._key)

    def remove(self, file: ReelFile) -> None:
        """Delete a reel, durably."""
        file.path.unlink(missing_ok=True)
        _sync_folder(self.path)

    def put_aside(self, file: ReelFile) -> None:
        """Keep a reel that does not open for people to look at; it is not tried again."""
        file.path.rename(file.path.with_suffix(_UNREADABLE))
        _sync_folder(self.path)

    def _adopt(self, other: Path) -> None:
        """Move in what a process that is gone left; skip what somebody holds."""
        lock = _try_lock(other)
        if lock is None:
            return
        try:
            for path in _reels(other):
                path.rename(self.path / f"{next(self._ordinals):012d}{_SUFFIX}")
            _sync_folder(self.path)
            _sync_folder(other)
        finally:
            os.close(lock)


class ReelWriter:
    """Appends to one reel, durably."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._path = path
        self._seal = ReelSeal(key, uuid4())
        self._descriptor: int | None = None
        self._next = 1
        self.octets = 0
        """Written and synced."""
        self.oldest_at: datetime | None = None

    @property
    def records(self) -> int:
        """How many were written."""
        return self._next - 1

    @property
    def name(self) -> UUID:
        """The reel's."""
        return self._seal.name

    def write(self, records: Sequence[SpooledRecord]) -> None:
        """Append records and return once they are on the disk.

        Raises:
            OSError: they are not; this reel must be finished, and never be written again.
        """
        if self._descriptor is None:
            self._begin()
        assert self._descriptor is not None  # noqa: S101 - just begun
        frame = self._seal.encode_frame(self._next, records)
        _write_all(self._descriptor, frame)
        os.fdatasync(self._descriptor)
        self._next += len(records)
        self.octets += len(frame)
        self.oldest_at = self.oldest_at or records[0].received_at

    def finish(self) -> ReelFile | None:
        """Close the reel and return it, cut to what was synced; None: it holds nothing."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return None
        try:
            if os.fstat(descriptor).st_size != self.octets:
                os.ftruncate(descriptor, self.octets)
        except OSError:
            pass  # what follows was never acknowledged; reading stops there
        finally:
            os.close(descriptor)
        if not self.records:
            self._path.unlink(missing_ok=True)
            return None
        return ReelFile(self._path, self.octets, self.records, self.oldest_at)

    def _begin(self) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        self._descriptor = os.open(self._path, flags, 0o600)
        head = self._seal.head()
        _write_all(self._descriptor, head)
        _sync_folder(self._path.parent)
        self.octets = len(head)


def look(folder: Path) -> Remains:
    """Return what lies in a spool's folder; it may be in use.

    Raises:
        OSError: the folder cannot be read.
    """
    places = [place for place in folder.iterdir() if place.is_dir()] if folder.exists() else []
    files = [_file(path) for place in places for path in _reels(place)]
    unreadable = sum(1 for place in places for _ in place.glob(f"*{_UNREADABLE}"))
    oldest = min((file.oldest_at for file in files if file.oldest_at), default=None)
    records = sum(file.records for file in files)
    return Remains(len(files), sum(file.octets for file in files), records, oldest, unreadable)


def _take_place(folder: Path) -> tuple[Path, int]:
    for number in range(_PLACES):
        place = folder / f"{number:03d}"
        place.mkdir(mode=0o700, exist_ok=True)
        lock = _try_lock(place)
        if lock is not None:
            return place, lock
    raise OSError(f"{folder}: {_PLACES} processes hold it already")


def _try_lock(place: Path) -> int | None:
    """Return a descriptor that holds the place while it is open; None: somebody else does."""
    descriptor = os.open(place / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _file(path: Path) -> ReelFile:
    try:
        octets = path.read_bytes()
    except FileNotFoundError:  # replayed a moment ago
        octets = b""
    outline: Outline = outline_reel(octets)
    return ReelFile(path, len(octets), outline.records, outline.oldest_at)


def _reels(place: Path) -> Iterator[Path]:
    return iter(sorted(place.glob(f"*{_SUFFIX}")))


def _last_ordinal(place: Path) -> int:
    return max((int(path.stem) for path in place.iterdir() if path.stem.isdigit()), default=0)


def _write_all(descriptor: int, octets: bytes) -> None:
    left = memoryview(octets)
    while left:
        left = left[os.write(descriptor, left) :]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
