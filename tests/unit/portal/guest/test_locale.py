"""Every sentence a guest may read is there in every language, and fits its blanks."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

from portal.app import HERE, LANGUAGES
from territory.web.languages import load_catalogue, untranslated
from territory.web.pages import HERE as SHARED

TRANSLATED = [language for language in LANGUAGES if language != "fr"]
FOLDERS = (HERE / "locale", SHARED / "locale")


def marked() -> Iterator[str]:
    """Yield the messages that stand in Python: names of pages, notices, units, problems."""
    for folder in (HERE, HERE.parent / "identification", SHARED):
        for _, _, message, _, _ in extract_from_dir(
            folder, [("**.py", "python")], keywords={"N_": None}
        ):
            assert isinstance(message, str)
            yield message


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_template_is_translated(language: str) -> None:
    """A missing sentence would show in French."""
    assert untranslated([HERE / "templates"], FOLDERS, language) == set()


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_marked_message_is_translated(language: str) -> None:
    """Notices and units come from Python."""
    catalogue = load_catalogue(FOLDERS, language)
    same = {"Contact", "Non conforme.", "{hours} h {minutes} min", "{hours} h", "{minutes} min"}
    assert {m for m in marked() if catalogue.gettext(m) == m} <= same


@pytest.mark.parametrize("language", TRANSLATED)
def test_blanks_survive_translation(language: str) -> None:
    """`{hours}` and `%(name)s` stand in both, or a page would break."""
    catalogue = load_catalogue(FOLDERS, language)
    for message in {*marked(), *templates()}:
        assert blanks(catalogue.gettext(message)) == blanks(message)


def test_no_catalogue_keeps_what_nobody_says() -> None:
    """Each catalogue holds exactly the messages in use."""
    used = {*marked(), *templates()}
    for language in TRANSLATED:
        held = set(re.findall(r'^msgid "(.+)"$', read(language), re.MULTILINE))
        assert {text.replace('\\"', '"') for text in held} <= used


def templates() -> set[str]:
    """Return the messages of the templates."""
    found = extract_from_dir(HERE / "templates", [("**.html", "jinja2")])
    return {message for _, _, message, _, _ in found if isinstance(message, str)}


def blanks(text: str) -> list[str]:
    """Return the places where something is filled in."""
    return sorted(re.findall(r"\{\w+\}|%\(\w+\)s", text))


def read(language: str) -> str:
    """Return a catalogue's file."""
    return Path(HERE / "locale" / f"{language}.po").read_text(encoding="utf-8")
