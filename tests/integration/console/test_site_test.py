"""A site's test on the console's page: what it says, what it writes down, how it looks."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Browser as Chromium
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from portal.console import site_test
from portal.console.site_test import NOT_A_REPORT
from territory.access.roles import Role
from territory.database import tables
from tests.integration.console.ground import LinkFor, SignedIn, Site, Territory, operator_window
from tests.servers.accessibility import look
from tests.servers.browser import go

WHERE = "/lieux/mairie-commercy/essai"
REPORT = """socle-essai 1
date 1795181400
machine appareil
nom -
portail non
sonde apple open
sonde android redirected
sonde windows nothing
"""


@pytest.fixture(autouse=True)
def no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """No RADIUS server runs here: the page does not wait for one."""
    monkeypatch.setattr(site_test, "WAIT_SECONDS", 0.1)


@pytest.fixture
async def forged(owner: AsyncEngine, made: Territory, clock: Any) -> None:
    """The town hall's box signs its redirects with another secret; its RADIUS comes from
    elsewhere."""
    now = clock.now()
    async with owner.begin() as db:
        gateway = (
            await db.execute(
                select(tables.gateway.c.id).where(tables.gateway.c.code == "mairie-commercy-gw")
            )
        ).scalar_one()
        await db.execute(
            insert(tables.gateway_seen).values(
                gateway_id=gateway,
                arrived_at=now - timedelta(days=9),
                refused_at=now - timedelta(minutes=2),
                refusal="bad-signature",
            )
        )
        await db.execute(update(tables.discard).values(claimed_name="chilli-1"))


@pytest.mark.usefixtures("forged")
async def test_a_technician_tests_a_site(signed_in: SignedIn, owner: AsyncEngine) -> None:
    """From the site's page; findings with their remedies, the worst first, and an audit line."""
    technician = await signed_in(Role.TECHNICIAN)
    assert WHERE in (await technician.get("/lieux/mairie-commercy"))[1]
    answer = await technician.post(WHERE, {"releve": REPORT})
    page = await answer.text()
    assert answer.status == 200
    for words in (
        "uamsecret",
        "Ôtez captive.apple.com",
        "uamallowed",
        "en défaut",
        "Relevé sur place",
    ):
        assert words in page
    assert page.index("en défaut") < page.index("en ordre")
    async with owner.connect() as db:
        lines = await db.execute(
            select(tables.audit_entry.c.actor, tables.audit_entry.c.subject).where(
                tables.audit_entry.c.action == "site.tested"
            )
        )
        assert [tuple(line) for line in lines] == [("technique@meuse.example", "mairie-commercy")]


@pytest.mark.usefixtures("made")
async def test_what_was_pasted_must_be_a_report(signed_in: SignedIn) -> None:
    """422 in words; nothing of it comes back."""
    technician = await signed_in(Role.TECHNICIAN)
    for pasted in ("<script>alert(1)</script>", "socle-essai 1\n" + "x" * 20_000):
        answer = await technician.post(WHERE, {"releve": pasted})
        page = await answer.text()
        assert answer.status == 422
        assert NOT_A_REPORT[:20].replace("'", "&#39;") in page
        assert "alert(1)" not in page
    assert (await technician.get("/lieux/nulle-part/essai"))[0] == 404


@pytest.mark.browser
@pytest.mark.usefixtures("forged")
async def test_the_page_in_a_browser(chromium: Chromium, site: Site, link_for: LinkFor) -> None:
    """Before and after, at a phone's and at a desk's width."""
    page = await operator_window(chromium, site, await link_for(Role.TECHNICIAN))
    await go(page, site.at(WHERE))
    await look(page, "site-test")
    await page.get_by_label("Ce qu'a écrit essai.sh").fill(REPORT)
    await page.get_by_role("button", name="Lancer l'essai").click()
    await page.get_by_text("Le plus grave d'abord").wait_for()
    await look(page, "site-test-findings")
