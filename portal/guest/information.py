"""The pages that any public site must have, and the public home: one table, one view.

Each is reachable from every page, before and after the log-in, without a script. Where a signed
visit is in the address the page speaks its language, names its place, and leads back to it.
"""

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from aiohttp import web

from portal.admission import Holding
from portal.guest.parts import log, portal_of
from portal.guest.splash import read_current
from portal.guest.wording import PLACE_TYPES, day, duration
from portal.places import Gate
from portal.records import load_admission
from portal.visit import State, Visit
from territory.errors import ProtocolError, Unavailable
from territory.web.languages import SOURCE_LANGUAGE
from territory.web.pages import language_of, render, translate
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


PAGES_OF_INFORMATION = (
    Page("/aide", "help.html", N_("Aide")),
    Page("/conditions", "terms.html", N_("Conditions d'utilisation")),
    Page("/mes-donnees", "privacy.html", N_("Vos données")),
    Page("/mentions-legales", "legal.html", N_("Mentions légales")),
    Page("/accessibilite", "accessibility.html", N_("Accessibilité : non conforme")),
    Page("/contact", "contact.html", N_("Contact")),
    Page("/plan-du-site", "site_map.html", N_("Plan du site")),
)
"""In the order of the foot of every page."""

_BY_PATH = {page.path: page for page in PAGES_OF_INFORMATION}


async def inform(request: web.Request) -> web.Response:
    """Return a page of information."""
    page = _BY_PATH[request.path]
    visit, gate = _visit_of(request)
    return render(
        request,
        page.template,
        title=page.title,
        pages=PAGES_OF_INFORMATION,
        here=page.path,
        **_about(request, visit, gate),
        **(await _content(request, page, visit)),
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
        **_about(request, None, None),
    )


def _visit_of(request: web.Request) -> tuple[Visit, Gate] | tuple[None, None]:
    """The visit in the address, if it is one of ours; anything else is passed over in silence."""
    token = request.query.get("visit", "")
    try:
        return read_current(request, token) if token else (None, None)
    except ProtocolError:
        return None, None


def _about(request: web.Request, visit: Visit | None, gate: Gate | None) -> dict[str, Any]:
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


async def _content(request: web.Request, page: Page, visit: Visit | None) -> dict[str, Any]:
    """What one page shows beside its text."""
    portal = portal_of(request)
    match page.path:
        case "/conditions":
            terms = portal.current_terms()
            language = language_of(request)
            articles = terms.articles.get(language) or terms.articles[SOURCE_LANGUAGE]
            return {"version": day(terms.version, language), "articles": articles}
        case "/mes-donnees":
            return {"held": await _held(request, visit), "device": visit.device if visit else None}
    return {}


async def _held(request: web.Request, visit: Visit | None) -> dict[str, str] | None:
    """What the base holds of the device that is online; None where nobody is."""
    portal = portal_of(request)
    if visit is None or visit.admission is None:
        return None
    try:
        holding = await load_admission(portal.pool, visit.admission, portal.now())
    except Unavailable as failure:
        log.warning("held.unavailable", cause=type(failure.__cause__).__name__)
        return None
    return _told(request, holding) if holding else None


def _told(request: web.Request, holding: Holding) -> dict[str, str]:
    now = portal_of(request).now()

    def words(message: str) -> str:
        return translate(request, message)

    since = int((now - holding.admission.created_at).total_seconds())
    left = holding.admission.left(holding.usage, now)
    return {
        "since": duration(max(0, since), words),
        "left": duration(left.seconds, words) if left.seconds else "",
    }
