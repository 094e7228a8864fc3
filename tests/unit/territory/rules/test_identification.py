"""A plan is open to the methods it lists that tell enough."""

import pytest

from territory.rules.identification import allowed_methods, reaches
from territory.vocabulary import IdentificationLevel as Level
from territory.vocabulary import IdentificationMethod as Method


@pytest.mark.parametrize(
    ("method", "least", "expected"),
    [
        (Method.CLICK_THROUGH, Level.NONE, True),
        (Method.CLICK_THROUGH, Level.TICKET, False),
        (Method.TICKET, Level.TICKET, True),
        (Method.EMAIL_CODE, Level.TICKET, True),
        (Method.SMS_CODE, Level.IDENTITY, False),
        (Method.OPENID_CONNECT, Level.CONTACT, True),
    ],
)
def test_a_level_includes_those_before_it(method: Method, least: Level, expected: bool) -> None:
    """None, ticket, contact, identity: in this order."""
    assert reaches(method, least) is expected


def test_a_plan_is_open_to_what_it_lists_and_what_tells_enough() -> None:
    """Nothing listed: every method; a level leaves out those that tell less."""
    assert allowed_methods((), Level.NONE) == frozenset(Method)
    assert allowed_methods((), Level.IDENTITY) == {Method.OPENID_CONNECT}
    listed = (Method.CLICK_THROUGH, Method.SMS_CODE)
    assert allowed_methods(listed, Level.NONE) == set(listed)
    assert allowed_methods(listed, Level.CONTACT) == {Method.SMS_CODE}
    assert allowed_methods((Method.TICKET,), Level.CONTACT) == frozenset()
