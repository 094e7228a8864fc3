"""What the portal counts: the way from arrived to connected, refusals, and time.

Labels are words of ours, never a device, an address or a person; brands and reasons are closed
lists, so that a peer cannot make a new time series.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)


class Metrics:
    """The portal's metrics, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.arrived = Counter(
            "socle_portal_arrived",
            "Redirects of gateways that were believed.",
            ["brand", "situation"],
            registry=self.registry,
        )
        self.identified = Counter(
            "socle_portal_identified",
            "Visits whose guest did what the site demands.",
            ["method"],
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
        self.sms_forecast = Gauge(
            "socle_portal_sms_month_forecast_ratio",
            "What an organisation's text messages will have cost this month, to its budget.",
            ["organisation"],
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
