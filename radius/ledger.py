"""The ledger: what is decided on and what is recorded, each by its own group commit.

Two of them, so that a burst of accounting never stands in an Access-Request's way. See
access_ledger.py and accounting_ledger.py for what a batch is, group_commit.py for when.
"""

import asyncio
from collections.abc import Callable

from radius.access_ledger import AccessAnswers, AccessLedger
from radius.accounting_ledger import AccountingAnswers, AccountingLedger
from radius.counters import Counters
from radius.database import connector
from radius.group_commit import Watch
from radius.outages import Outage
from radius.outcome_log import OutcomeLog
from territory.clock import Clock


class Ledger:
    """Both sides of the ledger on one database."""

    def __init__(
        self,
        url: str,
        clock: Clock,
        counters: Counters,
        answers: tuple[AccessAnswers, AccountingAnswers],
    ) -> None:
        connect = connector(url)
        self._counters = counters
        self._outage = Outage("ledger")
        self.access = AccessLedger(connect, clock, answers[0], self._watch("access"))
        self.accounting = AccountingLedger(connect, clock, answers[1], self._watch("accounting"))
        self.outcomes = OutcomeLog(connect, clock, Outage("outcome_log").lasts)
        counters.gauges |= {
            "access_queue": ("Questions waiting.", lambda: len(self.access)),
            "accounting_queue": ("Records waiting.", lambda: len(self.accounting)),
            "ledger_open": ("1 while the database takes batches.", lambda: self.is_open),
            "outcomes_waiting": ("Rows on their way.", lambda: len(self.outcomes)),
            "outcomes_lost": ("Missing in the security log.", lambda: self.outcomes.rows_lost),
        }

    @property
    def is_open(self) -> bool:
        """Whether both sides have a connection."""
        return self.access.is_open and self.accounting.is_open

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.access.run())
            tasks.create_task(self.accounting.run())
            tasks.create_task(self.outcomes.run())

    def _watch(self, kind: str) -> Watch:
        return Watch(self._observer(self._counters.batches[kind].observe), self._outage.lasts)

    def _observer(self, observe: Callable[[float], None]) -> Callable[[int], None]:
        def committed(size: int) -> None:
            observe(size)
            self._outage.is_over()

        return committed
