"""What /metrics shows, and what it never shows."""

from datetime import UTC, datetime

from prometheus_client.parser import text_string_to_metric_families

from supervision.facts import Reading
from supervision.fleet import Kind
from supervision.metrics import Metrics
from territory.database.connect import open_engine
from territory.health.states import State

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
    metrics.show_backlog(range(7))
    metrics.count_lost_change()
    metrics.show_common_outage(40)
    metrics.show_maintenance(["bar-mairie"])
    metrics.show_pool(open_engine("postgresql://nobody@127.0.0.1:1/socle").pool)
    return metrics


def test_labels_are_bounded_and_about_no_person() -> None:
    """The only labels are these, so the number of series is bounded by the fleet."""
    families = used().registry.collect()
    labels = {name for family in families for sample in family.samples for name in sample.labels}
    assert labels <= LABELS


def test_a_site_shows_every_state() -> None:
    """States nobody is in are there at zero, and what was never judged counts as unknown."""
    (family,) = text_string_to_metric_families(used().equipment)
    assert (family.name, family.type) == ("socle_supervision_equipment", "gauge")
    counts = {
        (one.labels["site"], one.labels["kind"], one.labels["state"]): one.value
        for one in family.samples
    }
    assert [counts["bar-mairie", "nas", state] for state in State] == [1, 0, 0, 0, 0]
    assert counts["bar-mairie", "access_point", "unknown"] == 1
    (family,) = text_string_to_metric_families(Metrics().equipment)
    assert not family.samples, "there from the start, nothing counted yet"


def test_a_site_that_is_gone_leaves_no_series() -> None:
    """Counts come from the last round alone."""
    metrics = used()
    metrics.show([("autre-lieu", Kind.NAS, State.UP)])
    assert "bar-mairie" not in metrics.equipment
    assert "autre-lieu" in metrics.equipment


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


def test_what_waits_and_what_is_hidden_is_shown() -> None:
    """Findings that wait, changes lost, a common outage, and the sites where work is announced."""
    metrics = used()
    shown = metrics.registry.get_sample_value
    assert shown("socle_supervision_unwritten") == 7
    assert shown("socle_supervision_lost_changes_total") == 1
    assert shown("socle_supervision_common_outage_sites") == 40
    assert shown("socle_supervision_maintenance", {"site": "bar-mairie"}) == 1
    states = {"open": 0, "in_use": 0, "most": 5}
    pool = "socle_supervision_pool_connections"
    assert {state: shown(pool, {"state": state}) for state in states} == states
    metrics.show_maintenance([])
    assert shown("socle_supervision_maintenance", {"site": "bar-mairie"}) is None
