"""Our questions are Prometheus's: the same names, and the same answers to the same series.

The series are those of promtool's own tests (tests/data/prometheus/alerts.yml), which promtool runs
against the rules in tests/unit/deploy/stack/test_alerting.py.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from supervision.alerts.conditions import find
from supervision.alerts.facts import Facts, Fleet, Piece
from supervision.alerts.incidents import Incident, State, Terms, Waits, advance
from supervision.alerts.measures import Labels, Measures, Sample, labels_of
from supervision.alerts.questions import LOOKS_BACK, QUESTIONS, WANTED, WINDOWS
from supervision.alerts.rulebook import load_rules
from tests.unit.supervision.alerts.ground import NOW, facts, place

CASES = Path(__file__).parents[3] / "data" / "prometheus" / "alerts.yml"
SERIES = re.compile(r"(\w+)(?:\{(.*)\})?")
LABEL = re.compile(r'(\w+)="([^"]*)"')
VALUES = re.compile(r"(-?[\d.]+|_)(?:([+-][\d.]+))?x(\d+)")
COUNTED = re.compile(r"count(?: by \((?P<by>.*?)\) )?\(ALERTS\{(?P<match>.*)\}\)")
RULES = load_rules()
UNTIL_IT_IS_OVER = Terms(RULES, Waits(timedelta()))


def test_every_alert_of_prometheus_is_asked_here() -> None:
    """By the same name, and nothing else is: no alert needs Prometheus's own history."""
    assert set(QUESTIONS) == set(RULES)


def test_every_window_is_one_of_the_rules() -> None:
    """What is looked back at is named in the rules, and so is every measure."""
    folder = Path(__file__).parents[4] / "deploy" / "stack" / "prometheus"
    rules = "".join((folder / name).read_text() for name in ("alerts.yml", "recordings.yml"))
    for name, window in WINDOWS.items():
        minutes = int(window.total_seconds() // 60)
        spans = {f"{minutes}m", f"{minutes // 60}h", f"{minutes // 1440}d"}
        assert any(re.search(rf"{name}(\{{.*?\}})?\[{span}\]", rules) for span in spans), name
    for name in WANTED:
        kept = re.sub(
            r"^socle_(portal|radius_radsec|supervision_portal)(_certificate)", r"\2", name
        )
        assert kept in rules, name


def test_an_alert_that_looks_back_has_a_window() -> None:
    """Each counter with a window is looked back at by an alert that knows it."""
    assert set(LOOKS_BACK.values()) == set(WINDOWS)
    assert set(LOOKS_BACK) <= set(QUESTIONS)


def expand(values: str) -> list[float | None]:
    """Return promtool's notation written out: `0+1x3` is 0 1 2 3, `5x2` is 5 5 5, `_x1` nothing."""
    found: list[float | None] = []
    for first, step, times in VALUES.findall(values):
        if first == "_":
            found += [None] * int(times)
            continue
        found += [float(first) + float(step or 0) * turn for turn in range(int(times) + 1)]
    return found


def walk(case: dict[str, Any], measures: Measures) -> Iterator[Facts]:
    """Yield what is known at each minute of a case."""
    series = []
    for each in case["input_series"]:
        found = SERIES.fullmatch(each["series"])
        assert found
        series.append((found[1], dict(LABEL.findall(found[2] or "")), expand(each["values"])))
    began: dict[Labels, datetime] = {}
    for minute in range(max(len(values) for _, _, values in series)):
        now = datetime.fromtimestamp(60 * minute, UTC)
        here = [
            (name, labels, value)
            for name, labels, v in series
            if minute < len(v) and (value := v[minute]) is not None
        ]
        fleet = [labels for name, labels, v in here if name.endswith("_equipment") and v]
        began = {labels_of(each): began.get(labels_of(each), now) for each in fleet}
        pieces = [
            Piece(each["kind"], "x", each["site"], each["state"], "Muet.", began[labels_of(each)])
            for each in fleet
        ]
        up = [labels for name, labels, v in here if name == "up" and not v]
        silent = frozenset(labels_of(each) for each in up)
        at_work = [labels["site"] for name, labels, v in here if name.endswith("_maintenance")]
        rest = [Sample(n, labels_of(labels), v) for n, labels, v in here if n in WANTED]
        measures.take("all", rest, now)
        places = {each["site"]: place(each["site"]) for each in fleet}
        yield Facts(now, Fleet(places, tuple(pieces), frozenset(at_work)), measures, silent)


def firing(case: dict[str, Any]) -> dict[int, set[Incident]]:
    """Return what is open at each minute."""
    measures, found = Measures(WINDOWS), {}
    known: tuple[Incident, ...] = ()
    for minute, seen in enumerate(walk(case, measures)):
        findings = find(RULES, seen)
        known = advance(known, findings, seen.fleet, UNTIL_IT_IS_OVER, seen.now)
        found[minute] = {each for each in known if each.state in {State.OPEN, State.ENDING}}
    return found


def minutes(text: str) -> int:
    """Return `3m` or `3h` in minutes."""
    return int(text[:-1]) * (60 if text.endswith("h") else 1)


# All as text: safe_load takes `0x300` for a number of its own.
TESTS = yaml.load(CASES.read_text(), yaml.BaseLoader)["tests"]  # noqa: S506 - makes text alone


@pytest.mark.parametrize("case", TESTS, ids=lambda case: case["name"])
def test_what_fires_in_prometheus_fires_here(case: dict[str, Any]) -> None:
    """At the same minute of the same series, with the same labels; nothing where it is quiet."""
    found, checked = firing(case), 0
    for expected in case.get("alert_rule_test", ()):
        open_ones = found[minutes(expected["eval_time"])]
        labels = [
            {key: value for key, value in each["exp_labels"].items() if key != "severity"}
            for each in expected.get("exp_alerts", ())
        ]
        ours = [dict(each.key[1]) for each in open_ones if each.key[0] == expected["alertname"]]
        assert ours == labels, expected
        checked += 1
    for expected in case.get("promql_expr_test", ()):
        asked = COUNTED.fullmatch(expected["expr"])
        if asked is None:
            continue
        by = (asked["by"] or "").split(", ")
        named = re.search(r'alertname="(\w+)"', asked["match"])
        theirs = [dict(LABEL.findall(each["labels"])) for each in expected["exp_samples"]]
        ours = [
            {k: v for k, v in (("alertname", each.key[0]), *each.key[1]) if k in by}
            for each in found[minutes(expected["eval_time"])]
            if named is None or each.key[0] == named[1]
        ]
        assert sorted(map(sorted, map(dict.items, ours))) == sorted(
            map(sorted, map(dict.items, theirs))
        )
        checked += 1
    assert checked


def test_a_territory_at_work_is_not_down() -> None:
    """Sites where announced work goes on are not counted as down."""
    down = facts(at_work=("a", "b"), a="down", b="down", c="down", d="up", e="up")
    assert not QUESTIONS["TerritoryDown"].ask(down)
    unannounced = facts(a="down", b="down", c="down", d="up", e="up")
    assert QUESTIONS["TerritoryDown"].ask(unannounced) == {(): 3.0}


def test_more_than_a_few_sites_are_told_once_they_last() -> None:
    """Up to three soon; of more, those that have been down for two minutes."""
    many = facts(a="down", b="down", c="down", d="down", e="up")
    assert many.fleet
    ages = dict(zip("abcde", (130, 110, 0, 3600, 0), strict=True))
    pieces = tuple(
        replace(piece, since=NOW - timedelta(seconds=ages[piece.site]))
        for piece in many.fleet.pieces
    )
    seen = replace(many, fleet=replace(many.fleet, pieces=pieces))
    told = QUESTIONS["SiteDown"].ask(seen)
    assert sorted(dict(labels)["site"] for labels in told) == ["a", "d"]
    few = facts(NOW, a="down", b="down", c="down", d="up")
    assert len(QUESTIONS["SiteDown"].ask(few)) == 3
