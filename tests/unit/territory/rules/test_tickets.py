"""A ticket's time, its places, and what stands in its way."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from territory.identifiers import MacAddress
from territory.rules.tickets import SEAT, Flaw, Seat, State, Terms, Ticket, seats_to_free

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
HERE, ELSEWHERE = uuid4(), uuid4()
TOWN, COUNTY = uuid4(), uuid4()
HOUR = timedelta(hours=1)


def ticket(
    *,
    site: UUID | None = HERE,
    last: date = date(2026, 12, 31),
    used: datetime | None = None,
    revoked: datetime | None = None,
    blocked: bool = False,
    days: tuple[date | None, date | None] = (None, None),
) -> Ticket:
    """A ticket of two hours; `days`: the first of use, and the last of all."""
    terms = Terms(TOWN, site, uuid4(), 1, 7200, last, *days)
    return Ticket(uuid4(), terms, used, revoked, blocked)


TODAY, YESTERDAY, TOMORROW = (date(2026, 11, day) for day in (20, 19, 21))
CASES = [
    (ticket(), None, State.UNUSED),
    (ticket(last=TODAY), None, State.UNUSED),
    (ticket(last=YESTERDAY), Flaw.LAPSED, State.LAPSED),
    (ticket(used=NOW), None, State.BEGUN),
    (ticket(used=NOW - HOUR, last=YESTERDAY), None, State.BEGUN),
    (ticket(used=NOW - 2 * HOUR + timedelta(seconds=1)), None, State.BEGUN),
    (ticket(used=NOW - 2 * HOUR), Flaw.ENDED, State.ENDED),
    (ticket(revoked=NOW), Flaw.REVOKED, State.REVOKED),
    (ticket(used=NOW - 3 * HOUR, revoked=NOW), Flaw.REVOKED, State.REVOKED),
    (ticket(blocked=True), Flaw.BLOCKED, State.UNUSED),
    (ticket(days=(TOMORROW, None)), Flaw.EARLY, State.UNUSED),
    (ticket(days=(TODAY, TODAY)), None, State.UNUSED),
    (ticket(days=(None, YESTERDAY), used=NOW - HOUR), Flaw.ENDED, State.ENDED),
    (ticket(days=(None, TODAY), used=NOW), None, State.BEGUN),
]


@pytest.mark.parametrize(("one", "flaw", "state"), CASES)
def test_what_stands_in_its_way(one: Ticket, flaw: Flaw | None, state: State) -> None:
    """Time from first use on, a last day before that, and an early end over both."""
    assert one.flaw_at(HERE, TOWN, NOW) is flaw
    assert one.state(NOW, is_online=False) is state


def test_the_last_day_is_the_territory_s() -> None:
    """It ends at midnight in Paris, not in Greenwich."""
    one = ticket(last=TODAY)
    assert one.flaw_at(HERE, TOWN, datetime(2026, 11, 20, 22, 59, tzinfo=UTC)) is None
    assert one.flaw_at(HERE, TOWN, datetime(2026, 11, 20, 23, 1, tzinfo=UTC)) is Flaw.LAPSED


def test_a_last_day_ends_it_whenever_it_was_begun() -> None:
    """At midnight in Paris, however much of its time is left."""
    begun = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)
    assert ticket(days=(None, TODAY), used=begun).ends_at == begun + HOUR / 2
    assert ticket(days=(None, TOMORROW), used=begun).ends_at == begun + 2 * HOUR


@pytest.mark.parametrize(
    ("for_site", "at", "of", "flaw"),
    [
        (HERE, HERE, TOWN, None),
        (HERE, ELSEWHERE, TOWN, Flaw.OTHER_SITE),
        (None, HERE, TOWN, None),
        (None, ELSEWHERE, TOWN, None),
        (None, ELSEWHERE, COUNTY, Flaw.OTHER_SITE),
        (HERE, HERE, COUNTY, Flaw.OTHER_SITE),
    ],
)
def test_where_it_is_good(for_site: UUID | None, at: UUID, of: UUID, flaw: Flaw | None) -> None:
    """At its site, or at every site of its organisation; never at another's."""
    assert ticket(site=for_site).flaw_at(at, of, NOW) is flaw


def test_online_is_a_state_of_what_runs() -> None:
    """Only a ticket that runs can be online; one that is over is over."""
    assert ticket(used=NOW - HOUR).state(NOW, is_online=True) is State.ONLINE
    assert ticket(used=NOW - 2 * HOUR).state(NOW, is_online=True) is State.ENDED


@given(st.integers(0, 7200 * 2), st.integers(60, 366 * 86_400))
def test_it_is_good_for_its_time_and_no_longer(passed: int, lasting: int) -> None:
    """To the second, whatever its length."""
    terms = Terms(TOWN, None, uuid4(), 1, lasting, TODAY)
    one = Ticket(uuid4(), terms, first_used_at=NOW)
    flaw = one.flaw_at(HERE, TOWN, NOW + timedelta(seconds=passed))
    assert flaw is (Flaw.ENDED if passed >= lasting else None)


def phone(number: int) -> MacAddress:
    """A telephone."""
    return MacAddress(bytes([2, 0, 0, 0, 0, number]))


def seat(number: int, *, minutes: int = 60, online: bool = False) -> Seat:
    """A place taken so many minutes ago."""
    return Seat(phone(number), NOW - timedelta(minutes=minutes), online)


ONLINE, GONE, FRESH = seat(1, online=True), seat(2), seat(3, minutes=1)
SEATS = [
    ([], 1, False, []),
    ([ONLINE], 2, False, []),
    ([seat(9, online=True)], 1, False, []),
    ([GONE], 1, False, [GONE]),
    ([ONLINE], 1, False, None),
    ([FRESH], 1, False, None),
    ([ONLINE], 1, True, [ONLINE]),
    ([ONLINE, GONE], 2, False, [GONE]),
    ([ONLINE, FRESH], 2, False, None),
    ([FRESH, ONLINE], 2, True, [ONLINE]),
    ([GONE, seat(4, minutes=90)], 2, False, [seat(4, minutes=90)]),
]


@pytest.mark.parametrize(("seats", "places", "instead", "freed"), SEATS)
def test_who_gives_a_place_up(
    seats: list[Seat], places: int, instead: bool, freed: list[Seat] | None
) -> None:
    """Who is gone, the longest first; who is online only where its holder says so."""
    assert seats_to_free(seats, phone(9), places, NOW, instead=instead) == freed


def test_a_place_is_held_until_a_session_is_told() -> None:
    """A device let in a moment ago counts, though no gateway has said a word of it."""
    assert Seat(phone(1), NOW - SEAT + timedelta(seconds=1), False).is_held(NOW)
    assert not Seat(phone(1), NOW - SEAT, False).is_held(NOW)


@given(
    st.lists(st.tuples(st.integers(1, 8), st.integers(0, 600), st.booleans()), max_size=8),
    st.integers(1, 5),
    st.booleans(),
)
def test_never_more_devices_than_places(
    taken: list[tuple[int, int, bool]], places: int, instead: bool
) -> None:
    """Whoever comes: let in, there are at most as many as the ticket has places."""
    seats = [
        seat(number, minutes=minutes, online=online)
        for number, (minutes, online) in {n: (m, o) for n, m, o in taken}.items()
    ]
    freed = seats_to_free(seats, phone(9), places, NOW, instead=instead)
    if freed is not None:
        assert len(seats) - len(freed) + 1 <= max(places, 1)
    elif not instead:
        assert sum(one.is_held(NOW) for one in seats) >= places
