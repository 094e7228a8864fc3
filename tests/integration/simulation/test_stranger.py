"""A gateway that nobody described calls, and is not answered."""

from simulation.configuration import RadiusServer
from simulation.radius_port import Patience
from simulation.stranger import Stranger
from tests.conftest import FixedClock
from tests.servers.addresses import gateway_address
from tests.servers.event_log import EventLog
from tests.servers.plain_radius import PlainRadius


async def test_it_announces_itself_and_is_not_answered(clock: FixedClock) -> None:
    """An Accounting-On with its name, from its own address; a server without its secret is deaf."""
    events = EventLog()
    async with PlainRadius() as radius:
        server = RadiusServer("unshared", "127.0.0.1", radius.port, radius.port, Patience(0.05, 2))
        stranger = Stranger("borne-neuve", gateway_address(), server)
        assert not await stranger.call(0, clock, events)
    (event,) = events.events
    said = dict(event.attributes)
    assert (event.kind, said["NAS-Identifier"]) == ("stranger", "borne-neuve")
    assert said["Acct-Status-Type"] == "Accounting-On"
