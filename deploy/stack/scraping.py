"""What Prometheus is told to scrape: each process of this base, RADIUS's workers one by one.

A worker counts what it answered itself, so each is a target of its own; `sum without (worker)`
makes them one server again. Pure; `socle prometheus` prints it and promtool checks it.
"""

from typing import Any, Final

import yaml

from territory.settings import Settings

_HEADER: Final = (
    "# Made by `socle prometheus`: run it again when `radius.workers` or a port changes.\n"
)
INTERVAL_SECONDS: Final = 15


def scrape_configuration(settings: Settings, host: str) -> str:
    """Return a whole configuration file of Prometheus.

    Args:
        settings: where each process shows its measures.
        host: how Prometheus reaches this machine: a name, or an address (IPv6 without brackets).
    """
    metrics = settings.metrics
    one_each = {
        "portal": metrics.portal_port,
        "supervision": metrics.supervision_port,
        "retention": metrics.retention_port,
    }
    targets = [_target(host, port, component=name) for name, port in one_each.items()]
    targets += [
        _target(host, port, component="radius", worker=str(worker))
        for worker, port in enumerate(settings.radius_metrics_ports)
    ]
    job = {"job_name": "socle", "static_configs": targets}
    whole = {"global": {"scrape_interval": f"{INTERVAL_SECONDS}s"}, "scrape_configs": [job]}
    return _HEADER + yaml.safe_dump(whole, sort_keys=False)


def _target(host: str, port: int, **labels: str) -> dict[str, Any]:
    shown = f"[{host}]" if ":" in host else host
    return {"targets": [f"{shown}:{port}"], "labels": labels}
