"""The access side of the ledger: facts for a batch of requests, credentials bound on the way.

The statement is told every request of the batch and the outcomes of those before. What it says of
the same credential asked twice in one batch, or in two batches at once, comes out as one device:
the first. Outcomes are logged with the next batch or within a second, whichever comes first; a
crash may lose those, and the counter says how many were given up otherwise.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg

from radius.access import AccessRequest, Proof
from radius.days import Days
from radius.group_commit import Connection, GroupCommit, Handlers, Watch
from radius.policy import Facts, is_undetermined
from radius.statements import AUTHENTICATE, LOG_OUTCOMES
from territory.clock import Clock

OUTCOMES_CAPACITY: Final = 50_000
_OUTCOMES_A_BATCH: Final = 1_000
_FLUSH_SECONDS: Final = 1.0
_LAST_FLUSH_SECONDS: Final = 3.0
_TRIES: Final = 3
_REFUSED: Final = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, ValueError)
"""A day that was archived meanwhile, for instance: its partition is gone."""


class Outcome(NamedTuple):
    """A row of security.authentication, column by column."""

    received_at: datetime
    nas_id: UUID
    site_id: UUID
    admission_id: UUID | None
    device: bytes | None
    outcome: str
    """accept or reject."""
    reason: str


@dataclass(slots=True, eq=False)
class Question:
    """A request whose facts are wanted."""

    request: AccessRequest
    context: Any
    """The exchange's own; comes back with the facts."""
    tries: int = 0
    """How often the facts were undetermined."""


@dataclass(frozen=True, slots=True)
class AccessAnswers:
    """Where the ledger brings what it found."""

    facts: Callable[[Question, Facts | None, datetime], None]
    """The facts of one question, and the instant they were true."""
    abandoned: Callable[[Question, str], None]
    """No facts to be had: `unavailable`, `overload` or `contended`."""


class AccessLedger:
    """Queues questions and logs outcomes."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        clock: Clock,
        answers: AccessAnswers,
        watch: Watch,
    ) -> None:
        self._connect = connect
        self._clock = clock
        self._answers = answers
        self._days = Days()
        self._outcomes: deque[Outcome] = deque()
        self.outcomes_lost = 0
        """Outcomes given up because the database was away too long, or refused them."""
        handlers = Handlers(self._commit, self._refuse, self._abandon)
        self._group: GroupCommit[Question | None] = GroupCommit(connect, handlers, watch)

    @property
    def is_open(self) -> bool:
        """Whether a question put now will be looked at soon."""
        return self._group.is_open

    def __len__(self) -> int:
        return len(self._group)

    def ask(self, question: Question) -> None:
        """Queue a question."""
        self._group.put(question)

    def log(self, outcome: Outcome) -> None:
        """Queue an outcome; the oldest is given up if there is no room."""
        if len(self._outcomes) >= OUTCOMES_CAPACITY:
            self._outcomes.popleft()
            self.outcomes_lost += 1
        self._outcomes.append(outcome)
        if len(self._outcomes) == _OUTCOMES_A_BATCH and self._group.is_open:
            self._group.put(None)

    async def run(self) -> None:
        """Work until cancelled, then log what is left."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._group.run())
                tasks.create_task(self._keep_flushing())
        finally:
            await self._flush_last()

    async def _keep_flushing(self) -> None:
        while True:
            await asyncio.sleep(_FLUSH_SECONDS)
            if self._outcomes and self._group.is_open:
                self._group.put(None)

    async def _flush_last(self) -> None:
        if not self._outcomes:
            return
        try:
            async with asyncio.timeout(_LAST_FLUSH_SECONDS):
                connection = await self._connect()
                try:
                    await self._flush(connection)
                finally:
                    connection.terminate()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            self.outcomes_lost += len(self._outcomes)

    async def _commit(self, connection: Connection, batch: Sequence[Question | None]) -> None:
        now = self._clock.now()
        await self._days.ensure(connection, now.date())
        questions = [question for question in batch if question is not None]
        if not questions:
            await self._flush(connection)
            return
        outcomes = self._take_outcomes()
        try:
            rows = await self._ask(connection, questions, now, outcomes)
        except _REFUSED:
            if not outcomes:
                raise
            self.outcomes_lost += len(outcomes)
            rows = await self._ask(connection, questions, now, [])
        except BaseException:
            self._outcomes.extendleft(reversed(outcomes))
            raise
        self._answer(questions, _facts(rows, len(questions)), now)

    async def _flush(self, connection: Connection) -> None:
        """Log all outcomes that wait, but those the database refuses."""
        while outcomes := self._take_outcomes():
            try:
                await connection.execute(LOG_OUTCOMES, outcomes)
            except _REFUSED:
                self.outcomes_lost += len(outcomes)
            except BaseException:
                self._outcomes.extendleft(reversed(outcomes))
                raise

    async def _ask(
        self,
        connection: Connection,
        questions: list[Question],
        now: datetime,
        outcomes: list[Outcome],
    ) -> list[asyncpg.Record]:
        requests = [question.request for question in questions]
        return await connection.fetch(
            AUTHENTICATE,
            [None if r.proof is Proof.DEVICE else r.user_name for r in requests],
            [r.device for r in requests],
            [r.nas.site_id for r in requests],
            now,
            outcomes,
        )

    def _answer(self, questions: list[Question], facts: list[Facts | None], now: datetime) -> None:
        for question, found in zip(questions, facts, strict=True):
            if found is None or not is_undetermined(found, question.request.nas.site_id, now):
                self._answers.facts(question, found, now)
                continue
            question.tries += 1
            if question.tries < _TRIES:
                self._group.put(question)
            else:
                self._answers.abandoned(question, "contended")

    async def _refuse(self, _: Connection, question: Question | None, reason: str) -> None:
        if question is not None:
            self._answers.abandoned(question, reason)

    def _abandon(self, questions: Sequence[Question | None], reason: str) -> None:
        for question in questions:
            if question is not None:
                self._answers.abandoned(question, reason)

    def _take_outcomes(self) -> list[Outcome]:
        waiting = self._outcomes
        return [waiting.popleft() for _ in range(min(len(waiting), _OUTCOMES_A_BATCH))]


def _facts(rows: list[asyncpg.Record], count: int) -> list[Facts | None]:
    """Return the facts of each question; what one of them has bound is bound for all of them."""
    found: list[Facts | None] = [None] * count
    bound: dict[UUID, bytes] = {}
    free: list[tuple[int, UUID]] = []
    for row in rows:
        (number, admission_id, user_name, site_id, plan_id, device, expires_at, ends_at, revoked_at,
         bound_now, seconds, upload, download, sessions) = row  # fmt: skip
        if bound_now:
            bound[admission_id] = device
        elif device is None:
            free.append((number - 1, admission_id))
        found[number - 1] = Facts(
            admission_id, user_name, site_id, plan_id, device, bound_now, expires_at, ends_at,
            revoked_at, seconds or 0, upload or 0, download or 0, sessions or 0,
        )  # fmt: skip
    for at, admission_id in free:
        facts = found[at]
        if facts is not None and admission_id in bound:
            found[at] = facts._replace(device=bound[admission_id])
    return found
