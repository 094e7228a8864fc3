"""The offers an organisation may order, each a versioned file of data.

Read once from `offers/`; a fault in an offer is ours, and fails the tests rather than a site.
"""

from functools import cache
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field

from territory.errors import ConfigurationError, Fault
from territory.vocabulary import Brand, Link

_OFFERS = Path(__file__).parent / "offers"


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rendering(_Data):
    """What can be rendered for one brand of gateway."""

    template: str
    """The folder of its templates."""
    links: frozenset[Link]
    """The links it works over; no other is offered."""
    system: str
    """What the router runs, in words."""
    software: tuple[str, ...]
    """Packages the router needs."""
    variants: dict[str, tuple[str, ...]] = {}
    """Dialects that are rendered, each with the packages it needs besides; none: the usual one."""
    open_hosts_software: tuple[str, ...] = ()
    """Packages it needs besides, to open names before log-in."""


class Offer(_Data):
    """One site package, as ordered."""

    code: str
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    """Changes with any value below; a bundle's manifest repeats it."""
    name: str
    """What an organisation reads, in French."""
    summary: str
    """One sentence, in French."""
    bundles: dict[Brand, Rendering]
    """By brand of gateway."""
    tunnel_software: tuple[str, ...]
    """Packages a router needs besides, when its link is a tunnel."""
    radsec_software: tuple[str, ...]
    """Packages a router needs besides, when its link is RadSec."""
    guest_prefix_length: Annotated[int, Field(ge=16, le=28)]
    """Size of the guests' private network."""
    guest_lease_seconds: Annotated[int, Field(ge=300)]
    """How long an address is lent to a phone."""
    refused_networks: tuple[IPv4Network, ...]
    """Where guests never go, the portal excepted."""
    ntp_servers: tuple[str, ...]
    resolvers: tuple[IPv4Address, ...]
    """DNS resolvers; none: the line's own."""
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    """Regulatory domain of the radios."""
    enhanced_open: bool
    """Whether phones that can are encrypted (OWE, RFC 8110), the others served in clear."""


@cache
def catalogue() -> dict[str, Offer]:
    """Return every offer by its code."""
    offers = (Offer.model_validate(yaml.safe_load(f.read_text())) for f in _OFFERS.glob("*.yaml"))
    return {offer.code: offer for offer in sorted(offers, key=lambda offer: offer.code)}


def package_codes() -> frozenset[str]:
    """Return the codes a site may name as its package."""
    return frozenset(catalogue())


def offer_named(code: str) -> Offer:
    """Return an offer.

    Raises:
        ConfigurationError: there is none of that code.
    """
    offer = catalogue().get(code)
    if offer is None:
        expected = f"expected one of {', '.join(catalogue())}, found {code}"
        raise ConfigurationError([Fault("package", expected)])
    return offer
