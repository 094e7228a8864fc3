"""The table of a gateway's phones, as far as it needs no network."""

import pytest

from simulation.configuration import GatewayConfiguration, Lease, RadiusServer
from simulation.events import ignore
from simulation.phone_table import PHONES, PhoneTable
from tests.conftest import FixedClock

LEASE = Lease("8A-56-7E-F9-10-E4", "10.1.0.77")
OPTIONS = GatewayConfiguration(
    "mairie",
    "127.10.1.1",
    "http://p.test/",
    "",
    RadiusServer("testing123"),
    leases={"127.10.1.11": LEASE},
)


async def test_a_known_phone_gets_the_lease_it_was_promised(clock: FixedClock) -> None:
    """Phones told beforehand keep their MAC address everywhere."""
    table = PhoneTable(OPTIONS, clock, ignore)
    await table.appear("127.10.1.11")
    phone = table["127.10.1.11"]
    assert (phone.mac, phone.address) == (LEASE.mac, LEASE.address)


async def test_a_network_that_lives_long_never_runs_out(clock: FixedClock) -> None:
    """Whoever leaves makes room; addresses and ports are used again."""
    table = PhoneTable(OPTIONS, clock, ignore)
    for _ in range(3 * PHONES):
        await table.appear("127.0.0.1")
        table.leave("127.0.0.1")
    await table.appear("127.0.0.1")
    assert (table["127.0.0.1"].port, table["127.0.0.1"].address) == (1, "10.1.0.2")


async def test_a_full_network_takes_nobody_more(clock: FixedClock) -> None:
    """250 phones, each with an address of its own."""
    table = PhoneTable(OPTIONS, clock, ignore)
    for number in range(PHONES):
        await table.appear(f"127.0.1.{number}")
    assert len({phone.address for phone in table.by_source().values()}) == PHONES
    with pytest.raises(OverflowError):
        await table.appear("127.0.2.1")
