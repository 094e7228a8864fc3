"""What a benchmark is: a named function that measures us and a peer, and the ratio it must reach.

A new benchmark is a function in a module of this folder, decorated with `@benchmark(...)`, and that
module's name in `__main__.MODULES`. It receives the arena (what several benchmarks share: one
database, servers already running) and returns the figures; the runner prints and writes them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tests.benchmarks.arena import Arena

Better = Literal["more", "less"]


@dataclass(frozen=True, slots=True)
class Figures:
    """What one benchmark found: medians over the rounds, ours and the peer's."""

    ours: float
    """Our median, in the benchmark's unit."""
    peer: float
    """The peer's median, in the same unit, measured in the same run on the same machine."""
    conditions: dict[str, str | int | float | list[float]]
    """Everything needed to judge or repeat the figures: load, versions, latencies, each round."""
    p99_ms: float | None = None
    """Our median p99 latency; None where none is asked for."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What a benchmark must reach."""

    ratio: float
    """The least ratio that is wanted."""
    floor: float
    """The least ratio that may be shipped: below it, something is wrong."""
    p99_ms: float | None = None
    """The longest p99 that is wanted."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A registered benchmark, before it has run."""

    name: str
    """`component.what`, stable over time: build/bench.json is compared from one run to the next."""
    unit: str
    """Of `ours` and `peer`, for example `requests/s`."""
    goal: Goal
    better: Better
    """Whether more or less is better; the ratio is above 1 when we are better, either way."""
    run: "Callable[[Arena], Figures]"
    """Measures; raises `Spoiled` when the figures would not mean what they say."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of build/bench.json."""

    name: str
    ours: float
    peer: float
    ratio: float
    """How many times better we are; 1 is a draw."""
    unit: str
    goal: Goal
    p99_ms: float | None
    conditions: dict[str, str | int | float | list[float]]

    @property
    def reached(self) -> bool:
        """Whether the goal is met, in its ratio and its latency."""
        return self.ratio >= self.goal.ratio and self.is_quick

    @property
    def keeps_floor(self) -> bool:
        """Whether the ratio is good enough to ship."""
        return self.ratio >= self.goal.floor

    @property
    def is_quick(self) -> bool:
        """Whether the latency asked for is kept, where one is."""
        wanted = self.goal.p99_ms
        return wanted is None or (self.p99_ms is not None and self.p99_ms <= wanted)


class Spoiled(Exception):
    """A run whose figures mean nothing: a lost reply, a wrong answer, an answer not recorded."""


BENCHMARKS: dict[str, Benchmark] = {}


def benchmark(
    name: str, *, unit: str, goal: Goal, better: Better = "more"
) -> "Callable[[Callable[[Arena], Figures]], Callable[[Arena], Figures]]":
    """Register the decorated function under `name`."""

    def register(run: "Callable[[Arena], Figures]") -> "Callable[[Arena], Figures]":
        if name in BENCHMARKS:
            raise ValueError(f"two benchmarks are called {name}")
        BENCHMARKS[name] = Benchmark(name, unit, goal, better, run)
        return run

    return register


def compare(which: Benchmark, figures: Figures) -> Measure:
    """The ratio of one benchmark's figures, above 1 when ours are better."""
    above, below = figures.ours, figures.peer
    if which.better == "less":
        above, below = below, above
    return Measure(
        which.name,
        round(figures.ours, 3),
        round(figures.peer, 3),
        round(above / below, 2),
        which.unit,
        which.goal,
        figures.p99_ms,
        figures.conditions,
    )
