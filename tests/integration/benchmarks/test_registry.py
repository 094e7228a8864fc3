"""What a benchmark is held to: a ratio, a floor, and a latency where one is asked for."""

import pytest

from tests.benchmarks.arena import Arena
from tests.benchmarks.registry import Benchmark, Figures, Goal, compare

GOAL = Goal(4.0, floor=2.5, p99_ms=10.0)


def nothing(_: Arena) -> Figures:
    """Measure nothing."""
    return Figures(1.0, 1.0, {})


@pytest.mark.parametrize(
    ("ours", "p99_ms", "reached", "keeps_floor"),
    [
        (4.0, 10.0, True, True),
        (4.0, 10.1, False, True),
        (4.0, None, False, True),
        (3.9, 1.0, False, True),
        (2.4, 1.0, False, False),
    ],
)
def test_a_goal_is_a_ratio_and_a_latency(
    ours: float, p99_ms: float | None, reached: bool, keeps_floor: bool
) -> None:
    """The floor is the ratio's alone."""
    which = Benchmark("a.b", "requests/s", GOAL, "more", nothing)
    found = compare(which, Figures(ours, 1.0, {}, p99_ms))
    assert (found.reached, found.keeps_floor) == (reached, keeps_floor)


def test_less_may_be_better() -> None:
    """The ratio is above 1 when ours is better, either way."""
    which = Benchmark("a.b", "s", Goal(2.0, floor=1.0), "less", nothing)
    assert compare(which, Figures(1.0, 2.0, {})).reached
