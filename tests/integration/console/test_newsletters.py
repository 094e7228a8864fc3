"""Who agreed to an organisation's letters: counted for some, listed for its own agent alone."""

import csv
import io
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from portal.people.newsletter import LINK_PATH, read_link
from territory.access.roles import Role
from territory.database import tables
from territory.keyring import Keyring
from tests.conftest import FixedClock
from tests.integration.console.ground import SignedIn, Territory

PURPOSE = "Nos fêtes, une fois par mois."


@pytest.fixture(autouse=True)
async def agreed(
    owner: AsyncEngine, made: Territory, keyring: Keyring, clock: FixedClock
) -> dict[str, UUID]:
    """Two readers of Commercy, one who has withdrawn, and one of the département."""
    found = {}
    async with owner.begin() as db:
        for body in ("commercy", "meuse"):
            await db.execute(
                update(tables.organisation)
                .where(tables.organisation.c.code == body)
                .values(newsletter_sender="Service culturel", newsletter_purpose=PURPOSE)
            )
        for address, body in (
            ("anne@commercy.example", "commercy"),
            ("=cmd|x@commercy.example", "commercy"),
            ("", "commercy"),
            ("zoe@meuse.example", "meuse"),
        ):
            found[address] = uuid4()
            values = {
                "id": found[address],
                "guest_id": uuid4(),
                "organisation_id": made.organisations[body],
                "address_sealed": keyring.seal(address) if address else None,
                "withdrawn_at": None if address else clock.now(),
                "given_at": clock.now(),
            }
            words = {"version": "v", "sender": "Service culturel", "purpose": PURPOSE}
            row = {**values, **words, "language": "fr"}
            await db.execute(insert(tables.newsletter).values(row))
    return found


async def test_an_agent_takes_the_list_of_their_own(
    signed_in: SignedIn, agreed: dict[str, UUID], keyring: Keyring, owner: AsyncEngine
) -> None:
    """Who stands, with the words and the link of each; no formula; an audit line, no address."""
    agent = await signed_in(Role.AGENT)
    _, page = await agent.get("/lettres")
    assert "Commune de Commercy" in page
    assert "Département" not in page
    answer = await agent.post("/lettres/liste.csv", {}, form_at="/lettres")
    assert answer.headers["Cache-Control"] == "no-store"
    rows = list(csv.reader(io.StringIO((await answer.text()).removeprefix("\ufeff"))))
    assert [row[0] for row in rows[1:]] == _in_any_order(
        rows[1:], "anne@commercy.example", "'=cmd|x@commercy.example"
    )
    anne = next(row for row in rows if row[0] == "anne@commercy.example")
    assert anne[2] == f"Service culturel : {PURPOSE}"
    link = urlsplit(anne[3]).path.removeprefix(LINK_PATH)
    assert read_link(link, keyring.derive("newsletter")) == agreed["anne@commercy.example"]
    async with owner.connect() as db:
        query = select(tables.audit_entry).where(tables.audit_entry.c.action == "newsletter.listed")
        [line] = (await db.execute(query)).mappings().all()
    assert line["detail"] == {"addresses": 2}


def _in_any_order(rows: list[list[str]], *wanted: str) -> list[str]:
    """Return what is wanted in the order of the rows."""
    order = [row[0] for row in rows]
    return sorted(wanted, key=order.index)


async def test_others_count_and_take_nothing(signed_in: SignedIn) -> None:
    """The delegate for data protection sees how many, of every organisation; no button."""
    officer = await signed_in(Role.DPO)
    _, page = await officer.get("/lettres")
    assert "Département de la Meuse" in page
    assert "Prendre la liste" not in page
    assert "@commercy.example" not in page


async def test_an_organisation_that_offers_none_is_told_how(
    signed_in: SignedIn, owner: AsyncEngine
) -> None:
    """Its agent reads where it is opened."""
    async with owner.begin() as db:
        await db.execute(text("DELETE FROM consent.newsletter"))
        await db.execute(text("UPDATE territory.organisation SET newsletter_sender = NULL"))
    _, page = await (await signed_in(Role.AGENT)).get("/lettres")
    assert "<code>newsletter</code>" in page
    assert "Prendre la liste" not in page


async def test_a_link_that_opens_nothing_else(signed_in: SignedIn, made: Any) -> None:
    """The list is a form's answer, never an address that can be passed on."""
    agent = await signed_in(Role.AGENT)
    status, _ = await agent.get("/lettres/liste.csv")
    assert status == 405
