"""Keeps the sessions of gateways without RADIUS: ends what is over, counts what goes on.

Every five seconds, and when somebody asks, one of the portals (an advisory lock says which) reads
the open sessions of such gateways, decides (`keeping.py`), and asks the controllers; once a minute
it asks those who is online. It answers the commands that are about such sessions: a technician's
disconnection comes here before RADIUS, which answers for the rest (`live.is_for_portal`).
A controller that fails is asked again a minute later, and is asked little at once. Each has a lane
of its own (`lanes.py`), and each command: nobody waits for a slow one but its own guests. Whatever
it answers, the other gateways' sessions are kept.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

import structlog

from portal.controllers.port import Controller, ControllerGuest, Online
from portal.directory import Directory
from portal.guest.way_back import controller_of
from portal.lanes import Lanes
from portal.places import Gate
from portal.records import AWAY, DEADLINE_SECONDS, Pool, Row, load_admission_of
from portal.without_radius.keeping import (
    Look,
    Over,
    Rules,
    compare,
    conclusion,
    private_address,
    put_out,
    why_over,
)
from portal.without_radius.sessions import (
    Beginning,
    Days,
    Ending,
    GatewaySession,
    count_sessions,
    load_sessions,
    reopen_session,
    start_session,
    stop_session,
)
from portal.without_radius.waiting import forget_waiting
from territory.controllers.record import ControllerFault, Trouble
from territory.database.commands import CHANNEL, Kind, Outcome, Result, Target, together
from territory.database.locks import Lock
from territory.errors import Unavailable
from territory.gateway_dialects import Return
from territory.identifiers import MacAddress
from territory.rules.quotas import NO_LIMITS

EVERY_SECONDS: Final = 5.0
COUNT_SECONDS: Final = 60.0
PATIENCE_SECONDS: Final = 1.0
"""For what controllers are asked, before the keeper looks further; they go on meanwhile."""
AGAIN: Final = timedelta(seconds=60)
"""A session whose controller failed is tried again after that, and a controller that is silent."""
AT_ONCE: Final = 2
"""Calls of one controller under way."""
_LEASE: Final = timedelta(seconds=30)
_TRY_LOCK: Final = "SELECT pg_try_advisory_lock($1)"
_UNLOCK: Final = "SELECT pg_advisory_unlock_all()"
_CLAIM: Final = """
    UPDATE live.command SET claimed_until = $2 WHERE id IN (
        SELECT id FROM live.command
        WHERE finished_at IS NULL AND kind = any($3::text[])
            AND (claimed_until IS NULL OR claimed_until <= $1) AND live.is_for_portal(payload)
        ORDER BY requested_at LIMIT 100 FOR UPDATE SKIP LOCKED
    ) RETURNING id, kind, payload::text AS payload, deadline
"""
_FINISH: Final = """
    UPDATE live.command SET result = $2::text::jsonb, finished_at = $3 WHERE id = $1
"""
_HAND_ON: Final = """
    UPDATE live.command SET claimed_until = NULL,
        payload = payload || jsonb_build_object('gateways', $2::text::jsonb)
    WHERE id = $1
"""
_OTHERS: Final = """
    SELECT EXISTS (SELECT FROM live.session s JOIN territory.nas n ON n.id = s.nas_id
        WHERE s.ended_at IS NULL AND s.site_id = any($1::uuid[]))
"""
CLOSED: Final = Result(Outcome.CLOSED, "la passerelle ne laisse plus passer l'appareil")
NO_WAY: Final = Result(
    Outcome.IMPOSSIBLE,
    "cette passerelle ne se coupe pas à distance : l'accès finit de lui-même à la durée prévue",
)
NO_CHANGE: Final = Result(
    Outcome.IMPOSSIBLE, "cette passerelle ne change pas les droits d'une session ouverte"
)
TOO_LATE: Final = Result(Outcome.NO_ANSWER, "délai dépassé, rien n'a été demandé")
_WORDS: Final = {
    Trouble.SILENT: "le contrôleur ne répond pas",
    Trouble.CERTIFICATE: "le certificat du contrôleur n'est pas celui attendu",
    Trouble.ACCOUNT: "le contrôleur refuse notre compte",
    Trouble.NO_SUCH_GUEST: "le contrôleur ne connaît pas cet appareil",
    Trouble.REFUSED: "le contrôleur refuse",
    Trouble.UNREADABLE: "la réponse du contrôleur est illisible",
}

log = structlog.get_logger()

T = TypeVar("T")


class _TooLate(Exception):
    """Nobody awaits any more what was asked."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """What the keeper works with: the portal's own parts."""

    pool: Pool
    directory: Directory
    days: Days
    now: Callable[[], datetime]
    controller: Callable[[Gate], Controller] = controller_of


class Keeper:
    """The loops; of several portals one keeps, the others look whether it still does."""

    def __init__(self, keeping: Keeping) -> None:
        self._with = keeping
        self._again: dict[UUID | str, datetime] = {}
        """Until when a session, or a controller, is left alone."""
        self._rooms: defaultdict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(AT_ONCE)
        )
        self._lanes = Lanes()
        self._keeps = False
        self._is_away = False

    async def run(self) -> None:
        """Keep until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._keep_on())
                tasks.create_task(self._count_on())
        finally:
            await self._lanes.close()

    async def _keep_on(self) -> None:
        while True:
            try:
                async with self._with.pool.acquire(timeout=DEADLINE_SECONDS) as connection:
                    await self._keep_with(connection)
            except (*AWAY, Unavailable) as fault:
                self._note_outage(fault)
            self._keeps = False
            await asyncio.sleep(EVERY_SECONDS)

    async def _keep_with(self, connection: Any) -> None:
        """Look again and again; the lock is the connection's, and is given up with it."""
        news = asyncio.Event()

        def hear(*_notification: object) -> None:
            news.set()

        await connection.add_listener(CHANNEL, hear)
        try:
            while not connection.is_closed():
                news.clear()
                self._keeps = await connection.fetchval(_TRY_LOCK, Lock.KEEPER)
                if self._keeps:
                    await self.look(PATIENCE_SECONDS)
                self._is_away = False
                await _within(news, EVERY_SECONDS)
        finally:
            if not connection.is_closed():
                await connection.remove_listener(CHANNEL, hear)
                await connection.execute(_UNLOCK)

    async def _count_on(self) -> None:
        while True:
            await asyncio.sleep(COUNT_SECONDS)
            try:
                if self._keeps:
                    await self.count()
                    await forget_waiting(self._with.pool, self._with.now())
            except (*AWAY, Unavailable) as fault:
                self._note_outage(fault)

    def _note_outage(self, fault: BaseException) -> None:
        if not self._is_away:
            log.warning("keeper.away", cause=type(fault).__name__)
        self._is_away = True

    async def look(self, patience: float | None = None) -> None:
        """Answer what is asked, and end what is over.

        Args:
            patience: for how many seconds controllers are waited for, twice; None: until all is
                done.
        """
        await self._answer()
        await self._lanes.rest(patience)
        now = self._with.now()
        gates = self._gates()
        over: defaultdict[str, list[tuple[Gate, GatewaySession, Over]]] = defaultdict(list)
        for session in await load_sessions(self._with.pool, now):
            gate = gates.get(session.gateway_id)
            if gate and (reason := why_over(session, _rules(gate, session), now)):
                over[_lane_of(gate)].append((gate, session, reason))
        for lane, ended in over.items():
            self._lanes.give(lane, self._end_all(ended))
        await self._lanes.rest(patience)
        self._again = {key: at for key, at in self._again.items() if at > now}

    async def _end_all(self, ended: list[tuple[Gate, GatewaySession, Over]]) -> None:
        """End sessions of one lane."""
        await asyncio.gather(
            *(_apart(gate, self._end(gate, session, over)) for gate, session, over in ended)
        )

    async def count(self) -> None:
        """Ask every controller who is online."""
        gates = [gate for gate in self._gates().values() if _is_asked(gate)]
        await asyncio.gather(*(_apart(gate, self._count(gate)) for gate in gates))

    async def _count(self, gate: Gate) -> None:
        """Ask a controller who is online.

        Its sessions are read after its list, so that one that began meanwhile is none it does not
        know; whoever had one before was known, and is not met if it ended meanwhile.
        """
        before = {each.device for each in await self._sessions(gate)}
        try:
            online = await self._ask(gate, lambda controller: controller.online())
        except ControllerFault:
            return
        sessions, now = await self._sessions(gate), self._with.now()
        found = compare(sessions, online, now)
        await self._record(found, now)
        for each in found.unknown:
            if each.device not in before:
                await self._meet(gate, each, now)

    async def _sessions(self, gate: Gate) -> list[GatewaySession]:
        return await load_sessions(self._with.pool, self._with.now(), gate.id)

    async def _record(self, found: Look, now: datetime) -> None:
        if found.counted:
            await count_sessions(self._with.pool, self._with.days, found.counted, now)
        for ending in found.gone:
            await self._stop(ending, now)

    async def _meet(self, gate: Gate, online: Online, now: datetime) -> None:
        """Deal with a device that a controller lets through and that has no session here.

        With a right of ours that lives, it has come back. Where its controller counts on from where
        it was, so does the session that was concluded when it left; else another begins. With a
        right that is over, it is put out. Without any, somebody else let it in: it is none of ours.
        """
        holding = await load_admission_of(self._with.pool, gate.place.id, online.device, now)
        if holding is None:
            return
        if holding.standing(gate.place.hours, now).stop is not None:
            await self._put_out(gate, online.device)
            return
        admission = holding.admission
        beginning = Beginning(
            gate.id,
            admission.id,
            online.device,
            admission.id.hex,
            private_address(online.address),
        )
        pool, days = self._with.pool, self._with.days
        if not (online.counts_on and await reopen_session(pool, days, beginning, now)):
            await start_session(pool, days, beginning, now)

    async def _end(self, gate: Gate, session: GatewaySession, over: Over) -> None:
        """End a session that is over, as far as its gateway can be told."""
        now = self._with.now()
        if not _is_asked(gate):
            is_told = gate.dialect.returns is Return.POLL
            if ending := conclusion(session, over, is_told=is_told, now=now):
                await self._stop(ending, now)
            return
        if self._is_left_alone(session.key):
            return
        trouble = await self._put_out(gate, session.device)
        if trouble is None:
            await self._stop(put_out(session, over, self._with.now()), self._with.now())
            log.info("keeper.ended", gateway=gate.code, reason=over)
        elif trouble is not Trouble.SILENT:
            self._again[session.key] = self._with.now() + AGAIN

    async def _put_out(
        self, gate: Gate, device: MacAddress, deadline: datetime | None = None
    ) -> Trouble | None:
        """Ask a gateway's controller; return what went wrong.

        Raises:
            _TooLate: others were asked for so long that nobody awaits this any more.
        """
        guest = ControllerGuest(device)
        try:
            await self._ask(gate, lambda controller: controller.put_out(guest), deadline)
        except ControllerFault as fault:
            return fault.trouble
        return None

    async def _ask(
        self,
        gate: Gate,
        call: Callable[[Controller], Awaitable[T]],
        deadline: datetime | None = None,
    ) -> T:
        """Return what a gateway's controller answers; one that is silent is left alone a while.

        Raises:
            ControllerFault: it did not do as asked, or answered as none was foreseen to.
            _TooLate: the deadline passed before it was asked.
        """
        where = _lane_of(gate)
        async with self._rooms[where]:
            if deadline is not None and deadline <= self._with.now():
                raise _TooLate
            if self._is_left_alone(where):
                raise ControllerFault(Trouble.SILENT, "the controller did not answer just now")
            try:
                return await call(self._with.controller(gate))
            except ControllerFault as fault:
                log.warning("keeper.controller", gateway=gate.code, trouble=fault.trouble)
                if fault.trouble is Trouble.SILENT:
                    self._again[where] = self._with.now() + AGAIN
                raise
            except Exception as fault:
                log.error("keeper.fault", gateway=gate.code, cause=type(fault).__name__)
                raise ControllerFault(Trouble.UNREADABLE, "an answer not foreseen") from fault

    def _is_left_alone(self, whom: UUID | str) -> bool:
        now = self._with.now()
        return self._again.get(whom, now) > now

    async def _stop(self, ending: Ending, now: datetime) -> None:
        await stop_session(self._with.pool, self._with.days, ending, now)

    async def _answer(self) -> None:
        """Begin on the commands about sessions at gateways without RADIUS."""
        now, kinds = self._with.now(), [Kind.DISCONNECT, Kind.COA]
        for row in await self._with.pool.fetch(_CLAIM, now, now + _LEASE, kinds):
            self._lanes.give(f"command {row['id']}", self._work_off(row))

    async def _work_off(self, row: Row) -> None:
        payload = json.loads(row["payload"])
        open_now = await load_sessions(self._with.pool, self._with.now())
        sessions = _aimed_at(Target.read(payload), open_now)
        closes = row["kind"] == Kind.DISCONNECT or payload.get("or_disconnect") is True
        asked = (self._result(each, row["deadline"], closes=closes) for each in sessions)
        result = together(await asyncio.gather(*asked) or [NO_WAY])
        await self._finish(row["id"], result, {each.site_id for each in sessions})

    async def _result(self, session: GatewaySession, deadline: datetime, *, closes: bool) -> Result:
        gate = self._gates().get(session.gateway_id)
        if deadline <= self._with.now():
            return TOO_LATE
        if gate is None or not _is_asked(gate):
            return NO_WAY if closes else NO_CHANGE
        if not closes:
            return NO_CHANGE
        try:
            trouble = await self._put_out(gate, session.device, deadline)
        except _TooLate:
            return TOO_LATE
        if trouble is not None:
            silent = trouble is Trouble.SILENT
            return Result(Outcome.NO_ANSWER if silent else Outcome.REFUSED, _WORDS[trouble])
        await self._stop(put_out(session, Over.REVOKED, self._with.now()), self._with.now())
        return CLOSED

    async def _finish(self, command_id: UUID, result: Result, sites: Iterable[UUID]) -> None:
        """Write what came of a command, or leave the rest of it to RADIUS."""
        told = result.as_json()
        if await self._with.pool.fetchval(_OTHERS, list(sites)):
            await self._with.pool.execute(_HAND_ON, command_id, told)
        else:
            await self._with.pool.execute(_FINISH, command_id, told, self._with.now())
        log.info("keeper.answered", command=str(command_id), outcome=result.outcome)

    def _gates(self) -> dict[UUID, Gate]:
        gates = self._with.directory.current.gates.values()
        return {gate.id: gate for gate in gates if not gate.dialect.asks_radius}


def _lane_of(gate: Gate) -> str:
    """Return whom others wait for who share it: its controller; none where there is none."""
    return gate.controller.url if gate.controller else ""


async def _apart(gate: Gate, work: Awaitable[None]) -> None:
    """Do what concerns one gateway; a fault in it is told, and ends nothing else.

    Raises:
        Unavailable: the database is away, as the library says or we do.
    """
    try:
        await work
    except (*AWAY, Unavailable):
        raise
    except Exception as fault:  # noqa: BLE001
        log.error("keeper.fault", gateway=gate.code, cause=type(fault).__name__)


def _is_asked(gate: Gate) -> bool:
    """Whether a controller can be asked about its guests."""
    return gate.dialect.needs_controller and gate.controller is not None


def _rules(gate: Gate, session: GatewaySession) -> Rules:
    """Return what holds for a session: its place's hours, and the limits of its plan."""
    plan = gate.place.plan
    return Rules(plan.limits if plan.id == session.plan_id else NO_LIMITS, gate.place.hours)


def _aimed_at(target: Target, sessions: Iterable[GatewaySession]) -> list[GatewaySession]:
    return [
        each
        for each in sessions
        if target.session_key in (None, each.key)
        and target.admission_id in (None, each.admission_id)
        and target.device in (None, each.device)
        and target.site_id in (None, each.site_id)
    ]


async def _within(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
