"""The ways in that a place offers, as pages: what is offered can be chosen, what is not lets nobody
in, whatever is posted."""

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from portal.app import create_app
from portal.guest.parts import Portal
from portal.messages.senders import Messages
from portal.visit import State
from territory.identifiers import MacAddress
from territory.keyring import Keyring
from territory.settings import Settings
from territory.settings.messages import MailSettings, SmsSettings
from territory.vocabulary import IdentificationMethod
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


DEMANDED = [one for one in IdentificationMethod if one is not IdentificationMethod.CLICK_THROUGH]


async def test_no_state_stands_for_the_step_that_a_site_demands(
    guest: Guest, portal: Portal, owner: Any, seed: Seed, keyring: Keyring
) -> None:
    """Whatever a signed visit says of itself, and whatever is posted where: only a proof writes a
    right, and here nobody has one."""
    mail = {"server": "127.0.0.1", "port": 1, "security": "none", "sender": "w@meuse.example"}
    sms = {"provider": "twilio", "account": "AC1", "secret": "s", "sender": "Wi-Fi"}
    given: dict[str, Any] = {
        "mail": MailSettings.model_validate({**mail, "attempts": 1}),
        "sms": SmsSettings.model_validate({**sms, "number": "+33755000001"}),
    }
    object.__setattr__(portal, "messages", Messages.of(Settings(**given), keyring))
    arrived = portal.read((await guest.arrive()).visit)
    form = {"code": "000000", "lien": "x", "password": "x", "email": "a", "answer": "yes"}
    for demanded in DEMANDED:
        await offer(portal, owner, seed, demanded)
        pages = [f"/{page}/{demanded}" for page in ("identification", "preuve")]
        pages += ["/visite", "/preuve/click_through", "/prolonger"]
        for number, state in enumerate(State):
            device = MacAddress(bytes((2, 0, 0, 0, DEMANDED.index(demanded), number)))
            visit = replace(arrived, device=device, state=state, guest=uuid4(), admission=uuid4())
            for how, challenge in ((demanded, uuid4()), ("click_through", None)):
                token = portal.sign(replace(visit, method=how, challenge=challenge))
                await guest.get(f"/preuve/{demanded}?visit={token}&lien=x")
                for page in pages:
                    await guest.post(page, visit=token, **form)
    assert await admissions(owner) == 0
    assert await owner.fetchval("SELECT count(*) FROM account.account") == 0


async def test_nothing_is_done_for_who_brings_no_visit(
    guest: Guest, portal: Portal, owner: Any
) -> None:
    """A page of somebody else's that posts to ours from a guest's browser (CSRF) has no signed
    visit to send; there is nothing else by which a browser would be known."""
    app = create_app(portal, https_only=False)
    paths = [
        route.resource.canonical.format_map(defaultdict(lambda: "x"))
        for route in app.router.routes()
        if route.method == "POST" and route.resource is not None
    ]
    assert len(paths) > 8
    for path in paths:
        answer = await guest.post(path, confirmed="yes", answer="yes", close="1", create="1")
        assert answer.status >= 400, path
    assert await admissions(owner) == 0


async def test_a_visit_that_lasted_too_long(guest: Guest, owner: Any, clock: FixedClock) -> None:
    """Every page of it begins again; nothing is granted."""
    visit = (await guest.arrive()).visit
    clock.advance(seconds=timedelta(minutes=11).total_seconds())
    for path in ("/visite", "/identification/click_through"):
        await guest.post(path, visit=visit)
    for path in ("/identification", "/identification/click_through"):
        assert (await guest.get(f"{path}?visit={visit}")).status == 200
    assert await admissions(owner) == 0
