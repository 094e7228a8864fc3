"""Which papers there are, and whose."""

from portal.papers.catalogue import Kind, papers_of
from tests.unit.portal.papers.small_territory import facts


def test_an_organisation_has_its_notice_and_the_procedure() -> None:
    """The territory's papers and every notice; for one organisation, its own notice, and what its
    agents do when a gendarme comes."""
    every = list(papers_of(facts()))
    assert {paper.kind for paper in every} == set(Kind)
    assert len({paper.file_name for paper in every}) == len(every)
    procedure, own = papers_of(facts(), "bar-le-duc")
    assert (procedure.kind, procedure.organisation) == (Kind.PROCEDURE, "")
    assert (own.kind, own.file_name) == (Kind.NOTICE, "information-bar-le-duc")
