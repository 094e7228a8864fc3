"""`python -m tests.benchmarks.polling_process PORT DEVICES SECONDS ROUNDS`.

Supervision's polls alone: as `socle serve supervision` polls, on uvloop: ping, SNMP, judgement,
metrics, each piece of equipment at its own moment of the interval; without the database, whose
fleet and findings are made up here. Prints one JSON object: CPU seconds of the first look and of
each round after it, and what was answered. The kernel pings
back at the loopback addresses.
"""

import asyncio
import json
import logging
import resource
import sys
from dataclasses import dataclass, field, replace
from datetime import timedelta
from ipaddress import IPv4Address
from time import monotonic
from uuid import uuid4

import structlog
import uvloop

from supervision.app import collect_seldom
from supervision.controllers.poller import Controllers
from supervision.facts import ALONE, Standing
from supervision.findings import Finding
from supervision.fleet import Equipment, Kind, SnmpDoor
from supervision.landmarks import Landmarks
from supervision.metrics import Metrics
from supervision.poll import Pinger
from supervision.schedule import moment
from supervision.snmp.poller import Poller
from supervision.watch import Askers, Watch
from territory.clock import SystemClock
from territory.health.states import State
from territory.keyring import Keyring
from territory.model import SnmpEntry
from territory.vocabulary import SnmpVersion
from tests.benchmarks.access_points import COMMUNITY

FIRST_ADDRESS = IPv4Address("127.1.0.1")


@dataclass(slots=True)
class Outcome:
    """What the rounds cost and found."""

    cpu_seconds: list[float] = field(default_factory=list)
    """Of each round; the first is the first look at every device."""
    up: list[int] = field(default_factory=list)
    """Devices found up in each round."""
    page_seconds: float = 0.0
    """Time of one text of all of it for /metrics."""
    page_lines: int = 0


def fleet(count: int, sealed: bytes) -> list[Equipment]:
    """So many access points, three to a site."""
    return [
        Equipment(
            Kind.ACCESS_POINT,
            uuid4(),
            f"ap-{number}",
            uuid4(),
            f"lieu-{number // 3}",
            FIRST_ADDRESS + number,
            None,
            None,
            SnmpDoor(str(FIRST_ADDRESS + number), sealed),
        )
        for number in range(count)
    ]


async def measure(port: int, count: int, seconds: float, rounds: int) -> Outcome:
    """Poll the fleet so many times after the first look."""
    clock, keyring, outcome = SystemClock(), Keyring(bytes(32)), Outcome()
    access = SnmpEntry(version=SnmpVersion.V2C, port=port, community=COMMUNITY.decode())
    equipment = fleet(count, keyring.seal(access.model_dump_json(exclude_none=True)))
    pinger, poller = Pinger(clock), Poller(keyring, clock)
    askers = Askers(pinger, poller, Landmarks(pinger, clock), Controllers(clock))
    watch = Watch(askers, clock, Metrics())
    watch.follow(equipment)
    for _ in range(rounds + 1):
        before = resource.getrusage(resource.RUSAGE_SELF)
        found = await _round(watch, equipment, timedelta(seconds=seconds))
        after = resource.getrusage(resource.RUSAGE_SELF)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        outcome.cpu_seconds.append(used)
        answered = poller.page(open_metrics=False).count("socle_supervision_uptime_seconds{")
        up = sum(one is not None and one.verdict.state is State.UP for one in found)
        outcome.up.append(min(up, answered))
        equipment = [replace(one, standing=Standing(State.UP, True)) for one in equipment]
    began = monotonic()
    outcome.page_lines = poller.page(open_metrics=False).encode().count(b"\n")
    outcome.page_seconds = monotonic() - began
    await pinger.close()
    return outcome


async def _round(watch: Watch, equipment: list[Equipment], span: timedelta) -> list[Finding | None]:
    async def look(one: Equipment) -> Finding | None:
        await asyncio.sleep(moment(one.id, span).total_seconds())
        return await watch.look(one, lambda: ALONE)

    return await asyncio.gather(*map(look, equipment))


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    collect_seldom()
    at, many, interval, times = sys.argv[1:]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        done = runner.run(measure(int(at), int(many), float(interval), int(times)))
    names = Outcome.__dataclass_fields__
    print(json.dumps({name: getattr(done, name) for name in names}))
