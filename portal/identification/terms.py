"""The terms of use: versioned files, one folder a version, named by the day it comes into force.

A version that guests have accepted is never edited, since an admission keeps only its name; a
change of wording is a new folder. Each version is there in every language of the pages.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

FOLDER = Path(__file__).parent / "terms"


@dataclass(frozen=True, slots=True)
class Terms:
    """One version of the terms."""

    version: str
    """The day it comes into force, `2026-11-21`; kept in each admission."""
    articles: Mapping[str, tuple[tuple[str, str], ...]]
    """By language: titles and texts, in order."""


def load_terms(folder: Path = FOLDER) -> tuple[Terms, ...]:
    """Return every version, oldest first."""
    return tuple(
        Terms(version.name, {file.stem: _articles(file) for file in sorted(version.glob("*.txt"))})
        for version in sorted(folder.iterdir())
        if version.is_dir()
    )


def terms_in_force(versions: Iterable[Terms], today: date) -> Terms:
    """Return the newest version whose day has come; before the first, the first.

    Raises:
        ValueError: there is no version at all.
    """
    known = sorted(versions, key=lambda terms: terms.version)
    if not known:
        raise ValueError("no version of the terms")
    come = [terms for terms in known if terms.version <= today.isoformat()]
    return come[-1] if come else known[0]


def _articles(file: Path) -> tuple[tuple[str, str], ...]:
    """Articles are separated by a blank line; the first line of each is its title."""
    blocks = file.read_text(encoding="utf-8").strip().split("\n\n")
    return tuple((title, " ".join(text.splitlines())) for title, _, text in map(_split, blocks))


def _split(block: str) -> tuple[str, str, str]:
    return block.partition("\n")
