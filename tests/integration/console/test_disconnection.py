"""A technician throws a device out: asked twice, written with its audit line, answered in words."""

import asyncio
import json
from datetime import datetime

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from portal.console import disconnection
from territory.access.roles import Role
from territory.database.commands import Outcome, Result
from territory.database.tables import audit_entry, command
from tests.conftest import FixedClock
from tests.integration.console.ground import Browser, SignedIn, Territory

WHERE = "/lieux/mairie-commercy/deconnexion"
DEVICE = "8A-56-7E-F9-10-E4"


@pytest.fixture(autouse=True)
def no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """No RADIUS server runs here: the page does not wait for one."""
    monkeypatch.setattr(disconnection, "SHOWN_SECONDS", 0.1)


@pytest.fixture
async def technician(signed_in: SignedIn) -> Browser:
    """A technician's browser."""
    return await signed_in(Role.TECHNICIAN)


async def test_it_is_asked_for_twice(technician: Browser, owner: AsyncEngine) -> None:
    """The first page says whom it concerns and does nothing; the address is in no URL."""
    answer = await technician.post(WHERE, {"appareil": DEVICE}, form_at="/lieux/mairie-commercy")
    assert (answer.status, "8a:56:7e:f9:10:e4" in await answer.text()) == (200, True)
    status, text = await technician.get(WHERE)
    assert (status, "Déconnecter tout le lieu" in text) == (200, True)
    async with owner.connect() as db:
        assert (await db.execute(select(command.c.id))).all() == []


async def test_a_device_is_thrown_out(
    technician: Browser, owner: AsyncEngine, made: Territory
) -> None:
    """The command names site and device; the audit line names the site alone."""
    answer = await technician.post(WHERE, {"appareil": DEVICE, "confirmed": "yes"})
    assert "pas encore répondu" in await answer.text()
    async with owner.connect() as db:
        ((kind, payload, by),) = await db.execute(
            select(command.c.kind, command.c.payload, command.c.requested_by)
        )
        lines = await db.execute(
            select(audit_entry.c.subject, audit_entry.c.detail).where(
                audit_entry.c.action == "site.disconnected"
            )
        )
        ((subject, detail),) = lines
    assert (kind, by) == ("disconnect", "technician")
    site_id = str(made.sites["mairie-commercy"])
    assert payload == {"device": "8a:56:7e:f9:10:e4", "site_id": site_id}
    assert (subject, detail) == ("mairie-commercy", {"scope": "appareil"})


async def answer_the_next(owner: AsyncEngine, result: Result, now: datetime) -> None:
    """Finish the next command, as RADIUS does."""
    done = (
        update(command)
        .where(command.c.finished_at.is_(None))
        .values(result=json.loads(result.as_json()), finished_at=now)
    )
    answered = 0
    while not answered:
        async with owner.begin() as db:
            answered = (await db.execute(done)).rowcount


async def test_what_the_gateway_said_is_shown(
    technician: Browser, owner: AsyncEngine, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the words of its result."""
    monkeypatch.setattr(disconnection, "SHOWN_SECONDS", 10)
    refused = Result(Outcome.REFUSED, "la passerelle ne connaît pas cette session", 503)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(answer_the_next(owner, refused, clock.now()))
        answer = await technician.post(WHERE, {"confirmed": "yes"})
    assert "ne connaît pas cette session" in await answer.text()


@pytest.mark.parametrize("device", ["x", "8a:56", "<script>"])
async def test_what_is_no_address_is_said(technician: Browser, device: str) -> None:
    """422, with an example, and nothing asked."""
    answer = await technician.post(WHERE, {"appareil": device})
    assert (answer.status, "8a:56:7e:f9:10:e4" in await answer.text()) == (422, True)


async def test_another_site_s_code_is_not_found(technician: Browser) -> None:
    """As the site's own page."""
    status, _ = await technician.get("/lieux/nulle-part/deconnexion")
    assert status == 404
