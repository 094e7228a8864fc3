"""Counters in windows, as Prometheus looks at them: growth, new beginnings, quantiles."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervision.alerts.measures import (
    Measures,
    Sample,
    Vector,
    by,
    labels_of,
    quantile,
    read_samples,
)
from tests.unit.supervision.alerts.ground import NOW

WINDOW = timedelta(minutes=10)
SHOWN = """\
# HELP seen Seen.
# TYPE seen counter
seen_total{site="mairie",kind=""} 3.0
seen_total_of_another 4.0
other_total{site="mairie"} 5.0
"""


def test_only_what_is_wanted_is_read() -> None:
    """With the target's labels; an empty label is none."""
    found = read_samples(SHOWN, ("seen_total",), {"component": "portal"})
    assert found[0] == Sample("seen_total", (("component", "portal"), ("site", "mairie")), 3.0)
    assert [each.name for each in found] == ["seen_total", "seen_total_of_another"]


def test_a_counter_that_falls_began_again() -> None:
    """What it shows after its process began again is growth; what is before the window is not."""
    measures = Measures({"seen_total": WINDOW})
    for minute, value in enumerate([100.0, 103.0, 1.0, 2.0]):
        at = NOW + timedelta(minutes=4 * minute)
        measures.take("a", [Sample("seen_total", (), value)], at)
        now = at
    # 3, then 1 from nothing, then 1: the window of five minutes begins after the 3.
    assert measures.increase("seen_total", WINDOW, now) == {(): 5.0}
    assert measures.increase("seen_total", timedelta(minutes=5), now) == {(): 2.0}
    assert measures.increase("seen_total", WINDOW, now, site="x") == {}


def test_what_no_longer_answers_has_no_present() -> None:
    """Its gauges are gone with it, and only its own."""
    measures = Measures({})
    measures.take("a", [Sample("full", labels_of({"worker": "0"}), 1.0)], NOW)
    measures.take("b", [Sample("full", labels_of({"worker": "1"}), 2.0)], NOW)
    measures.take("a", None, NOW)
    assert measures.now("full") == {(("worker", "1"),): 2.0}


@given(st.lists(st.integers(0, 9), min_size=1, max_size=400))
def test_thinned_points_lose_no_growth(steps: list[int]) -> None:
    """All that a counter grew within the window is there, however often it is looked at."""
    measures, total = Measures({"seen_total": WINDOW}), 0
    measures.take("a", [Sample("seen_total", (), 0.0)], NOW)
    for second, step in enumerate(steps, start=1):
        total += step
        at = NOW + timedelta(seconds=second)
        measures.take("a", [Sample("seen_total", (), total)], at)
    assert measures.increase("seen_total", WINDOW, at) == {(): total}


@pytest.mark.parametrize(
    ("buckets", "expected"),
    [
        ({"0.1": 50, "0.2": 100, "+Inf": 100}, 0.198),
        ({"0.1": 0, "0.2": 0, "+Inf": 100}, 0.2),
        ({"0.1": 100, "+Inf": 100}, 0.099),
        ({"0.1": 0, "+Inf": 0}, None),
    ],
)
def test_quantiles_are_prometheus_s(buckets: dict[str, float], expected: float | None) -> None:
    """Linear within a bucket; in the last one its lower end; none of nothing."""
    vector = {labels_of({"le": edge, "kind": "access"}): n for edge, n in buckets.items()}
    found = quantile(0.99, vector)
    if expected is None:
        assert not found
    else:
        assert found == {(("kind", "access"),): pytest.approx(expected)}


def test_folded_by_labels() -> None:
    """Summed unless said otherwise."""
    vector: Vector = {
        labels_of({"kind": "a", "worker": "0"}): 1.0,
        labels_of({"kind": "a", "worker": "1"}): 2.0,
    }
    assert by(vector, "kind") == {(("kind", "a"),): 3.0}
    assert by(vector, fold=max) == {(): 2.0}
