"""What /metrics shows, and what it never shows."""

from datetime import UTC, datetime

from prometheus_client import generate_latest

from supervision.fleet import Kind
from supervision.health import Reading, State
from supervision.metrics import Metrics

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
LABELS = {"site", "kind", "state", "outcome", "by", "le"}


def used() -> Metrics:
    """Metrics after a round in which everything happened."""
    metrics = Metrics()
    metrics.count_reading(Kind.NAS, Reading(NOW, 0.02, 1))
    metrics.count_reading(Kind.NAS, Reading(NOW, 0.02, 2))
    metrics.count_reading(Kind.ACCESS_POINT, Reading(NOW, None, 3))
    metrics.count_change(Kind.ACCESS_POINT, State.DOWN)
    metrics.show([("bar-mairie", Kind.NAS, State.UP), ("bar-mairie", Kind.ACCESS_POINT, None)])
    metrics.count_round(NOW, 2.5)
    metrics.show_failure("ping", True)
    return metrics


def test_labels_are_bounded_and_about_no_person() -> None:
    """The only labels are these, so the number of series is bounded by the fleet."""
    families = used().registry.collect()
    labels = {name for family in families for sample in family.samples for name in sample.labels}
    assert labels <= LABELS


def test_a_site_shows_every_state() -> None:
    """States nobody is in are there at zero, and what was never judged counts as unknown."""
    registry = used().registry

    def count(kind: str, state: str) -> float | None:
        labels = {"site": "bar-mairie", "kind": kind, "state": state}
        return registry.get_sample_value("socle_supervision_equipment", labels)

    assert [count("nas", state) for state in State] == [1, 0, 0, 0, 0]
    assert count("access_point", "unknown") == 1


def test_a_site_that_is_gone_leaves_no_series() -> None:
    """Counts come from the last round alone."""
    metrics = used()
    metrics.show([("autre-lieu", Kind.NAS, State.UP)])
    assert b"bar-mairie" not in generate_latest(metrics.registry)


def test_readings_are_counted_by_outcome() -> None:
    """Answered, answered after a retry and silent are told apart; silence has no round trip."""
    registry = used().registry

    def readings(kind: str, outcome: str) -> float | None:
        labels = {"kind": kind, "outcome": outcome}
        return registry.get_sample_value("socle_supervision_readings_total", labels)

    assert readings("nas", "answered") == readings("nas", "retried") == 1
    assert readings("access_point", "silent") == 1
    silent = {"kind": "access_point"}
    assert registry.get_sample_value("socle_supervision_round_trip_seconds_count", silent) is None


def test_a_hindrance_is_shown() -> None:
    """What keeps supervision from seeing is a series of its own, there from the start."""
    registry = used().registry
    assert registry.get_sample_value("socle_supervision_hindered", {"by": "ping"}) == 1
    assert registry.get_sample_value("socle_supervision_hindered", {"by": "database"}) == 0
