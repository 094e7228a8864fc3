"""What a CoA-Request tells of rights, and what came of several sessions in one sentence."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from radius.coa_packets import Answer, Ask, SessionNames
from radius.coa_sessions import OpenSession, Right, result_of, silent_brand
from radius.rulebook import NO_LIMITS, slowed
from territory.database.commands import Outcome, Result, together
from territory.rules.quotas import Amounts, Limits
from territory.vocabulary import AtEnd
from tests.unit.radius.sample import NOW, PLAN

HOUR = timedelta(hours=1)
RIGHT = Right(PLAN.id, NOW + HOUR, None, used_octets=1_000)
SESSION = OpenSession(
    key=UUID(int=1),
    nas_id=UUID(int=2),
    site_id=UUID(int=3),
    names=SessionNames("u", "s", None, None, "lab"),
    started_at=NOW - HOUR,
    is_over=False,
    octets=600,
    right=RIGHT,
)


def test_rights_are_counted_from_the_session_s_start() -> None:
    """An hour gone and an hour left: Session-Timeout 7 200; 600 octets gone of this session."""
    plan = replace(PLAN, session_octets=5_000)
    rights = SESSION.rights(plan, RIGHT.standing(plan, NO_LIMITS, None, NOW), NOW)
    assert (rights.session_seconds, rights.octets) == (7_200, 600 + 4_000)


def test_nothing_is_left_of_what_was_taken_back() -> None:
    """A right that was revoked grants no change."""
    gone = replace(RIGHT, revoked_at=NOW)
    assert gone.standing(PLAN, NO_LIMITS, None, NOW).stop is not None


def test_a_slow_guest_has_slow_rates_until_midnight() -> None:
    """15 h in Paris, an hour left of the access: the hour is less than until midnight."""
    limits = Limits(Amounts(day_octets=10), at_end=AtEnd.SLOW, slow_upload_bps=64_000)
    found = replace(RIGHT, used=Amounts(0, 0, 10, 10)).standing(PLAN, limits, None, NOW)
    assert (found.slow, found.seconds, found.octets) == (True, 3_600, None)
    plan = slowed(PLAN, limits)
    assert (plan.upload_bps, plan.download_bps) == (64_000, PLAN.download_bps)


@pytest.mark.parametrize(
    ("ask", "answer", "outcome", "words"),
    [
        (Ask.DISCONNECT, Answer(True), Outcome.CLOSED, "session fermée"),
        (Ask.CHANGE, Answer(True), Outcome.CHANGED, "droits changés"),
        (Ask.DISCONNECT, Answer(False, 503), Outcome.REFUSED, "ne connaît pas cette session"),
        (Ask.DISCONNECT, None, Outcome.NO_ANSWER, "n'a pas répondu : vérifiez coaport"),
    ],
)
def test_what_an_answer_means(
    ask: Ask, answer: Answer | None, outcome: Outcome, words: str
) -> None:
    """In words for an operator, with what to look at where there was no answer."""
    found = result_of(ask, answer, "vérifiez coaport")
    assert found.outcome is outcome
    assert words in found.words


def test_a_brand_without_coa_is_told_as_such() -> None:
    """Omada: through its controller."""
    assert "par le contrôleur" in silent_brand("déconnectez par le contrôleur").words


def test_several_sessions_in_one_sentence() -> None:
    """How many of each; the worst is the outcome of all."""
    closed, silent = Result(Outcome.CLOSED, "a"), Result(Outcome.NO_ANSWER, "b")
    assert together([closed]) == closed
    found = together([closed, closed, silent])
    assert found == Result(
        Outcome.NO_ANSWER, "2 sessions fermées, 1 sans réponse de la passerelle", sessions=3
    )
