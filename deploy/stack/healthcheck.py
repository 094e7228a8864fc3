"""Asks each component's /healthz, for the image's HEALTHCHECK: exit status 0 when all are well.

It stands outside the base: it reads the same settings and speaks plain HTTP on loopback, so that a
hung process shows, which a look at the process table would not.
"""

import sys
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

from territory.settings import Settings, load_settings

DEADLINE_SECONDS = 2.0


def fault(port: int) -> str | None:
    """Return what is wrong at the health port of this machine, None if nothing is."""
    connection = HTTPConnection("127.0.0.1", port, timeout=DEADLINE_SECONDS)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        return f"port {port}: {error}"
    finally:
        connection.close()
    return None if status == HTTPStatus.OK else f"port {port}: status {status}"


def faults(settings: Settings) -> list[str]:
    """Return what is wrong in each component that does not answer or is not well."""
    metrics = settings.metrics
    ports = (
        metrics.portal_port,
        *settings.radius_metrics_ports,
        metrics.supervision_port,
        metrics.retention_port,
        metrics.desk_port,
    )
    return [found for port in ports if (found := fault(port))]


if __name__ == "__main__":
    sys.exit("\n".join(faults(load_settings())) or 0)
