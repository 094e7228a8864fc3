"""Pressing the button is identification and proof in one."""

from portal.identification.methods import METHODS
from territory.vocabulary import OFFERED


def test_the_methods_offered_are_those_the_portal_has() -> None:
    """`socle apply` refuses a plan or a site that nobody could log in to."""
    assert set(METHODS) == OFFERED
