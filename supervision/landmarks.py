"""Whether our own network works: asked whenever a look finds nothing, so that ours is not theirs.

Landmarks are what the settings name, a router of the operator for instance; else the gateways of
this machine. One counts from its first answer on: a gateway that never answers pings tells nothing.
Where none counts, or pings are not allowed, our network is taken to work; so it is where half of
the fleet answered within the last interval, whatever a landmark that was taken away says.
"""

import asyncio
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from supervision.poll import Pinger, PingNotAllowed
from territory.clock import Clock

FRESH_SECONDS = 1.0
"""An answer serves everybody who asks for so long."""
_ROUTES = Path("/proc/net/route")
_TO_A_GATEWAY = 0x3
"""RTF_UP and RTF_GATEWAY (Linux, include/uapi/linux/route.h)."""

Address = IPv4Address | IPv6Address


class Landmarks:
    """What must answer where our own network works."""

    def __init__(
        self,
        pinger: Pinger,
        clock: Clock,
        described: Sequence[Address] = (),
        interval_seconds: float = 60.0,
    ) -> None:
        self._pinger = pinger
        self._interval_seconds = interval_seconds
        self._looks: deque[tuple[float, bool]] = deque()
        self._answered_looks = 0
        self._clock = clock
        self._described = described
        self._proven: set[Address] = set()
        self._asking = asyncio.Lock()
        self._asked_at = float("-inf")
        self._works = True
        self.since: datetime | None = None
        """Since when our network works again; None: it never failed."""

    async def prove(self) -> None:
        """Ask those that never answered, once: whoever does counts from now on."""
        asked = {*(self._described or _gateways())} - self._proven
        with suppress(PingNotAllowed):
            self._proven |= await self._answering(asked)

    async def works(self) -> bool:
        """Whether a landmark answers now, or none ever did."""
        if not self._proven or self._fleet_answers():
            return self._found(works=True)
        if self._is_fresh():
            return self._works
        async with self._asking:
            if not self._is_fresh():
                self._found(works=await self._ask())
                self._asked_at = asyncio.get_running_loop().time()
            return self._works

    def note(self, *, answered: bool) -> None:
        """Note that a piece of equipment elsewhere was pinged, and whether it answered."""
        self._looks.append((asyncio.get_running_loop().time(), answered))
        self._answered_looks += answered

    def _fleet_answers(self) -> bool:
        """Whether half of what was pinged within the last interval answered."""
        oldest = asyncio.get_running_loop().time() - self._interval_seconds
        while self._looks and self._looks[0][0] < oldest:
            self._answered_looks -= self._looks.popleft()[1]
        return 2 * self._answered_looks >= max(1, len(self._looks))

    def _found(self, *, works: bool) -> bool:
        if works and not self._works:
            self.since = self._clock.now()
        self._works = works
        return works

    def _is_fresh(self) -> bool:
        return asyncio.get_running_loop().time() - self._asked_at <= FRESH_SECONDS

    async def _ask(self) -> bool:
        try:
            return bool(await self._answering(self._proven))
        except PingNotAllowed:
            return True

    async def _answering(self, asked: Collection[Address]) -> set[Address]:
        readings = await asyncio.gather(*(self._pinger.read(address) for address in asked))
        return {
            address
            for address, reading in zip(asked, readings, strict=True)
            if reading.round_trip_seconds is not None
        }


def _gateways() -> tuple[IPv4Address, ...]:
    return tuple(default_gateways(_ROUTES.read_text())) if _ROUTES.exists() else ()


def default_gateways(table: str) -> Iterator[IPv4Address]:
    """Yield the gateways of the default routes in the text of /proc/net/route (proc(5))."""
    for line in table.splitlines()[1:]:
        fields = line.split()
        if fields[1] == "00000000" and int(fields[3], 16) & _TO_A_GATEWAY == _TO_A_GATEWAY:
            yield IPv4Address(int.from_bytes(bytes.fromhex(fields[2]), "little"))
