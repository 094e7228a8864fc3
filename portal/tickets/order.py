"""What somebody asks for who makes tickets: the form, read and checked. Pure.

A place is chosen by what it is for: one site, or every site of an organisation. Only those are
offered that let guests in by ticket, so that nobody hands out paper that no page asks for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from territory.rules.quotas import day_of
from territory.rules.tickets import LONGEST_USE, MOST_DEVICES, MOST_TICKETS, Terms

LASTING: Final[Mapping[int, str]] = {
    7_200: "2 heures",
    14_400: "4 heures",
    86_400: "1 jour",
    259_200: "3 jours",
    604_800: "1 semaine",
    2_678_400: "1 mois",
}
"""How long a ticket may last: seconds -> words."""
USUAL_SECONDS: Final = 86_400
USUAL_WAIT: Final = timedelta(days=7)
"""How long the mediator's ticket waits for its first use."""
LONGEST_WAIT: Final = LONGEST_USE


@dataclass(frozen=True, slots=True)
class Days:
    """When a sheet's tickets are good, in Europe/Paris."""

    first: date | None
    """None: at once."""
    last_first_use: date
    last: date | None
    """Nobody is online after it; None: as long as each lasts."""

    @classmethod
    def of(
        cls, first: date | None, last_first_use: date | None, last: date | None, *, today: date
    ) -> "Days":
        """Return the days asked for; who does not say when to begin at the latest has a week from
        the first day, or until the end."""
        usual = min(first or today, today + LONGEST_WAIT) + USUAL_WAIT
        return cls(first, last_first_use or min(usual, last or usual), last)

    @property
    def told(self) -> list[date]:
        """Those that count, as they should follow each other."""
        return [day for day in (self.first, self.last_first_use, self.last) if day is not None]

    @property
    def are_in_order(self) -> bool:
        """Whether nothing ends before it begins."""
        return self.told == sorted(self.told)

    def are_near(self, today: date) -> bool:
        """Whether all of them are to come, within a year."""
        return all(today <= day <= today + LONGEST_WAIT for day in self.told)


@dataclass(frozen=True, slots=True)
class Rights:
    """A plan that a ticket may give."""

    id: UUID
    name: str
    devices: int | None
    """That it allows at once; None: any number."""


@dataclass(frozen=True, slots=True)
class Somewhere:
    """Where tickets may be good: a site, or every site of an organisation."""

    code: str
    """The site's, or the organisation's."""
    name: str
    organisation_id: UUID
    site_id: UUID | None
    plan_id: UUID
    """The rights that tickets give there where nothing else is chosen."""

    @property
    def value(self) -> str:
        """As the form has it."""
        return str(self.site_id or self.organisation_id)


@dataclass(frozen=True, slots=True)
class Choices:
    """What an operator may choose from."""

    places: Sequence[Somewhere]
    """Where, the one they last made tickets for first."""
    plans: Sequence[Rights]
    """What a ticket may give."""


def read_order(
    form: Mapping[str, str], choices: Choices, now: datetime
) -> tuple[Terms, int] | list[str]:
    """Return what each ticket gives and how many are to be made; or what is wrong, in French."""
    place = next((one for one in choices.places if one.value == form.get("lieu")), None)
    if place is None:
        return ["Choisissez un lieu."]
    wanted = form.get("formule") or str(place.plan_id)
    plan = next((one for one in choices.plans if str(one.id) == wanted), None)
    if plan is None:
        return ["Choisissez une formule de la liste."]
    tickets, devices = _number(form, "tickets", 1), _number(form, "appareils", 1)
    seconds, days = _number(form, "duree", USUAL_SECONDS), _days(form, day_of(now))
    most = min(MOST_DEVICES, plan.devices or MOST_DEVICES)
    today = day_of(now)
    checks = {
        f"Le nombre de tickets va de 1 à {MOST_TICKETS}.": 1 <= tickets <= MOST_TICKETS,
        f"Cette formule permet de 1 à {most} appareils à la fois.": 1 <= devices <= most,
        "Choisissez une durée de la liste.": seconds in LASTING,
        "Les jours sont des dates, d'aujourd'hui à dans un an.": (
            days is not None and days.are_near(today)
        ),
        "Ces jours se suivent : le premier, le dernier pour commencer, la fin.": (
            days is None or days.are_in_order
        ),
    }
    faults = [words for words, well in checks.items() if not well]
    if faults or days is None:
        return faults
    given = (place.organisation_id, place.site_id, plan.id, devices, seconds)
    return Terms(*given, days.last_first_use, days.first, days.last), tickets


def _number(form: Mapping[str, str], name: str, usual: int) -> int:
    """Return a number of the form; nought where it is none."""
    text = form.get(name, "") or str(usual)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0


def _days(form: Mapping[str, str], today: date) -> Days | None:
    """Return the days of a form; None: one of them is no date."""
    try:
        told = [
            date.fromisoformat(form[name]) if form.get(name) else None
            for name in ("debut", "dernier", "fin")
        ]
    except ValueError:
        return None
    return Days.of(*told, today=today)
