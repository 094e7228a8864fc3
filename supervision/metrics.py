"""What supervision shows at /metrics: base units, and labels bounded by the size of the fleet.

A label is a site's code, a kind or a state; never an address, a MAC or anything about a person.
Counts by site are made anew from each round, so that a site that is gone leaves nothing behind.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, Gauge, Histogram
from prometheus_client import Counter as Total
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from supervision.fleet import Kind
from supervision.health import Reading, State

_ROUND_TRIP_BUCKETS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
_ROUND_BUCKETS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 60.0, 120.0)
HINDRANCES = ("database", "ping", "tunnel")
"""What can keep supervision from seeing; each is a metric of its own label."""


class Metrics:
    """Every metric of supervision, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._equipment = _EquipmentByState()
        self.registry.register(self._equipment)
        self._readings = Total(
            "socle_supervision_readings",
            "Readings taken by ping, by kind and outcome.",
            ("kind", "outcome"),
            registry=self.registry,
        )
        self._round_trip = Histogram(
            "socle_supervision_round_trip_seconds",
            "Time from a ping to its answer.",
            ("kind",),
            buckets=_ROUND_TRIP_BUCKETS,
            registry=self.registry,
        )
        self._changes = Total(
            "socle_supervision_state_changes",
            "Changes of state, by kind and new state.",
            ("kind", "state"),
            registry=self.registry,
        )
        self._round_duration = Histogram(
            "socle_supervision_round_duration_seconds",
            "Time of a round over the whole fleet, which is spread over the interval.",
            buckets=_ROUND_BUCKETS,
            registry=self.registry,
        )
        self._last_round = Gauge(
            "socle_supervision_last_round_timestamp_seconds",
            "When the last whole round ended, in Unix time.",
            registry=self.registry,
        )
        self._hindered = Gauge(
            "socle_supervision_hindered",
            "1 while the database, the right to ping or the tunnels' interface is missing, else 0.",
            ("by",),
            registry=self.registry,
        )
        for what in HINDRANCES:
            self._hindered.labels(what).set(0)
        self._tunnels = Gauge(
            "socle_supervision_tunnels",
            "Tunnels of sites, by whether they have shaken hands of late: up or down.",
            ("state",),
            registry=self.registry,
        )

    def count_reading(self, kind: Kind, reading: Reading) -> None:
        """Count one poll: answered at once, answered after a retry, or silent."""
        if reading.round_trip_seconds is None:
            self._readings.labels(kind, "silent").inc()
            return
        self._readings.labels(kind, "answered" if reading.perfect else "retried").inc()
        self._round_trip.labels(kind).observe(reading.round_trip_seconds)

    def count_change(self, kind: Kind, state: State) -> None:
        """Count one change of state."""
        self._changes.labels(kind, state).inc()

    def count_round(self, ended_at: datetime, duration_seconds: float) -> None:
        """Note that a whole round was carried out."""
        self._last_round.set(ended_at.timestamp())
        self._round_duration.observe(duration_seconds)

    def show_failure(self, what: str, failing: bool) -> None:
        """Show whether something hinders supervision now."""
        self._hindered.labels(what).set(failing)

    def show_tunnels(self, *, up: int, down: int) -> None:
        """Set how many tunnels stand, and how many do not."""
        self._tunnels.labels("up").set(up)
        self._tunnels.labels("down").set(down)

    def show(self, states: Iterable[tuple[str, Kind, State | None]]) -> None:
        """Set the counts from a whole round: site code, kind, state of each (None: not judged)."""
        counts: dict[tuple[str, Kind], Counter[State]] = {}
        for site_code, kind, state in states:
            counts.setdefault((site_code, kind), Counter())[state or State.UNKNOWN] += 1
        self._equipment.counts = counts


class _EquipmentByState(Collector):
    """Each site's equipment by kind and state, every state there, at zero if need be."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, Kind], Counter[State]] = {}

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the one family, made anew at each scrape."""
        family = GaugeMetricFamily(
            "socle_supervision_equipment",
            "Pieces of equipment by site, kind and state.",
            labels=("site", "kind", "state"),
        )
        for (site_code, kind), counts in sorted(self.counts.items()):
            for state in State:
                family.add_metric((site_code, kind, state), counts[state])
        yield family
