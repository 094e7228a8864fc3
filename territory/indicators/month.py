"""A calendar month of the territory's clock (Europe/Paris). Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date

from territory.rules.quotas import day_of

_PARIS: Final = ZoneInfo("Europe/Paris")
SETTLING: Final = timedelta(days=3)
"""How long what a month came to may still change: a spool tells sessions three days late. Figures
that move, looked at twice, tell small counts by their difference; so nothing is told before."""
_WRITTEN: Final = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month of a year."""

    first_day: date
    """Its first."""

    @classmethod
    def of(cls, now: datetime) -> "Month":
        """Return the month that an instant (aware) is in."""
        return cls(day_of(now).replace(day=1))

    @classmethod
    def parse(cls, written: str) -> "Month":
        """Return the month written `2026-10`.

        Raises:
            ValueError: it is written otherwise; says what was expected.
        """
        found = _WRITTEN.fullmatch(written)
        if found is None:
            raise ValueError("a month such as 2026-10")
        return cls(date(int(found[1]), int(found[2]), 1))

    @classmethod
    def last_settled(cls, now: datetime) -> "Month":
        """Return the last month that is settled at an instant (aware)."""
        return cls.of(now - SETTLING).previous

    def __str__(self) -> str:
        return f"{self.first_day:%Y-%m}"

    @property
    def last_day(self) -> date:
        """Its last."""
        return self.following.first_day - timedelta(days=1)

    @property
    def begin(self) -> datetime:
        """When it begins (UTC)."""
        return datetime.combine(self.first_day, time(), _PARIS).astimezone(UTC)

    @property
    def end(self) -> datetime:
        """When the next begins (UTC)."""
        return self.following.begin

    @property
    def following(self) -> "Month":
        """The month after."""
        return Month((self.first_day + timedelta(days=31)).replace(day=1))

    @property
    def previous(self) -> "Month":
        """The month before."""
        return Month((self.first_day - timedelta(days=1)).replace(day=1))

    @property
    def french(self) -> str:
        """`octobre 2026`."""
        return format_date(self.first_day, "MMMM y", locale="fr")
