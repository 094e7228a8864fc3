"""The configured sites whose gateways can be simulated, read from the database (shell).

Only gateways of a simulated dialect whose address is a loopback one: a real site's gateway is
never impersonated.
"""

from dataclasses import replace
from ipaddress import IPv4Network, ip_address
from urllib.parse import urlsplit

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncEngine

from simulation.configuration import ControllerAccount, GatewayConfiguration, RadiusServer
from simulation.makes import BRANDS
from simulation.site import SiteConfiguration
from territory.database.tables import gateway, nas, plan, site
from territory.keyring import Keyring
from territory.rules.mac_form import given_password
from territory.settings import Settings
from territory.vocabulary import MacPassword, MacUserName

USUAL_PORTS = {"coovachilli": 3990, "uspot": 3990, "opennds": 2050}
"""Where a login_address without a port is; every other brand listens at 80."""

_GATEWAYS = (
    select(
        gateway.c.code,
        gateway.c.brand,
        gateway.c.variant,
        gateway.c.controller_url,
        gateway.c.controller_site,
        gateway.c.controller_user,
        gateway.c.controller_password_sealed,
        gateway.c.login_address,
        gateway.c.portal_base,
        gateway.c.portal_secret_sealed,
        nas.c.identifier,
        nas.c.code.label("nas_code"),
        nas.c.shared_secret_sealed,
        nas.c.coa_port,
        nas.c.next_secret_sealed,
        nas.c.mac_user_name,
        nas.c.mac_password,
        (plan.c.mac_authentication & site.c.mac_authentication).label("mac_authentication"),
    )
    .select_from(gateway)
    .outerjoin(nas, nas.c.gateway_id == gateway.c.id)
    .join(site, site.c.id == gateway.c.site_id)
    .join(plan, plan.c.id == site.c.plan_id)
    .order_by(gateway.c.code)
)


async def load_sites(
    engine: AsyncEngine, keyring: Keyring, settings: Settings, *, phones: int = 0
) -> list[SiteConfiguration]:
    """Return every site of a simulated dialect at a loopback address, each with so many guests.

    Raises: ConfigurationError when a secret was sealed with another master key.
    """
    async with engine.connect() as connection:
        rows = (await connection.execute(_GATEWAYS)).mappings().all()
    return [
        SiteConfiguration(_configuration(row, keyring, settings), phones)
        for row in rows
        if (row["brand"], row["variant"]) in BRANDS and is_loopback(row["login_address"])
    ]


def is_loopback(login_address: str) -> bool:
    """Tell whether a gateway's `host[:port]` is on this machine.

    >>> is_loopback("127.10.1.1:3990"), is_loopback("10.1.0.1"), is_loopback("uam.example")
    (True, False, False)
    """
    try:
        return ip_address(login_address.rpartition(":")[0] or login_address).is_loopback
    except ValueError:
        return False


def _configuration(row: RowMapping, keyring: Keyring, settings: Settings) -> GatewayConfiguration:
    host, _, port = row["login_address"].partition(":")
    brand, sealed = row["brand"], row["portal_secret_sealed"]
    known = GatewayConfiguration(
        nasid=row["identifier"] or row["nas_code"] or row["code"],
        address=host,
        login_port=int(port or USUAL_PORTS.get(brand, 80)),
        portal=row["portal_base"] or _portal(brand, row["code"], settings),
        portal_secret=keyring.open(sealed) if sealed else "",
        network=IPv4Network("10.1.0.0/24"),
        brand=brand,
        variant=row["variant"],
        controller=_controller(row, keyring),
        radius=None,
    )
    return known if row["nas_code"] is None else _with_nas(known, row, keyring, settings)


def _portal(brand: str, code: str, settings: Settings) -> str:
    """CoovaChilli and uspot say who they are in their redirects, all others by the path."""
    ends = {"coovachilli": "", "uspot": "/"}.get(brand, f"/{code}")
    return f"{settings.portal.public_url}/gateway/{brand}{ends}"


def _with_nas(
    known: GatewayConfiguration, row: RowMapping, keyring: Keyring, settings: Settings
) -> GatewayConfiguration:
    shared_secret = keyring.open(row["next_secret_sealed"] or row["shared_secret_sealed"])
    radius = settings.radius
    return replace(
        known,
        coaport=row["coa_port"],
        macauth=row["mac_authentication"] and row["mac_user_name"] != MacUserName.NONE,
        macpasswd=_macpasswd(MacPassword(row["mac_password"]), shared_secret),
        radius=RadiusServer(
            shared_secret,
            "127.0.0.1" if ip_address(radius.host).is_unspecified else radius.host,
            radius.authentication_port,
            radius.accounting_port,
        ),
    )


def _controller(row: RowMapping, keyring: Keyring) -> ControllerAccount:
    sealed = row["controller_password_sealed"]
    return ControllerAccount(
        port=urlsplit(row["controller_url"] or "").port or 0,
        site=row["controller_site"] or "default",
        user=row["controller_user"] or "",
        password=keyring.open(sealed) if sealed else "",
    )


def _macpasswd(password: MacPassword, shared_secret: str) -> str:
    match password:
        case MacPassword.GIVEN:
            return given_password(shared_secret)
        case MacPassword.SHARED_SECRET:
            return shared_secret
        case _:
            return ""
