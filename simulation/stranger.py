"""A gateway nobody has described: it announces itself now and then, and is not answered (shell).

What a technician sees the day a new box is plugged in before anybody has told the base of it. It
speaks the standard RADIUS, under a secret that nobody shares.
"""

import asyncio
from dataclasses import dataclass
from itertools import count

from simulation.configuration import RadiusServer
from simulation.events import EventListener, GatewayEvent, ignore
from simulation.packets import Nas, Report, StatusType, describe
from simulation.radius_port import Patience, RadiusPort
from simulation.radius_words import RadiusWords
from territory.clock import Clock

UNDESCRIBED_SECRET = "a-secret-that-nobody-else-has"
_WORDS = RadiusWords()


@dataclass(frozen=True, slots=True)
class Stranger:
    """Who calls, whom, and how often."""

    name: str
    """NAS-Identifier it claims."""
    address: str
    """Loopback address it calls from."""
    server: RadiusServer
    every_seconds: float = 40.0

    async def run(self, clock: Clock, listener: EventListener = ignore) -> None:
        """Announce itself until this task is cancelled.

        Raises: OSError when its address is no address of this machine.
        """
        for number in count():
            await self.call(number % 256, clock, listener)
            await asyncio.sleep(self.every_seconds)

    async def call(self, number: int, clock: Clock, listener: EventListener = ignore) -> bool:
        """Send one Accounting-On, as a gateway does that starts; return whether it was answered."""
        nas = Nas(self.name, self.address, "02-00-00-00-00-99", "", UNDESCRIBED_SECRET.encode())
        report = Report(StatusType.ACCOUNTING_ON, clock.now(), number)
        request = _WORDS.nas_report(nas, report)
        said = describe(request.packet)
        listener(GatewayEvent(clock.now(), self.name, "stranger", "A stranger calls", said))
        port = await RadiusPort.open((self.address, 0))
        try:
            where = self.server.host, self.server.accounting_port
            return await port.ask(request, where, self.server.patience) is not None
        finally:
            port.close()


def stranger(name: str, address: str, server: RadiusServer) -> Stranger:
    """Return one that tries twice each time it calls the server that described gateways call."""
    undescribed = RadiusServer(
        UNDESCRIBED_SECRET,
        server.host,
        server.authentication_port,
        server.accounting_port,
        Patience(1.0, 2),
    )
    return Stranger(name, address, undescribed)
