"""Pressing the button is identification and proof in one, for the terms that were shown."""

from portal.identification.click_through import judge
from portal.visit import Event


def test_the_terms_in_force_were_shown() -> None:
    """Nothing else is asked."""
    assert judge("2026-11-21", "2026-11-21") == (Event.IDENTIFY, Event.VERIFY)


def test_newer_terms_must_be_shown_first() -> None:
    """Nobody accepts what they could not read."""
    assert judge("2026-11-21", "2027-01-01") is None
    assert judge("", "2026-11-21") is None
