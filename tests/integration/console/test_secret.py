"""A technician renews a NAS's secret from the console: two steps; RADIUS does as the page says."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from radius.exchange import ACCESS
from radius.server import Server
from territory.access.roles import Role
from territory.application.nas_trust import read_secrets
from territory.application.writing import Authority
from territory.database.components import Component
from territory.database.tables import audit_entry, nas
from tests.integration.console.ground import Browser, SignedIn, Territory
from tests.integration.radius.conftest import WAIT_SECONDS
from tests.servers.radius import Nas, attribute, running_radius
from tests.servers.territory import SHARED_SECRET

CODE = "mairie-commercy-nas"
WHERE = f"/equipements/{CODE}/secret"
REJECT = 3


@pytest.fixture
async def radius(
    owner: AsyncEngine,
    made: Territory,
    role_url: Callable[[Component], str],
    keyring: Any,
    clock: Any,
) -> AsyncIterator[Server]:
    """The RADIUS server on the console's database; the NAS calls from this machine."""
    values = {"source_address": "127.0.0.1", "shared_secret_sealed": keyring.seal(SHARED_SECRET)}
    async with owner.begin() as db:
        await db.execute(update(nas).values(shared_secret_sealed=keyring.seal("x" * 24)))
        await db.execute(update(nas).where(nas.c.code == CODE).values(values))
    async with running_radius(role_url(Component.RADIUS), keyring, clock) as server:
        yield server


@pytest.fixture
async def technician(signed_in: SignedIn) -> Browser:
    """A technician's browser."""
    return await signed_in(Role.TECHNICIAN)


async def step(browser: Browser, name: str, **more: str) -> int:
    """Press a step's button; return the answer's status."""
    return (await browser.post(WHERE, {"step": name, **more})).status


async def known(server: Server, *, rotating: bool) -> None:
    """Return once RADIUS knows of the renewal, or of its end."""
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            found = server.directory.at("127.0.0.1")
            if found and (found.other_secret is not None) is rotating:
                return
            await asyncio.sleep(0.01)


def guess(caller: Nas) -> bytes:
    """A signed request that is refused: an answer proves that the secret was right."""
    return caller.access_request(attribute(1, "x") + attribute(31, "8A-56-7E-F9-10-E4"))


async def audited(owner: AsyncEngine, made: Territory) -> list[str]:
    """The steps the technician took, as the audit log has them."""
    lines = select(audit_entry.c.action).where(
        audit_entry.c.subject == CODE,
        audit_entry.c.operator_id == made.operators["technician"].id,
    )
    async with owner.connect() as db:
        return list(await db.scalars(lines.order_by(audit_entry.c.number)))


async def test_two_secrets_then_the_next_alone(
    technician: Browser,
    radius: Server,
    owner: AsyncEngine,
    made: Territory,
    keyring: Any,
    clock: Any,
) -> None:
    """Begun: RADIUS takes both, and the old one stays while it is in use. Heard under the next:
    the old one goes. No page shows a secret, each step is an audit line by name.
    """
    assert "Commencer" in (await technician.get(WHERE))[1]
    assert await step(technician, "begin") == 303
    await known(radius, rotating=True)
    async with owner.begin() as db:
        said = Authority("test", "nas", clock.now())
        secrets = await read_secrets(db, keyring, CODE, said)
    assert secrets.coming is not None
    async with (
        Nas(radius.port(ACCESS), secrets.present.encode()) as old,
        Nas(radius.port(ACCESS), secrets.coming.encode()) as renewed,
    ):
        assert (await old.ask(guess(old))).code == REJECT
        assert await step(technician, "finish") == 422
        clock.advance(seconds=1)
        assert (await renewed.ask(guess(renewed))).code == REJECT
        await radius.sightings.flush()
        _, page = await technician.get(WHERE)
        assert "La passerelle se sert du nouveau secret" in page
        assert not any(secret in page for secret in (secrets.present, secrets.coming))
        assert await step(technician, "finish") == 303
        await known(radius, rotating=False)
        assert await old.is_silent(guess(old))
        assert (await renewed.ask(guess(renewed))).code == REJECT
    assert await audited(owner, made) == ["nas.rotation_begun", "nas.rotation_finished"]


async def test_what_cannot_be_now_changes_nothing(
    technician: Browser, owner: AsyncEngine, made: Territory, keyring: Any
) -> None:
    """A button pressed twice, an end without a beginning, a step nobody knows: said, not done; the
    old secret goes unheard only on the technician's word, or stays.
    """
    for name in ("finish", "abandon", "destroy"):
        assert await step(technician, name) == 422
    assert await step(technician, "begin") == 303
    assert await step(technician, "begin") == 422
    assert await step(technician, "abandon") == 303
    assert await step(technician, "begin") == 303
    assert await step(technician, "finish") == 422
    assert await step(technician, "finish", even_unseen="yes") == 303
    async with owner.connect() as db:
        row = (await db.execute(select(nas).where(nas.c.code == CODE))).mappings().one()
    assert len(keyring.open(row["shared_secret_sealed"])) >= 24
    assert (row["next_secret_sealed"], row["rotation_began_at"]) == (None, None)
    begun, ended = "nas.rotation_begun", "nas.rotation_finished"
    assert await audited(owner, made) == [begun, "nas.rotation_abandoned", begun, ended]


async def test_a_certificate_is_no_secret(
    technician: Browser, owner: AsyncEngine, made: Territory
) -> None:
    """By RadSec there is nothing to renew, and nothing is."""
    named = {"source_address": None, "tls_name": "mairie.example"}
    async with owner.begin() as db:
        await db.execute(update(nas).where(nas.c.code == CODE).values(named))
    assert "Son certificat se remplace" in (await technician.get(WHERE))[1]
    assert (await technician.post(WHERE, {"step": "begin"}, form_at="/")).status == 422
    assert await audited(owner, made) == []


async def test_the_portal_reads_no_secret(engine: AsyncEngine, made: Territory) -> None:
    """It seals the next one, and may not look at what is kept."""
    async with engine.connect() as db:
        with pytest.raises(ProgrammingError, match="permission denied"):
            await db.execute(select(nas.c.next_secret_sealed))
