"""Files whole or not at all, and gone for good."""

import os
import resource
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


def test_what_is_made_takes_no_other_s_place(tmp_path: Path) -> None:
    """The second is refused, the first stays whole, and nothing unfinished is left."""
    path = tmp_path / "folder" / "file"
    durable.create(path, b"one", mode=0o600)
    with pytest.raises(Unavailable, match="File exists"):
        durable.create(path, b"two")
    assert path.read_bytes() == b"one"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [*path.parent.iterdir()] == [path]


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


def test_what_is_replaced_is_overwritten(tmp_path: Path) -> None:
    """Another name of the former octets shows that they are gone; nothing else is left."""
    path, other = tmp_path / "entry", tmp_path / "other-name"
    path.write_bytes(b"secret" * 10)
    os.link(path, other)
    durable.replace(path, b"new", mode=0o600)
    assert path.read_bytes() == b"new"
    assert len(other.read_bytes()) == 60
    assert b"secret" not in other.read_bytes()
    assert {*tmp_path.iterdir()} == {path, other}


def test_a_disk_that_refuses_leaves_what_was_to_be_replaced(tmp_path: Path) -> None:
    """The second name that the former file had goes, not its octets."""
    path = tmp_path / "entry"
    path.write_bytes(b"one")
    resource.setrlimit(resource.RLIMIT_FSIZE, (2, resource.RLIM_INFINITY))
    try:
        with pytest.raises(Unavailable, match="File too large"):
            durable.replace(path, b"four")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    assert path.read_bytes() == b"one"
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize("replaced", [False, True])
def test_a_sweep_ends_a_killed_replacement(tmp_path: Path, replaced: bool) -> None:
    """Before the new file is there, the former keeps its octets; after, they are overwritten."""
    path, former = tmp_path / "entry", tmp_path / ".entry.0a1b2c3d.unfinished"
    path.write_bytes(b"secret")
    os.link(path, former)
    os.link(path, tmp_path / "other-name")
    if replaced:
        path.unlink()
        path.write_bytes(b"new")
    durable.sweep(tmp_path, "another")
    assert former.exists()
    durable.sweep(tmp_path, "entry")
    assert not former.exists()
    assert path.read_bytes() == (b"new" if replaced else b"secret")
    assert ((tmp_path / "other-name").read_bytes() == b"secret") is not replaced
