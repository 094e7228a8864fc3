"""Two polls of one device become what moved between them, and how it is now. Pure.

Rules: a device whose uptime went back has restarted, and its counters began at nought; a 32-bit
counter that went back without that has wrapped, a 64-bit one was set to nought; an uptime that
reaches its own end after 497 days is no restart. What no device can have (a channel 7 000, an
increase beyond any wire) is left out, so that one wrong answer spoils no total.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from supervision.snmp.objects import Quantity
from supervision.snmp.plan import Plan

MOST_OCTETS_A_SECOND: Final = 12_500_000_000
"""100 Gbit/s, beyond the wire of any access point or gateway."""
MOST_RADIOS: Final = 4
_UPTIME_WRAPS_SECONDS: Final = 2**32 / 100
_CLOCK_TOLERANCE_SECONDS: Final = 60.0
_SANE: Final[Mapping[Quantity, tuple[float, float]]] = {
    Quantity.UPTIME_SECONDS: (0, 2**32),
    Quantity.CLIENTS: (0, 10_000),
    Quantity.CHANNEL: (1, 233),
    Quantity.UTILISATION_RATIO: (0, 1),
    Quantity.NOISE_DBM: (-130, -20),
    Quantity.CPU_RATIO: (0, 1),
    Quantity.MEMORY_RATIO: (0, 1),
    Quantity.MEMORY_SIZE: (1, 2**40),
    Quantity.MEMORY_USED: (0, 2**40),
    Quantity.TEMPERATURE_CELSIUS: (-60, 150),
}


@dataclass(frozen=True, slots=True)
class Poll:
    """What one poll gave."""

    at: datetime
    """When it ended, by the server's clock."""
    plan: Plan
    """What was asked."""
    values: Mapping[str, int]
    """Raw, by OID; what the device did not give is absent."""
    uptime_seconds: float


@dataclass(frozen=True, slots=True)
class Sample:
    """How a device is, in units."""

    uptime_seconds: float | None
    clients: int | None
    """Devices on all its radios; None: it does not tell."""
    channels: tuple[int, ...]
    """Each once, lowest first."""
    utilisation_ratios: tuple[float, ...]
    """Of each radio's channel, in the agent's order."""
    noise_dbm: tuple[float, ...]
    cpu_ratio: float | None
    """Mean of its processors."""
    memory_ratio: float | None
    temperature_celsius: float | None
    """Of its hottest sensor."""


def sane(quantity: Quantity, value: float | None) -> float | None:
    """Return a value that something can have, else None; not a number is none either."""
    least, most = _SANE[quantity]
    return value if value is not None and least <= value <= most else None


def sample(poll: Poll) -> Sample:
    """Return a poll in units, what cannot be true left out."""
    found: dict[Quantity, list[float]] = {}
    for cell in poll.plan.gauges:
        raw = poll.values.get(cell.oid)
        if raw is None:
            continue
        value = sane(cell.quantity, raw * cell.scale)
        if value is not None:
            found.setdefault(cell.quantity, []).append(value)
    clients = found.get(Quantity.CLIENTS)
    loads = found.get(Quantity.CPU_RATIO)
    size, used = found.get(Quantity.MEMORY_SIZE), found.get(Quantity.MEMORY_USED)
    return Sample(
        poll.uptime_seconds,
        int(sum(clients)) if clients else None,
        tuple(sorted({int(one) for one in found.get(Quantity.CHANNEL, ())}))[:MOST_RADIOS],
        tuple(found.get(Quantity.UTILISATION_RATIO, ()))[:MOST_RADIOS],
        tuple(found.get(Quantity.NOISE_DBM, ()))[:MOST_RADIOS],
        sum(loads) / len(loads) if loads else None,
        min(used[0] / size[0], 1.0) if size and used else None,
        max(found.get(Quantity.TEMPERATURE_CELSIUS, ()), default=None),
    )


def has_restarted(previous: Poll, current: Poll) -> bool:
    """Tell whether the device began anew between two polls."""
    if current.uptime_seconds >= previous.uptime_seconds:
        return False
    elapsed = (current.at - previous.at).total_seconds()
    expected = previous.uptime_seconds + elapsed - _UPTIME_WRAPS_SECONDS
    return abs(current.uptime_seconds - expected) > _CLOCK_TOLERANCE_SECONDS


def moved(previous: Poll, current: Poll) -> dict[Quantity, int]:
    """Return by how much each counter grew, summed over the device's interfaces."""
    restarted = has_restarted(previous, current)
    most = MOST_OCTETS_A_SECOND * max((current.at - previous.at).total_seconds(), 1.0)
    grown: dict[Quantity, int] = {}
    for cell in current.plan.counters:
        before, now = previous.values.get(cell.oid), current.values.get(cell.oid)
        if before is None or now is None:
            continue
        increase = _increase(before, now, cell.bits, restarted)
        if 0 <= increase <= most:
            grown[cell.quantity] = grown.get(cell.quantity, 0) + increase
    return grown


def _increase(before: int, now: int, bits: int | None, restarted: bool) -> int:
    if restarted:
        return now
    if now >= before:
        return now - before
    return now - before + 2**bits if bits == 32 else now


def error_ratio(grown: Mapping[Quantity, int]) -> float | None:
    """Return the share of packets that interfaces threw away; None: too few to tell."""
    errors = grown.get(Quantity.RX_ERRORS, 0) + grown.get(Quantity.TX_ERRORS, 0)
    packets = grown.get(Quantity.RX_PACKETS, 0) + grown.get(Quantity.TX_PACKETS, 0)
    return errors / (errors + packets) if errors + packets >= _ENOUGH_PACKETS else None


_ENOUGH_PACKETS: Final = 100
