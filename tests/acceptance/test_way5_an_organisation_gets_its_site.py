"""Way 5: an organisation gets its site, from the description of a town hall to its first guest.

`socle apply` and `socle site render` as they are typed; a simulated CoovaChilli that knows nothing
but the bundle's own file; the real portal and the real RADIUS server as processes on a real
PostgreSQL. What the bundle says is thus all that a router needs.
"""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from simulation.configuration import GatewayConfiguration, RadiusServer
from simulation.gateway import SimulatedGateway
from simulation.phone import Doorway, Phone
from simulation.site import phone_address
from territory.database.components import Component
from tests.servers.addresses import gateway_address
from tests.servers.event_log import EventLog
from tests.servers.socle import Base, components

pytestmark = pytest.mark.slow

TERRITORY = """\
territory: {{departement: 55}}
organisations:
  - code: bar-le-duc
    name: Ville de Bar-le-Duc
    kind: commune
    siren: 215 500 299
    contact: mairie@bar-le-duc.example
plans:
  - {{code: libre, name: Accès libre, session: 4h, upload: 5 Mbit/s, download: 20 Mbit/s}}
sites:
  - code: mairie
    name: Mairie de Bar-le-Duc
    organisation: bar-le-duc
    commune: {{insee: 55029, name: Bar-le-Duc}}
    place_type: mairie
    link: private_network
    plan: libre
    package: town-hall
    networks: [{{ssid: Wifi public}}]
    gateways:
      - code: gw-mairie
        brand: coovachilli
        login_address: {address}:3990
        nas: [{{code: nas-mairie, source_address: {address}}}]
"""
OPTION = re.compile(r"^\toption (\w+) '([^']*)'$", re.MULTILINE)


@pytest.fixture
def address() -> str:
    """The router's address, on the guests' network and in the link at once."""
    return gateway_address()


@pytest.fixture
def base(tmp_path: Path, database_url: str, address: str) -> Base:
    """A base that has never heard of the town hall."""
    return Base(tmp_path, database_url, address.rsplit(".", 1)[0] + ".2")


def socle(base: Base, *words: str) -> str:
    """Type a command on the base's machine, as its owner; return what it says."""
    environment = {
        "SOCLE_STATE_FOLDER": str(base.folder),
        "SOCLE_DATABASE__URL": base.owner_url,
        "SOCLE_PORTAL__PUBLIC_URL": base.portal_url,
        "SOCLE_RADIUS__REACHED_AT": f'["{base.host}"]',
    }
    done = subprocess.run(
        [sys.executable, "-m", "socle", *words],
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def bundle(base: Base, address: str) -> Path:
    """The folder a technician takes to the town hall."""
    description = base.folder / "territory.yaml"
    description.write_text(TERRITORY.format(address=address))
    assert "6 to add" in socle(base, "apply", str(description), "--yes")
    socle(base, "site", "render", "mairie", "--output", str(base.folder / "bundles"))
    return base.folder / "bundles/gw-mairie"


def installed(bundle: Path) -> GatewayConfiguration:
    """Read a router's options from its CoovaChilli file, and from nowhere else."""
    options = dict(OPTION.findall((bundle / "files/etc/config/chilli").read_text()))
    assert options["nasip"] == options["uamlisten"]
    return GatewayConfiguration(
        nasid=options["radiusnasid"],
        address=options["uamlisten"],
        login_port=int(options["uamport"]),
        portal=options["uamserver"],
        portal_secret=options["uamsecret"],
        radius=RadiusServer(
            options["radiussecret"],
            options["radiusserver1"],
            int(options["radiusauthport"]),
            int(options["radiusacctport"]),
        ),
        coaport=int(options["coaport"]),
        network=IPv4Network(options["net"]),
        macauth=options.get("macauth") == "1",
        web_port=0,
        stop_seconds=2.0,
    )


@pytest.fixture
def running(base: Base, bundle: Path) -> Iterator[None]:
    """The base at work."""
    with components(base, Component.RADIUS, Component.PORTAL):
        yield


@pytest.fixture
async def database(base: Base) -> AsyncIterator[Any]:
    """What the base holds."""
    connection = await asyncpg.connect(base.owner_url)
    yield connection
    await connection.close()


@pytest.mark.usefixtures("running")
async def test_the_bundle_alone_takes_a_guest_online(bundle: Path, database: Any) -> None:
    """Described, rendered, installed: the first guest is online, and the base has seen the NAS."""
    assert await database.fetchval("SELECT count(*) FROM live.nas_seen") == 0
    router, log = installed(bundle), EventLog()
    async with SimulatedGateway(router, listener=log) as gateway:
        doorway = Doorway(router.address, gateway.web_port)
        async with Phone(phone_address(router.address, 0), doorway) as phone:
            journey = await phone.go_online()
        await log.until("accounting-response", 2)  # Accounting-On, then Start
    assert journey.online
    assert any("Mairie de Bar-le-Duc" in sight.page.title for sight in journey.sights)
    assert [kind for kind in log.kinds() if kind == "access-accept"] == ["access-accept"]
    assert await heard(database, "nas-mairie") is not None
    assert await database.fetchval(
        "SELECT n.code FROM live.session t JOIN territory.nas n ON n.id = t.nas_id"
    ) == ("nas-mairie")


async def heard(database: Any, nas: str) -> datetime | None:
    """Return when the base heard the first good Access-Request of a NAS: soon, but not at once."""
    query = """SELECT s.last_access_at FROM live.nas_seen s
        JOIN territory.nas n ON n.id = s.nas_id WHERE n.code = $1 AND s.accepts = 1"""
    for _ in range(600):
        found: datetime | None = await database.fetchval(query, nas)
        if found is not None:
            return found
        await asyncio.sleep(0.1)
    return None
