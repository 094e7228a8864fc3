"""The territory as the portal reads it: with its own role, secrets opened, names resolved."""

import asyncio

import asyncpg

from portal.guest.parts import Portal
from tests.integration.portal.conftest import SECRET, Seed


async def test_what_is_read(portal: Portal, seed: Seed) -> None:
    """A gateway with its secret and its place; the commune's name comes from the national list."""
    territory = portal.directory.current
    gate = territory.gates["gw-mairie"]
    assert gate.registration.secret == SECRET
    assert gate.registration.portal_base == f"{portal.public_url}/gateway/coovachilli"
    assert gate.networks == {"WiFi-Meuse": seed.network}
    assert gate.place.commune == "Commercy"
    assert gate.place.postal_address == "Place Charles-de-Gaulle, 55200 Commercy"
    assert gate.place.organisation.contact_email == "wifi@commercy.example"
    assert territory.publisher is not None
    assert territory.publisher.name == "Département de la Meuse"
    assert territory.names["lab-chilli"] == "gw-mairie"


async def test_an_unknown_brand_is_left_out(
    portal: Portal, owner: asyncpg.Connection, seed: Seed
) -> None:
    """A gateway no adapter speaks to shuts nobody else out."""
    await owner.execute("UPDATE territory.gateway SET brand = 'x' WHERE id = $1", seed.opennds)
    await portal.directory.refresh()
    assert set(portal.directory.current.gates) == {"gw-mairie"}


async def test_a_notification_is_enough(portal: Portal, owner: asyncpg.Connection) -> None:
    """`socle apply` notifies; the portal reads again without being restarted."""
    following = asyncio.create_task(portal.directory.follow())
    try:
        async with asyncio.timeout(60):
            await owner.execute("UPDATE territory.organisation SET name = 'Commercy !'")
            while _name(portal) != "Commercy !":
                await owner.execute("NOTIFY territory")
                await asyncio.sleep(0.02)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


def _name(portal: Portal) -> str:
    return portal.directory.current.gates["gw-mairie"].place.organisation.name
