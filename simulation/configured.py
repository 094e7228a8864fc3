"""The configured sites whose gateways can be simulated, read from the database (shell).

Only gateways of a simulated dialect, and what is asked by SNMPv2c, whose address is a loopback one:
a real site's equipment is never impersonated.
"""

from dataclasses import replace
from ipaddress import IPv4Network, ip_address
from urllib.parse import urlsplit

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncEngine

from simulation.configuration import ControllerAccount, GatewayConfiguration, RadiusServer
from simulation.makes import BRANDS
from simulation.site import SiteConfiguration
from simulation.snmp.access_point import AccessPoint, Vendor
from simulation.snmp.listener import Heard
from territory.database.tables import access_point, gateway, nas, plan, site
from territory.keyring import Keyring
from territory.model import SnmpEntry
from territory.rules.mac_form import given_password
from territory.settings import Settings
from territory.vocabulary import MacPassword, MacUserName, SnmpVersion

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
        gateway.c.controller_client,
        gateway.c.controller_client_secret_sealed,
        gateway.c.login_address,
        gateway.c.portal_base,
        gateway.c.portal_secret_sealed,
        nas.c.identifier,
        nas.c.code.label("nas_code"),
        nas.c.shared_secret_sealed,
        nas.c.coa_port,
        nas.c.next_secret_sealed,
        nas.c.source_address,
        nas.c.snmp_sealed,
        nas.c.mac_user_name,
        nas.c.mac_password,
        site.c.code.label("site"),
        (plan.c.mac_authentication & site.c.mac_authentication).label("mac_authentication"),
    )
    .select_from(gateway)
    .outerjoin(nas, nas.c.gateway_id == gateway.c.id)
    .join(site, site.c.id == gateway.c.site_id)
    .join(plan, plan.c.id == site.c.plan_id)
    .order_by(gateway.c.code)
)
_ACCESS_POINTS = (
    select(
        access_point.c.code,
        access_point.c.model,
        access_point.c.management_address,
        access_point.c.snmp_sealed,
        site.c.code.label("site"),
    )
    .join(site, site.c.id == access_point.c.site_id)
    .where(access_point.c.snmp_sealed.is_not(None))
    .where(access_point.c.management_address.is_not(None))
    .order_by(access_point.c.code)
)


async def load_sites(
    engine: AsyncEngine, keyring: Keyring, settings: Settings, *, phones: int = 0
) -> list[SiteConfiguration]:
    """Return every site of a simulated dialect at a loopback address, each with so many guests.

    Raises: ConfigurationError when a secret was sealed with another master key.
    """
    async with engine.connect() as connection:
        rows = (await connection.execute(_GATEWAYS)).mappings().all()
        radios = (await connection.execute(_ACCESS_POINTS)).mappings().all()
    heard: dict[str, list[Heard]] = {}
    for each in radios:
        made = AccessPoint(each["code"], vendor_of(each["model"] or ""))
        found = _heard(made, each["management_address"], each["snmp_sealed"], keyring)
        heard.setdefault(each["site"], []).extend(found)
    return [
        SiteConfiguration(
            _configuration(row, keyring, settings),
            phones,
            # A site's access points go with its first gateway.
            equipment=(*heard.pop(row["site"], ()), *_router(row, keyring)),
        )
        for row in rows
        if (row["brand"], row["variant"]) in BRANDS and is_loopback(row["login_address"])
    ]


def _router(row: RowMapping, keyring: Keyring) -> list[Heard]:
    """A NAS that is asked by SNMP answers as the router that it is."""
    if row["snmp_sealed"] is None or row["source_address"] is None:
        return []
    made = AccessPoint(row["nas_code"], Vendor.OPENWRT)
    return _heard(made, row["source_address"], row["snmp_sealed"], keyring)


def _heard(made: AccessPoint, stored: object, sealed: bytes, keyring: Keyring) -> list[Heard]:
    address = str(stored).partition("/")[0]
    access = SnmpEntry.model_validate_json(keyring.open(sealed))
    if access.version is not SnmpVersion.V2C or not is_loopback(address):
        return []
    return [Heard(made, address, access.port, access.community or "")]


def vendor_of(model: str) -> Vendor:
    """Return whose private MIB an access point has, by the first word of its model.

    >>> vendor_of("Aruba 505 (simulée)"), vendor_of("Borne")
    (<Vendor.ARUBA: 'aruba'>, <Vendor.OPENWRT: 'openwrt'>)
    """
    first = model.lower().partition(" ")[0]
    return Vendor(first) if first in set(Vendor) else Vendor.OPENWRT


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
        portal=row["portal_base"] or portal_address(settings.portal.public_url, brand, row["code"]),
        portal_secret=keyring.open(sealed) if sealed else "",
        network=IPv4Network("10.1.0.0/24"),
        brand=brand,
        variant=row["variant"],
        controller=_controller(row, keyring),
        radius=None,
    )
    return known if row["nas_code"] is None else _with_nas(known, row, keyring, settings)


def portal_address(public_url: str, brand: str, code: str) -> str:
    """Return where a gateway sends its guests: CoovaChilli and uspot say who they are in their
    redirects, all others by the path."""
    ends = {"coovachilli": "", "uspot": "/"}.get(brand, f"/{code}")
    return f"{public_url}/gateway/{brand}{ends}"


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
    sealed, application = (
        row[f"controller_{name}_sealed"] for name in ("password", "client_secret")
    )
    return ControllerAccount(
        port=urlsplit(row["controller_url"] or "").port or 0,
        site=row["controller_site"] or "default",
        user=row["controller_user"] or "",
        password=keyring.open(sealed) if sealed else "",
        client=row["controller_client"] or "",
        client_secret=keyring.open(application) if application else "",
    )


def _macpasswd(password: MacPassword, shared_secret: str) -> str:
    match password:
        case MacPassword.GIVEN:
            return given_password(shared_secret)
        case MacPassword.SHARED_SECRET:
            return shared_secret
        case _:
            return ""
