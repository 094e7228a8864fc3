"""The access side of the ledger: facts for a batch of requests, credentials bound on the way.

One statement is told every request of the batch. What it says of the same credential asked twice
in one batch, or in two batches at once, comes out as one device: the first.
"""

from collections.abc import Awaitable, Callable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

import asyncpg

from radius.access import AccessRequest, Proof
from radius.beyond import look_beyond
from radius.group_commit import Connection, GroupCommit, Handlers, Watch
from radius.policy import Facts, is_undetermined
from radius.statements import AUTHENTICATE
from territory.clock import Clock

_TRIES: Final = 3


class Question:
    """A request whose facts are wanted."""

    __slots__ = ("context", "request", "tries")

    def __init__(self, request: AccessRequest, context: Any) -> None:
        self.request = request
        self.context = context
        """The exchange's own; comes back with the facts."""
        self.tries = 0
        """How often the facts were undetermined."""


@dataclass(frozen=True, slots=True)
class AccessAnswers:
    """Where the ledger brings what it found."""

    facts: Callable[[Question, Facts | None, datetime], None]
    """The facts of one question, and the instant they were true."""
    abandoned: Callable[[Question, str], None]
    """No facts to be had: `unavailable`, `overload` or `contended`."""
    asking: Callable[[], Set[UUID]] = frozenset
    """The plans under which more must be known of the guest than the admission."""


class AccessLedger:
    """Queues questions."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        clock: Clock,
        answers: AccessAnswers,
        watch: Watch,
    ) -> None:
        self._clock = clock
        self._answers = answers
        handlers = Handlers(self._commit, self._refuse, self._abandon, _began)
        self._group: GroupCommit[Question] = GroupCommit(connect, handlers, watch)
        self.ask = self._group.put
        """Queue a question."""

    @property
    def is_open(self) -> bool:
        """Whether a question put now will be looked at soon."""
        return self._group.is_open

    def __len__(self) -> int:
        return len(self._group)

    async def run(self) -> None:
        """Work until cancelled."""
        await self._group.run()

    async def _commit(
        self, connection: Connection, batch: Sequence[Question]
    ) -> Callable[[], None]:
        now = self._clock.now()
        requests = [question.request for question in batch]
        names = [None if r.proof is Proof.DEVICE else r.user_name for r in requests]
        rows = await connection.fetch(
            AUTHENTICATE,
            names,
            [r.device for r in requests],
            [r.nas.site_id for r in requests],
            now,
        )
        facts = _facts(rows, requests)
        asking = self._answers.asking()
        if asking or None in names:
            await look_beyond(connection, requests, facts, asking, now)
        return partial(self._answer, batch, facts, now)

    def _answer(
        self, questions: Sequence[Question], facts: list[Facts | None], now: datetime
    ) -> None:
        for question, found in zip(questions, facts, strict=True):
            if found is None or not is_undetermined(found, question.request.nas.site_id, now):
                self._answers.facts(question, found, now)
                continue
            question.tries += 1
            if question.tries < _TRIES:
                self._group.put(question)
            else:
                self._answers.abandoned(question, "contended")

    async def _refuse(self, _: Connection, question: Question, reason: str) -> None:
        self._answers.abandoned(question, reason)

    def _abandon(self, questions: Sequence[Question], reason: str) -> None:
        for question in questions:
            self._answers.abandoned(question, reason)


def _began(question: Question) -> float:
    began: float = question.context.began
    return began


def _facts(rows: list[asyncpg.Record], requests: list[AccessRequest]) -> list[Facts | None]:
    """Return the facts of each request: of a device bound just now, for whoever asked first."""
    found: list[Facts | None] = [None] * len(requests)
    bound: dict[UUID, bytes] = {row[1]: row[5] for row in rows if row[0] is None}
    first = set(bound)
    for row in rows:
        (number, admission_id, user_name, site_id, plan_id, device, expires_at, ends_at, revoked_at,
         seconds, upload, download, sessions) = row  # fmt: skip
        if number is None:
            continue
        bound_now = False
        if device is None and admission_id in bound:
            device = bound[admission_id]
            bound_now = admission_id in first
            first.discard(admission_id)
        found[number - 1] = Facts(
            admission_id, user_name, site_id, plan_id, device, bound_now, expires_at, ends_at,
            revoked_at, seconds or 0, upload or 0, download or 0, sessions or 0,
        )  # fmt: skip
    return found
