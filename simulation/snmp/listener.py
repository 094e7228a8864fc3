"""Simulated access points and routers at their loopback addresses, hearing SNMP (shell).

An access point belongs to a simulated site: while the site is unplugged, it hears nobody, and once
it is plugged in again its time begins anew.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import cast

from simulation.snmp.access_point import AccessPoint, Vendor, rows
from simulation.snmp.agent import Agent
from territory.clock import Clock


@dataclass(frozen=True, slots=True)
class Heard:
    """Where one access point is asked, and by whose word."""

    access_point: AccessPoint
    address: str
    """127.10.1.2."""
    port: int
    """UDP; 0 takes any free one."""
    community: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What access points are in."""

    clock: Clock
    plugged: Callable[[], bool]
    """Whether there is power."""
    clients: Callable[[], int]
    """How many devices are on the site's networks; its access points share them."""


class _Protocol(asyncio.DatagramProtocol):
    def __init__(self, heard: Heard, around: Surroundings, share: tuple[int, int]) -> None:
        self._heard = heard
        self._around = around
        self._share = share
        """Which of the site's access points it is, of how many."""
        self._transport: asyncio.DatagramTransport | None = None
        self._began = around.clock.now()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer, with power and to its own community."""
        now = self._around.clock.now()
        if not self._around.plugged():
            self._began = now
            return
        which, many = self._share
        clients = (self._around.clients() + which) // many
        values = rows(self._heard.access_point, (now - self._began).total_seconds(), clients)
        answer = Agent(values, self._heard.community.encode()).answer(data)
        if answer is not None and self._transport is not None:
            self._transport.sendto(answer, addr)


@asynccontextmanager
async def listening(heard: Sequence[Heard], around: Surroundings) -> AsyncIterator[tuple[int, ...]]:
    """Have all of them hear until the context ends; gives their ports.

    Raises:
        OSError: an address is taken.
    """
    loop, transports = asyncio.get_running_loop(), list[asyncio.DatagramTransport]()
    try:
        with_radios = [one for one in heard if one.access_point.vendor is not Vendor.OPENWRT]
        for one in heard:
            share = with_radios.index(one) if one in with_radios else 0, len(with_radios) or 1
            transport, _ = await loop.create_datagram_endpoint(
                partial(_Protocol, one, around, share), local_addr=(one.address, one.port)
            )
            transports.append(transport)
        yield tuple(each.get_extra_info("sockname")[1] for each in transports)
    finally:
        for transport in transports:
            transport.close()
