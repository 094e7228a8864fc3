"""A month's figures, from counts by site: what is told of it, small counts hidden. Pure.

    Facts (loading.py) --measure--> Figures --describe (wording.py)--> Document

Steps. A visit is counted at each step by whichever process saw it, so at each site and language a
step counts at least as many as those after it: who came online had arrived. What lies between two
steps stopped there. Breakdowns by language, method and step are tables of organisations, so that
what is printed for one and for all together gives no small count (suppression.py); a place that is
not on the public map is in the sums and has no name.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final
from uuid import UUID

from territory.indicators.reach import Body, Reach
from territory.indicators.suppression import Cell, Hidden, Parts, Table, conceal, conceal_table
from territory.rules.availability import Availability

STEPS: Final = ("arrived", "begun", "identified", "admitted", "online")
"""In order; `portal.funnel.Step` counts them."""
REFUSED: Final = "refused"
ONLINE: Final = "online"
UNLISTED: Final = ""
"""Name of the places of an organisation that are not on the public map, taken together."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """Who orders and answers for places."""

    code: str
    name: str
    body: Body


@dataclass(frozen=True, slots=True)
class Place:
    """A site in a month."""

    id: UUID
    name: str
    organisation: str
    """Code."""
    insee: str | None
    """None: a travelling one."""
    listed: bool
    """Whether it is on the public map."""
    open_seconds: float
    """Its opening hours in the month, as far as it has gone."""
    availability: Availability
    """Within these."""
    sessions: int
    seconds: int
    """Spent online, in all sessions."""


@dataclass(frozen=True, slots=True)
class Visits:
    """How many came to a step at a site."""

    site: UUID
    step: str
    method: str
    language: str
    reason: str
    """Of a refusal."""
    visits: int


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a month's figures are made of."""

    organisations: tuple[Organisation, ...]
    """Those that are looked at, by name."""
    places: tuple[Place, ...]
    """Theirs, by name."""
    visits: tuple[Visits, ...]
    """At these."""


@dataclass(frozen=True, slots=True)
class PlaceFigures:
    """One place, or the unlisted ones of an organisation together."""

    name: str
    """`UNLISTED`: of those."""
    arrivals: Cell
    online: Cell
    sessions: Cell
    seconds: int | None
    """Spent online; None: few sessions."""
    open_seconds: float
    availability: Availability


@dataclass(frozen=True, slots=True)
class BodyFigures:
    """One organisation, and its places."""

    code: str
    name: str
    places: tuple[PlaceFigures, ...]
    arrivals: Parts
    """By language."""
    online: Parts
    """By language."""
    methods: Parts
    """Online, by method."""
    stops: Parts
    """Visits that did not come online, by the last step they came to."""
    refusals: Parts
    """By reason."""
    sessions: Cell
    seconds: int | None


@dataclass(frozen=True, slots=True)
class Figures:
    """A month of all organisations that are looked at."""

    bodies: tuple[BodyFigures, ...]
    """Each of them."""
    arrivals: Parts
    """Of those with enough, by language; so are the others."""
    online: Parts
    methods: Parts
    stops: Parts
    refusals: Parts
    sessions: Cell
    seconds: int | None
    """Of the organisations whose sessions are printed; None: no such organisation has any."""
    places: int
    in_service: int
    """Places where somebody came, or that supervision saw up."""
    open_seconds: float
    """Of those in service."""
    availability: Availability
    """Of all places together."""
    reach: Reach | None


def measure(
    facts: Facts,
    least: int,
    reach_of: Callable[[list[Body], list[str], list[str]], Reach | None],
    classes: Callable[[str], str],
) -> Figures:
    """Return a month's figures.

    Args:
        facts: of the month.
        least: the smallest count that is printed.
        reach_of: gives the share of inhabitants for bodies, sites and sites in service.
        classes: gives the class of a reason of refusal.
    """
    counted = _Counted(facts, classes)
    tables = [
        conceal_table(counted.by_body(each), least)
        for each in (
            counted.arrivals,
            counted.online,
            counted.methods,
            counted.stops,
            counted.refusals,
        )
    ]
    arrivals, online, methods, stops, refusals = tables
    bodies = tuple(
        _body(organisation, facts, counted, tables, least) for organisation in facts.organisations
    )
    sessions, seconds = _told_together(bodies)
    in_service = [place for place in facts.places if counted.was_in_service(place)]
    return Figures(
        bodies=bodies,
        arrivals=arrivals.whole,
        online=online.whole,
        methods=methods.whole,
        stops=stops.whole,
        refusals=refusals.whole,
        sessions=sessions,
        seconds=seconds,
        places=len(facts.places),
        in_service=len(in_service),
        open_seconds=sum(place.open_seconds for place in in_service),
        availability=joined(place.availability for place in facts.places),
        reach=reach_of(
            [organisation.body for organisation in facts.organisations],
            [place.insee for place in facts.places if place.insee],
            [place.insee for place in in_service if place.insee],
        ),
    )


def joined(parts: Iterable[Availability]) -> Availability:
    """Return the availability of several places: their time together."""
    known = list(parts)
    return Availability(
        up_seconds=sum(each.up_seconds for each in known),
        down_seconds=sum(each.down_seconds for each in known),
        unknown_seconds=sum(each.unknown_seconds for each in known),
        planned_seconds=sum(each.planned_seconds for each in known),
    )


def steps_of(counts: Mapping[str, int]) -> list[int]:
    """Return how many came to each of `STEPS`: at each, at least as many as to those after it."""
    told = [counts.get(step, 0) for step in reversed(STEPS)]
    return list(accumulate(told, max))[::-1]


Tally = dict[UUID, Counter[str]]


class _Counted:
    """Counts by site, then by what a table is of."""

    def __init__(self, facts: Facts, classes: Callable[[str], str]) -> None:
        self.arrivals, self.online, self.methods, self.stops, self.refusals = (
            {place.id: Counter[str]() for place in facts.places} for _ in range(5)
        )
        self._places = facts.places
        self._organisations = facts.organisations
        steps: dict[tuple[UUID, str], Counter[str]] = {}
        for each in facts.visits:
            if each.step == REFUSED:
                self.refusals[each.site][classes(each.reason)] += each.visits
                continue
            steps.setdefault((each.site, each.language), Counter())[each.step] += each.visits
            if each.step == ONLINE:
                self.methods[each.site][each.method] += each.visits
        for (site, language), counts in steps.items():
            came = steps_of(counts)
            self.arrivals[site][language] += came[0]
            self.online[site][language] += came[-1]
            for step, (here, further) in zip(STEPS, pairwise(came), strict=False):
                self.stops[site][step] += here - further

    def by_body(self, counts: Tally) -> dict[str, dict[str, int]]:
        """Return counts of sites as those of their organisations."""
        found = {organisation.code: Counter[str]() for organisation in self._organisations}
        for place in self._places:
            found[place.organisation] += counts[place.id]
        return {code: dict(sorted(counted.items())) for code, counted in found.items()}

    def was_in_service(self, place: Place) -> bool:
        """Whether somebody came to a place, or supervision saw it up."""
        came = self.arrivals[place.id].total() or place.sessions
        return bool(came or place.availability.up_seconds)


def _body(
    organisation: Organisation,
    facts: Facts,
    counted: _Counted,
    tables: list[Table],
    least: int,
) -> BodyFigures:
    arrivals, online, methods, stops, refusals = (table.rows[organisation.code] for table in tables)
    own = [place for place in facts.places if place.organisation == organisation.code]
    named = {str(place.id): [place] for place in own if place.listed}
    if unlisted := [place for place in own if not place.listed]:
        named[UNLISTED] = unlisted

    def by_place(count: Callable[[Place], int]) -> Parts:
        return conceal({name: sum(map(count, group)) for name, group in named.items()}, least)

    arrived = by_place(lambda place: counted.arrivals[place.id].total())
    came_online = by_place(lambda place: counted.online[place.id].total())
    sessions = by_place(lambda place: place.sessions)
    return BodyFigures(
        code=organisation.code,
        name=organisation.name,
        places=tuple(
            PlaceFigures(
                name=group[0].name if name else UNLISTED,
                arrivals=arrived.parts[name],
                online=came_online.parts[name],
                sessions=sessions.parts[name],
                seconds=_unless(sessions.parts[name], sum(place.seconds for place in group)),
                open_seconds=sum(place.open_seconds for place in group),
                availability=joined(place.availability for place in group),
            )
            for name, group in named.items()
        ),
        arrivals=arrivals,
        online=online,
        methods=methods,
        stops=stops,
        refusals=refusals,
        sessions=sessions.total,
        seconds=_unless(sessions.total, sum(place.seconds for place in own)),
    )


def _told_together(bodies: Iterable[BodyFigures]) -> tuple[Cell, int | None]:
    """Return sessions and time of the organisations whose own are printed; where they have none and
    others do, that is no zero."""
    known = list(bodies)
    told = [body for body in known if not isinstance(body.sessions, Hidden)]
    sessions = sum(body.sessions for body in told if isinstance(body.sessions, int))
    if not sessions and len(told) < len(known):
        return Hidden.BESIDE, None
    return sessions, sum(body.seconds or 0 for body in told)


def _unless(count: Cell, seconds: int) -> int | None:
    """Return a time, unless the count it belongs to is hidden."""
    return None if isinstance(count, Hidden) else seconds
