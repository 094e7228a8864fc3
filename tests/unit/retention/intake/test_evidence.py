"""When what was told happened, by the server's clock."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from uuid import uuid4

import pytest

from retention.intake.evidence import row_of
from retention.intake.translation import Phase, Translation
from territory.errors import ProtocolError

NOW = datetime(2026, 11, 20, 14, 3, tzinfo=UTC)
SITE = uuid4()
TOLD = Translation(
    *(IPv4Address("10.1.0.20"), 6, IPv4Address("198.51.100.9"), 40_001, 40_001, Phase.CREATED)
)


def seconds(value: float) -> datetime:
    """Return an instant so many seconds before now."""
    return NOW - timedelta(seconds=value)


@pytest.mark.parametrize(
    ("told", "may_wait", "times"),
    [
        (TOLD, False, (0, 0, None)),
        (replace(TOLD, phase=Phase.SEEN), False, (0, None, None)),
        (replace(TOLD, phase=Phase.ENDED), False, (0, None, 0)),
        (replace(TOLD, phase=Phase.ENDED, lasted_seconds=9.0), False, (0, 9, 0)),
        (replace(TOLD, ago_seconds=1.5), False, (1.5, 1.5, None)),
        # A datagram comes at once: a gateway's wrong clock moves nothing.
        (replace(TOLD, told_at=seconds(3_600)), False, (0, 0, None)),
        # A stream may have waited; but nothing happens after it is told.
        (replace(TOLD, told_at=seconds(3_600)), True, (3_600, 3_600, None)),
        (replace(TOLD, told_at=seconds(-3_600)), True, (0, 0, None)),
        # Days late, it is of a closed day, and kept for its supplement.
        (replace(TOLD, told_at=seconds(9 * 86_400)), True, (9 * 86_400, 9 * 86_400, None)),
        (
            replace(TOLD, phase=Phase.ENDED, lasted_seconds=99 * 86_400.0),
            False,
            (0, 30 * 86_400, 0),
        ),
    ],
)
def test_when_it_happened(
    told: Translation, may_wait: bool, times: tuple[float, float | None, float | None]
) -> None:
    """At, from and until, in seconds before the receipt."""
    row = row_of(told, SITE, NOW, may_wait=may_wait)
    expected = tuple(None if each is None else seconds(each) for each in times)
    assert (row.at, row.held_from, row.held_until) == expected
    assert (row.received_at, row.site_id) == (NOW, SITE)


def test_what_happened_too_long_ago_is_named() -> None:
    """A clock that was never set fills no supplement of a day long gone."""
    with pytest.raises(ProtocolError, match="too-late"):
        row_of(replace(TOLD, ago_seconds=31 * 86_400), SITE, NOW, may_wait=False)
