"""What a site's test is judged by: values only, each as somebody read it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from territory.database.commands import Result
from territory.openid_providers import Provider
from territory.rules.answerability import Answerability


@dataclass(frozen=True, slots=True)
class Certificate:
    """The portal's certificate, as a phone gets it."""

    names: tuple[str, ...]
    """DNS names and addresses it is for."""
    ends_at: datetime
    """Good until."""
    fault: str = ""
    """Why this machine does not trust it, in OpenSSL's words; empty: it does."""


@dataclass(frozen=True, slots=True)
class PortalSeen:
    """The portal as it is reached from here."""

    url: str
    """Its public address."""
    addresses: tuple[str, ...] = ()
    """What its name leads to; none: the name leads nowhere."""
    certificate: Certificate | None = None
    """None: it is in clear, or there was no answer."""

    @property
    def is_https(self) -> bool:
        """Whether phones reach it by TLS."""
        return self.url.startswith("https://")


@dataclass(frozen=True, slots=True)
class GatewaySeen:
    """What the portal last saw of one gateway."""

    code: str
    brand: str
    arrived_at: datetime | None = None
    """Last redirect that was believed."""
    refused_at: datetime | None = None
    """Last one that was not."""
    refusal: str = ""
    """Why."""


@dataclass(frozen=True, slots=True)
class NasSeen:
    """What RADIUS last saw of one NAS."""

    code: str
    known_by: str
    """Its source address, or by RadSec the name in its certificate."""
    identifier: str
    """NAS-Identifier; empty: it is not said."""
    coa_port: int
    access_at: datetime | None = None
    accounting_at: datetime | None = None
    unsigned_at: datetime | None = None
    """Last Access-Request without Message-Authenticator."""
    discards: Mapping[str, datetime] = field(default_factory=dict)
    """Last packet discarded since yesterday, by reason."""
    clock_seconds: float | None = None
    """By how much its clock is ahead; None: it did not say."""

    @property
    def heard_at(self) -> datetime | None:
        """Its last good packet."""
        return max((at for at in (self.access_at, self.accounting_at) if at), default=None)


@dataclass(frozen=True, slots=True)
class Caller:
    """An address that is no NAS's and calls since yesterday."""

    address: str
    claimed_name: str
    last_at: datetime
    is_public: bool = False
    """Whether it calls from the Internet, in clear: refused whoever it is."""


class Answer(StrEnum):
    """What a probe got at the site."""

    REDIRECTED = "redirected"
    """Or any page that is not the Internet's: a log-in page will show."""
    OPEN = "open"
    """What the open Internet answers."""
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class SiteReport:
    """What the script of the bundle read at the site."""

    read_at: datetime | None = None
    """By the clock of the machine it ran on."""
    is_gateway: bool = False
    """Whether it ran on the gateway, else on a guest's computer before its log-in."""
    addresses: tuple[str, ...] | None = None
    """What the portal's name leads to there; None: not asked."""
    portal_answers: bool | None = None
    """Whether our own portal answered there."""
    clock_seconds: float | None = None
    """By how much that machine's clock is ahead of the portal's."""
    probes: Mapping[str, Answer] = field(default_factory=dict)
    """By the probe's code."""
    providers: Mapping[str, bool] = field(default_factory=dict)
    """Whether an identity provider answered there, by the name in its issuer."""


@dataclass(frozen=True, slots=True)
class Readings:
    """Everything that was read of one site."""

    now: datetime
    portal: PortalSeen
    gateways: tuple[GatewaySeen, ...] = ()
    nas: tuple[NasSeen, ...] = ()
    callers: tuple[Caller, ...] = ()
    """The latest first."""
    public_addresses: frozenset[str] = frozenset()
    """Of the site, now."""
    open_sessions: int = 0
    is_ordered: bool = False
    """Whether the base ordered that an open session be told its rights once more."""
    order: Result | None = None
    """What came of it; None: nothing, or not yet."""
    report: SiteReport | None = None
    """None: nobody ran the script."""
    providers: tuple[Provider, ...] = ()
    """Where the site's guests may sign in before they are online."""
    answerability: Answerability | None = None
    """What a question about it would get; None: not looked at."""
