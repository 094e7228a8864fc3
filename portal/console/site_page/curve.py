"""A day of a site as a small picture: people online as a curve, its state as a band. Pure.

Drawn here, so that it is there without script. The picture is `WIDTH` minutes wide and stretches;
words stand beside it, never in it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from portal.console.site_page.portrait import DAY, Sample
from territory.health.states import State

WIDTH: Final = 1440
"""A day, in minutes."""
HEIGHT: Final = 100
_HEADROOM: Final = 6
_STEP: Final = timedelta(minutes=5)
"""From one sample to the next."""
_GAP: Final = timedelta(minutes=12)
"""A longer silence between two samples is no line, but a hole."""
_TICKS: Final = 4


@dataclass(frozen=True, slots=True)
class Band:
    """A while in one state."""

    x: int
    width: int
    """Minutes."""
    state: State


@dataclass(frozen=True, slots=True)
class Curve:
    """What the page draws, and says of it."""

    line: str
    """An SVG path."""
    area: str
    """The same, closed down to the ground."""
    bands: Sequence[Band]
    ticks: Sequence[datetime]
    """Equally far apart, from one end to the other."""
    peak: Sample
    """Most people, the latest of them."""


def draw(samples: Sequence[Sample], now: datetime) -> Curve | None:
    """Return the picture of the day before ``now``; None: too little was sampled."""
    if len(samples) < 2:
        return None
    peak = max(samples, key=lambda sample: (sample.people, sample.at))
    runs = [_points(run, peak.people, now) for run in _runs(samples)]
    return Curve(
        line=" ".join(_path(run) for run in runs),
        area=" ".join(f"{_path(run)}V{HEIGHT}H{run[0][0]}Z" for run in runs),
        bands=list(_bands(samples, now)),
        ticks=[now - DAY + n * DAY / _TICKS for n in range(_TICKS + 1)],
        peak=peak,
    )


def _x(at: datetime, now: datetime) -> int:
    return round((at - (now - DAY)) / timedelta(minutes=1))


def _runs(samples: Sequence[Sample]) -> Iterator[list[Sample]]:
    """Samples without a hole between them."""
    run = [samples[0]]
    for before, after in pairwise(samples):
        if after.at - before.at > _GAP:
            yield run
            run = []
        run.append(after)
    yield run


def _points(run: Sequence[Sample], most: int, now: datetime) -> list[tuple[int, int]]:
    scale = (HEIGHT - _HEADROOM) / max(1, most)
    return [(_x(each.at, now), round(HEIGHT - each.people * scale)) for each in run]


def _path(points: Sequence[tuple[int, int]]) -> str:
    (x, y), *others = points
    return f"M{x} {y}" + "".join(f"L{x} {y}" for x, y in others)


def _bands(samples: Sequence[Sample], now: datetime) -> Iterator[Band]:
    """Each while in one state; a sample stands for the five minutes after it."""
    begin, end, state = samples[0].at, samples[0].at + _STEP, samples[0].state
    for each in samples[1:]:
        if each.state is not state or each.at - end > _GAP - _STEP:
            yield _band(begin, min(end, each.at), state, now)
            begin, state = each.at, each.state
        end = each.at + _STEP
    yield _band(begin, min(end, now), state, now)


def _band(begin: datetime, end: datetime, state: State, now: datetime) -> Band:
    left = max(0, _x(begin, now))
    return Band(left, _x(end, now) - left, state)
