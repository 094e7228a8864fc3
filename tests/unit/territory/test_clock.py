"""The machine's clock, and the demonstration's that runs ahead of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from territory.clock import OffsetClock, SystemClock, shift

LITTLE = timedelta(minutes=5)


def test_system_clock_is_aware_and_utc() -> None:
    """Every instant in the base is aware and in UTC."""
    assert SystemClock().now().tzinfo is UTC


def test_offset_clock_without_a_file_is_the_machine_s(tmp_path: Path) -> None:
    """Before anyone has moved it, the demonstration's clock tells the real time."""
    clock = OffsetClock(tmp_path / "offset")
    assert abs(clock.now() - datetime.now(UTC)) < LITTLE


def test_shifts_add_up(tmp_path: Path) -> None:
    """A day and then a year forward are a year and a day."""
    file = tmp_path / "offset"
    shift(file, timedelta(days=1))
    shift(file, timedelta(days=365))
    ahead = OffsetClock(file).now() - datetime.now(UTC)
    assert abs(ahead - timedelta(days=366)) < LITTLE


def test_a_file_that_cannot_be_read_keeps_the_last_offset(tmp_path: Path) -> None:
    """A half-written file never throws a component back in time."""
    file = tmp_path / "offset"
    shift(file, timedelta(days=1))
    clock = OffsetClock(file)
    clock.now()
    file.write_text("not a number")
    clock._read_again_at = 0.0
    assert abs(clock.now() - datetime.now(UTC) - timedelta(days=1)) < LITTLE
