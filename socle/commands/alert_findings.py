"""What `socle doctor` says of the alerts: who is told, and what keeps them from it."""

from collections.abc import Iterator

from socle.commands.findings import Finding
from territory.messages.checking import alert_faults
from territory.settings import Settings

_NOBODY = (
    "nobody is told when something breaks: name somebody in [alerts], or use Prometheus"
    " (docs/guides/alertes.md)"
)


def of_alerts(settings: Settings) -> Iterator[Finding]:
    """Yield each fault of `[alerts]`, or who is told; nobody is a warning outside the demo."""
    faults = alert_faults(settings.alerts, settings.mail)
    for fault in faults:
        yield Finding(fault.key, False, fault.expected)
    if not settings.alerts.is_on:
        yield Finding("alerts", settings.demo, _NOBODY, urgent=False)
    elif not faults:
        names = ", ".join(each.name for each in settings.alerts.recipients)
        yield Finding("alerts", True, f"{names}: `socle alerts test` writes to them")
