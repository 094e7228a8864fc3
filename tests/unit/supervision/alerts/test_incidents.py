"""An incident from its first sign to its end: the transition table, read as a dialogue."""

from dataclasses import replace
from datetime import timedelta

import pytest

from supervision.alerts.conditions import find
from supervision.alerts.facts import Facts
from supervision.alerts.incidents import (
    Incident,
    Seen,
    State,
    Terms,
    Waits,
    advance,
    move,
)
from supervision.alerts.rulebook import load_rules
from tests.unit.supervision.alerts.ground import HOUR, MINUTE, NOW, facts, incident

QUIET = 15 * MINUTE
TERMS = Terms(load_rules(), Waits(QUIET))
SOON = MINUTE
AT_ONCE = timedelta(seconds=5)
"""Less than a rule holds, and less than it stays."""


class Story:
    """A territory that is looked at again and again."""

    def __init__(self, terms: Terms = TERMS) -> None:
        self.terms = terms
        self.now = NOW
        self.incidents: tuple[Incident, ...] = ()

    def look(
        self, after: timedelta = timedelta(), seen: Facts | None = None, **nas: str
    ) -> "Story":
        """Look once more, some time later."""
        self.now += after
        seen = replace(seen, now=self.now) if seen else facts(self.now, at_work=(), **nas)
        findings = find(self.terms.rules, seen)
        self.incidents = advance(self.incidents, findings, seen.fleet, self.terms, self.now)
        return self

    @property
    def states(self) -> dict[str, str]:
        """How each incident is, by alert and site."""
        return {
            f"{each.key[0]} {each.site.code if each.site else ''}".strip(): each.state.value
            for each in self.incidents
        }

    @property
    def only(self) -> Incident:
        """The one there is."""
        (one,) = self.incidents
        return one


def test_from_its_first_sign_to_its_end() -> None:
    """Pending, open once it held, ending, over once it was well for long enough, then forgotten."""
    story = Story().look(a="down")
    assert story.states == {"SiteDown a": "pending"}
    assert story.look(AT_ONCE, a="down").states == {"SiteDown a": "pending"}
    assert story.look(SOON, a="down").only.state is State.OPEN
    assert (story.only.began_at, story.only.opened_at) == (NOW, NOW + AT_ONCE + SOON)
    assert story.look(HOUR, a="up").states == {"SiteDown a": "ending"}
    ended = story.now
    assert story.look(2 * SOON, a="up").states == {"SiteDown a": "over"}
    assert story.only.over_at == ended
    assert story.look(timedelta(days=1), a="up").states == {"SiteDown a": "over"}
    assert not story.look(timedelta(days=2), a="up").incidents


def test_a_blip_is_nothing() -> None:
    """What does not hold long enough leaves nothing behind."""
    assert not Story().look(a="down").look(SOON, a="up").incidents


def test_a_moment_of_calm_is_not_the_end() -> None:
    """Well for less than the rule stays: open as if nothing had been."""
    story = Story().look(a="down").look(2 * SOON, a="down")
    before = story.only
    assert story.look(SOON, a="up").look(SOON, a="down").only.state is State.OPEN
    assert (story.only.id, story.only.opened_at, story.only.returns) == (
        before.id,
        before.opened_at,
        0,
    )


def test_what_comes_back_soon_is_the_same_and_must_be_well_for_longer() -> None:
    """One return more; over only after the whole quiet time, which doubles."""
    story = Story().look(a="down").look(2 * SOON, a="down").look(SOON, a="up").look(QUIET, a="up")
    first = story.only
    assert story.look(SOON, a="down").only.state is State.PENDING
    assert story.look(2 * SOON, a="down").only.state is State.OPEN
    assert (story.only.id, story.only.returns) == (first.id, 1)
    assert story.look(SOON, a="up").look(QUIET - SOON, a="up").only.state is State.ENDING
    assert story.look(SOON, a="up").only.state is State.OVER
    again = story.look(2 * QUIET - SOON, a="down").only
    assert (again.id, again.returns) == (first.id, 2)


def test_a_return_that_does_not_last_is_none() -> None:
    """A blip within the quiet time leaves the incident over, as it was."""
    story = Story().look(a="down").look(2 * SOON, a="down").look(SOON, a="up").look(QUIET, a="up")
    before = story.only
    after = story.look(SOON, a="down").look(timedelta(seconds=15), a="up").only
    assert (after.state, after.returns, after.over_at) == (State.OVER, 0, before.over_at)


def test_what_comes_back_late_is_another() -> None:
    """After its quiet time, a new incident; the old one stays over beside it."""
    story = (
        Story().look(a="down").look(2 * SOON, a="down").look(SOON, a="up").look(2 * SOON, a="up")
    )
    story.look(QUIET, a="down")
    assert sorted(each.state for each in story.incidents) == ["over", "pending"]
    assert len({each.id for each in story.incidents}) == 2


def test_half_of_the_territory_at_once_is_one_incident() -> None:
    """Its sites are silent from the first sign, and while they come back one by one."""
    story = Story().look(a="down", b="up", c="up", d="up", e="up")
    assert story.states == {"SiteDown a": "pending"}
    story.look(SOON, a="down", b="down", c="down", d="up", e="up")
    assert story.states == {"TerritoryDown": "pending"}
    story.look(SOON, a="down", b="down", c="down", d="down", e="down")
    assert story.states == {"TerritoryDown": "open"}
    story.look(HOUR, a="down", b="up", c="up", d="up", e="up")
    assert story.states == {"TerritoryDown": "ending"}
    story.look(2 * SOON, a="down", b="up", c="up", d="up", e="up")
    assert story.states == {"TerritoryDown": "over"}
    story.look(SOON, a="down", b="up", c="up", d="up", e="up").look(
        2 * SOON, a="down", b="up", c="up", d="up", e="up"
    )
    assert story.states == {"TerritoryDown": "over", "SiteDown a": "open"}


def test_announced_work_and_sleep_tell_nothing() -> None:
    """Neither begins anything; what is down when work begins stays so until it is over."""
    assert not Story().look(a="asleep").look(HOUR, a="asleep").incidents
    work = facts(at_work=("a",), a="down")
    story = Story().look(seen=work).look(HOUR, seen=work)
    assert not story.incidents
    story = Story().look(a="down").look(2 * SOON, a="down")
    assert story.look(SOON, seen=facts(at_work=("a",), a="up")).only.state is State.OPEN
    assert story.look(SOON, a="up").only.state is State.ENDING


def test_a_site_that_is_gone_takes_its_incident_along() -> None:
    """Nobody can end it: it is forgotten, and nothing is told."""
    story = Story().look(a="down", b="up").look(2 * SOON, a="down", b="up")
    assert not story.look(SOON, b="up").incidents


def test_without_the_database_nothing_ends() -> None:
    """Its words stay, too."""
    story = Story().look(a="down").look(2 * SOON, a="down")
    before = story.only
    assert story.look(HOUR, seen=replace(facts(), fleet=None)).only == before


@pytest.mark.parametrize("seen", Seen)
@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("age", [timedelta(), QUIET, timedelta(days=1)])
def test_whatever_is_seen_a_look_is_a_look(state: State, seen: Seen, age: timedelta) -> None:
    """No state is left unheard, and looking again at the same instant changes nothing more."""
    known = incident(state=state, began_at=NOW - age)
    once = move(known, seen, TERMS, NOW)
    if once is not None:
        assert once.id == known.id
        assert move(once, seen, TERMS, NOW) in {once, None}
    if seen is Seen.UNKNOWN:
        assert once == known
    if known.state in {State.OPEN, State.ENDING} and seen is Seen.HIDDEN:
        assert once == known


def test_the_pace_of_a_demonstration() -> None:
    """Every wait of a rule shrinks alike; the quiet time is the setting's own."""
    quick = Terms(TERMS.rules, Waits(QUIET, pace=0.05))
    story = Story(quick).look(a="down").look(timedelta(seconds=6), a="down")
    assert story.only.state is State.OPEN
