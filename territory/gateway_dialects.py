"""What each dialect of each brand of gateway needs, and what it gives over each link.

The one table that `territory.yaml`, the portal, the console and the documents read: what is not
here cannot be described, and nothing is offered that cannot work. A brand that is spoken in one
way only has one dialect, whose variant is empty; where it has several, the first is what a
gateway speaks that says nothing else.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from territory.vocabulary import Brand, Link


class Return(StrEnum):
    """How a guest gets from the portal back to the gateway."""

    GET = "get"
    """The browser follows a 303: nothing is seen of it."""
    FORM = "form"
    """The browser sends a form: one visible button."""
    CONTROLLER = "controller"
    """The portal asks the gateway's controller, down the site's link."""
    POLL = "poll"
    """The gateway comes and asks the portal, every few seconds."""
    COA = "coa"
    """RADIUS has the gateway present the device once more: it is let in by its MAC address."""


class Evidence(StrEnum):
    """What a dialect was proven with."""

    REAL = "real"
    """The real software, in our tests."""
    RECORDED = "recorded"
    """An exchange recorded from real equipment."""
    DOCUMENTS = "documents"
    """Documents and public sources alone: no equipment of ours has confirmed it."""


PRIVATE: Final = frozenset({Link.TUNNEL, Link.PRIVATE_NETWORK})
"""Links down which the base reaches the site's own addresses."""
_RADIUS: Final = PRIVATE | {Link.RADSEC}
_EVERY: Final = frozenset(Link)


@dataclass(frozen=True, slots=True)
class Dialect:
    """One way in which a brand's gateways speak to the portal."""

    brand: Brand
    """Whose."""
    variant: str
    """As `territory.yaml` names it; empty: the only one of its brand."""
    name: str
    """For people: the products that speak it."""
    returns: Return
    """How the guest gets back."""
    asks_radius: bool
    """Whether the gateway, or its controller, shows the credential to RADIUS."""
    links: frozenset[Link]
    """Over which a guest can log in."""
    evidence: Evidence = Evidence.DOCUMENTS
    """What it was proven with."""
    shares_secret: bool = False
    """Whether gateway and portal share a secret (uamsecret, faskey)."""
    form_is_https: bool = False
    """Whether its form is taken in https by a host whose certificate browsers know: no warning."""
    leads_to_us: bool = True
    """Whether a browser that was let in is led to a page of ours; else to the guest's first wish,
    or wherever the box is told, which may be any page of the Web's."""

    @property
    def needs_controller(self) -> bool:
        """Whether the portal must know a controller's address and account."""
        return self.returns is Return.CONTROLLER

    @property
    def is_central(self) -> bool:
        """Whether RADIUS sends a device it does not know to the portal, by an address it signs."""
        return self.returns is Return.COA

    @property
    def shows_credential(self) -> bool:
        """Whether the credential comes to RADIUS, which binds it to the device that shows it."""
        return self.asks_radius and not self.is_central

    @property
    def can_be_probed(self) -> bool:
        """Whether a synthetic guest can log in by it from the base: the browser alone carries the
        credential to a gateway that shows it to RADIUS in clear."""
        by_browser = self.returns in (Return.GET, Return.FORM)
        return by_browser and self.asks_radius and not self.form_is_https


_TABLE: Final = (
    Dialect(
        Brand.COOVACHILLI,
        "",
        "CoovaChilli",
        Return.GET,
        asks_radius=True,
        links=_RADIUS,
        evidence=Evidence.RECORDED,
        shares_secret=True,
    ),
    Dialect(
        Brand.USPOT,
        "",
        "uspot, OpenWiFi",
        Return.GET,
        asks_radius=True,
        links=_RADIUS,
        shares_secret=True,
    ),
    *(
        Dialect(
            Brand.OPENNDS,
            f"fas{level}",
            f"openNDS, FAS level {level}",
            returns,
            asks_radius=False,
            links=PRIVATE,
            evidence=Evidence.REAL,
            shares_secret=True,
        )
        for level, returns in (
            (1, Return.GET),
            (2, Return.GET),
            (3, Return.POLL),
            (4, Return.POLL),
        )
    ),
    Dialect(
        Brand.CISCO,
        "lwa",
        "Cisco WLC, local web authentication",
        Return.FORM,
        asks_radius=True,
        links=_RADIUS,
    ),
    Dialect(
        Brand.CISCO,
        "cwa",
        "Cisco WLC, central web authentication",
        Return.COA,
        asks_radius=True,
        links=_RADIUS,
    ),
    Dialect(
        Brand.MERAKI,
        "sign-on",
        "Meraki, sign-on splash page",
        Return.FORM,
        asks_radius=True,
        links=frozenset({Link.CLOUD}),
        form_is_https=True,
    ),
    Dialect(
        Brand.MERAKI,
        "click-through",
        "Meraki, click-through splash page",
        Return.GET,
        asks_radius=False,
        links=_EVERY,
    ),
    *(
        Dialect(Brand.GENERIC, variant, name, returns, True, _RADIUS, leads_to_us=ours)
        for variant, name, returns, ours in (
            ("zyxel", "Zyxel Nebula", Return.FORM, False),
            ("grandstream", "Grandstream GWN", Return.FORM, False),
            ("draytek", "DrayTek Vigor", Return.GET, False),
            ("dlink", "D-Link Nuclias", Return.FORM, True),
            ("alcatel-stellar", "Alcatel-Lucent OmniAccess Stellar", Return.FORM, True),
            ("huawei", "Huawei AirEngine", Return.FORM, True),
        )
    ),
    *(
        Dialect(Brand.ARUBA, variant, name, Return.FORM, True, links, form_is_https=https)
        for variant, name, links, https in (
            ("instant", "Aruba Instant", _RADIUS, False),
            ("controller", "Aruba Mobility Controller", _RADIUS, False),
            ("instant-on", "Aruba Instant On", PRIVATE, True),
        )
    ),
    Dialect(
        Brand.RUCKUS,
        "",
        "Ruckus Unleashed, ZoneDirector",
        Return.FORM,
        asks_radius=True,
        links=PRIVATE,
        leads_to_us=False,
    ),
    Dialect(
        Brand.MIKROTIK,
        "",
        "MikroTik RouterOS hotspot",
        Return.GET,
        asks_radius=True,
        links=_RADIUS,
    ),
    Dialect(
        Brand.CAMBIUM,
        "",
        "Cambium cnPilot, cnMaestro",
        Return.FORM,
        asks_radius=True,
        links=_RADIUS,
        leads_to_us=False,
    ),
    Dialect(
        Brand.FORTINET,
        "",
        "FortiGate",
        Return.FORM,
        asks_radius=True,
        links=_RADIUS,
        leads_to_us=False,
    ),
    *(
        Dialect(Brand.UNIFI, variant, name, Return.CONTROLLER, asks_radius=False, links=links)
        for variant, name, links in (
            ("official", "UniFi Network 9.1.105 and later, API key", PRIVATE | {Link.CLOUD}),
            ("legacy", "UniFi Network before 9.1.105, account", PRIVATE),
        )
    ),
    Dialect(
        Brand.OMADA,
        "radius",
        "TP-Link Omada 5.3.1 and later, RADIUS with an external web portal",
        Return.FORM,
        asks_radius=True,
        links=_RADIUS,
    ),
    Dialect(
        Brand.OMADA,
        "controller",
        "TP-Link Omada, external portal server",
        Return.CONTROLLER,
        asks_radius=False,
        links=PRIVATE,
    ),
    *(
        Dialect(Brand.SMARTZONE, variant, name, Return.CONTROLLER, asks_radius=True, links=links)
        for variant, name, links in (
            ("smartzone", "Ruckus SmartZone", PRIVATE),
            ("ruckus-one", "Ruckus One", _RADIUS),
        )
    ),
)


def _by_brand(table: Iterable[Dialect]) -> Mapping[Brand, Mapping[str, Dialect]]:
    found: dict[Brand, dict[str, Dialect]] = {}
    for dialect in table:
        found.setdefault(dialect.brand, {})[dialect.variant] = dialect
    return MappingProxyType({brand: MappingProxyType(own) for brand, own in found.items()})


DIALECTS: Final = _by_brand(_TABLE)
"""By brand, then by variant; the first of a brand is its usual one."""
SPOKEN: Final = frozenset(DIALECTS)
"""The brands that the portal speaks."""

NOT_OFFERED: Final[Mapping[tuple[Brand, str], str]] = MappingProxyType(
    {
        (Brand.ARUBA, "authentication-text"): (
            "the access point would let in whoever sees one of our pages, without RADIUS: "
            "choose RADIUS authentication in its captive portal profile"
        ),
    }
)
"""What a brand also does and we never do, and why."""


def usual_variant(brand: Brand) -> str:
    """Return what a gateway of this brand speaks that says nothing else."""
    return next(iter(DIALECTS.get(brand, {})), "")


def dialect_of(brand: str, variant: str) -> Dialect | None:
    """Return a gateway's dialect, or None where nobody speaks it."""
    return DIALECTS[Brand(brand)].get(variant) if brand in SPOKEN else None
