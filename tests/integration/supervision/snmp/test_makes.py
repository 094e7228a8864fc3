"""Six makes of access points, really polled: their radios and clients, by v2c and by v3 authPriv.

And those that no maker would build: counters at their ends, a table without an end, values as large
as a datagram, an answer in parts. One process of agents for all of them, and an snmpd for each make
that has radios to tell of, encrypted.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from supervision.snmp.exposition import Name
from supervision.snmp.poller import Poller
from territory.keyring import Keyring
from territory.model import SnmpEntry
from tests.integration.supervision.snmp.test_poller import Ticking
from tests.servers import snmpd
from tests.servers.snmpsim import (
    ADDRESS,
    COUNTER32,
    COUNTER64,
    GAUGE32,
    INTEGER,
    MAKES,
    OCTETS,
    Agents,
    Make,
    agents,
    overrides,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

UNIFI = MAKES["ubiquiti"].object_id
PATIENT_SECONDS = 15.0
"""However slow the machine: an agent answers whenever it is asked."""
TWO_TO_64 = 2**64 - 1
GROWING = "65:numeric"
"""snmpsim's variation: a number that grows with time."""
ABSURD = {
    "counters": Make(
        UNIFI,
        {
            "1.3.6.1.2.1.2.2.1.3.1": (INTEGER, 6),
            "1.3.6.1.2.1.2.2.1.3.2": (INTEGER, 6),
            "1.3.6.1.2.1.31.1.1.1.6.1": (COUNTER64, TWO_TO_64),
            "1.3.6.1.2.1.31.1.1.1.10.1": (COUNTER64, 0),
            # A 32-bit counter just before its end, a million a second.
            "1.3.6.1.2.1.2.2.1.10.2": (GROWING, f"rate=1000000,initial={2**32 - 1000},wrap=1"),
            "1.3.6.1.2.1.2.2.1.14.1": (COUNTER32, 2**32 - 1),
            "1.3.6.1.4.1.41112.1.6.1.2.1.8.1": (INTEGER, -7),
            "1.3.6.1.4.1.41112.1.6.1.2.1.8.2": (INTEGER, 2**31 - 1),
            "1.3.6.1.4.1.41112.1.6.1.2.1.8.3": (INTEGER, 4),
            "1.3.6.1.4.1.41112.1.6.1.2.1.4.1": (GAUGE32, 4_294_967_295),
            "1.3.6.1.4.1.41112.1.6.1.1.1.6.1": (INTEGER, 101),
            "1.3.6.1.2.1.25.3.3.1.2.1": (INTEGER, -1),
        },
    ),
    "endless": Make(
        UNIFI,
        {f"1.3.6.1.4.1.41112.1.6.1.2.1.8.{index}": (INTEGER, 1) for index in range(1, 201)}
        | {"1.3.6.1.2.1.25.3.3.1.2.1": (INTEGER, 20)},
    ),
    "huge": Make(
        UNIFI,
        {
            f"1.3.6.1.4.1.41112.1.6.1.2.1.8.{index}": (OCTETS, "41" * 4_000)
            for index in range(1, 33)
        },
    ),
    "in parts": Make(
        UNIFI,
        {
            "1.3.6.1.2.1.25.2.3.1.2.1": ("6", "1.3.6.1.2.1.25.2.1.2"),
            "1.3.6.1.2.1.25.2.3.1.5.1": (INTEGER, 250_000),  # and no hrStorageUsed
            "1.3.6.1.4.1.41112.1.6.1.2.1.8.1": (INTEGER, 3),
        },
    ),
}
EXPECTED: Mapping[str, Mapping[str, tuple[float, ...]]] = {
    "ubiquiti": {
        "clients": (12,),
        "radio_channel": (6, 44),
        "radio_utilisation_ratio": (0.31,),
    },
    "mikrotik": {
        "clients": (9,),
        "radio_noise_dbm": (-104,),
        "cpu_ratio": (0.17,),
        "memory_ratio": (0.4,),
    },
    "aruba": {
        "clients": (10,),
        "radio_noise_dbm": (-92,),
        "radio_utilisation_ratio": (0.55,),
    },
    "ruckus": {"clients": (13,), "radio_channel": (11, 157)},
    "cisco": {"clients": (4,), "radio_channel": (1,)},
    "openwrt": {"cpu_ratio": (0.17,), "memory_ratio": (0.4,)},
}
"""What each tells, beside its uptime and its one wire."""
OF_ALL = {"uptime_seconds", "interface_octets_total", "interface_errors_total"}
OF_HOST = {"cpu_ratio", "memory_ratio"}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Agents]:
    """All the agents of this file."""
    async with agents(tmp_path_factory.mktemp("snmpsim"), {**MAKES, **ABSURD}) as made:
        yield made


class Asked:
    """What one poller has of one agent."""

    def __init__(self, keyring: Keyring, make: str, access: SnmpEntry, seconds: float) -> None:
        self.clock = Ticking()
        self._poller = Poller(keyring, self.clock, seconds)
        self._poller.follow({make: Name("mairie", "access_point", "ap")})
        self._make = make
        self._sealed = keyring.seal(access.model_dump_json())

    async def poll(self) -> bool:
        """Ask once; whether it answered."""
        self.clock.pass_(timedelta(minutes=1))
        facts = await self._poller.poll(self._make, ADDRESS, self._sealed)
        assert facts
        return facts.misses == 0

    def told(self) -> dict[str, tuple[float, ...]]:
        """What /metrics shows of it: values by measure."""
        found: dict[str, tuple[float, ...]] = {}
        for line in self._poller.page(open_metrics=False).splitlines():
            if line[0] != "#":
                name, _, value = line.rpartition(" ")
                measure = name.partition("{")[0].removeprefix("socle_supervision_")
                found[measure] = (*found.get(measure, ()), float(value))
        return found


async def test_what_each_make_tells(keyring: Keyring, running: Agents) -> None:
    """Clients of all radios together, each radio's channel, use and noise; and the wire alone."""
    for make, expected in EXPECTED.items():
        asked = Asked(keyring, make, running.v2c(make), PATIENT_SECONDS)
        assert await asked.poll(), make
        assert await asked.poll(), make
        told = asked.told()
        assert told["uptime_seconds"] == (86_400.0,)
        assert len(told["interface_octets_total"]) == 2, "both ways of one wire, no bridge"
        assert {key: told[key] for key in told if key not in OF_ALL} == expected, make


@pytest.mark.parametrize("make", [make for make in EXPECTED if make != "openwrt"])
async def test_what_each_make_tells_encrypted(keyring: Keyring, tmp_path: Path, make: str) -> None:
    """The same of its radios from Debian's snmpd, by v3 authPriv (SHA-256, AES-128)."""
    async with snmpd.agent(tmp_path, overrides(MAKES[make])) as real:
        asked = Asked(keyring, make, real.v3, PATIENT_SECONDS)
        assert await asked.poll()
        told = asked.told()
    of_radios = {key for key in EXPECTED[make] if key not in OF_HOST}
    assert {key: told.get(key) for key in of_radios} == {
        key: EXPECTED[make][key] for key in of_radios
    }


async def test_counters_at_their_ends(keyring: Keyring, running: Agents) -> None:
    """What wraps has moved a little, what stands still has not; what cannot be is left out."""
    asked = Asked(keyring, "counters", running.v2c("counters"), PATIENT_SECONDS)
    assert await asked.poll()
    told = asked.told()
    while not sum(told.get("interface_octets_total", ())):
        assert await asked.poll()
        told = asked.told()
    assert 0 < told["interface_octets_total"][0] < 2**31
    assert told["interface_errors_total"] == (0.0,)
    assert told["clients"] == (4.0,)
    assert not {"radio_channel", "radio_utilisation_ratio", "cpu_ratio"} & told.keys()


async def test_a_table_without_an_end(keyring: Keyring, running: Agents) -> None:
    """It is cut: sixteen rows are told of two hundred, and every other value is."""
    asked = Asked(keyring, "endless", running.v2c("endless"), PATIENT_SECONDS)
    assert await asked.poll()
    told = asked.told()
    assert (told["cpu_ratio"], told["clients"]) == ((0.2,), (16,))


async def test_values_as_large_as_a_datagram(keyring: Keyring, running: Agents) -> None:
    """More than an answer may hold: the equipment answers, and its uptime alone is told."""
    asked = Asked(keyring, "huge", running.v2c("huge"), 0.5)
    for _ in range(10):  # what is too large comes never, and the rest soon, if this machine may
        if await asked.poll():
            break
    assert asked.told().keys() == {"uptime_seconds"}


async def test_an_answer_in_parts(keyring: Keyring, running: Agents) -> None:
    """Half of a pair tells nothing, and the rest is told."""
    asked = Asked(keyring, "in parts", running.v2c("in parts"), PATIENT_SECONDS)
    assert await asked.poll()
    told = asked.told()
    assert told["clients"] == (3.0,)
    assert "memory_ratio" not in told
