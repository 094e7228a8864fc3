"""Where the other processes of a base are asked."""

import pytest

from supervision.alerts.reading import targets_of
from territory.settings import MetricsSettings, Settings
from territory.settings.messages import AlertsSettings
from territory.settings.radius import RadiusSettings


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),
        ("::", "[::1]"),
        ("fd00::1", "[fd00::1]"),
        ("socle.lan", "socle.lan"),
    ],
)
def test_each_process_where_it_listens(host: str, shown: str) -> None:
    """One that listens everywhere is asked on this machine; ourselves we need not ask."""
    settings = Settings(
        metrics=MetricsSettings(host=host),
        radius=RadiusSettings(workers=2),
        alerts=AlertsSettings(components=["radius", "portal"]),
    )
    assert {dict(each.labels).get("worker", ""): each.url for each in targets_of(settings)} == {
        "": f"http://{shown}:9401/metrics",
        "0": f"http://{shown}:9402/metrics",
        "1": f"http://{shown}:9412/metrics",
    }
