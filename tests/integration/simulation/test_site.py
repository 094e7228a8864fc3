"""A simulated site lives by itself: its guests come, go online, browse and go."""

import asyncio
from dataclasses import replace

from simulation.events import GatewayEvent
from simulation.site import SimulatedSite, SiteConfiguration, simulate
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
    async with asyncio.timeout(60):
        await released.wait()
    simulation.cancel()
    await asyncio.gather(simulation, return_exceptions=True)
    last = [packet for packet in lab.radius.heard if packet["NAS-Identifier"] == ["living"]][-1]
    assert last["Acct-Status-Type"] == ["Accounting-Off"]


async def test_somebody_is_online_before_a_gateway_falls_silent(lab: Lab) -> None:
    """A site that nobody has come to gets one guest, whose session is told; it needs no second."""
    options = replace(
        lab.gateway.configuration, nasid="lonely", address=gateway_address(), web_port=0
    )
    site = SimulatedSite(SiteConfiguration(options), clock=lab.clock)
    async with site.gateway:
        await site.let_somebody_in()
        await site.let_somebody_in()
        told = [one for one in lab.radius.heard if one["NAS-Identifier"] == ["lonely"]]
    assert [one.get("Acct-Status-Type") for one in told].count(["Start"]) == 1
