"""Objects in a folder, of which a purge removes some while they are listed."""

from pathlib import Path

from retention.manifests.chain import segment_path
from retention.storage.folder import Folder

KEPT, GONE = "a" * 64 + ".age", "b" * 64 + ".age"


def test_an_object_that_goes_while_they_are_listed_is_missing_at_most(tmp_path: Path) -> None:
    """A name whose file is not there any more stops no look at the archive."""
    folder = Folder(tmp_path)
    folder.put(KEPT, b"sealed")
    folder.put(GONE, b"sealed")
    segment_path(tmp_path, GONE).unlink()
    segment_path(tmp_path, GONE).symlink_to(tmp_path / "nowhere")
    assert folder.listing() == {KEPT: len(b"sealed")}
