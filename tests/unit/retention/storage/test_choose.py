"""Which bucket holds which category: the one of the longest duration not over its own."""

from pathlib import Path

import pytest

from retention.storage.buckets import Buckets
from retention.storage.choose import layout_of, open_storage
from retention.storage.folder import Folder
from territory.errors import ConfigurationError
from territory.law.durations import load_law
from territory.settings import load_settings
from territory.settings.evidence import ArchiveSettings


def test_each_category_has_the_bucket_of_its_shortest_duration() -> None:
    """Traffic data may be due to go after three months: no longer lock holds it (CPCE L34-1)."""
    layout = layout_of(ArchiveSettings(), load_law())
    assert layout.of_category["source"] == "socle-1-an"
    assert layout.of_category["traffic"] == "socle-3-mois"
    assert layout.of_category["security"] == "socle-3-mois"
    assert layout.of_category["identity"] == "socle-5-ans"
    assert layout.of_category["account"] == "socle-1-an"


def test_a_folder_unless_s3_is_set_up(tmp_path: Path) -> None:
    """With its endpoint and its credentials, which all have to be there."""
    assert isinstance(open_storage(ArchiveSettings(), tmp_path), Folder)
    whole = {"endpoint": "http://127.0.0.1:8333", "access_key_id": "a", "secret_access_key": "b"}
    asked = ArchiveSettings.model_validate({"storage": "s3", **whole})
    assert isinstance(open_storage(asked, tmp_path), Buckets)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ('storage = "s3"', "expected endpoint and access_key_id and secret_access_key too"),
        ('buckets = {one_year = "b", chain = "b"}', "expected four different buckets"),
        ('time_stamp_authority = "https://tsa.example/"', "both or neither"),
    ],
)
def test_what_is_half_set_up_is_refused(tmp_path: Path, lines: str, expected: str) -> None:
    """At the start, with what is missing."""
    file = tmp_path / "socle.toml"
    file.write_text(f"[archive]\n{lines}\n")
    with pytest.raises(ConfigurationError, match=expected):
        load_settings(file)
