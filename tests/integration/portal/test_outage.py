"""The database goes away in the middle of a log-in: the page says so, and the visit is kept."""

from collections.abc import AsyncIterator

import pytest

from portal.guest.parts import Portal
from tests.integration.portal.conftest import Guest, Radius, user_name_in
from tests.servers.outage import DatabaseOutage


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[DatabaseOutage]:
    """The hand on the plug."""
    database = DatabaseOutage(database_url)
    yield database
    await database.end()


async def test_a_log_in_waits_for_the_database(guest: Guest, database: DatabaseOutage) -> None:
    """The first page still comes; its button says to wait, and works once the database is back."""
    await database.begin()
    page = await guest.arrive()
    assert page.status == 200
    away = await guest.post("/visite", visit=page.visit)
    assert away.status == 503
    assert "Le service ne marche pas en ce moment" in away.text
    assert "Votre demande n'est pas perdue" in away.text
    await database.end()
    assert (await guest.post("/visite", visit=away.visit)).status == 303


async def test_pages_without_the_database(
    guest: Guest, portal: Portal, radius: Radius, database: DatabaseOutage
) -> None:
    """Connected without figures; a log-out still ends the session; the rest says to come back."""
    page = await guest.arrive()
    name = user_name_in(await guest.post("/visite", visit=page.visit))
    await radius.bind(name)
    await database.begin()
    connected = await guest.arrive(res="success", uid=name)
    assert "Vous êtes connecté" in connected.text
    out = await guest.post("/deconnexion", visit=connected.visit)
    assert out.location == "http://10.1.0.1:3990/logoff"
    assert (await guest.get("/aide")).status == 200
    assert "Mairie de Commercy" in (await guest.get("/")).text
    captive = "/captive-portal?nasid=gw-mairie&mac=8A-56-7E-F9-10-E4"
    assert (await guest.get(captive, Accept="application/captive+json")).status == 503
    assert len(portal.directory.current.gates) == 2
