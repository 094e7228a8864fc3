"""Every French sentence that a guest reads is short and made of plain words.

The list of hard words, each with a plain one, lies beside the catalogues, for who writes.
"""

import re
import tomllib
from collections.abc import Iterator

import pytest
from babel.messages.extract import extract_from_dir

from portal.app import HERE
from portal.identification.terms import load_terms
from territory.web.pages import HERE as SHARED

RULES = tomllib.loads((HERE / "locale" / "plain_words.toml").read_text(encoding="utf-8"))
LONGEST: int = RULES["longest_sentence"]
END = re.compile(r"(?<=[.!?:…])[\s\u00a0]+|\n")
"""Where a sentence ends: a colon too, since a list or an address follows it."""


def messages() -> set[str]:
    """Return all that the guests' templates and the modules behind them may say."""
    found = {
        message
        for folder in (HERE, HERE.parent / "identification", SHARED)
        for _, _, message, _, _ in extract_from_dir(
            folder, [("**.py", "python")], keywords={"N_": None}
        )
    }
    found |= {m for _, _, m, _, _ in extract_from_dir(HERE / "templates", [("**.html", "jinja2")])}
    return {message for message in found if isinstance(message, str)}


def said() -> Iterator[str]:
    """Yield each sentence: of the pages, and of the newest terms of use."""
    terms = load_terms()[-1].articles["fr"]
    for text in (*messages(), *(part for article in terms for part in article)):
        yield from END.split(text)


def words(sentence: str) -> list[str]:
    """Return the words between blanks; a sign alone is none."""
    return [word for word in re.split(r"[\s\u00a0]+", sentence) if re.search(r"\w", word)]


def hard_words(sentence: str) -> dict[str, str]:
    """Return the hard words that a sentence holds, each with its plain one."""
    text = sentence.lower()
    for allowed in RULES["allowed"]:
        text = text.replace(allowed.lower(), "")
    return {hard: plain for hard, plain in RULES["words"].items() if re.search(rf"\b{hard}", text)}


def test_sentences_are_short() -> None:
    """Fifteen words at most."""
    assert [sentence for sentence in said() if len(words(sentence)) > LONGEST] == []


def test_words_are_plain() -> None:
    """None of the hard words; the plain one is told."""
    assert {s: found for s in said() if (found := hard_words(s))} == {}


@pytest.mark.parametrize(
    ("sentence", "length"),
    [
        ("Appuyez sur le bouton.", 4),
        ("Une page s'ouvre.", 3),
        ("Que faire ?", 2),
        ("Il ouvre {when}.", 3),
    ],
)
def test_how_words_are_counted(sentence: str, length: int) -> None:
    """As one reads them: what stands between two blanks."""
    assert len(words(sentence)) == length


def test_a_hard_sentence_is_found() -> None:
    """The rule does find what it is for; what a word contains further on is another word."""
    assert set(hard_words("Saisissez votre identifiant afin de valider.")) == {
        "saisi",
        "identifiant",
        "afin",
        "valid",
    }
    assert hard_words("Ouvrez votre navigateur.") == {}
    assert hard_words("Il est trop rapide.") == {}
