"""What leaves a router by its rules, seen from the other side: real netfilter, in namespaces."""

import sys
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from deploy.packages.port_rules import port_rules
from territory.rules.port_blocks import PortBlocks
from tests.servers.namespaces import Namespaces

OUTSIDE = "198.51.100.1"
FAR = "198.51.100.2"
FIRST, LAST = IPv4Address("10.1.0.10"), IPv4Address("10.1.0.60")
ECHO = f"""
import socket
server = socket.create_server(("{FAR}", 8080))
while True:
    peer, (address, port) = server.accept()
    peer.sendall(f"{{address}} {{port}}".encode())
    peer.close()
"""
ASK = f"""
import socket, sys
for source in sys.argv[1:]:
    with socket.create_connection(("{FAR}", 8080), 10, (source, 0)) as peer:
        print(source, peer.makefile().read())
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Namespaces]:
    """Two devices, a router, and a server on the Internet."""
    folder = tmp_path_factory.mktemp("ports")
    with Namespaces(folder, ("dev", "rtr", "far")) as made:
        made.wire(("dev", "g0", "10.1.0.11/24"), ("rtr", "g1", "10.1.0.1/24"))
        made.wire(("far", "s0", f"{FAR}/24"), ("rtr", "s1", f"{OUTSIDE}/24"))
        made.address("dev", "g0", "10.1.0.12/24")
        made.address("dev", "g0", "10.1.0.200/24")
        made.route("dev", "default", "10.1.0.1")
        made.run("rtr", "sysctl", "-qw", "net.ipv4.ip_forward=1")
        made.spawn("far", sys.executable, "-c", ECHO)
        made.wait_for("far", sys.executable, "-c", ASK, FAR)
        yield made


@pytest.mark.parametrize("pool", [(), (IPv4Address(OUTSIDE),)])
def test_a_device_leaves_by_its_own_ports(
    site: Namespaces, pool: tuple[IPv4Address, ...], tmp_path: Path
) -> None:
    """By its block, whichever port it chose; who has none, and the router, by those below."""
    shared = PortBlocks(FIRST, LAST, pool)
    rules = tmp_path / "rules.nft"
    rules.write_text(f"flush ruleset\ntable inet fw4 {{\n{port_rules(shared)}}}\n")
    site.run("rtr", "nft", "-f", str(rules))
    devices = ["10.1.0.11", "10.1.0.12", "10.1.0.200"] * 3
    seen = site.run("dev", sys.executable, "-c", ASK, *devices).split()
    seen += site.run("rtr", sys.executable, "-c", ASK, OUTSIDE).split()
    for source, public, port in zip(*[iter(seen)] * 3, strict=True):
        lease = shared.lease_of(IPv4Address(source))
        allowed = range(lease.port_first, lease.port_last + 1) if lease else range(1, 1024)
        assert (public, int(port) in allowed) == (OUTSIDE, True), (source, port)


def test_the_whole_range_is_read_by_nftables(site: Namespaces, tmp_path: Path) -> None:
    """As many devices as a public address has room for."""
    shared = PortBlocks(IPv4Address("10.1.0.4"), IPv4Address("10.1.0.255"))
    assert not shared.fault()
    rules = tmp_path / "rules.nft"
    rules.write_text(f"table inet fw4 {{\n{port_rules(shared)}}}\n")
    site.run("rtr", "nft", "-c", "-f", str(rules))
