"""Who is let in at the desk, with what, and what each role sees of the archive."""

from ipaddress import ip_network

import pyotp
import pytest
from aiohttp import ClientSession
from playwright.async_api import Browser
from yarl import URL

from retention.manifests.chain import Chain, segment_path
from retention.sealing.archive import Places
from territory.access.operators import (
    COMMAND_LINE,
    NewOperator,
    add_operator,
    operator_by_login,
    set_password,
)
from territory.access.roles import Role
from territory.database.connect import open_engine
from tests.conftest import FixedClock
from tests.desk import NARROW, NOW, WIDE, RunDesk, custodian, follow, link_of, signed_in
from tests.evidence import (
    CUSTODIANS,
    Evidence,
)
from tests.servers.accessibility import look
from tests.servers.browser import go


async def test_only_custodians_handle_requisitions(
    run_desk: RunDesk, database_url: str, evidence: Evidence
) -> None:
    """The DPO sees the archive and no case; an administrator or a technician sees neither."""
    expected = {
        Role.DPO: {
            "/": 200,
            "/journees": 200,
            "/requisitions": 403,
            "/requisitions/nouvelle": 403,
            "/exercices": 200,
        },
        Role.ADMINISTRATOR: {"/": 403, "/requisitions": 403, "/exercices": 403},
        Role.TECHNICIAN: {"/requisitions": 403},
    }
    async with run_desk() as desk:
        for role, pages in expected.items():
            new = NewOperator(f"{role.value}@territoire.example", "Quelqu'un", role)
            engine = open_engine(database_url)
            async with engine.begin() as db:
                assert await add_operator(db, new, COMMAND_LINE, NOW)
            await engine.dispose()
            async with custodian(desk, database_url, new.login) as signed:
                assert {path: await signed.go(path) for path in pages} == pages
                assert "socle archive drill" not in signed.text


async def test_the_desk_answers_the_administration_network_alone(
    run_desk: RunDesk, database_url: str, evidence: Evidence
) -> None:
    """From elsewhere there is one plain page, whatever is asked, and not even a sign-in."""
    async with run_desk(allowed=(ip_network("10.20.0.0/16"),)) as desk, ClientSession() as stranger:
        for path in ("/", "/session", "/requisitions", "/nothing"):
            async with stranger.get(desk.join(URL(path))) as answer:
                text = await answer.text()
            assert answer.status == 403
            assert "réseau d'administration" in text
            assert "Ouvrir une session" not in text
            assert answer.headers["Content-Security-Policy"]


@pytest.mark.browser
async def test_a_custodian_gives_a_second_factor(
    run_desk: RunDesk,
    chromium: Browser,
    database_url: str,
    evidence: Evidence,
    clock: FixedClock,
) -> None:
    """Enrolled once by a QR code; each code opens one sign-in or one act, and never again; without
    one no page of the desk is seen.
    """
    login = CUSTODIANS[0]
    owner = open_engine(database_url)
    async with owner.begin() as db:
        who = await operator_by_login(db, login)
        assert who
        await set_password(db, who, "unused", COMMAND_LINE, NOW)
    await owner.dispose()
    async with run_desk(demo=False) as desk:
        page = await signed_in(chromium, desk, database_url, login)
        await follow(page.get_by_role("button", name="Ouvrir ma session"))
        await go(page, str(desk / "requisitions"))
        await page.get_by_role("heading", name="Votre second facteur").wait_for()
        await look(page, "desk-second-factor", NARROW)
        secret = (await page.locator("code.share").inner_text()).replace(" ", "")
        code = pyotp.TOTP(secret).at(clock.now())
        await page.get_by_label("Code à six chiffres").fill(
            "000000" if code[0] != "0" else "111111"
        )
        await follow(page.get_by_role("button", name="Continuer"))
        assert "ne convient pas" in await page.get_by_role("alert").inner_text()
        await page.get_by_label("Code à six chiffres").fill(code)
        await follow(page.get_by_role("button", name="Continuer"))
        await page.get_by_role("heading", name="Registre des réquisitions").wait_for()

        other = await signed_in(chromium, desk, database_url, login)
        await follow(other.get_by_role("button", name="Ouvrir ma session"))
        await other.get_by_role("heading", name="Code à usage unique").wait_for()
        await other.get_by_label("Code à six chiffres").fill(code)
        await follow(other.get_by_role("button", name="Continuer"))
        assert "ne convient pas" in await other.get_by_role("alert").inner_text()
        clock.advance(seconds=30)
        await other.get_by_label("Code à six chiffres").fill(pyotp.TOTP(secret).at(clock.now()))
        await follow(other.get_by_role("button", name="Continuer"))
        await other.get_by_role("heading", name="État de l'archive").wait_for()

        clock.advance(seconds=30)
        link = await link_of(desk, database_url, login)
        async with custodian(desk, database_url, login) as anne:
            await anne.go(link)
            await anne.post(URL(link).path)
            await anne.post("/second-facteur", code=pyotp.TOTP(secret).at(clock.now()))
            assert await anne.enter(condition="") == 200
            place = f"{anne.url.path}/suspension"
            for code, status in (("", 422), (pyotp.TOTP(secret).at(clock.now()), 422)):
                assert await anne.post(place, reason="Vie en danger", code=code) == status
            clock.advance(seconds=30)
            code = pyotp.TOTP(secret).at(clock.now())
            assert await anne.post(place, reason="Vie en danger", code=code) == 200
            assert "l'accord d'un autre dépositaire" in anne.text
    (kept,) = await evidence.fetch("SELECT secret_sealed, confirmed_at FROM staff.second_factor")
    assert secret.encode() not in kept["secret_sealed"]
    assert kept["confirmed_at"] == NOW


@pytest.mark.browser
async def test_the_archive_can_be_read_again_in_full(
    sealed: None, run_desk: RunDesk, chromium: Browser, database_url: str, places: Places
) -> None:
    """The button reads every segment; a changed one is named on the page."""
    async with run_desk() as desk:
        page = await signed_in(chromium, desk, database_url, CUSTODIANS[0])
        await follow(page.get_by_role("button", name="Relire tous les segments"))
        await page.get_by_text("Tous les segments sont intacts").wait_for()

        sealed_ = next(s for _, s in Chain.read(places.archive).segments())
        path = segment_path(places.archive, sealed_.object)
        octets = path.read_bytes()
        path.write_bytes(octets[:-1] + bytes([octets[-1] ^ 1]))
        await follow(page.get_by_role("button", name="Relire tous les segments"))

        assert sealed_.object in await page.get_by_role("alert").inner_text()
        await look(page, "desk-broken", WIDE)
        await follow(page.get_by_role("link", name="Exercices", exact=True))
        await look(page, "desk-drills", NARROW)


async def test_the_desk_tells_whose_drill_is_overdue_and_what_to_type(
    run_desk: RunDesk, database_url: str, evidence: Evidence
) -> None:
    """A pair that never drilled is late, on the first page too, and its custodians read each step;
    once they have proved it, they are told until when it is good.
    """
    anne_, bruno_ = CUSTODIANS
    async with run_desk() as desk, custodian(desk, database_url, anne_) as anne:
        assert "1 exercice est en retard" in anne.text
        await anne.go("/exercices")
        assert f"drill prepare --custodian {anne_} --custodian {bruno_}" in anne.text
        assert "jamais avec ces clés" in anne.text
        assert "en retard" in anne.text
        await evidence.fetch(_DRILLED, anne_, bruno_, NOW)
        await anne.go("/exercices")
        assert "à jour" in anne.text
        assert "20 févr. 2027" in anne.text
        assert "en retard" not in anne.text


_DRILLED = """
    INSERT INTO archive.key_ceremony (id, kind, prepared_at, answered_at, first_login, second_login,
        recipients, signing_key)
    SELECT gen_random_uuid(), 'drill', $3, $3, $1, $2, array_agg(age_recipient), ''
    FROM staff.operator WHERE login IN ($1, $2)
"""
