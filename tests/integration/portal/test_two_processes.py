"""Two processes of the portal on one database: what is good once is good once over both, and what
is counted is counted over both."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from portal.admission import fresh_admission, user_name_of
from portal.guest.parts import Portal
from portal.records import record_admission
from portal.throttle import Throttle
from portal.tickets.office import Order, key_of, make_sheet
from portal.visit import LIFETIME, Visit
from territory.clock import Clock
from territory.database.components import Component
from territory.database.connect import open_engine
from territory.identifiers import MacAddress
from territory.keyring import Keyring
from territory.rules.ticket_codes import codes_of
from territory.rules.tickets import Terms
from tests.integration.portal.by_mail.conftest import arrive, ask, code_in, messages, wrong
from tests.integration.portal.conftest import Guest, Seed
from tests.integration.portal.test_public_address import served
from tests.servers.mail import Inbox, mail_server

PROOF, TICKET = "/preuve/email_code", "/identification/ticket"
TABLET = "8A-56-7E-F9-10-E5"


@pytest.fixture
async def inbox() -> AsyncIterator[Inbox]:
    """The relay and what it took."""
    async with mail_server() as inbox:
        yield inbox


@pytest.fixture
async def portal(portal: Portal, inbox: Inbox, keyring: Keyring, owner: Any) -> Portal:
    """The first process; it lends nothing."""
    await owner.execute("UPDATE territory.site SET methods = '{email_code,ticket}'")
    await portal.directory.refresh()
    return replace(portal, messages=messages(inbox, keyring))


@pytest.fixture
async def other(portal: Portal) -> AsyncIterator[Guest]:
    """The same guests in front of the second, which remembers nothing of the first."""
    async with served(replace(portal, throttle=Throttle())) as guest:
        guest.headers = {"Accept-Language": "fr"}
        yield guest


async def test_a_code_is_settled_once(guest: Guest, other: Guest, inbox: Inbox, owner: Any) -> None:
    """The same answer at both at once: one right, one contact, and both lead to the gateway."""
    page = await ask(guest)
    form = {"visit": page.visit, "code": code_in(inbox)}
    answers = await asyncio.gather(*(one.post(PROOF, **form) for one in (guest, other) * 2))
    assert {answer.status for answer in answers} == {303}
    assert await owner.fetchval("SELECT count(*) FROM live.admission") == 1
    assert await owner.fetchval("SELECT count(*) FROM account.contact") == 1


async def test_a_right_is_written_once(portal: Portal, owner: Any) -> None:
    """However many write it at once, each is told the right that now holds, whether its identifier
    or its name is seen to be taken first."""
    gate = next(iter(portal.directory.current.gates.values()))
    device, ends = MacAddress.parse(TABLET), portal.now() + LIFETIME
    for _ in range(200):
        visit = Visit(uuid4(), gate.code, device, ends, method="ticket")
        name = user_name_of(visit.id, portal.keys.user_name, is_probe=False)
        right = fresh_admission(visit, gate, name, portal.now())
        told = await asyncio.gather(*(record_admission(portal.pool, right) for _ in range(6)))
        assert {one.id for one in told} == {right.id}
    assert await owner.fetchval("SELECT count(*) FROM live.admission") == 200


async def test_answers_are_counted_together(
    guest: Guest, other: Guest, inbox: Inbox, owner: Any
) -> None:
    """Five of both are looked at; then the right one is worth nothing at either."""
    page = await ask(guest)
    form = {"visit": page.visit, "code": wrong(code_in(inbox))}
    answers = await asyncio.gather(*(one.post(PROOF, **form) for one in (guest, other) * 5))
    assert sum("pas le bon" in answer.text for answer in answers) == 5
    for one in (guest, other):
        late = await one.post(PROOF, visit=page.visit, code=code_in(inbox))
        assert "Ce code ne marche plus." in late.text
    assert await owner.fetchval("SELECT count(*) FROM live.admission") == 0


async def test_a_place_on_a_ticket_is_taken_once(
    guest: Guest,
    other: Guest,
    owner: Any,
    role_url: Any,
    keyring: Keyring,
    seed: Seed,
    clock: Clock,
) -> None:
    """Two devices with a ticket for one, each at its process: one goes online."""
    terms = Terms(seed.organisation, seed.town_hall, seed.plan, 1, 3600, date(2026, 11, 27))
    engine = open_engine(role_url(Component.PORTAL))
    async with engine.begin() as db:
        _, made = await make_sheet(db, key_of(keyring), Order(terms, 1, None), clock.now())
    await engine.dispose()
    [code] = codes_of(made, 1)
    visits = [await arrive(guest), await arrive(other, mac=TABLET)]
    answers = await asyncio.gather(
        guest.post(TICKET, visit=visits[0], code=code),
        other.post(TICKET, visit=visits[1], code=code),
    )
    assert sorted(answer.status for answer in answers) == [200, 303]
    assert await owner.fetchval("SELECT count(*) FROM live.admission") == 1
