"""The chain grows by links that take nobody's place."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from retention.manifests.chain import MANIFESTS, Chain
from retention.manifests.manifest import DestructionLink, PurgeLink
from retention.manifests.signing import SigningKey
from territory.errors import Unavailable

KEY = SigningKey.generate()
NOW = datetime(2026, 11, 20, tzinfo=UTC)


def test_a_link_that_another_run_added_stays(tmp_path: Path) -> None:
    """Of two that read the same chain the second adds nothing: neither under the name of the
    first's link nor, for a link of another kind, beside it."""
    first, second = Chain(tmp_path), Chain(tmp_path)
    first.append(PurgeLink, KEY, NOW, segments=())
    made = {path: path.read_bytes() for path in (tmp_path / MANIFESTS).iterdir()}
    with pytest.raises(Unavailable, match="another run"):
        second.append(PurgeLink, KEY, NOW, segments=())
    with pytest.raises(Unavailable, match="another run"):
        second.append(DestructionLink, KEY, NOW, purge=1, destroyed_at=NOW)
    assert {path: path.read_bytes() for path in (tmp_path / MANIFESTS).iterdir()} == made
    assert len(Chain.read(tmp_path, KEY.public).links) == 1
