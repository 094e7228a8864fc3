"""The instant a redirect tells, whatever its unit."""

from datetime import UTC, datetime

import pytest

from portal.gateways.told_time import told_time
from territory.errors import ProtocolError

AT = datetime(2025, 3, 19, 15, 38, 52, tzinfo=UTC)
"""`date -u -d @1742398732`."""


@pytest.mark.parametrize("text", ["1742398732", "1742398732123", "1742398732123456"])
def test_seconds_milliseconds_or_microseconds(text: str) -> None:
    """The documents say one, the equipment writes another: the digits tell."""
    assert told_time(text) == AT


@pytest.mark.parametrize(
    "text", ["", "0", "-174239873", "17423987.3", "1e9", "١٧٤٢٣٩٨٧٣٢", "9" * 17]
)
def test_no_time(text: str) -> None:
    """Neither text nor another number of digits."""
    with pytest.raises(ProtocolError, match="bad-time"):
        told_time(text)
