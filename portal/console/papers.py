"""The papers that the territory owes, listed with what is left to write in each, and taken away.

Who answers for the whole territory has all of them; an agent has the notice of their organisation,
and nothing else is there for them. They are written anew at each look, off the event loop.
"""

import asyncio
from collections.abc import Sequence
from datetime import date

from aiohttp import web

from portal.console.places import CLOCK, ENGINE, LAW
from portal.papers.catalogue import Paper, papers_of
from portal.papers.facts import Circumstances, Facts, gaps_of_settings, gaps_of_territory
from portal.papers.loading import Texts, load_facts
from territory.access.sign_in import operator_of
from territory.law.grounds import Grounds
from territory.paper.document import render_html, render_pdf
from territory.rules.quotas import day_of
from territory.web.pages import render

CIRCUMSTANCES = web.AppKey("CIRCUMSTANCES", Circumstances)
"""What the settings say that papers repeat."""
GROUNDS = web.AppKey("GROUNDS", Grounds)
"""What an authority may rely on."""


async def show_papers(request: web.Request) -> web.StreamResponse:
    """What there is to take, and what misses."""
    facts, papers = await _written(request)
    whole = operator_of(request).organisation_id is None
    gaps = [*gaps_of_settings(facts.circumstances), *gaps_of_territory(facts)] if whole else []
    return render(request, "papers.html", papers=papers, gaps=gaps)


async def send_paper(request: web.Request) -> web.StreamResponse:
    """One paper, as PDF/UA or as HTML."""
    facts, papers = await _written(request)
    name, form = request.match_info["file"], request.match_info["form"]
    found = next((paper for paper in papers if paper.file_name == name), None)
    if found is None:
        raise web.HTTPNotFound
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.{form}"',
        "Cache-Control": "no-store",
    }
    if form == "html":
        text = render_html(found.document, facts.today)
        return web.Response(text=text, content_type="text/html", charset="utf-8", headers=headers)
    pdf = await asyncio.to_thread(render_pdf, found.document, facts.today)
    return web.Response(body=pdf, content_type="application/pdf", headers=headers)


async def _written(request: web.Request) -> tuple[Facts, Sequence[Paper]]:
    """Return the facts of today and the papers that are this operator's to have."""
    app, own = request.app, operator_of(request).organisation_id
    today: date = day_of(app[CLOCK].now())
    async with app[ENGINE].connect() as db:
        facts = await load_facts(db, app[CIRCUMSTANCES], Texts(app[LAW](), app[GROUNDS]), today)
    codes = [body.code for body in facts.bodies if body.organisation.id == own]
    if own is not None and not codes:
        raise web.HTTPNotFound
    papers = await asyncio.to_thread(lambda: [*papers_of(facts, *codes)])
    return facts, papers
