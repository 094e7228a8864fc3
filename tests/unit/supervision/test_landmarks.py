"""Where this machine's own gateways are read."""

from ipaddress import IPv4Address

from supervision.landmarks import default_gateways

ROUTES = (
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
    "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
    "eth1\t00000000\tFE0110AC\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
    "ppp0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n"
    "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
    "eth0\t000A0A0A\t020200C0\t0003\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
)
"""/proc/net/route (proc(5)): addresses are hexadecimal, in the order of a little-endian machine."""


def test_gateways_of_default_routes_alone() -> None:
    """Not those of a route to one network, nor a line without a gateway."""
    found = list(default_gateways(ROUTES))
    assert found == [IPv4Address("192.0.2.1"), IPv4Address("172.16.1.254")]
    assert list(default_gateways("")) == []
