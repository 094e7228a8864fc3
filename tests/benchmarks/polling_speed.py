"""Supervision: what asking ten thousand access points each minute costs.

The goal is a twelfth of one core. Beside it, in the conditions, Debian's prometheus-snmp-exporter
reading the same columns of the same access points, without the ping and without a judgement.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
import yaml

from supervision.snmp.objects import CPU, ERROR_COUNTERS, MEMORY, WIDE_COUNTERS, radio_columns
from tests.benchmarks.access_points import COMMUNITY
from tests.benchmarks.arena import Arena, middle
from tests.benchmarks.cpu import cpu_seconds
from tests.benchmarks.polling_process import FIRST_ADDRESS, Outcome
from tests.benchmarks.portal_speed import free_tcp_ports
from tests.benchmarks.registry import Figures, Goal, Spoiled, benchmark

DEVICES, INTERVAL_SECONDS = 10_000, 60.0
SPREAD_SECONDS = 20.0
"""Over which a round is spread here: three times as dense as in service, at the same cost each."""
SHARE = 1 / 12
EXPORTER_DEVICES, EXPORTER_LANES = 500, 10
LINES_OF_ONE = 4 * 6 + 2 * 2 + 3
"""Values that the exporter tells of each: wires, radios, processor and memory."""
_LONGEST_SECONDS = 600


@benchmark(
    "supervision.poll_10000_core_share",
    unit="of one core",
    goal=Goal(1.0, floor=0.5),
    better="less",
)
def polling(arena: Arena) -> Figures:
    """10 000 access points a minute: ping, 8 values, 4 interfaces, judged; against a twelfth."""
    with _access_points() as port:
        done = _our_rounds(port, arena.options.rounds)
        exporter = _exporter_seconds(port)
    first, *rounds = done.cpu_seconds
    if any(up != DEVICES for up in done.up):
        raise Spoiled(f"not every access point was found up: {done.up}")
    share, peer = middle(rounds) / INTERVAL_SECONDS, exporter * DEVICES / INTERVAL_SECONDS
    arena.say(f"{share:.3f} of a core   snmp_exporter {peer:.3f}")
    conditions: dict[str, str | int | float | list[float]] = {
        "peer": "a budget",
        "snmp_exporter_core_share": round(peer, 3),
        "snmp_exporter_version": _version(),
        "each_round_cpu_seconds": [round(one, 2) for one in rounds],
        "first_look_cpu_seconds": round(first, 2),
        "left_out": "reading the fleet from the database, and writing findings",
        "metrics_page_seconds": round(done.page_seconds, 3),
        "metrics_page_lines": done.page_lines,
        "rounds": arena.options.rounds,
    }
    return Figures(share, SHARE, conditions)


@contextmanager
def _access_points() -> Iterator[int]:
    """Run the access points; give their port."""
    command = (sys.executable, "-m", "tests.benchmarks.access_points")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def _our_rounds(port: int, rounds: int) -> Outcome:
    arguments = (str(port), str(DEVICES), str(SPREAD_SECONDS), str(rounds))
    command = (sys.executable, "-m", "tests.benchmarks.polling_process", *arguments)
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=_LONGEST_SECONDS, check=False
    )
    if done.returncode:
        raise Spoiled(f"the polls ended: {done.stderr}")
    return Outcome(**json.loads(done.stdout))


def _exporter_seconds(port: int) -> float:
    """Return the CPU time of one access point read by prometheus-snmp-exporter."""
    (listening,) = free_tcp_ports(1)
    with TemporaryDirectory() as folder:
        configuration = Path(folder) / "snmp.yml"
        configuration.write_text(yaml.safe_dump({"fleet": _module()}))
        command = (
            "prometheus-snmp-exporter",
            f"--config.file={configuration}",
            f"--web.listen-address=127.0.0.1:{listening}",
        )
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            try:
                url = f"http://127.0.0.1:{listening}/snmp"
                asyncio.run(_scrape(url, port, EXPORTER_LANES))
                before = cpu_seconds(process.pid)
                asyncio.run(_scrape(url, port, EXPORTER_DEVICES))
                return (cpu_seconds(process.pid) - before) / EXPORTER_DEVICES
            finally:
                process.terminate()


def _module() -> dict[str, object]:
    """The exporter's words for the columns that we ask."""
    columns = (*WIDE_COUNTERS, *ERROR_COUNTERS, *radio_columns("1.3.6.1.4.1.41112"), CPU, *MEMORY)
    metrics = [
        {
            "name": f"m{column.oid.replace('.', '_')}",
            "oid": column.oid,
            "type": "counter" if column.bits else "gauge",
            "help": column.quantity.value,
            "indexes": [{"labelname": "index", "type": "gauge"}],
        }
        for column in columns
    ]
    uptime = {"name": "uptime", "oid": "1.3.6.1.2.1.1.3", "type": "gauge", "help": "uptime"}
    return {
        "walk": [column.oid for column in columns],
        "get": ["1.3.6.1.2.1.1.3.0"],
        "metrics": [uptime, *metrics],
        "version": 2,
        "auth": {"community": COMMUNITY.decode()},
    }


async def _scrape(url: str, port: int, devices: int) -> None:
    """Have the exporter read so many access points, a few at a time."""
    waiting = list(range(devices))

    async def lane(http: aiohttp.ClientSession) -> None:
        while waiting:
            target = f"{FIRST_ADDRESS + waiting.pop()}:{port}"
            asked = {"target": target, "module": "fleet"}
            text = await _fetch(http, url, asked)
            if text.count('{index="') != LINES_OF_ONE:
                raise Spoiled(f"snmp_exporter did not read everything: {text}")

    async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as lanes:
        for _ in range(EXPORTER_LANES):
            lanes.create_task(lane(http))


async def _fetch(http: aiohttp.ClientSession, url: str, asked: dict[str, str]) -> str:
    for _ in range(200):
        try:
            async with http.get(url, params=asked) as answer:
                return await answer.text()
        except aiohttp.ClientConnectionError:
            await asyncio.sleep(0.05)
    raise Spoiled("snmp_exporter does not answer")


def _version() -> str:
    done = subprocess.run(
        ("prometheus-snmp-exporter", "--version"), capture_output=True, text=True, check=False
    )
    return (done.stdout or done.stderr).partition("version ")[2].partition(" ")[0]
