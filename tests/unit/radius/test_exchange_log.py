"""Exchange lines: so many a second, and nobody in them."""

from datetime import timedelta

import structlog
from structlog.testing import capture_logs

from radius.exchange_log import ExchangeLog
from tests.unit.radius.sample import DEVICE, NOW


def test_lines_are_bounded_each_second_and_say_how_many_were_not_written() -> None:
    """A flood costs no more than a hundred lines a second."""
    structlog.reset_defaults()
    with capture_logs() as lines:
        log = ExchangeLog(b"key", enabled=True)
        for _ in range(250):
            log.write("access.answered", NOW, DEVICE)
        log.write("access.answered", NOW + timedelta(seconds=1), DEVICE)
    assert len(lines) == 101
    assert lines[-1]["suppressed_before"] == 150


def test_a_device_is_a_name_of_one_day() -> None:
    """It can be followed through a day's lines, not into the next, and not back to itself."""
    log = ExchangeLog(b"key", enabled=True)
    today, tomorrow = NOW.date(), NOW.date() + timedelta(days=1)
    assert log.pseudonym(DEVICE, today) == log.pseudonym(DEVICE, today)
    assert log.pseudonym(DEVICE, today) != log.pseudonym(DEVICE, tomorrow)
    assert log.pseudonym(DEVICE, today) != ExchangeLog(b"k2", enabled=True).pseudonym(DEVICE, today)
    assert DEVICE.hex() not in str(log.pseudonym(DEVICE, today))
    assert log.pseudonym(None, today) is None
