"""More than anybody can answer: bounded, in time, and every packet accounted for."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from itertools import count, takewhile
from pathlib import Path
from uuid import UUID

import pytest

from territory.clock import SystemClock
from territory.database.components import Component
from territory.keyring import Keyring
from tests.integration.radius.conftest import SITES, WAIT_SECONDS, Lab
from tests.servers.flood import Ebb, Flood, identifier_of, pour
from tests.servers.radius import (
    Credential,
    Nas,
    attribute,
    grant,
    hide,
    report,
    sign_request,
)
from tests.servers.radius_process import RadiusProcess
from tests.servers.territory import SHARED_SECRET, lay

SECRET = SHARED_SECRET.encode()
DEVICE = "8A-56-7E-F9-10-E4"
START = 1
OFFERED_A_SECOND = 60_000
RETRANSMISSION_SECONDS = 2.0
"""When a NAS asks again (RFC 5080 §2.2.1)."""
_LOOK_SECONDS = 0.1
STEADY_OCTETS = 64 << 20
"""How much memory may still grow once everything bounded has been filled."""


@dataclass(frozen=True, slots=True)
class Alone:
    """A server in a process of its own."""

    server: RadiusProcess
    credential: Credential


@pytest.fixture
async def alone(
    database_url: str, role_url: Callable[[Component], str], keyring: Keyring, tmp_path: Path
) -> AsyncIterator[Alone]:
    """The server and a guest's credential, which its device has used."""
    sites: dict[str, UUID] = await lay(database_url, keyring, SITES)
    now = SystemClock().now()
    credential = await grant(database_url, keyring, sites["mairie"], now)
    async with RadiusProcess(role_url(Component.RADIUS), tmp_path) as server:
        async with Nas(server.access_port) as nas:
            assert (await nas.ask(nas.log_in(credential, DEVICE))).code == 2
        yield Alone(server, credential)


async def test_sixty_thousand_a_second(alone: Alone) -> None:
    """Memory is bounded, what is answered is answered in time, the rest is counted.

    Three floods, because the first two fill what is bounded: queues, duplicates, the allocator.
    """
    server = alone.server
    for flood, port in (
        (log_ins(alone, 40_000), server.access_port),
        (records(40_000), server.accounting_port),
    ):
        await offered(server, Flood(port, flood, OFFERED_A_SECOND, SECRET))
    before = server.resident_octets
    again = Flood(server.access_port, log_ins(alone, 40_000), OFFERED_A_SECOND, SECRET)
    await offered(server, again)
    assert server.resident_octets - before < STEADY_OCTETS


async def offered(server: RadiusProcess, flood: Flood) -> None:
    """Pour a flood and hold every packet of it to account."""
    kind = "access" if flood.port == server.access_port else "accounting"
    before, dropped_before = await measured(server, kind), dropped(flood.port)
    ebb = await asyncio.to_thread(pour, flood)
    of = await settled(server, flood.port, kind, before)
    assert of.received + dropped(flood.port) - dropped_before == ebb.sent
    assert of.replies >= ebb.answered > 0
    assert ebb.strange == 0
    assert set(ebb.codes) == {2 if kind == "access" else 5}
    assert ebb.p99_seconds < RETRANSMISSION_SECONDS


async def settled(server: RadiusProcess, port: int, kind: str, before: "Measured") -> "Measured":
    """Return what was measured since, once nothing waits, in the kernel or in the server.

    Looked at now and then only: a look costs the server time.
    """
    async with asyncio.timeout(WAIT_SECONDS):
        for _ in count():
            is_read = not waiting(port)  # first: what is read meanwhile may not be measured
            measures = await measured(server, kind) - before
            if is_read and measures.is_settled:
                break
            await asyncio.sleep(_LOOK_SECONDS)
    return measures


@dataclass(frozen=True, slots=True)
class Measured:
    """What a server says became of one kind of packet."""

    received: float
    replies: float
    given_up: float
    duplicates: float
    alive: float
    """Status-Server: received, and answered apart."""

    def __sub__(self, before: "Measured") -> "Measured":
        return Measured(
            self.received - before.received,
            self.replies - before.replies,
            self.given_up - before.given_up,
            self.duplicates - before.duplicates,
            self.alive - before.alive,
        )

    @property
    def is_settled(self) -> bool:
        """Whether each packet was answered, given up, or seen before: nothing is under way."""
        ended = self.replies + self.given_up + self.duplicates + self.alive
        return self.received == ended


async def measured(server: RadiusProcess, kind: str) -> Measured:
    """Return what became of the packets of the `access` or the `accounting` port."""
    measures = await server.measures()
    code = 'code="access_' if kind == "access" else 'code="accounting_'
    label = f'kind="{kind}"'
    return Measured(
        total(measures, "socle_radius_received_total", label),
        total(measures, "socle_radius_replies_total", code),
        total(measures, "socle_radius_discards_total", label),
        total(measures, "socle_radius_duplicates_total", label),
        total(measures, "socle_radius_received_total", 'kind="status"') * (kind == "access"),
    )


def total(measures: dict[str, float], name: str, label: str) -> float:
    """Return the sum of a measure over all its labels that hold `label`."""
    return sum(
        value for key, value in measures.items() if key.startswith(name + "{") and label in key
    )


def log_ins(alone: Alone, packets: int) -> tuple[bytes, ...]:
    """Return so many different log-ins of one guest."""
    credential, password = alone.credential, alone.credential.password.encode()
    name, device = attribute(1, credential.user_name), attribute(31, DEVICE)
    made = []
    for number in range(packets):
        authenticator = os.urandom(16)
        attributes = name + attribute(2, hide(password, SECRET, authenticator)) + device
        made.append(sign_request(1, identifier_of(number), authenticator, attributes, SECRET))
    return tuple(made)


def records(packets: int) -> tuple[bytes, ...]:
    """Return the Starts of so many sessions, each of a guest of its own."""
    nas = Nas(0)
    return tuple(
        nas.accounting_request(
            report(
                START, f"flood-{number}", Credential(UUID(int=1), f"guest-{number}", ""), DEVICE
            ),
            identifier_of(number),
        )
        for number in range(packets)
    )


def dropped(port: int) -> int:
    """Return how many datagrams the kernel has dropped at a port, for want of room."""
    return int(_kernel_line(port)[12])


def waiting(port: int) -> int:
    """Return how many octets wait in the kernel at a port."""
    return int(_kernel_line(port)[4].split(":")[1], 16)


def _kernel_line(port: int) -> list[str]:
    lines = (line.split() for line in Path("/proc/net/udp").read_text().splitlines()[1:])
    (found,) = [line for line in lines if line[1].endswith(f":{port:04X}")]
    return found


async def test_a_flood_from_nobody_costs_a_counter(lab: Lab) -> None:
    """No reply, one row for technicians, and a guest is let in meanwhile."""
    credential = await lab.grant()
    packets = tuple(os.urandom(60) for _ in range(20_000))
    flood = Flood(lab.access.port, packets, OFFERED_A_SECOND, SECRET, "127.0.0.9", 0.1)
    dropped_before = dropped(flood.port)
    pouring = asyncio.create_task(asyncio.to_thread(pour, flood))
    counted = lab.server.counters.discarded
    assert await log_in_at_last(lab, credential) == 2
    ebb: Ebb = await pouring
    assert (ebb.answered, ebb.strange) == (0, 0)
    lost = dropped(flood.port) - dropped_before
    async with asyncio.timeout(WAIT_SECONDS):
        for _ in takewhile(lambda _: counted["access", "unknown-nas"] + lost < ebb.sent, count()):
            await asyncio.sleep(0)
    await lab.server.sightings.flush()
    row = await lab.row("select host(source_address) as source, packets from live.discard")
    assert row["source"] == "127.0.0.9"
    assert row["packets"] == counted["access", "unknown-nas"]


async def log_in_at_last(lab: Lab, credential: Credential) -> int:
    """Log in as a NAS does: the same packet again until it is answered."""
    packet = lab.access.log_in(credential, DEVICE)
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            waiting_for = lab.access.send(packet)
            done, _ = await asyncio.wait([waiting_for], timeout=0.5)
            if done:
                return waiting_for.result()[0]


@pytest.mark.parametrize("kind", ["access", "accounting"])
async def test_ten_thousand_duplicates_cost_one_decision(lab: Lab, kind: str) -> None:
    """Each gets the same octets; one is decided, one row is written."""
    credential = await lab.grant()
    nas = lab.access if kind == "access" else lab.accounting
    packet = (
        nas.log_in(credential, DEVICE)
        if kind == "access"
        else nas.accounting_request(report(START, "s-1", credential, DEVICE))
    )
    table = "security.authentication" if kind == "access" else "source.event"
    first = await nas.send(packet)
    for _ in range(10_000):
        assert await nas.send(packet) == first
    counters = lab.server.counters
    assert sum(counters.answered.values()) == 1
    assert counters.duplicates[kind] == 10_000
    rows = await lab.rows_once(f"select from {table}", bool)
    assert len(rows) == 1
