"""What the intake shows at /metrics: causes are words of this code, nothing that was sent."""

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge

_CUT = ("too-fast", "too-many")
_DROPPED = ("queue-full", "too-late", "unwritten")


class IntakeMetrics:
    """The intake's metrics, in retention's registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.messages = Counter(
            "socle_retention_intake_messages_total",
            "Messages of described gateways: udp, tcp, tls (syslog) or ipfix.",
            ["carrier"],
            registry=registry,
        )
        self.told = Counter(
            "socle_retention_intake_translations_total",
            "Translations read in them, by maker's form.",
            ["maker"],
            registry=registry,
        )
        self.durable = Counter(
            "socle_retention_intake_durable_total",
            "Translations that are in the database.",
            registry=registry,
        )
        self.faults = Counter(
            "socle_retention_intake_faults_total",
            "What was dropped or amiss, by cause.",
            ["cause"],
            registry=registry,
        )
        self._cut = Counter(
            "socle_retention_intake_cut_total",
            "What was dropped of a site that tells too much: too-fast or too-many.",
            ["site", "cause"],
            registry=registry,
        )
        self._dropped = Counter(
            "socle_retention_intake_dropped_total",
            "Translations that were read and not kept, through no fault of a site's: queue-full,"
            " too-late or unwritten.",
            ["cause"],
            registry=registry,
        )
        for cause in _DROPPED:
            self._dropped.labels(cause)
        self.deaf = Gauge(
            "socle_retention_intake_deaf",
            "1 where a carrier that the settings name is not listened to, or no certificate is.",
            ["carrier"],
            registry=registry,
        )
        self._silent = Gauge(
            "socle_retention_intake_silent",
            "1 where a site's gateway told its translations and does no more, guests being online.",
            ["site"],
            registry=registry,
        )
        self.waiting = Gauge(
            "socle_retention_intake_waiting",
            "Translations in memory that are not durable yet.",
            registry=registry,
        )
        self.failing = Gauge(
            "socle_retention_intake_failing",
            "1 while the database takes no translation.",
            registry=registry,
        )

    def fault(self, cause: str, number: int = 1) -> None:
        """Count what was dropped or amiss."""
        self.faults.labels(cause).inc(number)

    def know(self, sites: Iterable[str]) -> None:
        """Show what is cut of these sites, before anything is: a count that grows has a first."""
        for site in sites:
            for cause in _CUT:
                self._cut.labels(site, cause)

    def cut(self, site: str, cause: str) -> None:
        """Count what was dropped of a site that tells too much."""
        self.fault(cause)
        self._cut.labels(site, cause).inc()

    def drop(self, cause: str, number: int = 1) -> None:
        """Count translations that are not kept."""
        self.fault(cause, number)
        self._dropped.labels(cause).inc(number)

    def show_silent(self, sites: Mapping[str, bool]) -> None:
        """Show which sites' gateways told lately and do no more."""
        self._silent.clear()
        for site, is_silent in sites.items():
            self._silent.labels(site).set(is_silent)
