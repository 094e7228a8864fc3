"""What Prometheus is told to scrape: each process of this base, RADIUS's workers one by one.

A worker counts what it answered itself, so each is a target of its own; `sum without (worker)`
makes them one server again. Pure; `socle prometheus` prints it and promtool checks it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import yaml

from deploy.stack.alerting import RULES
from territory.settings import Settings

_HEADER: Final = (
    "# Made by `socle prometheus`: run it again when `radius.workers` or a port changes.\n"
)
INTERVAL_SECONDS: Final = 15


def scrape_configuration(
    settings: Settings,
    host: str,
    rules: Path = RULES,
    alertmanager: str = "127.0.0.1:9093",
) -> str:
    """Return a whole configuration file of Prometheus.

    Args:
        settings: where each process shows its measures.
        host: how Prometheus reaches this machine: a name, or an address (IPv6 without brackets).
        rules: where Prometheus finds recordings.yml and alerts.yml.
        alertmanager: how it reaches Alertmanager, HOST:PORT.
    """
    targets = [
        {"targets": [f"{as_in_url(host)}:{port}"], "labels": labels}
        for labels, port in processes(settings)
    ]
    job = {"job_name": "socle", "static_configs": targets}
    every = f"{INTERVAL_SECONDS}s"
    told = {"static_configs": [{"targets": [alertmanager]}]}
    whole = {
        "global": {"scrape_interval": every, "evaluation_interval": every},
        "rule_files": [str(rules / name) for name in ("recordings.yml", "alerts.yml")],
        "alerting": {"alertmanagers": [told]},
        "scrape_configs": [job],
    }
    return _HEADER + yaml.safe_dump(whole, sort_keys=False)


def processes(settings: Settings) -> Iterator[tuple[dict[str, str], int]]:
    """Yield each process of this base: what tells it from the others, and its measures' port."""
    metrics = settings.metrics
    yield {"component": "portal"}, metrics.portal_port
    yield {"component": "supervision"}, metrics.supervision_port
    yield {"component": "retention"}, metrics.retention_port
    yield {"component": "desk"}, metrics.desk_port
    for worker, port in enumerate(settings.radius_metrics_ports):
        yield {"component": "radius", "worker": str(worker)}, port


def as_in_url(host: str) -> str:
    """Return a name or an address as it stands in a URL."""
    return f"[{host}]" if ":" in host else host
