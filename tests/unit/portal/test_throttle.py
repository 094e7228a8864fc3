"""One source's flood is turned away, another source is not."""

from ipaddress import ip_address

import pytest
from limits import RateLimitItemPerMinute

from portal.throttle import GRANTS, REQUESTS, Throttle, source_of

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
