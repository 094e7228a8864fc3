"""A month's report from what was read: for pages, the command line, paper and spreadsheets."""

from territory.communes.national_list import national_list
from territory.indicators.figures import measure
from territory.indicators.loading import Loaded, facts_of
from territory.indicators.month import Month
from territory.indicators.reach import Body, Reach, reach
from territory.indicators.wording import About, Document, class_of, describe

TERRITORY = "Tout le territoire"


def document_of(loaded: Loaded, month: Month, least: int, *, is_territory: bool) -> Document:
    """Return the report of what was read; takes milliseconds a site: not for the event loop.

    Args:
        loaded: what was read of the month.
        month: the month.
        least: the smallest count that is printed.
        is_territory: whether it is all organisations', not one's alone.
    """
    facts = facts_of(loaded)
    whose = TERRITORY if is_territory else facts.organisations[0].name
    figures = measure(facts, least, _reach, class_of)
    return describe(figures, About(month, whose, is_territory, least))


def _reach(bodies: list[Body], sites: list[str], in_service: list[str]) -> Reach | None:
    return reach(bodies, sites, in_service, national_list())
