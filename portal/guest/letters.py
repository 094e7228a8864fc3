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


TEXT = N_("Votre code Wi-Fi : {code}. Ne le donnez à personne.")
ACCOUNT_SUBJECT = N_("Votre compte pour le Wi-Fi")
_ACCOUNT_LINES = (
    N_("Voici le code pour choisir votre mot de passe :"),
    N_("Tapez-le sur la page du Wi-Fi, ou sur celle-ci :"),
    N_("Le code marche pendant {minutes} minutes."),
    N_("Vous n'avez rien demandé ? Ne donnez ce code à personne et oubliez ce message."),
)


_INVITATION_LINES = (
    N_("Ce lieu vous propose un compte pour son Wi-Fi."),
    N_("Ouvrez cette page pour choisir votre mot de passe :"),
    N_("La page marche une seule fois, pendant {days} jours."),
    N_("Vous n'attendez rien de ce lieu ? Oubliez ce message."),
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
    translate = load_catalogue((LOCALE,), language).gettext
    said = (SUBJECT, *_LINES, TEXT, ACCOUNT_SUBJECT, *_ACCOUNT_LINES, *_INVITATION_LINES)
    return {message: translate(message) for message in said}


def code_text(code: str, language: str) -> str:
    """Return the text message that brings a code."""
    return _words(language)[TEXT].format(code=code)


def code_letter(to: MailAddress, place: str, brought: Code, language: str) -> Letter:
    """Return the mail that brings a code and a link."""
    return _letter(to, place, brought, language, (SUBJECT, *_LINES))


def account_letter(to: MailAddress, place: str, brought: Code, language: str) -> Letter:
    """Return the mail that brings the code with which a password is chosen."""
    return _letter(to, place, brought, language, (ACCOUNT_SUBJECT, *_ACCOUNT_LINES))


def _letter(
    to: MailAddress, place: str, brought: Code, language: str, said: tuple[str, ...]
) -> Letter:
    words = _words(language)
    subject, here, instead, lasts, not_you = (words[line] for line in said)
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
    return Letter(to, subject, text, language)


def invitation_letter(to: MailAddress, place: str, link: str, days: int, language: str) -> Letter:
    """Return the mail by which an operator invites somebody to make an account: no password."""
    words = _words(language)
    invites, here, lasts, not_you = (words[line] for line in _INVITATION_LINES)
    lines = (place, "", invites, here, "", link, "", lasts.format(days=days), not_you, "")
    return Letter(to, words[ACCOUNT_SUBJECT], "\n".join(lines), language)


def sponsor_letter(to: MailAddress, place: str, link: str, minutes: int) -> Letter:
    """Return the mail by which a person of the place lets a guest in; in French, as they work.

    Nothing in it is the guest's: what they say of themselves is on the page alone.
    """
    text = "\n".join(
        (
            place,
            "",
            "Quelqu'un demande le Wi-Fi et dit que vous le connaissez.",
            "Ouvrez cette page pour lire qui c'est, et répondre d'un bouton :",
            "",
            link,
            "",
            f"La page marche pendant {minutes} minutes, une seule fois.",
            "Vous ne connaissez personne ici ? Oubliez ce message.",
            "",
        )
    )
    return Letter(to, "Quelqu'un demande le Wi-Fi", text, "fr")
