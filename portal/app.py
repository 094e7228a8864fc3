"""The portal as a process: the guests' pages and the console on one port, its health on another.

Put together here and nowhere else: settings are checked (all faults at once), the territory is
read, the pages are served over https (files, or a trusted front), and everything is closed again
in the reverse order.
"""

import asyncio
import time
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from portal.console.app import Console, create_console
from portal.console.live import Tiles
from portal.console.ticket_sheet import TicketKeys
from portal.daily_counts import DailyCounts, keep_counting
from portal.directory import Directory
from portal.gateway_sightings import keep_writing
from portal.guest import (
    arrival,
    captive_portal,
    connection,
    erasure,
    extension,
    gateway_poll,
    identify,
    in_clear,
    information,
    invitation,
    loan,
    looks,
    my_data,
    newsletter,
    openid,
    own_devices,
    proving_again,
    site_test,
    sms_inbound,
    splash,
    sponsor,
    ticket_link,
    venue,
    wait,
)
from portal.guest.accessibility.audit import Conformity
from portal.guest.accessibility.statement import TITLES, title
from portal.guest.information import AUTHORITIES, PAGES_OF_INFORMATION
from portal.guest.parts import PORTAL, Keys, Portal, log, portal_of, show_refused
from portal.guest.without_radius import WAIT_PATH
from portal.guest.wording import LANGUAGE_NAMES
from portal.identification.openid_connect import PLAIN_PATH
from portal.identification.terms import load_terms
from portal.messages.senders import Messages
from portal.messages.spending import Purse, show_spending
from portal.openid.client import ProviderClient
from portal.papers.facts import circumstances_of
from portal.people.newsletter import ListKeys
from portal.records import Pool, check, leave_as_it_is
from portal.throttle import REQUESTS, source_of
from portal.transport import Transport, read_transport
from portal.without_radius.keeper import Keeper, Keeping
from territory.access.passwords import Passwords
from territory.clock import Clock
from territory.database.components import Component
from territory.database.connect import open_engine, open_pool
from territory.errors import ConfigurationError, Fault, ProtocolError
from territory.keyring import Keyring
from territory.law.grounds import load_grounds
from territory.openid_providers import read_providers
from territory.settings import Settings
from territory.web.addresses import Network
from territory.web.headers import client_address, is_https
from territory.web.health import start_health
from territory.web.pages import Pages, page_context, setup_pages
from territory.web.server import LARGEST_BODY, start_site

HERE = Path(__file__).parent / "guest"
LANGUAGES = tuple(LANGUAGE_NAMES)
RIGHT_TO_LEFT = ("ar",)
IN_CLEAR = "/remise"
POOL_SIZE = 12
CLOSE_SECONDS = 5.0
STREAMED = "text/event-stream"


def guest_pages() -> Pages:
    """Return the guests' templates in every language."""
    return Pages(
        (HERE / "templates",),
        languages=LANGUAGES,
        locale_folders=(HERE / "locale",),
        constants={
            "language_names": LANGUAGE_NAMES,
            "right_to_left": RIGHT_TO_LEFT,
            "information": PAGES_OF_INFORMATION,
            # What a page without a visit or a place lacks; views say otherwise.
            "place": None,
            "publisher": None,
            "token": "",
            "back": "",
            "here": "",
            "kept": "",
            "asked_language": False,
            "accessibility": TITLES[Conformity.NONE],
        },
    )


def create_app(
    portal: Portal, *, trusted_proxies: tuple[Network, ...] = (), https_only: bool = True
) -> web.Application:
    """Return the guests' application; the console is mounted by `run`."""
    app = web.Application(client_max_size=LARGEST_BODY)
    app[PORTAL] = portal
    portal.metrics.places.set_function(lambda: len(portal.directory.current.places))
    setup_pages(app, guest_pages(), trusted_proxies=trusted_proxies)
    _keep_writing(app, portal)
    app.middlewares.append(_count)
    if https_only:
        app.middlewares.append(_require_https)
    app.middlewares.append(_show_refusals)
    app.router.add_get("/", information.home)
    for page in (*PAGES_OF_INFORMATION, AUTHORITIES):
        app.router.add_get(page.path, information.inform)
    app.router.add_get("/marque/{name}", looks.send_logo)
    _add_rights(app)
    app.router.add_get("/gateway/{brand}", arrival.arrive)
    app.router.add_get("/gateway/{brand}/", arrival.arrive)
    app.router.add_get("/gateway/{brand}/{gateway}", arrival.arrive)
    app.router.add_post("/gateway/{brand}", gateway_poll.answer_form)
    app.router.add_post("/gateway/{brand}/{gateway}", gateway_poll.answer_form)
    app.router.add_get(WAIT_PATH, wait.wait_for_gateway)
    app.router.add_get(IN_CLEAR, in_clear.show)
    for slash in ("", "/"):
        app.router.add_get(f"/guest/s/{{site}}{slash}", arrival.arrive_by_unifi)
        app.router.add_get(
            f"/gateway/{{brand}}/{{gateway}}/guest/s/{{site}}{slash}", arrival.arrive
        )
    app.router.add_get("/visite", splash.show_visit)
    app.router.add_post("/visite", identify.accept)
    app.router.add_get("/identification", identify.choose)
    app.router.add_get("/identification/{method}", identify.show_form)
    app.router.add_post("/identification/{method}", identify.begin)
    app.router.add_get("/preuve/{method}", identify.show_proof)
    app.router.add_post("/preuve/{method}", identify.prove)
    app.router.add_get(f"{PLAIN_PATH}{{word}}", openid.open_elsewhere)
    app.router.add_get(openid.RETURN_PATH, openid.come_back)
    app.router.add_get(openid.NEXT_PATH, openid.go_on)
    app.router.add_get("/ma-connexion", connection.my_connection)
    app.router.add_get(sponsor.PATH, sponsor.show_question)
    app.router.add_post(sponsor.PATH, sponsor.answer)
    app.router.add_get(own_devices.PATH, own_devices.show_devices)
    app.router.add_post(own_devices.PATH, own_devices.change_devices)
    app.router.add_post("/deconnexion", connection.log_out)
    app.router.add_post("/prolonger", extension.extend)
    app.router.add_get("/connexion/{gateway}", connection.start)
    app.router.add_get("/captive-portal", captive_portal.answer)
    app.router.add_get("/lieu/{gateway}", venue.show_venue)
    app.router.add_get("/essai", site_test.tell)
    app.router.add_post(sms_inbound.PATH, sms_inbound.hear)
    app.router.add_get(loan.PATH, loan.show_code)
    app.router.add_get(ticket_link.PATH, ticket_link.show_ticket)
    app.router.add_get(ticket_link.NEXT_PATH, ticket_link.go_on)
    app.router.add_get(invitation.PATH, invitation.show_form)
    app.router.add_post(invitation.PATH, invitation.accept)
    return app


def _keep_writing(app: web.Application, portal: Portal) -> None:
    """Have what is noted in memory written as long as the application lives."""
    app.cleanup_ctx.append(keep_writing(portal.gateways_seen, portal.pool))
    counts = DailyCounts(portal.metrics.funnel, portal.pool, portal.now)
    app.cleanup_ctx.append(keep_counting(counts))


def _add_rights(app: web.Application) -> None:
    """Add what a guest does with their own data: take it away, erase it, take an agreement back."""
    app.router.add_get("/mes-donnees/copie/{form:json|csv}", my_data.export)
    app.router.add_get(proving_again.PATH, proving_again.begin)
    app.router.add_post("/mes-donnees/effacement", erasure.ask_or_erase)
    app.router.add_post(newsletter.OWN_PATH, newsletter.end_own)
    app.router.add_get(newsletter.PATH, newsletter.ask)
    app.router.add_post(newsletter.PATH, newsletter.end)


@web.middleware
async def _count(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Time each request by its page, and turn a flood away."""
    portal = portal_of(request)
    if not portal.throttle.allows(REQUESTS, "requests", source_of(client_address(request))):
        raise web.HTTPTooManyRequests(headers={"Retry-After": "60"})
    page_context(request).update(
        asked_language="lang" in request.query,
        publisher=portal.directory.current.publisher,
        accessibility=title(portal.audit, portal.now().date()),
    )
    resource = request.match_info.route.resource
    began = time.perf_counter()
    answer: web.StreamResponse | None = None
    try:
        answer = await handler(request)
        return answer
    finally:
        page = resource.canonical if resource else "none"
        if answer is None or answer.content_type != STREAMED:  # which lasts as long as it is read
            portal.metrics.seconds.labels(page).observe(time.perf_counter() - began)


@web.middleware
async def _show_refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer whatever cannot be used of what a guest brought by the one clear page; the console,
    mounted here, answers for itself."""
    try:
        return await handler(request)
    except ProtocolError as refused:
        if len(request.match_info.apps) > 1:
            raise
        return show_refused(request, refused.reason)


@web.middleware
async def _require_https(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Send plain http to the public address, its query octet for octet."""
    if is_https(request) or _is_in_clear(request):
        return await handler(request)
    url = f"{portal_of(request).public_url}{request.raw_path}"
    return web.Response(status=308, headers={"Location": url, "Cache-Control": "no-store"})


def _is_in_clear(request: web.Request) -> bool:
    """Whether this is the one page that is served in clear, under the name it has for that."""
    plain_url = portal_of(request).plain_url
    return request.path == IN_CLEAR and f"http://{request.host}" == plain_url


async def run(settings: Settings, keyring: Keyring, clock: Clock) -> None:
    """Serve the portal until cancelled.

    Raises:
        ConfigurationError: a setting cannot be used; every fault is listed.
        Unavailable: the database does not answer at start.
    """
    transport = read_transport(settings)
    url = settings.database.url or ""
    async with AsyncExitStack() as closing:
        pool = await open_pool(url, Component.PORTAL, max_size=POOL_SIZE, reset=leave_as_it_is)
        closing.push_async_callback(_close, pool)
        engine = open_engine(url)
        closing.push_async_callback(engine.dispose)
        portal = await _read_portal(settings, keyring, clock, pool)
        app = create_app(portal, trusted_proxies=transport.proxies, https_only=transport.https_only)
        portal.metrics.show_pool(pool)
        if transport.certificate_ends_at is not None:
            portal.metrics.show_certificate(transport.certificate_ends_at)
        purse = _purse(settings, keyring)
        app.add_subapp(
            "/console",
            create_console(
                Console(
                    engine=engine,
                    clock=clock,
                    signing_key=keyring.derive("console forms"),
                    passwords=Passwords(),
                    public_url=settings.portal.public_url,
                    desk_url=settings.desk.public_url,
                    tickets=TicketKeys.of(keyring),
                    lists=ListKeys.of(keyring),
                    seal=keyring.seal,
                    unwatched_after=_unwatched_after(settings),
                    support=settings.portal.support,
                    tells_alerts=settings.alerts.is_on,
                    messages=portal.messages,
                    purse=purse,
                    least=settings.indicators.least,
                    providers=tuple(client.provider for client in portal.providers.values()),
                    trusted_proxies=transport.proxies,
                    demo=settings.demo,
                    law=lambda: portal.directory.law,
                    grounds=load_grounds(settings.state_folder / "grounds.toml"),
                    circumstances=circumstances_of(settings),
                    tiles=_tiles(settings),
                )
            ),
        )
        for runner in await _listen(app, settings, portal, transport):
            closing.push_async_callback(runner.cleanup)
        log.info("portal.ready", public_url=settings.portal.public_url)
        keeper = Keeper(Keeping(pool, portal.directory, portal.days, portal.now))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(portal.directory.follow())
            tasks.create_task(portal.waiting.follow(pool, portal.days, portal.now))
            tasks.create_task(keeper.run())
            if purse is not None:
                tasks.create_task(show_spending(engine, purse, portal.metrics, clock))


async def _read_portal(settings: Settings, keyring: Keyring, clock: Clock, pool: Pool) -> Portal:
    law = settings.state_folder / "law.toml"
    directory = Directory(pool, keyring, settings.portal.public_url, law)
    await directory.refresh()
    return Portal(
        pool=pool,
        directory=directory,
        clock=clock,
        keys=Keys.of(keyring),
        terms=load_terms(),
        public_url=settings.portal.public_url,
        plain_url=settings.portal.plain_url or "",
        providers={
            code: ProviderClient(provider, settings.portal.public_url + openid.RETURN_PATH)
            for code, provider in read_providers(settings).items()
        },
        messages=Messages.of(settings, keyring),
        authorities=settings.authorities,
    )


def _purse(settings: Settings, keyring: Keyring) -> Purse | None:
    return Purse(settings.sms, keyring.derive("contact")) if settings.sms.is_on else None


def _unwatched_after(settings: Settings) -> timedelta:
    return timedelta(seconds=max(300.0, 3 * settings.supervision.interval_seconds))


def _tiles(settings: Settings) -> Tiles | None:
    template = settings.portal.map_tiles
    return Tiles(template, settings.portal.map_credit) if template else None


async def _listen(
    app: web.Application, settings: Settings, portal: Portal, transport: Transport
) -> list[web.AppRunner]:
    """Start the pages and the health page; raises `ConfigurationError` where a port is taken.

    Where the portal ends TLS itself, the page in clear has a port of its own.
    """
    started: list[web.AppRunner] = []
    checks = {"database": partial(check, portal.pool)}
    try:
        host, port = settings.portal.host, settings.portal.port
        started.append(await start_site(app, host, port, transport.tls))
        if transport.tls and settings.portal.plain_url:
            port = settings.portal.plain_port
            await web.TCPSite(started[0], host, port).start()
        host, port = settings.metrics.host, settings.metrics.portal_port
        started.append(await start_health(host, port, portal.metrics.registry, checks))
    except OSError as fault:
        for runner in started:
            await runner.cleanup()
        wanted = f"a free address and port, not {host}:{port}: {fault.strerror}"
        keys = {"plain_port": settings.portal.plain_port, "port": settings.portal.port}
        taken = [f"portal.{name}" for name, number in keys.items() if number == port]
        raise ConfigurationError([Fault((*taken, "metrics.portal_port")[0], wanted)]) from fault
    return started


async def _close(pool: Pool) -> None:
    """Close the pool; connections still busy after a while are cut."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await pool.close()
    except TimeoutError:
        pool.terminate()
