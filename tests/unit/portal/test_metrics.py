"""What the portal counts is valid Prometheus and names no one."""

import subprocess

import pytest
from prometheus_client import generate_latest

from portal.metrics import Metrics
from territory.errors import Unavailable
from territory.messages.mail import Delivery


def used() -> Metrics:
    """Return metrics that have each counted once."""
    metrics = Metrics()
    metrics.arrived.labels("coovachilli", "captive").inc()
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
    assert labels <= {
        *("brand", "situation", "right", "reason", "page", "le", "channel", "outcome"),
        *("step", "site", "method", "language"),
    }


async def test_a_letter_nobody_takes_is_counted() -> None:
    """A relay that is away shows as `failed`; what becomes of the others is the relay's word."""

    async def taken() -> Delivery:
        return Delivery.TAKEN

    async def away() -> Delivery:
        raise Unavailable("relay")

    metrics = Metrics()
    await metrics.count_letter(taken())
    with pytest.raises(Unavailable):
        await metrics.count_letter(away())
    value = metrics.registry.get_sample_value
    sent = "socle_portal_messages_sent_total"
    assert value(sent, {"channel": "mail", "outcome": "taken"}) == 1
    assert value(sent, {"channel": "mail", "outcome": "failed"}) == 1
    assert value(sent, {"channel": "sms", "outcome": "failed"}) == 0
