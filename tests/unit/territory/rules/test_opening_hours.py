"""Opening hours: OSM's words, France's holidays, the place's clock, closed days last."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from territory.rules.opening_hours import Hours, Timetable, hours_faults, zone_of

TOWN_HALL = "Mo-Fr 09:00-12:00,13:30-17:30; Sa 09:00-12:00; PH off"


def at(text: str, departement: str = "55") -> datetime:
    """Return an instant of a place's clock, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=zone_of(departement)).astimezone(UTC)


@pytest.mark.parametrize(
    ("hours", "departement", "when", "expected"),
    [
        (TOWN_HALL, "55", "2026-11-20T09:00", True),
        (TOWN_HALL, "55", "2026-11-20T08:59:59", False),
        (TOWN_HALL, "55", "2026-11-20T12:00", False),
        (TOWN_HALL, "55", "2026-11-22T10:00", False),
        (TOWN_HALL, "55", "2026-11-11T10:00", False),
        # Good Friday and 26 December: closed in Moselle, open next door
        (TOWN_HALL, "57", "2026-04-03T10:00", False),
        (TOWN_HALL, "55", "2026-04-03T10:00", True),
        # the winter break of 2026: zone B (Meuse) from 14 February, zone A from the 7th
        ("Mo-Fr 09:00-17:00; SH off", "55", "2026-02-10T10:00", True),
        ("Mo-Fr 09:00-17:00; SH off", "69", "2026-02-10T10:00", False),
        ("Mo-Fr 09:00-17:00; SH off", "55", "2026-02-17T10:00", False),
        # SH with a space: these weekdays of the holidays; with a comma: these days and those
        ("We 14:00-18:00; SH Mo-Fr 10:00-18:00", "55", "2026-02-17T11:00", True),
        ("We 14:00-18:00; SH Mo-Fr 10:00-18:00", "55", "2026-02-21T11:00", False),
        ("We 14:00-18:00; SH Mo-Fr 10:00-18:00", "55", "2026-03-10T11:00", False),
        ("SH,Sa 10:00-18:00", "55", "2026-02-17T11:00", True),
        ("SH,Sa 10:00-18:00", "55", "2026-03-07T11:00", True),
        ("SH,Sa 10:00-18:00", "55", "2026-03-09T11:00", False),
        ("Sa,SH 10:00-18:00; PH,SH off", "55", "2026-02-17T11:00", False),
        ("Jul-Aug SH Mo-Fr 10:00-12:00", "55", "2026-07-20T11:00", True),
        ("Jul-Aug SH Mo-Fr 10:00-12:00", "55", "2026-02-17T11:00", False),
        # holidays that no order has set yet, and a place of no zone: term time
        ("Mo-Fr 09:00-17:00; SH off", "55", "2031-02-17T10:00", True),
        ("Mo-Fr 09:00-17:00; SH off", "2A", "2026-02-17T10:00", True),
        # past midnight, and round the clock
        ("Fr 20:00-02:00", "55", "2026-11-21T01:30", True),
        ("Fr 20:00-02:00", "55", "2026-11-21T02:00", False),
        ("24/7", "55", "2026-12-25T03:00", True),
        ('Mo-Fr 09:00-17:00 "sonnez; merci"', "55", "2026-11-20T10:00", True),
        ("PH 10:00-12:00", "55", "2026-11-11T11:00", True),
        ("PH", "55", "2026-11-11T23:00", True),
        ("SH 10:00-12:00", "2A", "2026-07-20T11:00", False),
        # on its own clock: noon in La Réunion is 08:00 UTC
        ("Mo-Fr 12:00-13:00", "974", "2026-11-20T12:30", True),
    ],
)
def test_a_place_is_open_when_it_says(
    hours: str, departement: str, when: str, expected: bool
) -> None:
    """Weekdays, public and school holidays of the place's département, midnight, time zones."""
    assert Hours(Timetable(hours, departement)).is_open(at(when, departement)) is expected


@pytest.mark.parametrize(
    ("hours", "when", "closes"),
    [
        (TOWN_HALL, "2026-11-20T09:00", "2026-11-20T12:00"),
        (TOWN_HALL, "2026-11-20T16:00", "2026-11-20T17:30"),
        ("Fr 20:00-02:00", "2026-11-20T21:00", "2026-11-21T02:00"),
        ("Mo-Fr 00:00-24:00", "2026-11-20T10:00", "2026-11-21T00:00"),
        ('Mo-Fr 09:00-12:00 "A", 12:00-17:00 "B"', "2026-11-20T10:00", "2026-11-20T17:00"),
        # across the turn of the year, whose holidays are other dates
        ("Mo-Su 20:00-04:00", "2026-12-31T21:00", "2027-01-01T04:00"),
        ("24/7; PH off", "2026-12-26T10:00", "2027-01-01T00:00"),
    ],
)
def test_it_closes_when_it_says(hours: str, when: str, closes: str) -> None:
    """The end of the present span; two spans that touch are one."""
    assert Hours(Timetable(hours, "55")).closes_at(at(when)) == at(closes)


@pytest.mark.parametrize(
    ("when", "opens"),
    [
        ("2026-11-20T12:30", "2026-11-20T13:30"),
        ("2026-11-21T13:00", "2026-11-23T09:00"),
        # Tuesday evening before 11 November, a Wednesday
        ("2026-11-10T18:00", "2026-11-12T09:00"),
        ("2026-12-31T18:00", "2027-01-02T09:00"),
    ],
)
def test_it_opens_when_it_says(when: str, opens: str) -> None:
    """Over lunch, over Sunday, over a public holiday, over New Year."""
    assert Hours(Timetable(TOWN_HALL, "55")).opens_at(at(when)) == at(opens)


def test_days_with_a_change_of_clocks_have_their_own_length() -> None:
    """29 March 2026 has 23 hours, 25 October 25: closing is by the clock, seconds by the sun."""
    night = Hours(Timetable("Mo-Su 00:00-06:00", "55"))
    for day, hours in (("2026-03-29", 5), ("2026-10-25", 7), ("2026-11-20", 6)):
        opened = at(f"{day}T00:00")
        closes = night.closes_at(opened)
        assert closes is not None
        assert closes - opened == timedelta(hours=hours)


def test_a_closed_day_shuts_whatever_the_hours_say() -> None:
    """A single day, a span, and public holidays where the plan says so."""
    closures = ((date(2026, 12, 24), date(2026, 12, 24)), (date(2026, 8, 1), date(2026, 8, 15)))
    always = Hours(Timetable("", "55", closures, closed_on_public_holidays=True))
    for day, expected in (
        *(("2026-12-24", False), ("2026-12-23", True), ("2026-08-01", False)),
        *(("2026-08-15", False), ("2026-08-16", True), ("2026-11-11", False)),
    ):
        assert always.is_open(at(f"{day}T12:00")) is expected, day
    assert always.closes_at(at("2026-12-22T12:00")) == at("2026-12-24T00:00")


def test_a_place_that_never_changes_has_no_closing() -> None:
    """None: not within two months; a place that is closed has closed already."""
    always, never = Hours(Timetable("24/7")), Hours(Timetable("24/7 off"))
    now = at("2026-11-20T12:00")
    assert (always.closes_at(now), always.opens_at(now)) == (None, now)
    assert (never.closes_at(now), never.opens_at(now)) == (now, None)
    assert never.local(now).hour == 12


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        ("Lu-Ve 08:00-18:00", "'Lu-Ve 08:00-18:00' at character 1"),
        ("Mo-Fr 8h-18h", "at character 7"),
        ("Mo-Fr 08:00-18:00; Sa 25:00-26:00", "'Sa 25:00-26:00'"),
        ("Mo-Fr sunrise-sunset", "not of the sun"),
        ("Mo-Fr unknown", "not unknown"),
        ('Mo-Fr 10:00-18:00 || "on call"', "without ||"),
        ("PH +1 day off", "PH or SH alone"),
        ("Mo-Fr 08:00-12:00, PH 10:00-12:00", "in a rule of their own"),
        ("PH-SH 08:00-12:00", "PH or SH alone"),
        ("x" * 401, "at most 400"),
        ("", "such as Mo-Fr"),
        (";", "such as Mo-Fr"),
    ],
)
def test_what_cannot_be_held_is_refused_in_words(hours: str, words: str) -> None:
    """Each fault says what was expected, and the place in the text."""
    (fault,) = hours_faults(hours)
    assert words in fault


def test_hours_with_a_fault_are_no_hours() -> None:
    """Nothing is made of a text that cannot be held."""
    with pytest.raises(ValueError, match="PH or SH"):
        Hours(Timetable("PH +1 day off"))


_SELECTORS = st.sampled_from(
    ["Mo-Fr", "Sa", "SH", "PH", "SH Mo-Fr", "Mo-We,PH", "Jul-Aug SH", "Dec 24", "Mo[1]", ""]
)
_TIMES = st.sampled_from(["09:00-12:00", "08:00-12:00,14:00-19:00", "20:00-02:00", "off", ""])
_RULES = st.lists(st.tuples(_SELECTORS, _TIMES), min_size=1, max_size=4)
_INSTANTS = st.datetimes(datetime(2025, 9, 1), datetime(2029, 1, 1)).map(  # noqa: DTZ001
    lambda naive: naive.replace(tzinfo=UTC, microsecond=0)
)


@settings(max_examples=60)
@given(_RULES, _INSTANTS, st.sampled_from(["55", "57", "69", "2A", "974", ""]))
def test_a_place_is_open_until_it_closes(
    rules: list[tuple[str, str]], now: datetime, departement: str
) -> None:
    """Whatever the hours: open up to the second before closing, closed at it, and the reverse."""
    text = "; ".join(" ".join(filter(None, rule)) for rule in rules if any(rule)) or "24/7"
    assert hours_faults(text) == []
    hours = Hours(Timetable(text, departement))
    second = timedelta(seconds=1)
    if hours.is_open(now):
        closes = hours.closes_at(now)
        assert closes is None or (not hours.is_open(closes) and hours.is_open(closes - second))
    else:
        opens = hours.opens_at(now)
        assert opens is None or (hours.is_open(opens) and not hours.is_open(opens - second))


@settings(max_examples=60)
@given(st.text(max_size=60))
def test_any_text_is_either_held_or_told(text: str) -> None:
    """A person's typing never raises: it has faults, or it makes hours."""
    if not hours_faults(text):
        Hours(Timetable(text, "55")).is_open(datetime(2026, 11, 20, tzinfo=UTC))


@settings(max_examples=40)
@given(_RULES, st.lists(_INSTANTS, min_size=2, max_size=5))
def test_what_was_asked_before_changes_no_answer(
    rules: list[tuple[str, str]], instants: list[datetime]
) -> None:
    """A span is kept until it changes, forwards and backwards in time."""
    text = "; ".join(" ".join(filter(None, rule)) for rule in rules if any(rule)) or "24/7"
    asked = Hours(Timetable(text, "55"))
    for now in (*instants, *(each + timedelta(hours=1) for each in instants)):
        fresh = Hours(Timetable(text, "55"))
        assert asked.is_open(now) is fresh.is_open(now)
        assert asked.closes_at(now) == fresh.closes_at(now)
        assert asked.opens_at(now) == fresh.opens_at(now)
