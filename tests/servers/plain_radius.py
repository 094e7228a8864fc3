"""A RADIUS server with one user, for tests of the simulation alone.

It accepts whoever proves the password, says no to the rest, confirms accounting, and writes down
what it heard. It can be told to be silent, or to answer with forged authenticators.
"""

import asyncio
import secrets
import socket
from dataclasses import dataclass, field
from typing import Any, Self

from pyrad.packet import AccessReject, AcctPacket, AuthPacket, CoAPacket

from simulation.packets import dictionary

PASSWORD = "one-shot-secret"
VENDORS = ("coovachilli",)
"""Whose attributes it knows: those of every simulated brand."""


@dataclass
class PlainRadius:
    """The server; an asynchronous context."""

    secret: bytes = b"testing123"
    answers: dict[str, object] = field(default_factory=dict)
    """The attributes of an Access-Accept."""
    silent: bool = False
    forging: bool = False
    heard: list[dict[str, list[Any]]] = field(default_factory=list)
    """Every request, by attribute name; "code" holds its code."""
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self.transport, _ = await loop.create_datagram_endpoint(
            lambda: _Protocol(self), local_addr=("127.0.0.1", 0)
        )
        return self

    async def __aexit__(self, *_exception: object) -> None:
        self.transport.close()

    @property
    def port(self) -> int:
        """Its UDP port, for both authentication and accounting."""
        return int(self.transport.get_extra_info("sockname")[1])

    def answer(self, data: bytes) -> bytes | None:
        """Return the reply to one packet, None for silence."""
        kind = AuthPacket if data[0] == 1 else AcctPacket
        secret = b"forged" if self.forging else self.secret
        request = kind(secret=self.secret, dict=dictionary(*VENDORS), packet=data)
        named = {key: request[key] for key in request.keys()}  # noqa: SIM118 - pyrad names them there
        self.heard.append({"code": [data[0]], **named})
        request.secret = secret
        if self.silent:
            return None
        reply = request.CreateReply()
        if data[0] == 1 and not self._proven(request):
            reply.code = AccessReject
            reply["Reply-Message"] = "Code refusé"
        elif data[0] == 1:
            for name, value in self.answers.items():
                reply[name] = value
        octets: bytes = reply.ReplyPacket()
        return octets

    def statuses(self) -> list[int]:
        """Return the Acct-Status-Type of each accounting packet heard."""
        raw = [packet["Acct-Status-Type"][0] for packet in self.heard if packet["code"] == [4]]
        names = {
            "Start": 1,
            "Stop": 2,
            "Interim-Update": 3,
            "Accounting-On": 7,
            "Accounting-Off": 8,
        }
        return [names.get(value, value) for value in raw]

    async def wait_for(self, status: int) -> dict[str, list[Any]]:
        """Return the first accounting packet of this status, once it has come."""
        async with self.arrived:
            await self.arrived.wait_for(lambda: status in self.statuses())
        accounting = [packet for packet in self.heard if packet["code"] == [4]]
        return accounting[self.statuses().index(status)]

    def _proven(self, request: Any) -> bool:
        if "CHAP-Password" in request:
            return bool(request.VerifyChapPasswd(PASSWORD))
        name = request["User-Name"][0]
        shown = request.PwDecrypt(request["User-Password"][0])
        known_mac = shown == name and name == request["Calling-Station-Id"][0]
        return bool(shown == PASSWORD or known_mac)


class _Protocol(asyncio.DatagramProtocol):
    def __init__(self, server: PlainRadius) -> None:
        self._server = server
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = self._server.answer(data)
        if reply is not None:
            self._transport.sendto(reply, addr)  # type: ignore[attr-defined]
        task = asyncio.get_running_loop().create_task(self._notify())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _notify(self) -> None:
        async with self._server.arrived:
            self._server.arrived.notify_all()


async def order(
    gateway: tuple[str, int],
    code: int,
    attributes: dict[str, object],
    secret: bytes = b"testing123",
    seconds: float = 60.0,
) -> int | None:
    """Send a Disconnect-Request (40) or a CoA-Request (43); return the answer's code.

    None: there is none within so many seconds.
    """
    packet = CoAPacket(
        code=code, id=secrets.randbelow(256), secret=secret, dict=dictionary(*VENDORS)
    )
    for name, value in attributes.items():
        packet[name] = value
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(("127.0.0.1", 0))
        sender.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_sendto(sender, packet.RequestPacket(), gateway)
        try:
            data = await asyncio.wait_for(loop.sock_recv(sender, 4096), seconds)
        except TimeoutError:
            return None
    reply = CoAPacket(secret=secret, dict=dictionary(*VENDORS), packet=data)
    assert packet.VerifyReply(reply)
    return int(data[0])
