"""The desk as a process: sign-in, the state of the archive, the register of cases.

Nothing is opened here: the pages show days, counts and digests, and hand out case files that only
two custodians can read, on machines of their own.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

import structlog
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from retention.archive import Places
from retention.desk import archive_pages, case_pages
from retention.desk.keys import CLOCK, ENGINE, PLACES
from retention.desk.words import FILTERS
from territory.access.passwords import Passwords
from territory.access.roles import Permission
from territory.access.sign_in import (
    TEMPLATES,
    Access,
    Application,
    create_operators_site,
    page,
)
from territory.clock import Clock
from territory.database.connect import open_engine
from territory.errors import ConfigurationError, Fault
from territory.keyring import Keyring
from territory.settings import Settings
from territory.web.addresses import Network
from territory.web.pages import Pages
from territory.web.server import start_site

HERE = Path(__file__).parent
NAVIGATION = (
    ("home", "Archive", Permission.SEE_ARCHIVE),
    ("days", "Journées", Permission.SEE_ARCHIVE),
    ("cases", "Dossiers", Permission.HANDLE_CASES),
)
_ONE = "/dossiers/{id:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}}"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Desk:
    """What the desk is given."""

    engine: AsyncEngine
    """Opened with the desk's own role."""
    places: Places
    clock: Clock
    signing_key: bytes
    """`keyring.derive("desk forms")`."""
    passwords: Passwords
    """Closed with the application."""
    trusted_proxies: Sequence[Network] = ()
    demo: bool = False
    """A sign-in link opens at once, without its button."""


async def run(settings: Settings, keyring: Keyring, clock: Clock) -> None:
    """Serve the desk until cancelled.

    Raises:
        ConfigurationError: its port is taken.
    """
    assert settings.database.url  # noqa: S101 - the command gives every component its address
    engine = open_engine(settings.database.url)
    desk = Desk(
        engine=engine,
        places=Places.of(settings),
        clock=clock,
        signing_key=keyring.derive("desk forms"),
        passwords=Passwords(),
        trusted_proxies=[ip_network(proxy) for proxy in settings.portal.trusted_proxies],
        demo=settings.demo,
    )
    try:
        runner = await start_site(create_desk(desk), settings.desk.host, settings.desk.port)
    except OSError as fault:
        await engine.dispose()
        raise ConfigurationError([Fault("desk.port", f"expected a free port: {fault}")]) from fault
    log.info("desk_serving", port=runner.addresses[0][1])
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        await runner.cleanup()
        await engine.dispose()


def create_desk(desk: Desk) -> web.Application:
    """Return the desk's application."""
    pages = Pages(
        (HERE / "templates", TEMPLATES),
        filters=FILTERS,
        constants={"application_name": "Guichet des réquisitions", "navigation": NAVIGATION},
    )
    access = Access(
        application=Application.DESK,
        engine=desk.engine,
        clock=desk.clock,
        signing_key=desk.signing_key,
        passwords=desk.passwords,
        links_open_at_once=desk.demo,
    )
    app = create_operators_site(access, pages, trusted_proxies=desk.trusted_proxies)
    app[ENGINE], app[PLACES], app[CLOCK] = desk.engine, desk.places, desk.clock
    _add_pages(app)
    return app


def _add_pages(app: web.Application) -> None:
    see, handle = Permission.SEE_ARCHIVE, Permission.HANDLE_CASES
    page(app, "/", see, "home", get=archive_pages.show_state)
    page(app, "/verification", see, "verify", post=archive_pages.verify)
    page(app, "/journees", see, "days", get=archive_pages.list_days)
    page(app, "/dossiers", handle, "cases", get=case_pages.list_cases)
    page(
        app,
        "/dossiers/nouveau",
        handle,
        "new_case",
        get=case_pages.show_form,
        post=case_pages.prepare,
    )
    page(app, _ONE, handle, "case", get=case_pages.show_case)
    page(app, f"{_ONE}/fichier", handle, "case_file", post=case_pages.download)
    page(app, f"{_ONE}/reponse", handle, "case_answered", post=case_pages.record_answer)
