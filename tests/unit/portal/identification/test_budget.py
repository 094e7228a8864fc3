"""Budgets of text messages: whose, for how long, and where a month is heading."""

from datetime import UTC, date, datetime

import pytest

from portal.identification.budget import (
    NOTHING_OWN,
    Asked,
    Own,
    Scope,
    Span,
    begins_on,
    budgets_of,
    forecast,
    most_unproven,
    payer,
)
from territory.messages.numbers import PhoneNumber
from territory.settings.messages import SmsSettings


def test_one_message_is_counted_nine_times() -> None:
    """Its number, source, site and organisation, by day and by month; its block by day."""
    asked = Asked(PhoneNumber("+33612345678", "FR"), "192.0.2.1", "site", "town")
    budgets = {(b.scope, b.span): b for b in budgets_of(asked, SmsSettings(a_day_of_a_site=9))}
    assert {pair: budget.who for pair, budget in budgets.items()} == {
        (Scope.NUMBER, Span.DAY): "+33612345678",
        (Scope.NUMBER, Span.MONTH): "+33612345678",
        (Scope.BLOCK, Span.DAY): "+3361234",
        (Scope.SOURCE, Span.DAY): "192.0.2.1",
        (Scope.SOURCE, Span.MONTH): "192.0.2.1",
        (Scope.SITE, Span.DAY): "site",
        (Scope.SITE, Span.MONTH): "site",
        (Scope.ORGANISATION, Span.DAY): "town",
        (Scope.ORGANISATION, Span.MONTH): "town",
    }
    assert budgets[Scope.SITE, Span.DAY].most == 9


@pytest.mark.parametrize(
    ("now", "day", "month"),
    [
        (datetime(2026, 11, 20, 14, tzinfo=UTC), date(2026, 11, 20), date(2026, 11, 1)),
        (datetime(2026, 11, 30, 22, 59, tzinfo=UTC), date(2026, 11, 30), date(2026, 11, 1)),
        (datetime(2026, 11, 30, 23, 0, tzinfo=UTC), date(2026, 12, 1), date(2026, 12, 1)),
    ],
)
def test_days_and_months_are_those_of_paris(now: datetime, day: date, month: date) -> None:
    """An hour before midnight UTC in winter, the next day has begun."""
    assert (begins_on(Span.DAY, now), begins_on(Span.MONTH, now)) == (day, month)


@pytest.mark.parametrize(
    ("parts", "now", "whole"),
    [
        (0, datetime(2026, 11, 20, tzinfo=UTC), 0),
        (10, datetime(2026, 11, 1, 8, tzinfo=UTC), 300),
        (150, datetime(2026, 11, 15, 23, tzinfo=UTC), 300),
        (300, datetime(2026, 11, 30, 22, 59, tzinfo=UTC), 300),
    ],
)
def test_where_a_month_is_heading(parts: int, now: datetime, whole: float) -> None:
    """As it has gone so far; the first day counts as a whole one: one message is no alarm."""
    assert forecast(parts, now) == pytest.approx(whole, rel=0.01)


def test_a_site_and_an_organisation_may_state_their_own() -> None:
    """What is stated counts there, the rest is the settings'; a library has sixty seats."""
    number = PhoneNumber("+33612345678", "FR")
    asked = Asked(number, "192.0.2.1", "site", "town", Own(a_day=2000), Own(a_month=9000))
    settings = SmsSettings()
    most = {(b.scope, b.span): b.most for b in budgets_of(asked, settings)}
    assert most[Scope.SITE, Span.DAY] == 2000
    assert most[Scope.SITE, Span.MONTH] == settings.a_month_of_a_site
    assert most[Scope.ORGANISATION, Span.DAY] == settings.a_day_of_an_organisation
    assert most[Scope.ORGANISATION, Span.MONTH] == 9000
    assert most_unproven(NOTHING_OWN, settings) == 60
    assert most_unproven(Own(unproven_an_hour=600), settings) == 600


def test_a_budget_outlives_an_organisation_s_row() -> None:
    """Counted by SIREN, or by name where there is none."""
    assert (payer("215501229", "Commercy"), payer(None, "Amis du Wi-Fi")) == (
        "215501229",
        "Amis du Wi-Fi",
    )
