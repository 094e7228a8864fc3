"""The RADIUS server's measures: plain numbers while it runs, Prometheus families when asked.

Counting is an addition to a dictionary; names and labels cost only at a scrape. No label carries an
address, a device or a person; a NAS is named by its code, so that there are only so many.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

_LATENCY_BOUNDS: Final = (
    0.0005,
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1,
    2.5,
    5,
)
_OVERLOAD: Final = {("access", "overload"): 0, ("accounting", "overload"): 0}
"""Shown from the start, so that the first one counts too."""
_BATCH_BOUNDS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500)


class Histogram:
    """Counts of values by upper bound."""

    __slots__ = ("_bounds", "_counts", "_sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        """Count one value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def buckets(self) -> list[tuple[str, float]]:
        """Return (upper bound, count of values up to it), ending with `+Inf`."""
        total = 0
        found: list[tuple[str, float]] = []
        for bound, count in zip((*self._bounds, "+Inf"), self._counts, strict=True):
            total += count
            found.append((str(bound), float(total)))
        return found

    @property
    def total(self) -> float:
        """The sum of all values."""
        return self._sum


class Counters(Collector):
    """Everything that is counted; one for each server."""

    def __init__(self) -> None:
        self.received: Counter[str] = Counter()
        """Datagrams by kind: access, accounting, status, other."""
        self.answered: Counter[tuple[str, str]] = Counter()
        """Replies by (code's name, reason)."""
        self.discarded: Counter[tuple[str, str]] = Counter()
        """Datagrams nobody answered, by (port's kind, reason)."""
        self.duplicates: Counter[str] = Counter()
        """Requests seen again, by kind."""
        self.unsigned: Counter[str] = Counter()
        """Access-Requests without Message-Authenticator that were taken, by their NAS's code."""
        self.known_nas: Callable[[], Iterable[str]] = tuple
        """Codes of the NAS there are: each has its count of unsigned requests from the start."""
        self.by_nas_replies: Counter[tuple[str, str]] = Counter()
        """Replies by (NAS's code, code's name): how many of its guests are let in."""
        self.last_accounting: dict[str, datetime] = {}
        """When each NAS last sent accounting under its secret."""
        self.set_aside = 0
        """Accounting packets kept because they could not be recorded, repetitions included."""
        self.latency = {
            "access": Histogram(_LATENCY_BOUNDS),
            "accounting": Histogram(_LATENCY_BOUNDS),
        }
        """Seconds from receipt to reply, duplicates left out."""
        self.batches = {
            "access": Histogram(_BATCH_BOUNDS),
            "accounting": Histogram(_BATCH_BOUNDS),
        }
        """Sizes of committed batches."""
        self.gauges: dict[str, tuple[str, Callable[[], float]]] = {}
        """Levels read at each scrape: name to (meaning, reader)."""
        self.by_nas: dict[str, tuple[str, Callable[[], Mapping[str, float]]]] = {}
        """The same by NAS: the reader gives one level for each code."""

    def collect(self) -> Iterator[Metric]:
        """Yield the families Prometheus reads."""
        yield self._labelled("received", "Datagrams received.", "kind", self.received)
        yield self._labelled("duplicates", "Requests seen again.", "kind", self.duplicates)
        yield self._paired("replies", "Replies sent.", ("code", "reason"), self.answered)
        yield self._paired(
            "discards", "Not answered.", ("kind", "reason"), {**_OVERLOAD, **self.discarded}
        )
        aside = "Accounting packets that could not be recorded."
        yield CounterMetricFamily("socle_radius_set_aside", aside, value=self.set_aside)
        unsigned = "Access-Requests taken without Message-Authenticator."
        counts = Counter(dict.fromkeys(self.known_nas(), 0) | self.unsigned)
        yield self._labelled("unsigned_requests", unsigned, "nas", counts)
        yield self._histograms("reply_seconds", "From receipt to reply.", self.latency)
        yield self._histograms("batch_rows", "Requests committed together.", self.batches)
        replies = "Replies sent to each NAS."
        yield self._paired("nas_replies", replies, ("nas", "code"), self.by_nas_replies)
        heard = "When a NAS last sent accounting."
        instants = {code: at.timestamp() for code, at in list(self.last_accounting.items())}
        yield self._levels("nas_last_accounting_timestamp_seconds", heard, instants)
        for name, (meaning, read) in self.gauges.items():
            yield GaugeMetricFamily(f"socle_radius_{name}", meaning, value=read())
        for name, (meaning, levels) in self.by_nas.items():
            yield self._levels(name, meaning, levels())

    def _levels(self, name: str, meaning: str, levels: Mapping[str, float]) -> GaugeMetricFamily:
        by_nas = GaugeMetricFamily(f"socle_radius_{name}", meaning, labels=["nas"])
        for code, level in list(levels.items()):
            by_nas.add_metric([code], level)
        return by_nas

    def _labelled(
        self, name: str, meaning: str, label: str, counts: Counter[str]
    ) -> CounterMetricFamily:
        family = CounterMetricFamily(f"socle_radius_{name}", meaning, labels=[label])
        for value, count in list(counts.items()):
            family.add_metric([value], count)
        return family

    def _paired(
        self,
        name: str,
        meaning: str,
        labels: tuple[str, str],
        counts: Mapping[tuple[str, str], int],
    ) -> CounterMetricFamily:
        family = CounterMetricFamily(f"socle_radius_{name}", meaning, labels=labels)
        for values, count in list(counts.items()):
            family.add_metric(list(values), count)
        return family

    def _histograms(
        self, name: str, meaning: str, histograms: dict[str, Histogram]
    ) -> HistogramMetricFamily:
        family = HistogramMetricFamily(f"socle_radius_{name}", meaning, labels=["kind"])
        for kind, histogram in histograms.items():
            family.add_metric([kind], histogram.buckets(), histogram.total)
        return family
