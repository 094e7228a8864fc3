"""`socle serve`: the whole base from a settings file, a description and a database address."""

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

import aiohttp
import pytest
from typer.testing import CliRunner

from socle.cli import app
from tests.servers.addresses import free_port

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "docs" / "examples" / "territory.yaml"
UP_SECONDS = 120
COMPONENTS = ("portal", "radius", "supervision", "retention", "desk")
A_COUNT_OF_DAYS = 'socle_missing_retention_days use base unit "seconds" instead of "days"'
"""What promtool says of a number of days, which it takes for a duration."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def ports() -> list[int]:
    """Seven ports for TCP, then two for UDP."""
    return [free_port() for _ in range(9)]


@pytest.fixture
def settings(tmp_path: Path, ports: list[int], database_url: str) -> Path:
    """A settings file for a base on the loopback address, on a database of its own."""
    portal, desk, *metrics = ports[:7]
    file = tmp_path / "socle.toml"
    file.write_text(
        f"""\
demo = true
state_folder = "{tmp_path / "state"}"
[database]
url = "{database_url}"
[portal]
host = "127.0.0.1"
port = {portal}
public_url = "http://127.0.0.1:{portal}"
[radius]
host = "127.0.0.1"
authentication_port = {ports[7]}
accounting_port = {ports[8]}
[desk]
port = {desk}
[metrics]
portal_port = {metrics[0]}
radius_port = {metrics[1]}
supervision_port = {metrics[2]}
retention_port = {metrics[3]}
desk_port = {metrics[4]}
"""
    )
    return file


def metrics_ports(settings: Path) -> list[int]:
    """Return the components' metrics ports."""
    found = re.findall(rf"(?:{'|'.join(COMPONENTS)})_port = (\d+)", settings.read_text())
    return [int(port) for port in found]


@asynccontextmanager
async def served(settings: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `socle serve` until the context ends."""
    with (settings.parent / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "socle", "serve", "--settings", str(settings)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await asyncio.wait_for(process.wait(), 100)


LEFT_TO_PEOPLE = {
    *("authorities", "custodians", "organisations.dpo", "organisations.contract"),
    "law.injunction",
}
"""What the example cannot say for a territory: its papers name it, and so does the doctor."""


async def until_well(settings: Path) -> None:
    """Wait until every component says that it is well."""
    timeout = aiohttp.ClientTimeout(total=3)
    async with asyncio.timeout(UP_SECONDS), aiohttp.ClientSession(timeout=timeout) as http:
        for port in metrics_ports(settings):
            while not await is_well(http, port):  # noqa: ASYNC110 - another process's
                await asyncio.sleep(0.2)


async def is_well(http: aiohttp.ClientSession, port: int) -> bool:
    """Tell whether a component answers 200."""
    try:
        async with http.get(f"http://127.0.0.1:{port}/healthz") as answer:
            return answer.status == 200
    except (aiohttp.ClientError, TimeoutError):
        return False


def children(process: asyncio.subprocess.Process) -> dict[str, int]:
    """Return the process of each component, by name."""
    found = {}
    for number in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
        with suppress(OSError):  # one that has just ended
            words = Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")
            if b"serve" in words:
                found[words[words.index(b"serve") + 1].decode()] = int(number)
    return found


def socle(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a person would type it."""
    return subprocess.run(
        [sys.executable, "-m", "socle", *words],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        env={**os.environ, **environment},
    )


async def test_a_file_and_a_database_address_make_a_whole_base(settings: Path) -> None:
    """Apply, serve: all components are well, their metrics are well formed, and it ends cleanly.

    One that dies meanwhile comes back, and takes no other along.
    """
    applied = await asyncio.to_thread(
        socle, "apply", str(EXAMPLE), "--yes", "--settings", str(settings)
    )
    assert applied.returncode == 0, applied.stderr
    async with served(settings) as process:
        await until_well(settings)
        for port in metrics_ports(settings):
            await check_metrics(port)
        await until_the_doctor_is_content(settings)
        await kill_radius(process, settings)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 100) == 0


async def until_the_doctor_is_content(settings: Path) -> None:
    """Ask `socle doctor` until it finds nothing: who is too busy to answer it in time is ill."""
    for _ in range(5):
        told = await asyncio.to_thread(socle, "doctor", "--json", "--settings", str(settings))
        ill = {finding["about"] for finding in json.loads(told.stdout) if not finding["well"]}
        if ill <= LEFT_TO_PEOPLE:
            return
    pytest.fail(told.stdout)


async def check_metrics(port: int) -> None:
    """Have promtool judge what a component exposes."""
    promtool = shutil.which("promtool")
    assert promtool
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"http://127.0.0.1:{port}/metrics") as answer,
    ):
        exposed = await answer.read()
    judged = await asyncio.to_thread(
        subprocess.run, [promtool, "check", "metrics"], input=exposed, capture_output=True
    )
    said = (judged.stdout + judged.stderr).decode().splitlines()
    assert [line for line in said if line != A_COUNT_OF_DAYS] == []


async def kill_radius(process: asyncio.subprocess.Process, settings: Path) -> None:
    """Kill RADIUS: the portal stays the same process, RADIUS is started again."""
    before = children(process)
    assert set(COMPONENTS) <= set(before)
    os.kill(before["radius"], signal.SIGKILL)
    async with asyncio.timeout(UP_SECONDS):
        old = (None, before["radius"])
        while children(process).get("radius") in old:  # noqa: ASYNC110 - another process's
            await asyncio.sleep(0.2)
    await until_well(settings)
    assert children(process)["portal"] == before["portal"]


def test_a_database_that_is_away_is_told_in_one_line(settings: Path) -> None:
    """The start fails with one line that names the setting, not with a traceback."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        away = f"postgresql://nobody@127.0.0.1:{probe.getsockname()[1]}/none"
        told = socle("serve", "--settings", str(settings), SOCLE_DATABASE__URL=away)
    assert told.returncode == 1
    assert len(told.stderr.strip().splitlines()) == 1
    assert "database.url" in told.stderr


async def test_a_component_that_refuses_its_configuration_stops_the_start(settings: Path) -> None:
    """Plain http outside the demo: the portal says so, and the base ends with status 2."""
    settings.write_text(settings.read_text().replace("demo = true", "demo = false"))
    async with served(settings) as process:
        assert await asyncio.wait_for(process.wait(), UP_SECONDS) == 2
    said = (settings.parent / "log").read_text()
    assert "portal.public_url" in said
    assert "refused by: portal" in said


async def test_a_real_site_needs_a_file_https_and_a_database(settings: Path) -> None:
    """Outside the demo, with https ended by a trusted front, the whole base is well."""
    real = settings.read_text().replace("demo = true", "demo = false")
    real = real.replace('public_url = "http://127', 'public_url = "https://127', 1)
    real = real.replace("[radius]", 'trusted_proxies = ["127.0.0.1"]\n[radius]')
    settings.write_text(real)
    async with served(settings):
        await until_well(settings)


def test_every_wrong_setting_is_told_at_once(settings: Path) -> None:
    """A wrong configuration stops the start with status 2 and lists all its faults."""
    settings.write_text("[portal]\nport = 'x'\nhots = 1\n")
    told = socle("serve", "--settings", str(settings))
    assert told.returncode == 2
    assert "portal.port" in told.stderr
    assert "portal.hots" in told.stderr


@pytest.mark.parametrize(
    "words",
    [
        *[(), ("serve",), ("apply",), ("demo",), ("doctor",), ("prometheus",), ("simulate",)],
        ("alertmanager",),
        *[("site",), ("site", "list"), ("site", "render"), ("site", "test")],
        *[("archive", "run"), ("archive", "verify"), ("archive", "purge")],
        *[("case", "prepare"), ("case", "open"), ("case", "answer"), ("custodian", "keygen")],
        *[("operator", "add"), ("operator", "link"), ("alerts", "test")],
    ],
    ids=lambda words: " ".join(words) or "socle",
)
def test_each_help_gives_an_example(words: tuple[str, ...]) -> None:
    """Whoever types --help reads an example that can be typed."""
    told = CliRunner(env={"COLUMNS": "200"}).invoke(app, [*words, "--help"])
    assert told.exit_code == 0
    if words and words != ("site",):
        assert re.search("Example: .*socle", told.stdout)
