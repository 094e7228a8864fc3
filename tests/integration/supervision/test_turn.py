"""Two supervisions on one base: one works, the other stands by."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import count, takewhile

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from supervision import turn
from supervision.turn import Turn
from territory.database.components import Component
from territory.database.connect import open_engine
from territory.database.locks import Lock
from territory.errors import Unavailable

WAIT_SECONDS = 60.0
SELDOM_SECONDS = 3_600.0
_CUT = text(
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE objid = :lock AND granted"
    " AND locktype = 'advisory'"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
"""Of this database alone: other tests' supervisions have theirs on the same server."""
RoleUrl = Callable[[Component], str]


@dataclass(frozen=True, slots=True)
class Supervision:
    """One of them: its engine and its turn."""

    engine: AsyncEngine
    turn: Turn


@asynccontextmanager
async def one(url: str) -> AsyncIterator[Supervision]:
    """A supervision that may ask for its turn."""
    engine = open_engine(url)
    asking = Turn(engine)
    try:
        yield Supervision(engine, asking)
    finally:
        await asking.ends()
        await engine.dispose()


@pytest.fixture
async def two(
    role_url: RoleUrl, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Supervision, Supervision]]:
    """Two of one base; the first has its turn."""
    monkeypatch.setattr(turn, "_LOOK_SECONDS", 0.05)
    async with AsyncExitStack() as stack:
        url = role_url(Component.SUPERVISION)
        first, second = [await stack.enter_async_context(one(url)) for _ in range(2)]
        async with asyncio.timeout(WAIT_SECONDS):
            await first.turn.comes(SELDOM_SECONDS)
        yield first, second


async def cut(database_url: str) -> None:
    """End the connection that holds the lock."""
    engine = open_engine(database_url)
    async with engine.connect() as owner:
        held = (await owner.execute(_CUT, {"lock": Lock.SUPERVISION & 0xFFFFFFFF})).all()
    await engine.dispose()
    assert len(held) == 1


async def test_who_stands_by_takes_over_from_who_ends(
    two: tuple[Supervision, Supervision],
) -> None:
    """Not before; and then it is the one at work."""
    first, second = two
    coming = asyncio.create_task(second.turn.comes(0.05))
    done, _ = await asyncio.wait([coming], timeout=1.0)
    assert not done
    await first.turn.ends()
    async with asyncio.timeout(WAIT_SECONDS):
        await coming
    again = asyncio.create_task(first.turn.comes(0.05))
    done, _ = await asyncio.wait([again], timeout=1.0)
    assert not done
    again.cancel()


async def test_a_lost_connection_changes_nobodys_turn(
    two: tuple[Supervision, Supervision], database_url: str
) -> None:
    """Who was at work takes the lock again, before anybody who stands by looks."""
    first, second = two
    lasting = asyncio.create_task(first.turn.lasts())
    before = first.turn._held
    await cut(database_url)
    async with asyncio.timeout(WAIT_SECONDS):
        for _ in takewhile(lambda _: first.turn._held in (before, None), count()):
            await asyncio.sleep(0.01)
    assert not lasting.done()
    assert await second.turn._is_anothers()
    lasting.cancel()


async def test_where_another_was_quicker_the_first_ends(
    two: tuple[Supervision, Supervision], database_url: str
) -> None:
    """Its process ends, and stands by once it is started again."""
    first, second = two
    await cut(database_url)
    async with asyncio.timeout(WAIT_SECONDS):
        await second.turn.comes(0.01)
        with pytest.raises(Unavailable, match="another supervision"):
            await first.turn.lasts()


async def test_without_the_database_nobody_waits() -> None:
    """It is asked again and again, meanwhile the rounds go on."""
    async with one("postgresql://socle_supervision@127.0.0.1:1/socle") as alone:
        async with asyncio.timeout(WAIT_SECONDS):
            await alone.turn.comes(SELDOM_SECONDS)
        lasting = asyncio.create_task(alone.turn.lasts())
        done, _ = await asyncio.wait([lasting], timeout=0.5)
        assert not done
        lasting.cancel()
