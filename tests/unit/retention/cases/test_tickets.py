"""A ticket's printed code finds a person, and no row holds the code."""

from datetime import UTC, datetime

import pytest

from retention.cases.question import ask
from retention.cases.tickets import findable
from territory.errors import ConfigurationError
from territory.rules.ticket_codes import code_digest

NOW = datetime(2026, 11, 21, tzinfo=UTC)
KEY = bytes(32)
CODE = "482109375523"


@pytest.mark.parametrize("written", [CODE, "4821 0937 5523", "4821-O937-5523"])
def test_a_code_is_found_however_it_is_written(written: str) -> None:
    """Its digest is the one that the portal stores; its last digits are left for people to compare,
    for whoever read all of them in the register or the answer could go online with them."""
    asked = findable({"identifier_kind": "ticket", "identifier": written}, KEY)
    assert asked["digest"] == code_digest(CODE, KEY).hex()
    assert asked["identifier"] == "…5523"


@pytest.mark.parametrize("written", ["482109375525", "4821 0937 552", "abcd", "", None])
def test_what_is_no_code_is_refused(written: str | None) -> None:
    """One digit wrong is told by the check digit, before a case travels for nothing."""
    with pytest.raises(ConfigurationError, match="twelve digits"):
        findable({"identifier_kind": "ticket", "identifier": written}, KEY)


def test_a_ticket_that_cannot_be_found_is_no_question() -> None:
    """Its digest is the server's to add: without it the archive would find nobody, and say so."""
    span = {"since": "2026-11-17T00:00:00Z", "until": "2026-11-18T00:00:00Z"}
    asked = {"kind": "person", "identifier_kind": "ticket", "identifier": CODE, **span}
    with pytest.raises(ConfigurationError):
        ask(NOW, **asked)
    assert ask(NOW, **findable(asked, KEY)).kind == "person"


def test_whoever_is_known_otherwise_needs_no_digest() -> None:
    """An address, a number or a device is asked about as it is."""
    asked = {"identifier_kind": "email", "identifier": "a@exemple.fr"}
    assert findable(asked, KEY) == asked
