"""Commands: what one component asks of another and awaits; the one place where rows are written.

Whoever wants a session closed or its rights changed writes a row of `live.command`; a trigger says
so on the channel `command`, and one of the RADIUS servers takes it within milliseconds, asks the
NAS, and writes the result, which is read here too. A row is taken by a lease: no connection is held
while a NAS is asked, and what a server leaves behind when it ends is taken by another.

The same functions serve asyncpg, as it is, and SQLAlchemy, through `InTransaction`.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from territory.errors import ProtocolError
from territory.identifiers import MacAddress

CHANNEL: Final = "command"
ANSWER_SECONDS: Final = 30.0
"""How long a NAS is asked (RFC 5080 §2.2.1): after that nobody waits any more."""
_POLL_SECONDS: Final = 0.1
_SLOWEST_POLL_SECONDS: Final = 1.0
_SLOWER: Final = 1.5
"""From one look to the next: most answers come at once, the others are not hurried by looking."""
_MAX_SESSION: Final = 64
_PARTS: Final = ("session_key", "admission_id", "device", "site_id")

INSERT: Final = """
insert into live.command (id, kind, payload, requested_by, requested_at, deadline)
values ($1, $2, $3::text::jsonb, $4, $5, $6)
"""
_RESULT: Final = "select result::text as result from live.command where id = $1"


class Kind(StrEnum):
    """What is asked of RADIUS."""

    DISCONNECT = "disconnect"
    COA = "coa"
    """Tell the NAS the rights a session has now."""
    REAUTHENTICATE = "reauthenticate"
    """Have a NAS present a device once more, whose session it may not have told us of."""


class Outcome(StrEnum):
    """What came of it."""

    CLOSED = "closed"
    CHANGED = "changed"
    REFUSED = "refused"
    NO_ANSWER = "no-answer"
    IMPOSSIBLE = "impossible"


class Statements(Protocol):
    """What can run a statement: an asyncpg connection or pool, or `InTransaction`."""

    def fetch(self, query: str, /, *arguments: Any) -> Coroutine[Any, Any, Sequence[Any]]:
        """Return the rows of a statement with `$1`, `$2`..."""


@dataclass(frozen=True, slots=True)
class InTransaction:
    """An SQLAlchemy connection, so that a command is written with its audit line or not at all."""

    db: AsyncConnection

    async def fetch(self, query: str, /, *arguments: Any) -> Sequence[Mapping[str, Any]]:
        """Return the rows of a statement with `$1`, `$2`..."""
        done = await self.db.exec_driver_sql(query, arguments)
        return [dict(row) for row in done.mappings()] if done.returns_rows else []


@dataclass(frozen=True, slots=True)
class OnEngine:
    """An SQLAlchemy engine: a connection for each statement, so that waiting keeps none."""

    engine: AsyncEngine

    async def fetch(self, query: str, /, *arguments: Any) -> Sequence[Mapping[str, Any]]:
        """Return the rows of a statement with `$1`, `$2`..."""
        async with self.engine.connect() as db:
            return await InTransaction(db).fetch(query, *arguments)


@dataclass(frozen=True, slots=True)
class Target:
    """Whose sessions: all that is given must hold; nothing given names none."""

    session_key: UUID | None = None
    """One session."""
    admission_id: UUID | None = None
    """The open sessions of an admission."""
    device: MacAddress | None = None
    """The open sessions of a device."""
    site_id: UUID | None = None
    """The open sessions of a site."""

    def payload(self) -> dict[str, str]:
        """Return it as a command's row has it."""
        return {name: str(value) for name in _PARTS if (value := getattr(self, name)) is not None}

    @classmethod
    def read(cls, payload: Mapping[str, Any]) -> "Target":
        """Return the target of a row; one with a part that cannot be read names nobody."""
        read = cls(
            session_key=_uuid(payload.get("session_key")),
            admission_id=_uuid(payload.get("admission_id")),
            device=_mac(payload.get("device")),
            site_id=_uuid(payload.get("site_id")),
        )
        given = {name for name in _PARTS if payload.get(name) is not None}
        return read if given == set(read.payload()) else cls()


@dataclass(frozen=True, slots=True)
class Presentation:
    """A device that its NAS has presented by its MAC address."""

    nas_id: UUID
    """The NAS."""
    device: MacAddress
    """The device."""
    session: str = ""
    """The NAS's own name of the session (audit-session-id); empty: it told none."""

    def payload(self) -> dict[str, str]:
        """Return it as a command's row has it."""
        return {"nas_id": str(self.nas_id), "device": str(self.device), "session": self.session}

    @classmethod
    def read(cls, payload: Mapping[str, Any]) -> "Presentation | None":
        """Return the device of a row; None: it cannot be read."""
        nas_id, device = _uuid(payload.get("nas_id")), _mac(payload.get("device"))
        session = payload.get("session")
        if nas_id is None or device is None or not isinstance(session, str):
            return None
        if len(session) > _MAX_SESSION or not session.isascii():
            return None
        return cls(nas_id, device, session)


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks, and until when it is of use."""

    by: str
    """In words, for the row: `quota`, `technician`, never a person's name."""
    now: datetime
    """The instant, aware, UTC."""
    seconds: float = ANSWER_SECONDS
    """From now to the deadline."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a command."""

    outcome: Outcome
    words: str
    """For an operator, in French."""
    error_cause: int | None = None
    """RFC 5176 §3.5, where the NAS gave one."""
    sessions: int = 1
    """How many sessions were asked about."""

    def as_json(self) -> str:
        """Return it as the row keeps it."""
        return json.dumps(
            {
                "outcome": self.outcome.value,
                "words": self.words,
                "error_cause": self.error_cause,
                "sessions": self.sessions,
            }
        )

    @classmethod
    def read(cls, text: str) -> "Result":
        """Return what a row keeps."""
        return cls.of(json.loads(text))

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Result":
        """Return what a row keeps, decoded."""
        return cls(Outcome(kept["outcome"]), kept["words"], kept["error_cause"], kept["sessions"])


_OUTCOMES: Final[Mapping[Outcome, tuple[str, str]]] = {
    Outcome.CLOSED: ("session fermée", "sessions fermées"),
    Outcome.CHANGED: ("session changée", "sessions changées"),
    Outcome.REFUSED: ("refusée par la passerelle", "refusées par la passerelle"),
    Outcome.NO_ANSWER: ("sans réponse de la passerelle", "sans réponse de la passerelle"),
    Outcome.IMPOSSIBLE: ("impossible à demander", "impossibles à demander"),
}
"""One and many of each, in the order they are told; the last that occurs is the outcome of all."""


def together(results: Sequence[Result]) -> Result:
    """Return what came of several sessions in one: how many of each, the worst of them."""
    if len(results) == 1:
        return results[0]
    counts = Counter(result.outcome for result in results)
    told = [f"{n} {_OUTCOMES[kind][n > 1]}" for kind in _OUTCOMES if (n := counts[kind])]
    worst = max(counts, key=list(_OUTCOMES).index)
    return Result(worst, ", ".join(told), sessions=len(results))


async def ask_disconnect(statements: Statements, target: Target, request: Request) -> UUID:
    """Ask that sessions be closed; return the command's identifier."""
    return await _ask(statements, Kind.DISCONNECT, target.payload(), request)


async def ask_change(
    statements: Statements, target: Target, request: Request, *, or_disconnect: bool = False
) -> UUID:
    """Ask that sessions be told the rights they have now; return the command's identifier.

    Args:
        statements: where it is written.
        target: whose.
        request: who asks.
        or_disconnect: close the session where its NAS cannot change it.
    """
    payload = {**target.payload(), "or_disconnect": or_disconnect}
    return await _ask(statements, Kind.COA, payload, request)


async def ask_reauthentication(
    statements: Statements, presented: Presentation, request: Request
) -> UUID:
    """Ask that a NAS present a device once more; return the command's identifier."""
    return await _ask(statements, Kind.REAUTHENTICATE, presented.payload(), request)


async def result_of(statements: Statements, command_id: UUID) -> Result | None:
    """Return what came of a command; None: nothing yet, or it is long gone."""
    rows = await statements.fetch(_RESULT, command_id)
    return Result.read(rows[0]["result"]) if rows and rows[0]["result"] else None


async def await_result(statements: Statements, command_id: UUID, seconds: float) -> Result | None:
    """Return what comes of a command within so many seconds; None: nothing yet."""
    pause = _POLL_SECONDS
    try:
        async with asyncio.timeout(seconds):
            while (result := await result_of(statements, command_id)) is None:
                await asyncio.sleep(pause)
                pause = min(pause * _SLOWER, _SLOWEST_POLL_SECONDS)
    except TimeoutError:
        return None
    return result


async def _ask(
    statements: Statements, kind: Kind, payload: Mapping[str, Any], request: Request
) -> UUID:
    command_id = uuid4()
    deadline = request.now + timedelta(seconds=request.seconds)
    await statements.fetch(
        INSERT, command_id, kind.value, json.dumps(payload), request.by, request.now, deadline
    )
    return command_id


def _uuid(text: object) -> UUID | None:
    try:
        return UUID(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _mac(text: object) -> MacAddress | None:
    try:
        return MacAddress.parse(text) if isinstance(text, str) else None
    except ProtocolError:
        return None
