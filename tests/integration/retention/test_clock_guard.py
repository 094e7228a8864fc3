"""A clock that is wrong seals nothing and destroys nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from retention import archive, purge
from retention.app import Keeper
from retention.archive import Places
from retention.chain import Chain
from retention.clock_guard import ClockGuard
from territory.errors import Unavailable
from tests.conftest import FixedClock
from tests.evidence import START, VERDUN, Evidence, Record, Session, run_archive

PHONE = Session(VERDUN, "02:00:00:00:00:01", "10.1.0.10")


@pytest.mark.parametrize("minutes", [-6, 6, 60 * 24 * 366])
async def test_a_clock_that_the_database_does_not_share_is_refused(
    evidence: Evidence, places: Places, minutes: int
) -> None:
    """Sealing and purging alike, long stop or not; the keeper says that it fails."""
    now = datetime.now(UTC) + timedelta(minutes=minutes)
    for guard in (ClockGuard.FULL, ClockGuard.AFTER_LONG_STOP):
        for work in (archive.run, purge.purge):
            with pytest.raises(Unavailable, match="differ by over 5 minutes"):
                await work(evidence.retention_url, places, now, guard=guard)
    keeper = Keeper(evidence.retention_url, places, FixedClock(now), ClockGuard.FULL)
    await keeper.once()
    assert not await keeper.check("purge")()
    assert not await keeper.check("seal")()
    assert not places.archive.exists()


async def test_after_a_long_stop_someone_has_to_say_so(evidence: Evidence, places: Places) -> None:
    """Database and machine agree, and the last sign of work is 45 days ago."""
    now = datetime.now(UTC)
    begun = now - timedelta(days=45)
    await evidence.days(str(begun.date()), 1)
    await evidence.record(PHONE, Record(START, begun))
    for work in (archive.run, purge.purge):
        with pytest.raises(Unavailable, match="--after-long-stop"):
            await work(evidence.retention_url, places, now)

    guard = ClockGuard.AFTER_LONG_STOP
    done = await archive.run(evidence.retention_url, places, now, guard=guard)
    assert begun.date() in done.days
    await purge.purge(evidence.retention_url, places, now)


async def test_the_chain_is_a_sign_of_work_too(evidence: Evidence, places: Places) -> None:
    """Nobody came for weeks, and every day was sealed: nothing is wrong."""
    now = datetime.now(UTC)
    await evidence.days(str((now - timedelta(days=50)).date()), 47)
    await run_archive(evidence.retention_url, places, now - timedelta(days=30))
    await archive.run(evidence.retention_url, places, now)
    assert len(Chain.read(places.archive).days()) == 48
