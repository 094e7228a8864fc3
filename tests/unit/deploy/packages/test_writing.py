"""Bundles are written so that only their owner reads the secrets, whatever was there before."""

import os
from pathlib import Path, PurePosixPath

import pytest

from deploy.packages.bundle import BundleFile
from deploy.packages.writing import write_bundle
from territory.errors import ConfigurationError

FILES = (
    BundleFile(PurePosixPath("LISEZ-MOI.md"), "à lire\n", 0o644),
    BundleFile(PurePosixPath("files/etc/config/chilli"), "secret\n", 0o600),
    BundleFile(PurePosixPath("install.sh"), "#!/bin/sh\n", 0o700),
)


def written(folder: Path) -> dict[str, tuple[int, str]]:
    """Return mode and content of every file in a folder."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): (path.stat().st_mode & 0o777, path.read_text())
        for path in found
    }


def test_modes_do_not_depend_on_the_umask(tmp_path: Path) -> None:
    """A secret is 0600 from its first octet, under any umask, and its folder is 0700."""
    before = os.umask(0)
    try:
        write_bundle(FILES, tmp_path / "out")
    finally:
        os.umask(before)
    assert written(tmp_path / "out") == {
        "LISEZ-MOI.md": (0o644, "à lire\n"),
        "files/etc/config/chilli": (0o600, "secret\n"),
        "install.sh": (0o700, "#!/bin/sh\n"),
    }
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700


def test_writing_again_closes_what_was_open(tmp_path: Path) -> None:
    """A file that somebody had opened to others is replaced by one that is not."""
    write_bundle(FILES, tmp_path)
    (tmp_path / "files/etc/config/chilli").chmod(0o666)
    write_bundle(FILES, tmp_path)
    assert written(tmp_path)["files/etc/config/chilli"] == (0o600, "secret\n")


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """A file in the way is told, with the option's name."""
    (tmp_path / "out").write_text("in the way")
    with pytest.raises(ConfigurationError, match="--output"):
        write_bundle(FILES, tmp_path / "out")
