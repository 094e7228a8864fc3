"""What is held of a connection, fact by fact: for whom it is about, as a page, JSON or CSV. Pure.

Each fact says its legal category, what it is, and until when it is kept. That comes from the law's
dated data, so a decree entered late is told from then on.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from portal import spreadsheet
from portal.guest.notice import HEADINGS, UNKNOWN_END
from portal.guest.wording import Translate
from portal.people.own_data import Held
from territory.database.tables.columns import Category
from territory.law.durations import End, Law, end_of
from territory.web.problems import N_


@dataclass(frozen=True, slots=True)
class Fact:
    """One value that is kept."""

    category: Category
    """Which duration it has."""
    name: str
    """What it is; a message id."""
    value: str
    """As it is kept; instants in ISO 8601, UTC."""
    day: date
    """From when on its time runs (UTC)."""
    end: End
    """When it must be gone."""


def facts_of(held: Held, law: Law) -> list[Fact]:
    """Return all that is held, fact by fact, in the order of the categories."""
    granted = held.right["granted_at"]
    found = [
        *_of_guest(held.guest),
        *_of_newsletters(held),
        *_of_right(held.right),
        *_of_sessions(held),
        *_of_addresses(held),
    ]
    return sorted(
        (
            _fact(law, category, name, value, (at or granted).date())
            for category, name, value, at in found
            if value not in (None, "", [])
        ),
        key=lambda fact: list(Category).index(fact.category),
    )


def _fact(law: Law, category: Category, name: str, value: Any, day: date) -> Fact:
    return Fact(category, name, _text(value), day, end_of(law, category, day))


_Told = tuple[Category, str, Any, datetime | None]


KINDS: Final = {
    "account": N_("Compte"),
    "openid_connect": N_("Compte d'un service d'identité"),
    "sponsor": N_("Demande à une personne du lieu"),
    "email": N_("Adresse e-mail"),
    "phone": N_("Numéro de téléphone"),
}
"""What an account or a contact is; message ids."""


def _of_guest(guest: dict[str, Any] | None) -> Iterator[_Told]:
    """The account or contact; its time runs from its end, so from now at the earliest."""
    if guest is None:
        return
    account, used = Category.ACCOUNT, guest["used_at"]
    yield account, N_("Connu depuis"), guest["began_at"], used
    yield account, N_("Dernière utilisation"), used, used
    if guest["is_identified"]:
        yield Category.IDENTITY, N_("Qui vous êtes, sous clé"), guest["kind"], used


def _of_newsletters(held: Held) -> Iterator[_Told]:
    """The letters agreed to; their time runs from the end of that, so from now at the earliest."""
    used = held.guest["used_at"] if held.guest else None
    for letter in held.newsletters:
        ended = letter["withdrawn_at"]
        since = ended or used
        yield Category.CONSENT, N_("Lettre acceptée"), _words_of(letter), since
        yield Category.CONSENT, N_("Date de votre accord"), letter["given_at"], since
        yield Category.CONSENT, N_("Fin de votre accord"), ended, since
        if ended is None:
            yield Category.CONSENT, N_("Adresse pour la lettre"), N_("sous clé"), since


def _words_of(letter: dict[str, Any]) -> str:
    return f"{letter['organisation']}, {letter['sender']} : {letter['purpose']}"


def _of_right(right: dict[str, Any]) -> Iterator[_Told]:
    source = Category.SOURCE
    yield source, N_("Adresse de votre appareil"), right["device"], right["bound_at"]
    yield source, N_("Lieu"), right["site"], None
    yield source, N_("Organisme"), right["organisation"], None
    yield source, N_("Réseau Wi-Fi"), right["network"], None
    yield source, N_("Formule"), right["plan"], None
    yield source, N_("Moyen de connexion"), right["method"], None
    yield source, N_("Conditions acceptées"), right["terms_version"], None
    yield source, N_("Nom tiré au sort pour la borne"), right["user_name"], None
    yield source, N_("Accès donné"), right["granted_at"], None
    yield source, N_("Fin de l'accès"), right["revoked_at"] or right["ends_at"], None


def _of_sessions(held: Held) -> Iterator[_Told]:
    source = Category.SOURCE
    for session in held.sessions:
        began = session["started_at"]
        yield source, N_("Début de connexion"), began, began
        yield source, N_("Fin de connexion"), session["ended_at"], began
        for address in (session["address"], *session["address6"]):
            yield source, N_("Adresse dans le réseau du lieu"), address, began
    if held.sessions or held.seconds or held.octets:
        last = held.sessions[-1]["last_seen_at"] if held.sessions else None
        yield Category.TRAFFIC, N_("Temps en ligne, en secondes"), held.seconds, last
        yield Category.TRAFFIC, N_("Volume, en octets"), held.octets, last


def _of_addresses(held: Held) -> Iterator[_Told]:
    for known in held.public_addresses:
        yield (
            Category.SOURCE,
            N_("Adresse du lieu sur Internet"),
            known["address"],
            known["valid_from"],
        )


def _text(value: Any) -> str:
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else str(value)


@dataclass(frozen=True, slots=True)
class Copy:
    """What a guest takes away."""

    made_at: datetime
    """When (UTC)."""
    controller: str
    """Who answers for it."""
    contact: str
    """Where to write to them."""
    facts: Sequence[Fact]
    """All of it."""


_COLUMNS: Final = (
    N_("Catégorie"),
    N_("Donnée"),
    N_("Valeur"),
    N_("Depuis le"),
    N_("Gardé jusqu'au"),
    N_("Règle"),
)


def as_json(copy: Copy, words: Translate) -> str:
    """Return a copy as JSON: who, when, then each fact with the names of the CSV's columns."""
    names = [words(column) for column in _COLUMNS]
    facts = [dict(zip(names, row, strict=True)) for row in _rows(copy, words)]
    told = {
        "made_at": _text(copy.made_at),
        "controller": copy.controller,
        "contact": copy.contact,
        "data": facts,
    }
    return json.dumps(told, ensure_ascii=False, indent=2)


def as_csv(copy: Copy, words: Translate) -> str:
    """Return a copy as CSV, for spreadsheets."""
    return spreadsheet.as_csv([[words(column) for column in _COLUMNS], *_rows(copy, words)])


def _rows(copy: Copy, words: Translate) -> Iterator[tuple[str, ...]]:
    for fact in copy.facts:
        last = fact.end.on and fact.end.on - timedelta(days=1)
        yield (
            words(HEADINGS[fact.category]),
            words(fact.name),
            fact.value,
            fact.day.isoformat(),
            last.isoformat() if last else words(UNKNOWN_END),
            fact.end.ground,
        )
