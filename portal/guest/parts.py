"""What every view stands on: the portal's parts, and small steps that several views share."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import uuid4

import structlog
from aiohttp import web

from portal.admission import Admission, Holding
from portal.directory import Directory
from portal.extension import lengthened
from portal.gateway_sightings import GatewaySightings
from portal.gateways.vocabulary import Arrival
from portal.guest.accessibility.audit import Audit, load_audit
from portal.identification.terms import Terms, terms_in_force
from portal.messages.senders import Messages
from portal.metrics import Metrics
from portal.openid.client import ProviderClient
from portal.people.accounts import AccountKeys
from portal.people.newsletter import KEY as NEWSLETTER
from portal.places import Gate
from portal.public_address import Sightings, is_from_site
from portal.records import Pool
from portal.throttle import Throttle
from portal.visit import LIFETIME, State, Visit, read_visit, sign_visit
from portal.without_radius.sessions import Days
from portal.without_radius.waiting import Waiting
from territory.access.passwords import Passwords
from territory.clock import Clock
from territory.errors import ProtocolError
from territory.keyring import Keyring
from territory.rules.credentials import credential_password
from territory.settings.evidence import AuthoritiesSettings
from territory.web.headers import client_address
from territory.web.pages import language_of, render, set_language

AFTER_THE_END = timedelta(hours=1)
"""How long "ma connexion" still answers once an admission is over."""

FOR_THE_WAY_OUT = frozenset({"ssl", "sip", "port"})
"""What gateways' log-out needs of what their redirect told: the address that the guest came by."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Keys:
    """One key for each purpose, derived from the master key."""

    visit: bytes
    credential: bytes
    user_name: bytes
    ticket: bytes
    guess: bytes
    openid: bytes
    accounts: AccountKeys
    newsletter: bytes

    @classmethod
    def of(cls, keyring: Keyring) -> "Keys":
        """Return the keys of a keyring."""
        return cls(
            visit=keyring.derive("visit"),
            credential=keyring.derive("credential"),
            user_name=keyring.derive("user name"),
            ticket=keyring.derive("ticket"),
            guess=keyring.derive("guess"),
            openid=keyring.derive("openid"),
            accounts=AccountKeys(keyring.derive("account"), keyring.seal),
            newsletter=keyring.derive(NEWSLETTER),
        )


@dataclass(frozen=True, slots=True)
class Portal:
    """The portal's parts, put together once at start."""

    pool: Pool
    directory: Directory
    clock: Clock
    keys: Keys
    terms: tuple[Terms, ...]
    public_url: str
    """How phones reach us, without a final slash."""
    plain_url: str = ""
    """How they reach the one page in clear; empty: there is none."""
    metrics: Metrics = field(default_factory=Metrics)
    throttle: Throttle = field(default_factory=Throttle)
    sightings: Sightings = field(default_factory=Sightings)
    gateways_seen: GatewaySightings = field(default_factory=GatewaySightings)
    waiting: Waiting = field(default_factory=Waiting)
    days: Days = field(default_factory=Days)
    audit: Audit = field(default_factory=load_audit)
    """What a person found of the pages' accessibility."""
    passwords: Passwords = field(default_factory=Passwords)
    providers: Mapping[str, ProviderClient] = field(default_factory=dict)
    """Our client at each identity provider, by its code."""
    messages: Messages | None = None
    """What codes are sent with; None: nothing can be sent."""
    authorities: AuthoritiesSettings = field(default_factory=AuthoritiesSettings)
    """Whom an authority reaches; empty: the territory's own contact."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return self.clock.now()

    def current_terms(self) -> Terms:
        """Return the terms in force today."""
        return terms_in_force(self.terms, self.now().date())

    def sign(self, visit: Visit) -> str:
        """Return a visit's token."""
        return sign_visit(visit, self.keys.visit)

    def read(self, token: str) -> Visit:
        """Return the visit of a token; raises `ProtocolError` (`bad-visit`)."""
        return read_visit(token, self.keys.visit)

    def gate_of(self, visit: Visit) -> Gate:
        """Return the visit's gateway; raises `ProtocolError` where it is no longer ours."""
        gate = self.directory.current.gates.get(visit.gateway)
        if gate is None:
            raise ProtocolError("unknown-gateway")
        return gate

    def password(self, user_name: str) -> str:
        """Return the password that RADIUS will derive for a name."""
        return credential_password(self.keys.credential, user_name)


PORTAL = web.AppKey("PORTAL", Portal)


def portal_of(request: web.Request) -> Portal:
    """Return the portal that serves this request."""
    return request.app[PORTAL]


def begin_visit(request: web.Request, gate: Gate, arrival: Arrival) -> Visit:
    """Return a new visit of a device that a gateway has just presented."""
    portal = portal_of(request)
    set_language(request, arrival.language)
    return Visit(
        id=uuid4(),
        gateway=gate.code,
        device=arrival.device,
        expires_at=portal.now().replace(microsecond=0) + LIFETIME,
        language=language_of(request),
        terms=portal.current_terms().version,
        page_wanted=arrival.original_url,
        ssid=arrival.ssid,
        carried=arrival.carried,
        vouched=arrival.is_signed,
    )


def admitted_visit(
    visit: Visit, admission: Admission, handed_back_at: datetime | None = None
) -> Visit:
    """Return the visit of a guest who is online; it lasts as long as the right to be."""
    return Visit(
        id=visit.id,
        gateway=visit.gateway,
        device=visit.device,
        expires_at=admission.ends_at.replace(microsecond=0) + AFTER_THE_END,
        state=State.ADMITTED,
        language=visit.language,
        admission=admission.id,
        page_wanted=visit.page_wanted,
        carried={name: visit.carried[name] for name in FOR_THE_WAY_OUT & visit.carried.keys()},
        vouched=visit.vouched,
        handed_back_at=handed_back_at,
        method=visit.method,
        guest=visit.guest,
        shows_right=visit.shows_right,
    )


def passing(visit: Visit) -> Visit:
    """Return what of an admitted visit may pass through a gateway, in clear over the air: it shows
    what is left and logs out, as that one does, and is neither anybody's own nor tells of whom."""
    return replace(visit, id=uuid4(), vouched=False, guest=None, shows_right=is_own(visit))


def page_of(portal: Portal, visit: Visit) -> str:
    """Return the address of "ma connexion" for an admitted visit."""
    return f"{portal.public_url}/ma-connexion?visit={portal.sign(visit)}"


def longer_right(portal: Portal, gate: Gate, holding: Holding) -> Admission | None:
    """Return the longer right that a guest who is online may have; None: there is none."""
    now, device = portal.now(), holding.admission.device
    if device is None or portal.directory.current.is_blocked(device, now):
        return None
    return lengthened(holding, gate, now)


def is_own(visit: Visit) -> bool:
    """Whether a visit shows that the right it names is its guest's own: its gateway vouched for it,
    or this very visit got the right. Who comes from the site may name a neighbour's device."""
    return visit.vouched or visit.admission == visit.id


async def may_see(request: web.Request, gate: Gate, visit: Visit) -> bool:
    """Whether who brings this visit may see and end the right it names.

    Anyone can write an unsigned redirect that names another's device. So the gateway vouched for
    the visit, or this very visit got the right, or it is what a gateway was given of such a one, or
    the request comes from the site.

    Raises:
        Unavailable: the database is away.
    """
    if is_own(visit) or visit.shows_right:
        return True
    address = client_address(request)
    return await is_from_site(portal_of(request).pool, address, gate.place.id)


def raw_query(request: web.Request) -> bytes:
    """Return all after the first `?`, octet for octet as it was received."""
    return request.raw_path.partition("?")[2].encode("utf-8", "surrogateescape")


def see_other(url: str) -> web.Response:
    """Return a 303 to `url`, character for character: a library's tidying would break answers."""
    headers = {"Location": url, "Cache-Control": "no-store"}
    return web.Response(status=303, headers=headers)


def show_refused(request: web.Request, reason: str) -> web.Response:
    """Return one clear page, the same for every cause, without a trace of what was sent."""
    portal_of(request).metrics.refused.labels(reason).inc()
    log.info("visit.refused", reason=reason)
    return render(request, "refused.html", status=400)
