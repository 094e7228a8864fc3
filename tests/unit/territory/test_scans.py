"""A scanned act is known by its first octets, never by its name."""

import pytest

from territory.scans import ENDINGS, media_type_of


@pytest.mark.parametrize(
    ("octets", "kind"),
    [
        (b"%PDF-1.7 ...", "application/pdf"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"<html>%PDF-", None),
        (b"", None),
    ],
)
def test_what_a_file_is_by_its_first_octets(octets: bytes, kind: str | None) -> None:
    """Three kinds, each with its ending; all else is refused."""
    assert media_type_of(octets) == kind
    assert kind is None or kind in ENDINGS
