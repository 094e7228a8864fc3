"""One source's flood is turned away, another source is not."""

from contextlib import ExitStack
from ipaddress import ip_address

import pytest
from limits import RateLimitItem, RateLimitItemPerMinute

from portal.throttle import (
    GRANTS,
    MOST_SEALED_AT_ONCE,
    REQUESTS,
    SEALED_OF_GATEWAY,
    SEALED_OF_SOURCE,
    SIGN_INS_OF_SITE,
    SIGN_INS_OF_SOURCE,
    UNSHOWN_GRANTS_OF_SOURCE,
    UNSIGNED_GRANTS_OF_GATEWAY,
    UNSIGNED_GRANTS_OF_SOURCE,
    UNSIGNED_SIGN_INS_OF_SITE,
    UNSIGNED_SIGN_INS_OF_SOURCE,
    Throttle,
    source_of,
)

TWO = RateLimitItemPerMinute(2)


def test_the_third_is_too_many() -> None:
    """For that source and that purpose only."""
    throttle = Throttle()
    assert [throttle.allows(TWO, "a", "192.0.2.1") for _ in range(3)] == [True, True, False]
    assert throttle.allows(TWO, "a", "192.0.2.2")
    assert throttle.allows(TWO, "b", "192.0.2.1")


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "20010db800010002"),
        ("2001:db8:1:2::9", "20010db800010002"),
    ],
)
def test_a_source(address: str, source: str) -> None:
    """An IPv6 device has a whole /64 to hide in: it counts as one."""
    assert source_of(ip_address(address)) == source


def test_a_concert_fits() -> None:
    """500 guests of one address within a minute, four requests each, and their probes."""
    assert REQUESTS.amount >= 500 * 10
    assert GRANTS.amount >= 10


def allowed(throttle: Throttle, times: int, source: str, gateway: str) -> int:
    """Ask so many times for a right that nothing vouches for; return how many were allowed."""
    return sum(throttle.allows_unsigned_grant(source, gateway, is_bound=True) for _ in range(times))


def test_made_up_devices_are_counted_by_where_they_come_from() -> None:
    """One address has its fill at a gateway; the guests of another, or elsewhere, still get in."""
    throttle = Throttle()
    limit = UNSIGNED_GRANTS_OF_SOURCE.amount
    assert allowed(throttle, limit, "192.0.2.1", "gw-1") == limit
    assert allowed(throttle, 1000, "192.0.2.1", "gw-1") == 0
    assert allowed(throttle, 1, "192.0.2.1", "gw-2") == 1
    assert allowed(throttle, limit, "192.0.2.2", "gw-1") == limit


def test_made_up_devices_are_counted_by_gateway() -> None:
    """However many addresses they come from."""
    throttle = Throttle()
    found = sum(allowed(throttle, 100, f"192.0.2.{n}", "gw-1") for n in range(9))
    assert found == UNSIGNED_GRANTS_OF_GATEWAY.amount
    assert allowed(throttle, 1, "192.0.2.100", "gw-2") == 1


def test_a_crowd_with_credentials_fits() -> None:
    """Where RADIUS binds what a guest shows, a concert behind one address gets in within the hour,
    and made-up devices still end somewhere."""
    throttle = Throttle()
    found = sum(
        throttle.allows_unsigned_grant("192.0.2.1", "gw-1", is_bound=False) for _ in range(6000)
    )
    assert found == UNSHOWN_GRANTS_OF_SOURCE.amount >= 3000


@pytest.mark.parametrize(
    ("is_vouched", "of_source", "of_site"),
    [
        (True, SIGN_INS_OF_SOURCE, SIGN_INS_OF_SITE),
        (False, UNSIGNED_SIGN_INS_OF_SOURCE, UNSIGNED_SIGN_INS_OF_SITE),
    ],
)
def test_ways_in_that_leave_rows_end_somewhere(
    is_vouched: bool, of_source: RateLimitItem, of_site: RateLimitItem
) -> None:
    """A crowd fits; one source's flood leaves room to others, who end at the site's own count."""
    throttle = Throttle()

    def begun(times: int, source: str, site: str = "site") -> int:
        return sum(
            throttle.allows_sign_in(source, site, is_vouched=is_vouched) for _ in range(times)
        )

    assert begun(of_source.amount + 50, "192.0.2.1") == of_source.amount >= 1000
    left = of_site.amount - of_source.amount
    assert begun(left + 50, "192.0.2.2") == min(left, of_source.amount) > 0
    assert begun(1, "192.0.2.3") == (left > of_source.amount)
    assert begun(1, "192.0.2.1", "another") == 1


def opened(throttle: Throttle, times: int, source: str) -> int:
    """Open so many sealed devices, one after the other; return how many were allowed."""
    found = 0
    for _ in range(times):
        with throttle.opening(source, "gw-1") as may_ask:
            found += may_ask
    return found


def test_a_controller_is_not_asked_too_often() -> None:
    """Not by one source, and not by many together; another gateway's is not concerned."""
    throttle = Throttle()
    assert opened(throttle, 100, "192.0.2.1") == SEALED_OF_SOURCE.amount
    assert opened(throttle, 100, "192.0.2.2") == SEALED_OF_GATEWAY.amount - SEALED_OF_SOURCE.amount
    with throttle.opening("192.0.2.1", "gw-2") as may_ask:
        assert may_ask


def test_a_controller_is_not_asked_too_much_at_once() -> None:
    """What waits for an answer counts until it has one, or has failed."""
    throttle = Throttle()
    with ExitStack() as waiting:
        for _ in range(MOST_SEALED_AT_ONCE):
            assert waiting.enter_context(throttle.opening("192.0.2.1", "gw-1"))
        assert opened(throttle, 5, "192.0.2.2") == 0
    assert opened(throttle, 5, "192.0.2.2") == 5
