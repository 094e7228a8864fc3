"""A visit leads to one right, a device keeps the one it has, and a used-up one brings no other."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from portal.admission import (
    FIRST_USE,
    REVOKED_BY_GUEST,
    Admission,
    Circumstances,
    Grant,
    Holding,
    Refused,
    Right,
    after_a_loan,
    decide,
    fresh_admission,
    user_name_of,
)
from portal.gateways.vocabulary import Registration
from portal.places import Gate, Organisation, Place, Plan
from portal.visit import Visit
from territory.gateway_dialects import DIALECTS, usual_variant
from territory.identifiers import MacAddress
from territory.rules.credentials import is_user_name
from territory.rules.opening_hours import Hours, Timetable
from territory.rules.quotas import NO_LIMITS, Amounts, Limits, Stop
from territory.rules.usage import Usage
from territory.vocabulary import AtEnd, Brand

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PHONE = MacAddress.parse("8a:56:7e:f9:10:e4")
PLAN = Plan(UUID(int=1), session_seconds=14_400, session_octets=10**9)
PLACE = Place(
    id=UUID(int=2),
    name="Mairie de Commercy",
    commune="Commercy",
    postal_address="",
    place_type="mairie",
    welcome="",
    listed=True,
    organisation=Organisation("Ville de Commercy", "commune", "wifi@commercy.example"),
    plan=PLAN,
)
NETWORK = UUID(int=3)
VISIT = Visit(
    id=UUID(int=4),
    gateway="gw",
    device=PHONE,
    expires_at=NOON + timedelta(minutes=10),
    language="nl",
    terms="2026-11-21",
    ssid="WiFi-Meuse",
)


def gate(brand: str) -> Gate:
    """Return a gateway of a brand in the place."""
    dialect = DIALECTS[Brand(brand)][usual_variant(Brand(brand))]
    networks = {"WiFi-Meuse": NETWORK}
    return Gate("gw", Registration("10.1.0.1", "", None), PLACE, dialect, networks)


def fresh(brand: str = "coovachilli") -> Admission:
    """Return what the visit would be granted."""
    return fresh_admission(VISIT, gate(brand), "name", NOON)


def test_a_fresh_right() -> None:
    """The plan says how long; minutes are left for the first use; RADIUS will bind the device."""
    granted = fresh()
    assert granted.id == VISIT.id
    assert granted.ends_at == NOON + timedelta(hours=4)
    assert granted.credential_expires_at == NOON + FIRST_USE
    assert (granted.language, granted.terms_version) == ("nl", "2026-11-21")
    assert granted.network_id == NETWORK
    assert granted.device is None


def test_without_radius_the_device_is_bound_at_once() -> None:
    """openNDS lets in whom the portal says: nobody else would bind it."""
    granted = fresh("opennds")
    assert (granted.device, granted.bound_at) == (PHONE, NOON)


def test_an_unknown_network_is_none() -> None:
    """A gateway may tell no SSID, or one nobody described."""
    elsewhere = replace(VISIT, ssid="Autre")
    assert fresh_admission(elsewhere, gate("coovachilli"), "n", NOON).network_id is None


HELD = replace(fresh("opennds"), id=uuid4(), created_at=NOON - timedelta(hours=1))
HELD = replace(HELD, ends_at=NOON + timedelta(hours=3))
LEFT = replace(HELD, revoked_at=NOON, revoked_reason=REVOKED_BY_GUEST)


@pytest.mark.parametrize(
    ("held", "right"),
    [
        (None, Right.FRESH),
        (Holding(HELD), Right.HELD),
        (Holding(HELD, Usage(download_octets=10**8)), Right.HELD),
        (Holding(LEFT), Right.REOPENED),
        (Holding(LEFT, Usage(download_octets=10**8)), Right.REOPENED),
        (Holding(replace(LEFT, ends_at=NOON)), Right.FRESH),
        (Holding(replace(LEFT, plan_id=uuid4())), Right.FRESH),
        (Holding(replace(HELD, ends_at=NOON)), Right.FRESH),
        (Holding(replace(HELD, revoked_at=NOON)), Right.FRESH),
        (Holding(replace(HELD, plan_id=uuid4())), Right.FRESH),
    ],
)
def test_fresh_or_held(held: Holding | None, right: Right) -> None:
    """A right that lives is shown again with what remains; one that is over makes way."""
    granted = fresh() if right is Right.FRESH else HELD
    assert decide(held, fresh(), Circumstances(NOON)) == Grant(granted, right)


def test_a_used_up_right_brings_no_other() -> None:
    """Pressing the button again would double the volume, and so would logging out first."""
    for admission in (HELD, LEFT):
        held = Holding(admission, Usage(upload_octets=1, download_octets=10**9))
        assert decide(held, fresh(), Circumstances(NOON)) == Refused(Stop.USED_UP)
        assert isinstance(decide(held, fresh(), Circumstances(HELD.ends_at)), Grant)


@pytest.mark.parametrize(
    ("at_end", "expected"),
    [(AtEnd.CUT, Refused(Stop.USED_UP)), (AtEnd.ASK, Right.FRESH), (AtEnd.SLOW, Right.HELD)],
)
def test_the_plan_says_what_comes_after_the_volume(
    at_end: AtEnd, expected: Refused | Right
) -> None:
    """Nothing, another right for the asking, or the same one slowly."""
    admission = replace(HELD, limits=Limits(at_end=at_end))
    held = Holding(admission, Usage(download_octets=10**9))
    found = decide(held, fresh(), Circumstances(NOON))
    assert (found if isinstance(found, Refused) else found.right) == expected


DAY_OF_ONE_HOUR = Limits(Amounts(day_seconds=3600))


@pytest.mark.parametrize(
    ("circumstances", "limits", "expected"),
    [
        (Circumstances(NOON, is_blocked=True), NO_LIMITS, Stop.BLOCKED),
        (Circumstances(NOON, Hours(Timetable("Mo-Fr 09:00-17:00"))), NO_LIMITS, Stop.CLOSED),
        (Circumstances(NOON, used=Amounts(3600, 0, 0, 0)), DAY_OF_ONE_HOUR, Stop.DAY_TIME),
        (Circumstances(NOON, used=Amounts(3599, 0, 0, 0)), DAY_OF_ONE_HOUR, None),
    ],
)
def test_a_first_visit_is_refused_for_the_same_reasons(
    circumstances: Circumstances, limits: Limits, expected: Stop | None
) -> None:
    """Blocked, closed (a Saturday), or a day that was used up with an earlier right."""
    found = decide(None, replace(fresh(), limits=limits), circumstances)
    assert (found.stop if isinstance(found, Refused) else None) is expected


def test_a_held_right_is_held_against_the_day_too() -> None:
    """What other rights of the guest have used counts; asking again does not lift a day's limit."""
    limits = replace(DAY_OF_ONE_HOUR, at_end=AtEnd.ASK)
    held = Holding(replace(HELD, limits=limits), used=Amounts(3600, 0, 0, 0))
    assert decide(held, fresh(), Circumstances(NOON)) == Refused(Stop.DAY_TIME)


def test_a_name_is_the_visits_own() -> None:
    """The same visit gives the same name, so a form sent twice grants once."""
    key = bytes(32)
    assert user_name_of(VISIT.id, key) == user_name_of(VISIT.id, key)
    assert user_name_of(VISIT.id, key) != user_name_of(uuid4(), key)
    assert user_name_of(VISIT.id, key) != user_name_of(VISIT.id, bytes(range(32)))
    assert is_user_name(user_name_of(VISIT.id, key))


@pytest.mark.parametrize(
    ("method", "guest", "is_lent"),
    [
        ("click_through", None, False),
        ("email_code", None, True),
        ("email_code", UUID(int=9), False),
        ("account", None, True),
        ("sms_code", None, False),
    ],
)
def test_what_is_lent(method: str, guest: UUID | None, is_lent: bool) -> None:
    """A right by mail that rests on nobody yet is good for some minutes only."""
    visit = replace(VISIT, method=method, guest=guest)
    name = user_name_of(visit.id, bytes(32))
    assert fresh_admission(visit, gate("coovachilli"), name, NOON).is_lent is is_lent


def test_a_lent_right_serves_nobody_who_may_have_their_own() -> None:
    """Who borrowed by mail and then comes by the button has the plan's hours; who borrows again has
    what is left."""
    lending = replace(VISIT, method="email_code")
    ends = NOON + timedelta(minutes=5)
    lent = replace(fresh_admission(lending, gate("coovachilli"), "name", NOON, ends), device=PHONE)
    own = fresh_admission(replace(VISIT, method="click_through"), gate("coovachilli"), "n", NOON)
    assert decide(Holding(lent), own, Circumstances(NOON)) == Grant(own, Right.FRESH)
    again = replace(lent, id=UUID(int=9))
    assert decide(Holding(lent), again, Circumstances(NOON)) == Grant(lent, Right.HELD)


def test_a_visit_that_went_another_way_after_a_loan() -> None:
    """It leads to one more right, of one more name, however often its form is sent."""
    other = after_a_loan(VISIT)
    assert other.id != VISIT.id
    assert other == after_a_loan(VISIT) == replace(VISIT, id=other.id)
