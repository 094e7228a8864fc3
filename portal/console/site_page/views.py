"""The page of one site: whole for who repairs it, in a few words for who only works there."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from aiohttp import web

from portal.console.asked import asked_site
from portal.console.estate import unwatched_since
from portal.console.places import CLOCK, ENGINE, SUPPORT, UNWATCHED_AFTER
from portal.console.site_page.curve import draw
from portal.console.site_page.diagnosis import diagnose
from portal.console.site_page.evidence import tell
from portal.console.site_page.portrait import Answers, Portrait
from portal.console.site_page.reading import load_people, load_portrait
from territory.access.roles import Permission, may
from territory.access.sign_in import operator_of
from territory.probes import STEPS as VISIT_STEPS
from territory.web.pages import render

SHOWN_REFUSALS = 8
STEPS = (
    ("arrived", "Arrivés sur la page"),
    ("identified", "Identifiés"),
    ("admitted", "Autorisés"),
    ("online", "Vus en ligne"),
)


async def show_site(request: web.Request) -> web.StreamResponse:
    """One site; another organisation's is as if it did not exist."""
    site, now = await asked_site(request), request.app[CLOCK].now()
    repairs = may(operator_of(request).role, Permission.SEE_EQUIPMENT)
    async with request.app[ENGINE].connect() as db:
        portrait = await (load_portrait if repairs else load_people)(db, site, now)
    since = unwatched_since(site.checked_at, now, request.app[UNWATCHED_AFTER])
    portrait = replace(portrait, unwatched_since=since)
    curve = draw(portrait.samples, now)
    if not repairs:
        shown: dict[str, Any] = {"site": site, "seen": portrait, "curve": curve, "now": now}
        return render(request, "site_brief.html", support=request.app[SUPPORT], **shown)
    return render(
        request,
        "site.html",
        site=site,
        seen=portrait,
        problems=diagnose(portrait),
        curve=curve,
        changes=[(each, tell(each.evidence)) for each in portrait.changes],
        refusals=portrait.refusals[:SHOWN_REFUSALS],
        more_refusals=_sum(portrait.refusals[SHOWN_REFUSALS:]),
        steps=_funnel(portrait),
        visit_steps=VISIT_STEPS,
        now=now,
    )


def _sum(answers: Sequence[Answers]) -> int:
    return sum(each.answers for each in answers)


def _funnel(portrait: Portrait) -> list[tuple[str, int, int]]:
    """Each step in words, how many came to it, and that as a share of arrivals in percent."""
    arrived = portrait.funnel.get("arrived", 0)
    if not arrived:
        return []
    counts = [(words, portrait.funnel.get(step, 0)) for step, words in STEPS]
    return [(words, count, round(100 * count / arrived)) for words, count in counts]
