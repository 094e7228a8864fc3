"""The rules' file is read as Prometheus reads it, as far as it goes."""

from datetime import timedelta

import pytest

from supervision.alerts.rulebook import fill, lasting, load_rules


def test_a_rule_as_it_is_written() -> None:
    """How long it holds and stays, how urgent it is, its words."""
    rule = load_rules()["SiteDown"]
    assert (rule.severity, rule.hold, rule.keep) == (
        "critical",
        timedelta(seconds=15),
        timedelta(minutes=2),
    )
    assert fill(rule.summary, {"site": "Mairie"}, 1) == "Mairie : le Wi-Fi ne répond plus"


@pytest.mark.parametrize("name", load_rules())
def test_no_template_is_left_unfilled(name: str) -> None:
    """Whatever a rule's words use, we fill in: no brace goes into a message, and no line end."""
    rule = load_rules()[name]
    for template in (rule.summary, rule.description):
        words = fill(template, {"site": "mairie"}, 3.0)
        assert words
        assert not set("{}$|\n") & set(words)


@pytest.mark.parametrize(
    ("template", "value", "words"),
    [
        ("{{ $value }} lieux", 12.0, "12 lieux"),
        ("dans {{ $value | humanizeDuration }}", 12 * 86_400.0, "dans 12 jours"),
        ("{{ $value | humanizePercentage }} du budget", 0.87, "87 % du budget"),
        ("({{ $labels.organisation }} {{ $labels.site }})", 0, "(bar )"),
    ],
)
def test_filled_in(template: str, value: float, words: str) -> None:
    """Labels, the value and its ways of being written; a label that is not there is empty."""
    assert fill(template, {"organisation": "bar"}, value) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.3, "0,3 s"),
        (59, "59 s"),
        (240, "4 min"),
        (4020, "1 h 07"),
        (93_600, "26 h 00"),
        (259_200, "3 jours"),
        (-301, "-5 min"),
    ],
)
def test_how_long(seconds: float, words: str) -> None:
    """As one says it."""
    assert lasting(seconds) == words
