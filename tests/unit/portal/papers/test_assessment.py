"""The draft of the impact assessment leaves judgement to people (GDPR art. 35)."""

from portal.papers.assessment import write_assessment
from tests.unit.portal.papers.small_territory import facts, with_source_kept


def test_what_is_judged_is_left_to_people_and_what_is_known_is_filled_in() -> None:
    """Gravity and likelihood of each risk, opinions and decision are blanks with a name."""
    document = write_assessment(facts())
    risks = [s for s in document.sections if s.title.startswith("Risque")]
    asked = [blank.what for blank in document.blanks]
    assert sum(what.startswith("Gravité") for what in asked) == len(risks) > 3
    assert asked[-1].startswith("Décision")
    assert "2 lieux" in str(document)
    assert "aide sociale" in str(document)
    assert document.version != write_assessment(with_source_kept(2)).version
