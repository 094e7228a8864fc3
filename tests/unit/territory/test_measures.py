"""Measures are read with their unit, or not at all, and written back exactly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from territory.measures import (
    format_duration,
    format_rate,
    format_volume,
    parse_duration,
    parse_rate,
    parse_volume,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("4h", 14_400),
        ("4 h", 14_400),
        ("90 min", 5400),
        ("1 h 30", 5400),
        ("1h30", 5400),
        ("1 h 30 min", 5400),
        ("1,5 h", 5400),
        ("1.5h", 5400),
        ("30 s", 30),
        ("2 jours", 172_800),
        ("1 d 2 h", 93_600),
    ],
)
def test_durations(text: str, seconds: int) -> None:
    """Hours and minutes as they are written in French and in English."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "bps"), [("10 Mbit/s", 10_000_000), ("512kbit/s", 512_000), ("1,5 Mbit/s", 1_500_000)]
)
def test_rates(text: str, bps: int) -> None:
    """Rates are bits per second, with k = 1000."""
    assert parse_rate(text) == bps


@pytest.mark.parametrize(
    ("text", "octets"), [("2 GB", 2 * 10**9), ("500 Mo", 5 * 10**8), ("0.5 TB", 5 * 10**11)]
)
def test_volumes(text: str, octets: int) -> None:
    """Volumes are octets, with k = 1000, in either language."""
    assert parse_volume(text) == octets


@pytest.mark.parametrize(
    "text", ["", "4", "h", "4 hours", "-4h", "4h!", "4 4", "٤h", "1" * 50 + "h"]
)
def test_a_duration_needs_its_unit(text: str) -> None:
    """A bare number could mean anything and is refused, with an example."""
    with pytest.raises(ValueError, match="such as 4h"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["10", "10 MB/s", "10 Mo/s", "10 M", "fast"])
def test_a_rate_needs_its_unit(text: str) -> None:
    """Octets per second are not taken for bits."""
    with pytest.raises(ValueError, match="Mbit/s"):
        parse_rate(text)


@pytest.mark.parametrize("text", ["2", "2 Gbit", "2 GiB", "GB"])
def test_a_volume_needs_its_unit(text: str) -> None:
    """Bits are not taken for octets."""
    with pytest.raises(ValueError, match="2 GB"):
        parse_volume(text)


@given(st.integers(0, 10**12))
def test_what_is_written_is_read_again(amount: int) -> None:
    """Formatting loses nothing that parsing can read."""
    assert parse_duration(format_duration(amount % 10**9)) == amount % 10**9
    assert parse_rate(format_rate(amount)) == amount
    assert parse_volume(format_volume(amount * 1000)) == amount * 1000


@given(st.text(max_size=60))
def test_nothing_but_a_value_error(text: str) -> None:
    """Whatever is typed is read or refused."""
    for parse in (parse_duration, parse_rate, parse_volume):
        try:
            assert parse(text) >= 0
        except ValueError:
            continue
