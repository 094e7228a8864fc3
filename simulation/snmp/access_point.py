"""What a simulated access point tells by SNMP at an instant, by its vendor's MIB. Pure.

Every object was read in the named MIB module. Counters and load follow from the time it has run and
from a seed, so that each access point lives a life of its own, and the same again.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from simulation.snmp.agent import Rows
from simulation.snmp.ber import (
    COUNTER32,
    COUNTER64,
    GAUGE32,
    INTEGER,
    OCTETS,
    TICKS,
    arcs_of,
    identifier,
    number,
    tlv,
)

_ETHERNET = 6
"""ethernetCsmacd (IANAifType-MIB)."""
_OCTETS_A_SECOND = 180_000
_ERROR_EVERY_SECONDS = 900
_WAVE_SECONDS = 900
"""Load rises and falls once in this time."""


class Vendor(StrEnum):
    """Whose access point it is, for its private MIB."""

    UNIFI = "unifi"
    """UBNT-UniFi-MIB: clients and channel of each virtual access point, use of each radio."""
    ARUBA = "aruba"
    """AI-AP-MIB: clients, noise and use of each radio."""
    OPENWRT = "openwrt"
    """None: its snmpd tells the IETF's alone."""


@dataclass(frozen=True, slots=True)
class AccessPoint:
    """One, as it was made."""

    name: str
    """Its seed too."""
    vendor: Vendor = Vendor.UNIFI
    channels: tuple[int, ...] = (6, 44)
    """One for each radio."""


def rows(one: AccessPoint, running_seconds: float, clients: int) -> Rows:
    """Return all it tells after having run so long, with so many devices on it."""
    chance = Random(one.name)
    phase = chance.uniform(0, 2 * math.pi)
    load = (1 + math.sin(2 * math.pi * running_seconds / _WAVE_SECONDS + phase)) / 2
    found = {
        "1.3.6.1.2.1.1.2.0": identifier(arcs_of(_OBJECT_IDS[one.vendor])),
        "1.3.6.1.2.1.1.3.0": number(TICKS, int(running_seconds * 100) % 2**32),
        # HOST-RESOURCES-MIB: hrProcessorLoad; hrStorageTable's row of hrStorageRam.
        "1.3.6.1.2.1.25.3.3.1.2.1": number(INTEGER, 5 + int(30 * load)),
        "1.3.6.1.2.1.25.2.3.1.2.1": identifier(arcs_of("1.3.6.1.2.1.25.2.1.2")),
        "1.3.6.1.2.1.25.2.3.1.5.1": number(INTEGER, 250_000),
        "1.3.6.1.2.1.25.2.3.1.6.1": number(INTEGER, 90_000 + int(20_000 * load)),
        # ENTITY-SENSOR-MIB: degrees (8), units (9), one decimal.
        "1.3.6.1.2.1.99.1.1.1.1.1": number(INTEGER, 8),
        "1.3.6.1.2.1.99.1.1.1.2.1": number(INTEGER, 9),
        "1.3.6.1.2.1.99.1.1.1.3.1": number(INTEGER, 1),
        "1.3.6.1.2.1.99.1.1.1.4.1": number(INTEGER, 410 + int(90 * load)),
    }
    found |= _wire(running_seconds, chance.uniform(0.5, 1.5))
    found |= _RADIOS[one.vendor](one, clients, load)
    return {arcs_of(text): value for text, value in found.items()}


def _wire(running_seconds: float, pace: float) -> Mapping[str, bytes]:
    """IF-MIB: one wire, with the 64-bit counters of ifXTable."""
    received = int(running_seconds * _OCTETS_A_SECOND * pace)
    sent, errors = received // 6, int(running_seconds / _ERROR_EVERY_SECONDS)
    wide = {6: received, 10: sent, 7: received // 900, 11: sent // 300}
    return {
        "1.3.6.1.2.1.2.2.1.3.1": number(INTEGER, _ETHERNET),
        "1.3.6.1.2.1.31.1.1.1.1.1": tlv(OCTETS, b"eth0"),
        "1.3.6.1.2.1.2.2.1.14.1": number(COUNTER32, errors),
        "1.3.6.1.2.1.2.2.1.20.1": number(COUNTER32, 0),
        **{
            f"1.3.6.1.2.1.31.1.1.1.{column}.1": number(COUNTER64, value)
            for column, value in wide.items()
        },
    }


def _unifi(one: AccessPoint, clients: int, load: float) -> Mapping[str, bytes]:
    found = {}
    for radio, channel in enumerate(one.channels, start=1):
        table = "1.3.6.1.4.1.41112.1.6.1"
        found[f"{table}.2.1.8.{radio}"] = number(INTEGER, _share(clients, radio, one))
        found[f"{table}.2.1.4.{radio}"] = number(GAUGE32, channel)
        found[f"{table}.1.1.6.{radio}"] = number(INTEGER, 10 + int(40 * load))
    return found


def _aruba(one: AccessPoint, clients: int, load: float) -> Mapping[str, bytes]:
    found, table = {}, "1.3.6.1.4.1.14823.2.3.3.1.2.2.1"
    for radio in range(1, len(one.channels) + 1):
        row = f"148.42.111.208.48.{len(one.name) % 256}.{radio - 1}"  # aiRadioAPMACAddress, number
        found[f"{table}.21.{row}"] = number(INTEGER, _share(clients, radio, one))
        found[f"{table}.6.{row}"] = number(INTEGER, 95 - radio)
        found[f"{table}.8.{row}"] = number(INTEGER, 10 + int(40 * load))
    return found


def _nothing(_: AccessPoint, __: int, ___: float) -> Mapping[str, bytes]:
    return {}


def _share(clients: int, radio: int, one: AccessPoint) -> int:
    """Spread devices over radios, the first having what is left over."""
    each, more = divmod(clients, len(one.channels))
    return each + (more if radio == 1 else 0)


_OBJECT_IDS = {
    Vendor.UNIFI: "1.3.6.1.4.1.41112",
    Vendor.ARUBA: "1.3.6.1.4.1.14823.1.2.122",
    Vendor.OPENWRT: "1.3.6.1.4.1.8072.3.2.10",
}
"""sysObjectID; an OpenWrt router has net-snmp's of Linux."""
_RADIOS = {Vendor.UNIFI: _unifi, Vendor.ARUBA: _aruba, Vendor.OPENWRT: _nothing}
