"""What text messages may cost: who has which budget, and where the month is heading. Pure.

A message is counted by its parts, as it is paid for, against nine budgets at once; where one of
them would be passed, nothing is sent and nothing is counted. Days and months are those of
Europe/Paris, like everything else that is counted for guests.
"""

import calendar
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from territory.messages.numbers import PhoneNumber
from territory.settings.messages import SmsSettings

ZONE: Final = ZoneInfo("Europe/Paris")


class Scope(StrEnum):
    """Whose budget it is."""

    NUMBER = "number"
    BLOCK = "block"
    """Numbers that differ in their last four digits only."""
    SOURCE = "source"
    """A network address."""
    SITE = "site"
    ORGANISATION = "organisation"


class Span(StrEnum):
    """What it lasts for."""

    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Own:
    """What a site or an organisation states for itself; None: as the settings have it for all."""

    a_day: int | None = None
    """Parts."""
    a_month: int | None = None
    """Parts."""
    unproven_an_hour: int | None = None
    """Codes that nobody typed, beyond which a site sends none."""


NOTHING_OWN: Final = Own()


@dataclass(frozen=True, slots=True)
class Allowance:
    """What messages may cost a site or an organisation."""

    a_day: int
    """Parts."""
    a_month: int
    """Parts."""


def allowance_of_site(own: Own, settings: SmsSettings) -> Allowance:
    """Return what a site may spend."""
    return Allowance(
        own.a_day or settings.a_day_of_a_site, own.a_month or settings.a_month_of_a_site
    )


def allowance_of_organisation(own: Own, settings: SmsSettings) -> Allowance:
    """Return what all sites of an organisation may spend together."""
    return Allowance(
        own.a_day or settings.a_day_of_an_organisation,
        own.a_month or settings.a_month_of_an_organisation,
    )


def most_unproven(own: Own, settings: SmsSettings) -> int:
    """Return how many codes within an hour may be typed by nobody at a site."""
    return own.unproven_an_hour or settings.unproven_an_hour_of_a_site


def payer(siren: str | None, name: str) -> str:
    """Return what an organisation's budget is counted under: it outlives the row."""
    return siren or name


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for a message, and to whom."""

    number: PhoneNumber
    """To whom."""
    source: str
    """From which address, as `portal.throttle` counts it."""
    site: str
    """At which site."""
    organisation: str
    """Whose site that is: `payer`."""
    site_own: Own = NOTHING_OWN
    """What the site states."""
    organisation_own: Own = NOTHING_OWN
    """What the organisation states."""


@dataclass(frozen=True, slots=True)
class Budget:
    """One budget."""

    scope: Scope
    """Whose kind."""
    who: str
    """Whose."""
    span: Span
    """For how long."""
    most: int
    """Parts."""


def budgets_of(asked: Asked, settings: SmsSettings) -> tuple[Budget, ...]:
    """Return the budgets that one message is counted against."""
    site = allowance_of_site(asked.site_own, settings)
    organisation = allowance_of_organisation(asked.organisation_own, settings)
    return (
        Budget(Scope.NUMBER, asked.number.e164, Span.DAY, settings.a_day_of_a_number),
        Budget(Scope.NUMBER, asked.number.e164, Span.MONTH, settings.a_month_of_a_number),
        Budget(Scope.BLOCK, asked.number.block, Span.DAY, settings.a_day_of_a_block),
        Budget(Scope.SOURCE, asked.source, Span.DAY, settings.a_day_of_a_source),
        Budget(Scope.SOURCE, asked.source, Span.MONTH, settings.a_month_of_a_source),
        Budget(Scope.SITE, asked.site, Span.DAY, site.a_day),
        Budget(Scope.SITE, asked.site, Span.MONTH, site.a_month),
        Budget(Scope.ORGANISATION, asked.organisation, Span.DAY, organisation.a_day),
        Budget(Scope.ORGANISATION, asked.organisation, Span.MONTH, organisation.a_month),
    )


def begins_on(span: Span, now: datetime) -> date:
    """Return the first day of the present day or month."""
    today = now.astimezone(ZONE).date()
    return today if span is Span.DAY else today.replace(day=1)


def forecast(parts: int, now: datetime) -> float:
    """Return how many parts a month will have cost if it goes on as it has; `parts` so far."""
    today = now.astimezone(ZONE)
    gone = today.day - 1 + (today.hour * 60 + today.minute) / 1440
    return parts * calendar.monthrange(today.year, today.month)[1] / max(gone, 1.0)
