"""Simulated access points that are really asked: what each tells, with power and without."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from simulation.configured import vendor_of
from simulation.snmp.access_point import AccessPoint, Vendor
from simulation.snmp.listener import Heard, Surroundings, listening
from supervision.snmp.exposition import Name
from supervision.snmp.poller import Poller
from territory.keyring import Keyring
from territory.model import SnmpEntry
from territory.vocabulary import SnmpVersion
from tests.conftest import FixedClock
from tests.servers.addresses import gateway_address

COMMUNITY = "demo-lecture"
COMMON = ("uptime_seconds", "cpu_ratio", "memory_ratio", "temperature_celsius")
COUNTED = ("interface_octets_total", "interface_errors_total")
OF_ITS_RADIOS = {
    Vendor.UNIFI: {"clients", "radio_channel", "radio_utilisation_ratio"},
    Vendor.ARUBA: {"clients", "radio_noise_dbm", "radio_utilisation_ratio"},
    Vendor.OPENWRT: set(),
}
RADIOS = {"clients", "radio_channel", "radio_utilisation_ratio", "radio_noise_dbm"}


class Place:
    """A site with power, or without."""

    def __init__(self) -> None:
        self.plugged = True
        self.phones = 5


@pytest.fixture
def place() -> Place:
    """With power, and five phones."""
    return Place()


@pytest.fixture
async def fleet(clock: FixedClock, place: Place) -> AsyncIterator[dict[Vendor, tuple[str, int]]]:
    """One access point of each vendor at one site; where each is asked."""
    heard = [
        Heard(AccessPoint(f"ap-{vendor}", vendor), gateway_address(), 0, COMMUNITY)
        for vendor in Vendor
    ]
    around = Surroundings(clock, lambda: place.plugged, lambda: place.phones)
    async with AsyncExitStack() as stack:
        ports = await stack.enter_async_context(listening(heard, around))
        yield {
            one.access_point.vendor: (one.address, port)
            for one, port in zip(heard, ports, strict=True)
        }


async def test_what_each_vendor_tells(
    clock: FixedClock, place: Place, keyring: Keyring, fleet: dict[Vendor, tuple[str, int]]
) -> None:
    """Every measure by SNMP has a value from some vendor; phones are shared; no power, no word."""
    poller = Poller(keyring, clock, 0.2)
    poller.follow({vendor: Name("mairie", "access_point", f"ap-{vendor}") for vendor in Vendor})
    access = {
        vendor: SnmpEntry(version=SnmpVersion.V2C, port=port, community=COMMUNITY)
        for vendor, (_, port) in fleet.items()
    }
    sealed = {vendor: keyring.seal(each.model_dump_json()) for vendor, each in access.items()}

    async def poll() -> set[bool]:
        clock.advance(seconds=60)
        answered = set()
        for vendor, (address, _) in fleet.items():
            facts = await poller.poll(vendor, address, sealed[vendor])
            assert facts
            answered.add(facts.misses == 0)
        return answered

    assert await poll() == {True}
    assert await poll() == {True}
    shown = poller.page(open_metrics=False)
    for vendor in Vendor:
        label = f'{{site="mairie",kind="access_point",equipment="ap-{vendor}"'
        absent = [n for n in (*COMMON, *COUNTED) if f"socle_supervision_{n}{label}" not in shown]
        assert not absent
        told = {name for name in RADIOS if f"socle_supervision_{name}{label}" in shown}
        assert told == OF_ITS_RADIOS[vendor]
    clients = [line for line in shown.splitlines() if line.startswith("socle_supervision_clients{")]
    assert sorted(line.rpartition(" ")[2] for line in clients) == ["2", "3"]
    place.plugged = False
    assert await poll() == {False}
    assert poller.page(open_metrics=False) == ""
    place.plugged = True
    assert await poll() == {True}
    uptimes = [each for each in poller.page(open_metrics=False).splitlines() if "uptime" in each]
    assert [line.rpartition(" ")[2] for line in uptimes if line[0] != "#"] == ["60.0"] * 3


def test_whose_access_point_it_is() -> None:
    """The first word of its model; who is not known has an OpenWrt router's."""
    assert [
        vendor_of(model) for model in ("UniFi U6 Lite (simulée)", "Aruba 505", "", "Cisco")
    ] == [
        Vendor.UNIFI,
        Vendor.ARUBA,
        Vendor.OPENWRT,
        Vendor.OPENWRT,
    ]
