"""How a guest goes back to the gateway, for each of the five ways.

HandBack        303 to the gateway's address, or a page that leads there by itself (`onward`)
FormBack        a page with one button that posts to it
ControllerBack  the controller is asked, then 303 to "connected"
PollBack        a page that waits until the gateway has asked us, then "connected"
CoaBack         RADIUS asks the gateway, then 303 to "connected"

What a gateway is given of the visit goes in clear over an open network, or to a maker's cloud: it
shows what is left and no more. The guest's own visit stays with their browser (`own_visit`).
"""

from typing import Any

from aiohttp import web

from portal.admission import Admission, Holding
from portal.controllers.makes import CONTROLLERS, OPENERS
from portal.controllers.port import Controller, ControllerGuest
from portal.gateways.vocabulary import (
    Allowance,
    CoaBack,
    ControllerBack,
    Credential,
    Departure,
    FormBack,
    HandBack,
    PollBack,
    WayBack,
)
from portal.guest.in_clear import address_in_clear, passes_in_clear
from portal.guest.onward import ANYWHERE, OURSELVES, goes_by_redirect, own_origin, sources_of
from portal.guest.own_visit import keep_own
from portal.guest.parts import Portal, admitted_visit, log, page_of, passing, portal_of, see_other
from portal.guest.without_radius import begin_session, begin_waiting, wait_address
from portal.places import Gate
from portal.reauthentication import reauthenticate
from portal.visit import Visit
from territory.controllers.record import ControllerFault, Trouble
from territory.database.commands import Outcome
from territory.errors import ProtocolError
from territory.identifiers import MacAddress
from territory.web.headers import lead_forms_to
from territory.web.pages import render

_NOBODY = Credential("", "")


def departure_of(portal: Portal, gate: Gate, visit: Visit, admission: Admission) -> Departure:
    """Return what a guest leaves with whom this admission lets in."""
    return Departure(
        carried=visit.carried,
        credential=Credential(admission.user_name, portal.password(admission.user_name)),
        page_wanted=visit.page_wanted,
        page_of_ours=page_of(portal, passing(_own(portal, visit, admission))),
        language=visit.language,
        allowance=allowance_of(portal, gate, Holding(admission)),
    )


def _own(portal: Portal, visit: Visit, admission: Admission) -> Visit:
    """The visit of a guest who is handed back now."""
    return admitted_visit(visit, admission, portal.now().replace(microsecond=0))


def allowance_of(portal: Portal, gate: Gate, holding: Holding) -> Allowance:
    """Return what a holding still lets pass here and now, as a gateway is told it."""
    plan, limits = gate.place.plan, gate.place.plan.limits
    found = holding.standing(gate.place.hours, portal.now())
    return Allowance(
        seconds=max(1, found.seconds),
        octets=found.octets,
        upload_bps=limits.slow_upload_bps if found.slow else plan.upload_bps,
        download_bps=limits.slow_download_bps if found.slow else plan.download_bps,
    )


def allow_way_back(request: web.Request, gate: Gate, visit: Visit) -> None:
    """Let this page's form lead to where the visit will be handed back, and nowhere else."""
    if (back := _way_of(gate, visit)) is not None:
        allow_way(request, gate, back)


def leads_back(gate: Gate, visit: Visit) -> bool:
    """Whether a visit still carries what its gateway needs to take its guest back: one that came
    by the gateway's answer to a log-in carries no challenge for another."""
    return _way_of(gate, visit) is not None


def _way_of(gate: Gate, visit: Visit) -> WayBack | None:
    """How a visit's guest would go back, whoever they are; None: only a new redirect tells."""
    leaving = Departure(carried=visit.carried, credential=_NOBODY)
    try:
        return gate.adapter.hand_back(gate.registration, leaving)
    except ProtocolError:
        return None


def allow_way(request: web.Request, gate: Gate, back: WayBack) -> None:
    """Let this page's form lead by us to where this way begins, and nowhere else."""
    portal = portal_of(request)
    match back:
        case HandBack() if (sources := sources_of(portal, gate, back)) != ANYWHERE:
            lead_forms_to(request, OURSELVES, *sources)
        case FormBack() if passes_in_clear(portal, request, back):
            lead_forms_to(request, OURSELVES, portal.plain_url)
        case _:
            lead_forms_to(request, OURSELVES, own_origin(portal))


async def go_back(
    request: web.Request, gate: Gate, visit: Visit, admission: Admission
) -> web.Response:
    """Return the response that takes a guest back who was just admitted.

    Raises:
        ProtocolError: what the visit carried cannot be used.
        ControllerFault: the gateway's controller, or the gateway, did not let the guest in.
        Unavailable: the database is away, so that nobody could be asked, or nothing recorded.
    """
    portal = portal_of(request)
    own, departure = _own(portal, visit, admission), departure_of(portal, gate, visit, admission)
    back = gate.adapter.hand_back(gate.registration, departure)
    if isinstance(back, PollBack):
        await begin_waiting(portal, gate, visit, admission, back)
        return see_other(wait_address(portal, visit, admission))
    if isinstance(back, ControllerBack):
        await _ask_controller(gate, visit, back, departure)
    if isinstance(back, CoaBack):
        await _ask_radius(portal, gate, visit, back)
        return see_other(page_of(portal, own))
    if not gate.dialect.asks_radius:
        await begin_session(portal, gate, visit, admission)
    if isinstance(back, ControllerBack):
        return see_other(page_of(portal, own))
    response = show_way_back(request, gate, back, departure.page_of_ours)
    if _comes_back_by(back, departure.page_of_ours):
        keep_own(request, response, own)
    return response


def _comes_back_by(back: HandBack | FormBack, page_of_ours: str) -> bool:
    """Whether the guest comes back by the page that the gateway is given, or that a form's page
    names; a token stands in an address as it is, whatever is escaped around it."""
    return isinstance(back, FormBack) or page_of_ours.partition("=")[2] in back.url


def show_way_back(
    request: web.Request, gate: Gate, back: HandBack | FormBack, page_of_ours: str
) -> web.Response:
    """Return the response for a way back that the browser goes by itself."""
    portal = portal_of(request)
    match back:
        case HandBack(url) if goes_by_redirect(portal, gate, back):
            return see_other(url)
        case HandBack(url):
            return _page(request, gate, "onward.html", url=url)
        case FormBack() if passes_in_clear(portal, request, back):
            return see_other(address_in_clear(portal, request, gate, back, page_of_ours))
        case FormBack(url, fields):
            lead_forms_to(request, *sources_of(portal, gate, back))
            shown = {"url": url, "fields": fields, "page_of_ours": page_of_ours}
            return _page(request, gate, "hand_back.html", **shown)


def controller_of(gate: Gate) -> Controller:
    """Return what speaks with a gateway's controller.

    Raises:
        ControllerFault: none is on record.
    """
    make = CONTROLLERS.get((gate.brand, gate.dialect.variant))
    if gate.controller is None or make is None:
        raise ControllerFault(Trouble.ACCOUNT, f"no controller is on record for {gate.code}")
    return make(gate.controller)


async def open_device(gate: Gate, sealed: str) -> MacAddress:
    """Return the device that a redirect names encrypted, as the gateway's controller opens it.

    Raises:
        ProtocolError: `sealed-device`: it was not opened.
    """
    make = OPENERS.get((gate.brand, gate.dialect.variant))
    if gate.controller is None or make is None:
        raise ProtocolError("sealed-device")
    try:
        return await make(gate.controller).open_device(sealed)
    except ControllerFault as fault:
        log.warning("controller", gateway=gate.code, trouble=fault.trouble, words=str(fault))
        raise ProtocolError("sealed-device") from fault


async def _ask_controller(
    gate: Gate, visit: Visit, back: ControllerBack, departure: Departure
) -> None:
    try:
        await controller_of(gate).let_in(
            ControllerGuest(visit.device, back.guest), departure.allowance, departure.credential
        )
    except ControllerFault as fault:
        log.warning("controller", gateway=gate.code, trouble=fault.trouble, words=str(fault))
        raise


async def _ask_radius(portal: Portal, gate: Gate, visit: Visit, back: CoaBack) -> None:
    """Have the gateway present the device again, to be let in."""
    result = await reauthenticate(portal.pool, back, visit.device, portal.now())
    if result is None or result.outcome is not Outcome.CHANGED:
        outcome = result.outcome if result else Outcome.NO_ANSWER
        words = result.words if result else "RADIUS did not take the command"
        log.warning("reauthentication", gateway=gate.code, outcome=outcome, words=words)
        raise ControllerFault(_TROUBLES.get(outcome, Trouble.REFUSED), words)


_TROUBLES = {Outcome.NO_ANSWER: Trouble.SILENT, Outcome.IMPOSSIBLE: Trouble.NO_SUCH_GUEST}
"""What else may come of a command, in a controller's words."""


def _page(request: web.Request, gate: Gate, template: str, **values: Any) -> web.Response:
    return render(
        request,
        template,
        place=gate.place,
        publisher=gate.place.organisation,
        **values,
    )
