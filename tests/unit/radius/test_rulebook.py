"""What plans limit and places keep to, from rows as the database has them."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from radius.rulebook import NO_LIMITS, Rulebook
from territory.rules.quotas import Amounts, Limits
from territory.vocabulary import AtEnd

PLAN, SITE = UUID(int=1), UUID(int=2)
CHRISTMAS = datetime(2026, 12, 25, 11, tzinfo=UTC)
FRIDAY = datetime(2026, 11, 20, 14, tzinfo=UTC)


def plan(**values: Any) -> dict[str, Any]:
    """Return a plan's row."""
    empty = dict.fromkeys(
        ("day_seconds", "month_seconds", "day_octets", "month_octets", "devices", "hours",
         "slow_upload_bps", "slow_download_bps")
    )  # fmt: skip
    return {**empty, "id": PLAN, "public_holidays": "as_usual", "at_end": "cut", **values}


def site(**values: Any) -> dict[str, Any]:
    """Return a site's row."""
    return {"id": SITE, "plan_id": PLAN, "insee": "55029", "hours": None, "closed_days": [],
            **values}  # fmt: skip


@pytest.mark.parametrize(
    ("plan_row", "site_row", "at", "is_open"),
    [
        (plan(), site(hours="Mo-Fr 08:00-12:00"), FRIDAY, False),
        (plan(hours="Mo-Fr 08:00-20:00"), site(hours="Mo-Fr 08:00-12:00"), FRIDAY, True),
        (plan(), site(closed_days=["2026-11-20"]), FRIDAY, False),
        (plan(), site(closed_days=["2026-11-01/2026-11-30"]), FRIDAY, False),
        (plan(), site(closed_days=["2026-11-21"]), FRIDAY, True),
        (plan(public_holidays="closed"), site(), CHRISTMAS, False),
        (plan(public_holidays="closed"), site(insee=None), FRIDAY, True),
    ],
)
def test_a_place_s_hours(
    plan_row: dict[str, Any], site_row: dict[str, Any], at: datetime, is_open: bool
) -> None:
    """The plan's own hours stand before the site's; closed days and holidays close either."""
    hours = Rulebook([plan_row], [site_row]).hours_of(PLAN, SITE)
    assert hours is not None
    assert hours.is_open(at) is is_open


def test_a_place_that_says_nothing_is_always_open() -> None:
    """So is one nobody knows any more."""
    rules = Rulebook([plan()], [site()])
    assert rules.hours_of(PLAN, SITE) is None
    assert rules.hours_of(PLAN, UUID(int=9)) is None


def test_limits() -> None:
    """As the plan's row has them; none for a plan nobody knows."""
    rules = Rulebook([plan(day_octets=5, at_end="slow", slow_upload_bps=7)], [])
    assert rules.limits_of(PLAN) == Limits(
        Amounts(day_octets=5), at_end=AtEnd.SLOW, slow_upload_bps=7
    )
    assert rules.limits_of(UUID(int=9)) is NO_LIMITS


@pytest.mark.parametrize("site_row", [site(closed_days=["demain"]), site(hours="jamais")])
def test_what_cannot_be_read_shuts_nobody_out(site_row: dict[str, Any]) -> None:
    """`socle apply` refuses it; written otherwise, it must not end the server."""
    assert Rulebook([plan()], [site_row]).hours_of(PLAN, SITE) is None


def test_a_newer_version_s_word_is_the_strictest() -> None:
    """What happens at the end of a plan, in a word this version does not know."""
    assert Rulebook([plan(at_end="borrow")], []).limits_of(PLAN).at_end is AtEnd.CUT
