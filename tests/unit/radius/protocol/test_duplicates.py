"""Duplicate detection on a clock that stands still (RFC 5080 §2.2.2)."""

from collections.abc import Hashable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius.protocol.duplicates import DuplicateCache

PEER = ("192.0.2.1", 40000)
FIRST, SECOND = b"1" * 16, b"2" * 16


def answer(cache: DuplicateCache, key: Hashable, now: float) -> None:
    """A request that is answered at once, where it is new."""
    cache.look_up(key, FIRST, now)[0].reply = b"reply"


def test_a_request_seen_again_is_known_and_keeps_its_reply() -> None:
    """The same source, Identifier and authenticator is the same request, answered or not."""
    cache = DuplicateCache()
    entry, is_new = cache.look_up((PEER, 1), FIRST, now=0)
    assert is_new
    again, is_new = cache.look_up((PEER, 1), FIRST, now=1)
    assert (again, is_new) == (entry, False)
    assert again.reply is None
    entry.reply = b"reply"
    assert cache.look_up((PEER, 1), FIRST, now=9.9)[0].reply == b"reply"


def test_a_new_authenticator_is_a_new_request() -> None:
    """A NAS may use an Identifier again at once; the old entry is purged."""
    cache = DuplicateCache()
    cache.look_up((PEER, 1), FIRST, now=0)
    _, is_new = cache.look_up((PEER, 1), SECOND, now=0)
    assert is_new
    assert len(cache) == 1


def test_another_source_or_identifier_is_another_request() -> None:
    """Two NAS may choose the same Identifier, and even the same authenticator."""
    cache = DuplicateCache()
    for key in ((PEER, 1), (PEER, 2), (("192.0.2.2", 40000), 1), (("192.0.2.1", 40001), 1)):
        assert cache.look_up(key, FIRST, now=0)[1]


def test_an_entry_expires() -> None:
    """RFC 5080 §2.2.2: after 5 to 30 seconds the same octets are a new request."""
    cache = DuplicateCache()
    for now in range(0, 1000, 7):
        answer(cache, ("pace", now), now)
    for age, is_new in ((5, False), (30, True)):
        answer(cache, (PEER, age), 1000)
        assert cache.look_up((PEER, age), FIRST, now=1000 + age)[1] is is_new


def test_a_quiet_server_forgets_too() -> None:
    """Nobody came for a while: nothing is left of before."""
    cache = DuplicateCache(generation_seconds=8)
    answer(cache, (PEER, 1), 0)
    assert cache.look_up((PEER, 1), FIRST, now=16)[1]
    assert len(cache) == 1


@pytest.mark.parametrize("pause", [1, 7, 40])
def test_what_is_still_worked_on_never_expires(pause: int) -> None:
    """However long a database is away: the same octets are not worked a second time."""
    cache = DuplicateCache(generation_seconds=8)
    entry, _ = cache.look_up((PEER, 1), FIRST, now=0)
    for now in range(pause, 300, pause):
        assert cache.look_up((PEER, 1), FIRST, now) == (entry, False)
        answer(cache, (PEER, 2 + now), now)
    entry.reply = b"at last"
    assert cache.look_up((PEER, 1), FIRST, now=400)[1]


def test_a_forgotten_request_is_worked_anew() -> None:
    """What could not be answered is worth being sent again."""
    cache = DuplicateCache()
    entry, _ = cache.look_up((PEER, 1), FIRST, now=0)
    cache.forget(entry)
    assert cache.look_up((PEER, 1), FIRST, now=0)[1]


def test_forgetting_an_old_request_leaves_the_new_one() -> None:
    """The ledger may give up a request whose place another has taken meanwhile."""
    cache = DuplicateCache()
    old, _ = cache.look_up((PEER, 1), FIRST, now=0)
    cache.look_up((PEER, 1), SECOND, now=0)
    cache.forget(old)
    assert not cache.look_up((PEER, 1), SECOND, now=0)[1]


def test_the_oldest_makes_room() -> None:
    """The cache is bounded, two generations of so many; what falls out costs another decision."""
    cache = DuplicateCache(capacity=3)
    for identifier in range(100):
        answer(cache, (PEER, identifier), 0)
        assert len(cache) <= 6
    assert not cache.look_up((PEER, 99), FIRST, now=0)[1]
    assert cache.look_up((PEER, 0), FIRST, now=0)[1]


def test_ten_thousand_duplicates_are_one_request() -> None:
    """A storm costs one decision."""
    cache = DuplicateCache()
    new = [cache.look_up((PEER, 1), FIRST, now=n / 10_000)[1] for n in range(10_000)]
    assert sum(new) == 1


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from((FIRST, SECOND)), st.floats(0, 5))))
def test_a_request_is_new_exactly_when_it_should_be(
    arrivals: list[tuple[int, bytes, float]],
) -> None:
    """Against the plainest model: known for one generation, and never for more than three."""
    cache = DuplicateCache(generation_seconds=3)
    model: dict[int, tuple[bytes, float]] = {}
    now = 0.0
    for identifier, authenticator, pause in arrivals:
        now += pause
        known = model.get(identifier)
        entry, is_new = cache.look_up((PEER, identifier), authenticator, now)
        entry.reply = b"reply"
        if known is None or known[0] != authenticator or now >= known[1] + 9:
            assert is_new
        elif now < known[1] + 3:
            assert not is_new
        if is_new:
            model[identifier] = (authenticator, now)
