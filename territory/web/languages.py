"""Languages of the pages: which one a request gets, and the catalogues behind it.

Message ids are French sentences, so French needs no catalogue and a missing translation shows
French. Translators edit ``<folder>/<language>.po``; the catalogues are read once, at start.
"""

import gettext
import io
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

SOURCE_LANGUAGE = "fr"
LONGEST_HEADER = 512
"""Characters of Accept-Language that are read."""
_APART = re.compile(" (?=[?!:;»])|(?<=«) ")


def weighed(header: str) -> list[tuple[float, str]]:
    """The primary language tags of an Accept-Language header, best first (RFC 9110 §12.5.4)."""
    found: list[tuple[float, str]] = []
    for item in header[:LONGEST_HEADER].split(","):
        tag, _, parameters = item.partition(";")
        name, _, value = parameters.strip().partition("=")
        try:
            weight = float(value) if name.strip() == "q" else 1.0
        except ValueError:
            continue
        found.append((weight, tag.strip().partition("-")[0].lower()))
    return sorted(found, key=lambda pair: -pair[0])


def negotiate(asked: str | None, header: str, available: Sequence[str]) -> str:
    """The language of the answer: ``asked`` if we speak it, else the browser's, else the first."""
    if asked is not None and asked in available:
        return asked
    for weight, tag in weighed(header):
        if weight > 0 and tag in available:
            return tag
    return available[0]


class French(gettext.NullTranslations):
    """Messages as they are, set as French is: no line begins with a mark that stands apart."""

    def gettext(self, message: str) -> str:
        """Return a message whose spaces before `?`, `!`, `:`, `;` and within quotes hold."""
        return _APART.sub("\u00a0", message)


@cache
def load_catalogue(folders: tuple[Path, ...], language: str) -> gettext.NullTranslations:
    """The translations of ``language`` from each folder's ``.po``; earlier folders win.

    Fuzzy entries are left out: a doubtful sentence shows in French rather than wrong. Read once in
    a process, however many sites it serves.
    """
    first: gettext.NullTranslations = French()
    for path in reversed([folder / f"{language}.po" for folder in folders]):
        if path.exists():
            compiled = gettext.GNUTranslations(_compile(path))
            compiled.add_fallback(first)
            first = compiled
    return first


def _compile(path: Path) -> io.BytesIO:
    with path.open("rb") as source:
        catalogue = read_po(source, abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return compiled


def untranslated(
    template_folders: Iterable[Path], folders: Iterable[Path], language: str
) -> set[str]:
    """Messages of the templates that ``language`` lacks or holds as fuzzy; for the tests."""
    known: set[str] = set()
    for folder in folders:
        path = folder / f"{language}.po"
        if path.exists():
            known |= {_singular(message.id) for message in _read(path) if _is_done(message)}
    return {
        _singular(message)
        for folder in template_folders
        for _, _, message, _, _ in extract_from_dir(folder, [("**.html", "jinja2")])
    } - known


def _read(path: Path) -> Catalog:
    with path.open("rb") as source:
        return read_po(source)


def _singular(message: str | Sequence[str]) -> str:
    return message if isinstance(message, str) else message[0]


def _is_done(message: object) -> bool:
    text = getattr(message, "string", "")
    forms = [text] if isinstance(text, str) else list(text)
    return all(forms) and not getattr(message, "fuzzy", False)
