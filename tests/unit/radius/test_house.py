"""What a decision is judged by beside its facts: blocks, limits, returning devices."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from radius.house import Beyond, House, is_same_network, judge, may_return, opening_words
from radius.rulebook import Rulebook
from territory.rules.quotas import Standing, Stop
from territory.rules.usage import Remaining

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
DEVICE, SITE, PLAN, RIGHT = bytes.fromhex("8a567ef910e4"), UUID(int=1), UUID(int=2), UUID(int=3)
PLAN_ROW = {
    "id": PLAN,
    "day_seconds": 7200,
    "month_seconds": None,
    "day_octets": None,
    "month_octets": None,
    "devices": 2,
    "hours": None,
    "public_holidays": "as_usual",
    "at_end": "cut",
    "slow_upload_bps": None,
    "slow_download_bps": None,
}
SITE_ROW = {
    "id": SITE,
    "plan_id": PLAN,
    "insee": "55029",
    "hours": "Mo-Fr 09:00-17:30",
    "closed_days": [],
}
BEYOND = Beyond(None, "click_through", "2026-11-21", "WiFi", 3600, 3600, 0, 0, 1, False)


@pytest.mark.parametrize(
    ("house", "expected"),
    [
        (House(), False),
        (House(devices={DEVICE: None}), True),
        (House(devices={DEVICE: NOW + timedelta(seconds=1)}), True),
        (House(devices={DEVICE: NOW}), False),
        (House(admissions={RIGHT: None}), True),
        (House(admissions={RIGHT: NOW - timedelta(days=1)}), False),
        (House(admissions={UUID(int=9): None}), False),
    ],
)
def test_a_block_holds_until_it_ends(house: House, expected: bool) -> None:
    """Of the device or of the admission, each until its own end."""
    assert house.is_blocked(DEVICE, RIGHT, NOW) is expected


def test_limits_and_hours_are_judged_together() -> None:
    """An hour of the day is left; after closing nothing is; a third device is one too many."""
    house, left = House(book=Rulebook([PLAN_ROW], [SITE_ROW])), Remaining(4 * 3600, None)
    where = (PLAN, SITE)
    assert judge(house, where, BEYOND, left, NOW) == Standing(3600, None)
    assert judge(house, where, None, left, NOW) == Standing(7200, None)
    assert judge(house, where, BEYOND._replace(other_devices=2), left, NOW).stop is Stop.DEVICES
    assert judge(house, where, BEYOND, left, NOW + timedelta(hours=3)).stop is Stop.CLOSED


def test_hours_that_cannot_be_held_shut_nobody_out() -> None:
    """`socle apply` refuses them; should a row hold some, the place counts as open."""
    book = Rulebook([PLAN_ROW], [{**SITE_ROW, "hours": "nonsense"}])
    assert book.hours_of(PLAN, SITE) is None


@pytest.mark.parametrize(
    ("changes", "beyond", "expected"),
    [
        ({}, BEYOND, True),
        ({}, None, True),
        ({"mac_sites": frozenset()}, None, False),
        ({"mac_sites": frozenset()}, BEYOND, False),
        ({"methods": {SITE: frozenset({"ticket"})}}, BEYOND, False),
        ({"terms": {SITE: "2026-12-01"}}, BEYOND, False),
        ({"terms": {SITE: "2026-11-21"}}, BEYOND, True),
    ],
)
def test_a_device_returns_where_all_still_holds(
    changes: dict[str, Any], beyond: Beyond | None, expected: bool
) -> None:
    """The site allows it, the guest was identified as asked today, under today's terms."""
    house = House(mac_sites=frozenset({SITE}))._replace(**changes)
    assert may_return(house, SITE, beyond) is expected


@pytest.mark.parametrize(
    ("admitted_on", "called", "expected"),
    [("A", "A", True), ("A", "B", False), (None, "B", True), ("A", None, True)],
)
def test_another_network_is_one_that_is_told(
    admitted_on: str | None, called: str | None, expected: bool
) -> None:
    """What neither the gateway nor the NAS says is not held against anybody."""
    assert is_same_network(admitted_on, called) is expected


def test_opening_is_told_in_ascii() -> None:
    """A gateway carries it through a URL as best it can."""
    words = opening_words(datetime(2026, 8, 3, 9, 5, tzinfo=UTC))
    assert words == "Il ouvre le lundi 3 aout a 9 h 05."
    assert opening_words(None) == ""
    assert all(opening_words(datetime(2026, m, 1, tzinfo=UTC)).isascii() for m in range(1, 13))
