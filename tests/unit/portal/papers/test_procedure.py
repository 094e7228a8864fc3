"""The procedure for requisitions names whom to call, from the settings (CPCE L34-1 II)."""

from dataclasses import replace
from datetime import timedelta

from portal.papers.facts import NOTHING_SET
from portal.papers.procedure import write_procedure
from tests.unit.portal.papers.small_territory import CONTACT, facts


def test_it_says_whom_to_call_and_what_the_law_of_the_day_allows() -> None:
    """Service, hours and on-call; texts in force; delays: all from data."""
    document, known = write_procedure(facts()), facts()
    words = str(document)
    assert not document.blanks
    for said in (CONTACT.phone, CONTACT.hours, CONTACT.on_call, CONTACT.mail):
        assert said in words
    for ground in known.grounds.grounds:
        assert (repr(ground.article)[1:-1] in words) == ground.applies_on(known.today)
    slower = replace(known.grounds, delays=replace(known.grounds.delays, ordinary=timedelta(30)))
    later = write_procedure(replace(known, grounds=slower))
    assert "30 jours" in str(later)
    assert later.version != document.version


def test_without_a_contact_it_asks_for_one() -> None:
    """Nobody is made up, by day or by night."""
    document = write_procedure(replace(facts(), circumstances=NOTHING_SET))
    assert len(document.blanks) == 2
