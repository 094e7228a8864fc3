"""What is asked of equipment by SNMP, as data: object, its syntax, its unit, our word for it.

Every OID was read in the named MIB module. The library gives a value without its SNMP type, so
that the width of each counter stands here. Which table of radios is read is chosen by sysObjectID,
that is by the vendor; interfaces, processor, memory and temperature come from the IETF's MIBs.

Nothing here is about a person: no table of associated stations is ever walked, only their number.
OpenWrt has no MIB of its radios: its snmpd gives the IETF's alone.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Quantity(StrEnum):
    """What a value is of; the unit is that after `scale`."""

    UPTIME_SECONDS = "uptime"
    CLIENTS = "clients"
    CHANNEL = "channel"
    UTILISATION_RATIO = "utilisation"
    NOISE_DBM = "noise"
    CPU_RATIO = "cpu"
    MEMORY_SIZE = "memory size"
    """In the agent's own units, as is the next: only their ratio is told."""
    MEMORY_USED = "memory used"
    MEMORY_RATIO = "memory"
    TEMPERATURE_CELSIUS = "temperature"
    RX_OCTETS = "rx octets"
    TX_OCTETS = "tx octets"
    RX_PACKETS = "rx packets"
    TX_PACKETS = "tx packets"
    RX_ERRORS = "rx errors"
    TX_ERRORS = "tx errors"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    oid: str
    quantity: Quantity
    scale: float = 1.0
    """From the agent's unit to the quantity's."""
    bits: int | None = None
    """Width of a counter; None: not a counter."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One value that is asked at every poll."""

    oid: str
    quantity: Quantity
    scale: float = 1.0
    bits: int | None = None


# SNMPv2-MIB (RFC 3418): sysObjectID, and sysUpTime in hundredths of a second.
SYS_OBJECT_ID: Final = "1.3.6.1.2.1.1.2.0"
SYS_UP_TIME: Final = Cell("1.3.6.1.2.1.1.3.0", Quantity.UPTIME_SECONDS, 0.01, 32)

# IF-MIB (RFC 2863): ifType, ifName; then ifXTable, and ifTable where the 64-bit columns are absent.
IF_TYPE: Final = "1.3.6.1.2.1.2.2.1.3"
IF_NAME: Final = "1.3.6.1.2.1.31.1.1.1.1"
ETHERNET: Final = 6
"""ethernetCsmacd (IANAifType-MIB)."""
WIDE_COUNTERS: Final = (
    Column("1.3.6.1.2.1.31.1.1.1.6", Quantity.RX_OCTETS, bits=64),  # ifHCInOctets
    Column("1.3.6.1.2.1.31.1.1.1.10", Quantity.TX_OCTETS, bits=64),  # ifHCOutOctets
    Column("1.3.6.1.2.1.31.1.1.1.7", Quantity.RX_PACKETS, bits=64),  # ifHCInUcastPkts
    Column("1.3.6.1.2.1.31.1.1.1.11", Quantity.TX_PACKETS, bits=64),  # ifHCOutUcastPkts
)
NARROW_COUNTERS: Final = (
    Column("1.3.6.1.2.1.2.2.1.10", Quantity.RX_OCTETS, bits=32),  # ifInOctets
    Column("1.3.6.1.2.1.2.2.1.16", Quantity.TX_OCTETS, bits=32),  # ifOutOctets
    Column("1.3.6.1.2.1.2.2.1.11", Quantity.RX_PACKETS, bits=32),  # ifInUcastPkts
    Column("1.3.6.1.2.1.2.2.1.17", Quantity.TX_PACKETS, bits=32),  # ifOutUcastPkts
)
ERROR_COUNTERS: Final = (
    Column("1.3.6.1.2.1.2.2.1.14", Quantity.RX_ERRORS, bits=32),  # ifInErrors
    Column("1.3.6.1.2.1.2.2.1.20", Quantity.TX_ERRORS, bits=32),  # ifOutErrors
)

# HOST-RESOURCES-MIB (RFC 2790): hrProcessorLoad in percent; hrStorageTable's row of hrStorageRam.
CPU: Final = Column("1.3.6.1.2.1.25.3.3.1.2", Quantity.CPU_RATIO, 0.01)
STORAGE_TYPE: Final = "1.3.6.1.2.1.25.2.3.1.2"
STORAGE_RAM: Final = "1.3.6.1.2.1.25.2.1.2"
MEMORY: Final = (
    Column("1.3.6.1.2.1.25.2.3.1.5", Quantity.MEMORY_SIZE),  # hrStorageSize
    Column("1.3.6.1.2.1.25.2.3.1.6", Quantity.MEMORY_USED),  # hrStorageUsed
)

# ENTITY-SENSOR-MIB (RFC 3433): entPhySensorType, Scale, Precision, Value.
SENSOR_TYPE: Final = "1.3.6.1.2.1.99.1.1.1.1"
SENSOR_SCALE: Final = "1.3.6.1.2.1.99.1.1.1.2"
SENSOR_PRECISION: Final = "1.3.6.1.2.1.99.1.1.1.3"
SENSOR_VALUE: Final = "1.3.6.1.2.1.99.1.1.1.4"
CELSIUS: Final = 8
UNITS: Final = 9
"""Of EntitySensorDataScale: ten to the power of nought; each step is a thousand."""

# IEEE802dot11-MIB, dot11PhyDSSSTable: dot11CurrentChannel.
_IEEE = (Column("1.2.840.10036.4.5.1.1", Quantity.CHANNEL),)

RADIO_COLUMNS: Final[dict[str, tuple[Column, ...]]] = {
    # UBNT-UniFi-MIB: unifiVapNumStations, unifiVapChannel, unifiRadioCuTotal in percent.
    "1.3.6.1.4.1.41112": (
        Column("1.3.6.1.4.1.41112.1.6.1.2.1.8", Quantity.CLIENTS),
        Column("1.3.6.1.4.1.41112.1.6.1.2.1.4", Quantity.CHANNEL),
        Column("1.3.6.1.4.1.41112.1.6.1.1.1.6", Quantity.UTILISATION_RATIO, 0.01),
    ),
    # MIKROTIK-MIB: mtxrWlApClientCount, mtxrWlApNoiseFloor.
    "1.3.6.1.4.1.14988": (
        Column("1.3.6.1.4.1.14988.1.1.1.3.1.6", Quantity.CLIENTS),
        Column("1.3.6.1.4.1.14988.1.1.1.3.1.9", Quantity.NOISE_DBM),
    ),
    # AI-AP-MIB, a virtual controller answering for its cluster: aiRadioClientNum,
    # aiRadioNoiseFloor written without its sign, aiRadioUtilization64 in percent.
    "1.3.6.1.4.1.14823": (
        Column("1.3.6.1.4.1.14823.2.3.3.1.2.2.1.21", Quantity.CLIENTS),
        Column("1.3.6.1.4.1.14823.2.3.3.1.2.2.1.6", Quantity.NOISE_DBM, -1.0),
        Column("1.3.6.1.4.1.14823.2.3.3.1.2.2.1.8", Quantity.UTILISATION_RATIO, 0.01),
    ),
    # RUCKUS-WLAN-MIB: ruckusWLANStatsNumSta, ruckusWLANChannel.
    "1.3.6.1.4.1.25053": (
        Column("1.3.6.1.4.1.25053.1.1.6.1.1.1.4.1.3", Quantity.CLIENTS),
        Column("1.3.6.1.4.1.25053.1.1.6.1.1.1.1.1.10", Quantity.CHANNEL),
    ),
    # CISCO-DOT11-ASSOCIATION-MIB: cDot11ActiveWirelessClients.
    "1.3.6.1.4.1.9": (
        Column("1.3.6.1.4.1.9.9.273.1.1.2.1.1", Quantity.CLIENTS),
        *_IEEE,
    ),
}
"""By the vendor's branch of sysObjectID."""


def radio_columns(object_id: str) -> tuple[Column, ...]:
    """Return the columns that tell of a vendor's radios; a stranger may have the IEEE's."""
    vendor = ".".join(object_id.lstrip(".").split(".")[:7])
    return RADIO_COLUMNS.get(vendor, _IEEE)
