"""A gateway's own RadSec end: its RADIUS by UDP on one side, one TLS connection on the other.

A simulated gateway speaks RADIUS by UDP. One that speaks RadSec by itself has the same packets,
under the secret `radsec` (RFC 6614 §2.3), in one connection that carries the base's orders too;
so the octets pass as they are, whoever they are for told by their code alone.
"""

import asyncio
from contextlib import AsyncExitStack, suppress
from typing import Any, Self, cast

from tests.servers.radsec import Papers, Site

SECRET = "radsec"
HOST = "127.0.0.1"
_ACCOUNTING_RESPONSE = 5
_REPLIES = frozenset({2, 3, _ACCOUNTING_RESPONSE, 11})
_ORDERS = frozenset({40, 43})


class _End(asyncio.DatagramProtocol):
    """One UDP socket; what comes goes into the connection, replies go back to who asked."""

    def __init__(self, relay: "Relay") -> None:
        self._relay = relay
        self._asked: dict[int, Any] = {}
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket."""
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """Pass on what the gateway sends: a request, or its answer to an order."""
        self._asked[data[1]] = addr
        self._relay.site.send(data)

    def reply(self, octets: bytes) -> None:
        """Pass on the base's reply, to whoever asked last with this identifier."""
        if self.transport is not None and octets[1] in self._asked:
            self.transport.sendto(octets, self._asked[octets[1]])

    def order(self, octets: bytes, gateway: tuple[str, int]) -> None:
        """Pass on what the base asks."""
        if self.transport is not None:
            self.transport.sendto(octets, gateway)


class Relay:
    """The relay of one gateway; an asynchronous context."""

    def __init__(self, papers: Papers, port: int) -> None:
        self.site = Site(port, papers.client(papers.site()))
        self.gateway: tuple[str, int] = ("", 0)
        """Where orders go."""
        self._ends = [_End(self) for _ in range(3)]
        self._stack = AsyncExitStack()

    @property
    def ports(self) -> tuple[int, int]:
        """UDP ports for access and for accounting."""
        access, accounting, _ = (each.transport for each in self._ends)
        assert access is not None
        assert accounting is not None
        return access.get_extra_info("sockname")[1], accounting.get_extra_info("sockname")[1]

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        for end in self._ends:
            transport, _ = await loop.create_datagram_endpoint(
                lambda end=end: end,  # type: ignore[misc]
                local_addr=(HOST, 0),
            )
            self._stack.callback(transport.close)
        await self._stack.enter_async_context(self.site)
        passing = asyncio.create_task(self._pass_on())
        self._stack.push_async_callback(_end, passing)
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self._stack.aclose()

    async def _pass_on(self) -> None:
        access, accounting, orders = self._ends
        with suppress(EOFError):
            while True:
                head = await self.site.reader.readexactly(4)
                rest = await self.site.reader.readexactly(int.from_bytes(head[2:], "big") - 4)
                if head[0] in _ORDERS:
                    orders.order(head + rest, self.gateway)
                elif head[0] in _REPLIES:
                    end = accounting if head[0] == _ACCOUNTING_RESPONSE else access
                    end.reply(head + rest)


async def _end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait([task])
