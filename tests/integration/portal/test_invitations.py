"""Whoever was invited by mail chooses a password, once; what the link is worth to anybody else."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from portal.guest.parts import Portal
from portal.messages.senders import Messages
from portal.people.invitations import LIFETIME, LINK_PATH, Written, record_invitation
from territory.access.passwords import Cost, Passwords
from territory.database.connect import open_engine
from territory.keyring import Keyring
from territory.settings import Settings
from tests.conftest import FixedClock
from tests.integration.portal.conftest import Guest, Seed
from tests.integration.portal.test_accounts import ANNE, SENTENCE, enter, is_in

LINK = "Kx0-a_9bCdEfGhIjKlMnOp"
PAGE = LINK_PATH + LINK


@pytest.fixture
async def portal(portal: Portal, keyring: Keyring, owner: Any, seed: Seed) -> Portal:
    """The portal, of a town hall that takes accounts."""
    query = "UPDATE territory.site SET methods = '{account}' WHERE id = $1"
    await owner.execute(query, seed.town_hall)
    await portal.directory.refresh()
    cheap = Passwords(Cost(passes=1, memory_kib=64, lanes=1))
    return replace(portal, messages=Messages.of(Settings(), keyring), passwords=cheap)


@pytest.fixture(autouse=True)
async def invited(
    database_url: str, owner: Any, seed: Seed, keyring: Keyring, clock: FixedClock
) -> AsyncIterator[None]:
    """Anne has been written to."""
    agent = uuid4()
    await owner.execute(
        "INSERT INTO staff.operator (id, login, display_name, role, created_at)"
        " VALUES ($1, 'a@b.example', 'A', 'agent', now())",
        agent,
    )
    engine = open_engine(database_url)
    written = Written(seed.town_hall, LINK, b"digest", keyring.seal(ANNE), agent)
    async with engine.begin() as db:
        await record_invitation(db, written, clock.now())
    yield
    await engine.dispose()


async def test_a_password_is_chosen_and_signs_in(
    guest: Guest, owner: Any, keyring: Keyring
) -> None:
    """The page may be opened any number of times; the account is made as by a code, and its address
    then lies where every account's does; the place's Wi-Fi is named."""
    for _ in range(2):
        page = await guest.get(PAGE)
        assert ANNE in page.text
        assert "Mairie de Commercy" in page.text
    done = await guest.post(PAGE, password=SENTENCE)
    assert "Votre compte est prêt" in done.text
    assert "« WiFi-Meuse »" in done.text.replace("\xa0", " ")
    person = await owner.fetchrow("SELECT * FROM identity.person")
    assert json.loads(keyring.open(person["claims_sealed"])) == {"email": ANNE}
    assert await owner.fetchval("SELECT address_sealed FROM live.invitation") is None
    assert is_in(await enter(guest, SENTENCE))


async def test_a_link_serves_once(guest: Guest, owner: Any) -> None:
    """Used, it is as if it had never been; whoever finds the letter changes no password."""
    await guest.post(PAGE, password=SENTENCE)
    assert (await guest.get(PAGE)).status == 400
    assert (await guest.post(PAGE, password=f"{SENTENCE} encore")).status == 400
    assert is_in(await enter(guest, SENTENCE))
    assert await owner.fetchval("SELECT count(*) FROM account.account") == 1


async def test_a_link_is_worth_nothing_after_two_days(guest: Guest, clock: FixedClock) -> None:
    """Nor at that very instant."""
    clock.advance(seconds=int(LIFETIME.total_seconds()))
    assert (await guest.get(PAGE)).status == 400
    assert (await guest.post(PAGE, password=SENTENCE)).status == 400


@pytest.mark.parametrize("password", ["", "Soleil2026", "a" * 300, f"Xk7!{ANNE}"])
async def test_a_password_that_will_not_do_uses_nothing_up(
    guest: Guest, owner: Any, password: str
) -> None:
    """What to do stands beside the field (CNIL 2022-100), and the link is as good as before."""
    again = await guest.post(PAGE, password=password)
    assert (again.status, 'id="password-erreur"' in again.text) == (200, True)
    assert await owner.fetchval("SELECT used_at FROM live.invitation") is None
    assert "Votre compte est prêt" in (await guest.post(PAGE, password=SENTENCE)).text


async def test_who_tries_links_is_turned_away(guest: Guest) -> None:
    """They lead nowhere, alike; too many of them, and none is looked at for a while."""
    answers = [(await guest.get(f"{LINK_PATH}{number}")).status for number in range(40)]
    assert set(answers) <= {400, 429}
    assert answers[0] == 400
