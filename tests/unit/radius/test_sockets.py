"""The UDP port: what waited in the kernel for too long is dropped, and counted."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count, pairwise, takewhile

import pytest

from radius.sockets import UdpPort

DATAGRAMS = 400


class Taken:
    """What a port received, and what it dropped."""

    def __init__(self) -> None:
        self.datagrams: list[bytes] = []
        self.dropped = 0

    def receive(self, datagram: bytes, *_: object) -> None:
        """Keep one."""
        self.datagrams.append(datagram)

    def shed(self, datagrams: int) -> None:
        """Count those dropped."""
        self.dropped += datagrams

    @property
    def all(self) -> int:
        """How many came out of the kernel."""
        return len(self.datagrams) + self.dropped


@contextmanager
def port_with_waiting(taken: Taken) -> Iterator[UdpPort]:
    """A port at which datagrams wait already."""
    port = UdpPort("127.0.0.1", 0, taken.receive, taken.shed)
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.connect(("127.0.0.1", port.port))
    for number in range(DATAGRAMS):
        sender.send(number.to_bytes(2) * 40)
    port.open()
    try:
        yield port
    finally:
        sender.close()
        port.close()
        port.release()


async def until(so: Callable[[], bool]) -> None:
    """Let the loop run until something is so."""
    async with asyncio.timeout(60):
        for _ in takewhile(lambda _: not so(), count()):
            await asyncio.sleep(0)


async def test_what_is_in_time_is_received() -> None:
    """Every datagram, in order, however many wait."""
    taken = Taken()
    with port_with_waiting(taken):
        await until(lambda: taken.all == DATAGRAMS)
    assert taken.dropped == 0
    assert [datagram[:2] for datagram in taken.datagrams] == [
        number.to_bytes(2) for number in range(DATAGRAMS)
    ]


async def test_what_is_late_is_dropped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its NAS has given it up: the time goes to those that still wait for an answer."""
    monkeypatch.setattr("radius.sockets.PATIENCE_SECONDS", -1.0)
    taken = Taken()
    with port_with_waiting(taken):
        await until(lambda: taken.all == DATAGRAMS)
    assert taken.dropped >= DATAGRAMS - 64


async def test_a_rush_is_read_in_larger_turns() -> None:
    """Sixteen at a time, so that a batch leaves early; 64 once more waits than a batch holds."""
    taken, steps = Taken(), [0]
    with port_with_waiting(taken):
        async with asyncio.timeout(60):
            for _ in takewhile(lambda _: taken.all < DATAGRAMS, count()):
                await asyncio.sleep(0)
                steps.append(taken.all)
    turns = [after - before for before, after in pairwise(steps) if after > before]
    assert turns[:8] == [16] * 8
    assert turns[8] == 64
