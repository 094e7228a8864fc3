"""The objects that are asked: each once, by vendor, and none about a person."""

import re

import pytest

from supervision.snmp.objects import (
    CPU,
    ERROR_COUNTERS,
    MEMORY,
    NARROW_COUNTERS,
    RADIO_COLUMNS,
    WIDE_COUNTERS,
    Quantity,
    radio_columns,
)

ALL = (
    *WIDE_COUNTERS,
    *NARROW_COUNTERS,
    *ERROR_COUNTERS,
    *MEMORY,
    CPU,
    *(column for columns in RADIO_COLUMNS.values() for column in columns),
)


@pytest.mark.parametrize("column", ALL)
def test_an_object_is_a_number(column: object) -> None:
    """No leading dot: the library gives indexes back without one."""
    assert re.fullmatch(r"\d+(\.\d+)+", getattr(column, "oid", ""))


@pytest.mark.parametrize(
    ("object_id", "tells"),
    [
        ("1.3.6.1.4.1.41112", {Quantity.CLIENTS, Quantity.CHANNEL, Quantity.UTILISATION_RATIO}),
        (".1.3.6.1.4.1.14988.1", {Quantity.CLIENTS, Quantity.NOISE_DBM}),
        ("1.3.6.1.4.1.9.1.1873", {Quantity.CLIENTS, Quantity.CHANNEL}),
        ("1.3.6.1.4.1.8072.3.2.10", {Quantity.CHANNEL}),
        ("1.3.6.1.4.1.99999999", {Quantity.CHANNEL}),
        ("", {Quantity.CHANNEL}),
    ],
)
def test_the_vendor_chooses(object_id: str, tells: set[Quantity]) -> None:
    """By its branch alone: 9 is not 99999999; a stranger may have the IEEE's table."""
    assert {column.quantity for column in radio_columns(object_id)} == tells


def test_only_wide_counters_are_wide() -> None:
    """Each counter has the width of its syntax, and gauges have none."""
    assert {column.bits for column in WIDE_COUNTERS} == {64}
    assert {column.bits for column in (*NARROW_COUNTERS, *ERROR_COUNTERS)} == {32}
    assert all(column.bits is None for columns in RADIO_COLUMNS.values() for column in columns)
