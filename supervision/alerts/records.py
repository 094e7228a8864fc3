"""Incidents, messages and who was told: the alerts' one seam to the database.

What is decided is in memory, and written together, in one transaction, as the difference to what
was last written: while the database is away it grows, and nothing is lost but to a restart.
Two people write `live.incident`: the console says who works on it, and that is read, never written.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from supervision.alerts.facts import Place
from supervision.alerts.incidents import KEPT, Incident, State
from supervision.alerts.letters import Written
from supervision.alerts.measures import labels_of
from supervision.alerts.telling import Told, What
from territory.database.connect import transaction
from territory.database.tables import alert_message, incident, incident_telling, site

INCIDENTS_KEPT: Final = timedelta(days=396)
MESSAGES_KEPT: Final = timedelta(days=90)
_A_WHILE: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Message:
    """Something that is written to somebody, and what became of it."""

    id: UUID
    recipient: str
    written: Written
    made_at: datetime
    next_try_at: datetime
    tries: int = 0
    sent_at: datetime | None = None
    given_up_at: datetime | None = None
    failure: str | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether it is still to be sent."""
        return self.sent_at is None and self.given_up_at is None


@dataclass(frozen=True, slots=True)
class Book:
    """All that is remembered."""

    incidents: dict[UUID, Incident] = field(default_factory=dict)
    messages: dict[UUID, Message] = field(default_factory=dict)
    told: dict[Told, UUID] = field(default_factory=dict)
    """By which message."""

    def copy(self) -> "Book":
        """Return it as it is now, whatever is noted later."""
        return Book(dict(self.incidents), dict(self.messages), dict(self.told))

    def untold_by(self, message_id: UUID) -> "Book":
        """Return it without what a message was to tell: nobody was told."""
        told = {key: by for key, by in self.told.items() if by != message_id}
        return Book(self.incidents, self.messages, told)

    def lean(self, now: datetime) -> "Book":
        """Return it without what no longer matters to anybody."""
        messages = {
            each.id: each
            for each in self.messages.values()
            if each.is_waiting or now - each.made_at < _A_WHILE
        }
        told = {key: by for key, by in self.told.items() if key.incident_id in self.incidents}
        return Book(self.incidents, messages, told)


def reconcile(blind: Book, known: Book) -> Book:
    """Return what was remembered, and what was found since by a process that could not read it.

    What both have, by its alert and labels, is one incident under its former identifier.
    """
    former = {each.key: each for each in known.incidents.values() if each.state is not State.OVER}
    same = {each.id: former[each.key].id for each in blind.incidents.values() if each.key in former}
    found = (replace(each, id=same.get(each.id, each.id)) for each in blind.incidents.values())
    told = {
        replace(each, incident_id=same.get(each.incident_id, each.incident_id)): by
        for each, by in blind.told.items()
    }
    return Book(
        known.incidents | {each.id: each for each in found},
        known.messages | blind.messages,
        told | known.told,
    )


async def load_book(engine: AsyncEngine, now: datetime) -> Book:
    """Return what was remembered when this process last ended.

    Raises:
        Unavailable: the database does not answer.
    """
    matters = or_(incident.c.state != State.OVER, incident.c.changed_at > now - KEPT)
    incidents = (
        select(incident, site.c.code.label("site_code"), site.c.name.label("site_name"))
        .outerjoin(site, site.c.id == incident.c.site_id)
        .where(matters)
    )
    waiting = alert_message.c.sent_at.is_(None) & alert_message.c.given_up_at.is_(None)
    messages = select(alert_message).where(or_(waiting, alert_message.c.made_at > now - _A_WHILE))
    tellings = select(incident_telling).join(
        incident, incident.c.id == incident_telling.c.incident_id
    )
    async with transaction(engine) as db:
        return Book(
            {row.id: _incident(row) for row in await db.execute(incidents)},
            {row.id: _message(row) for row in await db.execute(messages)},
            {
                Told(row.incident_id, row.recipient, What(row.what), row.turn): row.message_id
                for row in await db.execute(tellings.where(matters))
            },
        )


async def load_acknowledged(engine: AsyncEngine) -> dict[UUID, datetime]:
    """Return since when somebody works on what is not over.

    Raises:
        Unavailable: the database does not answer.
    """
    query = select(incident.c.id, incident.c.acknowledged_at).where(
        incident.c.acknowledged_at.is_not(None), incident.c.state != State.OVER
    )
    async with transaction(engine) as db:
        return {row.id: row.acknowledged_at for row in await db.execute(query)}


async def save(engine: AsyncEngine, book: Book, written: Book, now: datetime) -> None:
    """Write, whole or not at all, what `book` has that `written` has not.

    Raises:
        Unavailable: the database does not answer, or a site went meanwhile; nothing is written.
    """
    gone = written.incidents.keys() - book.incidents.keys()
    async with transaction(engine) as db:
        if gone:
            await _end(db, gone, now)
        await _upsert_incidents(db, _changed(book.incidents, written.incidents))
        messages = _changed(book.messages, written.messages)
        await _upsert_messages(db, messages)
        given_up = [each.id for each in messages if each.given_up_at]
        if given_up:
            await db.execute(
                delete(incident_telling).where(incident_telling.c.message_id.in_(given_up))
            )
        rows = [
            _telling_row(told, by) for told, by in book.told.items() if written.told.get(told) != by
        ]
        if rows:
            await db.execute(insert(incident_telling).on_conflict_do_nothing(), rows)


async def forget_old(engine: AsyncEngine, now: datetime) -> None:
    """Delete what is kept no longer.

    Raises:
        Unavailable: the database does not answer.
    """
    async with transaction(engine) as db:
        old = incident.c.changed_at < now - INCIDENTS_KEPT
        await db.execute(delete(incident).where(old, incident.c.state == State.OVER))
        aged = alert_message.c.made_at < now - MESSAGES_KEPT
        await db.execute(delete(alert_message).where(aged))


async def _end(db: AsyncConnection, gone: Collection[UUID], now: datetime) -> None:
    """Delete what never opened; what did is over, and stays to be read."""
    ours = incident.c.id.in_(gone)
    await db.execute(delete(incident).where(ours, incident.c.opened_at.is_(None)))
    over = {"state": State.OVER, "over_at": now, "changed_at": now}
    await db.execute(update(incident).where(ours, incident.c.state != State.OVER).values(over))


def _changed(present: dict[UUID, Any], known: dict[UUID, Any]) -> list[Any]:
    return [each for key, each in present.items() if known.get(key) != each]


async def _upsert_incidents(db: AsyncConnection, changed: Iterable[Incident]) -> None:
    rows = [_incident_row(each) for each in sorted(changed, key=_over_first)]
    if not rows:
        return
    statement = insert(incident)
    fresh = {name: statement.excluded[name] for name in _MOVING}
    await db.execute(
        statement.on_conflict_do_update(index_elements=[incident.c.id], set_=fresh), rows
    )


def _over_first(each: Incident) -> tuple[bool, UUID]:
    return each.state is not State.OVER, each.id


_MOVING: Final = (
    "severity",
    "summary",
    "words",
    "state",
    "began_at",
    "changed_at",
    "opened_at",
    "over_at",
    "returns",
)


async def _upsert_messages(db: AsyncConnection, changed: Iterable[Message]) -> None:
    rows = [_message_row(each) for each in sorted(changed, key=attrgetter("id"))]
    if not rows:
        return
    statement = insert(alert_message)
    names = ("next_try_at", "tries", "sent_at", "given_up_at", "failure")
    fresh = {name: statement.excluded[name] for name in names}
    await db.execute(
        statement.on_conflict_do_update(index_elements=[alert_message.c.id], set_=fresh), rows
    )


def _incident_row(each: Incident) -> dict[str, Any]:
    return {
        "id": each.id,
        "alert": each.key[0],
        "labels": dict(each.key[1]),
        "site_id": each.site.id if each.site else None,
        **{name: getattr(each, name) for name in _MOVING},
    }


def _incident(row: Row[Any]) -> Incident:
    place = Place(row.site_id, row.site_code, row.site_name) if row.site_id else None
    return Incident(
        id=row.id,
        key=(row.alert, labels_of(row.labels)),
        site=place,
        acknowledged_at=row.acknowledged_at,
        **{name: getattr(row, name) for name in _MOVING if name != "state"},
        state=State(row.state),
    )


def _message_row(each: Message) -> dict[str, Any]:
    return {
        "id": each.id,
        "recipient": each.recipient,
        "urgency": each.written.urgency,
        "subject": each.written.subject,
        "body": each.written.body,
        "link": each.written.link,
        "made_at": each.made_at,
        "next_try_at": each.next_try_at,
        "tries": each.tries,
        "sent_at": each.sent_at,
        "given_up_at": each.given_up_at,
        "failure": each.failure,
    }


def _message(row: Row[Any]) -> Message:
    written = Written(row.subject, row.body, row.urgency, row.link)
    ends = (row.tries, row.sent_at, row.given_up_at, row.failure)
    return Message(row.id, row.recipient, written, row.made_at, row.next_try_at, *ends)


def _telling_row(told: Told, message_id: UUID) -> dict[str, Any]:
    return {
        "incident_id": told.incident_id,
        "recipient": told.recipient,
        "what": told.what.value,
        "turn": told.turn,
        "message_id": message_id,
    }
