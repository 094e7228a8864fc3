"""A gendarme came: an agent hands on what they brought, gets a receipt, and reads nothing back."""

import base64
import re
from collections.abc import Callable

import aiohttp
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from territory.access.roles import Role
from territory.database import tables
from territory.database.components import Component
from territory.database.connect import open_engine
from territory.database.transmissions import load_waiting, read_content, take_in
from territory.keyring import Keyring
from tests.conftest import FixedClock
from tests.integration.console.ground import Browser, SignedIn
from tests.servers.words import words_on

ACT = b"%PDF-1.7 the act names Jean Suspect"
WHO = "Brigade de recherches, adjudant Exemple"
HERE = "/requisition-recue"


async def hand_on(browser: Browser, **fields: object) -> tuple[int, str, str]:
    """Fill the form in; return the status, where it leads, and the page."""
    _, page = await browser.get(HERE)
    token = re.search(r'name="csrf" value="([^"]+)"', page)
    assert token
    form = aiohttp.FormData({"csrf": token[1]}, default_to_multipart=True)
    for name, value in fields.items():
        file = (
            {"filename": "a.pdf", "content_type": "application/pdf"} if name == "document" else {}
        )
        form.add_field(name, value, **file)
    answer = await browser.send(HERE, form)  # type: ignore[arg-type]
    return answer.status, answer.headers.get("Location", ""), await answer.text()


async def test_what_a_gendarme_brought_goes_to_the_desk_and_nowhere_else(
    signed_in: SignedIn,
    engine: AsyncEngine,
    owner: AsyncEngine,
    role_url: Callable[[Component], str],
    keyring: Keyring,
    clock: FixedClock,
) -> None:
    """A numbered receipt with the act's digest; the content is sealed in the database, refused to
    the console's role, read by the desk's, which says that it took it in; the audit tells none."""
    agent = await signed_in(Role.AGENT)
    status, where, _ = await hand_on(
        agent, authority=WHO, reference="PV 12", known="192.0.2.10 port 40112", document=ACT
    )
    assert status == 303
    _, receipt = await agent.get(where.removeprefix("/console"))
    assert f"T-{clock.now().year}-0001" in receipt
    for secret in ("Suspect", WHO, "192.0.2.10", "PV 12"):
        assert secret not in receipt
    second = await hand_on(agent, authority=WHO, known="autre")
    _, again = await agent.get(HERE)
    assert second[0] == 303
    assert f"T-{clock.now().year}-0002" in again
    assert WHO not in again

    async with owner.connect() as db:
        lines = str((await db.execute(select(tables.audit_entry))).all())
        kept = str((await db.execute(select(tables.transmission))).all())
    assert "requisition.transmitted" in lines
    for secret in ("Suspect", base64.b64encode(ACT).decode(), WHO):
        assert secret not in lines
        assert secret not in kept
    async with engine.connect() as db:
        with pytest.raises(ProgrammingError, match="permission denied"):
            await db.execute(text("SELECT content_sealed FROM live.transmission"))

    desk = open_engine(role_url(Component.DESK))
    async with desk.begin() as db:
        first, *rest = await load_waiting(db)
        content = await read_content(db, first.id, keyring.open)
        assert (content.document, content.authority, len(rest)) == (ACT, WHO, 1)
        assert await take_in(db, first.id, "anne.garde", clock.now())
        assert not await take_in(db, first.id, "bruno.garde", clock.now())
        assert [one.id for one in await load_waiting(db)] == [rest[0].id]
    await desk.dispose()
    _, after = await agent.get(HERE)
    assert "pris en charge" in after

    mediator = await signed_in(Role.MEDIATOR)
    assert "T-" not in words_on((await mediator.get(HERE))[1])
    assert (await mediator.get(where.removeprefix("/console")))[0] == 404


async def test_what_cannot_be_handed_on_is_said_beside_what_was_typed(signed_in: SignedIn) -> None:
    """Nobody named, nothing asked, a file that is no scan, a place of somebody else's."""
    agent = await signed_in(Role.AGENT)
    status, _, page = await hand_on(agent, reference="PV 13")
    assert status == 422
    assert "Écrivez qui est venu" in page
    assert "Joignez l&#39;acte" in page
    assert 'value="PV 13"' in page
    _, _, page = await hand_on(agent, authority=WHO, document=b"<html>")
    assert "doit être un fichier PDF" in page
    _, _, page = await hand_on(agent, authority=WHO, known="x", site="mairie-inconnue")
    assert "Choisissez un lieu" in page
