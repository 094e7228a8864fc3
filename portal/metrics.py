"""What the portal counts: the way from arrived to connected, refusals, and time.

Labels are words of ours, never a device, an address or a person; brands and reasons are closed
lists, so that a peer cannot make a new time series.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from portal.funnel import Funnel
from portal.places import Gate
from portal.records import Pool
from portal.visit import Visit
from territory.errors import Unavailable
from territory.messages.mail import Delivery

FAILED = "failed"
"""What became of a message that neither relay nor provider took."""
BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)


class Metrics:
    """The portal's metrics, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.funnel = Funnel(self.registry)
        self.arrived = Counter(
            "socle_portal_arrived",
            "Redirects of gateways that were believed.",
            ["brand", "situation"],
            registry=self.registry,
        )
        self.sent = Counter(
            "socle_portal_messages_sent",
            "Codes handed over to the mail relay or the SMS provider.",
            ["channel", "outcome"],
            registry=self.registry,
        )
        self.budget_gone = Counter(
            "socle_portal_sms_budget_gone",
            "Text messages not sent since a budget would be passed.",
            ["scope", "why"],
            registry=self.registry,
        )
        self.sms_budget = Gauge(
            "socle_portal_sms_budget_ratio",
            "What text messages have cost this day or month, to the budget; no site: all of them.",
            ["organisation", "site", "span"],
            registry=self.registry,
        )
        self.sms_forecast = Gauge(
            "socle_portal_sms_month_forecast_ratio",
            "What text messages will have cost this month, to the budget; no site: all of them.",
            ["organisation", "site"],
            registry=self.registry,
        )
        self.admitted = Counter(
            "socle_portal_admitted",
            "Visits handed back with a right to go online.",
            ["brand", "right"],
            registry=self.registry,
        )
        self.polls = Counter(
            "socle_portal_polls",
            "Questions of gateways that come and ask.",
            ["action"],
            registry=self.registry,
        )
        self.connected = Counter(
            "socle_portal_connected",
            "Guests whom their gateway said to be online.",
            ["brand"],
            registry=self.registry,
        )
        self.left = Counter(
            "socle_portal_left",
            "Guests who logged off from our page.",
            registry=self.registry,
        )
        self.refused = Counter(
            "socle_portal_refused",
            "Visits, redirects and forms refused.",
            ["reason"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "socle_portal_request_seconds",
            "Time to answer a request.",
            ["page"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.places = Gauge(
            "socle_portal_places",
            "Places the portal knows.",
            registry=self.registry,
        )
        self.pool_connections = Gauge(
            "socle_portal_pool_connections",
            "Connections to the database: open, in_use, and the most there may be.",
            ["state"],
            registry=self.registry,
        )

        self._begin_at_zero()

    def refuse(self, gate: Gate, visit: Visit, reason: str) -> None:
        """Count a visit that is sent back, by one of our words for why."""
        self.refused.labels(reason).inc()
        self.funnel.refused(gate, visit, reason)

    def _begin_at_zero(self) -> None:
        """Show what alerts count from the start, so that the first one counts too."""
        self.refused.labels("unavailable")
        for channel in ("mail", "sms"):
            self.sent.labels(channel, FAILED)

    async def count_letter(self, sending: Awaitable[Delivery | None]) -> None:
        """Count what becomes of a letter that is being handed over; of a greeting (None), only that
        no letter could be sent.

        Raises:
            Unavailable: the relay does not take it now.
        """
        try:
            outcome = await sending
        except Unavailable:
            self.sent.labels("mail", FAILED).inc()
            raise
        if outcome is not None:
            self.sent.labels("mail", outcome).inc()

    def show_pool(self, pool: Pool) -> None:
        """Show a pool's connections from now on, read at each scrape."""
        reads: dict[str, Callable[[], float]] = {
            "open": pool.get_size,
            "in_use": lambda: pool.get_size() - pool.get_idle_size(),
            "most": pool.get_max_size,
        }
        for state, read in reads.items():
            self.pool_connections.labels(state).set_function(read)

    def show_certificate(self, ends_at: datetime) -> None:
        """Show when the certificate ends (aware) that the portal shows phones where it ends TLS."""
        Gauge(
            "socle_portal_certificate_ends_timestamp_seconds",
            "When the certificate that phones are shown ends.",
            registry=self.registry,
        ).set(ends_at.timestamp())
