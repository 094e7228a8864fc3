"""The configured sites whose gateways can be simulated, read from the database (shell).

Only CoovaChilli gateways whose address is a loopback one: a real site's gateway is never
impersonated.
"""

from ipaddress import IPv4Network, ip_address

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncEngine

from simulation.configuration import GatewayConfiguration, RadiusServer
from simulation.site import SiteConfiguration
from territory.database.tables import gateway, nas, plan, site
from territory.keyring import Keyring
from territory.rules.mac_form import given_password
from territory.settings import Settings
from territory.vocabulary import MacPassword, MacUserName

BRAND = "coovachilli"
UAM_PORT = 3990

_GATEWAYS = (
    select(
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
    .join(nas, nas.c.gateway_id == gateway.c.id)
    .join(site, site.c.id == gateway.c.site_id)
    .join(plan, plan.c.id == site.c.plan_id)
    .where(gateway.c.brand == BRAND)
    .order_by(gateway.c.code)
)


async def load_sites(
    engine: AsyncEngine, keyring: Keyring, settings: Settings, *, phones: int = 0
) -> list[SiteConfiguration]:
    """Return every configured CoovaChilli site at a loopback address, each with so many guests.

    Raises: ConfigurationError when a secret was sealed with another master key.
    """
    async with engine.connect() as connection:
        rows = (await connection.execute(_GATEWAYS)).mappings().all()
    return [
        SiteConfiguration(_configuration(row, keyring, settings), phones)
        for row in rows
        if is_loopback(row["login_address"])
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
    sealed = row["portal_secret_sealed"]
    shared_secret = keyring.open(row["next_secret_sealed"] or row["shared_secret_sealed"])
    radius = settings.radius
    return GatewayConfiguration(
        nasid=row["identifier"] or row["nas_code"],
        uamlisten=host,
        uamport=int(port or UAM_PORT),
        uamserver=row["portal_base"] or f"{settings.portal.public_url}/gateway/{BRAND}",
        uamsecret=keyring.open(sealed) if sealed else "",
        coaport=row["coa_port"],
        network=IPv4Network("10.1.0.0/24"),
        macauth=row["mac_authentication"] and row["mac_user_name"] != MacUserName.NONE,
        macpasswd=_macpasswd(MacPassword(row["mac_password"]), shared_secret),
        radius=RadiusServer(
            shared_secret,
            "127.0.0.1" if ip_address(radius.host).is_unspecified else radius.host,
            radius.authentication_port,
            radius.accounting_port,
        ),
    )


def _macpasswd(password: MacPassword, shared_secret: str) -> str:
    match password:
        case MacPassword.GIVEN:
            return given_password(shared_secret)
        case MacPassword.SHARED_SECRET:
            return shared_secret
        case _:
            return ""
