"""Looks at the portal by its public address, as a phone would reach it, every interval (shell).

    name, certificate (territory/site_test/network.py)  \\
    home page, captive portal API, port 80               -> Look -> portal_faults -> metrics, log

The processes may all be well while nobody reaches them: a name that was moved, a certificate that
was not renewed, a front that redirects the API. An address that never answered here, as that of a
box which does not lead its own network back in, is measured as not up and blamed for nothing but
its certificate. Pages are asked without looking at that: it is judged apart, and a page behind a
bad one is worth knowing of too. Every wait has a deadline.
"""

import asyncio
import ssl
from urllib.parse import urlsplit

import aiohttp
import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from supervision.portal_faults import API_TYPE, CERTIFICATE, Answer, Fault, Look, faults_of
from territory.clock import Clock
from territory.site_test.network import look_at_portal

ANSWER_SECONDS = 5.0
MOST_OCTETS = 1 << 16
_UNKNOWN_DEVICE = "/captive-portal?nasid=-&mac=02-00-00-00-00-00"
_BUCKETS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)

log = structlog.get_logger()


class OutsideMeasures:
    """What /metrics shows of the portal as it is reached from outside."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._up = Gauge(
            "socle_supervision_portal_up",
            "Whether the portal's public address gave its home page at the last look.",
            registry=registry,
        )
        self._faults = Gauge(
            "socle_supervision_portal_fault",
            "1 for what is wrong with the portal as it is reached from outside, else 0.",
            ("fault",),
            registry=registry,
        )
        self._seconds = Histogram(
            "socle_supervision_portal_seconds",
            "Time until the portal's home page was read, by its public address.",
            buckets=_BUCKETS,
            registry=registry,
        )
        self._moves = Counter(
            "socle_supervision_portal_moves",
            "Times that the portal's name led to none of the addresses it led to before.",
            registry=registry,
        )
        self._registry = registry
        self._ends: Gauge | None = None

    def show(self, look: Look, faults: frozenset[Fault]) -> None:
        """Show one look."""
        self._up.set(look.is_up)
        for fault in Fault:
            self._faults.labels(fault).set(fault in faults)
        if look.page is not None:
            self._seconds.observe(look.page.seconds)
        if look.has_moved:
            self._moves.inc()
        if look.seen.certificate is not None:
            self._show_end(look.seen.certificate.ends_at.timestamp())

    def _show_end(self, at: float) -> None:
        """Set when the certificate ends; there is none to show before the first."""
        if self._ends is None:
            self._ends = Gauge(
                "socle_supervision_portal_certificate_ends_timestamp_seconds",
                "When the certificate ends that the portal's public address shows.",
                registry=self._registry,
            )
        self._ends.set(at)


class Outside:
    """The portal, looked at again and again."""

    def __init__(
        self,
        url: str,
        clock: Clock,
        measures: OutsideMeasures,
        trusts: ssl.SSLContext | None = None,
    ) -> None:
        """`trusts`: whom to believe; None: the system's authorities."""
        self._url = url
        self._clock = clock
        self._measures = measures
        self._trusts = trusts
        self._addresses: frozenset[str] = frozenset()
        self._faults: frozenset[Fault] = frozenset()
        self._is_proven = False
        self._is_up = True

    async def run(self, seconds: float) -> None:
        """Look every so many seconds, until cancelled."""
        while True:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.look())
                group.create_task(asyncio.sleep(seconds))

    async def works(self) -> bool:
        """Whether it gave its page at the last look; one that never did is not there yet."""
        return self._is_up or not self._is_proven

    async def look(self) -> frozenset[Fault]:
        """Look once, show it, and return what is wrong."""
        seen = await look_at_portal(self._url, self._trusts)
        async with aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS),
            connector=aiohttp.TCPConnector(ssl=_unproven()),
        ) as http:
            page, api, plain = await asyncio.gather(
                ask(http, f"{self._url}/"),
                ask(http, f"{self._url}{_UNKNOWN_DEVICE}", API_TYPE),
                self._ask_in_clear(http),
            )
        found = Look(self._clock.now(), seen, page, api, plain, self._addresses)
        faults = faults_of(found) & self._told(found)
        self._measures.show(found, faults)
        self._note(found, faults)
        return faults

    def _told(self, look: Look) -> frozenset[Fault]:
        """Return what can be blamed: of an address that never answered here, its certificate alone.
        It may not be there yet, or this machine may not be where it can be reached from."""
        proven = self._is_proven or look.is_up
        return frozenset(Fault) if proven else CERTIFICATE

    async def _ask_in_clear(self, http: aiohttp.ClientSession) -> Answer | None:
        parts = urlsplit(self._url)
        return await ask(http, f"http://{parts.hostname}/") if parts.scheme == "https" else None

    def _note(self, look: Look, faults: frozenset[Fault]) -> None:
        """Remember this look, and log what changed since the last."""
        if look.has_moved:
            log.warning("portal_moved", addresses=sorted(look.seen.addresses))
        if faults != self._faults:
            log.warning("portal_from_outside", faults=sorted(faults))
        self._addresses = frozenset(look.seen.addresses) or self._addresses
        self._faults, self._is_up = faults, look.is_up
        self._is_proven = self._is_proven or look.is_up


async def ask(http: aiohttp.ClientSession, url: str, accept: str = "text/html") -> Answer | None:
    """Return what an address answers, without following it; None: nothing in time."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        async with http.get(url, headers={"Accept": accept}, allow_redirects=False) as response:
            await response.content.read(MOST_OCTETS)
            return Answer(
                response.status,
                loop.time() - began,
                response.content_type,
                response.headers.get("Location", ""),
            )
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        return None


def _unproven() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
