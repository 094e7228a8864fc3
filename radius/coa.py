"""Disconnects that somebody asked for: from a command row to the NAS, and the answer back.

Whoever wants a session closed (the console, a revocation) writes a row into `live.command`, kind
`disconnect`, payload `{"session_key": ...}`, and reads its `result` there: `outcome` is `closed`,
`refused` (with the NAS's Error-Cause), `no-answer` or `impossible`, and `words` says it in French.
Each command has a socket of its own for as long as it takes, so identifiers never run out. Each
gets a result, one that is too late or whose NAS has no way to it included: the oldest go first, and
one without a result would be tried for ever in the others' place.
"""

import asyncio
import json
import random
from datetime import datetime
from ipaddress import IPv4Address
from typing import Any, Final
from uuid import UUID

import asyncpg
import structlog

from radius.coa_lines import _spreads
from radius.coa_packets import (
    Answer,
    Ask,
    SessionNames,
    encode_names,
    read_answer,
    sealed_request,
    waits,
)
from radius.dialects import dialect_of
from radius.nas import Nas
from radius.nas_directory import NasDirectory
from radius.outages import Outage
from territory.clock import Clock
from territory.errors import ProtocolError

_LOOK_SECONDS: Final = 1.0
_AT_ONCE: Final = 8
_ANYWHERE: Final = frozenset(("0.0.0.0", "::", ""))  # noqa: S104 - compared with, not bound

_OPEN: Final = """
select id from live.command
where kind = 'disconnect' and finished_at is null order by requested_at limit 64
"""
_CLAIM: Final = """
select payload, deadline from live.command
where id = $1 and finished_at is null for update skip locked
"""
_SESSION: Final = """
select nas_id, user_name, acct_session_id, device::text, host(address) as address, nas_handle,
    ended_at
from live.session where session_key = $1
"""
_FINISH: Final = "update live.command set result = $2, finished_at = $3 where id = $1"

log = structlog.get_logger()


class Disconnector:
    """Works off the disconnects asked for."""

    def __init__(
        self,
        pool: "asyncpg.Pool[asyncpg.Record]",
        directory: NasDirectory,
        clock: Clock,
        host: str,
    ) -> None:
        self._pool = pool
        self._directory = directory
        self._clock = clock
        self._local = None if host in _ANYWHERE else (host, 0)
        self._under_way: set[UUID] = set()
        self._outage = Outage("disconnect")

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                for command_id in await self._open_commands():
                    if command_id not in self._under_way and len(self._under_way) < _AT_ONCE:
                        self._under_way.add(command_id)
                        tasks.create_task(self._work_off(command_id))
                await asyncio.sleep(_LOOK_SECONDS)

    async def _open_commands(self) -> list[UUID]:
        try:
            rows = await self._pool.fetch(_OPEN)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as fault:
            self._outage.lasts(fault)
            return []
        self._outage.is_over()
        return [row["id"] for row in rows]

    async def _work_off(self, command_id: UUID) -> None:
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                command = await connection.fetchrow(_CLAIM, command_id)
                if command is not None:
                    result = await self._result(connection, command)
                    now = self._clock.now()
                    await connection.execute(_FINISH, command_id, json.dumps(result), now)
                    log.info("disconnect.done", command=str(command_id), **result)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as fault:
            self._outage.lasts(fault)
        finally:
            self._under_way.discard(command_id)

    async def _result(
        self,
        connection: "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]",
        command: asyncpg.Record,
    ) -> dict[str, Any]:
        session = await connection.fetchrow(_SESSION, _session_key(command["payload"]))
        if session is None:
            return {"outcome": "impossible", "words": "session inconnue ou déjà archivée"}
        if session["ended_at"] is not None:
            return {"outcome": "closed", "words": "session déjà terminée"}
        nas = self._directory.by_id(session["nas_id"])
        if nas is None:
            return {"outcome": "impossible", "words": "passerelle retirée du territoire"}
        if command["deadline"] <= self._clock.now():
            return {"outcome": "no-answer", "words": "délai dépassé, rien n'a été envoyé"}
        answer = await self._ask(nas, _names(session), command["deadline"])
        if answer is None:
            return {"outcome": "no-answer", "words": "la passerelle n'a pas répondu"}
        outcome = "closed" if answer.acknowledged else "refused"
        return {"outcome": outcome, "error_cause": answer.error_cause, "words": answer.words}

    async def _ask(self, nas: Nas, names: SessionNames, deadline: datetime) -> Answer | None:
        """Send until answered, given up or too late; no way to the NAS is no answer."""
        attributes = encode_names(names, dialect_of(nas.brand))
        number = random.randrange(256)  # noqa: S311
        request = sealed_request(Ask.DISCONNECT, number, attributes, nas.secret, None)
        try:
            transport, conversation = await self._open(request, nas)
        except (OSError, ValueError) as fault:  # asyncio's word for addresses of two families
            log.warning("disconnect.unreachable", nas=nas.code, fault=type(fault).__name__)
            return None
        try:
            async with asyncio.timeout((deadline - self._clock.now()).total_seconds()):
                for wait in waits(_spreads()):
                    transport.sendto(request)
                    await asyncio.wait([conversation.answer], timeout=wait)
                    if conversation.answer.done():
                        return conversation.answer.result()
        except TimeoutError:
            pass
        finally:
            transport.close()
        return None

    async def _open(
        self, request: bytes, nas: Nas
    ) -> "tuple[asyncio.DatagramTransport, _Conversation]":
        return await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Conversation(request, nas),
            local_addr=self._local,
            remote_addr=(nas.address, nas.coa_port),
        )


class _Conversation(asyncio.DatagramProtocol):
    """Waits for the one datagram that answers the request."""

    def __init__(self, request: bytes, nas: Nas) -> None:
        self._request = request
        self._nas = nas
        self.answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        try:
            answer = read_answer(data, self._request, self._nas.secret)
        except ProtocolError as fault:
            log.warning("disconnect.discarded", nas=self._nas.code, reason=fault.reason)
            return
        if not self.answer.done():
            self.answer.set_result(answer)

    def error_received(self, exc: Exception) -> None:
        """Ignore an ICMP error: the next sending may pass."""


def _session_key(payload: str) -> UUID | None:
    try:
        return UUID(json.loads(payload)["session_key"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _names(session: asyncpg.Record) -> SessionNames:
    device = session["device"]
    return SessionNames(
        user_name=session["user_name"],
        acct_session_id=session["acct_session_id"],
        device=bytes.fromhex(device.replace(":", "")) if device else None,
        address=IPv4Address(session["address"]) if session["address"] else None,
        nas_handle=session["nas_handle"],
    )
