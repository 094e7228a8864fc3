"""Files that are there whole or not at all, and files that are gone for good.

Everything the archive writes goes through here: a process killed at any instant leaves either the
file of before or the file of after (write aside, fsync, rename, fsync of the folder).
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from territory.errors import Unavailable

_UNFINISHED = ".unfinished"


def write(path: Path, content: bytes, mode: int = 0o640) -> None:
    """Put `content` at `path`, durably, in the place of what was there.

    Raises:
        Unavailable: the disk is full or may not be written; nothing was changed.
    """
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}{_UNFINISHED}")
    try:
        _make_folder(path.parent)
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
        _sync_folder(path.parent)
    except OSError as fault:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise Unavailable(f"{path}: cannot be written: {fault.strerror}") from fault


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
            file.flush()
            os.fsync(file.fileno())
    except FileNotFoundError:
        pass
    except OSError as fault:
        raise Unavailable(f"{path}: cannot be overwritten: {fault.strerror}") from fault
    remove(path)


def sweep(folder: Path) -> None:
    """Remove what a killed process left unfinished in `folder`."""
    for leftover in folder.glob(f".*{_UNFINISHED}"):
        leftover.unlink(missing_ok=True)


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
