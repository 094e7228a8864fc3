"""An administrator chooses how a site's guests identify, told what each way makes it keep."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from portal.console.identification import NAMES
from portal.identification.methods import METHODS
from territory.access.roles import Role
from territory.database.tables import audit_entry, site
from territory.vocabulary import IdentificationMethod as Method
from tests.integration.console.ground import SignedIn, Territory

CODE = "mairie-commercy"
WHERE = f"/lieux/{CODE}/identification"
CHOICE = f"{WHERE}/choix"


async def methods_of(owner: AsyncEngine) -> list[str] | None:
    """Return what the site's row says."""
    async with owner.connect() as db:
        found: list[str] | None = await db.scalar(select(site.c.methods).where(site.c.code == CODE))
        return found


@pytest.mark.usefixtures("made")
async def test_each_way_says_what_it_keeps_and_how_long(signed_in: SignedIn) -> None:
    """What every connection leaves, and what a way adds: five years where somebody is asked."""
    agent = await signed_in(Role.DPO)
    assert WHERE in (await agent.get(f"/lieux/{CODE}"))[1]
    status, page = await agent.get(WHERE)
    assert status == 200
    assert all(NAMES[method] in page or "&#39;" in page for method in METHODS)
    for words in ("Les adresses utilisées sur le réseau", "CPCE R10-14 IV", "3 mois", "1 an"):
        assert words in page, words
    assert "Enregistrer" not in page


@pytest.mark.usefixtures("made")
async def test_ticked_is_offered_and_written_down(signed_in: SignedIn, owner: AsyncEngine) -> None:
    """Who is enabled comes after who was there; the audit line names the site and the ways."""
    administrator = await signed_in(Role.ADMINISTRATOR)
    form = {Method.CLICK_THROUGH.value: "yes", Method.TICKET.value: "yes"}
    answer = await administrator.post(CHOICE, form, form_at=WHERE)
    assert (answer.status, answer.headers["Location"]) == (303, f"/console{WHERE}")
    assert await methods_of(owner) == ["click_through", "ticket"]
    async with owner.connect() as db:
        query = select(audit_entry).where(audit_entry.c.action == "site.methods_chosen")
        line = (await db.execute(query)).mappings().one()
    assert (line["subject"], line["detail"]) == (CODE, {"methods": ["click_through", "ticket"]})
    only = {Method.TICKET.value: "yes"}
    await administrator.post(CHOICE, only, form_at=WHERE)
    assert await methods_of(owner) == ["ticket"]


@pytest.mark.usefixtures("made")
async def test_the_last_way_cannot_be_taken_away(signed_in: SignedIn, owner: AsyncEngine) -> None:
    """Nobody could go online; words that are no way of ours are passed over."""
    administrator = await signed_in(Role.ADMINISTRATOR)
    answer = await administrator.post(CHOICE, {"telepathy": "yes"}, form_at=WHERE)
    assert answer.status == 422
    assert await methods_of(owner) is None


@pytest.mark.usefixtures("made")
async def test_what_the_description_states_is_changed_there(
    signed_in: SignedIn, owner: AsyncEngine
) -> None:
    """The page says so, shows no button, and a form sent all the same changes nothing."""
    async with owner.begin() as db:
        stated = {"methods": ["click_through"], "methods_described": True}
        await db.execute(update(site).where(site.c.code == CODE).values(**stated))
    administrator = await signed_in(Role.ADMINISTRATOR)
    page = (await administrator.get(WHERE))[1]
    assert "fixés par le fichier du territoire" in page
    assert "Enregistrer" not in page
    form = {Method.TICKET.value: "yes"}
    assert (await administrator.post(CHOICE, form, form_at=f"/lieux/{CODE}")).status in (403, 422)
    assert await methods_of(owner) == ["click_through"]


async def test_another_organisation_s_site_is_not_there(
    signed_in: SignedIn, made: Territory
) -> None:
    """An agent of one sees no other's."""
    agent = await signed_in(Role.AGENT)
    assert "salle-saint-mihiel" in made.sites
    assert (await agent.get("/lieux/salle-saint-mihiel/identification"))[0] == 404
