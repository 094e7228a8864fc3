"""A clock that is wrong seals nothing and destroys nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from retention.app import Keeper
from retention.ending import purge
from retention.manifests.chain import Chain
from retention.sealing import archive, clock_evidence
from retention.sealing.archive import Places
from retention.sealing.clock_guard import ClockGuard
from territory.errors import Unavailable
from tests.conftest import FixedClock
from tests.evidence import START, VERDUN, Evidence, Record, Session, at, run_archive

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


@pytest.mark.parametrize("days", [30, -30])
async def test_a_clock_that_was_set_destroys_nothing(
    evidence: Evidence, places: Places, days: int
) -> None:
    """Machine and database share one clock, set by a month since the last run, forward or back,
    while the machine ran on for an hour: nothing is done until somebody says that it is right."""
    now, url = datetime.now(UTC), evidence.retention_url
    honest = await clock_evidence.read_clock(now)
    before = honest.at - timedelta(hours=1) - timedelta(days=days)
    await evidence.fetch(
        "INSERT INTO archive.clock_reading (at, boot_id, uptime_seconds) VALUES ($1, $2, $3)",
        *(before, honest.boot_id, honest.uptime_seconds - 3600),
    )
    for work in (archive.run, purge.purge):
        with pytest.raises(Unavailable, match="it was set"):
            await work(url, places, now)

    await purge.purge(url, places, now, guard=ClockGuard.AFTER_LONG_STOP)
    if days > 0:
        await purge.purge(url, places, datetime.now(UTC))
    told = await evidence.fetch("SELECT synchronised FROM archive.clock_reading WHERE at = $1", now)
    assert [row["synchronised"] for row in told] == [honest.synchronised]


@pytest.mark.parametrize(
    ("days", "synchronised", "is_believed"),
    [
        (365, True, False),
        (365, False, False),
        (30, False, False),
        (30, None, False),
        (30, True, True),
        (3, False, True),
        (3, None, True),
    ],
)
async def test_after_a_restart_only_what_was_believed_vouches(
    evidence: Evidence,
    places: Places,
    monkeypatch: pytest.MonkeyPatch,
    days: int,
    synchronised: bool | None,
    is_believed: bool,
) -> None:
    """A row received since by the same clock does not: a year ahead, or a month that no source
    confirms, seals and destroys nothing until somebody says that it is right. A month off with a
    source again, and a weekend with none, need nobody."""
    told = {} if synchronised is None else {"synchronised": synchronised}
    monkeypatch.setattr(clock_evidence, "ask_kernel", lambda: told)
    now, url = datetime.now(UTC), evidence.retention_url
    await evidence.fetch(
        "INSERT INTO archive.clock_reading (at, boot_id, uptime_seconds) VALUES ($1, 'other', 9e6)",
        now - timedelta(days=days),
    )
    await evidence.days(str(now.date()), 1)
    await evidence.record(PHONE, Record(START, now))
    for work in (archive.run, purge.purge):
        if is_believed:
            await work(url, places, now)
        else:
            with pytest.raises(Unavailable, match="--after-long-stop"):
                await work(url, places, now)
    await archive.run(url, places, now, guard=ClockGuard.AFTER_LONG_STOP)
    await purge.purge(url, places, datetime.now(UTC))


async def test_a_day_s_manifest_tells_what_its_clock_was_worth(
    evidence: Evidence, places: Places
) -> None:
    """From the readings of that day, which then go; without one it says that there is none."""
    await evidence.days("2025-11-17", 2)
    for minute in (0, 1):
        await evidence.fetch(
            "INSERT INTO archive.clock_reading (at, boot_id, uptime_seconds, synchronised,"
            " offset_seconds, source, stratum) VALUES ($1, 'a', 1, true, 0.001, '192.0.2.1', 2)",
            at(f"2025-11-17 10:0{minute}"),
        )
    await run_archive(evidence.retention_url, places, at("2025-11-21 00:00"))
    with_clock, without = [link.clock for link in Chain.read(places.archive).days()]
    assert with_clock
    assert without
    assert (with_clock.readings, with_clock.sources, with_clock.strata) == (2, ("192.0.2.1",), (2,))
    assert with_clock.worst_offset_microseconds == 1000
    assert (without.readings, without.sources) == (0, ())
    assert await evidence.fetch("SELECT FROM archive.clock_reading") == []


async def test_the_chain_is_a_sign_of_work_too(
    evidence: Evidence, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Off for weeks, every day was sealed, and its source steers the clock: nothing is wrong."""
    monkeypatch.setattr(clock_evidence, "ask_kernel", lambda: {"synchronised": True})
    now = datetime.now(UTC)
    await evidence.days(str((now - timedelta(days=50)).date()), 47)
    await run_archive(evidence.retention_url, places, now - timedelta(days=30))
    await archive.run(evidence.retention_url, places, now)
    assert len(Chain.read(places.archive).days()) == 48
