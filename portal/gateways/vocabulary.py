"""The few words in which every brand of gateway is told to the rest of the portal.

An adapter turns raw octets of a redirect into an `Arrival` and a credential into a `HandBack`.
It never believes an address it is told: the only places a guest is sent are those of the site's
own record (`Registration`). Nothing here, or in an adapter, knows the clock, the database or the
web server; what a peer sent wrongly is a `ProtocolError` with a stable reason.

There are five ways back (`WayBack`): the browser follows an address, sends a form, or waits for
the gateway to come and ask, or the portal asks the gateway's controller, or RADIUS the gateway.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias
from urllib.parse import urlsplit
from uuid import UUID

from territory.errors import ProtocolError
from territory.identifiers import MAX_SSID_OCTETS, MacAddress

_ORIGIN = re.compile("[^:/?#]+://[^/?#]*")
LONGEST_QUERY_OCTETS = 8192
"""A redirect above this is refused unread; recorded ones stay under 1 500."""


class Situation(StrEnum):
    """What a gateway says of the device it sends to us."""

    CAPTIVE = "captive"
    """It is not online and wants to be."""
    ONLINE = "online"
    """It has just been let in."""
    ALREADY = "already"
    """It was online before."""
    REFUSED = "refused"
    """Its credential was not accepted."""
    LEFT = "left"
    """It has logged off."""


class Refusal(StrEnum):
    """Why a log-in failed, as far as the gateway tells."""

    REJECTED = "rejected"
    """The RADIUS server said no."""
    NO_ANSWER = "no-answer"
    """The RADIUS server did not answer the gateway in time."""
    IN_USE = "in-use"
    """The gateway says that this credential is being used already."""
    SHUT_OUT = "shut-out"
    """The gateway keeps the device away for a while, after too many failures."""
    NOT_SET_UP = "not-set-up"
    """The gateway is not set up to let guests in through this portal."""
    OTHER = "other"
    """Anything else: a fault of the gateway's own."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What the base itself holds of one gateway; made by an administrator, never by a redirect."""

    login_address: str
    """`host[:port]` a hand-back may go to."""
    portal_base: str
    """The portal address the gateway is configured with, character for character."""
    secret: str | None
    """The secret shared with the gateway (uamsecret, faskey); None: it signs nothing."""
    code: str = ""
    """Its unique name."""
    variant: str = ""
    """Which of its brand's dialects it speaks (`territory.gateway_dialects`)."""
    access_points: frozenset[str] = frozenset()
    """Addresses of its site's access points, where guests may be handed back to one of them."""
    radios: frozenset[str] = frozenset()
    """MAC addresses of its site's access points, as `aa:bb:cc:dd:ee:ff`; none: not on record."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A device as its gateway presents it, verified as far as the brand allows."""

    situation: Situation
    """Where it stands."""
    device: MacAddress
    """Its MAC address."""
    carried: Mapping[str, str] = field(default_factory=dict)
    """What this brand's hand-back will need again; kept in the signed visit."""
    user_name: str | None = None
    """The credential it used, where the gateway repeats it."""
    refusal: Refusal | None = None
    """Set when `situation` is REFUSED."""
    reply: str = ""
    """RADIUS Reply-Message as the gateway passed it on; shown only through a table of ours."""
    is_signed: bool = False
    """Whether the gateway's secret vouches for all of it."""
    original_url: str = ""
    """The http page the guest wanted, only where the redirect is signed."""
    ssid: str = ""
    """The network, where told."""
    language: str = ""
    """The language of the hand-back, where the gateway repeats it."""
    told_at: datetime | None = None
    """When the gateway says it sent the device here, aware; the view refuses what is stale."""
    ends_at: datetime | None = None
    """From when on the redirect says nothing any more, aware, where it is signed with an end."""


class SealedDevice(ProtocolError):
    """A redirect that names its device encrypted: only the gateway's controller can open it."""

    def __init__(self, sealed: str, arrival: Arrival) -> None:
        super().__init__("sealed-device")
        self.sealed = sealed
        self.arrival = arrival


@dataclass(frozen=True, slots=True)
class Credential:
    """What the gateway will show to RADIUS; worth nothing on another device."""

    user_name: str
    """Opaque, 26 characters of `a-z2-7`."""
    password: str
    """Derived from the name, 26 characters of `a-z2-7`."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a guest may do from now on, for a gateway that no RADIUS server tells."""

    seconds: int = 0
    """Until the right ends, 1 at least."""
    octets: int | None = None
    """Both ways, that may still pass; None: no limit."""
    upload_bps: int | None = None
    """bit/s; None: no limit."""
    download_bps: int | None = None
    """bit/s; None: no limit."""


@dataclass(frozen=True, slots=True)
class Departure:
    """What a guest leaves the portal with."""

    carried: Mapping[str, str]
    """What the arrival carried."""
    credential: Credential
    """What opens the gateway."""
    page_wanted: str = ""
    """The page the guest asked for first, where known."""
    page_of_ours: str = ""
    """Our own page that says "connected", with the signed visit in it."""
    language: str = ""
    """The language of the guest's pages."""
    allowance: Allowance = field(default_factory=Allowance)
    """What remains, where the gateway itself must be told."""


@dataclass(frozen=True, slots=True)
class HandBack:
    """Where the browser goes next, by GET: always an address of the site's own record."""

    url: str
    """Absolute address on the gateway."""

    @property
    def origin(self) -> str:
        """`scheme://host[:port]`, for the page's form-action policy."""
        return origin_of(self.url)


@dataclass(frozen=True, slots=True)
class FormBack:
    """What the browser sends next, by POST and one visible button, to the site's own address."""

    url: str
    """Absolute address on the gateway."""
    fields: Mapping[str, str] = field(repr=False)
    """Name and value of each, in the order they are sent."""

    @property
    def origin(self) -> str:
        """`scheme://host[:port]`, for the page's form-action policy."""
        return origin_of(self.url)


@dataclass(frozen=True, slots=True)
class ControllerBack:
    """What the portal asks the gateway's controller; the browser then sees a page of ours."""

    guest: Mapping[str, str]
    """Who and where, in this dialect's own words: what `portal.controllers` needs."""
    origin: str = ""
    """No form goes anywhere."""


@dataclass(frozen=True, slots=True)
class PollBack:
    """What the gateway will be told the next time it asks; the browser waits on a page of ours."""

    token: str
    """The gateway's own name of the client (openNDS: rhid)."""
    rights: str
    """What the client may do, in the gateway's own words."""
    origin: str = ""
    """No form goes anywhere."""


@dataclass(frozen=True, slots=True)
class CoaBack:
    """Of whom RADIUS asks the gateway to present them again; the browser sees a page of ours."""

    nas_id: UUID
    """The NAS that presented the device."""
    session: str
    """That NAS's own name of the session (audit-session-id); empty: it told none."""
    origin: str = ""
    """No form goes anywhere."""


WayBack: TypeAlias = HandBack | FormBack | ControllerBack | PollBack | CoaBack
"""How a guest goes back to the gateway."""


class Adapter(Protocol):
    """One brand of gateway, both ways."""

    def name_in(self, query: bytes) -> str:
        """Return the name by which the redirect says which gateway it is; not yet believed.

        Raises:
            ProtocolError: oversized, unreadable, or without a name.
        """
        ...

    def returned_visit(self, query: bytes) -> str:
        """Return our own signed visit where the gateway only repeats that, else nothing.

        Raises:
            ProtocolError: oversized or unreadable.
        """
        ...

    def read(self, query: bytes, registration: Registration) -> Arrival:
        """Return the arrival that the raw query (all after the first `?`) tells.

        Raises:
            ProtocolError: forged, foreign or malformed; the reason is a stable word.
        """
        ...

    def hand_back(self, registration: Registration, departure: Departure) -> WayBack:
        """Return how the guest logs in.

        Raises:
            ProtocolError: what was carried cannot be used.
        """
        ...

    def log_off(self, registration: Registration, carried: Mapping[str, str]) -> WayBack | None:
        """Return how the guest logs off; None: this dialect has no way, the base closes it."""
        ...

    def start(self, registration: Registration) -> HandBack:
        """Return where a browser of this site gets a fresh redirect to us.

        An address on the gateway, or any plain http one where the gateway has none: it redirects
        what a captive browser asks for.
        """
        ...


def origin_of(url: str) -> str:
    """Return `scheme://host[:port]` of an absolute address (RFC 3986 appendix B)."""
    found = _ORIGIN.match(url)
    return found[0] if found else ""


def required(parameters: Mapping[str, str], name: str) -> str:
    """Return a parameter that must be there and not empty.

    Raises:
        ProtocolError: `missing-<name>`.
    """
    value = parameters.get(name, "")
    if not value:
        raise ProtocolError(f"missing-{name}")
    return value


def device_of(text: str) -> MacAddress:
    """Return the device a redirect names.

    Raises:
        ProtocolError: `bad-device`: no MAC address, all zeros, or a group address.
    """
    try:
        device = MacAddress.parse(text)
    except ProtocolError as fault:
        raise ProtocolError("bad-device") from fault
    if not device.is_device:
        raise ProtocolError("bad-device")
    return device


def radio_of(text: str, registration: Registration) -> MacAddress:
    """Return the access point a redirect names, which is the site's own where those are on record.

    Raises:
        ProtocolError: `bad-device`, or `foreign-access-point`.
    """
    radio = device_of(text)
    if registration.radios and str(radio) not in registration.radios:
        raise ProtocolError("foreign-access-point")
    return radio


def ssid_of(text: str) -> str:
    """Return the network a redirect names, or nothing.

    Raises:
        ProtocolError: `bad-ssid`: more than 32 octets.
    """
    if len(text.encode()) > MAX_SSID_OCTETS:
        raise ProtocolError("bad-ssid")
    return text


def web_page(url: str, longest: int = 512) -> str:
    """Return `url` if it is a plain http(s) page that may be offered as a link, else nothing."""
    if not url or len(url) > longest or not url.isascii() or not url.isprintable() or " " in url:
        return ""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        return ""
    return url
