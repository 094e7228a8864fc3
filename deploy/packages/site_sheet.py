"""What a bundle needs to know of one site and of the base, gathered in one place; pure.

Made of the state that `territory.application.holding` loads, secrets in clear: a sheet lives only
as long as the rendering that needs it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Any
from urllib.parse import SplitResult, urlsplit

from territory.application.state import Kind, Secret, State, Values
from territory.errors import ConfigurationError, Fault
from territory.openid_providers import Provider, read_providers
from territory.rules.identification import methods_of
from territory.rules.mac_form import MacForm
from territory.rules.port_blocks import PortBlocks
from territory.settings import Settings
from territory.vocabulary import (
    Brand,
    IdentificationLevel,
    IdentificationMethod,
    Link,
    MacPassword,
    MacUserName,
    NetworkKind,
)

_LOGIN_PORTS = {Brand.OPENNDS: 2050, Brand.MIKROTIK: 80}
_UAM_PORT = 3990
_WEB_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Base:
    """How a site finds the base."""

    public_url: str
    """The portal's address, where a gateway has none of its own."""
    radius_addresses: tuple[str, ...]
    """One or two, as sites reach them."""
    authentication_port: int
    accounting_port: int
    tunnel_endpoint: str | None
    """WireGuard `host:port`."""
    tunnel_public_key: str | None
    """WireGuard public key."""
    radsec_name: str | None = None
    """DNS name of RADIUS over TLS, as in its certificate."""
    radsec_port: int = 2083
    tunnel_network: IPv4Network | None = None
    """Of the tunnels' inside addresses."""
    providers: tuple[Provider, ...] = ()
    """Where guests may sign in elsewhere (OpenID Connect)."""

    @classmethod
    def of(cls, settings: Settings) -> "Base":
        """Return the base that the settings describe.

        Raises:
            ConfigurationError: an identity provider that cannot be used.
        """
        return cls(
            public_url=settings.portal.public_url,
            radius_addresses=tuple(str(address) for address in settings.radius.reached_at),
            authentication_port=settings.radius.authentication_port,
            accounting_port=settings.radius.accounting_port,
            tunnel_endpoint=settings.tunnel.endpoint,
            tunnel_public_key=settings.tunnel.public_key,
            radsec_name=settings.radius.radsec.reached_at,
            radsec_port=settings.radius.radsec.port,
            tunnel_network=settings.tunnel.network,
            providers=tuple(read_providers(settings).values()),
        )


@dataclass(frozen=True, slots=True)
class NasSheet:
    """The RADIUS side of a gateway."""

    code: str
    source_address: str | None
    """Its address in the link; None by RadSec."""
    identifier: str
    """NAS-Identifier it is told to send."""
    shared_secret: str = field(repr=False)
    """In clear, for the router's configuration; during a rotation, the one that comes."""
    coa_port: int
    mac_form: MacForm
    """How it presents a device by its MAC address."""


@dataclass(frozen=True, slots=True)
class GatewaySheet:
    """One gateway of the site."""

    code: str
    brand: Brand
    login_host: str
    """Address of the router on the guests' network."""
    login_port: int
    """Where guests log in."""
    portal: SplitResult
    """The portal, to the letter as the gateway is to know it."""
    portal_secret: str = field(repr=False)
    """uamsecret or faskey, in clear."""
    model: str | None
    nas: tuple[NasSheet, ...]
    variant: str = ""
    """Which dialect of its brand it speaks; empty: the only one."""

    @property
    def portal_port(self) -> int:
        """The TCP port of the portal."""
        return self.portal.port or _WEB_PORTS[self.portal.scheme]

    def guest_network(self, prefix_length: int) -> IPv4Network:
        """Return the guests' network, in which the router has `login_host`.

        Raises:
            ConfigurationError: `login_host` is a name.
        """
        try:
            return IPv4Interface(f"{IPv4Address(self.login_host)}/{prefix_length}").network
        except ValueError as fault:
            expected = f"expected an IPv4 address in login_address, found {self.login_host}"
            raise ConfigurationError([Fault(f"gateway {self.code}", expected)]) from fault


@dataclass(frozen=True, slots=True)
class TunnelSheet:
    """A site's end of its tunnel."""

    inside_address: str
    """Its own; the router whose NAS has it ends the tunnel."""
    private_key: str | None = field(repr=False)
    """None: the router makes it, and tells its public half."""
    preshared_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SiteSheet:
    """One site, ready to be rendered."""

    code: str
    name: str
    organisation: str
    contact: str
    """The organisation's service."""
    link: Link
    package: str | None
    """The offer it was ordered as."""
    public_ssids: tuple[str, ...]
    plan: Values
    """Its guests' rights, as columns; returning devices only where the site allows them too."""
    gateways: tuple[GatewaySheet, ...]
    tunnel: TunnelSheet | None = None
    """None: its link is another, or the tunnel is not the base's own."""
    providers: tuple[Provider, ...] = ()
    """Where its guests may sign in before they are online; none where no method of it asks."""
    port_blocks: PortBlocks | None = None
    """How its router shares its ports out among devices; None: it does not."""

    @property
    def open_hosts(self) -> tuple[str, ...]:
        """What guests reach before log-in beside the portal, each with the names below it."""
        return tuple(dict.fromkeys(host for one in self.providers for host in one.hosts))


def site_sheet(state: State, code: str, base: Base, tunnel: TunnelSheet | None = None) -> SiteSheet:
    """Return the sheet of a site.

    Raises:
        ConfigurationError: no site has this code.
    """
    site: Any = state[Kind.SITE].get(code)
    if site is None:
        near = get_close_matches(code, state[Kind.SITE], n=1)
        meant = f": did you mean {near[0]}?" if near else ""
        raise ConfigurationError([Fault("site", f"expected a known site, found {code}{meant}")])
    organisation: Any = state[Kind.ORGANISATION][site["organisation"]]
    networks = _of_site(state, Kind.NETWORK, code)
    return SiteSheet(
        code=code,
        name=site["name"],
        organisation=organisation["name"],
        contact=organisation["contact_email"],
        link=Link(site["link"]),
        package=site["package"],
        public_ssids=tuple(
            sorted(v["ssid"] for _, v in networks if v["kind"] == NetworkKind.PUBLIC)
        ),
        plan=_plan_here(state, site),
        gateways=tuple(_gateways(state, code, base)),
        tunnel=tunnel if site["link"] == Link.TUNNEL else None,
        providers=base.providers if _signs_in_elsewhere(state, site) else (),
        port_blocks=_port_blocks(state, code),
    )


def _port_blocks(state: State, code: str) -> PortBlocks | None:
    values: Any
    for _, values in _of_site(state, Kind.PORT_BLOCKS, code):
        return PortBlocks(
            first_address=IPv4Address(values["first_address"]),
            last_address=IPv4Address(values["last_address"]),
            pool=tuple(IPv4Address(text) for text in values["pool"].split()),
            ports=values["ports"],
            first_port=values["first_port"],
            last_port=values["last_port"],
        )
    return None


def _plan_here(state: State, site: Values) -> Values:
    plan = state[Kind.PLAN][str(site["plan"])]
    allowed = plan["mac_authentication"] and site["mac_authentication"]
    return {**plan, "mac_authentication": bool(allowed)}


def _signs_in_elsewhere(state: State, site: Any) -> bool:
    plan: Any = state[Kind.PLAN][str(site["plan"])]
    stated = site["methods"]
    offered = methods_of(
        None if stated is None else tuple(IdentificationMethod(one) for one in stated),
        [IdentificationMethod(one) for one in plan["methods"]],
        IdentificationLevel(plan["least_level"]),
    )
    return IdentificationMethod.OPENID_CONNECT in offered


def _of_site(state: State, kind: Kind, site: str) -> Iterator[tuple[str, Any]]:
    return ((name, values) for name, values in state[kind].items() if values["site"] == site)


def _gateways(state: State, site: str, base: Base) -> Iterator[GatewaySheet]:
    for code, values in sorted(_of_site(state, Kind.GATEWAY, site)):
        brand = Brand(values["brand"])
        own = urlsplit(f"//{values['login_address']}")
        default = _LOGIN_PORTS.get(brand, _UAM_PORT)
        yield GatewaySheet(
            code=code,
            brand=brand,
            login_host=own.hostname or "",
            login_port=own.port or default,
            portal=urlsplit(values["portal_base"] or f"{base.public_url}/gateway/{brand}"),
            portal_secret=_clear(values["portal_secret"]),
            model=values["model"],
            nas=tuple(_nas(state, site, code)),
            variant=values["variant"],
        )


def _nas(state: State, site: str, gateway: str) -> Iterator[NasSheet]:
    for code, values in sorted(_of_site(state, Kind.NAS, site)):
        if values["gateway"] == gateway:
            yield NasSheet(
                code=code,
                source_address=values["source_address"],
                identifier=values["identifier"] or gateway,
                shared_secret=_clear(values["next_secret"] or values["shared_secret"]),
                mac_form=MacForm(
                    MacUserName(values["mac_user_name"]), MacPassword(values["mac_password"])
                ),
                coa_port=values["coa_port"],
            )


def _clear(secret: Secret | None) -> str:
    return secret.text if secret else ""
