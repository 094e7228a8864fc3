"""What may be asked, how it is kept, and what the archive holds of the days it touches."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from retention.cases.question import (
    AddressQuestion,
    DeviceQuestion,
    PersonQuestion,
    Question,
    SiteQuestion,
    ask,
    require,
    summary,
    wanted,
)
from territory.database.tables.columns import Category
from territory.errors import ConfigurationError

NOW = datetime(2026, 11, 21, tzinfo=UTC)
GOOD: dict[str, Any] = {
    "public_address": "192.0.2.10",
    "port": "40112",
    "at": "2026-11-20T14:03:00+01:00",
    "uncertainty_seconds": "0",
}
SPAN: dict[str, Any] = {"since": "2026-11-01T00:00:00+01:00", "until": "2026-11-08T00:00:00+01:00"}
DEVICE: dict[str, Any] = {"kind": "device", "device": "AC-DE-48-00-00-0B", **SPAN}


def asked(**changes: Any) -> AddressQuestion:
    """Ask the good question about an address, with changes."""
    question = ask(NOW, **{**GOOD, **changes})
    assert isinstance(question, AddressQuestion)
    return question


def refused(**parts: Any) -> list[str]:
    """Return the parts that are named when this is asked."""
    with pytest.raises(ConfigurationError) as refusal:
        ask(NOW, **parts)
    return [fault.key for fault in refusal.value.faults]


def test_a_question_is_kept_as_it_was_asked() -> None:
    """The zone the authority wrote stays beside the instant it means."""
    question = asked()
    assert question.at_as_asked == "2026-11-20T14:03:00+01:00"
    assert question.window[0] == datetime(2026, 11, 20, 13, 3, tzinfo=UTC)
    assert question.port == 40112


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("2001:DB8::0:1", "2001:db8::1"),
        ("::ffff:198.51.100.9", "198.51.100.9"),
        ("::FFFF:c633:6409", "198.51.100.9"),
    ],
)
def test_an_address_is_looked_for_as_the_slices_write_it(written: str, address: str) -> None:
    """In any spelling; an IPv4 address as a dual-stack server logs it is that IPv4 address."""
    assert asked(public_address=written).public_address == address


@pytest.mark.parametrize(
    ("at", "width"),
    [
        ("2026-11-20T14:03:00Z", timedelta(seconds=1)),
        ("2026-11-20T14:03:00.25Z", timedelta(microseconds=1)),
        ("2026-11-20T14:03+01:00", timedelta(minutes=1)),
        ("2026-11-20 14:03Z", timedelta(minutes=1)),
    ],
)
def test_an_instant_is_as_wide_as_it_was_written(at: str, width: timedelta) -> None:
    """Who writes 14:03:00 saw it on a clock of seconds, who writes 14:03 on one of minutes; who
    writes finer means that instant. A case file keeps it."""
    first, end = asked(at=at).window
    assert end - first == width
    first, end = asked(at=at, uncertainty_seconds=5).window
    assert end - first == width + timedelta(seconds=10)
    kept = AddressQuestion.model_validate_json(asked(at=at).model_dump_json())
    assert kept.window == asked(at=at).window


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
        ({"public_address": "192.0.2"}, "public_address"),
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
        ({"uncertainty_seconds": 86_401}, "uncertainty_seconds"),
        ({"categories": []}, "categories"),
        ({"categories": ["security"]}, "categories"),
        ({"kind": "url"}, "kind"),
    ],
)
def test_what_cannot_be_asked_is_named(changes: dict[str, Any], key: str) -> None:
    """Without a zone an instant means nothing; the future is nobody's yet."""
    assert refused(**{**GOOD, **changes}) == [key]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"device": "ac:de:48"}, "device"),
        ({"since": "2026-11-01T00:00:00"}, "since"),
        ({"since": SPAN["until"]}, "until"),
        ({"until": "2027-11-08T00:00:00Z"}, "until"),
        ({"since": "2026-12-01T00:00:00Z", "until": "2026-12-02T00:00:00Z"}, "since"),
    ],
)
def test_an_interval_that_cannot_be_asked_is_named(changes: dict[str, Any], key: str) -> None:
    """It has passed, is in order, and is a year at most."""
    assert refused(**{**DEVICE, **changes}) == [key]


def test_each_kind_of_question_is_told_apart_and_summed_up() -> None:
    """By its `kind` alone; a device in any vendor's form; the interval in UTC, its end left out."""
    person = {"kind": "person", "identifier_kind": "email", "identifier": "a@example.org", **SPAN}
    questions: list[Question] = [
        asked(),
        ask(NOW, **DEVICE),
        ask(NOW, **person),
        ask(NOW, kind="site", site="verdun-mairie", **SPAN),
    ]
    kinds = (AddressQuestion, DeviceQuestion, PersonQuestion, SiteQuestion)
    assert [type(one) for one in questions] == list(kinds)
    assert [summary(one).partition(",")[0] for one in questions] == [
        "192.0.2.10 port 40112",
        "device ac:de:48:00:00:0b",
        "email a@example.org",
        "site verdun-mairie",
    ]
    assert questions[1].window[0] == datetime(2026, 10, 31, 23, tzinfo=UTC)
    assert (len(questions[1].days), questions[1].days[-1]) == (8, date(2026, 11, 7))


def test_nothing_leaves_that_was_not_asked_or_that_the_ground_does_not_allow() -> None:
    """Both are needed; the act allows who had which address, unless more is entered."""
    question = asked(categories=["identity", "source", "traffic", "source"])
    assert question.categories == (Category.SOURCE, Category.TRAFFIC, Category.IDENTITY)
    act = require(reference=" PV 2026/1234 ", legal_ground="CPP 77-1-1")
    assert act.reference == "PV 2026/1234"
    assert wanted(question, act) == (Category.SOURCE,)
    wide = require(reference="r", legal_ground="g", allowed=["source", "traffic", "account"])
    assert wanted(question, wide) == (Category.SOURCE, Category.TRAFFIC)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"reference": ""}, "reference"),
        ({"reference": "a\x00b"}, "reference"),
        ({"legal_ground": "x" * 301}, "legal_ground"),
    ],
)
def test_an_act_that_cannot_be_entered_is_named(changes: dict[str, Any], key: str) -> None:
    """Its number and its ground are words on one line."""
    with pytest.raises(ConfigurationError) as refusal:
        require(**{"reference": "r", "legal_ground": "g", **changes})
    assert [fault.key for fault in refusal.value.faults] == [key]


def test_every_fault_is_named_at_once() -> None:
    """A form is mended in one go."""
    assert set(refused(public_address="x", at="x", port="x")) == {"public_address", "at", "port"}
