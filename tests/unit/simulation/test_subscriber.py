"""A phone's state on the simulated gateway, step by step."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from simulation import subscriber as states
from simulation.subscriber import Counters, Online, Rights, Subscriber, TerminateCause

NOW = datetime(2026, 11, 21, 14, tzinfo=UTC)
PHONE = Subscriber("8A-56-7E-F9-10-E4", "10.1.0.2", 1, "179529824400000001")


def after(**duration: float) -> datetime:
    """Return a time after NOW."""
    return NOW + timedelta(**duration)


def online(rights: Rights) -> Online:
    """Return a session that began at NOW."""
    return Online("opaque", rights, NOW, NOW, NOW)


def test_a_session_identifier_is_its_second_and_its_port() -> None:
    """As recorded: 1795298244 and the port in eight hex digits."""
    at = datetime.fromtimestamp(1795298244, UTC)
    assert states.session_id(at, 1) == "179529824400000001"


def test_two_sessions_within_a_second_have_two_identifiers() -> None:
    """The accounting of one must never be taken for the other's."""
    at = datetime.fromtimestamp(1795298244, UTC)
    assert states.session_id(at, 1, "179529824400000001") == "179529824500000001"


def test_a_refusal_changes_challenge_and_session() -> None:
    """Recorded: the challenge changes after a refusal."""
    after_refusal = states.refused(PHONE, b"n" * 16, NOW)
    assert after_refusal.challenge == b"n" * 16
    assert after_refusal.session_id != PHONE.session_id


def test_an_end_captures_the_phone_again() -> None:
    """After a session the phone is as before it, under another session identifier."""
    admitted = states.admitted(PHONE, "opaque", Rights(), NOW)
    ended = states.ended(admitted, b"n" * 16, after(seconds=5))
    assert admitted.online is not None
    assert ended.online is None
    assert ended.session_id != admitted.session_id


@pytest.mark.parametrize(
    ("age", "expired"), [(0, False), (600, False), (601, True)], ids=["new", "last", "late"]
)
def test_a_challenge_lives_as_long_as_it_may(age: int, expired: bool) -> None:
    """challengetimeout, in seconds."""
    phone = states.challenged(PHONE, bytes(16), NOW)
    lifetime = timedelta(seconds=600)
    assert states.challenge_expired(phone, lifetime, after(seconds=age)) is expired


def test_no_challenge_counts_as_expired() -> None:
    """A phone that was never captured has none."""
    assert states.challenge_expired(PHONE, timedelta(days=1), NOW)


@pytest.mark.parametrize(
    ("rights", "counters", "seconds", "cause"),
    [
        (Rights(), Counters(), 10**6, None),
        (Rights(session_seconds=60), Counters(), 60, None),
        (Rights(session_seconds=60), Counters(), 61, TerminateCause.SESSION_TIMEOUT),
        (Rights(session_seconds=0), Counters(), 61, None),
        (Rights(idle_seconds=30), Counters(), 31, TerminateCause.IDLE_TIMEOUT),
        (Rights(upload_octets=5), Counters(upload_octets=6), 0, TerminateCause.SESSION_TIMEOUT),
        (Rights(download_octets=5), Counters(upload_octets=9), 0, None),
        (Rights(total_octets=9), Counters(4, 6), 0, TerminateCause.SESSION_TIMEOUT),
        (Rights(ends_at=after(seconds=9)), Counters(), 10, TerminateCause.SESSION_TIMEOUT),
    ],
)
def test_a_limit_ends_the_session(
    rights: Rights, counters: Counters, seconds: int, cause: TerminateCause | None
) -> None:
    """Time, idleness and octets, each by what the Access-Accept allowed."""
    session = replace(online(rights), counters=counters)
    assert states.limit_reached(session, after(seconds=seconds)) is cause


def test_traffic_keeps_a_session_from_being_idle() -> None:
    """Idle-Timeout counts from the last exchange."""
    phone = states.admitted(PHONE, "opaque", Rights(idle_seconds=30), NOW)
    phone = states.carried(phone, 100, 2900, after(seconds=20))
    assert phone.online is not None
    assert states.limit_reached(phone.online, after(seconds=49)) is None
    assert phone.online.counters == Counters(100, 2900, 1, 3)


def test_a_captured_phone_carries_nothing() -> None:
    """Only an admitted phone's octets are counted."""
    assert states.carried(PHONE, 1, 1, NOW) is PHONE


@pytest.mark.parametrize(
    ("granted", "override", "seconds", "due"),
    [
        (None, None, 10**6, False),
        (60, None, 59, False),
        (60, None, 60, True),
        (600, 5, 5, True),
        (5, 600, 5, False),
    ],
)
def test_a_report_is_due_at_the_gateways_interval_or_the_servers(
    granted: int | None, override: int | None, seconds: int, due: bool
) -> None:
    """The gateway's own interval goes before Acct-Interim-Interval."""
    session = online(Rights(interim_seconds=granted))
    assert states.interim_due(session, override, after(seconds=seconds)) is due
