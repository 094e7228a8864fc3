"""Requests between receipt and reply: what a connection is told of those without an answer."""

from typing import cast

from radius.counters import Counters
from radius.exchange_log import ExchangeLog
from radius.requests import NO_ANSWER, Outline, Peer, Requests, Surroundings
from radius.sightings import Sightings
from tests.conftest import FixedClock
from tests.unit.radius.sample import NAS, NOW, accounting

PEER = ("10.9.0.2", 40_000)
PACKET = accounting()


class Seen:
    """What was sent, and what was discarded."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        log = ExchangeLog(b"", enabled=False)
        around = Surroundings(FixedClock(NOW), Counters(), cast("Sightings", self), log)
        self.requests = Requests("access", around)

    def discard(self, _address: str, _reason: str, _octets: bytes = b"") -> None:
        """Take what `Sightings` counts."""

    def send(self, octets: bytes, _peer: Peer) -> None:
        """Keep what is sent."""
        self.sent.append(octets)


def test_a_request_given_up_is_told_of() -> None:
    """So that a connection counts it no longer; sent again, it is worked anew."""
    seen = Seen()
    pending = seen.requests.begin(PACKET, NAS, PEER, seen.send)
    assert pending
    seen.requests.give_up(pending, "overload")
    assert seen.sent == [NO_ANSWER]
    assert seen.requests.begin(PACKET, NAS, PEER, seen.send)


def test_of_a_duplicate_only_the_first_is_answered() -> None:
    """While it is worked on; afterwards with the same octets."""
    seen = Seen()
    pending = seen.requests.begin(PACKET, NAS, PEER, seen.send)
    assert pending
    assert seen.requests.begin(PACKET, NAS, PEER, seen.send) is None
    assert seen.sent == [NO_ANSWER]
    seen.requests.answer(pending, b"reply", Outline("access_accept", "first_use", None, None))
    assert seen.requests.begin(PACKET, NAS, PEER, seen.send) is None
    assert seen.sent == [NO_ANSWER, b"reply", b"reply"]
