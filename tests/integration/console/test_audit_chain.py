"""The audit log in PostgreSQL and the chain as we recompute it are one thing."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from portal.console.audit_log import check_chain
from territory.access.audit import Act, append, canonical, load_entries
from territory.access.roles import Role
from tests.conftest import FixedClock
from tests.integration.console.ground import SignedIn, Territory

AWKWARD = {"text": 'é "quoted" \\ ☕ \u2028', "number": 1.50, "deep": {"b": 1, "a": [None, True]}}


async def test_postgresql_and_python_agree_on_every_line(
    engine: AsyncEngine, owner: AsyncEngine, clock: FixedClock
) -> None:
    """The canonical text and the digest, for accents, nested JSON and no operator at all."""
    async with engine.begin() as db:
        for number, who in enumerate((None, uuid4(), None)):
            at = clock.now() + timedelta(microseconds=number)
            act = Act("test.done", f"sujet {number} ☕", AWKWARD if number else {})
            assert await append(db, at, who, "essai", act) == number + 1
    async with owner.connect() as db:
        theirs = (
            await db.execute(text("SELECT audit.canonical(e) FROM audit.entry e ORDER BY number"))
        ).scalars()
        entries = await load_entries(db)
        assert [canonical(entry) for entry in entries] == list(theirs)
        assert (await check_chain(db)).broken_at is None


async def test_twenty_at_once_make_one_chain(
    engine: AsyncEngine, owner: AsyncEngine, clock: FixedClock
) -> None:
    """Numbers without a gap, each line after the one before, whoever writes."""

    async def write(number: int) -> int:
        async with engine.begin() as db:
            return await append(db, clock.now(), None, "essai", Act("test.done", str(number), {}))

    numbers = await asyncio.gather(*(write(number) for number in range(20)))
    assert sorted(numbers) == list(range(1, 21))
    async with owner.connect() as db:
        assert (await check_chain(db)).checked == 20


async def test_an_act_that_fails_leaves_no_line(
    engine: AsyncEngine, owner: AsyncEngine, clock: FixedClock
) -> None:
    """The line lives and dies with the transaction of its act."""
    async with engine.connect() as db:
        await append(db, clock.now(), None, "essai", Act("test.done", "", {}))
        await db.rollback()
    async with owner.connect() as db:
        assert await load_entries(db) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit.entry SET actor = 'nobody'",
        "DELETE FROM audit.entry",
        "TRUNCATE audit.entry",
        "INSERT INTO audit.entry SELECT * FROM audit.entry",
    ],
)
async def test_the_portal_can_only_append(
    engine: AsyncEngine, clock: FixedClock, statement: str
) -> None:
    """Its role may not even try."""
    async with engine.begin() as db:
        await append(db, clock.now(), None, "essai", Act("test.done", "", {}))
    with pytest.raises(DBAPIError):
        async with engine.begin() as db:
            await db.execute(text(statement))


async def test_the_page_shows_where_the_chain_was_broken(
    owner: AsyncEngine, database_url: str, made: Territory, signed_in: SignedIn
) -> None:
    """Even the database's owner, who can lift the trigger, leaves a trace."""
    dpo = await signed_in(Role.DPO)
    _, sound = await dpo.get("/journal")
    assert "La chaîne tient." in sound
    connection = await asyncpg.connect(database_url)
    await connection.execute("ALTER TABLE audit.entry DISABLE TRIGGER ALL")
    await connection.execute("UPDATE audit.entry SET subject = 'x' WHERE number = 3")
    await connection.close()
    _, broken = await dpo.get("/journal")
    assert "La chaîne est rompue à la ligne 3." in broken


async def test_the_log_is_read_a_page_at_a_time(
    engine: AsyncEngine, signed_in: SignedIn, clock: FixedClock
) -> None:
    """Fifty lines, the latest first; older ones on the next page; odd numbers do no harm."""
    async with engine.begin() as db:
        for number in range(120):
            await append(db, clock.now(), None, "essai", Act("test.done", f"ligne-{number}", {}))
    administrator = await signed_in(Role.ADMINISTRATOR)
    _, first = await administrator.get("/journal")
    assert ("ligne-119" in first, "ligne-60<" in first) == (True, False)
    older = first.split("?avant=")[1].split('"')[0]
    _, second = await administrator.get(f"/journal?avant={older}")
    assert ("ligne-119" in second, "ligne-60<" in second) == (False, True)
    for odd in ("0", "-1", "abc", "9" * 30, "١٢"):
        assert (await administrator.get(f"/journal?avant={odd}"))[0] == 200
