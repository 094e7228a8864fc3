"""The router's rules give each address the block that the archive reckons with."""

import re
from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from deploy.packages.bundle import render
from deploy.packages.catalogue import offer_named
from deploy.packages.port_rules import (
    PATH,
    ROUTEROS_REMOVAL,
    port_rules,
    routeros_port_rules,
)
from deploy.packages.site_sheet import GatewaySheet, SiteSheet
from territory.rules.port_blocks import PortBlocks
from tests.unit.deploy.packages.sheets import BASE, CHILLI, SITE
from tests.unit.deploy.packages.test_bundle_of_routeros import HERE, ROUTER

FIRST = IPv4Address("10.1.0.10")
POOL = (IPv4Address("198.51.100.1"), IPv4Address("198.51.100.2"))


@pytest.mark.parametrize("pool", [(), POOL])
def test_each_address_goes_to_its_own_block(pool: tuple[IPv4Address, ...]) -> None:
    """Address, chain and ports, for every device; all else below the first port."""
    shared = PortBlocks(FIRST, FIRST + 299, pool)
    rules = port_rules(shared)
    chains = dict(re.findall(r"chain (socle_\d+) \{ meta l4proto \S+ \S+ \S+ \S+ (.+); \}", rules))
    leads = dict(re.findall(r"([\d.]+) : goto (\w+)", rules))
    assert len(chains) == len(leads) == min(300, shared.room)
    for address, chain in leads.items():
        lease = shared.lease_of(IPv4Address(address))
        assert lease
        own = f"snat ip to {lease.public_address}:" if pool else "masquerade to :"
        assert chains[chain] == f"{own}{lease.port_first}-{lease.port_last}"
    assert "masquerade to :1-1023" in rules


@pytest.mark.parametrize("pool", [(), POOL])
def test_routeros_gives_the_same_blocks(pool: tuple[IPv4Address, ...]) -> None:
    """Two rules a device, for the protocols that have ports; all else below the first port,
    whichever of the rules ahead comes first; what an earlier script left goes first."""
    shared = PortBlocks(FIRST, FIRST + 299, pool)
    lines = routeros_port_rules(shared).splitlines()
    found = re.findall(
        r"chain=socle-ports action=(\S+)(?: to-addresses=(\S+))? protocol=(tcp|udp)"
        r" src-address=(\S+) to-ports=(\d+)-(\d+)$",
        "\n".join(lines),
        re.MULTILINE,
    )
    assert len(found) == 2 * min(300, shared.room)
    for action, public, _, address, first, last in found:
        lease = shared.lease_of(IPv4Address(address))
        assert lease
        assert (int(first), int(last)) == (lease.port_first, lease.port_last)
        assert public == str(lease.public_address or "")
        assert action == ("src-nat" if pool else "masquerade")
    ahead = [line for line in lines if " chain=srcnat " in line]
    assert all('dst-address-list="!socle-inside"' in line for line in ahead)
    assert "src-address=10.1.0.10-10.1.1.53" in ahead[0]
    assert all("src-address=!10.1.0.10-10.1.1.53" in line for line in ahead[1:])
    assert all(line.endswith("to-ports=1-1023") for line in ahead[1:])
    assert lines[1:3] == list(ROUTEROS_REMOVAL)


def test_a_bundle_has_the_rules_where_the_site_is_described_so() -> None:
    """The router installs them beside fw4's own, and takes them away where they are no more."""
    shared = PortBlocks(FIRST, FIRST + 99)
    described = replace(SITE, port_blocks=shared)
    files = {file.path: file for file in render(offer_named("town-hall"), described, CHILLI, BASE)}
    assert files[PATH].content == port_rules(shared)
    install = next(file.content for path, file in files.items() if path.name == "install.sh")
    assert f"cp {PATH} " in install
    without = render(offer_named("town-hall"), SITE, CHILLI, BASE)
    assert PATH not in {file.path for file in without}


@pytest.mark.parametrize(("site", "gateway"), [(SITE, CHILLI), (HERE, ROUTER)])
def test_the_technician_is_asked_since_when(site: SiteSheet, gateway: GatewaySheet) -> None:
    """The blocks count once somebody told the instant; without blocks nobody is asked, and a
    MikroTik loses the rules of before."""
    described = replace(site, port_blocks=PortBlocks(FIRST, FIRST + 99))
    texts = [
        {
            file.path.name: file.content
            for file in render(offer_named("town-hall"), each, gateway, BASE)
        }
        for each in (described, site)
    ]
    assert ["port_blocks.in_force_since" in each["LISEZ-MOI.md"] for each in texts] == [True, False]
    if gateway is ROUTER:
        assert ["socle-ports.rsc" in each for each in texts] == [True, False]
        gone = [ROUTEROS_REMOVAL[0] in each["socle.rsc"] for each in texts]
        assert gone == [False, True]
