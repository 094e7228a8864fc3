"""What is set aside is stored once, so many an hour, and remembered."""

from datetime import datetime, timedelta

from radius.accounting import read_accounting_request
from radius.accounting_ledger import Entry, SetAside, Unreadable
from tests.unit.radius.sample import NAS, NOW, accounting, attribute

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


STOP = attribute(40, 2) + attribute(44, b"s-1")
JUMPED = 1_700_000_000


def entry(*attributes: bytes, reason: str | None = None) -> Entry:
    """Return an entry, unreadable for a reason or read."""
    packet = accounting(*attributes)
    content = Unreadable(reason) if reason else read_accounting_request(packet, NAS, NOW)
    return Entry(content, NAS.id, NOW, packet.octets, None)


def test_a_jumped_clock_s_retransmissions_are_the_same() -> None:
    """They differ in their delay, their signature and what proxies add: kept once."""
    sendings = [
        attribute(41, JUMPED + n) + attribute(80, bytes((n,) * 16)) + attribute(33, bytes((n,)))
        for n in range(3)
    ]
    prints = {entry(STOP, own, reason="acct-delay-time").fingerprint for own in sendings}
    assert len(prints) == 1


def test_the_corrected_record_is_another() -> None:
    """Only its delay differs, and it must be recorded."""
    wrong = entry(STOP, attribute(41, JUMPED), reason="acct-delay-time")
    aside = SetAside()
    aside.remember(wrong.fingerprint)
    assert not aside.knows(entry(STOP, attribute(41, 30)).fingerprint)


def test_another_record_or_reason_is_another() -> None:
    """What the NAS says besides the delay tells records apart."""
    one = entry(STOP, reason="acct-delay-time").fingerprint
    assert entry(STOP, attribute(1, b"x"), reason="acct-delay-time").fingerprint != one
    assert entry(STOP, reason="text").fingerprint != one
