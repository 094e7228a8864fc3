"""The console as an application, mounted by the portal under ``/console``."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
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
    incidents,
    indicators,
    injunctions,
    invitations,
    links,
    live,
    live_walls,
    maintenance,
    newsletters,
    operators,
    organisations,
    papers,
    secret,
    signature,
    site_test,
    sites,
    text_messages,
    tickets,
    transmission,
)
from portal.console.assets import ASSETS, LIBRARIES, OWN, Assets, send_asset
from portal.console.live_feed import Feed
from portal.console.places import (
    CLOCK,
    DESK_URL,
    ENGINE,
    LAW,
    LIST_KEYS,
    MESSAGES,
    PROVIDERS,
    PUBLIC_URL,
    PURSE,
    SEAL,
    SUPPORT,
    TELLS_ALERTS,
    TICKET_KEYS,
    UNWATCHED_AFTER,
)
from portal.console.site_page.views import show_site
from portal.console.ticket_sheet import TicketKeys
from portal.messages.senders import Messages
from portal.messages.spending import Purse
from portal.papers.facts import NOTHING_SET, Circumstances
from portal.people.newsletter import ListKeys
from territory.access.passwords import Passwords
from territory.access.roles import Permission
from territory.access.sign_in import (
    TEMPLATES,
    Access,
    Application,
    create_operators_site,
    page,
    take_files,
    url,
)
from territory.clock import Clock
from territory.device_story.french import span
from territory.indicators.suppression import LEAST
from territory.law.durations import Law, load_law
from territory.law.grounds import Grounds, load_grounds
from territory.openid_providers import Provider
from territory.web.addresses import Network
from territory.web.french import FILTERS
from territory.web.pages import Pages

HERE = Path(__file__).parent
NAVIGATION = (
    ("home", "Accueil", Permission.BE_SIGNED_IN),
    ("live", "En direct", Permission.SEE_SITES),
    ("sites", "Lieux", Permission.SEE_SITES),
    ("incidents", "Incidents", Permission.ACKNOWLEDGE),
    ("maintenance", "Maintenance", Permission.PLAN_MAINTENANCE),
    ("tickets", "Tickets", Permission.MAKE_TICKETS),
    ("indicators", "Indicateurs", Permission.SEE_INDICATORS),
    ("text_messages", "SMS", Permission.SEE_SPENDING),
    ("equipment", "Passerelles et bornes", Permission.SEE_EQUIPMENT),
    ("device", "Un appareil", Permission.EXPLAIN_DEVICES),
    ("organisations", "Organismes", Permission.SEE_ORGANISATIONS),
    ("invitations", "Comptes", Permission.INVITE_GUESTS),
    ("transmission", "Un gendarme est venu", Permission.TRANSMIT_REQUISITIONS),
    ("newsletters", "Lettre d'information", Permission.SEE_NEWSLETTERS),
    ("papers", "Documents", Permission.SEE_PAPERS),
    ("operators", "Opérateurs", Permission.MANAGE_OPERATORS),
    ("injunctions", "Injonctions", Permission.DECIDE_INJUNCTIONS),
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
    lists: ListKeys
    """``ListKeys.of(keyring)``."""
    seal: Callable[[str], bytes]
    """``keyring.seal``: the console opens no secret."""
    unwatched_after: timedelta = timedelta(minutes=5)
    """Three of supervision's intervals, and this at least."""
    support: str = ""
    """``settings.portal.support``."""
    tells_alerts: bool = False
    """``settings.alerts.is_on``: incidents are told by supervision itself."""
    least: int = LEAST
    """``settings.indicators.least``: the smallest count that is shown."""
    messages: Messages | None = None
    """What invitations are written with; None: nothing can be."""
    purse: Purse | None = None
    """What text messages may cost; None: they are off."""
    providers: tuple[Provider, ...] = ()
    """Where guests may sign in elsewhere."""
    trusted_proxies: Sequence[Network] = ()
    demo: bool = False
    """A sign-in link opens at once, without its button."""
    refusal_seconds: float = 0.6
    law: Callable[[], Law] = load_law
    """Gives the durations in force."""
    grounds: Grounds = field(default_factory=load_grounds)
    """What an authority may rely on."""
    circumstances: Circumstances = NOTHING_SET
    """What the settings say that papers repeat."""
    tiles: live.Tiles | None = None
    """A ground for the map; None: places stand on plain ground."""
    libraries: Path = LIBRARIES
    """Where the map and the curves are installed."""


def create_console(console: Console) -> web.Application:
    """The application; mount it with ``app.add_subapp("/console", create_console(...))``."""
    pages = Pages(
        (HERE / "templates", TEMPLATES),
        filters={**FILTERS, "facts": audit_log.facts, "span": span, "day": injunctions.day},
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
    app[TICKET_KEYS], app[PROVIDERS] = console.tickets, console.providers
    app[TELLS_ALERTS] = console.tells_alerts
    app[indicators.SMALLEST] = console.least
    app[papers.GROUNDS], app[papers.CIRCUMSTANCES] = console.grounds, console.circumstances
    app[PURSE], app[SEAL], app[SUPPORT] = console.purse, console.seal, console.support
    app[UNWATCHED_AFTER] = console.unwatched_after
    app[LIST_KEYS], app[MESSAGES] = console.lists, console.messages
    _add_pages(app)
    _add_live(app, access, console)
    _add_tickets(app)
    _add_newsletters(app)
    _add_invitations(app)
    _add_transmissions(app)
    return app


def _add_pages(app: web.Application) -> None:
    manage = Permission.MANAGE_OPERATORS
    one = f"/operateurs/{{id:{_UUID}}}"
    page(app, "", Permission.BE_SIGNED_IN, get=_to_home)
    page(app, "/", Permission.BE_SIGNED_IN, "home", get=home.show_home)
    page(app, "/lieux", Permission.SEE_SITES, "sites", get=sites.list_sites)
    page(app, "/lieux/{code}", Permission.SEE_SITES, "site", get=show_site)
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
    spending = Permission.SEE_SPENDING
    _add_indicators(app)
    _add_papers(app)
    page(app, "/sms", spending, "text_messages", get=text_messages.show_text_messages)
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
        "/equipements/{nas}/secret",
        Permission.TRUST_NAS,
        "secret",
        get=secret.show_secret,
        post=secret.renew,
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
    may = Permission.ACKNOWLEDGE
    page(app, "/incidents", may, "incidents", get=incidents.list_incidents)
    page(app, f"/incidents/{{id:{_UUID}}}", may, "incident", post=incidents.acknowledge)
    may, shown = Permission.PLAN_MAINTENANCE, maintenance
    page(app, "/maintenance", may, "maintenance", get=shown.show_windows, post=shown.announce)
    page(app, f"/maintenance/{{id:{_UUID}}}/fin", may, "maintenance_end", post=shown.end)
    page(app, "/journal", Permission.SEE_AUDIT, "audit", get=audit_log.show_audit)
    may, law = Permission.DECIDE_INJUNCTIONS, injunctions
    page(app, "/injonctions", may, "injunctions", get=law.show_injunctions, post=law.record)
    page(app, f"/injonctions/{{id:{_UUID}}}/retrait", may, "injunction_end", post=law.end)


def _add_live(app: web.Application, access: Access, console: Console) -> None:
    app[live.FEED] = Feed(
        console.engine, console.clock, live.looks_by_digest(access), console.unwatched_after
    )
    app[live.TILES], app[live.OPENED] = console.tiles, {}
    app[ASSETS] = Assets(OWN, console.libraries)
    app.cleanup_ctx.append(_follow)
    app.on_shutdown.append(_end_streams)
    see, hang, anyone = Permission.SEE_SITES, Permission.MANAGE_WALLS, Permission.ANYONE
    walls, shown = live_walls, "/ecran/{token}"
    page(app, "/en-direct", see, "live", get=live.show_live)
    again, flux, day = "/en-direct/encore", "/en-direct/flux", "/en-direct/journee"
    page(app, again, see, "live_again", by_itself=True, get=live.show_live)
    page(app, flux, see, "live_stream", by_itself=True, get=live.stream)
    page(app, day, see, "live_day", by_itself=True, get=live.send_day)
    page(app, "/en-direct/ecrans", hang, "walls", get=walls.list_walls, post=walls.make)
    page(app, f"/en-direct/ecrans/{{id:{_UUID}}}/fin", hang, "wall_end", post=walls.revoke)
    page(app, shown, anyone, "wall", get=walls.show_wall)
    page(app, f"{shown}/flux", anyone, "wall_stream", get=walls.stream_wall)
    page(app, f"{shown}/journee", anyone, "wall_day", get=walls.send_wall_day)
    page(app, "/fichiers/{digest}/{file}", anyone, "asset", get=send_asset)


async def _follow(app: web.Application) -> AsyncIterator[None]:
    following = asyncio.create_task(app[live.FEED].run(), name="live feed")
    yield
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following


async def _end_streams(app: web.Application) -> None:
    app[live.FEED].close()


def _add_indicators(app: web.Application) -> None:
    see, place = Permission.SEE_INDICATORS, "/indicateurs"
    page(app, place, see, "indicators", get=indicators.show_indicators)
    page(app, f"{place}/rapport.pdf", see, "indicators_paper", get=indicators.send_paper)
    page(app, f"{place}/rapport.csv", see, "indicators_table", get=indicators.send_table)


def _add_papers(app: web.Application) -> None:
    see, one = Permission.SEE_PAPERS, "/documents/{file:[a-z0-9-]+}.{form:pdf|html}"
    page(app, "/documents", see, "papers", get=papers.show_papers)
    page(app, one, see, "paper", get=papers.send_paper)


def _add_tickets(app: web.Application) -> None:
    may = Permission.MAKE_TICKETS
    sheet = f"/tickets/{{sheet:{_UUID}}}"
    page(app, "/tickets", may, "tickets", get=tickets.list_tickets, post=tickets.make)
    page(app, sheet, may, "ticket_sheet", get=tickets.show_sheet)
    page(app, f"{sheet}/feuille.pdf", may, "ticket_paper", get=tickets.print_sheet)
    page(app, f"{sheet}/annuler", may, "ticket_revoking", post=tickets.revoke_tickets)


def _add_newsletters(app: web.Application) -> None:
    see, take = Permission.SEE_NEWSLETTERS, Permission.TAKE_NEWSLETTER_LIST
    page(app, "/lettres", see, "newsletters", get=newsletters.show_newsletters)
    page(app, "/lettres/liste.csv", take, "newsletter_list", post=newsletters.take_list)


def _add_invitations(app: web.Application) -> None:
    may, shown = Permission.INVITE_GUESTS, invitations
    page(app, "/comptes", may, "invitations", get=shown.show_invitations, post=shown.invite)


def _add_transmissions(app: web.Application) -> None:
    may, shown = Permission.TRANSMIT_REQUISITIONS, transmission
    here = "/requisition-recue"
    page(app, here, may, "transmission", get=shown.show_form, post=shown.transmit)
    take_files(app, "transmission", shown.LARGEST_FORM)
    page(app, f"{here}/{{id:{_UUID}}}", may, "receipt", get=shown.show_receipt)


async def _to_home(request: web.Request) -> web.StreamResponse:
    return web.Response(status=303, headers={"Location": url(request, "home")})
