"""Whole simulated sites: a gateway and the phones around it, living their lives (shell).

Used by `socle simulate` and by the demo, which also opens a gateway to a real browser. Chance
is seeded, so that the same site lives the same life.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address

from simulation.configuration import GatewayConfiguration
from simulation.events import EventListener, ignore
from simulation.gateway import SimulatedGateway
from simulation.phone import Doorway, Phone
from simulation.snmp.listener import Heard, Surroundings, listening
from territory.clock import Clock, SystemClock
from territory.errors import Unavailable

FIRST_PHONE = 10
"""The first phone of a gateway at 127.10.1.1 has the address 127.10.1.11."""
MAX_PHONES = 200
ADDRESSES = ("http://actualites.test/", "http://meteo.test/", "http://bibliotheque.test/")


@dataclass(frozen=True, slots=True)
class SiteConfiguration:
    """One site to be simulated."""

    gateway: GatewayConfiguration
    phones: int = 0
    """How many guests come and go, at most 200."""
    pause_seconds: float = 20.0
    """How long a guest does nothing between two acts, on average."""
    seed: int = 0
    equipment: tuple[Heard, ...] = ()
    """Access points and routers that answer SNMP."""


class SimulatedSite:
    """A gateway with its guests; an asynchronous context around its life."""

    def __init__(
        self,
        configuration: SiteConfiguration,
        *,
        clock: Clock | None = None,
        listener: EventListener = ignore,
    ) -> None:
        self.configuration = configuration
        self._clock = clock or SystemClock()
        self.gateway = SimulatedGateway(configuration.gateway, clock=clock, listener=listener)

    async def run(self) -> None:
        """Start the gateway and let its guests live until this task is cancelled.

        Raises: OSError when an address is taken.
        """
        await self.gateway.start()
        around = Surroundings(
            self._clock, lambda: self.gateway.plugged, lambda: len(self.gateway.phones)
        )
        try:
            async with (
                listening(self.configuration.equipment, around),
                asyncio.TaskGroup() as group,
            ):
                group.create_task(asyncio.Event().wait())
                for number in range(min(self.configuration.phones, MAX_PHONES)):
                    group.create_task(self._live(number))
        finally:
            await self.gateway.stop()

    async def let_somebody_in(self) -> None:
        """Have a guest online, their session told: a gateway without one falls silent unnoticed.

        Raises: Unavailable when nobody gets online.
        """
        if not any(phone.online for phone in self.gateway.phones.values()):
            async with self._phone(MAX_PHONES - 1) as phone:
                await phone.go_online()
        await self.gateway.settle()

    def _phone(self, number: int) -> Phone:
        address = self.configuration.gateway.address
        return Phone(phone_address(address, number), Doorway(address, self.gateway.web_port))

    async def _live(self, number: int) -> None:
        source = phone_address(self.configuration.gateway.address, number)
        chance = random.Random(f"{self.configuration.seed}|{source}")
        while True:
            await self._pause(chance)
            if not self.gateway.plugged:
                continue
            async with self._phone(number) as phone:
                try:
                    await self._visit(phone, chance)
                except Unavailable as gone:
                    self.gateway.tell("phone-gave-up", f"A guest gave up: {gone}")

    async def _visit(self, phone: Phone, chance: random.Random) -> None:
        journey = await phone.go_online(chance.choice(ADDRESSES))
        for _ in range(chance.randint(2, 6) if journey.online else 0):
            await self._pause(chance)
            octets = chance.randint(2_000, 400_000)
            await phone.browse(f"http://images.test/octets/{octets}")
        if chance.random() < 0.5:
            await phone.log_off()
        else:
            self.gateway.leave(phone.source)

    async def _pause(self, chance: random.Random) -> None:
        await asyncio.sleep(chance.uniform(0.5, 1.5) * self.configuration.pause_seconds)


async def simulate(
    sites: Sequence[SiteConfiguration],
    *,
    clock: Clock | None = None,
    listener: EventListener = ignore,
) -> None:
    """Let all these sites live until this task is cancelled, then stop each cleanly."""
    async with asyncio.TaskGroup() as group:
        for site in sites:
            group.create_task(SimulatedSite(site, clock=clock, listener=listener).run())


def phone_address(address: str, number: int) -> str:
    """Return the source address of a gateway's phone, counted from 0, beside the gateway's own.

    >>> phone_address("127.10.1.1", 0)
    '127.10.1.11'
    """
    return str(IPv4Address(address) + FIRST_PHONE + number)
