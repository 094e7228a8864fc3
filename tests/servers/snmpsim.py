"""Real SNMP agents of six makes: snmpsim, one process, a port for each.

What each tells is written here from its MIB, object by object, with the syntax that the MIB gives
it and an index as the MIB's table has it: not from what asks it. Each port answers v2c; its data
file is named after its transport, which is also its community.

Not v3: gufo-snmp sets its clock by an engine with a question that asks nothing, and snmpsim leaves
that unanswered. By v3 authPriv the same tables are asked of Debian's snmpd (`overrides`).
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from supervision.snmp.session import Session, Unanswered
from territory.model import SnmpEntry
from territory.vocabulary import SnmpVersion
from tests.servers.addresses import free_port

ADDRESS = "127.0.0.1"
START_SECONDS = 90
STOP_SECONDS = 60
_UDP = "1.3.6.1.6.1.1"
"""snmpUDPDomain (RFC 3417 §2): snmpsim numbers its ports below it."""
_MIB_2 = "1.3.6.1.2.1."
INTEGER, OCTETS, OID, COUNTER32, GAUGE32, TICKS, COUNTER64 = "2", "4x", "6", "65", "66", "67", "70"
"""How data files call a syntax; octets are in hexadecimal."""

Values = Mapping[str, tuple[str, object]]
"""By OID: syntax and value."""


@dataclass(frozen=True, slots=True)
class Make:
    """What a make's agent tells, beside what every agent does."""

    object_id: str
    """sysObjectID."""
    values: Values


def _wire(
    index: int, received: int, sent: int, name: str = "eth0"
) -> dict[str, tuple[str, object]]:
    """IF-MIB (RFC 2863): a wire with its 64-bit counters, and a virtual interface beside."""
    table, wide, virtual = "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1", index + 90
    return {
        f"{table}.3.{index}": (INTEGER, 6),  # ifType: ethernetCsmacd
        f"{table}.3.{virtual}": (INTEGER, 6),
        f"{table}.14.{index}": (COUNTER32, 3),  # ifInErrors
        f"{table}.20.{index}": (COUNTER32, 0),  # ifOutErrors
        f"{wide}.1.{index}": (OCTETS, name.encode().hex()),  # ifName
        f"{wide}.1.{virtual}": (OCTETS, b"br-lan".hex()),
        f"{wide}.6.{index}": (COUNTER64, received),  # ifHCInOctets
        f"{wide}.10.{index}": (COUNTER64, sent),  # ifHCOutOctets
        f"{wide}.7.{index}": (COUNTER64, received // 1000),  # ifHCInUcastPkts
        f"{wide}.11.{index}": (COUNTER64, sent // 1000),  # ifHCOutUcastPkts
        f"{wide}.6.{virtual}": (COUNTER64, received),
    }


_HOST = {
    # HOST-RESOURCES-MIB (RFC 2790): hrProcessorLoad; hrStorageTable, its row of hrStorageRam.
    "1.3.6.1.2.1.25.3.3.1.2.196608": (INTEGER, 17),
    "1.3.6.1.2.1.25.2.3.1.2.1": (OID, "1.3.6.1.2.1.25.2.1.2"),
    "1.3.6.1.2.1.25.2.3.1.5.1": (INTEGER, 250_000),
    "1.3.6.1.2.1.25.2.3.1.6.1": (INTEGER, 100_000),
}
_AP = "148.42.111.208.48.87"
"""aiRadioAPMACAddress as an index of fixed length (AI-AP-MIB): its six octets, no length before."""
MAKES: Mapping[str, Make] = {
    # UBNT-UniFi-MIB: unifiVapTable by unifiVapIndex, unifiRadioTable by unifiRadioIndex.
    "ubiquiti": Make(
        "1.3.6.1.4.1.41112",
        {
            "1.3.6.1.4.1.41112.1.6.1.2.1.8.1": (INTEGER, 7),  # unifiVapNumStations
            "1.3.6.1.4.1.41112.1.6.1.2.1.8.2": (INTEGER, 5),
            "1.3.6.1.4.1.41112.1.6.1.2.1.4.1": (INTEGER, 6),  # unifiVapChannel
            "1.3.6.1.4.1.41112.1.6.1.2.1.4.2": (INTEGER, 44),
            "1.3.6.1.4.1.41112.1.6.1.1.1.6.1": (INTEGER, 31),  # unifiRadioCuTotal
            **_wire(1, 10**12, 10**11),
        },
    ),
    # MIKROTIK-MIB: mtxrWlApTable by ifIndex; the number of clients is a Counter32 there.
    "mikrotik": Make(
        "1.3.6.1.4.1.14988.1",
        {
            "1.3.6.1.4.1.14988.1.1.1.3.1.6.5": (COUNTER32, 9),  # mtxrWlApClientCount
            "1.3.6.1.4.1.14988.1.1.1.3.1.9.5": (INTEGER, -104),  # mtxrWlApNoiseFloor
            **_wire(1, 2**40, 2**39, "ether1"),
            **_HOST,
        },
    ),
    # AI-AP-MIB: aiRadioTable by aiRadioAPMACAddress and aiRadioIndex.
    "aruba": Make(
        "1.3.6.1.4.1.14823.1.2.122",
        {
            f"1.3.6.1.4.1.14823.2.3.3.1.2.2.1.21.{_AP}.0": (INTEGER, 4),  # aiRadioClientNum
            f"1.3.6.1.4.1.14823.2.3.3.1.2.2.1.21.{_AP}.1": (INTEGER, 6),
            f"1.3.6.1.4.1.14823.2.3.3.1.2.2.1.6.{_AP}.0": (INTEGER, 92),  # aiRadioNoiseFloor
            f"1.3.6.1.4.1.14823.2.3.3.1.2.2.1.8.{_AP}.0": (INTEGER, 55),  # aiRadioUtilization64
            **_wire(1, 5 * 10**9, 10**9),
        },
    ),
    # RUCKUS-WLAN-MIB: both tables by ifIndex; the number of stations is a Counter32 there.
    "ruckus": Make(
        "1.3.6.1.4.1.25053.3.1.4.62",
        {
            "1.3.6.1.4.1.25053.1.1.6.1.1.1.4.1.3.8": (COUNTER32, 11),  # ruckusWLANStatsNumSta
            "1.3.6.1.4.1.25053.1.1.6.1.1.1.4.1.3.9": (COUNTER32, 2),
            "1.3.6.1.4.1.25053.1.1.6.1.1.1.1.1.10.8": (INTEGER, 11),  # ruckusWLANChannel
            "1.3.6.1.4.1.25053.1.1.6.1.1.1.1.1.10.9": (INTEGER, 157),
            **_wire(1, 3 * 10**9, 10**9),
        },
    ),
    # CISCO-DOT11-ASSOCIATION-MIB and IEEE802dot11-MIB, both by ifIndex.
    "cisco": Make(
        "1.3.6.1.4.1.9.1.1269",
        {
            "1.3.6.1.4.1.9.9.273.1.1.2.1.1.1": (GAUGE32, 3),  # cDot11ActiveWirelessClients
            "1.3.6.1.4.1.9.9.273.1.1.2.1.1.2": (GAUGE32, 1),
            "1.2.840.10036.4.5.1.1.1": (INTEGER, 1),  # dot11CurrentChannel
            **_wire(3, 7 * 10**9, 10**9, "GigabitEthernet0"),
        },
    ),
    # OpenWrt's snmpd is net-snmp's: the IETF's MIBs alone (NET-SNMP-TC linux).
    "openwrt": Make("1.3.6.1.4.1.8072.3.2.10", {**_wire(2, 10**9, 10**8), **_HOST}),
}
"""Six makes; what each tells of its radios, and of what it has in common with others."""


def overrides(make: Make) -> str:
    """What Debian's snmpd is configured with to tell the same of its radios (snmpd.conf)."""
    syntaxes = {INTEGER: "integer", COUNTER32: "counter", GAUGE32: "uinteger"}
    lines = [f"sysobjectid .{make.object_id}"]
    lines += [
        f"override .{oid} {syntaxes[syntax]} {value}"
        for oid, (syntax, value) in make.values.items()
        if not oid.startswith(_MIB_2)
    ]
    return "\n".join([*lines, ""])


@dataclass(frozen=True, slots=True)
class Agents:
    """The agents of one process."""

    ports: Mapping[str, int]
    """By make."""

    def v2c(self, make: str) -> SnmpEntry:
        """How a make is asked with a community."""
        community = f"{_UDP}.{list(self.ports).index(make)}"
        return SnmpEntry(version=SnmpVersion.V2C, port=self.ports[make], community=community)


@asynccontextmanager
async def agents(folder: Path, makes: Mapping[str, Make]) -> AsyncIterator[Agents]:
    """Run an agent for each make, until the context ends."""
    ports = {make: free_port() for make in makes}
    data = folder / "data"
    data.mkdir()
    for number, told in enumerate(makes.values()):
        (data / f"{_UDP}.{number}.snmprec").write_text(_recorded(told))
    running, log = Agents(ports), folder / "snmpsim.log"
    with log.open("wb") as said:
        process = await asyncio.create_subprocess_exec(
            *_command(folder, ports), stdout=said, stderr=said
        )
    try:
        async with asyncio.timeout(START_SECONDS):
            for make in ports:
                await _until_it_answers(Session(ADDRESS, running.v2c(make), 0.5), process, log)
        yield running
    finally:
        process.terminate()
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()


def _command(folder: Path, ports: Mapping[str, int]) -> tuple[str, ...]:
    """The process; one started by root may not leave root, where Python is root's."""
    program = Path(sys.executable).parent / "snmpsim-command-responder"
    stay = ("--process-user=root", "--process-group=root") if os.getuid() == 0 else ()
    where = (f"--data-dir={folder / 'data'}", f"--cache-dir={folder / 'cache'}")
    heard = (f"--agent-udpv4-endpoint={ADDRESS}:{port}" for port in ports.values())
    return (str(program), *stay, *where, *heard)


def _recorded(make: Make) -> str:
    """A data file: one line a value, in the order of OIDs, which the agent goes through."""
    values = {
        "1.3.6.1.2.1.1.2.0": (OID, make.object_id),
        "1.3.6.1.2.1.1.3.0": (TICKS, 8_640_000),
        **make.values,
    }
    ordered = sorted(values.items(), key=lambda pair: tuple(map(int, pair[0].split("."))))
    return "".join(f"{oid}|{syntax}|{value}\n" for oid, (syntax, value) in ordered)


async def _until_it_answers(
    session: Session, process: asyncio.subprocess.Process, log: Path
) -> None:
    while True:
        assert process.returncode is None, log.read_text()
        try:
            if await session.get(["1.3.6.1.2.1.1.3.0"]):
                return
        except Unanswered:
            continue
