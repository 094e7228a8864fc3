"""Sets the demonstration's scene: folder, ports, territory, operators; then lets it play.

settings file -> ground (database, keys) -> territory.yaml -> components -> simulated sites
                                                                      \\-> first page
"""

import asyncio
import json
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from string import Template
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.packages.catalogue import package_codes
from retention.sealing.archive import Places
from simulation.configured import load_sites
from simulation.site import SimulatedSite
from simulation.sms_provider import Provider, sms_provider
from socle.base import Ground, lay_ground, run_components
from socle.commands import certificates
from socle.commands.custodian import IDENTITY, SIGNING, make_keys
from socle.commands.doctor import examine
from socle.demo import guests, monitoring
from socle.demo.calendar import load_days
from socle.demo.case_page import PATH as CASE_PATH
from socle.demo.casework import Casework
from socle.demo.casework import Stage as CaseStage
from socle.demo.doors import Keys, doors
from socle.demo.journal import Journal, Kind
from socle.demo.mobile import Mobile
from socle.demo.page import ALERTS_PATH, Act, Stage, create_page
from socle.demo.ports import Ports
from socle.demo.post_office import ON_CALL, PostOffice
from socle.demo.street import Street, boxes, lay_street
from socle.demo.watch import watch
from territory.access.operators import COMMAND_LINE, operator_by_login, set_password
from territory.access.passwords import Passwords
from territory.application.agreement import Known
from territory.application.applying import Wish, make
from territory.application.description import read_description
from territory.application.writing import Authority
from territory.clock import Clock, OffsetClock, SystemClock, shift
from territory.communes.national_list import national_list
from territory.database.components import Component
from territory.database.connect import open_engine
from territory.errors import ConfigurationError, Fault, Unavailable
from territory.law.grounds import load_grounds
from territory.settings import Settings, load_settings
from territory.web.server import start_site

MARK: Final = ".socle-demo"
"""File that says a folder is a demonstration's, and may be made anew."""
PASSWORD: Final = "demonstration-socle"  # noqa: S105 - printed on the first page of every demo
SETTINGS_FILE: Final = "socle.toml"
CUSTODIANS: Final = "custodians"
_PAGE_HOST: Final = "127.0.0.1"
_RADIUS_NAME: Final = "radius.demonstration.example"
_HERE: Final = Path(__file__).parent
_UP_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.25
_POWER: Final = (
    "Une borne débranchée se tait. En deux relevés, la supervision le dit, avec la cause probable :"
    " à l'écran, dans les mesures, et par un courriel à l'astreinte. Rebranchée, elle annonce son"
    " retour ; ses vieilles sessions sont closes."
)
_TIME: Final = (
    "Les visiteurs rentrent chez eux, les bornes s'éteignent et l'horloge avance. Une journée"
    " est scellée deux jours après sa fin. Au bout d'un an, ses clés sont détruites : plus"
    " personne ne peut la lire."
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
    portal, radius, supervision, retention, desk = ports.metrics
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
[radius.spool]
enabled = true
[supervision]
interval_seconds = 5
log_in_every_minutes = 0.25
[retention]
interval_seconds = 2
[desk]
port = {ports.desk}
public_url = "http://127.0.0.1:{ports.desk}"
[authorities]
service = "Service numérique du Département de la Meuse"
mail = "requisitions@meuse.example"
phone = "03 29 00 00 01"
hours = "Du lundi au vendredi, de 8 h 30 à 17 h 30"
on_call = "Astreinte du Département, 03 29 00 00 02"
[mail]
server = "127.0.0.1"
port = {ports.mail}
security = "none"
sender = "wifi@meuse.example"
[alerts]
pace = 0.083
gather_seconds = 0
quiet_minutes = 2
[[alerts.recipients]]
name = "astreinte"
kind = "mail"
address = "{ON_CALL}"
hours = "24/7"
[sms]
{_toml(Provider(ports.sms).settings("ovhcloud"))}
[metrics]
portal_port = {portal}
radius_port = {radius}
supervision_port = {supervision}
retention_port = {retention}
desk_port = {desk}
"""
    )
    return file


def _toml(values: Mapping[str, str]) -> str:
    return "\n".join(f"{name} = {json.dumps(value)}" for name, value in values.items())


class Scene:
    """A demonstration that is being played."""

    def __init__(
        self, ports: Ports, folder: Path, settings: Settings, ground: Ground, street: Street
    ) -> None:
        self.ports = ports
        self.folder = folder
        self._clock_file = folder / "clock-offset"
        self.clock: Clock = OffsetClock(self._clock_file)
        self.journal = Journal()
        self.engine: AsyncEngine = open_engine(ground.owner_url)
        self.sites: dict[str, SimulatedSite] = {}
        self._settings = settings
        self._ground = ground
        self._street = street
        self._desk = open_engine(ground.urls[Component.DESK])
        self._casework = Casework(
            CaseStage(
                owner=self.engine,
                desk=self._desk,
                places=Places.of(settings),
                law=load_grounds(),
                authorities=settings.authorities,
                folder=folder / "dossiers",
                custodians=folder / CUSTODIANS,
                clock=self.clock,
                let_somebody_in=self._let_somebody_in,
                pass_time=self._pass_time,
            )
        )

    @property
    def address(self) -> str:
        """The first page's address."""
        return f"http://{_PAGE_HOST}:{self.ports.page}/"

    def close(self) -> None:
        """Stop the embedded database."""
        self._ground.close()

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
        with suppress(Unavailable):
            await self.sites[place.code].let_somebody_in()
        await self.sites[place.code].gateway.unplug()

    async def _restore(self, place: guests.Place) -> None:
        self._note(place.code, f"vous rebranchez {place.name}")
        await self.sites[place.code].gateway.plug()

    async def _pass_time(self, forward: timedelta, words: str) -> None:
        await self._casework.remember()
        self._note("calendrier", words)
        closed = await guests.close_for_the_night(list(self.sites.values()))
        shift(self._clock_file, forward)
        for site in closed:
            await site.gateway.plug()

    async def _let_somebody_in(self) -> None:
        await self.sites[guests.PLACES[0].code].let_somebody_in()

    def _note(self, place: str, text: str) -> None:
        self.journal.note(self.clock.now(), Kind.ACT, place, text)

    # --- Playing ------------------------------------------------------------------------------

    async def play(self, ready: Callable[[], None]) -> None:
        """Run the base, its sites and the first page until cancelled."""
        known = await load_sites(self.engine, self._ground.keyring, self._settings)
        self.sites = guests.make_sites(known, self._street, self.clock, self.journal)
        keys = Keys(self.engine, self.clock, self._settings)
        stage = Stage(
            doors=doors(keys, self.sites, self._watchers(), self.address.rstrip("/") + CASE_PATH),
            acts=self.acts,
            days=lambda: load_days(self.engine, self.clock.now().date()),
            now=self.clock.now,
            journal=self.journal,
            commands=self.commands(),
            boxes=boxes(guests.OPEN_WEB_PORT),
            casework=self._casework,
        )
        page = await start_site(create_page(stage), _PAGE_HOST, self.ports.page)
        office = PostOffice(self.journal, self.clock.now)
        relay = await asyncio.get_running_loop().create_server(
            office.relay, _PAGE_HOST, self.ports.mail
        )
        mobile = Mobile(self.journal, self.clock.now)
        try:
            async with sms_provider(self.ports.sms, mobile.ring), asyncio.TaskGroup() as group:
                file = self.folder / SETTINGS_FILE
                group.create_task(run_components(list(Component), self._ground.urls, file))
                group.create_task(watch(self.engine, self.journal, self.clock))
                await self._until_up()
                for site in self.sites.values():
                    group.create_task(site.run())
                group.create_task(self._call_as_a_stranger())
                async with self._monitored():
                    ready()
                    await asyncio.Event().wait()
        finally:
            relay.close()
            await page.cleanup()
            await self.engine.dispose()
            await self._desk.dispose()

    def _watchers(self) -> dict[str, str]:
        """Return where Prometheus and Alertmanager are, where this machine has them."""
        if not monitoring.is_installed():
            return {}
        names = ("Prometheus", "Alertmanager")
        at = (f"http://{_PAGE_HOST}:{port}/" for port in self.ports.monitoring)
        return dict(zip(names, at, strict=True))

    @asynccontextmanager
    async def _monitored(self) -> AsyncIterator[None]:
        """Have them watch."""
        if not self._watchers():
            yield
            return
        folder, webhook = self.folder / "monitoring", self.address.rstrip("/") + ALERTS_PATH
        ports = self.ports.monitoring
        async with monitoring.monitored(folder, self._settings, ports, webhook):
            yield

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
        keys = f"{folder}/{CUSTODIANS}"
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
            "Les documents que le territoire doit : registre, information, procédure": (
                f"{socle} papers --out {folder}/papiers {settings}"
            ),
            "Qui avait cette adresse publique à cet instant ? (une fois la journée scellée)": (
                f"{socle} case prepare --public-address 203.0.113.20 --at {instant}"
                f" --uncertainty 5min --reference DEMO-1 --legal-ground 'CPP 77-1-1' {settings}"
            ),
            "Le premier dépositaire ouvre le dossier": (
                f"{socle} case open case-….tar --key {keys}/garance/{IDENTITY}"
            ),
            "Le second répond et signe": (
                f"{socle} case answer case-….opened.tar --key {keys}/gaspard/{IDENTITY}"
                f" --signing-key {keys}/gaspard/{SIGNING}"
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
    ports = Ports.choose(page_port)
    file = write_settings(folder, ports)
    ground = await lay_ground(load_settings(file))
    _listen_by_tls(folder, file, ground, ports.radsec)
    settings = load_settings(file)
    street = await _apply_territory(folder, settings, ground)
    return Scene(ports, folder, settings, ground, street)


def _listen_by_tls(folder: Path, settings_file: Path, ground: Ground, port: int) -> None:
    """Give RADIUS a certificate of its own, so that it listens by TLS too."""
    kept = folder / "state" / certificates.FOLDER
    with certificates.opened(kept, ground.keyring, SystemClock().now()) as papers:
        papers.prepare(_RADIUS_NAME)
    with settings_file.open("a", encoding="utf-8") as file:
        file.write(certificates.settings_text(kept, _RADIUS_NAME) + f"port = {port}\n")


async def _apply_territory(folder: Path, settings: Settings, ground: Ground) -> Street:
    """Make the custodians' keys, apply territory.yaml, give every operator the same password.

    Return the street that is described in it.
    """
    street = lay_street()
    filled = {"portal": settings.portal.public_url, "street": street.text}
    for name in ("gaspard", "garance"):
        recipient, signing_key = make_keys(folder / CUSTODIANS / name)
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
