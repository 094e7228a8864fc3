"""The database goes away in the middle of a log-in: the page says so, and the visit is kept."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import make_url

from portal.guest.parts import Portal
from tests.integration.portal.conftest import Guest, Radius, user_name_in


class Database:
    """This test's database, which can be taken away and given back."""

    def __init__(self, outside: asyncpg.Connection, name: str) -> None:
        self._outside = outside
        self._name = name

    async def go_away(self) -> None:
        """Let nobody in, and throw out who is in."""
        await self._outside.execute(f"ALTER DATABASE {self._name} ALLOW_CONNECTIONS false")
        query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1"
        await self._outside.execute(query, self._name)

    async def come_back(self) -> None:
        """Let everybody in again."""
        await self._outside.execute(f"ALTER DATABASE {self._name} ALLOW_CONNECTIONS true")


@pytest.fixture
async def database(server_url: str, database_url: str) -> AsyncIterator[Database]:
    """The hand on the plug."""
    outside = await asyncpg.connect(server_url)
    name = make_url(database_url).database
    assert name is not None
    database = Database(outside, name)
    yield database
    await database.come_back()
    await outside.close()


async def test_a_log_in_waits_for_the_database(guest: Guest, database: Database) -> None:
    """The first page still comes; its button says to wait, and works once the database is back."""
    await database.go_away()
    page = await guest.arrive()
    assert page.status == 200
    away = await guest.post("/visite", visit=page.visit)
    assert away.status == 503
    assert "Le service ne marche pas en ce moment" in away.text
    assert "Votre demande n'est pas perdue" in away.text
    await database.come_back()
    assert (await guest.post("/visite", visit=away.visit)).status == 303


async def test_pages_without_the_database(
    guest: Guest, portal: Portal, radius: Radius, database: Database
) -> None:
    """Connected without figures; a log-out still ends the session; the rest says to come back."""
    page = await guest.arrive()
    name = user_name_in(await guest.post("/visite", visit=page.visit))
    await radius.bind(name)
    await database.go_away()
    connected = await guest.arrive(res="success", uid=name)
    assert "Vous êtes connecté" in connected.text
    out = await guest.post("/deconnexion", visit=connected.visit)
    assert out.location == "http://10.1.0.1:3990/logoff"
    assert (await guest.get("/aide")).status == 200
    assert "Mairie de Commercy" in (await guest.get("/")).text
    captive = "/captive-portal?nasid=gw-mairie&mac=8A-56-7E-F9-10-E4"
    assert (await guest.get(captive, Accept="application/captive+json")).status == 503
    assert len(portal.directory.current.gates) == 2
