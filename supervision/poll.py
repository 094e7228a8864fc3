"""Asks a piece of equipment whether it is there: ICMP echo, three tries before it counts as silent.

One gufo-ping object serves the whole fleet, with a large receive buffer and at most 500 questions
sent within a fifth of a second: beyond that the kernel drops answers, and our own congestion would
look like an outage. What is silent gives its place up after that, so that thousands that are off
never keep those that live waiting.
Pings leave through an unprivileged ICMP socket where `net.ipv4.ping_group_range` allows it, else
through a raw one (CAP_NET_RAW); where neither is allowed, `PingNotAllowed` says so, once for all.
"""

import asyncio
from ipaddress import IPv4Address, IPv6Address

from gufo.ping import Ping, SelectionPolicy

from supervision.facts import Reading
from territory.clock import Clock
from territory.errors import Unavailable

TRIES = 3
AT_ONCE, PLACE_SECONDS = 500, 0.2
"""Questions that await an answer, and how long one that gets none holds its place."""
RECEIVE_BUFFER_OCTETS = 4 << 20
LONGEST_TIMEOUT_SECONDS = 1.0
_PROBES = ("127.0.0.1",)


class PingNotAllowed(Unavailable):
    """This process may not send pings: neither unprivileged nor raw ICMP sockets open."""


class Pinger:
    """Sends pings for one event loop; `close` before the loop goes on to something else."""

    def __init__(self, clock: Clock, timeout_seconds: float = LONGEST_TIMEOUT_SECONDS) -> None:
        self._clock = clock
        self._timeout_seconds = timeout_seconds
        self._ping = Ping(
            policy=SelectionPolicy.DGRAM_RAW,
            timeout=timeout_seconds,
            recv_buffer_size=RECEIVE_BUFFER_OCTETS,
        )
        self._room = asyncio.Semaphore(AT_ONCE)
        self._under_way: set[asyncio.Task[float | None]] = set()

    @property
    def longest_poll_seconds(self) -> float:
        """How long `read` takes for what does not answer; a try lasts up to two timeouts."""
        return 2 * TRIES * self._timeout_seconds

    async def check(self) -> None:
        """Return when pings leave this process.

        Raises:
            PingNotAllowed: they do not; the settings to change are in the message.
        """
        for address in _PROBES:
            await self._once(address)

    async def read(self, address: IPv4Address | IPv6Address) -> Reading:
        """Ask up to three times and return the first answer, or silence.

        Raises:
            PingNotAllowed: nothing could be sent, so silence would mean nothing.
        """
        for tries in range(1, TRIES + 1):
            seconds = await self._once(str(address))
            if seconds is not None:
                return Reading(self._clock.now(), seconds, tries)
        return Reading(self._clock.now(), None, TRIES)

    async def _once(self, address: str) -> float | None:
        await self._room.acquire()
        task = asyncio.ensure_future(self._ping.ping(address))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        place = asyncio.get_running_loop().call_later(PLACE_SECONDS, self._room.release)
        task.add_done_callback(lambda _: self._leave(place))
        try:
            # Shielded: gufo-ping 0.7 stumbles over a question whose asker was cancelled.
            return await asyncio.shield(task)
        except (PermissionError, NotImplementedError) as refusal:
            raise PingNotAllowed(
                "pings cannot be sent: set net.ipv4.ping_group_range, or give CAP_NET_RAW"
            ) from refusal

    def _leave(self, place: asyncio.TimerHandle) -> None:
        """Give a place up as its question ends, unless that took too long and it is given up."""
        if place.when() > asyncio.get_running_loop().time():
            place.cancel()
            self._room.release()

    async def close(self) -> None:
        """Let what is under way end (two timeouts at most), then leave the event loop."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=2 * self._timeout_seconds + 1)
        loop = asyncio.get_running_loop()
        # gufo-ping 0.7 looks for its descriptor under a name it never has, and stays registered.
        for opened in vars(self._ping)["_Ping__sockets"].values():
            loop.remove_reader(vars(opened)["_PingSocket__sock_fd"])
