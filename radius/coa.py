"""Commands about sessions: from a row of `live.command` to the NAS, and the answer back.

    written -> NOTIFY -> claimed by lease -> sessions read -> line to each NAS -> result in the row

A command is taken within milliseconds of being written (`territory.database.commands`), by one of
however many RADIUS servers there are; every second each looks by itself too. A NAS that is silent
holds no connection and nobody but who asks the same NAS (`coa_lines.py`). Each command gets a
result: `closed`, `changed`, `refused` (with the NAS's Error-Cause), `no-answer` or `impossible`,
and `words` says it in French. Nothing is sent after its deadline: whoever asked has been told that
it failed. A server that ends leaves its leases to lapse, and another asks again: both requests are
harmless twice.

Sessions at gateways without RADIUS are the portal's to end: it answers for those first, and leaves
what came of them in the command (`live.is_for_portal`).

A device that central web authentication holds may have no session yet: the command then names the
NAS and the device itself (`Kind.REAUTHENTICATE`).
"""

import asyncio
import json
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import asyncpg
import structlog

from radius.coa_counters import CoaCounters
from radius.coa_lines import Line, Lines, OpenWire, Request, TooManyWaiting, over_udp
from radius.coa_packets import Answer, Ask, SessionNames, encode_change, encode_names
from radius.coa_sessions import (
    GONE,
    NO_CHANGE,
    NO_NAS,
    NO_REAUTHENTICATION,
    NO_RIGHTS,
    NONE_OPEN,
    OVER,
    TOO_LATE,
    TOO_MANY,
    OpenSession,
    result_of,
    silent_brand,
)
from radius.coa_statements import CLAIM, FINISH, RELEASE, RENEW, SESSIONS
from radius.coa_watcher import Watcher
from radius.dialects import Dialect, dialect_of
from radius.error_causes import NOT_OFFERED, UNSUPPORTED_ATTRIBUTE, cause_label
from radius.nas import Nas
from radius.nas_directory import NasDirectory
from radius.outages import AWAY, Outage
from radius.rights import encode_rights
from radius.rulebook import slowed
from territory.clock import Clock
from territory.database.commands import (
    CHANNEL,
    Kind,
    Outcome,
    Presentation,
    Result,
    Target,
    together,
)

_LOOK_SECONDS: Final = 1.0
_BARE_SECONDS: Final = 3.0
_LEFT_SECONDS: Final = 3.0
_RENEW_SECONDS: Final = 10.0
_LEASE: Final = timedelta(seconds=30)
_AT_ONCE: Final = 5_000
"""Commands under way in this process: each is a small task that waits, none a connection."""
_SESSIONS_AT_MOST: Final = 2_000
"""Sessions of one command."""

if TYPE_CHECKING:
    Connection = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Command:
    """What was asked."""

    id: UUID
    kind: Kind
    payload: dict[str, Any]
    deadline: datetime


class Coa:
    """Works off what is asked of the NAS."""

    def __init__(
        self,
        pool: "asyncpg.Pool[asyncpg.Record]",
        directory: NasDirectory,
        clock: Clock,
        host: str,
        ways: Sequence[OpenWire] = (),
    ) -> None:
        """`host`: where this server listens; `ways` are tried before UDP."""
        self._pool = pool
        self._directory = directory
        self._clock = clock
        self.counters = CoaCounters()
        self._lines = Lines((*ways, over_udp(host)), self.counters)
        self._watcher = Watcher(pool, directory, clock)
        self._under_way: set[UUID] = set()
        self._elsewhere: dict[UUID, float] = {}
        self._news = asyncio.Event()
        self._outage = Outage("coa")
        self.counters.gauges["commands"] = ("Commands under way.", lambda: len(self._under_way))

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._listen())
                tasks.create_task(self._keep_leases())
                tasks.create_task(self._watcher.run())
                while True:
                    self._news.clear()
                    for command in await self._claim():
                        self._under_way.add(command.id)
                        tasks.create_task(self._work_off(command))
                    await self._wait()
        finally:
            self._lines.close()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                await self._news.wait()
        except TimeoutError:
            self._lines.close_idle()

    async def _listen(self) -> None:
        """Hear of new commands; while the database is away nobody writes any."""
        while True:
            try:
                async with self._pool.acquire() as connection:
                    await self._hear_until_it_ends(connection)
            except AWAY as fault:
                self._outage.lasts(fault)
            await asyncio.sleep(_LOOK_SECONDS)

    async def _hear_until_it_ends(self, connection: "Connection") -> None:
        gone = asyncio.Event()

        def end(_connection: object) -> None:
            gone.set()

        connection.add_termination_listener(end)
        await connection.add_listener(CHANNEL, self._hear)
        try:
            await gone.wait()
        finally:
            connection.remove_termination_listener(end)
            if not connection.is_closed():
                await connection.remove_listener(CHANNEL, self._hear)

    def _hear(self, *_notification: object) -> None:
        self._news.set()

    async def _claim(self) -> list[Command]:
        room = _AT_ONCE - len(self._under_way)
        if room <= 0:
            return []
        now = self._clock.now()
        try:
            arguments = (now, now + _LEASE, list(Kind), room, self._left_to_others())
            rows = await self._pool.fetch(CLAIM, *arguments)
        except AWAY as fault:
            self._outage.lasts(fault)
            return []
        self._outage.is_over()
        rows.sort(key=lambda row: row["requested_at"])
        return [
            Command(row["id"], Kind(row["kind"]), _payload(row["payload"]), row["deadline"])
            for row in rows
        ]

    def _left_to_others(self) -> list[UUID]:
        """Return the commands whose NAS is connected to another server, or to none yet."""
        now = asyncio.get_running_loop().time()
        for command_id, until in list(self._elsewhere.items()):
            if until <= now:
                del self._elsewhere[command_id]
        return list(self._elsewhere)

    async def _keep_leases(self) -> None:
        while True:
            await asyncio.sleep(_RENEW_SECONDS)
            if not self._under_way:
                continue
            try:
                until = self._clock.now() + _LEASE
                await self._pool.execute(RENEW, list(self._under_way), until)
            except AWAY as fault:
                self._outage.lasts(fault)

    async def _work_off(self, command: Command) -> None:
        try:
            result = await self._result(command)
            if result is None:
                until = asyncio.get_running_loop().time() + _LEFT_SECONDS
                self._elsewhere[command.id] = until
                await self._pool.execute(RELEASE, command.id)
                return
            now = self._clock.now()
            await self._pool.execute(FINISH, command.id, result.as_json(), now)
        except AWAY as fault:
            self._outage.lasts(fault)
            return
        finally:
            self._under_way.discard(command.id)
        log.info(
            "coa.done",
            command=str(command.id),
            kind=command.kind.value,
            outcome=result.outcome.value,
            error_cause=result.error_cause,
            sessions=result.sessions,
        )

    async def _result(self, command: Command) -> Result | None:
        """Return what came of it; None: its NAS is connected to another server, or to none."""
        if command.kind is Kind.REAUTHENTICATE:
            return await self._reauthenticate(command)
        target = Target.read(command.payload)
        if not target.payload():
            return GONE
        rows = await self._pool.fetch(
            SESSIONS,
            target.session_key,
            target.admission_id,
            str(target.device) if target.device else None,
            target.site_id,
            _SESSIONS_AT_MOST,
            self._clock.now(),
        )
        others = command.payload.get("gateways")
        elsewhere = [Result.of(others)] if others else []
        if not rows:
            nothing = GONE if target.session_key else NONE_OPEN
            return together(elsewhere or [nothing])
        sessions = [OpenSession.read(row) for row in rows]
        one = self._directory.by_id(sessions[0].nas_id) if len(sessions) == 1 else None
        if not await self._reaches(one) and command.deadline > self._clock.now():
            return None
        asked = await asyncio.gather(*(self._one(command, session) for session in sessions))
        return together([*elsewhere, *asked])

    async def _reaches(self, nas: Nas | None) -> bool:
        """Whether the one NAS that is asked is connected here, where it comes by RadSec.

        Of several sessions each is asked from here: whoever names a site waits for no connection.
        """
        if nas is None or nas.tls_name is None:
            return True
        return await self._lines.to(nas).is_connected()

    async def _one(self, command: Command, session: OpenSession) -> Result:
        nas = self._directory.by_id(session.nas_id)
        if session.is_over:
            return OVER
        if nas is None:
            return NO_NAS
        talk = Talk(nas, dialect_of(nas.brand), session)
        return await self._in_time(command, nas, self._ask(command, talk))

    async def _in_time(
        self, command: Command, nas: Nas, asking: Coroutine[Any, Any, Result]
    ) -> Result:
        """Return what comes of asking a NAS before the command's deadline."""
        seconds = (command.deadline - self._clock.now()).total_seconds()
        if seconds <= 0:
            asking.close()
            return TOO_LATE
        try:
            async with asyncio.timeout(seconds):
                result = await asking
        except TimeoutError:
            result = result_of(Ask.DISCONNECT, None, dialect_of(nas.brand).advice)
        except TooManyWaiting:
            result = TOO_MANY
        self.counters.outcomes[command.kind, result.outcome] += 1
        return result

    async def _reauthenticate(self, command: Command) -> Result | None:
        """Have a NAS present a device again; None: it is connected to another server."""
        presented = Presentation.read(command.payload)
        nas = self._directory.by_id(presented.nas_id) if presented else None
        if presented is None or nas is None:
            return NO_NAS
        dialect = dialect_of(nas.brand)
        if not dialect.commands:
            return NO_REAUTHENTICATION
        if not await self._reaches(nas) and command.deadline > self._clock.now():
            return None
        names = SessionNames(
            user_name=None,
            acct_session_id="",
            device=presented.device.octets,
            address=None,
            nas_handle=nas.code,
            nas_address=None if nas.tls_name else nas.address,
            own_session=presented.session,
        )
        attributes = encode_change(names, dialect, b"")
        return await self._in_time(
            command, nas, self._converse(nas, dialect, Ask.CHANGE, attributes)
        )

    async def _ask(self, command: Command, talk: "Talk") -> Result:
        if command.kind is Kind.DISCONNECT:
            return await self._disconnect(talk)
        result = await self._change(talk)
        if command.payload.get("or_disconnect") and _is_not_offered(result):
            return await self._disconnect(talk)
        return result

    async def _disconnect(self, talk: "Talk") -> Result:
        if not talk.dialect.disconnects:
            return silent_brand(talk.dialect.advice)
        attributes = encode_names(talk.names, talk.dialect)
        return await self._converse(talk.nas, talk.dialect, Ask.DISCONNECT, attributes)

    async def _change(self, talk: "Talk") -> Result:
        """Tell the NAS what the session may do now."""
        if not talk.dialect.changes:
            return NO_CHANGE
        now, right = self._clock.now(), talk.session.right
        plan = self._directory.plans.get(right.plan_id) if right else None
        if right is None or plan is None:
            return NO_RIGHTS
        rules = self._directory.house.book
        limits = rules.limits_of(plan.id)
        found = right.standing(plan, limits, rules.hours_of(plan.id, talk.session.site_id), now)
        if found.stop is not None:
            return NO_RIGHTS
        given = slowed(plan, limits) if found.slow else plan
        sets = talk.nas.attribute_sets & (talk.dialect.change_sets or talk.nas.attribute_sets)
        rights = encode_rights(talk.session.rights(given, found, now), sets)
        attributes = encode_change(talk.names, talk.dialect, rights)
        return await self._converse(talk.nas, talk.dialect, Ask.CHANGE, attributes)

    async def _converse(self, nas: Nas, dialect: Dialect, ask: Ask, attributes: bytes) -> Result:
        """Ask; once more with the names alone where the NAS knows no Event-Timestamp (401)."""
        request = Request(ask, attributes, dialect.bare)
        line = self._lines.to(nas)
        answer = await line.ask(request, self._clock.now)
        if not request.bare and answer and answer.error_cause == UNSUPPORTED_ATTRIBUTE:
            answer = await self._ask_bare(line, request) or answer
        self._count_refusal(answer)
        return result_of(ask, answer, dialect.advice)

    async def _ask_bare(self, line: Line, request: Request) -> Answer | None:
        """Ask again without; briefly, since this NAS answers, or wants them after all."""
        try:
            async with asyncio.timeout(_BARE_SECONDS):
                return await line.ask(replace(request, bare=True), self._clock.now)
        except TimeoutError:
            return None

    def _count_refusal(self, answer: Answer | None) -> None:
        if answer and not answer.acknowledged:
            self.counters.refusals[cause_label(answer.error_cause)] += 1


@dataclass(frozen=True, slots=True)
class Talk:
    """One session, its NAS, and how that is spoken to."""

    nas: Nas
    dialect: Dialect
    session: OpenSession

    @property
    def names(self) -> SessionNames:
        """Everything the NAS may know the session by."""
        address = None if self.nas.tls_name else self.nas.address
        return replace(self.session.names, nas_address=address)


def _is_not_offered(result: Result) -> bool:
    """Whether the NAS takes no such request, so that only a disconnection is left."""
    return result.outcome is Outcome.IMPOSSIBLE or result.error_cause in NOT_OFFERED


def _payload(text: str) -> dict[str, Any]:
    found = json.loads(text)
    return found if isinstance(found, dict) else {}
