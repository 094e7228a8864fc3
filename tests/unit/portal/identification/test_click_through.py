"""Pressing the button is identification and proof in one, for the terms that were shown."""

from portal.identification.click_through import METHOD, judge
from portal.visit import Event
from territory.vocabulary import OFFERED


def test_the_terms_in_force_were_shown() -> None:
    """Nothing else is asked."""
    assert judge("2026-11-21", "2026-11-21") == (Event.IDENTIFY, Event.VERIFY)


def test_newer_terms_must_be_shown_first() -> None:
    """Nobody accepts what they could not read."""
    assert judge("2026-11-21", "2027-01-01") is None
    assert judge("", "2026-11-21") is None


def test_the_methods_offered_are_those_the_portal_has() -> None:
    """`socle apply` refuses a plan that nobody could log in to."""
    assert {METHOD} == OFFERED
