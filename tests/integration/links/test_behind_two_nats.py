"""A site behind two NATs, whose public address changes: all that a link carries, both ways.

Real parts: the base's own processes, `wireguard-go` (or the kernel's WireGuard) at both ends,
Debian's radsecproxy with its bundle's configuration, radclient as the NAS. radsecproxy 1.9 passes
no Disconnect-Request back: over RadSec that way is proven by a gateway of ours that speaks TLS
itself. Nothing can be pinged over RadSec: there RADIUS alone tells how the NAS is.
"""

import asyncio
import hashlib
import os
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from territory.application.agreement import Known
from territory.application.applying import Wish, make
from territory.application.description import read_description
from territory.application.tunnel_peers import begin_rotation, finish_rotation, load_secrets
from territory.application.writing import Authority
from territory.communes.national_list import national_list
from territory.database.commands import (
    Outcome,
    Request,
    Result,
    Target,
    ask_disconnect,
    await_result,
)
from territory.database.components import Component
from territory.database.connect import open_engine
from territory.keyring import Keyring
from territory.wireguard.keys import new_pair, public_of
from tests.servers.coa_gateway import CoaGateway
from tests.servers.namespaces import end
from tests.servers.radius import Credential, Nas, grant, report
from tests.servers.radsec import BASE_NAME, SITE_NAME, Papers, Site
from tests.servers.radsecproxy import router_files
from tests.servers.socle import Base, components, write_key
from tests.servers.territory import SHARED_SECRET
from tests.servers.two_nats import BASE, BASE_ADDRESS, SITE, TwoNats, two_nats
from tests.unit.deploy.packages.sheets import RADIUS_SECRET

pytestmark = [pytest.mark.namespace, pytest.mark.timeout(900)]

DEVICE = "8A-56-7E-F9-10-E4"
INSIDE_BASE = "10.55.0.1"
WAIT_SECONDS = 90.0
PATIENT = ("-r", "3", "-t", "2")
"""How radclient asks: so often, each so many seconds after the last."""
UNIQUE = os.getpid()
HUB, END = f"h{UNIQUE}", f"s{UNIQUE}"
"""Interfaces; `wg` finds wireguard-go's by name, whatever their namespace."""
TERRITORY = f"""\
territory: {{departement: 55}}
organisations: [{{code: bar, name: Bar-le-Duc, kind: commune, contact: wifi@bar.example}}]
plans: [{{code: libre, name: Libre, session: 4h}}]
sites:
  - code: mairie
    name: Mairie
    organisation: bar
    commune: {{insee: 55029}}
    place_type: mairie
    link: tunnel
    plan: libre
    networks: [{{ssid: Wifi}}]
    gateways:
      - {{code: gw-mairie, brand: coovachilli, login_address: 10.1.0.1, nas: [
          {{code: nas-mairie, shared_secret: {SHARED_SECRET}}}]}}
  - code: mediatheque
    name: Médiathèque
    organisation: bar
    commune: {{insee: 55029}}
    place_type: bibliotheque
    link: radsec
    plan: libre
    networks: [{{ssid: Wifi}}]
    gateways:
      - {{code: gw-mediatheque, brand: coovachilli, login_address: 10.1.0.1, nas: [
          {{code: nas-mediatheque, tls_name: {SITE_NAME}}}]}}
"""


@dataclass(frozen=True, slots=True)
class World:
    """The network, and the base in it."""

    net: TwoNats
    owner_url: str
    keyring: Keyring
    papers: Papers

    async def fetch(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """Return the rows of a query, as the owner."""
        connection = await asyncpg.connect(self.owner_url)
        try:
            return await connection.fetch(query, *arguments)
        finally:
            await connection.close()

    async def until(self, query: str, *arguments: Any) -> asyncpg.Record:
        """Return the first row of a query once there is one."""
        async with asyncio.timeout(WAIT_SECONDS):
            while not (rows := await self.fetch(query, *arguments)):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        return rows[0]

    async def admission(self, site: str) -> Credential:
        """Write an admission, as the portal does, and return what its guest shows."""
        (row,) = await self.fetch("select id from territory.site where code = $1", site)
        return await grant(self.owner_url, self.keyring, row["id"], datetime.now(UTC))

    def radclient(
        self, server: str, kind: str, secret: str, attributes: str, tries: tuple[str, ...] = PATIENT
    ) -> str:
        """Have the site's NAS ask, and return what radclient printed."""
        asking = ("radclient", "-x", *tries, server, kind, secret)
        done = subprocess.run(
            self.net.namespaces.inside(SITE, *asking),
            input=attributes, capture_output=True, text=True, timeout=100, check=False,
        )  # fmt: skip
        return done.stdout + done.stderr

    async def logged_in(self, site: str, server: str, secret: str = SHARED_SECRET) -> Credential:
        """Log a guest in through the link, at the second try if need be; return the credential.

        radsecproxy drops repetitions of a request that went down with its connection.
        """
        guest = await self.admission(site)
        shown = (
            f"User-Name = {guest.user_name}\nUser-Password = {guest.password}\n"
            f"Calling-Station-Id = {DEVICE}\nMessage-Authenticator = 0x00\n"
        )
        said = await self.insisted(server, "auth", secret, shown)
        assert "Received Access-Accept" in said, said
        return guest

    async def insisted(self, server: str, kind: str, secret: str, attributes: str) -> str:
        """Have the site's NAS ask until it is answered, and return what radclient printed."""
        async with asyncio.timeout(WAIT_SECONDS):
            while "Received" not in (
                said := await asyncio.to_thread(self.radclient, server, kind, secret, attributes)
            ):
                pass
        return said

    async def logged_out(self, session: str) -> Result:
        """Ask for a disconnection as the console does, and return what came of it."""
        row = await self.until(
            "select session_key from live.session where acct_session_id = $1", session
        )
        connection = await asyncpg.connect(self.owner_url)
        try:
            target = Target(session_key=UUID(str(row["session_key"])))
            asked = Request("technician", datetime.now(UTC), WAIT_SECONDS)
            number = await ask_disconnect(connection, target, asked)
            result = await await_result(connection, number, WAIT_SECONDS)
        finally:
            await connection.close()
        assert result is not None
        return result


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, module_database_url: str) -> Iterator[World]:
    """The base (RADIUS and supervision), the Internet, two NATs, and two sites' descriptions."""
    folder = tmp_path_factory.mktemp("links")
    keyring, hub = write_key(folder), new_pair()
    (folder / "hub.key").write_text(hub.private)
    papers = Papers.make(folder)
    with two_nats(folder) as net:
        asyncio.run(describe(module_database_url, keyring))
        inside = tuple(net.namespaces.inside(BASE))
        base = Base(folder, module_database_url, "0.0.0.0", inside, settings(folder, papers))
        with components(base, Component.RADIUS, Component.SUPERVISION):
            yield World(net, module_database_url, keyring, papers)


def settings(folder: Path, papers: Papers) -> dict[str, str]:
    """Return what the base is set to beyond a test's usual."""
    radsec = papers.settings()
    named = {name: str(getattr(radsec, name)) for name in ("certificate", "key", "authorities")}
    return {
        **{f"SOCLE_RADIUS__RADSEC__{name.upper()}": path for name, path in named.items()},
        "SOCLE_TUNNEL__PRIVATE_KEY_FILE": str(folder / "hub.key"),
        "SOCLE_TUNNEL__INTERFACE": HUB,
        "SOCLE_SUPERVISION__INTERVAL_SECONDS": "2",
    }


async def describe(owner_url: str, keyring: Keyring) -> None:
    """Apply the description: the tunnel's peer and its inside address are made with its site."""
    description = read_description(TERRITORY.encode(), Known(national_list(), frozenset()))
    engine = open_engine(owner_url)
    await make(engine, Wish(description), keyring, authority())
    await engine.dispose()


def authority() -> Authority:
    """Return on whose word the test acts."""
    return Authority("test", "territory.yaml", datetime.now(UTC))


async def router_keys(world: World) -> tuple[str, str]:
    """Return the private and preshared key that a bundle would have now."""
    engine = open_engine(world.owner_url)
    async with engine.connect() as connection:
        found = await load_secrets(connection, world.keyring, "mairie")
    await engine.dispose()
    assert found
    assert found.private_key
    assert found.inside_address == "10.55.0.2"
    return found.private_key, found.preshared_key


def bring_up(world: World) -> None:
    """Make the site's end of the tunnel, without keys."""
    run, made = world.net.namespaces.run, ("ip", "link", "show", END)
    try:
        run(SITE, "ip", "link", "add", END, "type", "wireguard")
    except subprocess.CalledProcessError:
        world.net.namespaces.spawn(SITE, "wireguard-go", "-f", END)
        world.net.namespaces.wait_for(SITE, *made)
    run(SITE, "ip", "address", "add", "10.55.0.2/32", "dev", END)
    run(SITE, "ip", "link", "set", END, "up")
    run(SITE, "ip", "route", "add", f"{INSIDE_BASE}/32", "dev", END)


def configure(world: World, folder: Path, private: str, preshared: str) -> None:
    """Give the site's end its keys, as its router's configuration does."""
    public = public_of((folder / "hub.key").read_text())
    file = folder / "site.conf"
    file.write_text(
        f"[Interface]\nPrivateKey = {private}\n[Peer]\nPublicKey = {public}\n"
        f"PresharedKey = {preshared}\nEndpoint = {BASE_ADDRESS}:51820\n"
        f"AllowedIPs = {INSIDE_BASE}/32\nPersistentKeepalive = 1\n"
    )
    world.net.namespaces.run(SITE, "wg", "setconf", END, str(file))


@asynccontextmanager
async def taking_disconnects(world: World, *sessions: str) -> AsyncIterator[CoaGateway]:
    """Have the site's gateway take Disconnect-Requests at its end of the tunnel."""
    taken = world.net.socket(SITE, socket.SOCK_DGRAM, "10.55.0.2:3799")
    loop = asyncio.get_running_loop()
    transport, gateway = await loop.create_datagram_endpoint(
        lambda: CoaGateway(set(sessions)), sock=taken
    )
    yield gateway
    transport.close()


async def carries_all(world: World, session: str) -> None:
    """A log-in, a log-out asked by a technician and a poll, through the tunnel."""
    guest = await world.logged_in("mairie", f"{INSIDE_BASE}:1812")
    started = (
        f"Acct-Status-Type = Start\nAcct-Session-Id = {session}\n"
        f"User-Name = {guest.user_name}\nCalling-Station-Id = {DEVICE}\n"
    )
    said = await world.insisted(f"{INSIDE_BASE}:1813", "acct", SHARED_SECRET, started)
    assert "Received Accounting-Response" in said, said
    assert (await world.logged_out(session)).outcome is Outcome.CLOSED
    since = datetime.now(UTC)
    await world.until(
        "select from live.equipment_state where kind = 'nas' and state = 'up'"
        " and round_trip_seconds is not null and checked_at > $1"
        " and equipment_id = (select id from territory.nas where code = 'nas-mairie')",
        since,
    )


async def test_a_tunnel_carries_all_whatever_the_public_address(world: World) -> None:
    """Before and after the box's address changed, and after the site's key was rotated too.

    The NAS has no address in the description: its peer's names it. The site's public address is
    kept by interval.
    """
    folder = Path(world.papers.folder)
    bring_up(world)
    configure(world, folder, *await router_keys(world))
    async with taking_disconnects(world, "one", "two", "three"):
        await carries_all(world, "one")
        await world.until("select 1 from source.site_public_address")  # the hub looks now and then
        world.net.change_public_address("81.2.70.11")
        await carries_all(world, "two")
        seen = await world.until(
            "select array_agg(host(address) order by valid_from) as addresses,"
            " array_agg(origin) as origins, count(valid_until) as ended"
            " from source.site_public_address having count(*) = 2"
        )
        assert tuple(seen) == (["81.2.70.10", "81.2.70.11"], ["link", "link"], 1)
        await rotate(world, folder)
        await carries_all(world, "three")


async def rotate(world: World, folder: Path) -> None:
    """Rotate the site's key: both are valid until its router is heard under the next."""
    before = await router_keys(world)
    engine = open_engine(world.owner_url)
    async with engine.begin() as connection:
        await begin_rotation(connection, world.keyring, "mairie", authority())
    await world.logged_in("mairie", f"{INSIDE_BASE}:1812")
    following = await router_keys(world)
    assert before[0] != following[0]
    configure(world, folder, *following)
    await world.until("select from live.tunnel_seen where next_handshake_at is not null")
    await world.logged_in("mairie", f"{INSIDE_BASE}:1812")
    async with engine.begin() as connection:
        await finish_rotation(connection, "mairie", authority(), even_unseen=False)
    await engine.dispose()


@asynccontextmanager
async def speaking_radsec(world: World) -> AsyncIterator[Site]:
    """Have a gateway of ours connect to the base from the site, by TLS."""
    made = world.net.socket(SITE, socket.SOCK_STREAM, "0.0.0.0:0")
    loop = asyncio.get_running_loop()
    await loop.sock_connect(made, (BASE_ADDRESS, 2083))
    context = world.papers.client(world.papers.site())
    async with Site(2083, context, BASE_NAME, made) as site:
        yield site


async def test_radsec_carries_radius_whatever_the_public_address(world: World) -> None:
    """radsecproxy finds the base again by itself; RADIUS alone tells how the NAS is."""
    folder = Path(world.papers.folder)
    router, names = folder / "router", world.net.namespaces
    text = router_files(router, world.papers, world.papers.site(), (BASE_NAME, 2083))
    (router / "radsecproxy.conf").write_text(text)
    names.know(SITE, BASE_NAME, BASE_ADDRESS)
    command = ("radsecproxy", "-f", "-c", str(router / "radsecproxy.conf"))
    proxy = names.spawn(SITE, *command)
    await world.logged_in("mediatheque", "127.0.0.1:1812", RADIUS_SECRET)
    world.net.change_public_address("81.2.70.12")
    await world.logged_in("mediatheque", "127.0.0.1:1812", RADIUS_SECRET)
    end(proxy)
    judged = await world.until(
        "select round_trip_seconds from live.equipment_state where state = 'up'"
        " and equipment_id = (select id from territory.nas where code = 'nas-mediatheque')"
    )
    assert judged["round_trip_seconds"] is None


async def test_radsec_carries_a_disconnection_where_the_gateway_speaks_it(world: World) -> None:
    """A gateway that connects itself is asked down its newest connection, after a change too."""
    guest = await world.admission("mediatheque")
    peer = Nas(0, secret=b"radsec")
    async with speaking_radsec(world) as gone:
        gone.send(peer.accounting_request(report(1, "tls", guest, DEVICE)))
        assert (await gone.packet())[0] == 5
        world.net.change_public_address("81.2.70.13")
        async with speaking_radsec(world) as site:
            site.send(peer.accounting_request(report(3, "tls", guest, DEVICE)))
            assert (await site.packet())[0] == 5
            asked = asyncio.create_task(world.logged_out("tls"))
            request = await site.packet()
            assert request[0] == 40
            head = bytes((41, request[1], 0, 20))
            site.send(head + hashlib.md5(head + request[4:20] + b"radsec").digest())
            assert (await asked).outcome is Outcome.CLOSED


async def test_clear_radius_from_the_internet_is_refused(world: World) -> None:
    """Whatever it knows, it is silently discarded, and counted under a reason of its own."""
    shown = "User-Name = x\nUser-Password = x\nMessage-Authenticator = 0x00\n"
    server, once = f"{BASE_ADDRESS}:1812", ("-r", "3", "-t", "1")
    said = await asyncio.to_thread(world.radclient, server, "auth", SHARED_SECRET, shown, once)
    assert "Received" not in said
    row = await world.until(
        "select host(source_address) as address from live.discard where reason = $1",
        "clear-from-public",
    )
    assert row["address"] == world.net.public_address
