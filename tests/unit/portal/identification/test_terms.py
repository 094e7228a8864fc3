"""The terms are versions: complete in every language, and never edited once accepted."""

from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from portal.app import LANGUAGES
from portal.identification.terms import FOLDER, Terms, load_terms, terms_in_force

DIGESTS = {
    "2026-11-21": "277b4a573eab4bc9ca7bc8cc04c25e5ae89051347899a8fdc03faef2d076d816",
    "2026-11-22": "dbc9f38f0793ea4fe2fbd53c85a8341d1163bf0cc8da0abe8f8249e58a488a86",
}
"""SHA-256 of each version's files, in the order of their names."""


def digest(version: Path) -> str:
    """Return the SHA-256 of a version's texts."""
    return sha256(b"".join(file.read_bytes() for file in sorted(version.iterdir()))).hexdigest()


def test_no_version_was_edited() -> None:
    """An admission keeps only the version's name: its words must stay what they were."""
    assert {folder.name: digest(folder) for folder in FOLDER.iterdir()} == DIGESTS


@pytest.mark.parametrize("terms", load_terms(), ids=lambda terms: terms.version)
def test_every_version_speaks_every_language(terms: Terms) -> None:
    """As many articles in each, none empty (loi 94-665: at least two translations).

    Of the pages as they were that day: a language that came later shows an old version in French.
    """
    date.fromisoformat(terms.version)
    assert set(terms.articles) == set(LANGUAGES if terms.version > "2026-11-21" else LANGUAGES[:4])
    assert len({len(articles) for articles in terms.articles.values()}) == 1
    assert all(title and text for articles in terms.articles.values() for title, text in articles)


@pytest.mark.parametrize(
    ("today", "version"),
    [
        (date(2026, 1, 1), "2026-11-21"),
        (date(2026, 11, 21), "2026-11-21"),
        (date(2027, 2, 28), "2026-11-21"),
        (date(2027, 3, 1), "2027-03-01"),
    ],
)
def test_a_version_holds_from_its_day(today: date, version: str) -> None:
    """A new text can be put in place beforehand."""
    versions = [Terms("2027-03-01", {}), Terms("2026-11-21", {})]
    assert terms_in_force(versions, today).version == version


def test_no_terms_at_all() -> None:
    """A base without terms does not start."""
    with pytest.raises(ValueError, match="no version"):
        terms_in_force([], date(2026, 1, 1))
