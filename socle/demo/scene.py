"""Sets the demonstration's scene: folder, ports, territory, operators; then lets it play.

settings file -> ground (database, keys) -> territory.yaml -> components -> simulated sites
                                                                      \\-> first page
"""

import asyncio
import shutil
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from string import Template
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.packages.catalogue import package_codes
from simulation.configured import load_sites
from simulation.site import SimulatedSite
from socle.base import Ground, lay_ground, run_components
from socle.commands.custodian import IDENTITY, SIGNING, make_keys
from socle.commands.doctor import examine
from socle.demo import guests
from socle.demo.calendar import load_days
from socle.demo.journal import Journal, Kind
from socle.demo.page import Act, Door, Stage, create_page
from socle.demo.ports import free_port
from socle.demo.post_office import PostOffice
from socle.demo.street import Street, boxes, lay_street
from socle.demo.watch import watch
from territory.access.operators import COMMAND_LINE, operator_by_login, set_password
from territory.access.passwords import Passwords
from territory.access.sign_in import Application, mint_link
from territory.application.agreement import Known
from territory.application.applying import Wish, make
from territory.application.description import read_description
from territory.application.writing import Authority
from territory.clock import Clock, OffsetClock, SystemClock, shift
from territory.communes.national_list import national_list
from territory.database.components import Component
from territory.database.connect import open_engine
from territory.errors import ConfigurationError, Fault, Unavailable
from territory.settings import Settings, load_settings
from territory.web.server import start_site

MARK: Final = ".socle-demo"
"""File that says a folder is a demonstration's, and may be made anew."""
PASSWORD: Final = "demonstration-socle"  # noqa: S105 - printed on the first page of every demo
SETTINGS_FILE: Final = "socle.toml"
_PAGE_HOST: Final = "127.0.0.1"
_HERE: Final = Path(__file__).parent
_UP_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.25
_SILENT_STEP: Final = timedelta(seconds=25)
_SILENT_STEPS: Final = 12
_STEP_SECONDS: Final = 1.5
_POWER: Final = (
    "Une borne débranchée se tait. L'horloge avance de cinq minutes : trois comptes rendus"
    " manquent, et la supervision le dit. Rebranchée, elle annonce son retour ; ses vieilles"
    " sessions sont closes."
)
_TIME: Final = (
    "Les visiteurs rentrent chez eux, les bornes s'éteignent et l'horloge avance. Une journée"
    " est scellée deux jours après sa fin. Au bout d'un an, ses clés sont détruites : plus"
    " personne ne peut la lire."
)


@dataclass(frozen=True, slots=True)
class Ports:
    """Where everything listens."""

    page: int
    portal: int
    authentication: int
    accounting: int
    desk: int
    mail: int
    """Of the relay that takes what the base writes to guests."""
    metrics: tuple[int, int, int, int]
    """portal, radius, supervision, retention."""


def choose_ports(page: int) -> Ports:
    """Return the product's own ports, or the next free ones.

    Raises:
        OSError: nothing is free near one of them.
    """
    tcp, udp = socket.SOCK_STREAM, socket.SOCK_DGRAM
    authentication = free_port(1812, udp)
    return Ports(
        page=free_port(page, tcp),
        portal=free_port(8080, tcp),
        authentication=authentication,
        accounting=free_port(authentication + 1, udp),
        desk=free_port(8444, tcp),
        mail=free_port(2525, tcp),
        metrics=(
            free_port(9401, tcp),
            free_port(9402, tcp),
            free_port(9403, tcp),
            free_port(9404, tcp),
        ),
    )


def make_folder(folder: Path) -> None:
    """Make an empty folder, in the place of an earlier demonstration's.

    Raises:
        ConfigurationError: the folder holds something else.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        expected = f"expected an empty folder or an earlier demonstration's: {folder}"
        raise ConfigurationError([Fault("--folder", expected)])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).touch()


def write_settings(folder: Path, ports: Ports) -> Path:
    """Write the settings that every process of the demonstration reads; return their file."""
    portal, radius, supervision, retention = ports.metrics
    file = folder / SETTINGS_FILE
    file.write_text(
        f"""\
demo = true
state_folder = "{folder / "state"}"
clock_offset_file = "{folder / "clock-offset"}"
[portal]
host = "127.0.0.1"
port = {ports.portal}
public_url = "http://127.0.0.1:{ports.portal}"
[radius]
host = "127.0.0.1"
authentication_port = {ports.authentication}
accounting_port = {ports.accounting}
[supervision]
interval_seconds = 5
[retention]
interval_seconds = 2
[desk]
port = {ports.desk}
public_url = "http://127.0.0.1:{ports.desk}"
[mail]
server = "127.0.0.1"
port = {ports.mail}
security = "none"
sender = "wifi@meuse.example"
[metrics]
portal_port = {portal}
radius_port = {radius}
supervision_port = {supervision}
retention_port = {retention}
"""
    )
    return file


class Scene:
    """A demonstration that is being played."""

    def __init__(
        self, ports: Ports, folder: Path, settings: Settings, ground: Ground, street: Street
    ) -> None:
        self.ports = ports
        self.folder = folder
        self._clock_file = folder / "clock-offset"
        self._tasks: set[asyncio.Task[None]] = set()
        self.clock: Clock = OffsetClock(self._clock_file)
        self.journal = Journal()
        self.engine: AsyncEngine = open_engine(ground.owner_url)
        self.sites: dict[str, SimulatedSite] = {}
        self._settings = settings
        self._ground = ground
        self._street = street

    @property
    def address(self) -> str:
        """The first page's address."""
        return f"http://{_PAGE_HOST}:{self.ports.page}/"

    def close(self) -> None:
        """Stop the embedded database."""
        self._ground.close()

    # --- Doors --------------------------------------------------------------------------------

    def doors(self) -> list[Door]:
        """Return a door for each kind of person."""
        portal, desk = self._settings.portal.public_url, self._settings.desk.public_url
        console = f"{portal}/console"
        first, with_tickets = guests.PLACES[0], guests.WITH_TICKETS

        def phone_at(place: guests.Place) -> Callable[[], Awaitable[str]]:
            gateway = self.sites[place.code].gateway.configuration

            async def go_to_phone() -> str:
                return f"http://{gateway.address}:{gateway.web_port}/"

            return go_to_phone

        def signed_in(login: str, where: str, to: Application) -> Callable[[], Awaitable[str]]:
            return lambda: self._signed_in(login, where, to)

        return [
            Door(
                "guest",
                "Une visiteuse",
                f"Son téléphone est à {first.name}, sans abonnement. Elle ouvre une page.",
                phone_at(first),
            ),
            Door(
                "mediator",
                "Le médiateur numérique",
                "Au comptoir, il fait un ticket d'un geste. Sa page dit seule quand la personne est"
                " en ligne.",
                lambda: self._signed_in(
                    "milo@bar-le-duc.example", console, Application.CONSOLE, "tickets"
                ),
            ),
            Door(
                "guest-with-ticket",
                "La personne devant le médiateur",
                f"Son téléphone est à {with_tickets.name}, où l'on entre avec un ticket.",
                phone_at(with_tickets),
            ),
            Door(
                "technician",
                "Le technicien",
                "Quels lieux sont en panne, depuis quand, pourquoi ; qui nous appelle sans être"
                " connu.",
                signed_in("theo@territoire.example", console, Application.CONSOLE),
            ),
            Door(
                "device",
                "Le technicien, devant la visiteuse",
                "Pourquoi son appareil est en ligne, ou non. Collez son adresse :"
                f" {guests.VISITOR.mac}",
                lambda: self._signed_in(
                    "theo@territoire.example", console, Application.CONSOLE, "appareil"
                ),
            ),
            Door(
                "custodian",
                "Le dépositaire",
                "L'archive scellée et le guichet des réquisitions, sur un site à part.",
                signed_in("gaspard@territoire.example", desk, Application.DESK),
            ),
            Door(
                "administrator",
                "L'administratrice",
                "Les organisations, les opérateurs, le journal d'audit chaîné.",
                signed_in("claire@territoire.example", console, Application.CONSOLE),
            ),
            Door(
                "agent",
                "L'agente de la mairie",
                "Seulement les lieux de Bar-le-Duc.",
                signed_in("agnes@bar-le-duc.example", console, Application.CONSOLE),
            ),
        ]

    async def _signed_in(
        self, login: str, where: str, application: Application, page: str = ""
    ) -> str:
        """Return an address that signs an operator in and goes on to a page below `where`."""
        async with self.engine.begin() as db:
            operator = await operator_by_login(db, login)
            if operator is None:
                raise LookupError(login)
            token = await mint_link(db, operator.id, application, self.clock.now())
        follow = f"?suite={urlsplit(where).path}/{page}" if page else ""
        return f"{where}/lien/{token}{follow}"

    # --- Acts ---------------------------------------------------------------------------------

    def acts(self) -> list[Act]:
        """Return the buttons, as they stand now."""
        return [
            *(self._power_act(place) for place in guests.PLACES),
            Act(
                "jour",
                "Jour suivant",
                _TIME,
                lambda: self._pass_time(timedelta(days=1), "un jour passe"),
            ),
            Act(
                "annee",
                "Un an passe",
                _TIME,
                lambda: self._pass_time(timedelta(days=366), "un an et un jour passent"),
            ),
        ]

    def _power_act(self, place: guests.Place) -> Act:
        if self.sites[place.code].gateway.plugged:
            title = f"Débrancher {place.town}"
            return Act(f"debrancher-{place.code}", title, _POWER, lambda: self._cut(place))
        title = f"Rebrancher {place.town}"
        return Act(f"rebrancher-{place.code}", title, _POWER, lambda: self._restore(place))

    async def _cut(self, place: guests.Place) -> None:
        self._note(place.code, f"vous débranchez {place.name}")
        await self.sites[place.code].gateway.unplug()
        self._meanwhile(self._let_minutes_pass())

    async def _let_minutes_pass(self) -> None:
        """Move the clock in steps so small that no other site seems to have fallen silent."""
        for _ in range(_SILENT_STEPS):
            await asyncio.sleep(_STEP_SECONDS)
            shift(self._clock_file, _SILENT_STEP)
        self._note("calendrier", "cinq minutes ont passé")

    def _meanwhile(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _restore(self, place: guests.Place) -> None:
        self._note(place.code, f"vous rebranchez {place.name}")
        await self.sites[place.code].gateway.plug()

    async def _pass_time(self, forward: timedelta, words: str) -> None:
        self._note("calendrier", words)
        closed = await guests.close_for_the_night(list(self.sites.values()))
        shift(self._clock_file, forward)
        for site in closed:
            await site.gateway.plug()

    def _note(self, place: str, text: str) -> None:
        self.journal.note(self.clock.now(), Kind.ACT, place, text)

    # --- Playing ------------------------------------------------------------------------------

    async def play(self, ready: Callable[[], None]) -> None:
        """Run the base, its sites and the first page until cancelled."""
        known = await load_sites(self.engine, self._ground.keyring, self._settings)
        self.sites = guests.make_sites(known, self._street, self.clock, self.journal)
        stage = Stage(
            doors=self.doors(),
            acts=self.acts,
            days=lambda: load_days(self.engine, self.clock.now().date()),
            now=self.clock.now,
            journal=self.journal,
            commands=self.commands(),
            boxes=boxes(guests.OPEN_WEB_PORT),
        )
        page = await start_site(create_page(stage), _PAGE_HOST, self.ports.page)
        office = PostOffice(self.journal, self.clock.now)
        relay = await asyncio.get_running_loop().create_server(
            office.relay, _PAGE_HOST, self.ports.mail
        )
        try:
            async with asyncio.TaskGroup() as group:
                file = self.folder / SETTINGS_FILE
                group.create_task(run_components(list(Component), self._ground.urls, file))
                group.create_task(watch(self.engine, self.journal, self.clock))
                await self._until_up()
                for site in self.sites.values():
                    group.create_task(site.run())
                group.create_task(self._call_as_a_stranger())
                ready()
        finally:
            for task in self._tasks:
                task.cancel()
            relay.close()
            await page.cleanup()
            await self.engine.dispose()

    async def _call_as_a_stranger(self) -> None:
        """Be called by a gateway that nobody has described, until cancelled."""
        stranger = guests.load_stranger(self.sites)
        await stranger.run(self.clock, partial(guests.note_packet, self.journal, "inconnue"))

    async def _until_up(self) -> None:
        """Wait for every component's /healthz, so that the first guest finds an open door."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _UP_SECONDS
        while ill := [finding for finding in await examine(self._settings) if not finding.well]:
            if loop.time() > deadline:
                raise Unavailable("; ".join(f"{finding.about}: {finding.says}" for finding in ill))
            await asyncio.sleep(_LOOK_SECONDS)

    def commands(self) -> dict[str, str]:
        """Return what can be typed beside the page: title -> command."""
        socle = _shown(Path(sys.executable).parent / "socle")
        folder = _shown(self.folder)
        settings = f"--settings {folder}/{SETTINGS_FILE}"
        keys = f"{folder}/custodians"
        instant = self.clock.now().isoformat(timespec="seconds")
        return {
            "Tout va-t-il bien ?": f"{socle} doctor {settings}",
            "Quels NAS signent, quels secrets sont à changer ?": f"{socle} nas list {settings}",
            "Pourquoi l'appareil de la visiteuse est-il en ligne, ou non ?": (
                f"{socle} device explain {guests.VISITOR.mac} {settings}"
            ),
            "Qu'est-ce qui empêche d'aller en ligne dans un lieu ?": (
                f"{socle} site test mairie-bar-le-duc {settings}"
            ),
            "Le dossier d'un lieu, prêt pour son routeur": (
                f"{socle} site render mairie-bar-le-duc --output {folder}/bundle {settings}"
            ),
            "L'archive est-elle entière ? (ni base, ni clé privée)": (
                f"{socle} archive verify {folder}/state/archive"
            ),
            "Qui avait cette adresse publique à cet instant ? (une fois la journée scellée)": (
                f"{socle} case prepare --public-address 203.0.113.20 --at {instant}"
                f" --uncertainty 5min --reference DEMO-1 --legal-ground 'CPP 77-1-1' {settings}"
            ),
            "Le premier dépositaire ouvre le dossier": (
                f"{socle} case open case-….tar --key {keys}/gaspard/{IDENTITY}"
            ),
            "Le second répond et signe": (
                f"{socle} case answer case-….opened.tar --key {keys}/garance/{IDENTITY}"
                f" --signing-key {keys}/garance/{SIGNING}"
            ),
        }


def _shown(path: Path) -> str:
    """Return a path as one types it from here."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


async def prepare_scene(folder: Path, page_port: int) -> Scene:
    """Return a scene that is ready to be played, in `folder` made anew.

    Raises:
        ConfigurationError: the folder is something else's.
        OSError: no port is free.
        Unavailable: the embedded database does not start.
    """
    folder = folder.resolve()
    make_folder(folder)
    ports = choose_ports(page_port)
    settings = load_settings(write_settings(folder, ports))
    ground = await lay_ground(settings)
    street = await _apply_territory(folder, settings, ground)
    return Scene(ports, folder, settings, ground, street)


async def _apply_territory(folder: Path, settings: Settings, ground: Ground) -> Street:
    """Make the custodians' keys, apply territory.yaml, give every operator the same password.

    Return the street that is described in it.
    """
    street = lay_street()
    filled = {"portal": settings.portal.public_url, "street": street.text}
    for name in ("gaspard", "garance"):
        recipient, signing_key = make_keys(folder / "custodians" / name)
        filled |= {f"{name}_recipient": recipient, f"{name}_signing_key": signing_key}
    text = Template((_HERE / "territory.yaml").read_text()).substitute(filled)
    (folder / "territory.yaml").write_text(text)
    known = Known(national_list(), package_codes())
    description = read_description(text.encode(), known)
    now = SystemClock().now()
    engine = open_engine(ground.owner_url)
    try:
        wish = Wish(description)
        authority = Authority("demo", "territory.yaml", now)
        await make(engine, wish, ground.keyring, authority)
        password_hash = await Passwords().hash(PASSWORD)
        async with engine.begin() as db:
            for entry in description.operators:
                operator = await operator_by_login(db, entry.login)
                if operator:
                    await set_password(db, operator, password_hash, COMMAND_LINE, now)
    finally:
        await engine.dispose()
    return street
