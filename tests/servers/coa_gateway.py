"""A NAS's CoA port, made with pyrad so that it shares no mistake with the server's own codec.

It knows some sessions, acknowledges what is asked of them, refuses the rest with a cause, and can
be deaf at first.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from pyrad.packet import (
    CoAACK,
    CoANAK,
    CoAPacket,
    DisconnectACK,
    DisconnectNAK,
    DisconnectRequest,
)

from simulation.packets import dictionary
from tests.servers.territory import SHARED_SECRET

_ANSWERS = {True: (DisconnectACK, DisconnectNAK), False: (CoAACK, CoANAK)}


@dataclass
class CoaGateway(asyncio.DatagramProtocol):
    """One NAS."""

    sessions: set[str]
    """Acct-Session-Ids it knows."""
    deaf_for: int = 0
    """Requests it does not hear at first."""
    refuses: Callable[[Any], int | None] = lambda _request: None
    """Gives the Error-Cause for what it refuses whatever it knows; None: nothing."""
    heard: list[bytes] = field(default_factory=list)
    """Every datagram."""
    _asked: dict[tuple[Any, bytes], None] = field(default_factory=dict)
    """Each once: who, and what."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what answers."""
        self._transport: Any = transport

    @property
    def port(self) -> int:
        """Its UDP port."""
        port: int = self._transport.get_extra_info("sockname")[1]
        return port

    def requests(self) -> list[Any]:
        """Return what it was asked, read by pyrad; a request that was sent again is one."""
        return [_read(octets) for _, octets in self._asked]

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Answer."""
        self.heard.append(data)
        self._asked[addr, data] = None
        if len(self.heard) <= self.deaf_for:
            return
        request = _read(data)
        assert request.VerifyCoARequest()
        cause = self.refuses(request)
        if cause is None and not self.sessions & set(request.get("Acct-Session-Id", ())):
            cause = 503
        reply = request.CreateReply()
        reply.code = _ANSWERS[request.code == DisconnectRequest][cause is not None]
        if cause is not None:
            reply["Error-Cause"] = cause
        self._transport.sendto(reply.ReplyPacket(), addr)


@asynccontextmanager
async def listening(*sessions: str, address: str = "127.0.0.1") -> AsyncIterator[CoaGateway]:
    """Run a gateway that knows these sessions, on a port of its own."""
    transport, gateway = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: CoaGateway(set(sessions)), local_addr=(address, 0)
    )
    yield gateway
    transport.close()


def _read(octets: bytes) -> Any:
    return CoAPacket(secret=SHARED_SECRET.encode(), dict=dictionary("coovachilli"), packet=octets)
