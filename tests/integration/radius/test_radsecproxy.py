"""A whole site by RadSec: radclient, Debian's radsecproxy with a rendered bundle, our server.

radsecproxy 1.9 knows no Disconnect-Request from its server; that way is proven with a TLS peer of
our own, in test_radsec.py and below.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from itertools import count, takewhile
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from deploy.packages.authority import Purpose
from radius.exchange import ACCESS
from radius.server import Server
from territory.clock import Clock
from territory.database.components import Component
from territory.keyring import Keyring
from tests.integration.radius.conftest import Lab
from tests.servers.radclient import Said, radclient
from tests.servers.radius import Credential, Nas, report, running_radius, sign_request
from tests.servers.radsec import SITE_NAME, Papers, Site, today
from tests.servers.radsecproxy import Proxy, radsecproxy
from tests.servers.territory import SitePlan, lay

DEVICE = "8A-56-7E-F9-10-E4"
BASE_NAME = "localhost"
"""What both ends find without a name server."""


@pytest.fixture
def papers(tmp_path: Path) -> Papers:
    """The base's files, its certificate for the name it has here."""
    papers = Papers.make(tmp_path)
    papers.write("base", papers.authority.issue(BASE_NAME, Purpose.BASE, today()))
    return papers


@pytest.fixture
async def site_id(database_url: str, keyring: Keyring) -> UUID:
    """A town hall whose NAS comes by RadSec."""
    site = SitePlan(
        "mairie", "coovachilli", "10.1.0.1:3990", "http://portal.example/", tls_name=SITE_NAME
    )
    return (await lay(database_url, keyring, [site]))["mairie"]


@pytest.fixture
async def server(
    site_id: UUID,
    papers: Papers,
    role_url: Callable[[Component], str],
    keyring: Keyring,
    clock: Clock,
) -> AsyncIterator[Server]:
    """The server, with RadSec, knowing that site."""
    url = role_url(Component.RADIUS)
    async with running_radius(url, keyring, clock, radsec=papers.settings()) as server:
        await until(lambda: server.directory.by_tls_name(SITE_NAME) is not None)
        yield server


@pytest.fixture
def lab(server: Server, site_id: UUID, database_url: str, keyring: Keyring, clock: Clock) -> Lab:
    """What the other tests of the server have, without NAS by UDP."""
    nobody = Nas(server.port(ACCESS))
    return Lab(server, nobody, nobody, database_url, keyring, clock, {"mairie": site_id})


async def until(so: Callable[[], bool]) -> None:
    """Return once it is so."""
    async with asyncio.timeout(60):
        for _ in takewhile(lambda _: not so(), count()):
            await asyncio.sleep(0.01)


async def connected(server: Server) -> None:
    """Return once the site has a connection."""
    await until(lambda: server.radsec is not None and len(server.radsec.connections) > 0)


async def log_in(proxy: Proxy, credential: Credential, *options: str) -> Said:
    """Return what radclient got for a guest's log-in."""
    return await radclient(
        proxy.authentication_port,
        "auth",
        proxy.secret,
        f"User-Name = {credential.user_name}\nUser-Password = {credential.password}\n"
        f"Calling-Station-Id = {DEVICE}\nNAS-Identifier = mairie\n"
        "Message-Authenticator = 0x00\n",
        *options,
    )


async def account(proxy: Proxy, status: str, more: str) -> Said:
    """Return what radclient got for an accounting record."""
    record = f"Acct-Status-Type = {status}\nNAS-Identifier = mairie\n{more}"
    return await radclient(proxy.accounting_port, "acct", proxy.secret, record)


@pytest.mark.parametrize("tls", ["TLS1_3:TLS1_3", "TLS1_2:TLS1_2"])
async def test_a_guest_goes_online_through_radsecproxy(lab: Lab, papers: Papers, tls: str) -> None:
    """Rights, accounting and the router's restart, all through one connection."""
    credential = await lab.grant()
    radsec = lab.server.radsec
    assert radsec is not None
    async with radsecproxy(papers, papers.site(), (BASE_NAME, radsec.port), tls) as proxy:
        await connected(lab.server)
        said = await log_in(proxy, credential)
        assert said.received == "Access-Accept", proxy.log.read_text()
        assert said.values("Session-Timeout") == ["14400"]
        assert said.values("WISPr-Bandwidth-Max-Down") == ["8000000"]
        session = (
            f"Acct-Session-Id = one\nUser-Name = {credential.user_name}\n"
            f"Calling-Station-Id = {DEVICE}\nFramed-IP-Address = 10.1.0.2\n"
        )
        assert (await account(proxy, "Start", session)).received == "Accounting-Response"
        row = await lab.row("select acct_session_id, ended_at from live.session")
        assert tuple(row) == ("one", None)
        restart = await account(proxy, "Accounting-On", "Acct-Session-Id = on\n")
        assert restart.received == "Accounting-Response"
        assert (await lab.row("select ended_at from live.session"))["ended_at"] is not None
        assert len(radsec.connections) == 1


async def test_a_revoked_router_is_out(lab: Lab, papers: Papers) -> None:
    """Its connection ends without a restart of anything, and it is not let in again."""
    radsec, certificate = lab.server.radsec, papers.site()
    assert radsec is not None
    credential = await lab.grant()
    async with radsecproxy(papers, certificate, (BASE_NAME, radsec.port)) as proxy:
        await connected(lab.server)
        papers.revoke(certificate)
        await until(lambda: lab.server.counters.discarded["radsec", "revoked"] >= 1)
        assert len(radsec.connections) == 0
        assert (await log_in(proxy, credential, "-r", "1", "-t", "1")).received == "nothing"


async def test_a_disconnect_goes_back_through_the_connection(lab: Lab, papers: Papers) -> None:
    """A peer that knows Disconnect-Requests gets them where it is; the command has its answer.

    Before that, the watchdog it keeps the connection open with (RFC 3539, RFC 6614 §2.6).
    """
    radsec, credential = lab.server.radsec, await lab.grant()
    assert radsec is not None
    peer = Nas(0, secret=b"radsec")
    async with Site(radsec.port, papers.client(papers.site()), BASE_NAME) as site:
        await connected(lab.server)
        site.send(sign_request(12, 0, bytes(16), b"", b"radsec"))
        assert (await site.packet())[0] == 2
        site.send(peer.accounting_request(report(1, "one", credential, DEVICE)))
        assert (await site.packet())[0] == 5
        key = (await lab.row("select session_key from live.session"))["session_key"]
        number, now = uuid4(), lab.clock.now()
        await lab.rows(
            "insert into live.command (id, kind, payload, requested_by, requested_at, deadline)"
            " values ($1, 'disconnect', $2, 'test', $3, $4)",
            number, json.dumps({"session_key": str(key)}), now, now + timedelta(seconds=30),
        )  # fmt: skip
        request = await site.packet()
        assert request[0] == 40
        head = bytes((41, request[1], 0, 20))
        site.send(head + hashlib.md5(head + request[4:20] + b"radsec").digest())
        (row,) = await lab.rows_once(
            "select result from live.command where finished_at is not null",
            lambda rows: len(rows) == 1,
        )
        assert json.loads(row["result"])["outcome"] == "closed"
