"""What is written to guests outside the pages: the mail and the text message with their code.

Message ids like those of pages, so a guest reads them in the language they chose. Nothing in them
is markup, and what a place is called stands in the text only, never in a header.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from territory.messages.addresses import MailAddress
from territory.messages.mail import Letter
from territory.web.languages import load_catalogue
from territory.web.problems import N_

LOCALE = Path(__file__).parent / "locale"

SUBJECT = N_("Votre code pour le Wi-Fi")
_LINES = (
    N_("Voici votre code pour le Wi-Fi de ce lieu :"),
    N_("Ou ouvrez ce lien sur le même téléphone :"),
    N_("Le code et le lien marchent pendant {minutes} minutes."),
    N_("Vous n'avez rien demandé ? N'ouvrez pas le lien et oubliez ce message."),
)


@dataclass(frozen=True, slots=True)
class Code:
    """What a message brings."""

    code: str
    """Six digits."""
    link: str
    """An address of ours; empty: none goes with it."""
    minutes: int
    """How long both are good for."""


@cache
def _words(language: str) -> Mapping[str, str]:
    """Return the messages of this file in a language."""
    translate = load_catalogue([LOCALE], language).gettext
    return {message: translate(message) for message in (SUBJECT, *_LINES)}


def code_letter(to: MailAddress, place: str, brought: Code, language: str) -> Letter:
    """Return the mail that brings a code and a link."""
    words = _words(language)
    here, instead, lasts, not_you = (words[line] for line in _LINES)
    text = "\n".join(
        (
            place,
            "",
            here,
            "",
            f"    {brought.code}",
            "",
            instead,
            "",
            brought.link,
            "",
            lasts.format(minutes=brought.minutes),
            not_you,
            "",
        )
    )
    return Letter(to, words[SUBJECT], text, language)
