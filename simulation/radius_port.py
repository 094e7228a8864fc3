"""The UDP sockets of a simulated gateway: requests out, replies back, orders in (shell).

Accounting and orders share one socket, at the CoA port; each Access-Request has a socket of its
own, as in the gateway. A request is sent again, the same octets, until its reply comes or
patience ends. A reply that is forged, or from elsewhere, is ignored and counted.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self, cast

from simulation import packets
from simulation.packets import Reply, Request

Address = tuple[str, int]
OrderListener = Callable[[bytes, Address], bytes | None]
"""Takes a Disconnect-Request or CoA-Request and its sender, returns the answer or None."""

REPLY_CODES = frozenset({2, 3, 5, 11})


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the gateway waits for the RADIUS server."""

    wait_seconds: float = 2.0
    """Between two tries."""
    tries: int = 5


def no_orders(_octets: bytes, _sender: Address) -> None:
    """Leave an order unanswered: the listener of a socket that only sends."""


class RadiusPort(asyncio.DatagramProtocol):
    """One UDP socket; open it with `RadiusPort.open`, close it with `close`."""

    def __init__(self, orders: OrderListener) -> None:
        self._orders = orders
        self._waiting: dict[int, tuple[Request, Address, asyncio.Future[Reply]]] = {}
        self._transport: asyncio.DatagramTransport | None = None
        self.ignored = 0
        """Replies thrown away since the socket was opened."""

    @classmethod
    async def open(cls, local: Address, orders: OrderListener = no_orders) -> Self:
        """Bind a socket at `local`; port 0 takes any free one.

        Raises: OSError when the address is taken.
        """
        loop = asyncio.get_running_loop()
        _, port = await loop.create_datagram_endpoint(lambda: cls(orders), local_addr=local)
        return port

    @property
    def number(self) -> int:
        """The UDP port it is bound to; 0 once it is closed."""
        name = self._transport.get_extra_info("sockname") if self._transport else None
        return int(name[1]) if name else 0

    def close(self) -> None:
        """Close the socket; whoever waits for a reply gets none."""
        if self._transport is not None:
            self._transport.close()
        for _, _, future in self._waiting.values():
            future.cancel()

    async def ask(self, request: Request, server: Address, patience: Patience) -> Reply | None:
        """Return the server's reply, or None when patience ended or the socket was closed."""
        if self._transport is None or self._transport.is_closing():
            return None
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[request.identifier] = (request, server, future)
        try:
            for _ in range(patience.tries):
                self._transport.sendto(request.octets, server)
                await asyncio.wait([future], timeout=patience.wait_seconds)
                if future.done():
                    return None if future.cancelled() else future.result()
            return None
        finally:
            self._waiting.pop(request.identifier, None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket (called by asyncio)."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Hand a reply to who waits for it, and an order to who listens (called by asyncio)."""
        if not data or data[0] in REPLY_CODES:
            self._take_reply(data, addr)
            return
        answer = self._orders(data, addr)
        if answer is not None and self._transport is not None:
            self._transport.sendto(answer, addr)

    def error_received(self, exc: Exception) -> None:
        """Treat an unreachable server as a silent one (called by asyncio)."""

    def _take_reply(self, data: bytes, sender: Address) -> None:
        waiting = self._waiting.get(data[1]) if len(data) > 1 else None
        reply = None
        if waiting is not None and sender[:2] == waiting[1]:
            reply = packets.read_reply(waiting[0], data)
        if waiting is None or reply is None:
            self.ignored += 1
        elif not waiting[2].done():
            waiting[2].set_result(reply)
