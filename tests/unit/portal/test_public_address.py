"""A site's public address comes from fresh redirects only, and is compared at most now and then."""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, ip_address
from uuid import UUID

import pytest

from portal.public_address import MOST_REMEMBERED, Sightings, shared_address

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SITE = UUID(int=1)
ADDRESS = IPv4Address("198.51.99.7")


def test_a_redirect_counts_once() -> None:
    """Opened again later, from a phone's own network, it would name the wrong address."""
    sightings = Sightings()
    assert sightings.is_fresh(b"res=notyet&md=A")
    assert not sightings.is_fresh(b"res=notyet&md=A")
    assert sightings.is_fresh(b"res=notyet&md=B")


def test_what_is_remembered_is_bounded() -> None:
    """The oldest is forgotten first."""
    sightings = Sightings()
    for number in range(MOST_REMEMBERED + 1):
        sightings.is_fresh(b"%d" % number)
    assert not sightings.is_fresh(b"%d" % MOST_REMEMBERED)
    assert sightings.is_fresh(b"0")


def test_the_same_address_is_compared_every_half_minute() -> None:
    """A concert's crowd costs one look-up."""
    sightings = Sightings()
    assert sightings.is_due(SITE, ADDRESS, NOON)
    assert not sightings.is_due(SITE, ADDRESS, NOON + timedelta(seconds=29))
    assert sightings.is_due(SITE, ADDRESS, NOON + timedelta(seconds=30))
    assert sightings.is_due(SITE, IPv4Address("198.51.99.8"), NOON)
    assert sightings.is_due(UUID(int=2), ADDRESS, NOON)


@pytest.mark.parametrize(
    ("address", "is_shared"),
    [
        ("8.8.8.8", True),
        ("10.1.0.2", False),
        ("100.64.0.1", False),
        ("127.0.0.1", False),
        ("2a01:e0a::1", False),
    ],
)
def test_what_a_site_shares(address: str, is_shared: bool) -> None:
    """A global IPv4 address: not a private one, not the operator's own NAT, not IPv6."""
    assert (shared_address(ip_address(address)) is not None) is is_shared
