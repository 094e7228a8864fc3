"""Debian's openNDS at levels 1 to 3, and its daemon let in as level 4 documents it, before ours.

In network namespaces, with the real portal as a process: a captive phone goes online, its session
is in the base, it logs out and is captive again.
"""

import asyncio
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from territory.database.components import Component
from tests.servers import opennds as nds
from tests.servers.namespaces import Namespaces
from tests.servers.socle import Base, components, write_key
from tests.servers.territory import SitePlan, lay

pytestmark = [pytest.mark.namespace, pytest.mark.slow]

KEY = "faskey-of-the-lab-0123456789"
HTTP, HTTPS = 8080, 8443
WEB = f"http://{nds.WEB_ADDRESS}/"
DEADLINE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Street:
    """A site's router and phone, the portal, and its database."""

    namespaces: Namespaces
    base: Base

    def curl(self, url: str, *arguments: str) -> tuple[str, str]:
        """Ask as the phone does; return where it is sent, and the page."""
        form = "\n%{redirect_url}"
        limits = ("--max-time", "10")
        asked = ("curl", "-s", "-k", "-w", form, *limits, *arguments, url)
        page, _, location = self.namespaces.run(nds.PHONE, *asked).rpartition("\n")
        return location, page

    def until(self, url: str, sought: str) -> str:
        """Ask again until the phone is sent to an address with `sought` in it."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while sought not in (location := self.curl(url)[0]):
            assert time.monotonic() < deadline, self.curl(url)
            time.sleep(0.2)
        return location

    async def row(self, query: str, *arguments: object) -> Any:
        """Return one row of the database."""
        connection = await asyncpg.connect(self.base.owner_url)
        try:
            return await connection.fetchrow(query, *arguments)
        finally:
            await connection.close()


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory, module_database_url: str) -> Iterator[Street]:
    """The portal in http and, behind a front, in https; four gateways' records, a phone."""
    folder: Path = tmp_path_factory.mktemp("street")
    with nds.site(folder) as namespaces:
        world = tuple(namespaces.inside(nds.WORLD))
        base = Base(folder, module_database_url, nds.WORLD_ADDRESS, world)
        nds.serve_https(namespaces, HTTPS, HTTP)
        yield Street(namespaces, base)


@pytest.fixture(scope="module")
def portal(street: Street) -> Iterator[None]:
    """The portal, running."""
    sites = [
        SitePlan(
            f"salle-{level}",
            "opennds",
            f"{nds.ROUTER_ADDRESS}:2050",
            f"{street.base.portal_url}/gateway/opennds",
            portal_secret=KEY,
            variant=f"fas{level}",
        )
        for level in (1, 2, 3, 4)
    ]
    asyncio.run(lay(street.base.owner_url, write_key(street.base.folder), sites))
    with components(street.base, Component.PORTAL):
        yield


@pytest.mark.usefixtures("portal")
@pytest.mark.parametrize("level", [1, 2, 3, 4])
async def test_from_captured_to_online_and_back(street: Street, level: int) -> None:
    """Each level: one button, then the Web; a session of this phone; logged out, captive again."""
    code = f"salle-{level}"
    port = HTTPS if level == 3 else HTTP
    path = f"/gateway/opennds/{code}" if level in (2, 3) else "/gateway/opennds"
    settings = nds.Portal(code, KEY, port, path, level)
    with nds.daemon(street.namespaces, settings) as gateway:
        sent, _ = street.curl(WEB)
        assert sent.startswith(f"{settings.url}?fas=")
        _, page = street.curl(sent)
        reached = settings.url.partition("/gateway")[0]  # a captive phone reaches that port only
        back, _ = street.curl(f"{reached}/visite", "-d", f"visit={visit_in(page)}")
        back = back.replace(street.base.portal_url, reached)
        connected = street.until(back, "/ma-connexion?visit=")
        assert "Vous êtes connecté" in street.curl(connected)[1]
        assert nds.WEB_TITLE in street.curl(WEB)[1]
        session = await session_at(street, code)
        assert session["device"] == gateway.phone_mac()
        assert session["address"].startswith("10.99.0.")
        assert session["ended_at"] is None

        visit = connected.partition("visit=")[2]
        out, _ = street.curl(f"{street.base.portal_url}/deconnexion", "-d", f"visit={visit}")
        street.curl(out)
        street.until(WEB, "fas=")
        if level == 3:
            assert (await ended_at(street, code))["terminate_cause"] == 1


async def session_at(street: Street, code: str) -> Any:
    """Return the one session of a gateway."""
    query = """SELECT s.device::text, host(s.address) AS address, s.ended_at, s.terminate_cause
        FROM live.session s JOIN territory.gateway g ON g.id = s.nas_id WHERE g.code = $1"""
    return await street.row(query, code)


async def ended_at(street: Street, code: str) -> Any:
    """Return the session of a gateway once that has told its end."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while (session := await session_at(street, code))["ended_at"] is None:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    return session


def visit_in(page: str) -> str:
    """Return the signed visit of a page's form."""
    found = re.search(r'name="visit" value="([^"]+)"', page)
    assert found, page
    return found[1]
