"""Files that are there whole or not at all, and files that are gone for good.

Everything the archive writes goes through here: a process killed at any instant leaves either the
file of before or the file of after (write aside, fsync, rename, fsync of the folder).
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from territory.errors import Unavailable

_UNFINISHED = ".unfinished"


def write(path: Path, content: bytes, mode: int = 0o640) -> None:
    """Put `content` at `path`, durably, in the place of what was there.

    Raises:
        Unavailable: the disk is full or may not be written; nothing was changed.
    """
    with writing(path, mode) as file:
        file.write(content)


def create(path: Path, content: bytes, mode: int = 0o640) -> None:
    """Put `content` at `path`, durably, where nothing is.

    Raises:
        Unavailable: something is there, or the disk is full or may not be written; nothing was
            changed.
    """
    aside = _aside(path)
    try:
        write(aside, content, mode)
        os.link(aside, path)  # not `rename`, which would take the place of what is there
        _sync_folder(path.parent)
    except OSError as fault:
        raise Unavailable(f"{path}: cannot be made: {fault.strerror}") from fault
    finally:
        remove(aside)


@contextmanager
def writing(path: Path, mode: int = 0o640) -> Iterator[IO[bytes]]:
    """Give a file whose content is at `path`, durably, once the block ends without a fault.

    Raises:
        Unavailable: the disk is full or may not be written; nothing was changed.
    """
    aside = _aside(path)
    try:
        _make_folder(path.parent)
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            yield file
            sync(file)
        aside.replace(path)
        _sync_folder(path.parent)
    except OSError as fault:
        raise Unavailable(f"{path}: cannot be written: {fault.strerror}") from fault
    finally:
        if aside.exists():
            with suppress(Unavailable):
                destroy(aside)


def replace(path: Path, content: bytes, mode: int = 0o640) -> None:
    """Put `content` at `path`, durably, and overwrite the octets of what was there.

    A whole file is at `path` throughout: the former one has a second name until the new one is
    durable. Killed meanwhile, `sweep` does the rest.

    Raises:
        Unavailable: nothing was changed, or the former octets are still to be swept.
    """
    former = _aside(path)
    try:
        os.link(path, former)
        _sync_folder(path.parent)
    except OSError as fault:
        raise Unavailable(f"{path}: cannot be replaced: {fault.strerror}") from fault
    try:
        write(path, content, mode)
    except Unavailable:
        if path.samefile(former):  # else the new entry may not be durable yet: that is for `sweep`
            remove(former)
        raise
    destroy(former)


def move(path: Path, to: Path) -> None:
    """Give a file or a folder another name on the same disk, durably."""
    try:
        path.replace(to)
        _sync_folder(to.parent)
    except OSError as fault:
        raise Unavailable(f"{to}: cannot be written: {fault.strerror}") from fault


def sync(file: IO[bytes]) -> None:
    """Have what was written to a file reach the disk."""
    file.flush()
    os.fsync(file.fileno())


def remove(path: Path) -> None:
    """Make sure that `path` is gone, durably; a file that is not there is no fault."""
    try:
        path.unlink(missing_ok=True)
        if path.parent.exists():
            _sync_folder(path.parent)
    except OSError as fault:
        raise Unavailable(f"{path}: cannot be removed: {fault.strerror}") from fault


def destroy(path: Path) -> None:
    """Overwrite the file at `path` with random octets, then remove it, both durably.

    Where the file system copies on write, or the disk moves its blocks, the overwriting may miss
    the old octets: docs/archive-format.md says where a key register should lie.
    """
    try:
        with path.open("r+b") as file:
            file.write(secrets.token_bytes(path.stat().st_size))
            sync(file)
    except FileNotFoundError:
        pass
    except OSError as fault:
        raise Unavailable(f"{path}: cannot be overwritten: {fault.strerror}") from fault
    remove(path)


def sweep(folder: Path, name: str = "*") -> None:
    """Destroy what killed processes left unfinished in `folder`; of one file only, if named."""
    for leftover in folder.glob(f".{name}.*{_UNFINISHED}"):
        _discard(leftover)


def _aside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}{_UNFINISHED}")


def _discard(aside: Path) -> None:
    """Destroy a file of `_aside`, unless it is a second name of what still counts."""
    path = aside.with_name(aside.name[1:].rsplit(".", 2)[0])
    if path.exists() and path.samefile(aside):
        remove(aside)
    else:
        destroy(aside)


def _make_folder(folder: Path) -> None:
    if folder.exists():
        return
    _make_folder(folder.parent)
    folder.mkdir(mode=0o750, exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
