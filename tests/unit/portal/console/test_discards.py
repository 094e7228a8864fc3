"""What RADIUS could not use, in French."""

from portal.console.discards import DISCARD_REASONS, PACKET_KINDS, explain, kind_words
from radius.protocol.numbers import Code
from radius.stranger import NOT_RADIUS


def test_reasons_are_told_in_french_and_new_ones_as_they_are() -> None:
    """A reason without a sentence still shows."""
    assert all(explain(reason) != reason for reason in DISCARD_REASONS)
    assert explain("something-new") == "something-new"


def test_what_a_stranger_sends_is_told_in_words() -> None:
    """Every kind RADIUS can name has its French words; a code without a name is told as one."""
    named = {code.name.lower().replace("_", "-") for code in Code}
    assert named | {NOT_RADIUS} == set(PACKET_KINDS)
    assert kind_words("access-request") == "demande d'accès (Access-Request)"
    assert kind_words("code-99") == "paquet RADIUS de code 99"
