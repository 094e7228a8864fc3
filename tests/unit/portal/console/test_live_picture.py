"""What the live page shows, to whom, and what is new to somebody since they last heard."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.console.live_picture import (
    STEPS_KEPT,
    Journal,
    Line,
    Look,
    Picture,
    Spot,
    masked,
    news,
    whole,
    worst_first,
)
from portal.console.queries import Scope
from territory.health.states import State

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
TOWN, OTHER = uuid4(), uuid4()
ALL = Look(Scope(None, unlisted=True), in_detail=True)
PUBLIC = Look(Scope(None, unlisted=False), in_detail=True)
AGENT = Look(Scope(TOWN, unlisted=True), in_detail=False)


def spot(code: str, state: State = State.UP, *, of: UUID = TOWN, listed: bool = True) -> Spot:
    """A site; one that fails has an access point to blame."""
    fails = state in {State.DOWN, State.DEGRADED}
    culprit, reason = ("Borne accueil", "silent") if fails else ("", "answers")
    since = NOW - timedelta(hours=1)
    return Spot(code, code.title(), "Toul", of, listed, None, state, since, culprit, reason)


def picture(*spots: Spot, lines: tuple[Line, ...] = ()) -> Picture:
    """The territory at one moment."""
    return Picture({one.code: one for one in spots}, lines, NOW)


def line(number: int, code: str) -> Line:
    """A change of state of a site's access point."""
    return Line(number, NOW, code, "Borne accueil", State.DOWN, planned=False)


def codes(told: dict[str, list[dict[str, str]]]) -> list[str]:
    """Which places are told of."""
    return [place["code"] for place in told.get("places", [])]


@pytest.mark.parametrize(
    ("look", "seen"),
    [(ALL, ["refuge", "mairie", "stade"]), (PUBLIC, ["mairie", "stade"]), (AGENT, ["mairie"])],
)
def test_each_is_shown_what_they_may_see_and_no_more(look: Look, seen: list[str]) -> None:
    """By organisation, and unlisted sites only to who maintains them or answers for them."""
    refuge = spot("refuge", State.DOWN, of=OTHER, listed=False)
    shown = picture(spot("mairie"), spot("stade", of=OTHER), refuge, lines=(line(1, "refuge"),))
    told = whole(shown, look)
    assert codes(told) == seen
    assert [one["code"] for one in told["lines"]] == (["refuge"] if look is ALL else [])
    assert masked(shown, look) == (1 if look is PUBLIC else 0)


def test_what_fails_is_told_with_equipment_and_cause_or_in_plain_words() -> None:
    """An agent reads what it means; a technician which radio, why, and what to look at."""
    down = spot("mairie", State.DOWN)
    assert down.words(in_detail=True) == "Borne accueil\u00a0: ne répond plus au ping."
    assert down.cause(in_detail=True).startswith("coupure de courant")
    assert down.words(in_detail=False) == "Personne ne peut s'y connecter."
    assert down.cause(in_detail=False) == ""
    assert replace(down, reason="").words(in_detail=True) == "Personne ne peut s'y connecter."
    assert spot("mairie").words(in_detail=True) == ""


def test_the_commune_is_told_where_the_name_does_not_say_it() -> None:
    """A town hall named after its town needs no town beside it."""
    assert replace(spot("mairie"), name="Mairie de Toul").where == ""
    assert replace(spot("mairie"), name="Mairie").where == "Toul"


def test_the_worst_comes_first_the_latest_before_announced_work_after_all() -> None:
    """What a wall shows on top is what broke last, unless somebody announced it."""
    old = replace(spot("a", State.DOWN), since=NOW - timedelta(hours=9))
    new = spot("b", State.DOWN)
    work = replace(spot("c", State.DOWN), planned=True)
    order = worst_first([spot("e"), spot("d"), work, old, spot("f", State.DEGRADED), new])
    assert [one.code for one in order] == ["b", "a", "f", "d", "e", "c"]


def test_the_journal_tells_what_changed_and_nothing_when_nothing_did() -> None:
    """Changed, new and gone; lines only once; a picture alike is no step."""
    journal = Journal()
    journal.take(picture(spot("mairie"), spot("stade")))
    assert not journal.take(picture(spot("mairie"), spot("stade")))
    assert journal.take(picture(spot("mairie", State.DOWN), lines=(line(7, "mairie"),)))
    assert not journal.take(picture(spot("mairie", State.DOWN), lines=(line(7, "mairie"),)))
    steps = journal.since(1)
    assert steps is not None
    told = news(steps, journal.picture, ALL)
    assert (codes(told), told["gone"]) == (["mairie"], ["stade"])
    assert [one["number"] for one in told["lines"]] == [7]
    assert news(journal.since(journal.number) or [], journal.picture, ALL) == {}


def test_what_somebody_may_see_no_longer_goes_by_its_code_alone() -> None:
    """Taken off the public map: gone; what they never saw is not even that."""
    journal = Journal()
    journal.take(picture(spot("mairie"), spot("refuge", listed=False)))
    journal.take(picture(spot("mairie", listed=False), spot("refuge", State.DOWN, listed=False)))
    told = news(journal.since(1) or [], journal.picture, PUBLIC)
    assert told == {"gone": ["mairie"]}


def test_who_is_too_far_behind_gets_the_whole_picture() -> None:
    """The journal forgets; a position from elsewhere is none of its own."""
    journal = Journal()
    for number in range(STEPS_KEPT + 2):
        state = State.UP if number % 2 else State.DOWN
        journal.take(picture(spot("mairie", state)))
    assert journal.since(1) is None
    assert journal.since(-1) is None
    assert journal.since(journal.number + 1) is None
    assert len(journal.since(2) or []) == STEPS_KEPT
    assert journal.since(journal.number) == []


_SITES = ("mairie", "stade", "refuge")
_PICTURES = st.lists(
    st.builds(
        lambda states, listed: picture(
            *(
                spot(code, state, listed=code in listed)
                for code, state in zip(_SITES, states, strict=True)
                if state is not None
            )
        ),
        st.tuples(*(st.none() | st.sampled_from(State) for _ in _SITES)),
        st.sets(st.sampled_from(_SITES)),
    ),
    min_size=2,
    max_size=8,
)


@given(pictures=_PICTURES, begun=st.integers(0, 6), look=st.sampled_from([ALL, PUBLIC, AGENT]))
def test_the_picture_and_the_news_since_make_the_picture_of_now(
    pictures: list[Picture], begun: int, look: Look
) -> None:
    """Wherever a viewer began and however many steps it missed: it ends with what there is."""
    journal, known, position = Journal(), dict[str, dict[str, str]](), -1
    for number, one in enumerate(pictures):
        journal.take(one)
        if number == min(begun, len(pictures) - 1):
            known = {place["code"]: place for place in whole(journal.picture, look)["places"]}
            position = journal.number
    told = news(journal.since(position) or [], journal.picture, look)
    for code in told.get("gone", []):
        del known[code]
    known |= {place["code"]: place for place in told.get("places", [])}
    assert known == {place["code"]: place for place in whole(journal.picture, look)["places"]}
