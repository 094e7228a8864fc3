"""Files whole or not at all, and gone for good."""

import os
from pathlib import Path

import pytest

from retention import durable
from territory.errors import Unavailable


def test_a_file_replaces_another_whole(tmp_path: Path) -> None:
    """Folders are made; nothing unfinished is left; the mode is as asked."""
    path = tmp_path / "a" / "b" / "file"
    durable.write(path, b"one")
    durable.write(path, b"two", mode=0o600)
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_disk_that_refuses_leaves_what_was(tmp_path: Path) -> None:
    """The failure is in words, and the file of before is whole."""
    path = tmp_path / "file"
    durable.write(path, b"one")
    (tmp_path / "folder").write_bytes(b"a file where a folder is wanted")
    with pytest.raises(Unavailable, match="cannot be written"):
        durable.write(tmp_path / "folder" / "file", b"two")
    assert path.read_bytes() == b"one"


def test_destroying_overwrites_before_it_removes(tmp_path: Path) -> None:
    """Another name of the same octets shows that they are gone."""
    path, other = tmp_path / "key", tmp_path / "other-name"
    path.write_bytes(b"secret" * 10)
    os.link(path, other)
    durable.destroy(path)
    assert not path.exists()
    assert len(other.read_bytes()) == 60
    assert b"secret" not in other.read_bytes()
    durable.destroy(path)


def test_a_sweep_takes_only_what_is_unfinished(tmp_path: Path) -> None:
    """Leftovers of a killed process go; the rest stays."""
    kept = tmp_path / "kept.json"
    kept.write_bytes(b"x")
    (tmp_path / ".kept.json.0a1b2c3d.unfinished").write_bytes(b"half")
    durable.sweep(tmp_path)
    assert list(tmp_path.iterdir()) == [kept]
