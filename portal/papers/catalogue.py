"""All papers, by kind: what the console lists, and what `socle papers` writes. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from portal.papers.assessment import write_assessment
from portal.papers.facts import Facts
from portal.papers.notice import write_notice
from portal.papers.procedure import write_procedure
from portal.papers.record import write_record
from territory.paper.document import Document


class Kind(StrEnum):
    """A kind of paper, as the command names it."""

    RECORD = "record"
    ASSESSMENT = "impact-assessment"
    PROCEDURE = "requisitions"
    NOTICE = "notice"


_OF_TERRITORY: Final[dict[Kind, tuple[str, Callable[[Facts], Document]]]] = {
    Kind.RECORD: ("registre-des-traitements", write_record),
    Kind.ASSESSMENT: ("analyse-d-impact", write_assessment),
    Kind.PROCEDURE: ("procedure-requisitions", write_procedure),
}


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper, as it stands today."""

    kind: Kind
    file_name: str
    """Without its ending."""
    document: Document
    organisation: str = ""
    """Code of the one it is about; empty: the territory."""


def papers_of(facts: Facts, organisation: str = "") -> Iterator[Paper]:
    """Give every paper; to one organisation, where its code is given, what its agents need.

    That is its own notice, and what to do when a gendarme comes to the counter.
    """
    for kind, (name, write) in _OF_TERRITORY.items():
        if not organisation or kind is Kind.PROCEDURE:
            yield Paper(kind, name, write(facts))
    for body in facts.bodies:
        if organisation in ("", body.code):
            notice = write_notice(facts, body)
            yield Paper(Kind.NOTICE, f"information-{body.code}", notice, body.code)
