"""What is wrong at a site and the first thing to try, worst first, from its portrait. Pure.

Equipment that fails alike for one reason is told once; what is down only because something else is
comes last. What RADIUS alone tells is judged by the rules of a site's test. Where a rule here tells
more of a NAS than supervision's reason for the same, that reason is left out.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final

from portal.console.attention import Weight
from portal.console.estate import Reading
from portal.console.site_page.portrait import Portrait
from territory.health.reasons import Reason, Words
from territory.health.states import State
from territory.site_test.findings import Check
from territory.site_test.findings import State as Found
from territory.site_test.judgement import judge_nas

REFUSED_IN_ROW: Final = 20
"""People refused one after the other, none let in between: the place, not the people."""
FAILED_TWICE: Final = 2
"""Log-ins of a synthetic guest: one may be lost on the way."""
_WEIGHTS: Final = {Found.BAD: Weight.BAD, Found.WARN: Weight.WARN}
_OF_STATES: Final = {
    State.DOWN: Weight.BAD,
    State.DEGRADED: Weight.WARN,
    State.UNKNOWN: Weight.PLAIN,
}
_TELLS: Final = {Check.CLOCK: Reason.CLOCK_WRONG, Check.ACCOUNTING: Reason.ACCOUNTING_LOST}
_UNWATCHED: Final = Words(
    "Les états montrés ici datent de là\u00a0: on ne sait pas comment va le lieu.",
    "le service de surveillance est arrêté, ou ne joint plus la base de données.",
    "lancer «\u00a0socle doctor\u00a0» sur le serveur, puis redémarrer la surveillance.",
)
_ORDER: Final = (Weight.BAD, Weight.WARN, Weight.PLAIN)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, or under way."""

    weight: Weight
    title: str
    words: Words
    since: datetime | None = None
    nas: str = ""
    """The NAS it is about; empty: equipment of several kinds."""
    instead_of: Reason | None = None
    """Supervision's reason that it tells better."""
    by_secret: bool = False
    """Whether the page of that NAS's secret helps."""


def diagnose(portrait: Portrait) -> list[Problem]:
    """Return what is wrong, the worst first; nothing where all is well."""
    found = [problem for rule in RULES for problem in rule(portrait)]
    told = {(problem.nas, problem.instead_of) for problem in found}
    found = [*_unwatched(portrait), *_equipment(portrait, told), *found]
    return sorted(found, key=lambda problem: _ORDER.index(problem.weight))


def _unwatched(portrait: Portrait) -> Iterator[Problem]:
    since = portrait.unwatched_since
    if since is not None:
        title = "La surveillance ne regarde plus ce lieu"
        yield Problem(Weight.BAD, title, _UNWATCHED, since)


def _equipment(
    portrait: Portrait, told: Collection[tuple[str, Reason | None]]
) -> Iterator[Problem]:
    parts = [
        (nas.code, nas.reading)
        for nas in portrait.site.nas
        if nas.reading.known is None or (nas.code, nas.reading.known) not in told
    ]
    parts += [(radio.name, radio.reading) for radio in portrait.site.access_points]
    failing = [part for part in parts if part[1].health in _OF_STATES]
    for _, alike in groupby(sorted(failing, key=_alike), _alike):
        yield _of_group(list(alike))


def _alike(part: tuple[str, Reading]) -> tuple[bool, int, str]:
    reading = part[1]
    return reading.consequence, -reading.health.rank, str(reading.words)


def _of_group(alike: list[tuple[str, Reading]]) -> Problem:
    reading = alike[0][1]
    since = min((each.since for _, each in alike if each.since), default=None)
    weight = Weight.PLAIN if reading.consequence else _OF_STATES[reading.health]
    title = f"{listed(name for name, _ in alike)}\u00a0: {reading.health.french}"
    return Problem(weight, title, reading.words, since)


def _visits(portrait: Portrait) -> Iterator[Problem]:
    for code, day in portrait.days.items():
        if day.visit and not day.visit.is_online and day.visit.counts_until > portrait.now:
            weight = Weight.BAD if day.visit.failures >= FAILED_TWICE else Weight.WARN
            title = f"Par {code}, l'usager d'essai n'arrive pas en ligne"
            yield Problem(
                weight,
                title,
                Words(day.visit.said),
                day.visit.last_good_at,
                code,
                Reason.LOG_IN_FAILS,
            )


def _refusals(portrait: Portrait) -> Iterator[Problem]:
    for code, day in portrait.days.items():
        if day.refused_in_row >= REFUSED_IN_ROW:
            title = f"Par {code}, plus personne n'entre\u00a0: {day.refused_in_row} refus de suite"
            yield Problem(
                Weight.WARN,
                title,
                _commonest(portrait, code),
                day.refused_since,
                code,
                Reason.EVERYBODY_REFUSED,
            )


def _commonest(portrait: Portrait, code: str) -> Words:
    refusals = [each for each in portrait.refusals if each.nas == code]
    if not refusals:
        return Words("Les raisons datent de plus d'un jour.")
    return Words(refusals[0].says, first_thing=refusals[0].remedy)


def _proofs(portrait: Portrait) -> Iterator[Problem]:
    seen = [day.seen for day in portrait.days.values()]
    for found in judge_nas(seen, portrait.now):
        if found.state in _WEIGHTS:
            words = Words(found.says, first_thing=found.remedy)
            about = found.check.french
            title = f"{found.about}\u00a0: {about[0].lower()}{about[1:]}"
            yield Problem(
                _WEIGHTS[found.state],
                title,
                words,
                nas=found.about,
                instead_of=_TELLS.get(found.check),
                by_secret=found.check is Check.RADIUS_SECRET,
            )


def _renewals(portrait: Portrait) -> Iterator[Problem]:
    for nas in portrait.site.nas:
        if nas.rotation_began_at is None:
            continue
        waits = (
            "la passerelle n'a pas encore le nouveau."
            if nas.uses_old_secret
            else ("la passerelle a le nouveau\u00a0: l'ancien peut être retiré.")
        )
        words = Words(f"Deux secrets sont acceptés\u00a0; {waits}")
        title = f"{nas.code}\u00a0: renouvellement du secret en cours"
        since = nas.rotation_began_at
        yield Problem(Weight.PLAIN, title, words, since, nas.code, by_secret=True)


RULES: Final[tuple[Callable[[Portrait], Iterator[Problem]], ...]] = (
    _visits,
    _refusals,
    _proofs,
    _renewals,
)


def listed(names: Iterable[str], most: int = 4) -> str:
    """Return ``a, b et c``; ``a, b, c, d et 3 de plus``."""
    known = list(names)
    if len(known) > most:
        return f"{', '.join(known[:most])} et {len(known) - most} de plus"
    return " et ".join(part for part in (", ".join(known[:-1]), known[-1]) if part)
