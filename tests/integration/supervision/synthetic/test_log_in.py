"""A synthetic guest through the real portal and the real RADIUS server, at a site of each dialect.

Portal and RADIUS run as processes. What they refuse, and what they count, is asked of them.
"""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Network

import aiohttp
import asyncpg
import pytest
from prometheus_client import CollectorRegistry
from pyrad.packet import AuthPacket
from sqlalchemy.ext.asyncio import AsyncEngine
from typer.testing import CliRunner

from simulation.makes import BRANDS
from simulation.packets import Request, dictionary
from simulation.radius_port import Patience, RadiusPort
from simulation.synthetic_guest import LogIn, Step
from socle.commands.site import site
from supervision.synthetic.measures import LogInMeasures
from supervision.synthetic.records import Probe, When, load_probes, record_visit
from supervision.synthetic.watch import SyntheticGuests, try_log_in
from territory.clock import SystemClock
from territory.database.components import Component
from territory.database.connect import component_url, open_engine
from territory.errors import ConfigurationError
from territory.gateway_dialects import dialect_of
from territory.keyring import Keyring
from territory.probes import MARK, probe_secret
from territory.rules.credentials import credential_password, is_probe_name
from territory.settings import Settings, SupervisionSettings
from territory.settings.portal import PortalSettings
from territory.settings.radius import RadiusSettings
from tests.servers.addresses import gateway_address
from tests.servers.socle import Base, components, write_key
from tests.servers.territory import SHARED_SECRET, SitePlan, lay

PROBED = sorted(
    (dialect.brand.value, dialect.variant)
    for brand, variant in BRANDS
    if (dialect := dialect_of(brand, variant)) and dialect.can_be_probed
)
NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)


def code_of(brand: str, variant: str) -> str:
    """Return the site of a dialect."""
    return f"{brand}-{variant}".rstrip("-")


@dataclass(frozen=True, slots=True)
class Town:
    """A base with a site of each dialect."""

    base: Base
    keyring: Keyring
    settings: Settings
    own_nas: str
    """An address for the NAS of a site, as RADIUS would see it."""
    probes: dict[str, Probe]
    """By site, as portal and RADIUS know them."""

    def engine(self) -> AsyncEngine:
        """Return the database as supervision sees it."""
        return open_engine(component_url(self.base.owner_url, Component.SUPERVISION, None))

    async def log_in(self, probe: Probe) -> LogIn:
        """Log in at one site."""
        return await try_log_in(probe, self.settings, self.keyring, SystemClock())


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, module_database_url: str) -> Iterator[Town]:
    """Portal and RADIUS as processes."""
    folder = tmp_path_factory.mktemp("town")
    host = gateway_address()
    base = Base(folder, module_database_url, host)
    plans = [
        SitePlan(
            code_of(brand, variant),
            brand,
            f"10.9.{number}.1:3990",
            f"{base.portal_url}/gateway/{brand}",
            f"10.9.{number}.1",
            variant=variant,
        )
        for number, (brand, variant) in enumerate(PROBED)
    ]
    keyring = write_key(folder)
    asyncio.run(lay(module_database_url, keyring, plans))
    settings = Settings(
        demo=True,
        state_folder=folder,
        portal=PortalSettings(public_url=base.portal_url),
        radius=RadiusSettings(host=host),
        supervision=SupervisionSettings(
            probe_network=IPv4Network(f"{host.rsplit('.', 1)[0]}.64/26"), log_in_every_minutes=0.02
        ),
    )
    with components(base, Component.RADIUS, Component.PORTAL):
        probes = asyncio.run(_known_probes(base, settings, keyring))
        yield Town(base, keyring, settings, gateway_address(), probes)


async def _known_probes(base: Base, settings: Settings, keyring: Keyring) -> dict[str, Probe]:
    """Have probes made, and wait until portal and RADIUS know the last of them."""
    engine = open_engine(component_url(base.owner_url, Component.SUPERVISION, None))
    probes, made = await load_probes(engine, settings.supervision.probe_network)
    assert made
    assert (await load_probes(engine, settings.supervision.probe_network)) == (probes, False)
    await engine.dispose()
    async with asyncio.timeout(60):
        while (await try_log_in(probes[-1], settings, keyring, SystemClock())).failed:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    return {probe.site_code: probe for probe in probes}


@pytest.fixture
async def engine(town: Town) -> AsyncIterator[AsyncEngine]:
    """The database as supervision sees it."""
    opened = town.engine()
    yield opened
    await opened.dispose()


async def fetch(town: Town, query: str, *values: object) -> list[asyncpg.Record]:
    """Return rows as the database's owner reads them."""
    connection = await asyncpg.connect(town.base.owner_url)
    try:
        return list(await connection.fetch(query, *values))
    finally:
        await connection.close()


def guests(
    town: Town, engine: AsyncEngine, **changes: object
) -> tuple[SyntheticGuests, CollectorRegistry]:
    """Return the synthetic guests of the town, under other settings, and what they measure."""
    registry = CollectorRegistry()
    settings = town.settings.model_copy(update=changes)
    measures = LogInMeasures(registry)
    return SyntheticGuests(engine, settings, town.keyring, SystemClock(), measures), registry


async def test_a_guest_of_every_dialect_gets_online_and_leaves(
    town: Town, engine: AsyncEngine
) -> None:
    """From the redirect to the confirmed end of the session, each step with its time, kept."""
    synthetic, registry = guests(town, engine)
    await synthetic.once()
    visits = await fetch(
        town, "SELECT n.code, v.* FROM live.synthetic_visit v JOIN territory.nas n ON n.id = nas_id"
    )
    assert {row["code"]: (row["outcome"], row["said"][:9]) for row in visits} == {
        probe.nas_code: ("online", "Connexion") for probe in town.probes.values()
    }
    for row in visits:
        assert [each["step"] for each in json.loads(row["steps"])] == list(Step)
    assert registry.get_sample_value("socle_supervision_log_ins_fail") == 0
    for probe in town.probes.values():
        labels = {"site": probe.site_code, "nas": probe.nas_code}
        assert registry.get_sample_value("socle_supervision_log_in_works", labels) == 1


async def test_it_counts_as_nobody_and_says_whose_its_records_are(town: Town) -> None:
    """No visit of a guest, no guest, no public address; a name and a NAS that tell."""
    sessions = await fetch(
        town,
        "SELECT s.user_name, r.code, s.ended_at FROM live.session s"
        " LEFT JOIN territory.reporter r ON r.id = s.nas_id",
    )
    assert sessions
    for session in sessions:
        assert is_probe_name(session["user_name"])
        assert session["code"].endswith(MARK)
        assert session["ended_at"] is not None
    admissions = await fetch(town, "SELECT user_name, method, guest_id FROM live.admission")
    assert {(is_probe_name(one["user_name"]), one["guest_id"]) for one in admissions} == {
        (True, None)
    }
    assert not await fetch(
        town, "SELECT 1 FROM live.nas_seen UNION SELECT 1 FROM live.gateway_seen"
    )
    assert not await fetch(town, "SELECT 1 FROM source.site_public_address")
    measures = f"http://{town.base.host}:9401/metrics"
    async with aiohttp.ClientSession() as http, http.get(measures) as answer:
        assert "socle_portal_visits_total{" not in await answer.text()


async def test_a_site_that_asks_for_more_sends_no_message_to_a_synthetic_guest(town: Town) -> None:
    """Where guests give a telephone number, the probe's button is the only way in."""
    strict = "UPDATE territory.plan SET least_level = 'contact', methods = '{sms_code,email_code}'"
    await fetch(town, strict)
    await fetch(town, "SELECT pg_notify('territory', '')")
    assert (await town.log_in(town.probes["coovachilli"])).failed is None


async def test_its_credential_opens_nothing_at_the_site_s_own_nas(town: Town) -> None:
    """The same name, password and device, from the NAS that guests use: refused."""
    probe = town.probes["coovachilli"]
    await town.log_in(probe)
    (shown,) = await fetch(
        town,
        "SELECT a.user_name, b.device::text FROM live.admission a"
        " JOIN live.binding b ON b.admission_id = a.id"
        " JOIN territory.site s ON s.id = a.site_id WHERE s.code = $1"
        " ORDER BY a.created_at DESC LIMIT 1",
        "coovachilli",
    )
    assert await _answer(town, probe.address, probe_secret(town.keyring, "radius", probe.id), shown)
    own = town.own_nas
    await fetch(
        town, "UPDATE territory.nas SET source_address = $1 WHERE code = 'coovachilli-nas'", own
    )
    await fetch(town, "SELECT pg_notify('territory', '')")
    async with asyncio.timeout(60):
        while (accepted := await _answer(town, own, SHARED_SECRET, shown)) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    assert accepted is False


async def _answer(town: Town, source: str, secret: str, shown: asyncpg.Record) -> bool | None:
    """Ask RADIUS from an address with a credential; None: it does not answer."""
    packet = AuthPacket(
        id=7, secret=secret.encode(), authenticator=secrets.token_bytes(16), dict=dictionary(),
        message_authenticator=True,
    )  # fmt: skip
    packet["User-Name"] = shown["user_name"]
    password = credential_password(town.keyring.derive("credential"), shown["user_name"])
    packet[2] = [packet.PwCrypt(password.encode())]
    packet["Calling-Station-Id"] = shown["device"]
    packet[80] = [bytes(16)]
    port = await RadiusPort.open((source, 0))
    try:
        request = Request(packet, packet.RequestPacket(), lambda _, rights: rights)
        patience = Patience(wait_seconds=1.0, tries=5)
        reply = await port.ask(request, (town.base.host, 1812), patience)
    finally:
        port.close()
    return None if reply is None else reply.accepted


async def test_a_step_that_fails_is_told_in_words_and_counted_in_a_row(
    town: Town, engine: AsyncEngine
) -> None:
    """A portal, then a RADIUS server that does not answer where guests reach it; then all is well.

    Tried again at once, so that a single interval tells.
    """
    gone = PortalSettings(public_url=f"http://{town.base.host}:9")
    synthetic, registry = guests(town, engine, portal=gone)
    await synthetic.once()
    seen = "SELECT failures, outcome, failed_step, said FROM live.synthetic_visit"
    for row in await fetch(town, seen):
        assert tuple(row)[:3] == (2, "failed", "first_page")
        assert "portail ne répond pas" in row["said"]
    failed = {"outcome": "first_page"}
    assert registry.get_sample_value("socle_supervision_log_ins_total", failed) == 2 * len(PROBED)
    assert registry.get_sample_value("socle_supervision_log_ins_fail") == 1
    probe = town.probes["mikrotik"]
    labels = {"site": probe.site_code, "nas": probe.nas_code}
    assert registry.get_sample_value("socle_supervision_log_in_works", labels) == 0

    deaf = town.settings.model_copy(update={"radius": RadiusSettings(host="127.0.0.1")})
    told = []
    for settings in (deaf, town.settings):
        found = await try_log_in(probe, settings, town.keyring, SystemClock())
        told.append((await record_visit(engine, probe, found, When(NOW, NOW)), found.failed))
    assert told == [(3, Step.ACCESS), (0, None)]


def test_the_command_line_tells_each_step(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit status 0 with the time of each; 1 with the first that fails, why, and what to try."""
    for name, value in {
        "DATABASE__URL": town.base.owner_url,
        "STATE_FOLDER": town.base.folder,
        "DEMO": "true",
        "PORTAL__PUBLIC_URL": town.base.portal_url,
        "RADIUS__HOST": town.base.host,
        "SUPERVISION__PROBE_NETWORK": town.settings.supervision.probe_network,
    }.items():
        monkeypatch.setenv(f"SOCLE_{name}", str(value))
    monkeypatch.chdir(town.base.folder)
    good = CliRunner().invoke(site, ["probe", "mikrotik"])
    assert good.exit_code == 0, good.output
    assert good.stdout.count("  ok   ") == len(Step)
    monkeypatch.setenv("SOCLE_PORTAL__PUBLIC_URL", f"http://{town.base.host}:9")
    bad = CliRunner().invoke(site, ["probe", "mikrotik", "--json"])
    assert bad.exit_code == 1
    (told,) = json.loads(bad.stdout)
    assert (told["failed_step"], [each["step"] for each in told["steps"]]) == (
        "first_page",
        ["redirect"],
    )
    with pytest.raises(ConfigurationError):
        CliRunner().invoke(site, ["probe", "nowhere"], catch_exceptions=False)
