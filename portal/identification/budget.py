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
from territory.messages.settings import SmsSettings

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
class Asked:
    """Who asks for a message, and to whom."""

    number: PhoneNumber
    """To whom."""
    source: str
    """From which address, as `portal.throttle` counts it."""
    site: str
    """At which site."""
    organisation: str
    """Whose site that is."""


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
    return (
        Budget(Scope.NUMBER, asked.number.e164, Span.DAY, settings.a_day_of_a_number),
        Budget(Scope.NUMBER, asked.number.e164, Span.MONTH, settings.a_month_of_a_number),
        Budget(Scope.BLOCK, asked.number.block, Span.DAY, settings.a_day_of_a_block),
        Budget(Scope.SOURCE, asked.source, Span.DAY, settings.a_day_of_a_source),
        Budget(Scope.SOURCE, asked.source, Span.MONTH, settings.a_month_of_a_source),
        Budget(Scope.SITE, asked.site, Span.DAY, settings.a_day_of_a_site),
        Budget(Scope.SITE, asked.site, Span.MONTH, settings.a_month_of_a_site),
        Budget(Scope.ORGANISATION, asked.organisation, Span.DAY, settings.a_day_of_an_organisation),
        Budget(
            Scope.ORGANISATION, asked.organisation, Span.MONTH, settings.a_month_of_an_organisation
        ),
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
