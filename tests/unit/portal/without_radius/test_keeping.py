"""What must be done about sessions at gateways without RADIUS, as tables of cases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from portal.controllers.port import Online
from portal.without_radius.keeping import (
    GRACE,
    LEAVING,
    MOST_OCTETS,
    MOST_SECONDS,
    SETTLING,
    Over,
    Rules,
    compare,
    conclusion,
    private_address,
    put_out,
    why_over,
)
from portal.without_radius.sessions import Counted, Ending, GatewaySession
from territory.identifiers import MacAddress
from territory.rules.opening_hours import Hours, Timetable
from territory.rules.quotas import NO_LIMITS, UNUSED, Amounts, Limits
from territory.vocabulary import AtEnd

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PHONE = MacAddress.parse("8a:56:7e:f9:10:e4")
TABLET = MacAddress.parse("8a:56:7e:f9:10:e5")
SESSION = GatewaySession(
    key=UUID(int=1),
    gateway_id=UUID(int=2),
    site_id=UUID(int=3),
    name="a-1",
    device=PHONE,
    admission_id=UUID(int=4),
    plan_id=UUID(int=5),
    started_at=NOON - timedelta(hours=1),
    ends_at=NOON + timedelta(hours=1),
    revoked_at=None,
    revoked_reason=None,
    is_blocked=False,
    octets_left=None,
    used=UNUSED,
)
FREE = Rules(NO_LIMITS, None)
DAY = Limits(Amounts(day_seconds=3600))
MORNINGS = Hours(Timetable("Mo-Su 09:00-12:00"))
ENDED = replace(SESSION, ends_at=NOON)


@pytest.mark.parametrize(
    ("session", "rules", "over"),
    [
        (SESSION, FREE, None),
        (replace(SESSION, is_blocked=True), FREE, Over.BLOCKED),
        (replace(SESSION, revoked_at=NOON, revoked_reason="guest"), FREE, Over.LEFT),
        (replace(SESSION, revoked_at=NOON, revoked_reason="technician"), FREE, Over.REVOKED),
        (ENDED, FREE, Over.ENDED),
        (replace(SESSION, octets_left=0), FREE, Over.USED_UP),
        (replace(SESSION, octets_left=1), FREE, None),
        (replace(SESSION, used=Amounts(day_seconds=3600)), Rules(DAY, None), Over.USED_UP),
        (
            replace(SESSION, used=Amounts(day_seconds=3600)),
            Rules(replace(DAY, at_end=AtEnd.SLOW), None),
            None,
        ),
        (SESSION, Rules(NO_LIMITS, MORNINGS), Over.CLOSED),
    ],
)
def test_why_a_session_may_not_go_on(
    session: GatewaySession, rules: Rules, over: Over | None
) -> None:
    """By the same rules as RADIUS; slow is no end. Noon UTC is one o'clock in Paris."""
    assert why_over(session, rules, NOON) is over


@pytest.mark.parametrize("is_told", [True, False])
@pytest.mark.parametrize("over", [Over.BLOCKED, Over.REVOKED, Over.USED_UP])
def test_what_a_gateway_does_not_hear_of_is_not_concluded(over: Over, is_told: bool) -> None:
    """The guest may well go on: the session is left open until the right ends."""
    assert conclusion(SESSION, over, is_told=is_told, now=NOON) is None
    late = NOON + timedelta(hours=1) + GRACE
    ending = conclusion(SESSION, over, is_told=is_told, now=late)
    assert ending == Ending(SESSION.key, -5, SESSION.ends_at)


def test_what_a_gateway_knows_is_concluded() -> None:
    """Its guest's own log-out; closing time, where it was told how long the session lasts; each
    after the time in which it might say so itself."""
    left = replace(SESSION, revoked_at=NOON, revoked_reason="guest")
    assert conclusion(left, Over.LEFT, is_told=False, now=NOON) is None
    after = conclusion(left, Over.LEFT, is_told=False, now=NOON + LEAVING)
    assert after == Ending(SESSION.key, -1, NOON)
    assert conclusion(ENDED, Over.ENDED, is_told=True, now=NOON + GRACE / 2) is None
    assert conclusion(SESSION, Over.CLOSED, is_told=False, now=NOON) is None
    closed = conclusion(SESSION, Over.CLOSED, is_told=True, now=NOON)
    assert closed == Ending(SESSION.key, -5, NOON)


@pytest.mark.parametrize(
    ("over", "cause"),
    [(Over.LEFT, 1), (Over.ENDED, 5), (Over.CLOSED, 5), (Over.BLOCKED, 6), (Over.USED_UP, 6)],
)
def test_causes_of_what_was_put_out(over: Over, cause: int) -> None:
    """RFC 2866 §5.10: User-Request, Session-Timeout, Admin-Reset."""
    assert put_out(SESSION, over, NOON) == Ending(SESSION.key, cause, NOON)


def test_what_a_controllers_list_means() -> None:
    """Listed: counted; no longer listed: gone, unless it was let in just now; else unknown."""
    fresh = replace(SESSION, key=UUID(int=9), device=TABLET, started_at=NOON - SETTLING / 2)
    other = Online(MacAddress.parse("8a:56:7e:f9:10:e6"), 5)
    found = compare([SESSION, fresh], [Online(PHONE, 3600, 7, 9), other], NOON)
    assert found.counted == (Counted(SESSION.key, 7, 9, NOON - timedelta(hours=1)),)
    assert found.gone == ()
    assert found.unknown == (other,)
    absurd = compare([SESSION], [Online(PHONE, -1, -5, 2**70)], NOON)
    assert absurd.counted == (Counted(SESSION.key, 0, MOST_OCTETS, NOON),)
    ancient = compare([SESSION], [Online(PHONE, 2**70)], NOON)
    assert ancient.counted[0].since == NOON - timedelta(seconds=MOST_SECONDS)
    nobody = compare([SESSION, fresh], [], NOON)
    assert nobody.gone == (Ending(SESSION.key, -2, NOON),)


@pytest.mark.parametrize(
    ("told", "known"),
    [
        ("10.2.0.9", "10.2.0.9"),
        ("--", ""),
        ("", ""),
        ("10.2.0.256", ""),
        ("fe80::1%eth0", ""),
        ("10.2.0.9/24", ""),
    ],
)
def test_which_address_is_kept(told: str, known: str) -> None:
    """A controller may say anything; only an IPv4 address reaches the base."""
    assert private_address(told) == known
