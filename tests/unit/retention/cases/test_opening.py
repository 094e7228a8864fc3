"""Of somebody told more than once, what is known last is answered."""

from datetime import UTC, date, datetime

from retention.cases.case import Vouched
from retention.cases.opening import as_told_last
from retention.cases.selection import Row


def told(day: date | None, ended: int) -> tuple[Vouched, Row]:
    """Return an account as a segment of `day` tells it: over on that day of November."""
    until = datetime(2026, 11, ended, tzinfo=UTC)
    vouched = Vouched("object", "manifest", day, "account", 0, "", 1)
    return vouched, {"guest": "one", "kind": "ticket", "user_name": "opaque", "until": until}


def test_a_later_day_is_believed_not_a_later_link() -> None:
    """A hold's segment, made on the 4th, may join the chain after the day the account ended on."""
    by_its_day, by_a_hold = told(date(2026, 11, 5), 5), told(date(2026, 11, 4), 9)
    assert as_told_last([by_its_day, by_a_hold]) == [by_its_day]
    assert as_told_last([by_a_hold, by_its_day]) == [by_its_day]


def test_what_the_database_says_as_the_case_is_made_is_the_latest() -> None:
    """It belongs to no day yet."""
    now, before = told(None, 9), told(date(2026, 11, 4), 8)
    assert as_told_last([now, before]) == [now]
