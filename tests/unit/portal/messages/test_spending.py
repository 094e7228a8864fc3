"""Where budgets stand: in the words of a page, and as gauges."""

import pytest
from prometheus_client import generate_latest

from portal.identification.budget import Allowance
from portal.messages.spending import OrganisationSpending, SiteSpending, Spent, State, show
from portal.metrics import Metrics

MOST = Allowance(10, 100)


@pytest.mark.parametrize(
    ("today", "month", "heading", "state"),
    [
        (0, 0, 0, State.GOOD),
        (7, 50, 100, State.GOOD),
        (8, 50, 60, State.WARN),
        (1, 60, 101, State.WARN),
        (10, 10, 50, State.BAD),
        (0, 100, 100, State.BAD),
    ],
)
def test_how_a_budget_does(today: int, month: int, heading: float, state: State) -> None:
    """Over where nothing is sent any more; tight near the day's end or where the month leads."""
    assert Spent(today, month, MOST, heading).state is state


def test_gauges_are_those_of_now() -> None:
    """By the codes of organisation and site; what is gone is told no longer."""
    metrics, half = Metrics(), Spent(5, 50, MOST, 150.0)
    show(metrics, [OrganisationSpending("bar", "Bar", half, (SiteSpending("m", "M", half),))])
    told = generate_latest(metrics.registry).decode()
    assert 'sms_budget_ratio{organisation="bar",site="m",span="day"} 0.5' in told
    assert 'sms_budget_ratio{organisation="bar",site="",span="month"} 0.5' in told
    assert 'sms_month_forecast_ratio{organisation="bar",site=""} 1.5' in told
    show(metrics, [])
    assert 'organisation="bar"' not in generate_latest(metrics.registry).decode()
