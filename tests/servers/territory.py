"""A small territory written straight into a test's database: sites, their gateways, their NAS."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from territory.database.connect import open_engine
from territory.database.tables import gateway, nas, network, organisation, plan, site
from territory.gateway_dialects import usual_variant
from territory.keyring import Keyring
from territory.rules.mac_form import form_of_brand
from territory.vocabulary import Brand

PORTAL_SECRET = "uamsecret-of-the-lab-0123456789"
SHARED_SECRET = "radius-secret-of-the-lab-0123456"


@dataclass(frozen=True, slots=True)
class SitePlan:
    """One site to be written: a town hall with one gateway and, if it speaks RADIUS, one NAS."""

    code: str
    brand: str
    login_address: str
    portal_base: str
    nas_address: str | None = None
    """Where its RADIUS comes from; None for a gateway without any."""
    tls_name: str | None = None
    """Who it is by RadSec, in place of `nas_address`."""
    coa_port: int = 3799
    session_seconds: int = 4 * 3600
    session_octets: int | None = None
    portal_secret: str = PORTAL_SECRET
    mac_authentication: bool = False
    variant: str = ""
    """Which of its brand's dialects; empty: the usual one."""
    attribute_sets: tuple[str, ...] = ("standard", "wispr", "coovachilli")
    """What its NAS understands."""


async def lay(owner_url: str, keyring: Keyring, sites: Sequence[SitePlan]) -> dict[str, UUID]:
    """Write these sites; return the identifier of each by its code."""
    engine = open_engine(owner_url)
    try:
        async with engine.begin() as connection:
            owner = await _organisation(connection)
            return {each.code: await _site(connection, keyring, owner, each) for each in sites}
    finally:
        await engine.dispose()


async def _organisation(connection: AsyncConnection) -> UUID:
    identifier = uuid4()
    values = {
        "id": identifier,
        "code": "bar-le-duc",
        "name": "Commune de Bar-le-Duc",
        "kind": "commune",
        "siren": "215500293",
        "contact_email": "wifi@bar-le-duc.example",
    }
    await connection.execute(insert(organisation).values(values))
    return identifier


async def _site(connection: AsyncConnection, keyring: Keyring, owner: UUID, each: SitePlan) -> UUID:
    plan_id, site_id, gateway_id = uuid4(), uuid4(), uuid4()
    await connection.execute(
        insert(plan).values(
            id=plan_id,
            code=f"{each.code}-plan",
            name="Découverte",
            session_seconds=each.session_seconds,
            idle_seconds=600,
            interim_seconds=60,
            upload_bps=2_000_000,
            download_bps=8_000_000,
            session_octets=each.session_octets,
            mac_authentication=each.mac_authentication,
        )
    )
    await connection.execute(
        insert(site).values(
            id=site_id,
            code=each.code,
            organisation_id=owner,
            name=f"Mairie ({each.code})",
            insee="55029",
            postal_address="1 place de la Mairie, 55000 Bar-le-Duc",
            place_type="mairie",
            link="radsec" if each.tls_name else "private_network",
            plan_id=plan_id,
            listed=True,
        )
    )
    await connection.execute(
        insert(network).values(id=uuid4(), site_id=site_id, ssid="WiFi-Mairie", kind="public")
    )
    await connection.execute(
        insert(gateway).values(
            id=gateway_id,
            site_id=site_id,
            code=each.code,
            brand=each.brand,
            variant=each.variant or usual_variant(Brand(each.brand)),
            login_address=each.login_address,
            portal_base=each.portal_base,
            portal_secret_sealed=keyring.seal(each.portal_secret),
        )
    )
    if each.nas_address or each.tls_name:
        await connection.execute(
            insert(nas).values(
                id=uuid4(),
                site_id=site_id,
                gateway_id=gateway_id,
                code=f"{each.code}-nas",
                source_address=each.nas_address,
                tls_name=each.tls_name,
                identifier=each.code,
                shared_secret_sealed=keyring.seal(SHARED_SECRET),
                require_message_authenticator="always",
                limit_proxy_state=True,
                coa_port=each.coa_port,
                attribute_sets=list(each.attribute_sets),
                mac_user_name=form_of_brand(each.brand).user_name.value,
                mac_password=form_of_brand(each.brand).password.value,
            )
        )
    return site_id
