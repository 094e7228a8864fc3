"""The intake's sockets: syslog by UDP, TCP and TLS, IPFIX by UDP. Shell.

Each hands octets and their sender to the door. What a peer sends, cuts or leaves undone ends its
own connection at most.
"""

import asyncio
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from typing import Any, Final
from uuid import UUID

from retention.intake.door import IPFIX, Door
from retention.intake.framing import Deframer
from territory.errors import ConfigurationError, Fault
from territory.settings.evidence import IntakeSettings

_BUFFER_OCTETS: Final = 4 << 20
_READ_OCTETS: Final = 1 << 16
_CONNECTIONS: Final = 512
_CONNECTIONS_OF_AN_ADDRESS: Final = 8
_HANDSHAKE_SECONDS: Final = 10.0
_IDLE_SECONDS: Final = 3_600.0


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, door: Door, carrier: str) -> None:
        self._door = door
        self._carrier = carrier

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Take it in."""
        self._door.datagram(self._carrier, data, addr[0])


class Listeners:
    """The sockets that the settings name."""

    def __init__(self, settings: IntakeSettings, door: Door) -> None:
        self._settings = settings
        self._door = door
        self._connections: Counter[str] = Counter()
        self._writers: set[asyncio.StreamWriter] = set()
        self._closing = AsyncExitStack()
        self._tls = tls_context(settings) if settings.syslog_tls_port is not None else None
        self._are_open: dict[str, Callable[[], bool]] = {}
        self.ports: dict[str, int] = {}
        """Where each carrier is taken, also where any port was asked for."""

    async def open(self) -> None:
        """Listen from now on.

        Raises:
            ConfigurationError: an address or port cannot be had.
        """
        wanted = self._settings
        try:
            await self._open_datagrams("udp", wanted.syslog_udp_port)
            await self._open_datagrams(IPFIX, wanted.ipfix_port)
            await self._open_stream("tcp", wanted.syslog_tcp_port, None)
            await self._open_stream("tls", wanted.syslog_tls_port, self._tls)
        except OSError as fault:
            await self.close()
            expected = f"expected addresses and ports that can be had: {fault.strerror}"
            raise ConfigurationError([Fault("retention.intake", expected)]) from fault
        self.look()

    async def close(self) -> None:
        """Listen no more; connections end."""
        await self._closing.aclose()

    def look(self) -> None:
        """Show which carriers are listened to, and read the certificate again.

        One that cannot be read, or does not go with its key, is shown; the last one stays, for the
        handshakes to come.
        """
        deaf = {carrier: not is_open() for carrier, is_open in self._are_open.items()}
        if self._tls is not None:
            try:
                _read_papers(self._tls, self._settings)
            except OSError:
                deaf["tls"] = True
        for carrier, is_deaf in deaf.items():
            self._door.metrics.deaf.labels(carrier).set(is_deaf)

    async def _open_datagrams(self, carrier: str, port: int | None) -> None:
        if port is None:
            return
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Datagrams(self._door, carrier), (self._settings.host, port)
        )
        self._closing.callback(transport.close)
        self._are_open[carrier] = lambda: not transport.is_closing()
        bound: socket.socket = transport.get_extra_info("socket")
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_OCTETS)
        self.ports[carrier] = bound.getsockname()[1]

    async def _open_stream(
        self, carrier: str, port: int | None, context: ssl.SSLContext | None
    ) -> None:
        if port is None:
            return

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._serve(carrier, reader, writer)

        server = await asyncio.start_server(
            serve,
            self._settings.host,
            port,
            ssl=context,
            ssl_handshake_timeout=_HANDSHAKE_SECONDS if context else None,
        )
        self._closing.callback(self._end_connections)
        self._closing.callback(server.close)
        self._are_open[carrier] = server.is_serving
        self.ports[carrier] = server.sockets[0].getsockname()[1]

    def _end_connections(self) -> None:
        for writer in self._writers:
            writer.close()

    async def _serve(
        self, carrier: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Take in one connection's messages, until it ends or is silent for an hour."""
        address = str(writer.get_extra_info("peername")[0])
        site = self._site_of(writer, address)
        held = self._connections
        try:
            if site is None:
                self._door.metrics.fault("unknown-sender")
            elif held[address] >= _CONNECTIONS_OF_AN_ADDRESS or held.total() >= _CONNECTIONS:
                self._door.metrics.fault("connections")
            else:
                held[address] += 1
                self._writers.add(writer)
                try:
                    await self._take(carrier, reader, site)
                finally:
                    self._writers.discard(writer)
                    held[address] -= 1
        finally:
            writer.close()

    def _site_of(self, writer: asyncio.StreamWriter, address: str) -> UUID | None:
        certificate = writer.get_extra_info("peercert")
        if certificate is None:
            return self._door.senders.site_at(address)
        told = certificate.get("subjectAltName", ())
        return self._door.senders.site_named(name for kind, name in told if kind == "DNS")

    async def _take(self, carrier: str, reader: asyncio.StreamReader, site: UUID) -> None:
        deframer = Deframer()
        with suppress(TimeoutError, OSError):
            while True:
                async with asyncio.timeout(_IDLE_SECONDS):
                    octets = await reader.read(_READ_OCTETS)
                if not octets:
                    return
                for message in deframer.feed(octets):
                    await self._door.message(carrier, message, site)
                for cause in deframer.faults:
                    self._door.metrics.fault(cause)
                deframer.faults.clear()


def tls_context(settings: IntakeSettings) -> ssl.SSLContext:
    """Return how gateways are met by TLS: each shows a certificate (RFC 5425 §4.2).

    Raises:
        ConfigurationError: a file cannot be read, or certificate and key do not go together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        _read_papers(context, settings)
    except OSError as fault:
        expected = f"expected PEM files that can be read and go together: {fault}"
        raise ConfigurationError([Fault("retention.intake.certificate", expected)]) from fault
    return context


def _read_papers(context: ssl.SSLContext, settings: IntakeSettings) -> None:
    assert settings.certificate and settings.authorities  # noqa: S101, PT018 - the settings' rule
    context.load_cert_chain(settings.certificate, settings.key)
    context.load_verify_locations(settings.authorities)
