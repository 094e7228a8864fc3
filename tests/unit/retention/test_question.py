"""What may be asked, how it is kept, and what the archive holds of the days it touches."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from retention.question import Question, ask
from territory.errors import ConfigurationError

NOW = datetime(2026, 11, 21, tzinfo=UTC)
GOOD: dict[str, Any] = {
    "public_address": "192.0.2.10",
    "port": "40112",
    "at": "2026-11-20T14:03:00+01:00",
    "uncertainty_seconds": "0",
    "reference": " PV 2026/1234 ",
    "legal_ground": "CPP 77-1-1",
}


def asked(**changes: Any) -> Question:
    """Ask the good question with changes."""
    return ask(NOW, **{**GOOD, **changes})


def test_a_question_is_kept_as_it_was_asked() -> None:
    """The zone the authority wrote stays beside the instant it means."""
    question = asked()
    assert question.at_as_asked == "2026-11-20T14:03:00+01:00"
    assert question.window[0] == datetime(2026, 11, 20, 13, 3, tzinfo=UTC)
    assert (question.port, question.reference) == (40112, "PV 2026/1234")
    assert asked(public_address="2001:DB8::0:1").public_address == "2001:db8::1"


@pytest.mark.parametrize(
    ("at", "width"),
    [
        ("2026-11-20T14:03:00Z", timedelta(seconds=1)),
        ("2026-11-20T14:03:00.25Z", timedelta(microseconds=1)),
    ],
)
def test_an_instant_given_to_the_second_is_that_whole_second(at: str, width: timedelta) -> None:
    """Who writes 14:03:00 saw it on a clock of seconds; who writes finer means that instant."""
    first, end = asked(at=at).window
    assert end - first == width
    first, end = asked(at=at, uncertainty_seconds=5).window
    assert end - first == width + timedelta(seconds=10)


@pytest.mark.parametrize(
    ("at", "seconds", "days"),
    [
        ("2026-11-20T00:30:00+01:00", 0, [date(2026, 11, 19)]),
        ("2026-11-20T00:30:00Z", 0, [date(2026, 11, 20)]),
        ("2026-11-19T23:59:59Z", 0, [date(2026, 11, 19)]),
        ("2026-11-20T00:00:00Z", 0, [date(2026, 11, 20)]),
        ("2026-11-20T00:00:30Z", 60, [date(2026, 11, 19), date(2026, 11, 20)]),
        ("2026-11-19T12:00:00Z", 86_400, [date(2026, 11, d) for d in (18, 19, 20)]),
    ],
)
def test_its_days_are_utc_days(at: str, seconds: int, days: list[date]) -> None:
    """Midnight in Paris is the day before in the archive."""
    assert list(asked(at=at, uncertainty_seconds=seconds).days) == days


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"public_address": "192.0.2"}, "public address"),
        ({"port": "0"}, "port"),
        ({"port": "65536"}, "port"),
        ({"at": "2026-11-20T14:03:00"}, "at"),
        ({"at": "hier"}, "at"),
        ({"at": "2026-11-22T00:00:00Z"}, "at"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "at"),
        ({"at": "9999-12-31T23:59:59-12:00"}, "at"),
        ({"at": "1989-12-31T00:00:00Z"}, "at"),
        ({"at": "2201-01-01T00:00:00Z"}, "at"),
        ({"at": "99999999999999999999"}, "at"),
        ({"uncertainty_seconds": 86_401}, "uncertainty"),
        ({"reference": ""}, "reference"),
        ({"reference": "a\x00b"}, "reference"),
        ({"legal_ground": "x" * 301}, "legal_ground"),
    ],
)
def test_what_cannot_be_asked_is_named(changes: dict[str, Any], key: str) -> None:
    """Without a zone an instant means nothing; the future is nobody's yet."""
    with pytest.raises(ConfigurationError) as refusal:
        asked(**changes)
    assert [fault.key for fault in refusal.value.faults] == [key]


def test_every_fault_is_named_at_once() -> None:
    """A form is mended in one go."""
    with pytest.raises(ConfigurationError) as refusal:
        asked(public_address="x", at="x", legal_ground="")
    assert {f.key for f in refusal.value.faults} == {"public address", "at", "legal_ground"}
