"""What /metrics shows of synthetic guests: how log-ins end, how long each step takes, where none
comes through. Labels: our own words, and codes of the territory's description."""

from collections.abc import Collection
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from simulation.synthetic_guest import LogIn
from supervision.synthetic.records import ONLINE, Probe

_STEP_BUCKETS: Final = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


class LogInMeasures:
    """The measures of log-ins, in supervision's registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._log_ins = Counter(
            "socle_supervision_log_ins",
            "Log-ins of synthetic guests: online, or the first step that was not reached.",
            ("outcome",),
            registry=registry,
        )
        self._steps = Histogram(
            "socle_supervision_log_in_step_seconds",
            "Time of each step of a synthetic guest's log-in.",
            ("step",),
            buckets=_STEP_BUCKETS,
            registry=registry,
        )
        self._works = Gauge(
            "socle_supervision_log_in_works",
            "0 where two log-ins in a row of a NAS's synthetic guest have failed, else 1.",
            ("site", "nas"),
            registry=registry,
        )
        self._all_fail = Gauge(
            "socle_supervision_log_ins_fail",
            "1 while synthetic guests fail one after another, whatever the site, else 0.",
            registry=registry,
        )
        self._shown: dict[str, tuple[str, str]] = {}

    def count(self, log_in: LogIn) -> None:
        """Count one log-in and its steps."""
        self._log_ins.labels(log_in.failed or ONLINE).inc()
        for each in log_in.reached:
            self._steps.labels(each.step).observe(each.seconds)

    def show(self, probe: Probe, *, works: bool) -> None:
        """Show whether people can log in at a NAS."""
        self._shown[probe.nas_code] = probe.site_code, probe.nas_code
        self._works.labels(*self._shown[probe.nas_code]).set(works)

    def show_common(self, common: bool) -> None:
        """Show whether it is the base that fails."""
        self._all_fail.set(common)

    def forget(self, nas_code: str) -> None:
        """Show nothing of a NAS: its place is closed, or it has no probe any more."""
        if nas_code in self._shown:
            self._works.remove(*self._shown.pop(nas_code))

    def keep(self, nas_codes: Collection[str]) -> None:
        """Show these NAS and no others from now on."""
        for gone in self._shown.keys() - set(nas_codes):
            self.forget(gone)
