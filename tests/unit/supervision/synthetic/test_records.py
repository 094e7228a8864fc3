"""Addresses of probes: the next that nobody has."""

from ipaddress import IPv4Address, IPv4Network

from supervision.synthetic.records import free_addresses


def test_an_address_that_somebody_has_is_passed_over() -> None:
    """A NAS's or another probe's; the network's own and its broadcast address are none."""
    network = IPv4Network("127.127.0.0/29")
    free = list(free_addresses(network, {"127.127.0.2", "10.0.0.1", "None"}))
    assert free == [IPv4Address(f"127.127.0.{last}") for last in (1, 3, 4, 5, 6)]
