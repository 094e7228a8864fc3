"""The doctor tells who is told, and that nobody is."""

from typing import Any

from socle.commands.alert_findings import of_alerts
from territory.settings import Settings
from territory.settings.messages import AlertsSettings


def findings(*recipients: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the mark and the subject of each."""
    alerts = AlertsSettings.model_validate({"recipients": recipients})
    return [(each.mark, each.about) for each in of_alerts(Settings(alerts=alerts))]


def test_nobody_is_a_warning() -> None:
    """Nothing stands in the way, and Prometheus may tell."""
    assert findings() == [("warn", "alerts")]


def test_who_is_told_is_said_or_what_keeps_them_from_it() -> None:
    """By name, without an address."""
    push = {"name": "telephone", "kind": "ntfy", "address": "https://ntfy.meuse.example/wifi-7f3a"}
    assert findings(push) == [("ok", "alerts")]
    assert findings(push, {"name": "anne", "kind": "mail", "address": "anne"}) == [
        ("FAULT", "alerts.recipients[1].address"),
        ("FAULT", "alerts.recipients[1].kind"),
    ]
