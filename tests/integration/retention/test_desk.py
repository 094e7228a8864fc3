"""The requisition desk in a real browser: a whole case, from the form to the signed answer."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import UUID

import pytest
from playwright.async_api import Browser, Page, async_playwright
from yarl import URL

from retention import manifest
from retention.answer import Answer, answer_case
from retention.archive import Places
from retention.case import open_case, read_case
from retention.chain import Chain, segment_path
from retention.desk.app import Desk, create_desk
from retention.lookup import Outcome
from retention.signing import SigningKey
from territory.access.operators import COMMAND_LINE, NewOperator, add_operator
from territory.access.passwords import Cost, Passwords
from territory.access.roles import Role
from territory.access.sign_in import Application, mint_link
from territory.database.components import Component
from territory.database.connect import open_engine
from territory.keyring import Keyring
from territory.web.server import start_site
from tests.conftest import FixedClock
from tests.evidence import COMMERCY, CUSTODIANS, VERDUN, Evidence, Session, at, run_archive, visit
from tests.servers.accessibility import look
from tests.servers.browser import CHROMIUM, FLAGS

pytestmark = pytest.mark.browser

NOW = at("2026-11-20 14:00")
CHEAP = Cost(passes=1, memory_kib=8, lanes=1)


@pytest.fixture
async def sealed(evidence: Evidence, places: Places) -> None:
    """Three sealed days, with a guest at each town hall on the 17th."""
    await evidence.days("2026-11-15", 8)
    phone = Session(VERDUN, "02:00:00:00:00:01", "10.1.0.10")
    laptop = Session(COMMERCY, "ac:de:48:00:00:02", "10.1.0.10")
    await evidence.record(phone, *visit(at("2026-11-17 10:00"), 30))
    await evidence.record(laptop, *visit(at("2026-11-17 10:00"), 30))
    await run_archive(evidence.retention_url, places, NOW)


@pytest.fixture
async def desk(
    sealed: None,
    places: Places,
    role_url: Callable[[Component], str],
    keyring: Keyring,
    clock: FixedClock,
) -> AsyncIterator[URL]:
    """The desk, with its own database role and nothing more."""
    engine = open_engine(role_url(Component.DESK))
    app = create_desk(
        Desk(
            engine=engine,
            places=places,
            clock=clock,
            signing_key=keyring.derive("desk forms"),
            passwords=Passwords(CHEAP),
            demo=True,
        )
    )
    runner = await start_site(app, "127.0.0.1", 0)
    yield URL(f"http://127.0.0.1:{runner.addresses[0][1]}")
    await runner.cleanup()
    await engine.dispose()


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """Debian's Chromium, without a window."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        await opened.close()


async def signed_in(chromium: Browser, desk: URL, owner_url: str, login: str) -> Page:
    """Return a page signed in by a link, as the demonstration's doors do."""
    engine = open_engine(owner_url)
    async with engine.begin() as db:
        rows = await db.exec_driver_sql(f"SELECT id FROM staff.operator WHERE login = '{login}'")
        operator_id: UUID = rows.scalar_one()
        token = await mint_link(db, operator_id, Application.DESK, NOW)
    await engine.dispose()
    context = await chromium.new_context(locale="fr-FR", color_scheme="light")
    page = await context.new_page()
    await page.goto(str(desk / "lien" / token))
    return page


def travel(file: Path, identities: dict[str, str], signers: dict[str, SigningKey]) -> Answer:
    """Open a downloaded case as its two custodians do."""
    case = read_case(file)
    opened = file.with_suffix(".opened.tar")
    opened.write_bytes(open_case(case, identities[case.file.first.login], NOW))
    second = case.file.second.login
    return answer_case(read_case(opened), identities[second], signers[second], NOW)


async def test_a_case_from_the_form_to_the_register(
    chromium: Browser,
    desk: URL,
    database_url: str,
    identities: dict[str, str],
    signers: dict[str, SigningKey],
    evidence: Evidence,
    tmp_path: Path,
) -> None:
    """A custodian prepares a case, takes its file, and notes the answer two custodians made."""
    page = await signed_in(chromium, desk, database_url, CUSTODIANS[0])
    await look(page, "desk-state")
    await page.get_by_role("link", name="Journées").click()
    await look(page, "desk-days")
    await page.get_by_role("link", name="Dossiers").click()
    await look(page, "desk-cases-empty")
    await page.get_by_role("link", name="Préparer un dossier").click()
    await page.get_by_label("Numéro de la réquisition").fill("PV 2026/1234")
    await page.get_by_label("Fondement invoqué").fill("CPP 77-1-1")
    await page.get_by_label("Adresse publique").fill("192.0.2.300")
    await page.get_by_label("Date").fill("2026-11-17")
    await page.get_by_label("Heure", exact=True).fill("11:15:00")
    await page.get_by_role("button", name="Préparer le dossier").click()
    assert "IPv4 ou IPv6" in await page.get_by_role("alert").inner_text()
    await look(page, "desk-new-case-refused")
    await page.get_by_label("Adresse publique").fill(VERDUN.public_address)
    await page.get_by_role("button", name="Préparer le dossier").click()
    await page.get_by_role("heading", name="Dossier PV 2026/1234").wait_for()
    await look(page, "desk-case")
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Télécharger le dossier").click()
    file = tmp_path / "case.tar"
    await (await download.value).save_as(file)

    answer = travel(file, identities, signers)
    assert (answer.outcome, answer.devices, answer.complete) == (Outcome.ONE, 1, True)
    assert b"02:00:00:00:00:01" in answer.files["reponse.json"]

    report = tmp_path / "rapport.html"
    report.write_bytes(answer.files["rapport.html"])
    digest = manifest.digest(answer.files["reponse.json"])
    await page.get_by_label("Empreinte SHA-256").fill(digest)
    await page.get_by_role("button", name="Marquer comme répondu").click()
    await page.get_by_text("répondu", exact=True).first.wait_for()
    await page.get_by_role("link", name="Dossiers").first.click()
    await look(page, "desk-cases")
    await page.goto(report.as_uri())
    await look(page, "report")
    lines = await evidence.fetch("SELECT action FROM audit.entry ORDER BY number")
    told = [row["action"] for row in lines if row["action"].startswith("case.")]
    assert told[0] == "case.prepared"
    assert {"case.file_taken", "case.answered", "case.read"} <= set(told)


async def test_the_archive_can_be_read_again_in_full(
    chromium: Browser, desk: URL, database_url: str, places: Places
) -> None:
    """The button reads every segment; a changed one is named on the page."""
    page = await signed_in(chromium, desk, database_url, CUSTODIANS[0])
    await page.get_by_role("button", name="Relire tous les segments").click()
    await page.get_by_text("Tous les segments sont intacts").wait_for()

    sealed = next(s for _, s in Chain.read(places.archive).segments())
    path = segment_path(places.archive, sealed.object)
    octets = path.read_bytes()
    path.write_bytes(octets[:-1] + bytes([octets[-1] ^ 1]))
    await page.get_by_role("button", name="Relire tous les segments").click()

    assert sealed.object in await page.get_by_role("alert").inner_text()
    await look(page, "desk-broken")


@pytest.mark.parametrize(
    ("role", "path", "seen"),
    [
        (Role.DPO, "/", 200),
        (Role.DPO, "/journees", 200),
        (Role.DPO, "/dossiers", 403),
        (Role.DPO, "/dossiers/nouveau", 403),
        (Role.ADMINISTRATOR, "/", 403),
        (Role.TECHNICIAN, "/dossiers", 403),
    ],
)
async def test_only_custodians_handle_cases(
    chromium: Browser, desk: URL, database_url: str, role: Role, path: str, seen: int
) -> None:
    """The DPO sees the archive and no case; an administrator sees neither."""
    engine = open_engine(database_url)
    async with engine.begin() as db:
        new = NewOperator(f"{role.value}@territoire.example", "Quelqu'un", role)
        assert await add_operator(db, new, COMMAND_LINE, NOW)
    await engine.dispose()
    page = await signed_in(chromium, desk, database_url, new.login)

    answer = await page.goto(str(desk.with_path(path)))

    assert answer
    assert answer.status == seen
