"""A real openNDS at levels 1 to 4 before our portal (level 4 by Debian 13's release).

In network namespaces, with the real portal as a process: a captive phone goes online, its session
is in the base, it logs out and is captive again.
"""

import asyncio
import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from deploy.packages.bundle import render
from deploy.packages.catalogue import offer_named
from territory.database.components import Component
from tests.servers import opennds as nds
from tests.servers.namespaces import Namespaces
from tests.servers.socle import Base, components, write_key
from tests.servers.territory import SitePlan, lay
from tests.unit.deploy.packages.sheets import BASE as BUNDLE_BASE
from tests.unit.deploy.packages.sheets import OPENNDS, SITE

pytestmark = [pytest.mark.namespace, pytest.mark.slow, pytest.mark.timeout(900)]

KEY = "faskey-of-the-lab-0123456789"
HTTP, HTTPS = 8080, 8443
WEB = f"http://{nds.WEB_ADDRESS}/"
PORTAL_NAME = "wifi.meuse.example"
PORTAL_4 = f"https://{nds.WORLD_ADDRESS}:{HTTPS}/gateway/opennds"
VOLUME_OCTETS = 2_000_000
USE_UP = f"curl -s -o /dev/null --max-time 25 -Y 1 -y 3 {WEB}{nds.LARGE} || :"
"""Fetch more than that; the gateway may end it in the middle."""
DEADLINE_SECONDS = 150.0


@dataclass(frozen=True, slots=True)
class Street:
    """A site's router and phone, the portal, and its database."""

    namespaces: Namespaces
    base: Base

    def curl(self, url: str, *arguments: str) -> tuple[str, str]:
        """Ask as the phone does; return where it is sent, and the page."""
        form = "\n%{redirect_url}"
        limits = ("--max-time", "25")
        asked = ("curl", "-s", "-k", "-w", form, *limits, *arguments, url)
        page, _, location = self.namespaces.run(nds.PHONE, *asked).rpartition("\n")
        return location, page

    def until(self, url: str, sought: str) -> str:
        """Ask again until the phone is sent to an address with `sought` in it; a router that runs
        its scripts may let one wait."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while True:
            with suppress(subprocess.CalledProcessError):
                if sought in (location := self.curl(url, "--max-time", "5")[0]):
                    return location
            assert time.monotonic() < deadline, f"{url} does not lead to {sought}"
            time.sleep(0.2)

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
            session_octets=VOLUME_OCTETS,
        )
        for level in (1, 2, 3, 4)
    ]
    asyncio.run(lay(street.base.owner_url, write_key(street.base.folder), sites))
    with components(street.base, Component.PORTAL):
        yield


@pytest.mark.usefixtures("portal")
@pytest.mark.parametrize("level", [1, 2, 3])
async def test_from_captured_to_online_and_back(street: Street, level: int) -> None:
    """Each level: one button, then the Web; a session of this phone; logged out, captive again."""
    code = f"salle-{level}"
    port = HTTPS if level == 3 else HTTP
    path = f"/gateway/opennds/{code}" if level in (2, 3) else "/gateway/opennds"
    settings = nds.Portal(code, KEY, port, path, level)
    with nds.daemon(street.namespaces, level, settings.uci()) as gateway:
        connected = go_online(street, settings.url)
        session = await session_at(street, code)
        assert session["device"] == gateway.phone_mac()
        assert session["address"].startswith("10.99.0.")
        assert session["ended_at"] is None
        log_out(street, connected)
        if level == 3:
            assert (await ended_at(street, code))["terminate_cause"] == 1


@pytest.mark.usefixtures("portal")
async def test_level_4_by_a_bundle(street: Street) -> None:
    """openNDS 10 with a bundle's own settings: it holds what the portal granted, keeps a guest out
    of private networks and of no other; it tells who left, by the button or by a volume used up."""
    code = "salle-4"
    with nds.daemon(street.namespaces, 4, bundled(code)) as gateway:
        connected = go_online(street, PORTAL_4)
        held = json.loads(gateway.ndsctl("json", gateway.phone_mac()))
        assert held["state"] == "Authenticated"
        granted_seconds = int(held["session_end"]) - int(held["session_start"])
        assert 4 * 3600 - 60 <= granted_seconds <= 4 * 3600
        assert (held["upload_quota"], held["download_quota"]) == ("2000", "2000")
        assert held["download_rate_limit_threshold"] == "8000"
        listing = ("nft", "list", "chain", "ip", "nds_filter", "ndsAUT")
        rules = street.namespaces.run(nds.ROUTER, *listing)
        refused = offer_named("town-hall").refused_networks
        assert re.findall(r"(ip daddr \S+ )?counter .* drop", rules) == [
            f"ip daddr {network} " for network in refused
        ]
        log_out(street, connected)
        left = await ended_at(street, code)
        assert left["terminate_cause"] == 1
        assert min(left["upload_octets"], left["download_octets"]) > 0

        go_online(street, PORTAL_4)
        street.namespaces.run(nds.PHONE, "sh", "-c", USE_UP)
        street.until(WEB, "fas=")
        used_up = await ended_at(street, code)
        assert used_up["terminate_cause"] == 10
        assert used_up["download_octets"] > VOLUME_OCTETS


def go_online(street: Street, url: str) -> str:
    """Go from captive to online by one button; return the address of the page that says so."""
    sent = street.until(WEB, "fas=")
    assert sent.startswith(f"{url}?fas=")
    _, page = street.curl(sent)
    reached = url.partition("/gateway")[0]  # behind this gateway, the only way to the portal
    back, _ = street.curl(f"{reached}/visite", "-d", f"visit={visit_in(page)}")
    back = back.replace(street.base.portal_url, reached)
    connected = street.until(back, "/ma-connexion?visit=")
    connected = connected.replace(street.base.portal_url, reached)
    assert "Vous êtes connecté" in street.curl(connected)[1]
    assert nds.WEB_TITLE in street.curl(WEB)[1]
    return connected


def log_out(street: Street, connected: str) -> None:
    """Press that page's button; return once the phone is captive again."""
    reached, _, visit = connected.partition("/ma-connexion?visit=")
    out, _ = street.curl(f"{reached}/deconnexion", "-d", f"visit={visit}")
    street.curl(out)
    street.until(WEB, "fas=")


def bundled(code: str) -> str:
    """Return a bundle's settings for level 4, as installed; asking more often here."""
    portal = urlsplit(f"https://{PORTAL_NAME}:{HTTPS}/gateway/opennds")
    named = replace(OPENNDS, code=code, login_host=nds.ROUTER_ADDRESS, portal_secret=KEY)
    gateway = replace(named, portal=portal, variant="fas4")
    bundle = {str(f.path): f for f in render(offer_named("town-hall"), SITE, gateway, BUNDLE_BASE)}
    text = nds.as_installed(bundle["files/etc/config/opennds"].content)
    by_address = text.replace(f"\toption fasremotefqdn '{PORTAL_NAME}'\n", "")
    return by_address.replace("poll_interval '5'", "poll_interval '1'")


async def session_at(street: Street, code: str) -> Any:
    """Return the last session of a gateway."""
    query = """SELECT s.device::text, host(s.address) AS address, s.ended_at, s.terminate_cause,
        s.upload_octets, s.download_octets
        FROM live.session s JOIN territory.gateway g ON g.id = s.nas_id WHERE g.code = $1
        ORDER BY s.started_at DESC LIMIT 1"""
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
