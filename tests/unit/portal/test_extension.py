"""More time: where it wins something and can be told; never more than by asking anew."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from portal.admission import Admission, Holding
from portal.extension import lengthened
from portal.places import Gate
from territory.gateway_dialects import DIALECTS, usual_variant
from territory.rules.opening_hours import Hours, Timetable
from territory.rules.quotas import Amounts, Limits
from territory.rules.usage import Usage
from territory.vocabulary import AtEnd, Brand, IdentificationMethod, Link
from tests.unit.portal.test_admission import NOON, PHONE, PLAN, fresh, gate

LATER = NOON + timedelta(hours=3)
"""One hour is left of four."""


def at_gate(brand: Brand = Brand.COOVACHILLI, link: Link | None = Link.TUNNEL) -> Gate:
    """Return a gateway of a place whose plan counts no data by access."""
    found = gate(brand)
    place = replace(found.place, link=link, plan=replace(PLAN, session_octets=None))
    dialect = DIALECTS[brand][usual_variant(brand)]
    return replace(found, place=place, dialect=dialect)


def held(**changes: object) -> Holding:
    """Return a right that a device has had for three of its four hours."""
    admission = replace(
        fresh(), method=IdentificationMethod.CLICK_THROUGH, device=PHONE, octets=None
    )
    return Holding(replace(admission, **changes))  # type: ignore[arg-type]


def ends(found: Admission | None) -> datetime:
    """Return the end of a longer right."""
    assert found is not None
    return found.ends_at


def test_it_lasts_as_long_as_a_fresh_one_from_now_on() -> None:
    """Never longer, so that no number of them adds up to more than asking anew."""
    longer = lengthened(held(), at_gate(), LATER)
    assert ends(longer) == LATER + timedelta(hours=4)
    assert longer == replace(held().admission, ends_at=ends(longer))


def test_not_before_half_of_it_has_passed() -> None:
    """Who taps twice gets one."""
    assert lengthened(held(), at_gate(), NOON + timedelta(minutes=119)) is None
    assert lengthened(held(), at_gate(), NOON + timedelta(minutes=120)) is not None


@pytest.mark.parametrize(
    ("brand", "link", "can"),
    [
        (Brand.COOVACHILLI, Link.PRIVATE_NETWORK, True),
        (Brand.USPOT, Link.TUNNEL, True),
        (Brand.COOVACHILLI, Link.RADSEC, False),
        (Brand.COOVACHILLI, None, False),
        (Brand.MIKROTIK, Link.TUNNEL, False),
        (Brand.OPENNDS, Link.TUNNEL, False),
        (Brand.UNIFI, Link.TUNNEL, False),
    ],
)
def test_only_where_the_gateway_can_be_told(brand: Brand, link: Link | None, can: bool) -> None:
    """As the matrix of links says: a longer right that the gateway cuts is worse than none."""
    assert (lengthened(held(), at_gate(brand, link), LATER) is not None) is can


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "ticket"},
        {"method": "email-code"},
        {"plan_id": PHONE},
        {"revoked_at": NOON},
        {"ends_at": LATER},
        {"octets": 10**9},
        {"octets": 10**9, "limits": Limits(at_end=AtEnd.CUT)},
    ],
    ids=",".join,
)
def test_a_right_of_another_kind_stays_as_it_is(changes: dict[str, object]) -> None:
    """Proven by a ticket or a code, of another plan, over, or of a volume that then refuses."""
    assert lengthened(held(**changes), at_gate(), LATER) is None


def test_a_volume_that_does_not_refuse_is_no_obstacle() -> None:
    """Where the guest may ask again once it is used up, more time takes nothing from them."""
    right = held(octets=10**9, limits=Limits(at_end=AtEnd.ASK))
    assert lengthened(right, at_gate(), LATER) is not None
    slow = held(
        octets=10**9, limits=Limits(at_end=AtEnd.SLOW, slow_upload_bps=1, slow_download_bps=1)
    )
    used_up = replace(slow, usage=Usage(download_octets=10**9))
    assert lengthened(used_up, at_gate(), LATER) is None


@pytest.mark.parametrize(
    ("used", "can"), [(0, True), (3600 * 4, True), (3600 * 5 - 30, False), (3600 * 6, False)]
)
def test_the_day_of_the_guest_holds(used: int, can: bool) -> None:
    """Six hours a day: who has one left, or none, wins nothing by more time today."""
    right = held(limits=Limits(Amounts(day_seconds=3600 * 6)))
    found = replace(right, used=Amounts(used, used, 0, 0))
    assert (lengthened(found, at_gate(), LATER) is not None) is can


def test_the_hours_of_the_place_hold() -> None:
    """It closes when the right ends anyway: nothing is won."""
    found = at_gate()
    shut = replace(found, place=replace(found.place, hours=Hours(Timetable("Mo-Su 08:00-17:00"))))
    assert lengthened(held(), shut, LATER) is None
