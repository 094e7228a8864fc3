"""Writes a bundle to a folder: each file at once complete, and readable only by who may."""

import os
from collections.abc import Iterable
from pathlib import Path

from deploy.packages.bundle import BundleFile
from territory.errors import ConfigurationError, Fault

_FOLDER_MODE = 0o700


def write_bundle(files: Iterable[BundleFile], folder: Path) -> list[Path]:
    """Write the files under `folder` and return their paths; the folder is its owner's alone.

    Raises:
        ConfigurationError: the folder cannot be written.
    """
    try:
        folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        return [_write(file, folder) for file in files]
    except OSError as fault:
        expected = f"expected a folder that can be written: {fault}"
        raise ConfigurationError([Fault("--output", expected)]) from fault


def _write(file: BundleFile, folder: Path) -> Path:
    """Write one file beside its place, with its mode from the first octet on, then put it there."""
    path = folder / file.path
    path.parent.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, file.mode)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as output:
        output.write(file.content)
        os.fchmod(output.fileno(), file.mode)
    return draft.replace(path)
