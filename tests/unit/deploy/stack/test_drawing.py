"""Panels become what Grafana reads, side by side and one row under the other."""

import json
from typing import Any

from deploy.stack.drawing import SOURCE, Dashboard, Kind, Panel, Unit, Variable, draw

DASHBOARD = Dashboard(
    "essai",
    "Essai",
    (
        (
            Panel(Kind.NUMBER, "Un", Unit.COUNT, "sum(a)", bad_from=1),
            Panel(Kind.NUMBER, "Deux", Unit.SECONDS, "sum(b)"),
        ),
        (Panel(Kind.STACK, "Trois", Unit.RATIO, {"{{x}}": "c", "{{y}}": "d"}),),
    ),
    (Variable("site", "Lieu", "a"),),
)


def drawn() -> Any:
    """Return the dashboard as Grafana reads it."""
    return json.loads(draw(DASHBOARD))


def test_panels_fill_their_row() -> None:
    """24 columns, shared by a row; numbers are half as high as curves."""
    places = [panel["gridPos"] for panel in drawn()["panels"]]
    assert places == [
        {"x": 0, "y": 0, "w": 12, "h": 4},
        {"x": 12, "y": 0, "w": 12, "h": 4},
        {"x": 0, "y": 4, "w": 24, "h": 8},
    ]


def test_each_panel_asks_the_source_that_is_provisioned() -> None:
    """By its uid; each question has a letter and a legend."""
    *_, stack = drawn()["panels"]
    assert stack["datasource"] == SOURCE
    asked = [(target["refId"], target["expr"]) for target in stack["targets"]]
    assert asked == [("A", "c"), ("B", "d")]
    assert stack["type"] == "timeseries"
    assert stack["fieldConfig"]["defaults"]["custom"]["stacking"] == {"mode": "normal"}


def test_a_bad_value_is_red() -> None:
    """Only where there is one."""
    one, two, _ = drawn()["panels"]
    steps = [panel["fieldConfig"]["defaults"]["thresholds"]["steps"] for panel in (one, two)]
    assert [[step["color"] for step in each] for each in steps] == [["green", "red"], ["green"]]


def test_a_choice_is_a_label() -> None:
    """Everything is chosen at first."""
    (choice,) = drawn()["templating"]["list"]
    assert choice["query"] == "label_values(a, site)"
    assert choice["allValue"] == ".*"
