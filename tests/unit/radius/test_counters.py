"""Measures: what Prometheus reads, in base units and without anybody in a label."""

from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, generate_latest

from radius.counters import Counters, Histogram


def scrape(counters: Counters) -> str:
    """Return what a scrape gives."""
    registry = CollectorRegistry()
    registry.register(counters)
    return generate_latest(registry).decode()


def test_a_histogram_counts_up_to_each_bound() -> None:
    """A value on a bound belongs to it, as Prometheus has it."""
    histogram = Histogram((1, 5))
    for value in (0.5, 1, 2, 9):
        histogram.observe(value)
    assert histogram.buckets() == [("1", 2.0), ("5", 3.0), ("+Inf", 4.0)]
    assert histogram.total == 12.5


def test_everything_counted_is_scraped() -> None:
    """Each measure has its family, its labels and its level."""
    counters = Counters()
    counters.received["access"] += 3
    counters.duplicates["access"] += 1
    counters.answered["access_accept", "first_use"] += 2
    counters.by_nas_replies["nas-mairie", "access_accept"] += 2
    ahead = ("How far the clock of a NAS is ahead of ours.", lambda: {"nas-mairie": -61.0})
    counters.by_nas["nas_clock_offset_seconds"] = ahead
    counters.last_accounting["nas-mairie"] = datetime(2026, 11, 20, 14, tzinfo=UTC)
    counters.discarded["accounting", "request-authenticator"] += 4
    counters.set_aside += 5
    counters.latency["access"].observe(0.002)
    counters.batches["accounting"].observe(20)
    counters.gauges["access_queue"] = ("Waiting.", lambda: 7)
    text = scrape(counters)
    for line in (
        'socle_radius_received_total{kind="access"} 3.0',
        'socle_radius_duplicates_total{kind="access"} 1.0',
        'socle_radius_replies_total{code="access_accept",reason="first_use"} 2.0',
        'socle_radius_nas_replies_total{code="access_accept",nas="nas-mairie"} 2.0',
        'socle_radius_nas_clock_offset_seconds{nas="nas-mairie"} -61.0',
        'socle_radius_nas_last_accounting_timestamp_seconds{nas="nas-mairie"} 1.7951832e+09',
        'socle_radius_discards_total{kind="accounting",reason="request-authenticator"} 4.0',
        "socle_radius_set_aside_total 5.0",
        'socle_radius_reply_seconds_bucket{kind="access",le="0.0025"} 1.0',
        'socle_radius_reply_seconds_sum{kind="access"} 0.002',
        'socle_radius_batch_rows_bucket{kind="accounting",le="20"} 1.0',
        "socle_radius_access_queue 7.0",
    ):
        assert line in text
