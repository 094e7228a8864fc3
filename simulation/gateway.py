"""A simulated gateway: captures phones, asks RADIUS or a controller, lets them through (shell).

a phone's browsing -> listeners -> brand -> phone_table -> gateway_radius -> RADIUS server
                          |          ^
               302 to the portal   log-ins and log-offs from the portal's pages
"""

import asyncio
from collections.abc import Mapping
from typing import Self

from simulation.brand import Brand
from simulation.configuration import GatewayConfiguration
from simulation.events import EventListener, ignore
from simulation.listeners import Listeners
from simulation.makes import BRANDS
from simulation.phone_table import PhoneTable
from simulation.subscriber import Subscriber
from territory.clock import Clock, SystemClock


class SimulatedGateway:
    """One gateway, from `start` to `stop`; `unplug` is a power cut, `plug` the power's return."""

    def __init__(
        self,
        configuration: GatewayConfiguration,
        *,
        clock: Clock | None = None,
        listener: EventListener = ignore,
    ) -> None:
        make = BRANDS[configuration.brand, configuration.variant]
        self.configuration = configuration
        self._table = PhoneTable(configuration, clock or SystemClock(), listener, make.words)
        self.brand: Brand = make(self._table)
        """What it does in its own way; a controller it runs, for instance."""
        self._listeners: Listeners | None = None
        self._clockwork: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Open every listener and say Accounting-On.

        Raises: OSError when an address or a port is taken.
        """
        listeners = await Listeners.open(self._table, self.brand)
        try:
            await self._table.begin(self.brand.log_off_address)
            await self.brand.open()
        except OSError:
            await self._table.radius.close()
            await listeners.close()
            raise
        self._listeners = listeners
        self._clockwork = asyncio.get_running_loop().create_task(self._tick_forever())

    async def stop(self) -> None:
        """End every session, say Accounting-Off, and close once that is answered or time is up."""
        if self._listeners is None:
            return
        await self._table.finish()
        await self._close()

    async def unplug(self) -> None:
        """Cut the power: nothing is said to anyone, and every phone is forgotten."""
        await self._close()
        self._table.forget()
        self._table.tell("unplugged", "The power is cut: no packet leaves any more")

    async def plug(self) -> None:
        """Bring the power back: a start like any other."""
        await self.start()
        self._table.tell("plugged", "The power is back: phones are captured again")

    async def _close(self) -> None:
        listeners, self._listeners = self._listeners, None
        clockwork, self._clockwork = self._clockwork, None
        if clockwork is not None:
            clockwork.cancel()
            await asyncio.gather(clockwork, return_exceptions=True)
        await self.brand.close()
        if listeners is not None:
            await listeners.close()
        await self._table.radius.close()

    async def _tick_forever(self) -> None:
        while True:
            await asyncio.sleep(self.configuration.tick_seconds)
            self._table.tick()

    # --- What others look at ------------------------------------------------------------------

    @property
    def plugged(self) -> bool:
        """Whether it runs."""
        return self._listeners is not None

    @property
    def login_address(self) -> str:
        """Where browsers log in and out: http://127.10.1.1:3990."""
        return self._table.login_address

    @property
    def web_port(self) -> int:
        """The port at which browsing is caught; 0 while it is unplugged."""
        return self._listeners.web_port if self._listeners else 0

    @property
    def coa_port(self) -> int:
        """The UDP port on which it hears orders; 0 while it is unplugged."""
        return self._table.radius.coa_port

    @property
    def ignored_replies(self) -> int:
        """Accounting replies that it threw away since its last start."""
        return self._table.radius.ignored_replies

    @property
    def phones(self) -> Mapping[str, Subscriber]:
        """The phones on its network, by source address."""
        return self._table.by_source()

    # --- What the demo and the tests make happen ----------------------------------------------

    def tick(self) -> None:
        """Look at limits and reports now, without waiting for the next tick."""
        self._table.tick()

    def tell(self, kind: str, summary: str) -> None:
        """Tell the listener of something that happened around the gateway."""
        self._table.tell(kind, summary)

    async def settle(self) -> None:
        """Wait until what was reported is answered, as long as a stop would."""
        await self._table.radius.settle(self.configuration.stop_seconds)

    def leave(self, source: str) -> None:
        """Take a phone off the network; the next one at this address is another phone."""
        self._table.leave(source)

    def carry(self, source: str, upload_octets: int, download_octets: int) -> None:
        """Count octets for an admitted phone, as if it had exchanged them."""
        self._table.carry(source, upload_octets, download_octets)
