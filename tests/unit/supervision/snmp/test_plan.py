"""What a first look finds becomes the cells of every poll, bounded."""

from dataclasses import replace

import pytest

from supervision.snmp.objects import STORAGE_RAM, Column, Quantity
from supervision.snmp.plan import MOST_INTERFACES, MOST_ROWS, Look, Sensor, cells, wires

CLIENTS = Column("1.3.6.1.4.1.41112.1.6.1.2.1.8", Quantity.CLIENTS)
NOTHING = Look({}, {}, {}, {}, {}, {}, {})


def of(look: Look, quantity: Quantity) -> list[str]:
    """The OIDs of one quantity."""
    return [cell.oid for cell in cells(look) if cell.quantity is quantity]


def test_nothing_found_still_asks_the_uptime() -> None:
    """What a device always has is enough to know that it lives."""
    (only,) = cells(NOTHING)
    assert only.quantity is Quantity.UPTIME_SECONDS


@pytest.mark.parametrize(
    ("name", "kind", "wire"),
    [
        (b"eth0", 6, True),
        ("ether1", 6, True),
        (b"Gi0", 6, True),
        (b"br-lan", 6, False),
        (b"eth0.120", 6, False),
        (b"wlan0", 6, False),
        (b"lo", 24, False),
        (b"dot11radio0", 71, False),
        (None, 6, True),
    ],
)
def test_what_is_a_wire(name: bytes | str | None, kind: int, wire: bool) -> None:
    """An Ethernet port; a bridge or a VLAN on it would count the same octets twice."""
    look = replace(NOTHING, names={"1": name}, types={"1": kind})
    assert wires(look) == (["1"] if wire else [])


def test_wide_counters_where_there_are_some() -> None:
    """64 bits where the agent has them, else 32; errors have 32 alone."""
    look = replace(NOTHING, types={"1": 6, "2": 6}, wide={"1": 5})
    assert of(look, Quantity.RX_OCTETS) == [
        "1.3.6.1.2.1.31.1.1.1.6.1",
        "1.3.6.1.2.1.2.2.1.10.2",
    ]
    assert len(of(look, Quantity.RX_ERRORS)) == 2


def test_memory_is_the_ram() -> None:
    """A disk is no memory, nor is a second row of RAM."""
    storage = {"1": "1.3.6.1.2.1.25.2.1.4", "6": STORAGE_RAM, "7": f".{STORAGE_RAM}"}
    assert of(replace(NOTHING, storage=storage), Quantity.MEMORY_USED) == [
        "1.3.6.1.2.1.25.2.3.1.6.6"
    ]


@pytest.mark.parametrize(
    ("sensor", "scales"),
    [
        (Sensor(8, 9, 0), [1.0]),
        (Sensor(8, 8, 0), [0.001]),
        (Sensor(8, 9, 1), [0.1]),
        (Sensor(10, 9, 0), []),
        (Sensor(8, None, 0), []),
        (Sensor(8, 900, 0), []),
    ],
)
def test_temperatures(sensor: Sensor, scales: list[float]) -> None:
    """Degrees alone, with the scale and precision that the row states (RFC 3433)."""
    found = [
        cell.scale for cell in cells(replace(NOTHING, sensors={"1": sensor})) if cell.bits is None
    ]
    assert found == pytest.approx(scales)


def test_a_large_device_is_cut() -> None:
    """A switch of 500 ports or a cluster of radios asks no more than a large access point."""
    rows = {str(number): 6 for number in range(500)}
    look = replace(NOTHING, types=rows, wide=rows, radios={CLIENTS: rows}, processors=rows)
    assert len(of(look, Quantity.TX_OCTETS)) == MOST_INTERFACES
    assert len(of(look, Quantity.CLIENTS)) == len(of(look, Quantity.CPU_RATIO)) == MOST_ROWS
