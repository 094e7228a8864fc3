"""A mediator makes a ticket by one tap and sees it go online; a sheet is printed, and revoked."""

import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import expect
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from portal.console import tickets
from territory.access.roles import Role
from territory.database.tables import audit_entry
from territory.rules.ticket_codes import parse_code
from tests.conftest import FixedClock
from tests.integration.console.ground import (
    Browser,
    LinkFor,
    SignedIn,
    Site,
    Territory,
    operator_window,
)
from tests.servers.accessibility import look
from tests.servers.browser import PHONE, go

CODE = re.compile(r"\d{4} \d{4} \d{4}")


def codes_in(page: str) -> list[str]:
    """The codes that a page shows."""
    return CODE.findall(re.sub("<[^>]*>", "", page))


@pytest.fixture(autouse=True)
async def takes_tickets(owner: AsyncEngine, made: Territory, monkeypatch: Any) -> None:
    """Commercy's two sites let in by ticket; pages wait for one look."""
    monkeypatch.setattr(tickets, "WATCH_LOOKS", 1)
    monkeypatch.setattr(tickets, "LOOK_SECONDS", 0.0)
    async with owner.begin() as db:
        await db.execute(
            text("UPDATE territory.site SET methods = '{ticket}' WHERE organisation_id = :body"),
            {"body": made.organisations["commercy"]},
        )


@pytest.fixture
async def mediator(signed_in: SignedIn) -> Browser:
    """A mediator of the whole territory."""
    return await signed_in(Role.MEDIATOR)


async def make(browser: Browser, where: UUID, **more: str) -> str:
    """Make tickets; return the address of their page below the console."""
    answer = await browser.post("/tickets", {"lieu": str(where), **more})
    assert answer.status == 303, await answer.text()
    return answer.headers["Location"].removeprefix("/console")


async def put_online(owner: AsyncEngine, made: Territory, number: int = 1) -> None:
    """Have somebody online with a ticket of that number, as portal and RADIUS write it."""
    async with owner.begin() as db:
        values = {
            "admission": uuid4(),
            "number": number,
            "site": made.sites["mairie-commercy"],
            "nas": made.nas["mairie-commercy"],
        }
        for statement in (
            "UPDATE live.ticket SET first_used_at = '2026-11-20T14:00Z' WHERE number = :number",
            "INSERT INTO live.admission (id, user_name, site_id, plan_id, method, language,"
            " terms_version, created_at, credential_expires_at, ends_at, guest_id) SELECT"
            " :admission, 'u', :site, s.plan_id, 'ticket', 'fr', 'x', '2026-11-20T14:00Z',"
            " '2026-11-20T14:05Z', '2026-11-21T14:00Z', t.id FROM live.ticket t"
            " JOIN territory.site s ON s.id = :site WHERE t.number = :number LIMIT 1",
            "INSERT INTO live.session (session_key, nas_id, site_id, nas_handle, acct_session_id,"
            " admission_id, device, started_at, last_seen_at, session_seconds, upload_octets,"
            " download_octets) VALUES (gen_random_uuid(), :nas, :site, 'n', 's', :admission,"
            " '02:00:00:00:00:01', '2026-11-20T14:00Z', '2026-11-20T14:00Z', 60, 0, 0)",
        ):
            await db.execute(text(statement), values)


async def test_one_tap_makes_a_ticket(
    mediator: Browser, made: Territory, owner: AsyncEngine
) -> None:
    """A place and a button: the code is shown once more and again for half an hour, QR beside."""
    page = await make(mediator, made.sites["mairie-commercy"])
    status, shown = await mediator.get(page)
    (code,) = codes_in(shown)
    assert (status, parse_code(code)) == (200, code.replace(" ", ""))
    assert 'class="qr"' in shown
    assert "Wi-Fi public Meuse" in shown
    assert codes_in((await mediator.get(page))[1]) == [code]
    async with owner.connect() as db:
        rows = await db.execute(text("SELECT s.*, t.* FROM live.ticket_sheet s, live.ticket t"))
        assert code.replace(" ", "") not in str(rows.mappings().all())


async def test_the_code_is_gone_after_half_an_hour(
    mediator: Browser, made: Territory, clock: FixedClock
) -> None:
    """Then the page shows how the ticket stands, and no code; nor without the seed."""
    page = await make(mediator, made.sites["mairie-commercy"])
    assert codes_in((await mediator.get(page.partition("?")[0]))[1]) == []
    clock.advance(minutes=20)
    assert len(codes_in((await mediator.get(page))[1])) == 1
    clock.advance(minutes=10)
    _, shown = await mediator.get(page)
    assert codes_in(shown) == []
    assert "pas encore utilisé" in shown


async def test_nobody_else_sees_the_codes(
    mediator: Browser, signed_in: SignedIn, made: Territory
) -> None:
    """The address of another's sheet shows them no code, on paper neither; nor another
    organisation's sheet at all."""
    page = await make(mediator, made.sites["mairie-commercy"])
    agent = await signed_in(Role.AGENT)
    status, shown = await agent.get(page)
    assert (status, codes_in(shown)) == (200, [])
    status, paper = await agent.get(page.replace("?", "/feuille.pdf?"))
    assert (status, "ne peut plus être imprimée" in paper) == (200, True)
    other = await agent.post("/tickets", {"lieu": str(made.sites["bibliobus"])})
    assert other.status == 422


async def test_an_agent_sees_only_their_own(
    signed_in: SignedIn, made: Territory, owner: AsyncEngine
) -> None:
    """Another organisation's sheet is as if it did not exist, to look at and to revoke."""
    agent = await signed_in(Role.AGENT)
    page = (await make(agent, made.sites["mairie-commercy"])).partition("?")[0]
    async with owner.begin() as db:
        moved = "UPDATE live.ticket_sheet SET site_id = NULL, organisation_id = :other"
        await db.execute(text(moved), {"other": made.organisations["meuse"]})
    assert (await agent.get(page))[0] == 404
    answer = await agent.post(f"{page}/annuler", {"ticket": "1", "motif": "x"}, form_at="/")
    assert answer.status == 404


async def test_only_places_that_take_tickets_are_offered(
    mediator: Browser, made: Territory
) -> None:
    """Nobody hands out paper that no page asks for; both sites of one body, and it as a whole."""
    _, page = await mediator.get("/tickets")
    first = page.partition("</select>")[0]
    offered = re.findall(r"<option[^>]*>([^<]+)<", first)
    assert offered == [
        "Mairie de Commercy",
        "Médiathèque de Commercy",
        "Commune de Commercy : tous ses lieux",
    ]
    await make(mediator, made.organisations["commercy"])
    _, page = await mediator.get("/tickets")
    first = page.partition("</select>")[0]
    assert re.findall(r"<option[^>]*>([^<]+)<", first)[0].startswith("Commune de Commercy")


async def test_a_sheet_is_printed(mediator: Browser, made: Territory, owner: AsyncEngine) -> None:
    """A PDF of all its tickets; the audit log has who, how many and which, and no code."""
    page = await make(mediator, made.sites["mairie-commercy"], tickets="12", duree="7200")
    _, shown = await mediator.get(page)
    assert len(codes_in(shown)) == 12
    headers, pdf = await mediator.fetch(page.replace("?", "/feuille.pdf?"))
    assert (headers["Content-Type"], pdf[:5]) == ("application/pdf", b"%PDF-")
    assert headers["Cache-Control"] == "no-store"
    async with owner.connect() as db:
        lines = (await db.execute(select(audit_entry.c.action, audit_entry.c.detail))).all()
    said = [(action, detail) for action, detail in lines if action.startswith("tickets.")]
    assert said == [
        ("tickets.made", {"tickets": 12, "devices": 1, "seconds": 7200}),
        ("tickets.printed", {}),
    ]


async def test_a_ticket_is_revoked(mediator: Browser, made: Territory, owner: AsyncEngine) -> None:
    """Its right ends, its gateway is asked to cut it off, and the list says why."""
    page = (await make(mediator, made.sites["mairie-commercy"], tickets="3")).partition("?")[0]
    await put_online(owner, made, 2)
    assert "en ligne" in (await mediator.get(page))[1]
    for form in ({"ticket": "9", "motif": "x"}, {"ticket": "2", "motif": ""}):
        refused = await mediator.post(f"{page}/annuler", form, form_at=page)
        assert refused.status == 422
    answer = await mediator.post(
        f"{page}/annuler", {"ticket": "2", "motif": "feuille perdue"}, form_at=page
    )
    assert answer.status == 303
    _, shown = await mediator.get(page)
    assert "feuille perdue" in shown
    async with owner.connect() as db:
        ended = "SELECT revoked_reason, (SELECT kind FROM live.command) FROM live.admission"
        assert tuple((await db.execute(text(ended))).one()) == ("ticket_revoked", "disconnect")


@pytest.mark.browser
async def test_the_page_says_by_itself_that_the_ticket_is_online(
    chromium: Chromium,
    site: Site,
    made: Territory,
    owner: AsyncEngine,
    link_for: LinkFor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a mediator's phone, scripts off: one tap, the code large; then, untouched, the news."""
    monkeypatch.setattr(tickets, "WATCH_LOOKS", 1000)
    monkeypatch.setattr(tickets, "LOOK_SECONDS", 0.05)
    context = await chromium.new_context(viewport=PHONE, locale="fr-FR", java_script_enabled=False)
    page = await context.new_page()
    await go(page, site.at(f"/lien/{await link_for(Role.MEDIATOR)}"))
    await page.get_by_role("button", name="Ouvrir ma session").click()
    await page.get_by_role("link", name="Tickets").click()
    await page.get_by_role("button", name="Faire un ticket").click()
    await expect(page.locator(".code")).to_have_text(CODE)
    await expect(page.get_by_text("En attente de la personne")).to_be_visible()
    async with owner.begin() as db:
        await db.execute(text("UPDATE live.ticket SET first_used_at = '2026-11-20T14:00Z'"))
    await expect(page.get_by_text("La connexion s'ouvre")).to_be_visible()
    await put_online(owner, made)
    await expect(page.get_by_text("Ce ticket est en ligne.")).to_be_visible()
    await expect(page.get_by_text("En attente de la personne")).to_be_hidden()
    await context.close()


@pytest.mark.browser
async def test_the_pages_are_accessible(
    chromium: Chromium, site: Site, made: Territory, owner: AsyncEngine, link_for: LinkFor
) -> None:
    """axe finds nothing in any state, at a phone's width and at a desk's."""
    page = await operator_window(chromium, site, await link_for(Role.MEDIATOR))
    await page.get_by_role("link", name="Tickets").click()
    await page.get_by_role("button", name="Faire un ticket").click()
    await expect(page.get_by_text("Personne n'est encore en ligne.")).to_be_visible()
    await look(page, "ticket-waiting")
    await put_online(owner, made)
    await page.reload()
    await expect(page.get_by_text("Ce ticket est en ligne.")).to_be_visible()
    await look(page, "ticket-online")
    await go(page, site.at("/tickets"))
    await page.get_by_text("Une feuille de tickets").click()
    await look(page, "tickets")
    await page.get_by_label("Nombre de tickets").fill("12")
    await page.get_by_role("button", name="Faire la feuille").click()
    await expect(page.get_by_role("heading", name="12 tickets")).to_be_visible()
    await look(page, "ticket-sheet")
