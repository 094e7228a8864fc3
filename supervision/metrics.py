"""What supervision shows at /metrics: base units, and labels bounded by the size of the fleet.

A label is a site's code, a kind or a state; never an address, a MAC or anything about a person.
Counts by site are made anew from each round, so that a site that is gone leaves nothing behind.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from datetime import datetime
from itertools import product

from prometheus_client import Counter as Total
from prometheus_client import Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.pool import Pool, QueuePool

from supervision.controllers.records import Heard
from supervision.facts import Reading
from supervision.fleet import Kind
from territory.health.states import State
from territory.web.health import TextRegistry

_ROUND_TRIP_BUCKETS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
_ROUND_BUCKETS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 60.0, 120.0)
HINDRANCES = ("database", "network", "ping", "tunnel")
"""What can keep supervision from seeing; each is a metric of its own label."""


class Metrics:
    """Every metric of supervision, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = TextRegistry()
        self.equipment = _equipment_text({})
        """Text for /metrics, of either format: tens of thousands of lines, written once a round,
        where the library would make an object of each at every scrape."""
        self._maintenance = _Maintenance()
        self.registry.register(self._maintenance)
        self._common_outage = Gauge(
            "socle_supervision_common_outage_sites",
            "Sites that fell silent together with a large part of the territory, while it lasts.",
            registry=self.registry,
        )
        self._unwritten = Gauge(
            "socle_supervision_unwritten",
            "Findings and changes of state that wait for the database.",
            registry=self.registry,
        )
        self._lost_changes = Total(
            "socle_supervision_lost_changes",
            "Changes of state that waited in too great a number, or that the database refused.",
            registry=self.registry,
        )
        self._pool_connections = Gauge(
            "socle_supervision_pool_connections",
            "Connections to the database: open, in_use, and the most there may be.",
            ("state",),
            registry=self.registry,
        )
        self._readings = Total(
            "socle_supervision_readings",
            "Readings taken by ping, by kind and outcome.",
            ("kind", "outcome"),
            registry=self.registry,
        )
        self._snmp_polls = Total(
            "socle_supervision_snmp_polls",
            "Polls by SNMP, by kind and outcome: answered, or silent after three tries.",
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
            "1 while database, network, the right to ping or the tunnel interface is away, else 0.",
            ("by",),
            registry=self.registry,
        )
        for what in HINDRANCES:
            self._hindered.labels(what).set(0)
        for kind, outcome in product(Kind, ("answered", "retried", "silent")):
            self._readings.labels(kind, outcome)
        self._tunnels = Gauge(
            "socle_supervision_tunnels",
            "Tunnels of sites, by whether they have shaken hands of late: up or down.",
            ("state",),
            registry=self.registry,
        )

        self._controller_polls = Total(
            "socle_supervision_controller_polls",
            "Questions to controllers by site: answered, or why not all was told.",
            ("outcome",),
            registry=self.registry,
        )
        self._controller_differences = Gauge(
            "socle_supervision_controller_differences",
            "Access points that a controller has and nobody described there, or the reverse.",
            ("site", "difference"),
            registry=self.registry,
        )
        self._incidents = Gauge(
            "socle_supervision_incidents",
            "Incidents that are open, where alerts are told without Prometheus.",
            ("severity",),
            registry=self.registry,
        )
        self._alert_messages = Total(
            "socle_supervision_alert_messages",
            "Attempts at telling an alert: sent, failed for now, or given up.",
            ("outcome",),
            registry=self.registry,
        )

    def count_reading(self, kind: Kind, reading: Reading) -> None:
        """Count one poll: answered at once, answered after a retry, or silent."""
        if reading.round_trip_seconds is None:
            self._readings.labels(kind, "silent").inc()
            return
        self._readings.labels(kind, "answered" if reading.perfect else "retried").inc()
        self._round_trip.labels(kind).observe(reading.round_trip_seconds)

    def count_snmp(self, kind: Kind, *, answered: bool) -> None:
        """Count one poll by SNMP."""
        self._snmp_polls.labels(kind, "answered" if answered else "silent").inc()

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

    def show_controllers(self, heard: Iterable[Heard]) -> None:
        """Count what became of each question, and set how lists and description differ."""
        self._controller_differences.clear()
        for each in heard:
            self._controller_polls.labels(each.trouble or "answered").inc()
            if (found := each.differences) is None:
                continue
            for name, those in (("stranger", found.strangers), ("missing", found.missing)):
                self._controller_differences.labels(each.place.site, name).inc(len(those))

    def show_tunnels(self, *, up: int, down: int) -> None:
        """Set how many tunnels stand, and how many do not."""
        self._tunnels.labels("up").set(up)
        self._tunnels.labels("down").set(down)

    def show_incidents(self, counts: Mapping[str, int]) -> None:
        """Set how many incidents of each severity are open."""
        for severity, count in counts.items():
            self._incidents.labels(severity).set(count)

    def count_alert_message(self, outcome: str) -> None:
        """Count one attempt at telling somebody."""
        self._alert_messages.labels(outcome).inc()

    def show_backlog(self, backlog: Sized) -> None:
        """Show how much waits to be written from now on, read at each scrape."""
        self._unwritten.set_function(lambda: len(backlog))

    def count_lost_change(self) -> None:
        """Count one change of state that will never be written."""
        self._lost_changes.inc()

    def show_pool(self, pool: Pool) -> None:
        """Show a pool's connections from now on, read at each scrape."""
        assert isinstance(pool, QueuePool)  # noqa: S101 - what open_engine makes
        reads: dict[str, Callable[[], float]] = {
            "open": lambda: pool.checkedin() + pool.checkedout(),
            "in_use": pool.checkedout,
            "most": pool.size,
        }
        for state, read in reads.items():
            self._pool_connections.labels(state).set_function(read)

    def show_common_outage(self, sites: int) -> None:
        """Set how many sites a common outage took; 0: there is none."""
        self._common_outage.set(sites)

    def show_maintenance(self, sites: Iterable[str]) -> None:
        """Set at which sites work is announced now."""
        self._maintenance.sites = sorted(set(sites))

    def show(self, states: Iterable[tuple[str, Kind, State | None]]) -> None:
        """Set the counts from a whole round: site code, kind, state of each (None: not judged)."""
        counts: dict[tuple[str, Kind], Counter[State]] = {}
        for site_code, kind, state in states:
            counts.setdefault((site_code, kind), Counter())[state or State.UNKNOWN] += 1
        self.equipment = _equipment_text(counts)


_EQUIPMENT = "socle_supervision_equipment"


def _equipment_text(counts: Mapping[tuple[str, Kind], Mapping[State, int]]) -> str:
    """Return each site's equipment by kind and state, every state there, at zero if need be."""
    lines = [
        f'{_EQUIPMENT}{{kind="{kind}",site="{site}",state="{state}"}} {of_kind[state]}.0\n'
        for (site, kind), of_kind in sorted(counts.items())
        for state in State
    ]
    help_ = f"# HELP {_EQUIPMENT} Pieces of equipment by site, kind and state.\n"
    return "".join((help_, f"# TYPE {_EQUIPMENT} gauge\n", *lines))


class _Maintenance(Collector):
    """The sites where work is announced, and no others: what is told of them is not told now."""

    def __init__(self) -> None:
        self.sites: list[str] = []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the one family, made anew at each scrape."""
        family = GaugeMetricFamily(
            "socle_supervision_maintenance",
            "1 for each site where announced maintenance goes on.",
            labels=("site",),
        )
        for site_code in self.sites:
            family.add_metric((site_code,), 1)
        yield family
