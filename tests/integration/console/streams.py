"""Reading a stream of server-sent events as a browser does, and writing what makes one."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import aiohttp
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from territory.database import tables
from tests.integration.console.ground import Territory

PATIENCE_SECONDS = 90.0


@dataclass(frozen=True, slots=True)
class Heard:
    """One event."""

    name: str
    id: str
    told: dict[str, Any]
    text: str
    """As it came."""


class Stream:
    """An open stream."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self.answer = answer

    async def next(self, *names: str) -> Heard:
        """The next event, of these names where any are given."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                heard = await self._one()
                if heard.name in names or not names:
                    return heard

    async def _one(self) -> Heard:
        fields: dict[str, str] = {}
        while (line := (await self.answer.content.readline()).decode()) not in {"\r\n", ""}:
            name, _, value = line.strip().partition(": ")
            fields[name] = value
        if not fields.get("event"):
            if not line:
                raise EOFError
            return await self._one()
        text = fields["data"]
        return Heard(fields["event"], fields.get("id", ""), json.loads(text), text)

    async def until(self, holds: Callable[[Heard], bool]) -> list[Heard]:
        """All events until one holds, which is the last."""
        heard = [await self.next()]
        while not holds(heard[-1]):
            heard.append(await self.next())
        return heard


@asynccontextmanager
async def streaming(
    session: aiohttp.ClientSession, address: str, last_id: str = ""
) -> AsyncIterator[Stream]:
    """Open a stream, and close it."""
    headers = {"Last-Event-ID": last_id} if last_id else {}
    async with session.get(address, headers=headers, allow_redirects=False) as answer:
        yield Stream(answer)


async def judge(owner: AsyncEngine, radio: str, state: str, now: datetime) -> None:
    """Write what supervision writes when an access point's state is another: state and change."""
    async with owner.begin() as db:
        found = await _radio(db, radio)
        before = tables.equipment_state.c
        mine = before.equipment_id == found["id"]
        previous = (await db.execute(select(before.state).where(mine))).scalar()
        told = {"state": state, "reason_code": "silent", "since": now, "checked_at": now}
        await db.execute(update(tables.equipment_state).where(mine).values(**told))
        await db.execute(
            insert(tables.state_change).values(
                id=uuid4(),
                kind="access_point",
                equipment_id=found["id"],
                site_id=found["site_id"],
                previous=previous,
                state=state,
                reason="silent",
                consequence=False,
                planned=False,
                at=now,
                evidence={},
            )
        )


async def add_samples(db: AsyncConnection, made: Territory, now: datetime) -> None:
    """A day of samples of every site, a session more each hour."""
    moments = [now - timedelta(minutes=5 * number) for number in range(287)]
    rows = [
        {"site_id": site, "at": at, "open_sessions": at.hour, "state": "up"}
        for site in made.sites.values()
        for at in moments
    ]
    await db.execute(insert(tables.site_sample), rows)


async def _radio(db: AsyncConnection, code: str) -> Any:
    radio = tables.access_point.c
    query = select(radio.id, radio.site_id).where(radio.code == code)
    return (await db.execute(query)).mappings().one()
