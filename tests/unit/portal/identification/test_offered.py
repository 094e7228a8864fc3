"""What a description may ask of guests is what the portal offers."""

from portal.identification import click_through
from territory.vocabulary import OFFERED


def test_the_methods_offered_are_those_the_portal_has() -> None:
    """`socle apply` refuses a plan that nobody could log in to."""
    assert {click_through.METHOD} == OFFERED
