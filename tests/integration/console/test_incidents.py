"""A technician reads what is broken and says who works on it; colleagues and the audit log know."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from territory.access.roles import Role
from territory.database.tables import audit_entry, incident
from tests.integration.console.ground import SignedIn, Territory


async def test_taken_on_then_given_back(
    signed_in: SignedIn, owner: AsyncEngine, made: Territory, clock: Any
) -> None:
    """With a word for colleagues; each is a line of the audit log, by name."""
    technician = await signed_in(Role.TECHNICIAN)
    status, page = await technician.get("/incidents")
    assert status == 200
    for words in (
        "Salle des fêtes de Saint-Mihiel : le Wi-Fi ne répond plus",
        "Cause probable : coupure de courant.",
        "Avertis&nbsp;: anne, astreinte",
        "/console/lieux/salle-saint-mihiel",
        "L’archive a 5 jours de retard",
        "1 message ne part pas vers «&nbsp;astreinte&nbsp;»",
    ):
        assert words in page
    assert "Les pages sont lentes" not in page, "it has not lasted long enough"
    where = f"/incidents/{made.incidents['site']}"
    answer = await technician.post(where, {"word": "  J'appelle\nEDF. "}, form_at="/incidents")
    assert (answer.status, answer.headers["Location"]) == (303, "/console/incidents")
    login = made.operators["technician"].login
    page = (await technician.get("/incidents"))[1]
    assert f"par {login}" in page
    assert "«&nbsp;J&#39;appelle EDF.&nbsp;»" in page
    assert (await _kept(owner, made.incidents["site"])) == (clock.now(), login, "J'appelle EDF.")
    await technician.post(where, {"release": "yes"}, form_at="/incidents")
    assert (await _kept(owner, made.incidents["site"])) == (None, None, None)
    async with owner.connect() as db:
        lines = await db.execute(
            select(audit_entry.c.action, audit_entry.c.subject, audit_entry.c.actor)
            .where(audit_entry.c.action.like("incident.%"))
            .order_by(audit_entry.c.number)
        )
        subject = "SiteDown salle-saint-mihiel"
        assert [tuple(line) for line in lines] == [
            ("incident.acknowledged", subject, login),
            ("incident.released", subject, login),
        ]


async def test_what_cannot_be_taken_on(signed_in: SignedIn, made: Territory) -> None:
    """What is over, what is not there, a word without end."""
    technician = await signed_in(Role.TECHNICIAN)
    for name in (made.incidents["archive"], made.incidents["pending"], uuid4()):
        answer = await technician.post(f"/incidents/{name}", {}, form_at="/incidents")
        assert answer.status == 404
    where = f"/incidents/{made.incidents['site']}"
    answer = await technician.post(where, {"word": "x" * 201}, form_at="/incidents")
    assert answer.status == 422
    assert "200 caractères au plus" in await answer.text()


@pytest.mark.usefixtures("made")
async def test_a_base_that_tells_nobody_says_so(signed_in: SignedIn) -> None:
    """An empty page is not "all is well"."""
    technician = await signed_in(Role.TECHNICIAN)
    page = (await technician.get("/incidents"))[1]
    assert "n'avertit personne elle-même" in page
    assert "Rien n'est en panne" not in page


async def _kept(owner: AsyncEngine, identifier: UUID) -> tuple[Any, ...]:
    columns = (
        incident.c.acknowledged_at,
        incident.c.acknowledged_by,
        incident.c.acknowledgement,
    )
    async with owner.connect() as db:
        row = (await db.execute(select(*columns).where(incident.c.id == identifier))).one()
    return tuple(row)
