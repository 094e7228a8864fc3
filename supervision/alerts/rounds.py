"""The alerts' rounds: facts, what is wrong, what that makes of incidents, who is told; then sent.

    Reader.read -> conditions.find -> incidents.advance -> telling.news_for -> letters.write_news
                                                                  |
                                  records.save: one transaction   v
                     live.incident, live.incident_telling, live.alert_message
                                                                  |
                                                    post.attempt, each recipient apart

What is decided is written before it is sent. While the database is away it is sent all the same:
that it is away is what must be told; what was sent is written when it is back. A process killed
between sending a message and noting it sends that one again, under the same identifier.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from supervision.alerts.conditions import find
from supervision.alerts.incidents import Incident, State, Terms, Waits, advance
from supervision.alerts.letters import Desk, Written, write_digest, write_news
from supervision.alerts.post import Way, attempt, ways_of
from supervision.alerts.reading import Reader, targets_of
from supervision.alerts.records import (
    Book,
    Message,
    forget_old,
    load_acknowledged,
    load_book,
    reconcile,
    save,
)
from supervision.alerts.rulebook import load_rules
from supervision.alerts.telling import (
    Ledger,
    News,
    Policy,
    Recipient,
    Told,
    digest_for,
    news_for,
)
from supervision.metrics import Metrics
from territory.clock import Clock
from territory.errors import ConfigurationError, Unavailable
from territory.messages.checking import alert_faults
from territory.rules.opening_hours import Hours, Timetable, zone_of
from territory.settings import Settings
from territory.settings.messages import AlertRecipient, AlertsSettings

LONGEST_INTERVAL_SECONDS: Final = 15.0
"""As often as Prometheus looks."""
LOOKS_AN_INTERVAL: Final = 4
"""Of supervision's, where that is short."""
BLIND_AFTER: Final = timedelta(minutes=5)
"""Without the database since the start, one goes on all the same: what is broken may be told twice,
and not never."""
_FORGET_EVERY: Final = timedelta(hours=6)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Plan:
    """All that the settings and the rules say of alerts."""

    terms: Terms
    policy: Policy
    desk: Desk
    recipients: tuple[Recipient, ...]
    ways: dict[str, Way]


def plan_of(settings: Settings) -> Plan:
    """Return what `[alerts]` asks for.

    Raises:
        ConfigurationError: lists every setting that cannot be used.
    """
    alerts = settings.alerts
    faults = alert_faults(alerts, settings.mail)
    if faults:
        raise ConfigurationError(faults)
    remind = timedelta(hours=alerts.remind_after_hours)
    return Plan(
        Terms(load_rules(), Waits(timedelta(minutes=alerts.quiet_minutes), alerts.pace)),
        Policy(
            working=Hours(Timetable(alerts.working_hours, alerts.departement)),
            gather=timedelta(seconds=alerts.gather_seconds),
            most_an_hour=alerts.most_an_hour,
            remind_after=remind or None,
            digest_hour=alerts.digest_hour,
        ),
        Desk(zone_of(alerts.departement), settings.portal.public_url),
        tuple(_recipient(each, alerts) for each in alerts.recipients),
        ways_of(alerts, settings.mail),
    )


def _recipient(told: AlertRecipient, alerts: AlertsSettings) -> Recipient:
    hours = Hours(Timetable(told.hours, alerts.departement)) if told.hours else None
    warned = told.tells == "warning"
    return Recipient(told.name, hours, warned, told.digest, told.stand_in)


class Alerts:
    """Carries out rounds, and holds what is not yet written or sent."""

    def __init__(
        self, engine: AsyncEngine, plan: Plan, reader: Reader, clock: Clock, metrics: Metrics
    ) -> None:
        self._engine = engine
        self._plan = plan
        self._reader = reader
        self._clock = clock
        self._metrics = metrics
        self._book = self._written = Book()
        self._knows = False
        self._began_at: datetime | None = None
        self._writing = asyncio.Lock()
        self._under_way: set[str] = set()
        self._forgot_at: datetime | None = None
        self._unwritten = False

    async def run(self, seconds: float) -> None:
        """Carry out a round every so many seconds, and send what there is, until cancelled."""
        async with asyncio.TaskGroup() as sending:
            while True:
                async with asyncio.TaskGroup() as group:
                    group.create_task(asyncio.sleep(seconds))
                    group.create_task(self.once(sending))

    async def once(self, sending: asyncio.TaskGroup) -> None:
        """One round; for some minutes a process waits to know what was told before it."""
        now = self._clock.now()
        self._began_at = self._began_at or now
        try:
            if not self._knows:
                self._written = await load_book(self._engine, now)
                self._book, self._knows = reconcile(self._book, self._written), True
            acknowledged = await load_acknowledged(self._engine)
        except Unavailable:
            acknowledged = None  # as it was known last
        if not self._knows and now - self._began_at < BLIND_AFTER:
            return
        facts = await self._reader.read(now)
        findings = find(self._plan.terms.rules, facts)
        known = _mark(self._book.incidents.values(), acknowledged)
        incidents = advance(known, findings, facts.fleet, self._plan.terms, now)
        self._tell_changes(incidents)
        self._book = self._decide(self._book, incidents, now)
        await self._write(now)
        for recipient in {each.recipient for each in self._due(now)} - self._under_way:
            sending.create_task(self._send_to(recipient))

    def _decide(self, book: Book, incidents: tuple[Incident, ...], now: datetime) -> Book:
        """Return the book with the messages that are to be sent now."""
        messages, told = dict(book.messages), dict(book.told)
        sent_at = [(each.recipient, each.made_at) for each in messages.values()]
        ledger = Ledger(told.keys(), sent_at)
        for recipient in self._plan.recipients:
            asked = (recipient, incidents, ledger, self._plan.policy, now)
            for news, write in ((news_for(*asked), write_news), (digest_for(*asked), write_digest)):
                if news:
                    message = _message(recipient, write(news, self._plan.desk, now), now)
                    messages[message.id] = message
                    told |= _tellings(recipient, news, message)
        return Book({each.id: each for each in incidents}, messages, told)

    async def _write(self, now: datetime) -> None:
        if not self._knows:
            return
        async with self._writing:
            book = self._book.copy()
            try:
                await save(self._engine, book, self._written, now)
                self._written = book
                self._book = self._book.lean(now)  # not before: what is forgotten was written
                if self._forgot_at is None or now - self._forgot_at >= _FORGET_EVERY:
                    await forget_old(self._engine, now)
                    self._forgot_at = now
            except Unavailable as fault:
                self._say_unwritten(str(fault))
                return  # the difference is written by a later round
            self._say_unwritten(None)

    def _say_unwritten(self, cause: str | None) -> None:
        """Log that nothing can be written when that begins, and when it ends."""
        if cause is not None and not self._unwritten:
            log.warning("alerts_unwritten", cause=cause)
        elif cause is None and self._unwritten:
            log.info("alerts_written_again")
        self._unwritten = cause is not None

    def _due(self, now: datetime) -> list[Message]:
        """Return what may be tried now, the oldest first; behind one that waits, all wait."""
        waiting: dict[str, Message] = {}
        for message in sorted(self._book.messages.values(), key=lambda each: each.made_at):
            if message.is_waiting:
                waiting.setdefault(message.recipient, message)
        return [each for each in waiting.values() if each.next_try_at <= now]

    async def _send_to(self, recipient: str) -> None:
        """Send a recipient all there is, until one message is not taken."""
        self._under_way.add(recipient)
        try:
            while message := self._next_for(recipient):
                tried = await attempt(message, self._plan.ways, self._clock.now())
                self._note(tried)
                if tried.is_waiting:
                    break
            await self._write(self._clock.now())
        finally:
            self._under_way.discard(recipient)

    def _next_for(self, recipient: str) -> Message | None:
        due = self._due(self._clock.now())
        return next((each for each in due if each.recipient == recipient), None)

    def _note(self, tried: Message) -> None:
        """Keep what became of a message, to be written."""
        self._book.messages[tried.id] = tried
        if tried.given_up_at:
            self._book = self._book.untold_by(tried.id)
        outcome = "sent" if tried.sent_at else "given_up" if tried.given_up_at else "failed"
        self._metrics.count_alert_message(outcome)
        told = {"recipient": tried.recipient, "outcome": outcome, "cause": tried.failure}
        log.info("alert_message", message=str(tried.id), **told)

    def _tell_changes(self, incidents: Iterable[Incident]) -> None:
        """Log what opened and what is over, and show how much is open."""
        open_ones = {"critical": 0, "warning": 0}
        for each in incidents:
            open_ones[each.severity] += each.state in {State.OPEN, State.ENDING}
            before = self._book.incidents.get(each.id)
            was = before.state if before else None
            if each.state is not was and each.state in {State.OPEN, State.OVER}:
                site = each.site.code if each.site else None
                log.info("incident", alert=each.key[0], site=site, state=each.state.value)
        self._metrics.show_incidents(open_ones)


def _mark(
    incidents: Iterable[Incident], acknowledged: dict[UUID, datetime] | None
) -> tuple[Incident, ...]:
    if acknowledged is None:
        return tuple(incidents)
    return tuple(replace(each, acknowledged_at=acknowledged.get(each.id)) for each in incidents)


def _message(recipient: Recipient, written: Written, now: datetime) -> Message:
    return Message(uuid4(), recipient.name, written, now, now)


def _tellings(recipient: Recipient, news: Iterable[News], message: Message) -> dict[Told, UUID]:
    return {
        Told(each.incident.id, recipient.name, each.what, each.turn): message.id for each in news
    }


def start_alerts(
    engine: AsyncEngine, settings: Settings, clock: Clock, metrics: Metrics
) -> Alerts | None:
    """Return what carries out the rounds; None where nobody is named.

    Raises:
        ConfigurationError: lists every setting of `[alerts]` that cannot be used.
    """
    if not settings.alerts.is_on:
        return None
    reader = Reader(engine, targets_of(settings), metrics.registry)
    return Alerts(engine, plan_of(settings), reader, clock, metrics)
