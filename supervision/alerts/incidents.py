"""What is broken, once for as long as it lasts or flaps: a transition table. Pure.

    state    | holds                          | gone                     | hidden
    ---------+--------------------------------+--------------------------+---------------------
    none     | pending                        |                          |
    pending  | open, once it held long enough | forgotten; over again,   | the same as gone
             |                                | if it had come back      |
    open     |                                | ending                   |
    ending   | open: nothing is told          | over, once well for long |
             |                                | enough                   |
    over     | pending again, one return more |                          |

What cannot be asked changes nothing. How long is enough: the rule's `for` and `keep_firing_for`.
What comes back within its quiet time is the same incident: its return is told once, it then counts
as over only when it was well for the whole quiet time, twice as long after each return.
Hidden is what another incident explains (a site that is down, all that hangs on it), and all of a
site where announced work goes on. Acknowledged is a mark beside the state: reminders stop.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, StrEnum, auto
from typing import Final
from uuid import UUID, uuid5

from deploy.stack.alerting import EXPLAINED
from supervision.alerts.conditions import Condition, Findings, Key
from supervision.alerts.facts import Fleet, Place
from supervision.alerts.rulebook import Rule

KEPT: Final = timedelta(days=2)
"""In memory once over: as long as somebody may still have to be told."""
_MOST_DOUBLINGS: Final = 4
_NAMES: Final = UUID("8c0b5d3e-5f0a-4f3e-9a51-0d8c6b1f2a77")
"""Whose names the identifiers of incidents are (RFC 9562 §5.5)."""


class State(StrEnum):
    """How an incident is."""

    PENDING = "pending"
    OPEN = "open"
    ENDING = "ending"
    OVER = "over"


class Seen(Enum):
    """What is seen of its condition."""

    HOLDS = auto()
    GONE = auto()
    HIDDEN = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that broke."""

    id: UUID
    key: Key
    severity: str
    site: Place | None
    summary: str
    words: str
    state: State
    began_at: datetime
    """First seen, since its last return."""
    changed_at: datetime
    """In this state since."""
    opened_at: datetime | None = None
    """It had held long enough, since its last return."""
    over_at: datetime | None = None
    """Last no longer seen."""
    returns: int = 0
    acknowledged_at: datetime | None = None
    is_hidden: bool = False
    """Another explains it, or work goes on where it is: nothing is told of it now."""

    @property
    def is_critical(self) -> bool:
        """Whether it cannot wait for working hours."""
        return self.severity == "critical"


@dataclass(frozen=True, slots=True)
class Waits:
    """How patient one is."""

    quiet: timedelta
    """What comes back within it is the same."""
    pace: float = 1.0
    """What the rules' own waits are multiplied by."""

    def hold(self, rule: Rule) -> timedelta:
        """How long a condition lasts before it is an incident."""
        return rule.hold * self.pace

    def keep(self, rule: Rule, returns: int) -> timedelta:
        """How long it is well before it is over."""
        return max(rule.keep * self.pace, self.quiet if returns else timedelta())

    def quiet_after(self, returns: int) -> timedelta:
        """For how long a return is a return."""
        return self.quiet * (1 << min(returns, _MOST_DOUBLINGS))


@dataclass(frozen=True, slots=True)
class Terms:
    """What incidents are judged by."""

    rules: Mapping[str, Rule]
    waits: Waits


def advance(
    known: Iterable[Incident], findings: Findings, fleet: Fleet | None, terms: Terms, now: datetime
) -> tuple[Incident, ...]:
    """Return the incidents as they are at `now`; one that is missing is to be forgotten."""
    there = [each for each in known if _is_there(each, fleet, terms)]
    current = {each.key: each for each in there if _is_current(each, terms.waits, now)}
    past = [each for each in there if current.get(each.key) is not each]
    kept = [each for each in past if now - each.changed_at < KEPT]
    holding = findings.holding
    explaining = Explaining.of(current.values(), holding.values())
    at_work = fleet.at_work if fleet else frozenset()
    for key in current.keys() | holding.keys():
        known_one, condition = current.get(key), holding.get(key)
        incident = _fresh(known_one, condition) if known_one else _begin(holding[key], now)
        is_planned = incident.site is not None and incident.site.code in at_work
        incident = replace(incident, is_hidden=is_planned or explaining.hides(incident))
        if incident.is_hidden:
            seen = Seen.HIDDEN
        elif condition is not None:
            seen = Seen.HOLDS
        else:
            seen = Seen.GONE if findings.is_answered(key) else Seen.UNKNOWN
        moved = move(incident, seen, terms, now)
        if moved is not None:
            kept.append(moved)
    return tuple(kept)


def move(known: Incident, seen: Seen, terms: Terms, now: datetime) -> Incident | None:
    """Return an incident after one look at its condition; None: forgotten. The table above."""
    rule, lasted = terms.rules[known.key[0]], now - known.changed_at
    moved: Incident | None = known
    match known.state, seen:
        case State.PENDING, Seen.HOLDS if lasted >= terms.waits.hold(rule):
            moved = replace(known, state=State.OPEN, changed_at=now, opened_at=now, over_at=None)
        case State.PENDING, Seen.GONE | Seen.HIDDEN:
            moved = _over_again(known)
        case State.OPEN, Seen.GONE:
            ending = replace(known, state=State.ENDING, changed_at=now)
            moved = move(ending, seen, terms, now)  # it may be enough already
        case State.ENDING, Seen.HOLDS:
            moved = replace(known, state=State.OPEN, changed_at=now)
        case State.ENDING, Seen.GONE if lasted >= terms.waits.keep(rule, known.returns):
            moved = replace(known, state=State.OVER, changed_at=now, over_at=known.changed_at)
        case State.OVER, Seen.HOLDS:
            again = replace(known, state=State.PENDING, began_at=now, changed_at=now)
            moved = move(replace(again, returns=known.returns + 1), seen, terms, now)
    return moved


def _over_again(known: Incident) -> Incident | None:
    """Return what a return that did not last was before it; None: it was no return."""
    if not known.returns:
        return None
    since = known.over_at or known.changed_at
    return replace(known, state=State.OVER, changed_at=since, returns=known.returns - 1)


def _begin(condition: Condition, now: datetime) -> Incident:
    identifier = uuid5(_NAMES, f"{condition.key} {now.isoformat()}")
    said = (condition.severity, condition.site, condition.summary, condition.words)
    return Incident(identifier, condition.key, *said, State.PENDING, now, now)


def _fresh(known: Incident, condition: Condition | None) -> Incident:
    """Return an incident with the present words; without the fleet, it keeps those it has."""
    if condition is None or (condition.site is None and known.site is not None):
        return known
    return replace(
        known, severity=condition.severity, summary=condition.summary, words=condition.words
    )


def _is_there(incident: Incident, fleet: Fleet | None, terms: Terms) -> bool:
    """Whether its rule and its site still are: of one that is gone, nobody is told."""
    if incident.key[0] not in terms.rules:
        return False
    return incident.site is None or fleet is None or incident.site.code in fleet.places


def _is_current(incident: Incident, waits: Waits, now: datetime) -> bool:
    """Whether what its condition does concerns it."""
    if incident.state is not State.OVER:
        return True
    return now - incident.changed_at < waits.quiet_after(incident.returns)


@dataclass(frozen=True, slots=True)
class Explaining:
    """What explains others: as soon as it is seen, and until it is over."""

    territory: bool
    """All of every site."""
    sites: frozenset[str]
    """All of these, by code."""
    alerts: frozenset[str]
    """These, by name."""

    @classmethod
    def of(cls, incidents: Iterable[Incident], conditions: Iterable[Condition]) -> "Explaining":
        """Return what these explain of others."""
        seen = [(each.key[0], each.site) for each in incidents if each.state is not State.OVER]
        seen += [(each.key[0], each.site) for each in conditions]
        names = {name for name, _ in seen}
        return cls(
            "TerritoryDown" in names,
            frozenset(site.code for name, site in seen if name == "SiteDown" and site),
            frozenset(each for name in names for each in EXPLAINED.get(name, ())),
        )

    def hides(self, incident: Incident) -> bool:
        """Whether an incident is another's consequence."""
        name, site = incident.key[0], incident.site
        if name in self.alerts:
            return True
        if site is None:
            return False
        return self.territory or (name != "SiteDown" and site.code in self.sites)
