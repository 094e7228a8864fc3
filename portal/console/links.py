"""What works for each gateway over each link: the matrix, for technicians to choose by."""

from aiohttp import web

from territory.gateway_dialects import DIALECTS
from territory.link_matrix import Works, row
from territory.link_table import EVIDENCE_NAMES, LINK_NAMES
from territory.vocabulary import Link
from territory.web.pages import render

_TAGS = {Works.YES: "good", Works.PARTLY: "warn", Works.NO: "bad"}


async def show_links(request: web.Request) -> web.StreamResponse:
    """The page; it says the same to everybody, and nothing of this territory."""
    spoken = [dialect for variants in DIALECTS.values() for dialect in variants.values()]
    return render(
        request,
        "links.html",
        dialects=[(dialect, [row(dialect, link) for link in Link]) for dialect in spoken],
        link_names=LINK_NAMES,
        evidence_names=EVIDENCE_NAMES,
        tags=_TAGS,
        no=Works.NO,
    )
