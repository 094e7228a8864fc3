"""Keeps the sessions of gateways without RADIUS: ends what is over, counts what goes on.

Every five seconds, and when somebody asks, one of the portals (an advisory lock says which) reads
the open sessions of such gateways, decides (`keeping.py`), and asks the controllers; once a minute
it asks those who is online. It answers the commands that are about such sessions: a technician's
disconnection comes here before RADIUS, which answers for the rest (`live.is_for_portal`).
A controller that fails is asked again a minute later; nobody waits for it but its own guests.
"""

import asyncio
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog

from portal.controllers.port import Controller, ControllerFault, ControllerGuest, Online, Trouble
from portal.directory import Directory
from portal.guest.way_back import controller_of
from portal.keeping import Look, Over, Rules, compare, conclusion, put_out, why_over
from portal.places import Gate
from portal.records import AWAY, DEADLINE_SECONDS, Pool, load_admission_of
from portal.sessions import (
    Beginning,
    Days,
    Ending,
    GatewaySession,
    count_sessions,
    load_sessions,
    start_session,
    stop_session,
)
from portal.waiting import forget_waiting
from territory.database.commands import CHANNEL, Kind, Outcome, Result, Target, together
from territory.database.locks import Lock
from territory.errors import Unavailable
from territory.gateway_dialects import Return
from territory.identifiers import MacAddress
from territory.rules.quotas import NO_LIMITS

EVERY_SECONDS: Final = 5.0
COUNT_SECONDS: Final = 60.0
AGAIN: Final = timedelta(seconds=60)
"""A session whose controller failed is tried again after that."""
AT_ONCE: Final = 8
"""Controllers' calls under way."""
_LEASE: Final = timedelta(seconds=30)
_TRY_LOCK: Final = "SELECT pg_try_advisory_lock($1)"
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
        self._again: dict[UUID, datetime] = {}
        self._room = asyncio.Semaphore(AT_ONCE)
        self._keeps = False
        self._is_away = False

    async def run(self) -> None:
        """Keep until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_on())
            tasks.create_task(self._count_on())

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
        """Look again and again; the lock is the connection's, and ends with it."""
        news = asyncio.Event()

        def hear(*_notification: object) -> None:
            news.set()

        await connection.add_listener(CHANNEL, hear)
        try:
            while not connection.is_closed():
                news.clear()
                self._keeps = await connection.fetchval(_TRY_LOCK, Lock.KEEPER)
                if self._keeps:
                    await self.look()
                self._is_away = False
                await _within(news, EVERY_SECONDS)
        finally:
            if not connection.is_closed():
                await connection.remove_listener(CHANNEL, hear)

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

    async def look(self) -> None:
        """Answer what is asked, and end what is over."""
        now = self._with.now()
        await self._answer(now)
        gates = self._gates()
        sessions = await load_sessions(self._with.pool, now)
        over = [
            self._end(gates[session.gateway_id], session, reason, now)
            for session in sessions
            if session.gateway_id in gates
            and (reason := why_over(session, _rules(gates[session.gateway_id], session), now))
        ]
        await asyncio.gather(*over)
        self._again = {key: at for key, at in self._again.items() if at > now}

    async def count(self) -> None:
        """Ask every controller who is online."""
        now = self._with.now()
        sessions = await load_sessions(self._with.pool, now)
        gates = [gate for gate in self._gates().values() if _is_asked(gate)]
        await asyncio.gather(
            *(self._count(gate, [s for s in sessions if s.gateway_id == gate.id]) for gate in gates)
        )

    async def _count(self, gate: Gate, sessions: Sequence[GatewaySession]) -> None:
        try:
            async with self._room:
                online = await self._with.controller(gate).online()
        except ControllerFault as fault:
            log.warning("keeper.controller", gateway=gate.code, trouble=fault.trouble)
            return
        now = self._with.now()
        found = compare(sessions, online, now)
        await self._record(found, now)
        for each in found.unknown:
            await self._meet(gate, each, now)

    async def _record(self, found: Look, now: datetime) -> None:
        if found.counted:
            await count_sessions(self._with.pool, self._with.days, found.counted, now)
        for ending in found.gone:
            await self._stop(ending, now)

    async def _meet(self, gate: Gate, online: Online, now: datetime) -> None:
        """Deal with a device that a controller lets through and that has no session here.

        With a right of ours that lives, it has come back: a session begins. With one that is over,
        it is put out. Without any, somebody else let it in, and it is none of ours.
        """
        holding = await load_admission_of(self._with.pool, gate.place.id, online.device, now)
        if holding is None:
            return
        if holding.standing(gate.place.hours, now).stop is not None:
            await self._put_out(gate, online.device)
            return
        admission = holding.admission
        beginning = Beginning(
            gate.id, admission.id, online.device, admission.id.hex, online.address
        )
        await start_session(self._with.pool, self._with.days, beginning, now)

    async def _end(self, gate: Gate, session: GatewaySession, over: Over, now: datetime) -> None:
        """End a session that is over, as far as its gateway can be told."""
        if not _is_asked(gate):
            is_told = gate.dialect.returns is Return.POLL
            if ending := conclusion(session, over, is_told=is_told, now=now):
                await self._stop(ending, now)
            return
        if self._again.get(session.key, now) > now:
            return
        if await self._put_out(gate, session.device) is None:
            await self._stop(put_out(session, over, self._with.now()), self._with.now())
            log.info("keeper.ended", gateway=gate.code, reason=over)
        else:
            self._again[session.key] = now + AGAIN

    async def _put_out(self, gate: Gate, device: MacAddress) -> Trouble | None:
        """Ask a gateway's controller; return what went wrong."""
        try:
            async with self._room:
                await self._with.controller(gate).put_out(ControllerGuest(device))
        except ControllerFault as fault:
            log.warning("keeper.controller", gateway=gate.code, trouble=fault.trouble)
            return fault.trouble
        return None

    async def _stop(self, ending: Ending, now: datetime) -> None:
        await stop_session(self._with.pool, self._with.days, ending, now)

    async def _answer(self, now: datetime) -> None:
        """Work off the commands about sessions at gateways without RADIUS."""
        kinds = [Kind.DISCONNECT, Kind.COA]
        for row in await self._with.pool.fetch(_CLAIM, now, now + _LEASE, kinds):
            payload = json.loads(row["payload"])
            sessions = _aimed_at(Target.read(payload), await load_sessions(self._with.pool, now))
            closes = row["kind"] == Kind.DISCONNECT or payload.get("or_disconnect") is True
            asked = (
                self._result(each, closes=closes, in_time=row["deadline"] > now)
                for each in sessions
            )
            result = together(await asyncio.gather(*asked) or [NO_WAY])
            await self._finish(row["id"], result, {each.site_id for each in sessions})

    async def _result(self, session: GatewaySession, *, closes: bool, in_time: bool) -> Result:
        gate = self._gates().get(session.gateway_id)
        if not in_time:
            return TOO_LATE
        if gate is None or not _is_asked(gate):
            return NO_WAY if closes else NO_CHANGE
        if not closes:
            return NO_CHANGE
        trouble = await self._put_out(gate, session.device)
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
