"""RADIUS over TLS (RFC 6614): the listener of sites that reach us over the Internet.

    accepted -> room? -> TLS, both sides proven -> whose certificate? -> radsec_connection.py

Whoever comes is cut off as early as can be told: before TLS where there is no room, inside it where
the certificate is not of our authorities, revoked or expired, and after it where no NAS has its DNS
name. Each end is counted with its reason; a stranger's address is not kept, since the port faces
the Internet. Handshakes are paced, for they share a core with the requests.

Connections outlive what they were let in by, so they are looked after: an expired certificate or a
revocation ends them, and a change of the authorities ends them all, to be judged anew.
"""

import asyncio
import socket
import ssl
from collections import Counter
from datetime import datetime
from itertools import count
from typing import Final

import structlog

from radius.radsec_connection import Connection, Desk, NasNamed, Receive
from radius.radsec_connections import RadsecConnections
from radius.radsec_papers import Papers
from radius.requests import Peer, Surroundings
from territory.errors import ConfigurationError, Fault
from territory.settings.radius import RadsecSettings

RADSEC: Final = "radsec"
"""The `kind` under which ends of connections and unwanted packets are counted."""

_BACKLOG: Final = 1024
_LOOK_SECONDS: Final = 1.0
_PAUSE_SECONDS: Final = 1.0
_SHUTDOWN_SECONDS: Final = 2.0
_KEEPALIVE_SECONDS: Final = 30
_KEEPALIVE_PROBES: Final = 4
_KNOWN_AFTER_TLS: Final = frozenset(("unknown-tls-name", "several-tls-names"))
"""Reasons a technician looks for: it was somebody with a certificate of ours."""

_CERTIFICATE_REASONS: Final = {
    3: "no-revocation-list",
    10: "expired",
    12: "stale-revocation-list",
    23: "revoked",
}
"""OpenSSL's verdicts on a certificate that have a word of their own here."""
_TLS_REASONS: Final = {
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "no-certificate",
    "UNSUPPORTED_PROTOCOL": "tls-version",
    "NO_SHARED_CIPHER": "tls-version",
    "WRONG_VERSION_NUMBER": "not-tls",
    "HTTP_REQUEST": "not-tls",
}

log = structlog.get_logger()


class RadsecServer:
    """The TLS listener; made only where a certificate is set."""

    def __init__(
        self,
        settings: RadsecSettings,
        host: str,
        nas_named: NasNamed,
        receive: Receive,
        surroundings: Surroundings,
    ) -> None:
        """Read the files.

        Raises:
            ConfigurationError: one cannot be used.
        """
        self._settings = settings
        self._papers = Papers(settings)
        self._host = host
        self._half_open: Counter[str] = Counter()
        self._serials = count(1)
        self.papers_are_faulty = False
        """Whether changed files could not be used; what they said before goes on."""
        self._desk = Desk(nas_named, receive, self._arrived, self._ended, self._unwanted)
        self.connections = RadsecConnections()
        self._clock = surroundings.clock
        self._counters = surroundings.counters
        self._sightings = surroundings.sightings
        self._counters.gauges |= {
            "radsec_connections": ("Open connections.", lambda: len(self.connections)),
            "radsec_handshakes": ("Handshakes under way.", lambda: self.handshakes),
            "radsec_certificate_ends_timestamp_seconds": (
                "When our certificate ends.",
                self._certificate_ends,
            ),
            "radsec_lists_end_timestamp_seconds": (
                "When the first revocation list is past its time; 0 without any.",
                self._lists_end,
            ),
        }

    def bind(self) -> None:
        """Take the port; before `run`.

        Raises:
            ConfigurationError: it cannot be had.
        """
        self._socket = _bound(self._host, self._settings.port)

    @property
    def port(self) -> int:
        """The TCP port it is bound to, also where 0 was asked for."""
        return int(self._socket.getsockname()[1])

    @property
    def handshakes(self) -> int:
        """How many are under way."""
        return self._half_open.total()

    @property
    def certificate_ends_at(self) -> datetime:
        """The last instant of the server's own certificate, UTC."""
        return self._papers.identity.expires_at

    async def run(self) -> None:
        """Serve until cancelled, then end every connection."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._look_after())
                await self._accept(tasks)
        finally:
            for connection in self.connections.all():
                connection.close("stopped")

    def release(self) -> None:
        """Give the port back."""
        self._socket.close()

    def _certificate_ends(self) -> float:
        return self.certificate_ends_at.timestamp()

    def _lists_end(self) -> float:
        until = self._papers.identity.lists_until
        return until.timestamp() if until else 0.0

    # --- Who comes -------------------------------------------------------------------------------

    async def _accept(self, tasks: asyncio.TaskGroup) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, address = await loop.sock_accept(self._socket)
            except OSError as fault:  # out of descriptors, or gone before it was taken
                log.warning("radsec.accept", fault=type(fault).__name__)
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            peer = (*address[:2], next(self._serials))
            full = self._is_full(peer[0])
            if full:
                self._count(full)
                accepted.close()
                await asyncio.sleep(0)
                continue
            self._half_open[peer[0]] += 1
            tasks.create_task(self._greet(accepted, peer))
            await asyncio.sleep(1 / self._settings.handshakes_a_second)

    def _is_full(self, address: str) -> str | None:
        settings = self._settings
        if self._half_open[address] >= settings.half_open_of_an_address:
            return "half-open-address"
        if self._half_open.total() >= settings.half_open:
            return "half-open"
        if len(self.connections) >= settings.connections:
            return "full"
        return None

    async def _greet(self, accepted: socket.socket, peer: Peer) -> None:
        """Bring one handshake to its end, whatever that is."""
        loop = asyncio.get_running_loop()
        try:
            _keep_alive(accepted)
            async with asyncio.timeout(self._settings.handshake_seconds):
                await loop.connect_accepted_socket(
                    lambda: Connection(peer, self._desk),
                    accepted,
                    ssl=self._papers.identity.context,
                    ssl_handshake_timeout=2 * self._settings.handshake_seconds,
                    ssl_shutdown_timeout=_SHUTDOWN_SECONDS,
                )
        except (OSError, TimeoutError) as fault:
            self._count(reason_of(fault))
            accepted.close()
        finally:
            self._half_open[peer[0]] -= 1
            if not self._half_open[peer[0]]:
                del self._half_open[peer[0]]

    def _arrived(self, connection: Connection) -> None:
        nas = connection.nas()
        if nas is None or connection.certificate is None:
            return
        if connection.certificate.serial in self._papers.identity.revoked:
            connection.close("revoked")
            return
        others = self.connections.of(nas.id)
        if len(others) >= self._settings.connections_of_a_nas:
            others[0].close("replaced")
        self.connections.add(nas.id, connection)
        log.info("radsec.connected", nas=nas.code)

    def _ended(self, connection: Connection, reason: str | None) -> None:
        self.connections.remove(connection)
        reason = reason or "closed-by-peer"
        self._count(reason)
        log.info("radsec.ended", name=connection.name, reason=reason)
        if reason in _KNOWN_AFTER_TLS:
            self._sightings.discard(connection.peer[0], reason)

    def _unwanted(self, connection: Connection, reason: str) -> None:
        self._count(reason)
        self._sightings.discard(connection.peer[0], reason)

    def _count(self, reason: str) -> None:
        self._counters.discarded[RADSEC, reason] += 1

    # --- What is open ----------------------------------------------------------------------------

    async def _look_after(self) -> None:
        while True:
            await asyncio.sleep(min(_LOOK_SECONDS, self._settings.idle_seconds))
            everybody = self._read_papers()
            revoked = self._papers.identity.revoked
            now = self._clock.now()
            for connection in self.connections.all():
                held = connection.certificate
                if connection.nas() is None:
                    connection.close("unknown-tls-name")
                elif held is None or held.expires_at <= now:
                    connection.close("expired")
                elif held.serial in revoked:
                    connection.close("revoked")
                elif everybody:
                    connection.close("authorities")
                else:
                    connection.look_after(self._settings.idle_seconds)

    def _read_papers(self) -> bool:
        """Read changed files again; return whether everybody is to be judged anew."""
        before = self._papers.identity.authorities
        try:
            if self._papers.refresh():
                self.papers_are_faulty = False
                log.info("radsec.papers", ends=self._papers.identity.expires_at.isoformat())
        except ConfigurationError as error:
            log.error("radsec.papers", faults=[str(fault) for fault in error.faults])
            self.papers_are_faulty = True
        return self._papers.identity.authorities != before


def reason_of(fault: Exception) -> str:
    """Return the word for a handshake that failed."""
    match fault:
        case ssl.SSLCertVerificationError():
            return _CERTIFICATE_REASONS.get(fault.verify_code, "certificate")
        case ssl.SSLError():
            return _TLS_REASONS.get(fault.reason or "", "handshake")
        case TimeoutError():
            return "half-open-too-long"
        case _:
            return "handshake"


def _keep_alive(accepted: socket.socket) -> None:
    """Let the kernel find out that a router is gone; it tells nobody when its power is cut."""
    accepted.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _KEEPALIVE_SECONDS)
    accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _KEEPALIVE_SECONDS)
    accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, _KEEPALIVE_PROBES)
    accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _bound(host: str, port: int) -> socket.socket:
    """Return a listening socket.

    Raises:
        ConfigurationError: the port cannot be had.
    """
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.setblocking(False)
        found.bind(address)
        found.listen(_BACKLOG)
    except OSError as fault:
        found.close()
        expected = f"expected a free TCP port on {host}, found {port}: {fault}"
        raise ConfigurationError([Fault("radius.radsec.port", expected)]) from fault
    return found
