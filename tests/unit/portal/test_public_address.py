"""A site's public address comes from guests just let in, and is compared at most now and then."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, ip_address
from uuid import UUID

import pytest

from portal.admission import Admission
from portal.gateways.vocabulary import Arrival, Situation
from portal.public_address import (
    JUST_BOUND,
    MOST_REMEMBERED,
    Sightings,
    shared_address,
    speaks_for_site,
)
from territory.identifiers import MacAddress

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SITE = UUID(int=1)
ADDRESS = IPv4Address("198.51.99.7")
PHONE = MacAddress.parse("8a:56:7e:f9:10:e4")
ONLINE = Arrival(Situation.ONLINE, PHONE, user_name="name", is_signed=True)
BOUND = Admission(
    id=UUID(int=7),
    user_name="name",
    site_id=SITE,
    plan_id=UUID(int=3),
    method="click_through",
    language="fr",
    terms_version="2026-11-21",
    created_at=NOON,
    credential_expires_at=NOON + timedelta(minutes=5),
    ends_at=NOON + timedelta(hours=4),
    device=PHONE,
    bound_at=NOON,
)


def test_an_admission_tells_once() -> None:
    """A redirect opened again, from a phone's own network, would name the wrong address."""
    sightings = Sightings()
    assert sightings.is_first(UUID(int=8))
    assert not sightings.is_first(UUID(int=8))
    assert sightings.is_first(UUID(int=9))


def test_what_is_remembered_is_bounded() -> None:
    """The oldest is forgotten first."""
    sightings = Sightings()
    for number in range(MOST_REMEMBERED + 1):
        sightings.is_first(UUID(int=number))
    assert not sightings.is_first(UUID(int=MOST_REMEMBERED))
    assert sightings.is_first(UUID(int=0))


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


def test_a_guest_just_let_in_speaks_for_the_site() -> None:
    """For two minutes after RADIUS has bound the admission."""
    assert speaks_for_site(ONLINE, BOUND, NOON)
    assert speaks_for_site(ONLINE, BOUND, NOON + JUST_BOUND)
    assert not speaks_for_site(ONLINE, BOUND, NOON + JUST_BOUND + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("arrival", "admission"),
    [
        (replace(ONLINE, is_signed=False), BOUND),
        (replace(ONLINE, situation=Situation.ALREADY), BOUND),
        (replace(ONLINE, situation=Situation.CAPTIVE), BOUND),
        (ONLINE, replace(BOUND, device=None, bound_at=None)),
        (replace(ONLINE, device=MacAddress.parse("8a:56:7e:f9:10:e5")), BOUND),
    ],
)
def test_nobody_else_does(arrival: Arrival, admission: Admission) -> None:
    """Unsigned, not just let in, never bound, or another device's."""
    assert not speaks_for_site(arrival, admission, NOON)
