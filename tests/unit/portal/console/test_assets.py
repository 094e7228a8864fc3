"""Files served under their digest: kept for ever, never another's."""

import gzip
from pathlib import Path

from portal.console.assets import OWN, Assets


def test_an_address_carries_what_is_in_the_file(tmp_path: Path) -> None:
    """Other content, other digest; an old digest finds nothing; a licence is no asset."""
    (tmp_path / "a.js").write_text("1")
    (tmp_path / "LICENSE.a").write_text("free")
    before = Assets(tmp_path)["a.js"]
    (tmp_path / "a.js").write_text("2")
    after = Assets(tmp_path)
    assert before.digest != after["a.js"].digest
    assert after.find(before.digest, "a.js") is None
    assert after.find(after["a.js"].digest, "a.js") == after["a.js"]
    assert gzip.decompress(after["a.js"].packed) == b"2"
    assert not after.has(["LICENSE.a"])


def test_what_is_not_installed_is_done_without(tmp_path: Path) -> None:
    """A folder that is not there holds nothing; our own scripts are always there."""
    assets = Assets(OWN, tmp_path / "nowhere")
    assert assets.has(["live.js", "live_map.js", "live_curves.js"])
    assert not assets.has(["leaflet.js"])
