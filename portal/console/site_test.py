"""A site's test: what portal and RADIUS saw of it, what somebody read there, and what to do.

Looking changes nothing: an open session is told the rights that it has already. What the script of
the site's bundle wrote may be pasted; without it, what only the site can see stays unknown and says
how to find out. Each test is an audit line.
"""

from aiohttp import web

from portal.console.asked import asked_site
from portal.console.estate import Site
from portal.console.places import CLOCK, ENGINE, PROVIDERS, PUBLIC_URL
from territory.access.operators import record
from territory.access.sign_in import actor_of, form_of
from territory.errors import ProtocolError
from territory.site_test.findings import Finding, State
from territory.site_test.judgement import judge, worst
from territory.site_test.reading import Wanted, read_site
from territory.site_test.readings import SiteReport
from territory.site_test.report import parse_report
from territory.web.pages import render

WAIT_SECONDS = 8.0
"""The page waits so long for what a gateway answers."""
NOT_A_REPORT = (
    "Ce texte n'est pas celui d'essai.sh : collez tout ce qu'il a écrit, de la ligne"
    " « socle-essai 1 » à la dernière."
)


async def show_test(request: web.Request) -> web.StreamResponse:
    """What to do before, and the button."""
    return _page(request, await asked_site(request))


async def run_test(request: web.Request) -> web.StreamResponse:
    """Look, judge, and show it, the worst first."""
    site, pasted = await asked_site(request), form_of(request).get("releve", "").strip()
    try:
        report = parse_report(pasted) if pasted else None
    except ProtocolError:
        return _page(request, site, fault=NOT_A_REPORT, status=422)
    findings = await _findings(request, site, report)
    return _page(
        request, site, findings=_worst_first(findings), worst=worst(findings), report=report
    )


async def _findings(request: web.Request, site: Site, report: SiteReport | None) -> list[Finding]:
    engine, now = request.app[ENGINE], request.app[CLOCK].now()
    async with engine.begin() as db:
        await record(db, actor_of(request), "site.tested", site.code, now)
    url, providers = request.app[PUBLIC_URL], request.app[PROVIDERS]
    wanted = Wanted(site.id, url, now, report, WAIT_SECONDS, providers)
    return judge(await read_site(engine, wanted))


def _worst_first(findings: list[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda found: -list(State).index(found.state))


def _page(
    request: web.Request, site: Site, *, status: int = 200, **shown: object
) -> web.StreamResponse:
    """The page; ``shown``: fault, findings, worst and report, where there are any."""
    nothing: dict[str, object] = {"fault": "", "findings": [], "worst": None, "report": None}
    return render(request, "site_test.html", status=status, site=site, **nothing | shown)
