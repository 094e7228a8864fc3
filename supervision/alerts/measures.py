"""What components show at /metrics, for as long as the rules look back: counters and windows. Pure.

A component that did not answer leaves its last samples out, as Prometheus does; what is asked of it
is then not answered, which is something else than "no". A counter that falls began again (its
process did), so what it shows then is all growth. Windows begin with this process: what happened
before it is not in them, which Prometheus would know.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

Labels = tuple[tuple[str, str], ...]
"""Name and value, in the order of names."""
Vector = dict[Labels, float]
_POINTS: Final = 60
"""Kept of a window: denser ones are thinned."""


class Sample(NamedTuple):
    """One number of one process."""

    name: str
    labels: Labels
    value: float


class Point(NamedTuple):
    """How much a counter had grown at an instant, whatever it began again at."""

    at: datetime
    grown: float


def read_samples(text: str, wanted: tuple[str, ...], target: Mapping[str, str]) -> list[Sample]:
    """Return the samples of an exposition whose names begin as wanted, with the target's labels.

    Only these lines are parsed: the rest may be tens of thousands.
    """
    lines = [line for line in text.splitlines() if line.startswith(wanted)]
    return samples_of(text_string_to_metric_families("\n".join([*lines, ""])), wanted, target)


def samples_of(
    families: Iterable[Metric], wanted: tuple[str, ...], target: Mapping[str, str]
) -> list[Sample]:
    """Return the samples of families, likewise."""
    return [
        Sample(sample.name, labels_of({**target, **sample.labels}), sample.value)
        for family in families
        for sample in family.samples
        if sample.name.startswith(wanted)
    ]


def labels_of(labels: Mapping[str, str]) -> Labels:
    """Return labels in the one order they are compared in; an empty one is none."""
    return tuple(sorted((name, value) for name, value in labels.items() if value))


@dataclass(slots=True)
class _Track:
    """A counter's growth over the longest window that is asked for."""

    last: float
    points: deque[Point]


class Measures:
    """The last samples of each process, and the growth of counters that windows are asked of."""

    def __init__(self, windows: Mapping[str, timedelta]) -> None:
        """`windows`: by name of a counter, how far back it is looked at."""
        self._windows = windows
        self._now: dict[str, list[Sample]] = {}
        self._tracks: dict[str, dict[Labels, _Track]] = {name: {} for name in windows}
        self._began_at: datetime | None = None

    def take(self, target: str, samples: Iterable[Sample] | None, at: datetime) -> None:
        """Keep what a process shows now; None: it does not answer."""
        self._began_at = self._began_at or at
        self._now[target] = found = list(samples or ())
        for sample in found:
            window = self._windows.get(sample.name)
            if window is not None:
                self._follow(sample, window, at)

    def now(self, name: str, **match: str) -> Vector:
        """Return the present values of a measure whose labels are so."""
        return {
            sample.labels: sample.value
            for samples in self._now.values()
            for sample in samples
            if sample.name == name and match.items() <= dict(sample.labels).items()
        }

    def increase(self, name: str, back: timedelta, now: datetime, **match: str) -> Vector:
        """Return how much each series of a counter has grown in the time before `now`."""
        return {
            labels: track.points[-1].grown - _at(track.points, now - back)
            for labels, track in self._tracks[name].items()
            if match.items() <= dict(labels).items()
        }

    def has_followed(self, name: str, now: datetime) -> bool:
        """Whether this counter was there to be followed for the whole of its window."""
        return self._began_at is not None and now - self._began_at >= self._windows[name]

    def _follow(self, sample: Sample, window: timedelta, at: datetime) -> None:
        tracks = self._tracks[sample.name]
        track = tracks.get(sample.labels)
        if track is None:
            tracks[sample.labels] = _Track(sample.value, deque([Point(at, 0.0)]))
            return
        step = sample.value - track.last if sample.value >= track.last else sample.value
        track.last, points = sample.value, track.points
        grown = points[-1].grown + step
        if len(points) > 1 and _is_between(points, Point(at, grown), window):
            points.pop()
        points.append(Point(at, grown))
        while len(points) > 1 and points[1].at <= at - window:
            points.popleft()

    def forget(self, before: datetime) -> None:
        """Drop counters nobody has shown since: of a site that is gone."""
        self._tracks = {
            name: {labels: each for labels, each in of.items() if each.points[-1].at >= before}
            for name, of in self._tracks.items()
        }


def _is_between(points: deque[Point], new: Point, window: timedelta) -> bool:
    """Whether the last point tells nothing that those beside it do not: too close, or all still."""
    before, last = points[-2], points[-1]
    return new.at - before.at < window / _POINTS or before.grown == last.grown == new.grown


def _at(points: deque[Point], instant: datetime) -> float:
    """Return the growth at an instant, or the first that is known."""
    grown = points[0].grown
    for point in points:
        if point.at > instant:
            break
        grown = point.grown
    return grown


def by(vector: Vector, *names: str, fold: Callable[[Iterable[float]], float] = sum) -> Vector:
    """Return a vector folded by these labels; `sum by (names)` unless another fold is given."""
    grouped: defaultdict[Labels, list[float]] = defaultdict(list)
    for labels, value in vector.items():
        grouped[tuple(each for each in labels if each[0] in names)].append(value)
    return {labels: fold(values) for labels, values in grouped.items()}


def quantile(share: float, buckets: Vector) -> Vector:
    """Return the quantile of each histogram, from its buckets' growth; none of an empty one.

    As Prometheus does: linear within a bucket; in the last one, its lower end.
    """
    histograms: defaultdict[Labels, list[tuple[float, float]]] = defaultdict(list)
    for labels, value in buckets.items():
        edge = float(dict(labels)["le"])
        histograms[tuple(each for each in labels if each[0] != "le")].append((edge, value))
    found = {labels: _quantile(share, sorted(pairs)) for labels, pairs in histograms.items()}
    return {labels: value for labels, value in found.items() if value is not None}


def _quantile(share: float, buckets: list[tuple[float, float]]) -> float | None:
    rank = share * buckets[-1][1]
    if rank <= 0:
        return None
    lower_edge, lower_count = 0.0, 0.0
    for edge, counted in buckets:
        if counted >= rank:
            if edge == float("inf"):
                return lower_edge
            return lower_edge + (edge - lower_edge) * (rank - lower_count) / (counted - lower_count)
        lower_edge, lower_count = edge, counted
    return lower_edge
