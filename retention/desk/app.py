"""The desk as a process: sign-in with a second factor, the archive's state, the register.

Nothing is opened here: the pages show days, counts and digests, and hand out case files that only
two custodians can read, on machines of their own. It answers the administration network alone.
"""

from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import structlog
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from retention.cases import tickets
from retention.desk import (
    archive_pages,
    case_pages,
    certificate_pages,
    drill_pages,
    hold_pages,
    register_pages,
    requisition_pages,
    transmission_pages,
)
from retention.desk.keys import (
    AGREEMENTS_WAIT,
    AUTHORITIES,
    CLOCK,
    ENGINE,
    PLACES,
    TICKET_KEY,
    UNSEAL,
)
from retention.desk.metrics import Watch
from retention.desk.network import REFUSALS, Refusals, admit_only
from retention.desk.words import FILTERS
from retention.sealing.archive import Places
from territory.access.passwords import Passwords
from territory.access.roles import Permission, Role
from territory.access.sign_in import (
    TEMPLATES,
    Access,
    Application,
    SecondFactor,
    create_operators_site,
    page,
    take_files,
)
from territory.clock import Clock
from territory.database.connect import open_engine
from territory.errors import ConfigurationError, Fault
from territory.keyring import Keyring
from territory.settings import Settings
from territory.settings.evidence import AuthoritiesSettings
from territory.web.addresses import Network
from territory.web.health import start_health
from territory.web.pages import Pages
from territory.web.server import start_site

HERE = Path(__file__).parent
NAVIGATION = (
    ("home", "Archive", Permission.SEE_ARCHIVE),
    ("days", "Journées", Permission.SEE_ARCHIVE),
    ("register", "Réquisitions", Permission.HANDLE_CASES),
    ("holds", "Conservations", Permission.HANDLE_CASES),
    ("drills", "Exercices", Permission.SEE_ARCHIVE),
    ("destructions", "Destructions", Permission.SEE_ARCHIVE),
)
_PROVING = frozenset({Role.CUSTODIAN})
"""Who gives a second factor."""
_ID = "{id:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}}"
_CASE, _LINE = f"/dossiers/{_ID}", f"/requisitions/{_ID}"
_TRANSMISSION = f"/transmissions/{_ID}"
_HOLD = f"/conservations/{_ID}"

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
    keyring: Keyring
    """Seals the custodians' second factors."""
    authorities: AuthoritiesSettings
    """Whom an authority reaches, for the letters to it."""
    allowed_networks: Sequence[Network]
    """Who is answered at all."""
    agreements_wait: timedelta
    """How long one custodian's agreement waits for the other's."""
    trusted_proxies: Sequence[Network] = ()
    demo: bool = False
    """A sign-in link opens at once, without its button, and no code is asked: whoever looks at
    the demonstration has no telephone enrolled."""


async def run(settings: Settings, keyring: Keyring, clock: Clock) -> None:
    """Serve the desk until cancelled.

    Raises:
        ConfigurationError: one of its ports is taken.
    """
    assert settings.database.url  # noqa: S101 - the command gives every component its address
    engine = open_engine(settings.database.url)
    desk = Desk(
        engine=engine,
        places=Places.of(settings),
        clock=clock,
        signing_key=keyring.derive("desk forms"),
        passwords=Passwords(),
        keyring=keyring,
        authorities=settings.authorities,
        trusted_proxies=[ip_network(proxy) for proxy in settings.portal.trusted_proxies],
        allowed_networks=settings.desk.allowed_networks,
        agreements_wait=timedelta(days=settings.desk.agreement_days),
        demo=settings.demo,
    )
    watch, measures = Watch(engine, clock), settings.metrics
    checks = {"register": watch.is_well}
    async with AsyncExitStack() as stack:
        stack.push_async_callback(engine.dispose)
        with _taken("desk.port"):
            runner = await start_site(create_desk(desk), settings.desk.host, settings.desk.port)
        stack.push_async_callback(runner.cleanup)
        with _taken("metrics.desk_port"):
            health = await start_health(
                measures.host, measures.desk_port, watch.metrics.registry, checks
            )
        stack.push_async_callback(health.cleanup)
        log.info("desk_serving", port=runner.addresses[0][1])
        await watch.follow()


@contextmanager
def _taken(key: str) -> Iterator[None]:
    """Name the setting whose port cannot be listened at."""
    try:
        yield
    except OSError as fault:
        raise ConfigurationError([Fault(key, f"expected a free port: {fault}")]) from fault


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
        second_factor=None if desk.demo else SecondFactor(_PROVING, desk.keyring),
    )
    app = create_operators_site(access, pages, trusted_proxies=desk.trusted_proxies)
    app[ENGINE], app[PLACES], app[CLOCK] = desk.engine, desk.places, desk.clock
    app[AUTHORITIES], app[REFUSALS] = desk.authorities, Refusals()
    app[AGREEMENTS_WAIT], app[UNSEAL] = desk.agreements_wait, desk.keyring.open
    app[TICKET_KEY] = desk.keyring.derive(tickets.PURPOSE)
    app.middlewares.insert(0, admit_only(desk.allowed_networks, app[REFUSALS]))
    _add_pages(app)
    return app


def _add_pages(app: web.Application) -> None:
    see, handle = Permission.SEE_ARCHIVE, Permission.HANDLE_CASES
    page(app, "/", see, "home", get=archive_pages.show_state)
    page(app, "/verification", see, "verify", post=archive_pages.verify)
    page(app, "/journees", see, "days", get=archive_pages.list_days)
    page(app, _CASE, handle, "case", get=case_pages.show_case)
    page(app, f"{_CASE}/fichier", handle, "case_file", post=case_pages.download)
    page(app, f"{_CASE}/recu", handle, "case_receipt", post=case_pages.take_receipt)
    page(app, "/requisitions", handle, "register", get=register_pages.list_lines)
    page(
        app,
        "/requisitions/nouvelle",
        handle,
        "new_requisition",
        get=register_pages.show_form,
        post=register_pages.enter,
    )
    take_files(app, "new_requisition", register_pages.LARGEST_FORM)
    told = transmission_pages
    page(app, _TRANSMISSION, handle, "transmission", get=told.show)
    page(app, f"{_TRANSMISSION}/acte", handle, "transmitted_act", post=told.take_act)
    page(app, f"{_TRANSMISSION}/reception", handle, "take_in", post=told.receive)
    one = requisition_pages
    page(app, _LINE, handle, "requisition", get=one.show)
    page(app, f"{_LINE}/courrier", handle, "letter", get=one.show_letter)
    page(app, f"{_LINE}/courrier.pdf", handle, "letter_pdf", get=one.take_letter)
    for path, name, act in (
        ("acte", "document", one.take_document),
        ("suspension", "override", one.override),
        ("dossier", "prepare", one.prepare),
        ("refus", "refuse", one.refuse),
        ("retrait", "withdraw", one.withdraw),
    ):
        page(app, f"{_LINE}/{path}", handle, name, post=act)
    _add_holds(app)
    page(app, "/exercices", see, "drills", get=drill_pages.show)
    page(app, "/destructions", see, "destructions", get=certificate_pages.show)
    page(app, "/destructions/certificat", see, "certificate", post=certificate_pages.take)


def _add_holds(app: web.Application) -> None:
    handle, holds = Permission.HANDLE_CASES, hold_pages
    page(app, "/conservations", handle, "holds", get=holds.list_holds)
    page(app, _HOLD, handle, "hold", get=holds.show)
    page(app, f"{_HOLD}/fichier", handle, "hold_file", post=holds.download)
    page(app, f"{_HOLD}/terme", handle, "hold_end", post=holds.propose_end)
    new = f"{_LINE}/conservation"
    page(app, new, handle, "new_hold", get=holds.show_form, post=holds.enter)
