"""Which values one piece of equipment has, found once by walking and then asked by name. Pure.

A walk of the interface table at every poll would carry far more than is used; what a first look
found (`Look`) becomes the cells of every later poll. It is looked at anew after a restart, when a
cell is missing, and every so often.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from supervision.snmp.objects import (
    CELSIUS,
    CPU,
    ERROR_COUNTERS,
    ETHERNET,
    MEMORY,
    NARROW_COUNTERS,
    SENSOR_VALUE,
    STORAGE_RAM,
    SYS_UP_TIME,
    UNITS,
    WIDE_COUNTERS,
    Cell,
    Column,
    Quantity,
)

Value = int | float | str | bytes | None
Rows = Mapping[str, Value]
"""One column: by index, as it follows the column's OID."""

MOST_INTERFACES = 4
MOST_ROWS = 16
"""Of each other column: radios, virtual access points, sensors."""
_VIRTUAL = re.compile(r"(br|veth|docker|vlan|bond|wlan|wifi|ath|ra|tun|tap|ifb|lo|wg)|.*[.:@]")
"""Names of what carries the same octets once more, or is no wire."""


@dataclass(frozen=True, slots=True)
class Sensor:
    """One row of entPhySensorTable."""

    kind: Value
    scale: Value
    precision: Value


@dataclass(frozen=True, slots=True)
class Look:
    """What walking found."""

    names: Rows
    """ifName."""
    types: Rows
    """ifType."""
    wide: Rows
    """ifHCInOctets; empty where the agent has no 64-bit counters."""
    processors: Rows
    storage: Rows
    """hrStorageType."""
    sensors: Mapping[str, Sensor]
    radios: Mapping[Column, Rows]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked of a device at every poll; one for all devices that have the same."""

    oids: tuple[str, ...]
    """The uptime's first."""
    counters: tuple[Cell, ...]
    gauges: tuple[Cell, ...]


@lru_cache(maxsize=4096)
def plan_of(asked: tuple[Cell, ...]) -> Plan:
    """Return the plan of these cells."""
    values = [cell for cell in asked if cell.quantity is not Quantity.UPTIME_SECONDS]
    return Plan(
        tuple(cell.oid for cell in asked),
        tuple(cell for cell in values if cell.bits is not None),
        tuple(cell for cell in values if cell.bits is None),
    )


UPTIME_ALONE = plan_of((SYS_UP_TIME,))
"""Of a device that could not be looked at yet."""


def cells(look: Look) -> tuple[Cell, ...]:
    """Return what is to be asked at every poll, the uptime first."""
    return (
        SYS_UP_TIME,
        *_interface_cells(look),
        *_column_cells(CPU, look.processors),
        *_memory_cells(look.storage),
        *_temperature_cells(look.sensors),
        *(cell for column, rows in look.radios.items() for cell in _column_cells(column, rows)),
    )


def wires(look: Look) -> list[str]:
    """Return the indexes of interfaces that are a wire's end; bridges and radios are not."""
    found = [
        index
        for index, kind in look.types.items()
        if kind == ETHERNET and not _VIRTUAL.match(_text(look.names.get(index)))
    ]
    return found[:MOST_INTERFACES]


def _text(value: Value) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value or "")


def _interface_cells(look: Look) -> Iterator[Cell]:
    for index in wires(look):
        counters = WIDE_COUNTERS if index in look.wide else NARROW_COUNTERS
        for column in (*counters, *ERROR_COUNTERS):
            yield _cell(column, index)


def _column_cells(column: Column, rows: Rows) -> Iterator[Cell]:
    return (_cell(column, index) for index in list(rows)[:MOST_ROWS])


def _memory_cells(storage: Rows) -> Iterator[Cell]:
    for index, kind in storage.items():
        if _text(kind).lstrip(".") == STORAGE_RAM:
            yield from (_cell(column, index) for column in MEMORY)
            return


def _temperature_cells(sensors: Mapping[str, Sensor]) -> Iterator[Cell]:
    for index, sensor in list(sensors.items())[:MOST_ROWS]:
        if sensor.kind != CELSIUS:
            continue
        if isinstance(sensor.scale, int) and isinstance(sensor.precision, int):
            power = 3 * (sensor.scale - UNITS) - sensor.precision
            if -30 <= power <= 30:
                quantity = Quantity.TEMPERATURE_CELSIUS
                yield Cell(f"{SENSOR_VALUE}.{index}", quantity, 10.0**power)


def _cell(column: Column, index: str) -> Cell:
    return Cell(f"{column.oid}.{index}", column.quantity, column.scale, column.bits)
