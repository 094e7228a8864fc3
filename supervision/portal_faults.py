"""What is wrong with the portal as it is reached from outside: a table over one look. Pure.

A look is what a phone, or whoever follows a link, would get: the name's addresses, the certificate
that is shown, the home page, the captive portal API (RFC 8908), and what answers in clear.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from territory.site_test.readings import PortalSeen

SLOW_SECONDS: Final = 3.0
"""A first page that takes longer is one that phones give up on."""
ENDS_SOON: Final = timedelta(days=14)
"""A certificate that ends within it should have been renewed."""
API_TYPE: Final = "application/captive+json"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one address gave."""

    status: int
    seconds: float
    """Until its body was read."""
    content_type: str = ""
    location: str = ""
    """Where it redirects; empty: it does not."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the portal from outside."""

    at: datetime
    seen: PortalSeen
    """Its name and its certificate."""
    page: Answer | None = None
    """The home page; None: no answer."""
    api: Answer | None = None
    """The captive portal API, asked about a device that nobody knows; None: no answer."""
    plain: Answer | None = None
    """Port 80 of the same name, where the portal is in https; None: nothing listens there."""
    before: frozenset[str] = frozenset()
    """What the name led to at the look before; none: there was none."""

    @property
    def is_up(self) -> bool:
        """Whether the home page came."""
        return self.page is not None and self.page.status == HTTPStatus.OK

    @property
    def has_moved(self) -> bool:
        """Whether the name leads nowhere that it led to before."""
        now = frozenset(self.seen.addresses)
        return bool(self.before and now and not self.before & now)


class Fault(StrEnum):
    """What can be wrong; the value is a label of a metric."""

    NAME = "name"
    """Its name leads nowhere."""
    SILENT = "silent"
    """No page, or an error in its place."""
    SLOW = "slow"
    CERTIFICATE_NAME = "certificate_name"
    """The certificate is for another name."""
    CERTIFICATE_CHAIN = "certificate_chain"
    """Nobody vouches for it, or its chain is not whole; self-signed, for instance."""
    CERTIFICATE_ENDS = "certificate_ends"
    """Within two weeks, or already."""
    API = "api"
    """The captive portal API redirects, or answers as another would."""
    PLAIN = "plain"
    """In clear it shows a page, in place of leading to https."""


CERTIFICATE: Final = frozenset(
    {Fault.CERTIFICATE_NAME, Fault.CERTIFICATE_CHAIN, Fault.CERTIFICATE_ENDS}
)
"""What is wrong with what is shown, whoever shows it."""


def faults_of(look: Look) -> frozenset[Fault]:
    """Return all that is wrong; what cannot be told because the name leads nowhere is not."""
    if not look.seen.addresses:
        return frozenset({Fault.NAME})
    return frozenset(fault for fault, holds in _TABLE.items() if holds(look))


def _is_slow(look: Look) -> bool:
    return look.page is not None and look.page.seconds > SLOW_SECONDS


def _is_for_another(look: Look) -> bool:
    certificate = look.seen.certificate
    name = urlsplit(look.seen.url).hostname or ""
    wild = f"*.{name.partition('.')[2]}"
    return certificate is not None and not {name, wild} & set(certificate.names)


def _is_unproven(look: Look) -> bool:
    certificate = look.seen.certificate
    return certificate is not None and bool(certificate.fault) and certificate.ends_at > look.at


def _ends(look: Look) -> bool:
    certificate = look.seen.certificate
    return certificate is not None and certificate.ends_at - look.at < ENDS_SOON


def _answers_otherwise(look: Look) -> bool:
    """A device that nobody knows gets 404; whatever comes with 200 must be of the API's type."""
    api = look.api
    if api is None or api.status == HTTPStatus.NOT_FOUND:
        return False
    return api.status != HTTPStatus.OK or api.content_type != API_TYPE


def _shows_in_clear(look: Look) -> bool:
    return look.plain is not None and not look.plain.location.startswith("https://")


_TABLE: Final[dict[Fault, Callable[[Look], bool]]] = {
    Fault.SILENT: lambda look: not look.is_up,
    Fault.SLOW: _is_slow,
    Fault.CERTIFICATE_NAME: _is_for_another,
    Fault.CERTIFICATE_CHAIN: _is_unproven,
    Fault.CERTIFICATE_ENDS: _ends,
    Fault.API: _answers_otherwise,
    Fault.PLAIN: _shows_in_clear,
}
