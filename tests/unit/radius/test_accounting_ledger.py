"""What is set aside is stored once, so many an hour, and remembered."""

from datetime import datetime, timedelta

from radius.accounting_ledger import SetAside
from tests.unit.radius.sample import NOW

HOUR = timedelta(hours=1)


def store(aside: SetAside, fingerprint: int, now: datetime = NOW) -> bool:
    """Set something aside and tell whether its packet was stored."""
    has_room = aside.has_room(fingerprint, now)
    aside.remember(fingerprint)
    return has_room


def test_the_same_is_stored_once_and_known_after() -> None:
    """A NAS that sends it again and again costs a look."""
    aside = SetAside()
    assert not aside.knows(1)
    assert store(aside, 1)
    assert aside.knows(1)
    assert not store(aside, 1)


def test_so_many_an_hour_are_stored() -> None:
    """A broken NAS cannot fill the table; the next hour begins anew."""
    aside = SetAside()
    assert sum(store(aside, n) for n in range(1_500)) == 1_000
    assert store(aside, 9_999, NOW + HOUR)


def test_so_many_are_remembered() -> None:
    """The oldest is forgotten, which costs one more attempt to record it."""
    aside = SetAside()
    for n in range(5_000):
        aside.remember(n)
    assert not aside.knows(0)
    assert aside.knows(4_999)


def test_what_is_not_yet_durable_is_not_remembered() -> None:
    """Asked for room twice before anything is committed, there is room twice."""
    aside = SetAside()
    assert aside.has_room(1, NOW)
    assert aside.has_room(1, NOW)
