"""The ways to the NAS: one line for each, over which requests go out and answers come back.

A line has one socket, and so 256 identifiers; of those at most sixteen are under way at once, so
that they cannot run out, a small access point is not flooded, and a NAS that is silent keeps
nobody waiting but those who ask the same NAS. Who has to wait does so in order and is counted; a
line at which a thousand wait already turns the next away, and says so. A line that is idle closes.

A way may also be the NAS's own RadSec connection (RFC 6614 §2.5): whoever has one puts a `OpenWire`
before UDP's. Over it nothing is sent again (RFC 6613 §2.6).
"""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

import structlog

from radius.coa_counters import CoaCounters
from radius.coa_packets import Answer, Ask, read_answer, sealed_request, waits
from radius.nas import Nas
from radius.protocol.authenticators import SharedSecret
from territory.errors import ProtocolError

AT_ONCE: Final = 16
"""Requests under way to one NAS; the identifiers are 256."""
WAITING: Final = 1_000
"""Requests that may wait for one NAS."""
_IDENTIFIERS: Final = 256
_ANYWHERE: Final = frozenset(("0.0.0.0", "::", ""))  # noqa: S104 - compared with, not bound

log = structlog.get_logger()


class TooManyWaiting(Exception):
    """A thousand requests wait for this NAS already."""


class Wire(Protocol):
    """What carries octets to one NAS."""

    reliable: bool
    """Whether what is sent arrives or fails, so that nothing is sent again (RFC 6613 §2.6)."""
    secret: SharedSecret | None
    """The secret of this way where it has its own (RadSec's); None: the NAS's."""

    def send(self, octets: bytes) -> None:
        """Send one packet.

        Raises:
            OSError: the way is gone.
        """

    def close(self) -> None:
        """Let go of it."""


Receive = Callable[[bytes], None]
OpenWire = Callable[[Nas, Receive], Awaitable[Wire | None]]
"""Opens a way to a NAS that gives what comes back to the function; None: there is no such way.

Raises OSError where there should be one."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request to a NAS, not sealed yet."""

    ask: Ask
    attributes: bytes
    """Encoded."""
    bare: bool
    """Without Event-Timestamp and Message-Authenticator."""


@dataclass(slots=True)
class _Pending:
    octets: bytes
    secret: SharedSecret
    answer: "asyncio.Future[Answer]"


class Line:
    """The line to one NAS."""

    def __init__(self, nas: Nas, ways: Sequence[OpenWire], counters: CoaCounters) -> None:
        self.nas = nas
        self._ways = ways
        self._counters = counters
        self._room = asyncio.Semaphore(AT_ONCE)
        self._opening = asyncio.Lock()
        self._free = deque(range(_IDENTIFIERS))
        self._pending: dict[int, _Pending] = {}
        self._wire: Wire | None = None
        self.waiting = 0
        """Requests that wait for room."""

    @property
    def under_way(self) -> int:
        """Requests sent and not answered yet."""
        return len(self._pending)

    @property
    def is_idle(self) -> bool:
        """Whether nobody needs it."""
        return not self._pending and not self.waiting

    async def ask(self, request: Request, now: Callable[[], datetime]) -> Answer | None:
        """Send until answered or given up (RFC 5080 §2.2.1); None: no answer, or no way to it.

        The caller sets the deadline.

        Raises:
            TooManyWaiting: sent nothing.
        """
        if self._room.locked():
            self._hold_back()
        self.waiting += 1
        try:
            await self._room.acquire()
        finally:
            self.waiting -= 1
        try:
            return await self._converse(request, now())
        except (OSError, ValueError) as fault:  # asyncio's word for addresses of two families
            log.warning("coa.unreachable", nas=self.nas.code, fault=type(fault).__name__)
            self.close()
            return None
        finally:
            self._room.release()

    async def is_connected(self) -> bool:
        """Whether there is a way to it from this process; by RadSec only one process has it."""
        try:
            return await self._open() is not None
        except (OSError, ValueError):
            return False

    def close(self) -> None:
        """Close the socket; the next request opens another."""
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    def _hold_back(self) -> None:
        if self.waiting >= WAITING:
            self._counters.turned_away += 1
            raise TooManyWaiting
        self._counters.held_back += 1
        if not self.waiting:
            log.warning("coa.line_full", nas=self.nas.code, under_way=self.under_way)

    async def _converse(self, request: Request, now: datetime) -> Answer | None:
        wire = await self._open()
        if wire is None:
            return None
        identifier = self._free.popleft()
        secret = wire.secret or self.nas.secret
        stamp = None if request.bare else now
        octets = sealed_request(request.ask, identifier, request.attributes, secret, stamp)
        pending = _Pending(octets, secret, asyncio.get_running_loop().create_future())
        self._pending[identifier] = pending
        try:
            return await self._send(request.ask, wire, pending)
        finally:
            del self._pending[identifier]
            self._free.append(identifier)

    async def _send(self, ask: Ask, wire: Wire, pending: _Pending) -> Answer | None:
        for number, wait in enumerate(waits(_spreads())):
            if number == 0 or not wire.reliable:
                wire.send(pending.octets)
                self._counters.sent[ask.name.lower()] += 1
                self._counters.sent_again += bool(number)
            await asyncio.wait([pending.answer], timeout=wait)
            if pending.answer.done():
                return pending.answer.result()
        return None

    async def _open(self) -> Wire | None:
        async with self._opening:
            for way in self._ways:
                if self._wire is None:
                    self._wire = await way(self.nas, self._receive)
        return self._wire

    def _receive(self, datagram: bytes) -> None:
        """Give an answer to whoever waits for it."""
        pending = self._pending.get(datagram[1]) if len(datagram) > 1 else None
        try:
            if pending is None:
                raise ProtocolError("identifier")
            answer = read_answer(datagram, pending.octets, pending.secret)
        except ProtocolError as fault:
            self._counters.discarded[fault.reason] += 1
            log.warning("coa.discarded", nas=self.nas.code, reason=fault.reason)
            return
        if not pending.answer.done():
            pending.answer.set_result(answer)


class Lines:
    """Every line there is."""

    def __init__(self, ways: Sequence[OpenWire], counters: CoaCounters) -> None:
        self._ways = ways
        self._counters = counters
        self._lines: dict[tuple[UUID, str | None, int], Line] = {}
        counters.gauges["under_way"] = (
            "Requests sent and not answered yet.",
            lambda: sum(line.under_way for line in self._lines.values()),
        )
        counters.gauges["waiting"] = (
            "Requests that wait for their NAS.",
            lambda: sum(line.waiting for line in self._lines.values()),
        )

    def to(self, nas: Nas) -> Line:
        """Return the line to a NAS where it is now; one that moved gets another."""
        place = (nas.id, nas.address, nas.coa_port)
        line = self._lines.get(place)
        if line is None:
            line = self._lines[place] = Line(nas, self._ways, self._counters)
        line.nas = nas
        return line

    def close_idle(self) -> None:
        """Close and forget the lines nobody needs."""
        for place, line in list(self._lines.items()):
            if line.is_idle:
                line.close()
                del self._lines[place]

    def close(self) -> None:
        """Close all."""
        for line in self._lines.values():
            line.close()
        self._lines.clear()


class _UdpWire(asyncio.DatagramProtocol):
    """A socket connected to a NAS's CoA port."""

    reliable: bool = False
    secret: SharedSecret | None = None

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        self._receive(data)

    def error_received(self, exc: Exception) -> None:
        """Ignore an ICMP error: the next sending may pass."""

    def send(self, octets: bytes) -> None:
        """Send one packet."""
        self._transport.sendto(octets)

    def close(self) -> None:
        """Close the socket."""
        self._transport.close()


def over_udp(host: str) -> OpenWire:
    """Return what opens a socket to a NAS, from the address this server listens on."""
    local = None if host in _ANYWHERE else (host, 0)

    async def open_wire(nas: Nas, receive: Receive) -> Wire | None:
        if nas.tls_name is not None:
            return None
        _, wire = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _UdpWire(receive),
            local_addr=local,
            remote_addr=(nas.address, nas.coa_port),
        )
        return wire

    return open_wire


def _spreads() -> Iterator[float]:
    while True:
        yield random.uniform(-0.1, 0.1)  # noqa: S311 - jitter
