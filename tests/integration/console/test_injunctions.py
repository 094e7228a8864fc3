"""Who decides on injunctions: what is asked of them, what they record, what they are warned of."""

from datetime import date

import pytest
from playwright.async_api import Browser as Chromium
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from portal.console.injunctions import NO_STATE, NOT_CONFIRMED, NOT_DATES
from territory.access.roles import Role
from territory.database.injunctions import load_decisions
from territory.database.tables import audit_entry
from tests.conftest import FixedClock
from tests.integration.console.ground import LinkFor, SignedIn, Site, Territory, operator_window
from tests.servers.accessibility import look
from tests.servers.browser import go, press

WHERE = "/injonctions"
NONE = {
    "etat": "aucune",
    "debut": "2026-10-21",
    "fin": "2027-02-01",
    "acte": "note 12 du DPO",
    "source": "registre du DPO",
    "auteur": "",
    "date": "2027-02-28",
}
DECREE = NONE | {"etat": "decret", "fin": "2027-10-21", "acte": "2026-1000"}


@pytest.fixture(autouse=True)
def later(clock: FixedClock) -> None:
    """No decree was recorded for months: data would be lost already."""
    clock.advance(days=100)


async def test_a_decision_is_recorded_and_withdrawn(
    signed_in: SignedIn, owner: AsyncEngine, made: Territory, clock: FixedClock
) -> None:
    """The home asks for it; what would be destroyed is said and has to be confirmed; both acts are
    audit lines in the operator's name."""
    dpo = await signed_in(Role.DPO)
    _, home = await dpo.get("/")
    assert "Une décision manque" in home
    assert "22/01/2027" in home

    answer = await dpo.post(WHERE, NONE)
    page = (await answer.text()).replace("&#39;", "'")
    assert answer.status == 422
    assert NOT_CONFIRMED in page
    assert "du 21 octobre 2026 au 27 novembre 2026" in page
    async with owner.connect() as db:
        assert await load_decisions(db) == []

    answer = await dpo.post(WHERE, NONE | {"confirme": "oui"})
    assert answer.status == 303
    async with owner.connect() as db:
        [known] = await load_decisions(db)
    who = made.operators["dpo"]
    assert (known.recorded_by, known.decision.decided_by) == (who.login, who.display_name)
    assert (known.recorded_at, known.decision.period.until) == (clock.now(), date(2027, 2, 1))
    _, page = await dpo.get(WHERE)
    assert "Une décision manque depuis le 1er février 2027" in page

    gone = f"{WHERE}/{known.id}/retrait"
    assert (await dpo.post(gone, {}, form_at=WHERE)).status == 303
    assert (await dpo.post(gone, {}, form_at=WHERE)).status == 404
    async with owner.connect() as db:
        [known] = await load_decisions(db)
        actions = select(audit_entry.c.action, audit_entry.c.actor).order_by(audit_entry.c.number)
        told = [tuple(row) for row in await db.execute(actions) if "injunction" in row.action]
    assert known.withdrawn_by == who.login
    assert told == [("injunction.recorded", who.login), ("injunction.withdrawn", who.login)]


async def test_what_is_wrong_is_said_and_nothing_is_written(
    signed_in: SignedIn, owner: AsyncEngine
) -> None:
    """No state, dates that are none, more than a year, nobody's word; what was typed stays."""
    administrator = await signed_in(Role.ADMINISTRATOR)
    cases = (
        (DECREE | {"etat": ""}, NO_STATE),
        (DECREE | {"debut": "hier"}, NOT_DATES),
        (DECREE | {"fin": "2027-10-22"}, "Une décision couvre un an au plus."),
        (DECREE | {"source": " "}, "Dites où la décision est publiée"),
        (DECREE | {"date": "2027-03-02"}, "date d'aujourd'hui ou d'avant"),
    )
    for fields, words in cases:
        answer = await administrator.post(WHERE, fields)
        page = (await answer.text()).replace("&#39;", "'")
        assert (answer.status, words in page, "2026-1000" in page) == (422, True, True), words
    async with owner.connect() as db:
        assert await load_decisions(db) == []


@pytest.mark.browser
async def test_the_page_in_a_browser(
    chromium: Chromium, site: Site, signed_in: SignedIn, link_for: LinkFor
) -> None:
    """With a decision withdrawn and one that stands, at a phone's and at a desk's width."""
    dpo = await signed_in(Role.DPO)
    answer = await dpo.post(WHERE, DECREE | {"fin": "2027-01-01"})
    assert answer.status == 303, await answer.text()
    window = await operator_window(chromium, site, await link_for(Role.ADMINISTRATOR))
    await go(window, site.at(WHERE))
    await press(window, "button:has-text('Retirer')")
    await dpo.post(WHERE, DECREE | {"auteur": "Anne Durand, DPO"})
    await go(window, site.at(WHERE))
    await look(window, "injunctions")
