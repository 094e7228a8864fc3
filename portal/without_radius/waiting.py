"""Who was let in at a gateway that comes and asks, and has not been told so yet.

    guest admitted -> row of live.waiting -> memory of each portal (NOTIFY) -> a poll's answer
                                                        acknowledged: row, session, "connected"

A poll is answered from memory, without a query: a thousand gateways ask two hundred times a second
whether anything is new, and nearly always nothing is. The rows are the truth: a portal that starts
reads them, and of several each hears of a change by NOTIFY and reads them again, a second later at
most. What a gateway has not fetched within two minutes is forgotten: its guest has gone, or reads
that the gateway does not answer. An acknowledgement that comes while the database is away is kept
and written once it is back; the gateway says it only once.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final
from uuid import UUID

import asyncpg.pool
import structlog

from portal.records import AWAY, DEADLINE_SECONDS, Pool, Row, reaching
from portal.without_radius.sessions import START, Beginning, Days
from territory.errors import Unavailable
from territory.identifiers import MacAddress

LIFETIME: Final = timedelta(minutes=2)
"""So long a gateway may let a guest wait."""
KEPT: Final = timedelta(minutes=10)
"""So long a row is kept: its guest may still look."""
MOST_UNWRITTEN: Final = 1_000
CHANNEL: Final = "waiting"
_BETWEEN_SECONDS: Final = 1.0
"""Between two readings, however much changes."""
_REFRESH_SECONDS: Final = 30.0

_INSERT: Final = """
    INSERT INTO live.waiting (token, gateway_id, admission_id, device, address, rights, asked_at)
    VALUES ($1, $2, $3, $4::text::macaddr, $5::text::inet, $6, $7)
    ON CONFLICT (token) DO UPDATE SET admission_id = excluded.admission_id,
        rights = excluded.rights, asked_at = excluded.asked_at, acknowledged_at = NULL
"""
_ALL: Final = """
    SELECT token, gateway_id, admission_id, device::text AS device, host(address) AS address,
        rights, asked_at, acknowledged_at
    FROM live.waiting WHERE asked_at > $1 ORDER BY asked_at, token
"""
_ACKNOWLEDGE: Final = f"""
    WITH news AS (
        UPDATE live.waiting SET acknowledged_at = $7 WHERE token = $8 AND acknowledged_at IS NULL
        RETURNING token
    )
    SELECT {START} FROM news
"""  # noqa: S608 - this module's own words; every value is a parameter
_FORGET: Final = "DELETE FROM live.waiting WHERE asked_at <= $1"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Awaited:
    """One guest who waits for their gateway."""

    token: str
    """The gateway's own name of the client (rhid)."""
    gateway_id: UUID
    """Who is to be told."""
    admission_id: UUID
    """The right it goes by."""
    device: MacAddress
    """Whose."""
    rights: str
    """As the gateway is told them."""
    asked_at: datetime
    """Since."""
    address: str = ""
    """Its private address, where told."""
    acknowledged_at: datetime | None = None
    """The gateway let it in; None: not yet."""

    @property
    def beginning(self) -> Beginning:
        """The session that its acknowledgement begins."""
        return Beginning(self.gateway_id, self.admission_id, self.device, self.token, self.address)


class Stand(Enum):
    """Where a guest who waits stands."""

    WAITING = auto()
    """The gateway will be told when it next asks."""
    ACKNOWLEDGED = auto()
    """It said that it lets them through."""
    SILENT = auto()
    """It has not asked for too long, or did not let them in when told."""


class Waiting:
    """All of them, in this process's memory."""

    def __init__(self) -> None:
        self._at: dict[UUID, dict[str, Awaited]] = {}
        self._unwritten: dict[str, tuple[Awaited, datetime]] = {}
        self._is_away = False

    def put(self, awaited: Awaited) -> None:
        """Add one that was just written."""
        self._at.setdefault(awaited.gateway_id, {})[awaited.token] = awaited

    def replace_all(self, all_of_them: Iterable[Awaited]) -> None:
        """Take what was just read for all there are; what is not written yet stays acknowledged."""
        self._at = {}
        for each in (*all_of_them, *(unwritten for unwritten, _ in self._unwritten.values())):
            self.put(each)

    def of(self, gateway_id: UUID, now: datetime) -> list[Awaited]:
        """Return whom a gateway is to let in, the oldest first."""
        found = [
            each
            for each in self._at.get(gateway_id, {}).values()
            if each.acknowledged_at is None and now - each.asked_at < LIFETIME
        ]
        return sorted(found, key=lambda each: each.asked_at)

    def acknowledge(self, gateway_id: UUID, tokens: Iterable[str], now: datetime) -> list[Awaited]:
        """Note which of a gateway's guests it let in; return those of which that is news."""
        news: list[Awaited] = []
        for token in tokens:
            known = self._at.get(gateway_id, {}).get(token)
            if known and known.acknowledged_at is None:
                news.append(replace(known, acknowledged_at=now))
                self.put(news[-1])
        return news

    def stand(self, gateway_id: UUID, admission_id: UUID, now: datetime) -> Stand:
        """Return where the guest of an admission stands at a gateway."""
        waiting = self._at.get(gateway_id, {}).values()
        found = [each for each in waiting if each.admission_id == admission_id]
        if not found:
            return Stand.SILENT
        last = max(found, key=lambda each: each.asked_at)
        if last.acknowledged_at is not None:
            return Stand.ACKNOWLEDGED
        return Stand.SILENT if now - last.asked_at >= LIFETIME else Stand.WAITING

    async def write(
        self, pool: Pool, days: Days, acknowledged: Iterable[Awaited], now: datetime
    ) -> None:
        """Record acknowledgements and begin their sessions, these and those still unwritten.

        What the database does not take now is kept for `write` to be called again.
        """
        for each in acknowledged:
            if len(self._unwritten) < MOST_UNWRITTEN:
                self._unwritten[each.token] = (each, now)
        for token, (each, at) in list(self._unwritten.items()):
            try:
                await _acknowledge(pool, days, each, at)
            except Unavailable as failure:
                log.warning("waiting.unwritten", cause=type(failure.__cause__).__name__)
                return
            self._unwritten.pop(token, None)

    async def refresh(self, pool: Pool, now: datetime) -> None:
        """Read every row again.

        Raises:
            Unavailable: the database is away; what is known then stands.
        """
        self.replace_all(await _load(pool, now - KEPT))

    async def follow(self, pool: Pool, days: Days, now: Callable[[], datetime]) -> None:
        """Keep them current until cancelled; an outage is logged once, and its end."""
        while True:
            try:
                async with pool.acquire(timeout=DEADLINE_SECONDS) as connection:
                    await self._follow_on(connection, pool, days, now)
            except (*AWAY, Unavailable) as fault:
                if not self._is_away:
                    log.warning("waiting.away", cause=type(fault).__name__)
                self._is_away = True
                await asyncio.sleep(_BETWEEN_SECONDS)

    async def _follow_on(
        self,
        connection: "asyncpg.pool.PoolConnectionProxy[Row]",
        pool: Pool,
        days: Days,
        now: Callable[[], datetime],
    ) -> None:
        changed = asyncio.Event()

        def notified(*_notification: object) -> None:
            changed.set()

        await connection.add_listener(CHANNEL, notified)
        try:
            while not connection.is_closed():
                changed.clear()
                await self.refresh(pool, now())
                await self.write(pool, days, (), now())
                if self._is_away:
                    log.info("waiting.back")
                self._is_away = False
                await asyncio.sleep(_BETWEEN_SECONDS)
                await _within(changed, _REFRESH_SECONDS)
        finally:
            if not connection.is_closed():
                await connection.remove_listener(CHANNEL, notified)


@reaching
async def record_waiting(pool: Pool, awaited: Awaited) -> None:
    """Write one who waits; asked again, they wait from now on."""
    await pool.execute(
        _INSERT,
        awaited.token,
        awaited.gateway_id,
        awaited.admission_id,
        str(awaited.device),
        awaited.address or None,
        awaited.rights,
        awaited.asked_at,
        timeout=DEADLINE_SECONDS,
    )


@reaching
async def forget_waiting(pool: Pool, now: datetime) -> None:
    """Delete the rows nobody needs any more."""
    await pool.execute(_FORGET, now - KEPT, timeout=DEADLINE_SECONDS)


@reaching
async def _acknowledge(pool: Pool, days: Days, awaited: Awaited, at: datetime) -> None:
    """Note it and begin its session, both or neither, and once whoever else hears it."""
    await days.ensure(pool, at.date())
    arguments = awaited.beginning.arguments(at)
    await pool.execute(_ACKNOWLEDGE, *arguments, awaited.token, timeout=DEADLINE_SECONDS)


@reaching
async def _load(pool: Pool, since: datetime) -> list[Awaited]:
    return [_awaited(row) for row in await pool.fetch(_ALL, since, timeout=DEADLINE_SECONDS)]


def _awaited(row: Row) -> Awaited:
    fields: Mapping[str, object] = dict(row)
    named = {**fields, "device": MacAddress.parse(row["device"]), "address": row["address"] or ""}
    return Awaited(**named)  # type: ignore[arg-type]


async def _within(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
