"""What the portal counts is valid Prometheus and names no one."""

import subprocess

from prometheus_client import generate_latest

from portal.metrics import Metrics


def used() -> Metrics:
    """Return metrics that have each counted once."""
    metrics = Metrics()
    metrics.arrived.labels("coovachilli", "captive").inc()
    metrics.identified.labels("click_through").inc()
    metrics.admitted.labels("coovachilli", "fresh").inc()
    metrics.connected.labels("coovachilli").inc()
    metrics.left.inc()
    metrics.refused.labels("bad-signature").inc()
    metrics.seconds.labels("/visite").observe(0.001)
    return metrics


def test_promtool_finds_nothing_to_say() -> None:
    """Names, units and help texts follow Prometheus's own rules."""
    text = generate_latest(used().registry)
    said = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, check=False
    )
    assert (said.returncode, said.stdout, said.stderr) == (0, b"", b"")


def test_labels_are_words_of_ours() -> None:
    """No device, no address, no person, no place."""
    labels = {
        label
        for family in used().registry.collect()
        for sample in family.samples
        for label in sample.labels
    }
    assert labels <= {"brand", "situation", "method", "right", "reason", "page", "le"}
