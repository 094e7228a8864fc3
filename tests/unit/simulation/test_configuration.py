"""The lease of a phone that nobody configured."""

from simulation.configuration import GatewayConfiguration, RadiusServer, derived_lease

OPTIONS = GatewayConfiguration(
    "mairie", "127.10.1.1", "http://p.test/", "", RadiusServer("testing123")
)


def test_a_derived_phone_has_a_private_address_of_its_own() -> None:
    """The first address of the network is the gateway's."""
    assert derived_lease(OPTIONS, "127.0.0.1", 1, 0).address == "10.1.0.2"


def test_a_derived_mac_is_locally_administered_and_stays_the_same() -> None:
    """As today's phones: random, but constant on one network."""
    lease = derived_lease(OPTIONS, "127.0.0.1", 1, 0)
    first = int(lease.mac[:2], 16)
    assert first & 0b11 == 0b10
    assert len(lease.mac) == 17
    assert lease == derived_lease(OPTIONS, "127.0.0.1", 1, 0)


def test_another_generation_is_another_phone() -> None:
    """After one phone left, the next at the same address is not the same device."""
    macs = {derived_lease(OPTIONS, "127.0.0.1", 1, generation).mac for generation in range(5)}
    assert len(macs) == 5
