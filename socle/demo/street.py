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
from territory.gateway_dialects import DIALECTS, Dialect, usual_variant
from territory.vocabulary import AttributeSet, Brand

_LOGIN_PORT: Final = 8082
_CONTROLLER_PORT: Final = 8443


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

    @property
    def code(self) -> str:
        """The site's code, and its gateway's."""
        return f"rue-{self.brand}"

    @property
    def dialect(self) -> Dialect:
        """What it speaks: its brand's usual dialect."""
        return DIALECTS[self.brand][usual_variant(self.brand)]


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
        Brand.MERAKI, "Médiathèque de Vaucouleurs", "Vaucouleurs", "55533", (AttributeSet.MERAKI,)
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
    Sign(Brand.OPENNDS, "Aire d'accueil de Fresnes", "Fresnes-en-Woëvre", "55198"),
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
    """Of the controllers, by the gateway's code."""


def address_of(sign: Sign) -> str:
    """Return the loopback address at which a site's box is simulated."""
    return f"127.10.{10 + SIGNS.index(sign)}.1"


def lay_street() -> Street:
    """Make the street's description, with fresh secrets and certificates."""
    certificates = {
        sign.code: self_signed(address_of(sign)) for sign in SIGNS if sign.dialect.needs_controller
    }
    return Street("".join(_text(sign, certificates) for sign in SIGNS), certificates)


def _text(sign: Sign, certificates: Mapping[str, ServerCertificate]) -> str:
    return "".join(_parts(sign, certificates))


def _parts(sign: Sign, certificates: Mapping[str, ServerCertificate]) -> Iterator[str]:
    address = address_of(sign)
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
    if sign.code in certificates:
        yield _CONTROLLER.substitute(
            address=address,
            port=_CONTROLLER_PORT,
            password=secrets.token_hex(16),
            certificate=certificates[sign.code].fingerprint,
        )
    if sign.dialect.asks_radius:
        sets = (AttributeSet.STANDARD, *sign.attribute_sets)
        yield _NAS.substitute(
            code=sign.code,
            address=address,
            secret=secrets.token_hex(16),
            sets=", ".join(one.value for one in sets),
        )
