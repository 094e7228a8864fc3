"""The ways in that a place offers, as pages: what is offered can be chosen, what is not lets nobody
in, whatever is posted."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from portal.guest.parts import Portal
from portal.visit import State
from tests.conftest import FixedClock
from tests.integration.portal.conftest import Guest, Seed


async def offer(portal: Portal, owner: Any, seed: Seed, *methods: str) -> None:
    """Have the town hall offer these ways, in this order."""
    query = "UPDATE territory.site SET methods = $1 WHERE id = $2"
    await owner.execute(query, list(methods), seed.town_hall)
    await portal.directory.refresh()


async def admissions(owner: Any) -> int:
    """Return how many rights were written."""
    return int(await owner.fetchval("SELECT count(*) FROM live.admission"))


async def test_all_ways_on_one_page(guest: Guest) -> None:
    """The button of the first page is there too, and works."""
    visit = (await guest.arrive()).visit
    page = await guest.get(f"/identification?visit={visit}")
    assert "Comment voulez-vous vous connecter" in page.text
    assert (await guest.get(f"/identification/click_through?visit={page.visit}")).visit
    assert (await guest.post("/visite", visit=page.visit)).status == 303


async def test_a_way_that_the_place_does_not_offer(
    guest: Guest, portal: Portal, owner: Any, seed: Seed
) -> None:
    """A form kept from before, or made up, lets nobody in: neither the button nor another's."""
    visit = (await guest.arrive()).visit
    await offer(portal, owner, seed)
    assert "Aucun moyen n'est ouvert ici" in (await guest.arrive()).text
    assert (await guest.post("/visite", visit=visit)).status == 400
    for path in ("/identification/click_through", "/identification/passeport", "/preuve/ticket"):
        assert (await guest.post(path, visit=visit)).status == 400
        assert (await guest.get(f"{path}?visit={visit}")).status == 400
    assert await admissions(owner) == 0


@pytest.mark.parametrize("state", list(State))
async def test_a_proof_that_nobody_asked_for(
    guest: Guest, portal: Portal, owner: Any, state: State
) -> None:
    """Whatever a signed visit's state, a proof's page is for who was asked by that method alone."""
    visit = replace(portal.read((await guest.arrive()).visit), state=state, method="ticket")
    answer = await guest.post("/preuve/click_through", visit=portal.sign(visit))
    assert (answer.status, await admissions(owner)) == (200, 0)
    assert "<form" not in answer.text or "preuve" not in answer.text


async def test_a_visit_that_lasted_too_long(guest: Guest, owner: Any, clock: FixedClock) -> None:
    """Every page of it begins again; nothing is granted."""
    visit = (await guest.arrive()).visit
    clock.advance(seconds=timedelta(minutes=11).total_seconds())
    for path in ("/visite", "/identification/click_through"):
        await guest.post(path, visit=visit)
    for path in ("/identification", "/identification/click_through"):
        assert (await guest.get(f"{path}?visit={visit}")).status == 200
    assert await admissions(owner) == 0
