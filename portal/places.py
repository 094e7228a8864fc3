"""What the portal knows of the territory: places, who answers for them, and their gateways.

Values only: `directory` keeps one `Territory` in memory, so that a splash page costs no query and
still shows where one is while the database is away.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from uuid import UUID

from portal.gateways.brands import ADAPTERS
from portal.gateways.vocabulary import Adapter, Registration
from portal.identification.budget import NOTHING_OWN, Own
from territory.controllers.record import ControllerRecord
from territory.gateway_dialects import Dialect
from territory.identifiers import MacAddress
from territory.looks.contrast import Shades
from territory.looks.logo import Logo
from territory.rules.opening_hours import Hours
from territory.rules.quotas import NO_LIMITS, Limits
from territory.vocabulary import ContractRole, IdentificationMethod, Link

_NO_ROW = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Newsletter:
    """What guests may agree to receive, by a box that nobody has to tick."""

    sender: str
    """Who writes."""
    purpose: str
    """What about, in one sentence."""

    @property
    def version(self) -> str:
        """A name of these very words: who ticks the box under others has agreed to nothing."""
        return sha256(f"{self.sender}\0{self.purpose}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Contract:
    """By what an organisation offers Wi-Fi on this base, and who decides about the data."""

    role: ContractRole
    """What it is to whoever holds the base."""
    competence_basis: str
    """The text, statute or decision by which it may."""
    since: date
    """From this day."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """Who answers for a place, as guests read it."""

    name: str
    """Its name."""
    kind: str
    """commune, epci, departement, association..."""
    contact_email: str
    """Address of the service, never of a person."""
    siren: str = ""
    """Nine digits, or empty."""
    dpo_email: str = ""
    """Address of its data protection officer's service, or empty."""
    shades: Shades | None = None
    """What its pages are drawn with; None: the base's own colours."""
    logo: Logo | None = None
    """Its picture, where it has one."""
    message: str = ""
    """What guests read where their place says nothing."""
    id: UUID | None = None
    """Opaque identifier; None: none is known."""
    newsletter: Newsletter | None = None
    """What it offers to write to guests; None: nothing."""
    sms: Own = NOTHING_OWN
    """What it states that text messages may cost."""
    contract: Contract | None = None
    """None: nobody has told, or a page that does not show it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a place's guests are granted."""

    id: UUID
    """Opaque identifier."""
    session_seconds: int
    """How long an admission lasts."""
    session_octets: int | None
    """Both ways; None: no limit."""
    limits: Limits = NO_LIMITS
    """A day, a month, devices, and what happens at the end."""
    upload_bps: int | None = None
    """bit/s; None: no limit."""
    download_bps: int | None = None
    """bit/s; None: no limit."""


@dataclass(frozen=True, slots=True)
class Helper:
    """A service that helps people get online at a place."""

    name: str
    """The service's, never a person's."""
    hours: Hours
    """When it is there."""
    phone: str = ""
    """As people dial it, or empty."""


@dataclass(frozen=True, slots=True)
class Place:
    """A site, as guests see it."""

    id: UUID
    """Opaque identifier."""
    name: str
    """Its name."""
    commune: str
    """Name of the commune it stands in; empty for a travelling one."""
    postal_address: str
    """Street and town, or empty."""
    place_type: str
    """mairie, bibliotheque..."""
    welcome: str
    """The organisation's message, or empty."""
    listed: bool
    """Whether the public home shows it."""
    organisation: Organisation
    """Who answers for it."""
    plan: Plan
    """What its guests are granted."""
    hours: Hours | None = None
    """When it is open to them; None: always."""
    helpers: tuple[Helper, ...] = ()
    """Who helps people get online there."""
    coordinates: tuple[float, float] | None = None
    """Latitude and longitude, WGS 84, degrees; None: not on the map."""
    wifi4eu: bool = False
    """Whether it is held to the rules of WiFi4EU."""
    wifi4eu_snippet: str = ""
    """UUID of its network at the Commission; empty: its page loads nothing from there."""
    methods: tuple[IdentificationMethod, ...] = (IdentificationMethod.CLICK_THROUGH,)
    """How they may identify themselves, the first first; none: nobody can be let in."""
    link: Link | None = None
    """How it joins the base; None: not known."""
    sms: Own = NOTHING_OWN
    """What it states that text messages may cost."""
    code: str = ""
    """Its name for operators and in measures."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A gateway that may present guests to us."""

    code: str
    """Its unique name, carried in visits."""
    registration: Registration
    """Its own record: addresses and secret."""
    place: Place
    """Where it stands."""
    dialect: Dialect
    """Which of its brand's dialects it speaks."""
    networks: Mapping[str, UUID] = field(default_factory=dict)
    """Its place's networks, by SSID."""
    controller: ControllerRecord | None = None
    """The controller that lets its guests in, where its dialect needs one."""
    id: UUID = _NO_ROW
    """Opaque identifier: `nas_id` of its sessions, where it speaks no RADIUS."""
    seen_from: frozenset[str] = frozenset()
    """The public addresses of its site, where known."""
    is_probe: bool = False
    """Whether it is a synthetic guest's own: nothing of it is counted as a guest's."""

    @property
    def adapter(self) -> Adapter:
        """What reads its redirects and writes its hand-backs."""
        return ADAPTERS[self.brand, self.dialect.variant]

    @property
    def brand(self) -> str:
        """Who made it, as `/gateway/<brand>` names it."""
        return self.dialect.brand


@dataclass(frozen=True, slots=True)
class Territory:
    """Everything, at one instant."""

    gates: Mapping[str, Gate] = field(default_factory=dict)
    """By code."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Code by the name a redirect may give: the code itself, or its NAS's identifier."""
    radios: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Codes of a site's gateways, by the MAC address of its access points, as
    `aa:bb:cc:dd:ee:ff`: a site may have gateways of several brands."""
    places: tuple[Place, ...] = ()
    """All of them."""
    publisher: Organisation | None = None
    """Who answers for pages that belong to no place."""
    hashes: Mapping[str, str] = field(default_factory=dict)
    """Code by the hash of its name, of gateways that come and ask."""
    blocked: Mapping[str, datetime | None] = field(default_factory=dict)
    """Devices that may not go online, as `aa:bb:cc:dd:ee:ff`, and until when; None: for good."""

    def is_blocked(self, device: MacAddress, now: datetime) -> bool:
        """Whether a device may not go online at `now`."""
        if str(device) not in self.blocked:
            return False
        until = self.blocked[str(device)]
        return until is None or until > now

    def gate_named(self, adapter: Adapter, name: str) -> Gate | None:
        """Return the gateway that calls itself `name` and is read by this adapter, or None."""
        codes = (self.names.get(name, ""), *self.radios.get(name, ()))
        found = (self.gates[code] for code in codes if code in self.gates)
        return next((gate for gate in found if gate.adapter is adapter), None)

    @property
    def logos(self) -> Mapping[str, Logo]:
        """Every organisation's picture, by its file's name."""
        found = (place.organisation.logo for place in self.places)
        own = self.publisher.logo if self.publisher else None
        return {logo.name: logo for logo in (*found, own) if logo is not None}

    @property
    def listed(self) -> list[Place]:
        """Places the public home shows, by commune and name."""
        return sorted((p for p in self.places if p.listed), key=lambda p: (p.commune, p.name))


NOWHERE = Territory()
"""Before anything was read."""

_PUBLISHERS = ("departement", "epci")


def publisher_of(organisations: list[Organisation]) -> Organisation | None:
    """Return who answers for the territory's own pages: its département, else its EPCI, else one.

    `organisations` come in a stable order.
    """
    for kind in _PUBLISHERS:
        for organisation in organisations:
            if organisation.kind == kind:
                return organisation
    return organisations[0] if organisations else None
