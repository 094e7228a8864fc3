"""A simulated site lives by itself: its guests come, go online, browse and go."""

import asyncio
from dataclasses import replace

from simulation.events import GatewayEvent
from simulation.site import SiteConfiguration, simulate
from tests.integration.simulation.conftest import Lab
from tests.servers.addresses import gateway_address


async def test_guests_come_and_go_until_the_simulation_is_cancelled(lab: Lab) -> None:
    """Two guests go online through portal and RADIUS; cancelling stops the gateway cleanly."""
    released = asyncio.Event()
    devices: set[str] = set()

    def listen(event: GatewayEvent) -> None:
        if event.kind == "released":
            devices.add(event.summary.split()[0])
        if len(devices) > 1:
            released.set()

    options = replace(
        lab.gateway.configuration, nasid="living", address=gateway_address(), web_port=0
    )
    site = SiteConfiguration(options, phones=2, pause_seconds=0.02)
    simulation = asyncio.create_task(simulate([site], clock=lab.clock, listener=listen))
    async with asyncio.timeout(20):
        await released.wait()
    simulation.cancel()
    await asyncio.gather(simulation, return_exceptions=True)
    last = [packet for packet in lab.radius.heard if packet["NAS-Identifier"] == ["living"]][-1]
    assert last["Acct-Status-Type"] == ["Accounting-Off"]
