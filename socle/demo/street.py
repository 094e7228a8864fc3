"""One site of each family of brands: the street of the demonstration where every box is another's.

    SIGNS -> territory.yaml -> applied with the rest -> simulated gateways -> the page's links

A box is the simulated one of its brand's usual dialect; what it needs (a NAS with the brand's
attributes, a controller with a pinned certificate) follows from the table of dialects, so that a
new brand is a line here.
"""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from string import Template
from typing import Final

from simulation.certificate import ServerCertificate, self_signed
from territory.gateway_dialects import DIALECTS, Dialect, Return, usual_variant
from territory.vocabulary import AttributeSet, Brand

_LOGIN_PORT: Final = 8082
_CONTROLLER_PORT: Final = 8443


_IN_HTTPS: Final = frozenset({Brand.ARUBA, Brand.FORTINET})
"""Boxes that take their guests back by https."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One site of the street."""

    brand: Brand
    """Whose box."""
    name: str
    """Of the place, as its guests read it."""
    town: str
    """Its commune."""
    insee: str
    """The commune's code."""
    attribute_sets: tuple[AttributeSet, ...] = (AttributeSet.WISPR,)
    """What its NAS understands beside the standard ones."""
    variant: str = ""
    """Which of its brand's dialects; empty: the usual one."""

    @property
    def code(self) -> str:
        """The site's code, and its gateway's."""
        return "-".join(filter(None, ("rue", self.brand, self.variant)))

    @property
    def dialect(self) -> Dialect:
        """What it speaks."""
        return DIALECTS[self.brand][self.variant or usual_variant(self.brand)]

    @property
    def shows_certificate(self) -> bool:
        """Whether the box, or its controller, is reached by https."""
        return self.dialect.needs_controller or self.brand in _IN_HTTPS


SIGNS: Final = (
    Sign(
        Brand.MIKROTIK,
        "Salle polyvalente de Saint-Mihiel",
        "Saint-Mihiel",
        "55463",
        (AttributeSet.WISPR, AttributeSet.MIKROTIK),
    ),
    Sign(Brand.ARUBA, "Bibliothèque de Stenay", "Stenay", "55502", (AttributeSet.ARUBA,)),
    Sign(
        Brand.RUCKUS,
        "Maison de santé d'Étain",
        "Étain",
        "55181",
        (AttributeSet.WISPR, AttributeSet.RUCKUS),
    ),
    Sign(
        Brand.SMARTZONE,
        "Office de tourisme de Ligny",
        "Ligny-en-Barrois",
        "55291",
        (AttributeSet.WISPR, AttributeSet.RUCKUS),
    ),
    Sign(Brand.CISCO, "Mairie de Revigny", "Revigny-sur-Ornain", "55427", (AttributeSet.CISCO,)),
    Sign(
        Brand.MERAKI, "Médiathèque de Vaucouleurs", "Vaucouleurs", "55533", variant="click-through"
    ),
    Sign(Brand.UNIFI, "Gîte communal de Montmédy", "Montmédy", "55351"),
    Sign(
        Brand.OMADA,
        "Camping municipal de Clermont",
        "Clermont-en-Argonne",
        "55117",
        (AttributeSet.TPLINK,),
    ),
    Sign(
        Brand.CAMBIUM,
        "Place du marché de Gondrecourt",
        "Gondrecourt-le-Château",
        "55215",
        (AttributeSet.WISPR, AttributeSet.CAMBIUM),
    ),
    Sign(
        Brand.FORTINET,
        "Maison des services de Dun",
        "Dun-sur-Meuse",
        "55167",
        (AttributeSet.FORTINET,),
    ),
    Sign(Brand.GENERIC, "Salle des fêtes de Spincourt", "Spincourt", "55500"),
    Sign(
        Brand.OPENNDS,
        "Aire d'accueil de Fresnes",
        "Fresnes-en-Woëvre",
        "55198",
        variant="fas4",
    ),
)
"""In the order in which the page shows them."""

_SITE: Final = Template("""\
  - code: $code
    name: "$name"
    organisation: meuse
    commune: { insee: "$insee", name: "$town" }
    place_type: autre
    link: private_network
    plan: quatre-heures
    networks: [{ ssid: WiFi-Meuse }]
    gateways:
      - code: $code
        brand: $brand
        login_address: $address:$port
        model: "$model (simulé)"
""")
_CONTROLLER: Final = Template("""\
        controller:
          url: https://$address:$port
          site: default
          user: socle
          password: $password
          certificate: $certificate
""")
_NAS: Final = Template("""\
        nas:
          - code: $code
            source_address: $address
            identifier: $code
            shared_secret: $secret
            attribute_sets: [$sets]
""")


@dataclass(frozen=True, slots=True)
class Street:
    """The sites of the street, as they are described and as they are simulated."""

    text: str = field(repr=False)
    """What follows `sites:` in territory.yaml."""
    certificates: Mapping[str, ServerCertificate] = field(repr=False)
    """Of the boxes and controllers reached by https, by the gateway's code."""


@dataclass(frozen=True, slots=True)
class Box:
    """One box of the street, as the page shows it."""

    name: str
    """Of its place."""
    model: str
    """What it is."""
    way: str
    """How its guests come back to it, in French."""
    url: str
    """Where a browser on its network is."""


WAYS: Final = {
    Return.GET: "le navigateur suit une adresse",
    Return.FORM: "le visiteur presse un second bouton",
    Return.CONTROLLER: "la base demande à son contrôleur",
    Return.POLL: "la borne vient demander à la base",
    Return.COA: "la base la prévient par RADIUS",
}


def address_of(sign: Sign) -> str:
    """Return the loopback address at which a site's box is simulated."""
    return f"127.10.{10 + SIGNS.index(sign)}.1"


def lay_street() -> Street:
    """Make the street's description, with fresh secrets and certificates."""
    certificates = {
        sign.code: self_signed(address_of(sign)) for sign in SIGNS if sign.shows_certificate
    }
    texts = (site_text(sign, address_of(sign), certificates.get(sign.code)) for sign in SIGNS)
    return Street("".join(texts), certificates)


def boxes(web_port: int) -> list[Box]:
    """Return what the page shows of the street."""
    return [
        Box(
            sign.name,
            sign.dialect.name,
            WAYS[sign.dialect.returns],
            f"http://{address_of(sign)}:{web_port}/",
        )
        for sign in SIGNS
    ]


def site_text(sign: Sign, address: str, certificate: ServerCertificate | None) -> str:
    """Return one site as territory.yaml describes it, with fresh secrets.

    Args:
        sign: the site.
        address: where its box is simulated.
        certificate: of its controller, or its own, where it is reached by https.
    """
    return "".join(_parts(sign, address, certificate))


def _parts(sign: Sign, address: str, certificate: ServerCertificate | None) -> Iterator[str]:
    yield _SITE.substitute(
        code=sign.code,
        name=sign.name,
        town=sign.town,
        insee=sign.insee,
        brand=sign.brand.value,
        address=address,
        port=_LOGIN_PORT,
        model=sign.dialect.name,
    )
    if sign.variant:
        yield f"        variant: {sign.variant}\n"
    if sign.dialect.shares_secret:
        yield f"        portal_secret: {secrets.token_hex(16)}\n"
    if certificate and sign.dialect.needs_controller:
        yield _CONTROLLER.substitute(
            address=address,
            port=_CONTROLLER_PORT,
            password=secrets.token_hex(16),
            certificate=certificate.fingerprint,
        )
    if sign.dialect.asks_radius:
        sets = (AttributeSet.STANDARD, *sign.attribute_sets)
        yield _NAS.substitute(
            code=sign.code,
            address=address,
            secret=secrets.token_hex(16),
            sets=", ".join(one.value for one in sets),
        )
