"""`socle simulate`: the configured loopback gateways come alive, with guests who come and go."""

import typer

from simulation.configured import load_sites
from simulation.events import GatewayEvent
from simulation.site import simulate as simulate_sites
from socle.base import clock_of, lay_ground
from territory.database.connect import open_engine
from territory.errors import ConfigurationError, Fault
from territory.settings import Settings


async def simulate(settings: Settings, phones: int) -> None:
    """Simulate every CoovaChilli gateway at a loopback address until cancelled.

    Raises:
        ConfigurationError: no gateway is described at such an address.
    """
    ground = await lay_ground(settings)
    engine = open_engine(ground.owner_url)
    try:
        sites = await load_sites(engine, ground.keyring, settings, phones=phones)
        if not sites:
            expected = "expected a coovachilli gateway with a login_address such as 127.10.1.1:3990"
            raise ConfigurationError([Fault("territory", expected)])
        await simulate_sites(sites, clock=clock_of(settings), listener=_tell)
    finally:
        await engine.dispose()
        ground.close()


def _tell(event: GatewayEvent) -> None:
    typer.echo(f"{event.at:%H:%M:%S} {event.gateway} {event.kind}: {event.summary}")
