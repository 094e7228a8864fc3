"""The RadSec listener alone: who is let in, what ends a connection, what one peer can hold.

Real TLS on loopback; behind it a desk that accepts every Access-Request, or nobody.
"""

import asyncio
import os
import ssl
import struct
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from itertools import count, takewhile
from pathlib import Path
from typing import Any, cast

import pytest

from deploy.packages.authority import Authority, Purpose
from radius.coa_counters import CoaCounters
from radius.coa_lines import Line, Request
from radius.coa_packets import Ask
from radius.counters import Counters
from radius.exchange_log import ExchangeLog
from radius.nas import Nas
from radius.protocol.authenticators import SharedSecret
from radius.radsec import RadsecServer
from radius.radsec_connection import Connection
from radius.requests import NO_ANSWER, Peer, Send, Surroundings
from radius.sightings import Sightings
from tests.servers.radius import attribute, sign_request
from tests.servers.radsec import BASE_NAME, SITE_NAME, Papers, Site, today
from tests.unit.radius.sample import NAS

SHARED_SECRET = b"radsec"
"""RFC 6614 §2.3."""
SITE_NAS = replace(NAS, secret=SharedSecret(SHARED_SECRET), address=SITE_NAME, tls_name=SITE_NAME)
ACCEPT, STATUS = 2, 12


class Office:
    """The listener, what stands behind it, and what was counted."""

    def __init__(self, papers: Papers, **settings: Any) -> None:
        self.papers = papers
        self.counters = Counters()
        self.listed: Counter[str] = Counter()
        """What technicians see, by reason."""
        self.silent = False
        """Whether requests get no answer."""
        self.gives_up = False
        """Whether it is said at once that they will get none."""
        self.attributes = b""
        """What an Access-Accept has."""
        self.taken = 0
        """Requests so far."""
        names = {SITE_NAME: SITE_NAS}
        chosen = papers.settings(**settings)
        around = Surroundings(
            MachineClock(), self.counters, cast("Sightings", self), ExchangeLog(b"", enabled=False)
        )
        self.server = RadsecServer(chosen, "127.0.0.1", names.get, self.receive, around)
        self.server.bind()

    def discard(self, _address: str, reason: str) -> None:
        """Count as `Sightings` does."""
        self.listed[reason] += 1

    def receive(self, nas: Nas, kind: str, octets: bytes, peer: Peer, send: Send) -> None:
        """Accept."""
        self.taken += 1
        if self.gives_up:
            send(NO_ANSWER, peer)
        elif not self.silent:
            send(nas.secret.signed_reply(ACCEPT, octets[1], octets[4:20], self.attributes), peer)

    def site(self, context: ssl.SSLContext | None = None) -> Site:
        """Return a site; its certificate is in order, unless told otherwise."""
        return Site(self.server.port, context or self.papers.client(self.papers.site()))

    async def connection(self) -> Connection:
        """Return the site's connection, once it is there."""
        connections = self.server.connections
        await until(lambda: len(connections) > 0)
        (found,) = connections.of(SITE_NAS.id)
        return found

    async def counted(self, reason: str, times: int = 1) -> None:
        """Return once this many ends had this reason."""
        await until(lambda: self.counters.discarded["radsec", reason] >= times)
        assert self.counters.discarded["radsec", reason] == times, self.counters.discarded


async def until(so: Callable[[], bool], seconds: float = 90) -> None:
    """Return once it is so."""
    async with asyncio.timeout(seconds):
        for _ in takewhile(lambda _: not so(), count()):
            await asyncio.sleep(0.005)


class MachineClock:
    """The clock OpenSSL judges by."""

    now = staticmethod(today)


@pytest.fixture
def papers(tmp_path: Path) -> Papers:
    """The base's files, in order."""
    return Papers.make(tmp_path)


@asynccontextmanager
async def opened(papers: Papers, **settings: Any) -> AsyncIterator[Office]:
    """Run a listener with these files and settings."""
    office = Office(papers, **settings)
    running = asyncio.create_task(office.server.run())
    try:
        yield office
    finally:
        running.cancel()
        await asyncio.wait([running])
        office.server.release()


def status(identifier: int = 1, authenticator: bytes | None = None) -> bytes:
    """Return a Status-Server."""
    return sign_request(STATUS, identifier, authenticator or os.urandom(16), b"", SHARED_SECRET)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_site_is_known_by_its_certificate(papers: Papers, version: ssl.TLSVersion) -> None:
    """TLS 1.2 and 1.3; octets one by one; two packets at once; replies in order; ALPN agreed."""
    context = papers.client(papers.site(SITE_NAME.upper()), version)
    context.set_alpn_protocols(["radius/1.0"])
    async with opened(papers) as office, office.site(context) as site:
        for octet in status(1):
            site.send(bytes((octet,)))
            await asyncio.sleep(0)
        assert (await site.packet())[:2] == bytes((ACCEPT, 1))
        site.send(status(2), status(3))
        assert [(await site.packet())[1] for _ in range(2)] == [2, 3]
        tls = site.writer.get_extra_info("ssl_object")
        assert tls.version().replace(".", "_") == version.name
        assert tls.selected_alpn_protocol() == "radius/1.0"
        assert office.server.connections.connection_of(SITE_NAS.id) is not None


async def is_served(office: Office, context: ssl.SSLContext) -> bool:
    """Whether a site is answered; TLS 1.3 tells a client of its refusal after the handshake."""
    try:
        async with office.site(context) as site:
            site.send(status())
            return bool(await site.packet())
    except (OSError, EOFError):
        return False


def _of_another_authority(papers: Papers) -> ssl.SSLContext:
    stranger = Authority.make("Test", today(-1))
    return papers.client(stranger.issue(SITE_NAME, Purpose.SITE, today()))


def _revoked(papers: Papers) -> ssl.SSLContext:
    site = papers.site()
    papers.revoke(site)
    return papers.client(site)


def _with_a_stale_list(papers: Papers) -> ssl.SSLContext:
    papers.revoke(days=-401)
    return papers.client(papers.site())


REFUSED: dict[str, tuple[str, Callable[[Papers], ssl.SSLContext]]] = {
    "no certificate": ("no-certificate", lambda papers: papers.client(None)),
    "another authority": ("certificate", _of_another_authority),
    "a server's certificate": (
        "certificate",
        lambda papers: papers.client(papers.authority.issue(SITE_NAME, Purpose.BASE, today())),
    ),
    "expired": ("expired", lambda papers: papers.client(papers.site(days=-731))),
    "revoked": ("revoked", _revoked),
    "stale list": ("stale-revocation-list", _with_a_stale_list),
    "unknown name": (
        "unknown-tls-name",
        lambda papers: papers.client(papers.site("other.meuse.example")),
    ),
    "TLS 1.1": (
        "tls-version",
        lambda papers: papers.client(papers.site(), ssl.TLSVersion.TLSv1_1),
    ),
}


@pytest.mark.parametrize("who", REFUSED)
@pytest.mark.filterwarnings("ignore:.*TLSv1_1 is deprecated")
async def test_nobody_else_is_let_in(papers: Papers, who: str) -> None:
    """Each is refused and counted under its reason; only a holder of our certificate is listed."""
    reason, prepare = REFUSED[who]
    context = prepare(papers)
    async with opened(papers) as office:
        assert not await is_served(office, context)
        await office.counted(reason)
        assert office.listed == ({reason: 1} if reason == "unknown-tls-name" else {})
        assert len(office.server.connections) == 0


MALFORMED = {
    "length": b"\x01\x01\xff\xff" + bytes(16),
    "attribute-length": struct.pack("!BBH", 1, 1, 22) + bytes(16) + b"\x01\x01",
    "message-authenticator": sign_request(STATUS, 1, bytes(16), b"", b"another"),
    "request-authenticator": struct.pack("!BBH", 4, 1, 20) + bytes(16),
}


@pytest.mark.parametrize("reason", MALFORMED)
async def test_a_malformed_or_forged_packet_ends_the_connection(
    papers: Papers, reason: str
) -> None:
    """RFC 6613 §2.6.4: nothing after it can be believed; what came before is answered."""
    async with opened(papers) as office, office.site() as site:
        site.send(status(7), MALFORMED[reason])
        await site.ended()
        await office.counted(reason)


async def test_what_only_a_nas_is_asked_is_refused_in_words(papers: Papers) -> None:
    """RFC 6614 §2.5: a CoA-Request gets a CoA-NAK with Error-Cause 406; other codes silence."""
    async with opened(papers) as office, office.site() as site:
        secret = SITE_NAS.secret
        site.send(secret.digest_request(43, 9, b""), secret.digest_request(99, 9, b""), status(10))
        nak = await site.packet()
        assert (nak[0], nak[1], nak[20:]) == (45, 9, attribute(101, 406))
        assert (await site.packet())[1] == 10
        assert office.listed == {"code": 2}


async def test_garbage_never_reaches_a_handshake(papers: Papers) -> None:
    """Plain RADIUS or HTTP on the TLS port ends there, and what begins as TLS does and is not."""
    no_hello = b"\x16\x03\x01\x00\x04" + bytes(4)
    noise = b"\x80" + os.urandom(299)
    async with opened(papers) as office:
        for octets in (status(), b"GET / HTTP/1.0\r\n\r\n", noise, no_hello):
            reader, writer = await asyncio.open_connection("127.0.0.1", office.server.port)
            writer.write(octets)
            async with asyncio.timeout(60):
                with suppress(OSError):
                    await reader.read()
            writer.close()
        await until(lambda: office.counters.discarded.total() == 4)
        assert {reason for _, reason in office.counters.discarded} <= {"not-tls", "handshake"}


async def test_half_open_connections_are_few_and_short(papers: Papers) -> None:
    """Who never speaks is cut at the deadline; from one address only so many wait at once."""
    async with opened(papers, half_open_of_an_address=3, handshake_seconds=2.0) as office:
        port = office.server.port
        silent = await asyncio.gather(
            *(asyncio.open_connection("127.0.0.1", port) for _ in range(5))
        )
        await office.counted("half-open-address", 2)
        await office.counted("half-open-too-long", 3)
        for reader, writer in silent:
            with suppress(OSError):
                assert not await reader.read()
            writer.close()
        async with office.site() as site:
            site.send(status())
            assert await site.packet()


async def test_a_silent_connection_ends(papers: Papers) -> None:
    """After the idle time-out, the watchdog (RFC 3539) not having spoken."""
    async with opened(papers, idle_seconds=0.2) as office, office.site() as site:
        await site.ended()
        await office.counted("idle")


async def test_a_nas_has_few_connections(papers: Papers) -> None:
    """One too many, and the longest silent gives its place: a router that restarted left it."""
    async with opened(papers, connections_of_a_nas=2) as office, AsyncExitStack() as sites:
        first, second, third = [await sites.enter_async_context(office.site()) for _ in range(3)]
        await first.ended()
        await office.counted("replaced")
        for site in (second, third):
            site.send(status())
            assert await site.packet()
        assert len(office.server.connections) == 2


async def test_a_crowd_is_bounded(papers: Papers) -> None:
    """A thousand who come at once cost their count; sites are then served, so many and no more."""
    limits = {"connections": 5, "half_open": 8, "handshake_seconds": 60.0}
    async with opened(papers, **limits) as office, AsyncExitStack() as sites:
        port, counted = office.server.port, office.counters.discarded
        crowd = [await asyncio.open_connection("127.0.0.1", port) for _ in range(1_000)]
        await office.counted("half-open", 992)
        assert office.server.handshakes == 8
        for _, writer in crowd:
            writer.close()
        await until(lambda: office.server.handshakes == 0)
        for _ in range(5):
            await sites.enter_async_context(office.site())
        await until(lambda: len(office.server.connections) == 5)
        assert not await is_served(office, papers.client(papers.site()))
        assert counted["radsec", "full"] == 1


async def test_a_slow_reader_is_not_read(papers: Papers) -> None:
    """It asks without end and reads nothing: what is held for it stays bounded."""
    async with opened(papers) as office, office.site() as site:
        office.attributes = 16 * attribute(18, "x" * 250)
        connection = await office.connection()
        site.pause()
        for _ in range(20):
            site.send(*(status(n % 256, bytes(16)) for n in range(500)))
        await until(lambda: not connection.reads)
        assert office.taken < 20 * 500
        assert connection.held_octets < 1 << 20
        site.resume()
        assert await site.packet()


async def test_requests_under_way_are_bounded(papers: Papers) -> None:
    """A peer has as many requests without an answer as there are identifiers; no more are read."""
    async with opened(papers) as office, office.site() as site:
        office.silent = True
        site.send(*(status(n % 256) for n in range(256)))
        account = SITE_NAS.secret.digest_request(4, 1, b"")
        site.send(account, account)
        connection = await office.connection()
        await until(lambda: office.taken >= 256 and not connection.reads)
        assert office.taken == 256


async def test_what_is_given_up_holds_nothing_back(papers: Papers) -> None:
    """Records that the database refuses by the hundred: the log-in behind them is answered."""
    async with opened(papers) as office, office.site() as site:
        office.gives_up = True
        site.send(*(SITE_NAS.secret.digest_request(4, n % 256, b"") for n in range(600)))
        await until(lambda: office.taken == 600)
        office.gives_up = False
        site.send(status(7))
        assert (await site.packet())[:2] == bytes((ACCEPT, 7))


async def test_files_are_read_again(papers: Papers) -> None:
    """A revocation ends who it names; a new authority ends all; faulty files change nothing."""
    kept, lost = papers.site(), papers.site()
    async with (
        opened(papers) as office,
        office.site(papers.client(kept)) as honest,
        office.site(papers.client(lost)) as stolen,
    ):
        papers.revoke(lost)
        await stolen.ended()
        await office.counted("revoked")
        honest.send(status())
        assert await honest.packet()
        before = office.server.certificate_ends_at
        (papers.folder / "base.pem").write_text("nonsense")
        (papers.folder / "authority.pem").write_bytes(
            papers.authority.pem + Authority.make("Second", today()).pem
        )
        await until(lambda: office.server.papers_are_faulty)
        honest.send(status())
        assert await honest.packet()
        papers.write("base", papers.authority.issue(BASE_NAME, Purpose.BASE, today(0.5)))
        await honest.ended()
        await office.counted("authorities")
        assert office.server.certificate_ends_at > before
        assert await is_served(office, papers.client(papers.site()))


async def test_a_disconnect_goes_down_the_connection(papers: Papers) -> None:
    """Sent once, sealed with `radsec`; answers matched; late ones told; a forged one ends it."""
    async with opened(papers) as office, office.site() as site:
        await office.connection()
        connections, secret = office.server.connections, SITE_NAS.secret
        line = Line(SITE_NAS, [connections.open_wire], CoaCounters())
        request = Request(Ask.DISCONNECT, attribute(44, "session"), bare=True)

        async def answered(code: int) -> bool:
            asked = asyncio.create_task(line.ask(request, today))
            octets = await site.packet()
            assert (octets[0], octets[20:]) == (40, attribute(44, "session"))
            site.send(secret.plain_reply(code, octets[1], octets[4:20], b""))
            answer = await asked
            assert answer is not None
            return answer.acknowledged

        assert await answered(41)
        assert not await answered(42)
        site.send(secret.plain_reply(41, 99, bytes(16), b""), status())
        assert await site.packet()
        assert office.listed == {"late-answer": 1}
        wire = await connections.open_wire(SITE_NAS, lambda _: None)
        assert wire is not None
        wire.send(secret.digest_request(40, 5, b""))
        assert (await site.packet())[1] == 5
        site.send(secret.plain_reply(41, 5, bytes(16), b""))
        await site.ended()
        await office.counted("response-authenticator")
        with pytest.raises(OSError, match="not connected"):
            await connections.open_wire(SITE_NAS, lambda _: None)
        assert await connections.open_wire(NAS, lambda _: None) is None
