"""An outage is told once at each end, and says nothing of what was in hand."""

import asyncpg
import structlog
from structlog.testing import capture_logs

from radius.outages import Outage


def test_an_outage_is_two_lines_however_long_it_lasts() -> None:
    """A steady failure is not repeated (its metrics tell how long)."""
    structlog.reset_defaults()
    with capture_logs() as lines:
        outage = Outage("ledger")
        outage.is_over()
        for _ in range(5):
            outage.lasts(asyncpg.DiskFullError("could not write row (secret)"))
        outage.is_over()
        outage.is_over()
    assert lines == [
        {
            "event": "ledger.away",
            "fault": "DiskFullError",
            "sqlstate": "53100",
            "log_level": "error",
        },
        {"event": "ledger.back", "log_level": "info"},
    ]
