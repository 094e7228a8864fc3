"""A gateway under load: sessions one after another, and which of their records were acknowledged.

What is not answered is sent again, the same octets under the same Identifier, as any NAS does: a
server that lives must know them again, and whatever is recorded twice was recorded twice by it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count, takewhile

import asyncpg

from tests.servers.radius import Credential, Nas, Reply, report

DEVICE = "8A-56-7E-F9-10-E4"
START, STOP, INTERIM = 1, 2, 3
STEPS = ((START, 0), (INTERIM, 60), (INTERIM, 120), (STOP, 180))
"""Each session's records: Acct-Status-Type, Acct-Session-Time."""
AT_ONCE = 24
WAIT_SECONDS = 90.0

Told = tuple[str, int]
"""A record: its session, the session's age."""

_KEPT = """
select session.acct_session_id, event.session_seconds
from source.event join live.session using (session_key)
where session.acct_session_id like $1 || '-%'
order by event.xmin::text::bigint, event.session_seconds
"""
"""By transaction: within one, there is no order."""


@dataclass
class GatewayLoad:
    """Records sent, and those acknowledged."""

    name: str
    """Its sessions begin with it."""
    credential: Credential
    acknowledged: list[Told] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=count)

    @asynccontextmanager
    async def on(self, port: int) -> AsyncIterator[None]:
        """Keep sending to a port inside the block; what is unanswered after it stays so."""
        async with Nas(port) as nas:
            tasks = [asyncio.create_task(self._serve(nas)) for _ in range(AT_ONCE)]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def until(self, acknowledged: int) -> None:
        """Return once so many more are acknowledged."""
        wanted = len(self.acknowledged) + acknowledged
        async with asyncio.timeout(WAIT_SECONDS):
            for _ in takewhile(lambda _: len(self.acknowledged) < wanted, count()):
                await asyncio.sleep(0.002)

    async def _serve(self, nas: Nas) -> None:
        while True:
            session = f"{self.name}-{next(self._numbers)}"
            for status, seconds in STEPS:
                attributes = report(status, session, self.credential, DEVICE, seconds=seconds)
                packet = nas.accounting_request(attributes)
                octets = await nas.insist(packet)
                reply = Reply.verified(octets, packet[4:20], nas.secret)
                assert reply.code == 5
                self.acknowledged.append((session, seconds))


async def check_exactly_once(load: GatewayLoad, owner_url: str) -> None:
    """Hold the database to what was acknowledged.

    Raises:
        AssertionError: an acknowledged record is missing, one is doubled, or order was lost.
    """
    connection = await asyncpg.connect(owner_url)
    try:
        rows = await connection.fetch(_KEPT, load.name)
        ends = await connection.fetch("select acct_session_id, ended_at from live.session")
    finally:
        await connection.close()
    kept: list[Told] = [(row["acct_session_id"], row["session_seconds"]) for row in rows]
    assert set(load.acknowledged) <= set(kept), "missing"
    assert len(kept) == len(set(kept)), "doubled"
    ages: dict[str, int] = {}
    for session, seconds in kept:
        assert seconds >= ages.get(session, 0), "out of order"
        ages[session] = seconds
    ended = {row["acct_session_id"] for row in ends if row["ended_at"]}
    assert ended >= {session for session, seconds in load.acknowledged if seconds == 180}
