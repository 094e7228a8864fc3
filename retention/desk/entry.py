"""What a custodian enters of a requisition, from a form to a value. Pure.

A fault here is a slip of the pen, and the form comes back with it; what is wrong with the act
itself is the scope check's (scope.py), and is entered as it is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from retention.cases.question import Question, ask
from retention.cases.tickets import findable
from retention.desk.words import PARIS, ZONES, fault_sentences, with_zone
from territory.errors import ConfigurationError
from territory.law.grounds import Delays

LONGEST_TEXT = 300
_CLOCKS_APART = timedelta(minutes=5)
_TEXTS = {
    "authority": "L'autorité qui demande",
    "agent_name": "Le nom de l'agent",
    "agent_rank": "Le grade ou la qualité de l'agent",
    "agent_unit": "Le service ou l'unité de l'agent",
    "contact": "Où répondre",
    "reference": "Le numéro de procédure",
}
"""What is needed of every act."""
_OPTIONAL = {"magistrate": "Le magistrat", "urgency": "Le motif d'urgence"}
_KINDS: Mapping[str, tuple[str, ...]] = {
    "address": ("public_address", "port", "protocol"),
    "device": ("device",),
    "person": ("identifier_kind", "identifier"),
    "site": ("site",),
}
"""The fields of each kind of question, its time left out."""
KINDS = tuple(_KINDS)


class Unfit(Exception):
    """A form that cannot be entered; carries the sentences that say why, in French."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks."""

    authority: str
    agent_name: str
    agent_rank: str
    agent_unit: str
    contact: str
    """Where the answer goes: professional address or phone."""
    magistrate: str
    """Who authorised or mandated it; empty: nobody named."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A requisition as it is entered."""

    asker: Asker
    reference: str
    """The authority's own number."""
    issued_on: date
    ground: str
    """Code of the legal ground; empty: the act names none we know."""
    condition: str
    """Code of the case of CPP 60-1-2; empty: none."""
    question: Question
    received_at: datetime
    deadline_asked: datetime | None
    """Set by the act; None: it sets none."""
    urgency: str = ""
    """Why it is urgent; empty: it is not."""
    replaces: UUID | None = None
    """The suspended line whose act this one corrects."""

    def deadline(self, delays: Delays) -> datetime:
        """When it is to be answered: as the act says, or else by our own rule."""
        own = delays.urgent if self.urgency else delays.ordinary
        return self.deadline_asked or self.received_at + own


def read_entry(form: Mapping[str, str], now: datetime, ticket_key: bytes) -> Entry:
    """Return the entry of a form; `ticket_key` digests the code of a ticket (cases/tickets.py).

    Raises:
        Unfit: with a sentence for each slip.
    """
    said = list(_text_faults(form))
    issued_on = _date(form.get("issued_on", ""), now, said)
    received_at = _instant(form, "received", now, said)
    deadline = _instant(form, "deadline", now, said) if form.get("deadline_date") else None
    question = _question(form, now, ticket_key, said)
    if said or question is None or issued_on is None or received_at is None:
        raise Unfit(list(dict.fromkeys(said)))
    if received_at > now + _CLOCKS_APART:
        raise Unfit(["L'acte ne peut pas avoir été reçu dans l'avenir."])
    return Entry(
        asker=Asker(**{name: form.get(name, "") for name in Asker.__slots__}),
        reference=form["reference"],
        issued_on=issued_on,
        ground=form.get("ground", ""),
        condition=form.get("condition", ""),
        question=question,
        received_at=received_at,
        deadline_asked=deadline,
        urgency=form.get("urgency", ""),
        replaces=_uuid(form.get("replaces", "")),
    )


def _text_faults(form: Mapping[str, str]) -> Iterator[str]:
    for name, french in _TEXTS.items():
        if not form.get(name):
            yield f"{french} manque."
    for name, french in {**_TEXTS, **_OPTIONAL}.items():
        text = form.get(name, "")
        if len(text) > LONGEST_TEXT or not text.isprintable():
            yield f"{french} tient en {LONGEST_TEXT} caractères, sur une ligne."


def _date(text: str, now: datetime, said: list[str]) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        said.append("La date de l'acte manque.")
        return None
    if day > now.astimezone(ZoneInfo(PARIS)).date():
        said.append("La date de l'acte est dans l'avenir.")
    return day


def _instant(form: Mapping[str, str], name: str, now: datetime, said: list[str]) -> datetime | None:
    """Return an instant at Paris; with neither date nor hour, now."""
    day, hour = form.get(f"{name}_date", ""), form.get(f"{name}_time", "")
    if not day and not hour:
        return now
    try:
        return datetime.fromisoformat(with_zone(f"{day}T{hour or '23:59'}", PARIS))
    except ValueError as fault:
        said.append(str(fault))
        return None


def _question(
    form: Mapping[str, str], now: datetime, ticket_key: bytes, said: list[str]
) -> Question | None:
    kind = form.get("kind", "")
    if kind not in _KINDS:
        said.append("Choisissez ce qui est demandé.")
        return None
    asked: dict[str, Any] = {name: form.get(name) or None for name in _KINDS[kind]}
    categories = [name.removeprefix("category_") for name in form if name.startswith("category_")]
    try:
        times = _address_time(form) if kind == "address" else _interval(form)
        found_by = findable(asked, ticket_key)
        return ask(now, kind=kind, categories=categories or ["source"], **found_by, **times)
    except ConfigurationError as error:
        said += fault_sentences(error.faults)
    except ValueError as error:
        said.append(str(error))
    return None


def _address_time(form: Mapping[str, str]) -> dict[str, Any]:
    at, written = _told(form, "at")
    uncertainty = form.get("uncertainty") or "0"
    return {"at": at, "at_as_asked": written, "uncertainty_seconds": uncertainty}


def _interval(form: Mapping[str, str]) -> dict[str, Any]:
    since, first = _told(form, "since")
    until, last = _told(form, "until")
    return {"since": since, "until": until, "interval_as_asked": f"du {first} au {last}"}


def _told(form: Mapping[str, str], name: str) -> tuple[str, str]:
    """Return an instant with its zone, and as the authority wrote it."""
    day, hour, zone = form.get(f"{name}_date", ""), form.get(f"{name}_time", ""), form.get("zone")
    instant = with_zone(f"{day}T{hour}", zone or "")
    french = date.fromisoformat(day).strftime("%d/%m/%Y")
    return instant, f"{french} {hour}, {ZONES[zone or '']}"


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
