"""Which language a page comes in, and what its catalogue says."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from territory.web.languages import load_catalogue, negotiate, untranslated
from territory.web.problems import PROBLEMS

AVAILABLE = ("fr", "en", "de", "nl", "es", "it", "pt", "ar", "uk")
SHARED = Path(__file__).parents[4] / "territory" / "web" / "locale"


@pytest.mark.parametrize(
    ("asked", "header", "expected"),
    [
        (None, "", "fr"),
        (None, "de-DE,de;q=0.9,en;q=0.8", "de"),
        (None, "pl, en;q=0.5, de;q=0.7", "de"),
        (None, "fi", "fr"),
        (None, "ar-MA,ar;q=0.9,fr;q=0.8", "ar"),
        (None, "uk-UA, ru;q=0.5", "uk"),
        (None, "en;q=0", "fr"),
        (None, "en;q=abc, nl", "nl"),
        ("en", "de", "en"),
        ("xx", "de", "de"),
    ],
)
def test_the_language_asked_for_wins_then_the_browsers(
    asked: str | None, header: str, expected: str
) -> None:
    """RFC 9110 §12.5.4, by primary tag; French where nothing fits."""
    assert negotiate(asked, header, AVAILABLE) == expected


@given(st.text(max_size=600))
def test_any_header_gives_a_language(header: str) -> None:
    """A header from the network never fails the page."""
    assert negotiate(None, header, AVAILABLE) in AVAILABLE


@pytest.mark.parametrize("language", AVAILABLE[1:])
def test_every_problem_is_told_in_every_language(language: str) -> None:
    """A refusal is read by people who may not read French."""
    catalogue = load_catalogue((SHARED,), language)
    for problem in PROBLEMS.values():
        for message in (problem.title, problem.advice):
            assert catalogue.gettext(message) != message


def test_a_fuzzy_message_shows_in_french_and_counts_as_untranslated(tmp_path: Path) -> None:
    """A doubtful translation is worse than none."""
    (tmp_path / "page.html").write_text("{{ _('Bonjour') }}{{ _('Merci') }}")
    (tmp_path / "en.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
        '#, fuzzy\nmsgid "Bonjour"\nmsgstr "Hello"\n\nmsgid "Merci"\nmsgstr "Thanks"\n'
    )
    catalogue = load_catalogue((tmp_path,), "en")
    assert (catalogue.gettext("Bonjour"), catalogue.gettext("Merci")) == ("Bonjour", "Thanks")
    assert untranslated([tmp_path], [tmp_path], "en") == {"Bonjour"}


def test_an_applications_own_words_win_over_the_shared_ones(tmp_path: Path) -> None:
    """The first folder that has the message speaks."""
    message = PROBLEMS[404].title
    (tmp_path / "en.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
        f'msgid "{message}"\nmsgstr "Nowhere"\n'
    )
    both = load_catalogue((tmp_path, SHARED), "en")
    assert both.gettext(message) == "Nowhere"
    assert both.gettext(PROBLEMS[500].title) != PROBLEMS[500].title


@pytest.mark.parametrize(
    ("written", "set_as"),
    [
        ("Qui peut m'aider ici ?", "Qui peut m'aider ici\u00a0?"),
        ("Il dit : « oui » ; non !", "Il dit\u00a0: «\u00a0oui\u00a0»\u00a0; non\u00a0!"),
        ("https://wifi.example a 3:4", "https://wifi.example a 3:4"),
    ],
)
def test_french_marks_never_begin_a_line(written: str, set_as: str) -> None:
    """Their space holds; what a translation says is left as translators wrote it."""
    assert load_catalogue((), "fr").gettext(written) == set_as
