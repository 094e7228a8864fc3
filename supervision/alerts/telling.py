"""Who is told what, and when: from what is broken and what each was told before. Pure.

Nothing is an event: whoever was not told of an incident that is open, or of the end of one they
were told of, is to be told; what another explains waits until it stands by itself. So a restart
forgets nothing, and what waits (for hours on call, for what breaks together, for an hour with fewer
messages) is told as it is by then, or not at all.

    what is told                            | to whom, when
    ----------------------------------------+------------------------------------------------------
    critical, of the base or the territory  | at any hour
    critical, of a site                     | in the recipient's hours on call
    warning                                 | in working hours, to who asks for warnings
    its end                                 | to who was told, likewise
    nobody acknowledged what is critical    | once more, and to stand-ins
    the rest                                | in the morning's digest
    what only somebody's decision ends      | in each morning's digest, while it lasts
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from supervision.alerts.incidents import Incident, State
from territory.rules.opening_hours import Hours

_AN_HOUR = timedelta(hours=1)


DAILY: Final = frozenset({"InjunctionUnknown", "HoldUnexecuted"})
"""Alerts that only a person's decision ends, and that the law wants ended (CPCE L39-3), or what an
authority had preserved is lost; a critical one is told at once besides."""


class What(StrEnum):
    """What is told of an incident."""

    BROKEN = "broken"
    MENDED = "mended"
    REMINDER = "reminder"
    DIGEST = "digest"
    DAILY = "daily"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is told."""

    name: str
    hours: Hours | None
    """On call; None: always."""
    takes_warnings: bool = False
    """As they happen, in working hours."""
    takes_digest: bool = True
    is_stand_in: bool = False
    """Told only of what nobody acknowledged in time."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How telling is done, for everybody."""

    working: Hours
    """Also the clock that days and messages go by."""
    gather: timedelta
    most_an_hour: int
    remind_after: timedelta | None
    digest_hour: int


@dataclass(frozen=True, slots=True)
class Told:
    """One thing somebody was told."""

    incident_id: UUID
    recipient: str
    what: What
    turn: int
    """At which of the incident's returns; of what is told daily, which day (ordinal)."""


@dataclass(frozen=True, slots=True)
class News:
    """One thing somebody is to be told."""

    what: What
    incident: Incident
    day: date | None = None
    """Of what is told daily: today, where the recipients are."""

    @property
    def turn(self) -> int:
        """What tells this telling from another of the same."""
        return self.day.toordinal() if self.day else self.incident.returns

    @property
    def since(self) -> datetime:
        """When it came about."""
        if self.what is What.BROKEN and self.incident.opened_at:
            return self.incident.opened_at
        return self.incident.changed_at


@dataclass(frozen=True, slots=True)
class Ledger:
    """What was told before."""

    told: Collection[Told]
    sent_at: Collection[tuple[str, datetime]]
    """Recipient and instant of each message of the last hour."""

    def has(self, recipient: Recipient, what: What, incident: Incident) -> bool:
        """Whether a recipient was told so, since the incident's last return."""
        return Told(incident.id, recipient.name, what, incident.returns) in self.told

    def has_daily(self, recipient: Recipient, incident: Incident, day: date) -> bool:
        """Whether a recipient was told that day of what is told daily."""
        return Told(incident.id, recipient.name, What.DAILY, day.toordinal()) in self.told

    def is_full(self, recipient: Recipient, policy: Policy, now: datetime) -> bool:
        """Whether a recipient has had what an hour may hold."""
        recent = [at for name, at in self.sent_at if name == recipient.name]
        return sum(now - at < _AN_HOUR for at in recent) >= policy.most_an_hour


def news_for(
    recipient: Recipient,
    incidents: Iterable[Incident],
    ledger: Ledger,
    policy: Policy,
    now: datetime,
) -> tuple[News, ...]:
    """Return what a recipient is to be told in one message now; nothing: not now.

    As soon as one thing has waited for others to join it, all are told.
    """
    due = [
        news
        for incident in incidents
        for news in _of(recipient, incident, ledger, policy, now)
        if _is_hour(recipient, news.incident, policy, now)
    ]
    ripe = any(now - news.since >= policy.gather for news in due)
    if not ripe or ledger.is_full(recipient, policy, now):
        return ()
    return tuple(sorted(due, key=_by_weight))


def digest_for(
    recipient: Recipient,
    incidents: Iterable[Incident],
    ledger: Ledger,
    policy: Policy,
    now: datetime,
) -> tuple[News, ...]:
    """Return what a recipient reads in the morning: what opened before that hour, untold, and what
    is told daily."""
    if not recipient.takes_digest:
        return ()
    local = policy.working.local(now)
    morning = local.replace(hour=policy.digest_hour, minute=0, second=0, microsecond=0)
    if local < morning:
        return ()
    opened = sorted(
        (each for each in incidents if _opened_before(each, morning)),
        key=lambda each: each.began_at,
    )
    daily = (
        News(What.DAILY, incident, morning.date())
        for incident in opened
        if incident.key[0] in DAILY
        and incident.state is State.OPEN
        and not ledger.has_daily(recipient, incident, morning.date())
    )
    return *daily, *(
        News(What.DIGEST, incident)
        for incident in opened
        if incident.key[0] not in DAILY
        and (incident.state is State.OVER or not incident.is_hidden)
        and not any(
            ledger.has(recipient, what, incident)
            for what in (What.BROKEN, What.REMINDER, What.DIGEST)
        )
        and not (_is_told_at_once(recipient, incident) and incident.state is not State.OVER)
    )


def _of(
    recipient: Recipient, incident: Incident, ledger: Ledger, policy: Policy, now: datetime
) -> Iterator[News]:
    """Yield what one recipient is to be told of one incident, whatever the hour."""
    knows = any(ledger.has(recipient, what, incident) for what in (What.BROKEN, What.REMINDER))
    match incident.state:
        case State.OVER:
            if knows and not ledger.has(recipient, What.MENDED, incident):
                yield News(What.MENDED, incident)
        case State.OPEN if not incident.is_hidden:
            if _is_told_at_once(recipient, incident) and not knows:
                yield News(What.BROKEN, incident)
            elif _is_to_be_reminded(recipient, incident, ledger, policy, now):
                yield News(What.REMINDER, incident)


def _is_told_at_once(recipient: Recipient, incident: Incident) -> bool:
    return not recipient.is_stand_in and (incident.is_critical or recipient.takes_warnings)


def _is_to_be_reminded(
    recipient: Recipient, incident: Incident, ledger: Ledger, policy: Policy, now: datetime
) -> bool:
    if policy.remind_after is None or not incident.is_critical or incident.opened_at is None:
        return False
    if incident.acknowledged_at or ledger.has(recipient, What.REMINDER, incident):
        return False
    return now - incident.opened_at >= policy.remind_after


def _is_hour(recipient: Recipient, incident: Incident, policy: Policy, now: datetime) -> bool:
    """Whether a recipient is told of such an incident at this hour."""
    if not incident.is_critical:
        return policy.working.is_open(now)
    return incident.site is None or recipient.hours is None or recipient.hours.is_open(now)


def _opened_before(incident: Incident, instant: datetime) -> bool:
    return incident.opened_at is not None and incident.opened_at < instant


def _by_weight(news: News) -> tuple[bool, bool, datetime]:
    """What is broken before what is mended, critical first, the oldest first."""
    incident = news.incident
    return news.what is What.MENDED, not incident.is_critical, incident.began_at
