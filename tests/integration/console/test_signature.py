"""A technician lets a NAS learn anew whether it signs, from the console."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from territory.access.roles import Role
from territory.database.tables import audit_entry, nas, nas_seen
from tests.integration.console.ground import SignedIn, Territory

CODE = "mairie-commercy-nas"
WHERE = f"/equipements/{CODE}/signature"


@pytest.fixture
async def signing(owner: AsyncEngine, made: Territory, clock: Any) -> None:
    """A NAS that has learnt to sign."""
    since = clock.now() - timedelta(days=3)
    async with owner.begin() as db:
        await db.execute(
            update(nas).where(nas.c.code == CODE).values(require_message_authenticator="learn")
        )
        await db.execute(
            update(nas_seen)
            .where(nas_seen.c.nas_id == made.nas["mairie-commercy"])
            .values(signed_since=since)
        )


@pytest.mark.usefixtures("signing")
async def test_it_is_said_then_done_and_written_down(
    signed_in: SignedIn, owner: AsyncEngine, made: Territory, clock: Any
) -> None:
    """The equipment page leads to a page that says what it means; its button does it, by name."""
    technician = await signed_in(Role.TECHNICIAN)
    assert WHERE in (await technician.get("/equipements"))[1]
    status, page = await technician.get(WHERE)
    assert (status, "quelqu'un sur le chemin pourrait en forger une" in page) == (200, True)
    answer = await technician.post(WHERE, {})
    assert (answer.status, answer.headers["Location"]) == (303, "/console/equipements")
    async with owner.connect() as db:
        seen = (
            await db.execute(
                select(nas_seen.c.signed_since, nas_seen.c.unlearned_at, nas_seen.c.accepts).where(
                    nas_seen.c.nas_id == made.nas["mairie-commercy"]
                )
            )
        ).one()
        line = (
            await db.execute(
                select(audit_entry.c.actor, audit_entry.c.subject, audit_entry.c.operator_id).where(
                    audit_entry.c.action == "nas.signature_forgotten"
                )
            )
        ).one()
    assert tuple(seen) == (None, clock.now(), 18_400)
    who = made.operators["technician"]
    assert tuple(line) == (who.login, CODE, who.id)
    assert WHERE not in (await technician.get("/equipements"))[1]
    assert "rien à oublier" in (await technician.get(WHERE))[1]


@pytest.mark.usefixtures("made")
async def test_an_unknown_nas_is_not_found(signed_in: SignedIn) -> None:
    """404 on both, and nothing is written."""
    technician = await signed_in(Role.TECHNICIAN)
    where = "/equipements/nobody/signature"
    assert (await technician.get(where))[0] == 404
    assert (await technician.post(where, {}, form_at="/equipements")).status == 404


async def test_the_portal_may_write_no_more_than_that(engine: AsyncEngine, made: Territory) -> None:
    """What RADIUS counted stays RADIUS's."""
    async with engine.connect() as db:
        with pytest.raises(ProgrammingError, match="permission denied"):
            await db.execute(update(nas_seen).values(accepts=0))
