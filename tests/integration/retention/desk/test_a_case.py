"""A whole case from the form to the signed receipts, in a real browser, and how a line of the
register lives: released by two, numbered without a gap.
"""

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.async_api import Browser
from prometheus_client import generate_latest
from sqlalchemy import select

from retention.cases.lookup import Outcome
from retention.desk.metrics import Watch
from retention.manifests.signing import SigningKey
from retention.sealing.archive import Places
from territory.access.operators import (
    Operator,
)
from territory.access.roles import Role
from territory.database import tables
from territory.database.components import Component
from territory.database.connect import open_engine
from territory.database.transmissions import Content, send
from territory.keyring import Keyring
from tests.conftest import FixedClock
from tests.desk import (
    ACT,
    NARROW,
    NOW,
    PDF,
    WIDE,
    RunDesk,
    custodian,
    fill,
    follow,
    signed_in,
    travel,
)
from tests.evidence import (
    CUSTODIANS,
    VERDUN,
    Evidence,
    at,
    run_purge,
)
from tests.servers.accessibility import look
from tests.servers.browser import go


@pytest.mark.browser
async def test_a_case_from_the_form_to_the_register(
    sealed: None,
    run_desk: RunDesk,
    chromium: Browser,
    database_url: str,
    identities: dict[str, str],
    signers: dict[str, SigningKey],
    evidence: Evidence,
    tmp_path: Path,
) -> None:
    """Registered without its ground, suspended, corrected, prepared, opened, answered: each step is
    kept with its instant, and only its custodian's signed line moves a case on.
    """
    async with run_desk() as desk:
        page = await signed_in(chromium, desk, database_url, CUSTODIANS[0])
        await look(page, "desk-state", NARROW)
        await follow(page.get_by_role("link", name="Journées"))
        await look(page, "desk-days", NARROW)
        await follow(page.get_by_role("link", name="Réquisitions", exact=True))
        await follow(page.get_by_role("link", name="Inscrire une réquisition"))
        for kind in ("Un appareil", "Une personne", "Un lieu", "Une adresse publique"):
            await follow(page.get_by_role("button", name=kind))
        await fill(page, ACT)
        await page.get_by_label("Fondement invoqué").select_option("")
        await page.get_by_label("Adresse publique").fill("192.0.2.300")
        await follow(page.get_by_role("button", name="Inscrire au registre"))
        assert "IPv4 ou IPv6" in await page.get_by_role("alert").inner_text()
        await look(page, "desk-form-refused")
        await page.get_by_label("Adresse publique").fill(VERDUN.public_address)
        scan = {"name": "acte.pdf", "mimeType": "application/pdf", "buffer": PDF}
        await page.get_by_label("L'acte numérisé").set_input_files(scan)  # type: ignore[arg-type]
        await follow(page.get_by_role("button", name="Inscrire au registre"))
        await page.get_by_role("heading", name="Réquisition 2026-0001").wait_for()
        await page.get_by_text("Passer outre").click()
        await look(page, "desk-suspended")
        await follow(page.get_by_role("link", name="Courrier à l'autorité"))
        await look(page, "desk-letter", NARROW)
        async with page.expect_download() as letter:
            await page.get_by_role("link", name="PDF à signer").click()
        assert Path(await (await letter.value).path()).read_bytes().startswith(b"%PDF-")

        await follow(page.get_by_role("link", name="2026-0001"))
        await follow(page.get_by_role("link", name="Inscrire l'acte corrigé"))
        await fill(page, ACT)
        await page.get_by_label("L'acte numérisé").set_input_files(scan)  # type: ignore[arg-type]
        await follow(page.get_by_role("button", name="Inscrire au registre"))
        await page.get_by_role("heading", name="Réquisition 2026-0002").wait_for()
        await follow(page.get_by_role("button", name="Préparer le dossier"))
        await page.get_by_role("heading", name="Dossier PV 2026/1234").wait_for()
        await look(page, "desk-case", NARROW)
        async with page.expect_download() as download:
            await page.get_by_role("button", name="Télécharger le dossier").click()
        file = tmp_path / "case.tar"
        await (await download.value).save_as(file)

        answer, lines = travel(file, identities, signers)
        (reply,) = answer.replies
        assert (reply.found.outcome, reply.found.devices, reply.complete) == (Outcome.ONE, 1, True)
        assert b"02:00:00:00:00:01" in answer.files["reponse.json"]
        assert b"2026-0002" in answer.files["reponse.json"]

        await page.get_by_label("Ligne signée").fill(lines[1])
        await follow(page.get_by_role("button", name="Noter l'ouverture"))
        assert "pas celle attendue" in await page.get_by_role("alert").inner_text()
        await page.get_by_label("Ligne signée").fill(lines[0])
        await follow(page.get_by_role("button", name="Noter l'ouverture"))
        await page.get_by_label("Ligne signée").fill(lines[1])
        await follow(page.get_by_role("button", name="Noter la réponse"))
        await page.get_by_text("répondu", exact=True).first.wait_for()
        await follow(page.get_by_role("link", name="2026-0002"))
        await look(page, "desk-answered", WIDE)
        await go(page, str(desk / "requisitions" % {"etat": "toutes"}))
        await look(page, "desk-register", NARROW)

    lines_ = await evidence.fetch("SELECT action FROM audit.entry ORDER BY number")
    told = {row["action"] for row in lines_}
    assert {"requisition.suspend", "requisition.withdraw", "requisition.prepare"} <= told
    assert {"case.file_taken", "case.opened", "case.answered", "requisition.read"} <= told
    rows = await evidence.fetch("SELECT act, at FROM archive.requisition_step ORDER BY at, number")
    assert [row["act"] for row in rows if row["act"] != "withdraw"] == [
        "suspend",
        "register",
        "prepare",
        "open",
        "answer",
    ]


_A_WEEK_AGO = "UPDATE archive.approval SET approved_at = approved_at - interval '7 days'"


async def test_no_custodian_releases_a_suspended_requisition_alone(
    sealed: None,
    run_desk: RunDesk,
    database_url: str,
    evidence: Evidence,
    places: Places,
    role_url: Callable[[Component], str],
) -> None:
    """Two different custodians override, each with a reason, within a week; before that nothing is
    prepared, and an older agreement is said to count no more until it is given anew. Not a scan is
    refused; the act lies sealed; a late urgent line says so; five years after it is closed a line
    is gone with all that hangs on it, and not a day before.
    """
    both = {"first": CUSTODIANS[0], "second": CUSTODIANS[1]}
    async with (
        run_desk() as desk,
        custodian(desk, database_url, CUSTODIANS[0]) as anne,
        custodian(desk, database_url, CUSTODIANS[1]) as bruno,
    ):
        assert await anne.enter(b"MZ not a scan") == 422
        assert "PDF, JPEG ou PNG" in anne.text
        assert await anne.enter(condition="", urgency="Enlèvement en cours") == 200
        assert "60-1-2" in anne.text
        line = anne.url.path
        assert await bruno.go(line) == 200
        assert await anne.post(f"{line}/dossier", **both) == 422
        assert await anne.post(f"{line}/suspension", reason="") == 422
        assert await anne.post(f"{line}/suspension", reason="Vie en danger") == 200
        assert await anne.post(f"{line}/suspension", reason="Vraiment") == 200
        assert "suspendue" in anne.text
        assert "il vaut jusqu'au 27 nov. 2026 à 15 h 00" in anne.text
        assert await anne.post(f"{line}/dossier", **both) == 422
        await evidence.fetch(_A_WEEK_AGO)
        assert await bruno.post(f"{line}/suspension", reason="Le parquet a confirmé") == 200
        assert "il a expiré le 20 nov. 2026 à 15 h 00" in bruno.text
        assert await bruno.post(f"{line}/dossier", **both) == 422
        assert await anne.post(f"{line}/suspension", reason="Vie en danger") == 200
        assert "suspension levée" in anne.text
        assert await bruno.post(f"{line}/dossier", **both) == 200
        case = bruno.url.path
        assert case.startswith("/dossiers/")
        gone = [path.rename(path.with_suffix(".away")) for path in places.keys.glob("*/*.json")]
        assert await bruno.post(f"{case}/fichier") == 422
        assert "ne peut pas être fait" in bruno.text
        for path in gone:
            path.rename(path.with_suffix(".json"))
        assert await bruno.post(f"{line}/refus", reason="Trop tard") == 422

        assert await anne.enter(None, kind="site", site="nowhere") == 422
        assert await anne.enter(received_date="2026-11-18", urgency="Enlèvement") == 200
        assert "en retard de 1 j" in anne.text
        shown = await measures(role_url(Component.DESK))
        assert 'socle_requisitions_late{urgent="yes"} 1.0' in shown
        assert 'socle_requisitions_late{urgent="no"} 0.0' in shown
        assert "socle_requisitions_waiting 2.0" in shown
        assert 'socle_desk_requisitions{state="prepared"} 1.0' in shown
        assert 'socle_desk_open_cases{state="prepared"} 1.0' in shown
        for each in (line, anne.url.path):
            assert await anne.go(each) == 200
            assert await anne.post(f"{each}/retrait", reason="L'autorité renonce") == 200
            assert "retirée" in anne.text
        assert await bruno.go(case) == 200
        assert await bruno.post(f"{case}/fichier") == 422
        assert "Ce dossier est clos" in bruno.text
        shown = await measures(role_url(Component.DESK))
        assert 'socle_desk_open_cases{state="prepared"} 0.0' in shown
        assert 'socle_requisitions_late{urgent="yes"} 0.0' in shown
    agreed = await evidence.fetch("SELECT login, reason FROM archive.approval ORDER BY login")
    assert [(row["login"], row["reason"]) for row in agreed] == [
        (CUSTODIANS[0], "Vie en danger"),
        (CUSTODIANS[1], "Le parquet a confirmé"),
    ]
    act, _ = await evidence.fetch(
        "SELECT document_sealed, number FROM archive.requisition ORDER BY number"
    )
    assert act["number"] == 1
    assert PDF not in act["document_sealed"]
    left = (
        "SELECT (SELECT count(*) FROM archive.requisition), (SELECT count(*) FROM archive.case),"
        " (SELECT count(*) FROM archive.requisition_step), (SELECT count(*) FROM archive.approval)"
    )
    for day, kept in (("2031-11-20", [2, 1, 6, 2]), ("2031-11-21", [0, 0, 0, 0])):
        await run_purge(evidence.retention_url, places, at(f"{day} 09:00"))
        assert [*(await evidence.fetch(left))[0]] == kept


async def measures(url: str) -> str:
    """Return what the desk shows at /metrics, counted with its own role."""
    engine = open_engine(url)
    watch = Watch(engine, FixedClock(NOW))
    await watch.once()
    assert await watch.is_well()
    await engine.dispose()
    return generate_latest(watch.metrics.registry).decode()


async def test_numbers_follow_one_another_whatever_fails(
    run_desk: RunDesk, database_url: str, evidence: Evidence
) -> None:
    """A line that fails half-way takes no number with it, and each year begins at one."""
    async with (
        run_desk() as desk,
        custodian(desk, database_url, CUSTODIANS[0]) as anne,
    ):
        assert await anne.enter() == 200
        owner = open_engine(database_url)
        async with owner.begin() as db:
            await db.exec_driver_sql("REVOKE INSERT ON archive.requisition_step FROM socle_desk")
        assert await anne.enter() >= 500
        async with owner.begin() as db:
            await db.exec_driver_sql("GRANT INSERT ON archive.requisition_step TO socle_desk")
            await db.exec_driver_sql("UPDATE archive.requisition SET year = 2025")
        await owner.dispose()
        assert await anne.enter() == 200
        assert await anne.enter() == 200
    rows = await evidence.fetch("SELECT year, number FROM archive.requisition ORDER BY 1, 2")
    assert [(row["year"], row["number"]) for row in rows] == [(2025, 1), (2026, 1), (2026, 2)]


async def test_what_an_agent_handed_on_waits_in_the_register_and_is_read_here_alone(
    run_desk: RunDesk, database_url: str, keyring: Keyring, evidence: Evidence
) -> None:
    """Listed until a custodian takes it in; each reading is a line of the audit log."""
    engine = open_engine(database_url)
    agent = Operator(uuid4(), "agent@commercy.example", "Agent", Role.AGENT, None)
    content = Content("Brigade de Verdun", "PV 12", "192.0.2.10 port 40112", "", PDF)
    async with engine.begin() as db:
        sent = await send(db, content, agent, keyring.seal, NOW)
    async with run_desk() as desk, custodian(desk, database_url, CUSTODIANS[0]) as anne:
        await anne.go("/requisitions")
        assert sent.name in anne.text
        assert await anne.go(f"/transmissions/{sent.id}") == 200
        assert "Brigade de Verdun" in anne.text
        assert "192.0.2.10 port 40112" in anne.text
        assert await anne.post(f"/transmissions/{sent.id}/reception") == 200
        assert anne.url.path == "/requisitions/nouvelle"
        await anne.go("/requisitions")
        assert sent.name not in anne.text
        assert await anne.go(f"/transmissions/{uuid4()}") == 404
    async with engine.connect() as db:
        done = (await db.execute(select(tables.audit_entry.c.action))).scalars().all()
    await engine.dispose()
    assert {"transmission.read", "transmission.received"} <= set(done)
