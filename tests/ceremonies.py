"""The server's part in a re-wrapping, for runs that die; what comes back is beside the archive."""

from datetime import datetime

from retention.keys import ceremonies, ceremony
from retention.keys.ceremony import SignedAnswer
from retention.sealing.archive import Places, Progress, only_runner
from retention.sealing.clock_guard import ClockGuard

ANSWER = "rewrap.answer.json"
"""What the second custodian sends back."""


async def run_rewrap(
    url: str, places: Places, now: datetime, progress: Progress
) -> ceremonies.Recorded:
    """Take the answer in, as `socle archive rewrap record` does."""
    signed = ceremony.parse(SignedAnswer, places.archive.with_name(ANSWER).read_bytes())
    async with only_runner(url, places, now, progress, ClockGuard.NONE) as runner:
        return await ceremonies.record(runner, signed)


async def run_drop(
    url: str, places: Places, now: datetime, progress: Progress
) -> ceremonies.Dropped:
    """Take former custodians' pairs out, as `socle archive rewrap drop` does."""
    async with only_runner(url, places, now, progress, ClockGuard.NONE) as runner:
        return await ceremonies.drop_former(runner)
