"""Each private address has ports of its own, decided by its rank alone."""

from ipaddress import IPv4Address
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from territory.rules.port_blocks import LEAST_PORTS, Lease, PortBlocks

FIRST = IPv4Address("10.1.0.10")
POOL = (IPv4Address("192.0.2.1"), IPv4Address("192.0.2.2"))


def blocks(devices: int, **more: object) -> PortBlocks:
    """Return the blocks of so many devices."""
    return PortBlocks(FIRST, FIRST + (devices - 1), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rank", "lease"),
    [
        (0, Lease(POOL[0], 1024, 1279)),
        (1, Lease(POOL[0], 1280, 1535)),
        (251, Lease(POOL[0], 65_280, 65_535)),
        (252, Lease(POOL[1], 1024, 1279)),
        (300, None),
        (-1, None),
    ],
)
def test_a_rank_leads_to_a_block(rank: int, lease: Lease | None) -> None:
    """The first address has the first block of the first public address, and so on."""
    assert blocks(300, pool=POOL).lease_of(FIRST + rank) == lease


def test_without_a_pool_it_is_whichever_address_the_site_has() -> None:
    """A box whose public address changes keeps its blocks."""
    assert blocks(10).lease_of(FIRST) == Lease(None, 1024, 1279)


@pytest.mark.parametrize(
    ("described", "fault"),
    [
        (blocks(252), ""),
        (blocks(253), "expected room for 253 devices, found 252"),
        (blocks(504, pool=POOL), ""),
        (blocks(10, ports=255), "expected at least 256 ports"),
        (blocks(10, first_port=512), "expected 1024 or above as first port"),
    ],
)
def test_what_does_not_fit_is_refused(described: PortBlocks, fault: str) -> None:
    """A device has 256 ports at least, and every device has some."""
    assert described.fault().startswith(fault)
    assert bool(described.fault()) is bool(fault)


@settings(max_examples=60)
@given(
    devices=st.integers(1, 600),
    ports=st.integers(LEAST_PORTS, 4096),
    pool=st.integers(0, 3),
    first_port=st.integers(1, 40_000),
)
def test_no_port_has_two_holders(devices: int, ports: int, pool: int, first_port: int) -> None:
    """Blocks never overlap, never leave the range, and are all given where they fit."""
    addresses = tuple(IPv4Address("192.0.2.1") + n for n in range(pool))
    shared = blocks(devices, ports=ports, pool=addresses, first_port=first_port)
    leases = [shared.lease_of(FIRST + rank) for rank in range(devices)]
    given_out = sorted(
        (str(lease.public_address), lease.port_first, lease.port_last) for lease in leases if lease
    )
    assert len(given_out) == min(devices, shared.room)
    assert all(first_port <= first <= last <= 65_535 for _, first, last in given_out)
    for (address, _, last), (other, first, _) in pairwise(given_out):
        assert address != other or last < first
