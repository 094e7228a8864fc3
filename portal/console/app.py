"""The console as an application, mounted by the portal under ``/console``."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from portal.console import (
    audit_log,
    device,
    disconnection,
    equipment,
    home,
    identification,
    links,
    operators,
    organisations,
    signature,
    site_test,
    sites,
    tickets,
)
from portal.console.places import CLOCK, DESK_URL, ENGINE, LAW, PUBLIC_URL, TICKET_KEYS
from portal.console.ticket_sheet import TicketKeys
from territory.access.passwords import Passwords
from territory.access.roles import Permission
from territory.access.sign_in import (
    TEMPLATES,
    Access,
    Application,
    create_operators_site,
    page,
    url,
)
from territory.clock import Clock
from territory.law.durations import Law, load_law
from territory.web.addresses import Network
from territory.web.french import FILTERS
from territory.web.pages import Pages

HERE = Path(__file__).parent
NAVIGATION = (
    ("home", "Accueil", Permission.BE_SIGNED_IN),
    ("sites", "Lieux", Permission.SEE_SITES),
    ("tickets", "Tickets", Permission.MAKE_TICKETS),
    ("equipment", "Passerelles et bornes", Permission.SEE_EQUIPMENT),
    ("device", "Un appareil", Permission.EXPLAIN_DEVICES),
    ("organisations", "Organismes", Permission.SEE_ORGANISATIONS),
    ("operators", "Opérateurs", Permission.MANAGE_OPERATORS),
    ("audit", "Journal d'audit", Permission.SEE_AUDIT),
)
_UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@dataclass(frozen=True, slots=True)
class Console:
    """What the console is given."""

    engine: AsyncEngine
    """Opened with the portal's role; the console never closes it."""
    clock: Clock
    signing_key: bytes
    """``keyring.derive("console forms")``."""
    passwords: Passwords
    """Closed with the application."""
    public_url: str
    """``settings.portal.public_url``: what sign-in links begin with."""
    desk_url: str
    tickets: TicketKeys
    """``TicketKeys.of(keyring)``."""
    trusted_proxies: Sequence[Network] = ()
    demo: bool = False
    """A sign-in link opens at once, without its button."""
    refusal_seconds: float = 0.6
    law: Callable[[], Law] = load_law
    """Gives the durations in force."""


def create_console(console: Console) -> web.Application:
    """The application; mount it with ``app.add_subapp("/console", create_console(...))``."""
    pages = Pages(
        (HERE / "templates", TEMPLATES),
        filters={**FILTERS, "facts": audit_log.facts},
        constants={"application_name": "Console", "navigation": NAVIGATION},
    )
    access = Access(
        application=Application.CONSOLE,
        engine=console.engine,
        clock=console.clock,
        signing_key=console.signing_key,
        passwords=console.passwords,
        links_open_at_once=console.demo,
        refusal_seconds=console.refusal_seconds,
    )
    app = create_operators_site(access, pages, trusted_proxies=console.trusted_proxies)
    app[ENGINE], app[CLOCK], app[DESK_URL] = console.engine, console.clock, console.desk_url
    app[PUBLIC_URL], app[LAW] = console.public_url, console.law
    app[TICKET_KEYS] = console.tickets
    _add_pages(app)
    _add_tickets(app)
    return app


def _add_pages(app: web.Application) -> None:
    manage = Permission.MANAGE_OPERATORS
    one = f"/operateurs/{{id:{_UUID}}}"
    page(app, "", Permission.BE_SIGNED_IN, get=_to_home)
    page(app, "/", Permission.BE_SIGNED_IN, "home", get=home.show_home)
    page(app, "/lieux", Permission.SEE_SITES, "sites", get=sites.list_sites)
    page(app, "/lieux/{code}", Permission.SEE_SITES, "site", get=sites.show_site)
    page(
        app,
        "/lieux/{code}/deconnexion",
        Permission.DISCONNECT,
        "disconnection",
        get=disconnection.show_disconnection,
        post=disconnection.disconnect,
    )
    page(
        app,
        "/lieux/{code}/essai",
        Permission.TEST_SITES,
        "site_test",
        get=site_test.show_test,
        post=site_test.run_test,
    )
    page(
        app,
        "/lieux/{code}/identification",
        Permission.SEE_SITES,
        "identification",
        get=identification.show_identification,
    )
    page(
        app,
        "/lieux/{code}/identification/choix",
        Permission.CHOOSE_METHODS,
        "choose_methods",
        post=identification.choose,
    )
    page(app, "/equipements", Permission.SEE_EQUIPMENT, "equipment", get=equipment.show_equipment)
    page(app, "/liens", Permission.SEE_EQUIPMENT, "links", get=links.show_links)
    page(
        app,
        "/equipements/{nas}/signature",
        Permission.TRUST_NAS,
        "signature",
        get=signature.show_signature,
        post=signature.forget,
    )
    page(
        app,
        "/appareil",
        Permission.EXPLAIN_DEVICES,
        "device",
        get=device.ask_device,
        post=device.show_device,
    )
    page(
        app,
        "/organismes",
        Permission.SEE_ORGANISATIONS,
        "organisations",
        get=organisations.list_organisations,
    )
    page(app, "/operateurs", manage, "operators", get=operators.list_operators, post=operators.add)
    page(app, one, manage, "operator", get=operators.show_operator)
    page(app, f"{one}/lien", manage, "operator_link", post=operators.make_link)
    page(app, f"{one}/acces", manage, "operator_access", post=operators.disable)
    page(app, "/journal", Permission.SEE_AUDIT, "audit", get=audit_log.show_audit)


def _add_tickets(app: web.Application) -> None:
    may = Permission.MAKE_TICKETS
    sheet = f"/tickets/{{sheet:{_UUID}}}"
    page(app, "/tickets", may, "tickets", get=tickets.list_tickets, post=tickets.make)
    page(app, sheet, may, "ticket_sheet", get=tickets.show_sheet)
    page(app, f"{sheet}/feuille.pdf", may, "ticket_paper", get=tickets.print_sheet)
    page(app, f"{sheet}/annuler", may, "ticket_revoking", post=tickets.revoke_tickets)


async def _to_home(request: web.Request) -> web.StreamResponse:
    return web.Response(status=303, headers={"Location": url(request, "home")})
