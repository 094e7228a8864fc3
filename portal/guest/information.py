"""The pages that any public site must have, and the public home: one table, one view.

Each is reachable from every page, before and after the log-in, without a script. Where a signed
visit is in the address the page speaks its language, names its place, and leads back to it.
"""

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from aiohttp import web

from portal.guest import my_data
from portal.guest.accessibility.audit import Conformity
from portal.guest.accessibility.statement import TITLES, statement
from portal.guest.parts import portal_of
from portal.guest.splash import read_current
from portal.guest.who_helps import who_helps
from portal.guest.wording import PLACE_TYPES, day
from portal.places import Gate
from portal.visit import State, Visit
from territory.errors import ProtocolError
from territory.web.languages import SOURCE_LANGUAGE
from territory.web.pages import language_of, page_context, render
from territory.web.problems import N_


@dataclass(frozen=True, slots=True)
class Page:
    """One page of information."""

    path: str
    """Its address."""
    template: str
    """What it shows."""
    title: str
    """Its name in links; a message id."""


ACCESSIBILITY = Page("/accessibilite", "accessibility.html", TITLES[Conformity.NONE])
"""Its name says what may be declared today: `accessibility` in every template."""

PAGES_OF_INFORMATION = (
    Page("/aide", "help.html", N_("Aide")),
    Page("/conditions", "terms.html", N_("Conditions d'utilisation")),
    Page("/mes-donnees", "privacy.html", N_("Vos données")),
    Page("/mentions-legales", "legal.html", N_("Mentions légales")),
    ACCESSIBILITY,
    Page("/contact", "contact.html", N_("Contact")),
    Page("/plan-du-site", "site_map.html", N_("Plan du site")),
)
"""In the order of the foot of every page."""

AUTHORITIES = Page("/autorites", "authorities.html", "Autorités judiciaires et administratives")
"""For who brings a requisition (CPCE L34-1 II): French authorities, so in French whatever the
guest's language, title included; on the map of the site, and not at the foot of a guest's pages."""

_BY_PATH = {page.path: page for page in (*PAGES_OF_INFORMATION, AUTHORITIES)}


async def inform(request: web.Request) -> web.Response:
    """Return a page of information."""
    page = _BY_PATH[request.path]
    visit, gate = _visit_of(request)
    return render(
        request,
        page.template,
        title=page_context(request)["accessibility"] if page is ACCESSIBILITY else page.title,
        pages=PAGES_OF_INFORMATION,
        for_authorities=AUTHORITIES,
        here=page.path,
        **about(request, visit, gate),
        **(await _content(request, page, visit, gate)),
    )


async def home(request: web.Request) -> web.Response:
    """Return the public home: who offers this, and where."""
    territory = portal_of(request).directory.current
    communes = [
        (commune, list(places))
        for commune, places in groupby(territory.listed, key=lambda place: place.commune)
    ]
    return render(
        request,
        "home.html",
        here="/",
        communes=communes,
        place_types=PLACE_TYPES,
        **about(request, None, None),
    )


def _visit_of(request: web.Request) -> tuple[Visit, Gate] | tuple[None, None]:
    """The visit in the address, if it is one of ours; anything else is passed over in silence."""
    token = request.query.get("visit", "")
    try:
        return read_current(request, token) if token else (None, None)
    except ProtocolError:
        return None, None


def about(request: web.Request, visit: Visit | None, gate: Gate | None) -> dict[str, Any]:
    """Who answers, where one is, and the way back."""
    portal = portal_of(request)
    publisher = portal.directory.current.publisher
    back = "/ma-connexion" if visit and visit.state is State.ADMITTED else "/visite"
    return {
        "place": gate.place if gate else None,
        "publisher": gate.place.organisation if gate else publisher,
        "territory_publisher": publisher,
        "token": portal.sign(visit) if visit else "",
        "back": back if visit else "",
    }


async def _content(
    request: web.Request, page: Page, visit: Visit | None, gate: Gate | None
) -> dict[str, Any]:
    """What one page shows beside its text."""
    portal = portal_of(request)
    match page.path:
        case ACCESSIBILITY.path:
            return statement(portal.audit, portal.now().date(), language_of(request))
        case "/aide":
            return who_helps(request, gate.place if gate else None)
        case "/conditions":
            terms = portal.current_terms()
            language = language_of(request)
            spoken = language if language in terms.articles else SOURCE_LANGUAGE
            return {
                "version": day(terms.version, language),
                "articles": terms.articles[spoken],
                "articles_language": spoken,
            }
        case AUTHORITIES.path:
            return {"authorities": portal.authorities}
        case "/mes-donnees":
            return await my_data.told(request, visit, gate)
    return {}
