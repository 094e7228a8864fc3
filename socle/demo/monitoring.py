"""Prometheus and Alertmanager beside the demonstration, where this machine has them.

Both are told what to do by what `socle prometheus` and `socle alertmanager` print, at the pace of a
demonstration. What Alertmanager tells is posted to the first page's journal, and nowhere else: who
is on call gets the base's own letter.
"""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Literal

import aiohttp
import yaml
from pydantic import BaseModel

from deploy.stack.alerting import OnCall, alertmanager_configuration
from deploy.stack.scraping import scrape_configuration
from territory.errors import Unavailable
from territory.settings import Settings

PROMETHEUS: Final = "prometheus"
ALERTMANAGER: Final = "prometheus-alertmanager"
"""As Debian calls it."""
TIMES: Final = 12
"""The demonstration's access points are polled every five seconds, not every minute."""
_WAITS: Final = ("for", "keep_firing_for")
_SPAN: Final = re.compile(r"(\d+)([smhd])")
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_TOGETHER: Final = {"group_wait": "1s", "group_interval": "1s"}
"""What Alertmanager waits for, so that what belongs together is told together."""
_HOST: Final = "127.0.0.1"
_START_SECONDS: Final = 90
_STOP_SECONDS: Final = 10
_LOOK_SECONDS: Final = 0.1


class Alert(BaseModel):
    """One alert, as Alertmanager posts it."""

    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    annotations: dict[str, str]


class Told(BaseModel):
    """What Alertmanager posts at once: the alerts of one site, or of the base."""

    alerts: list[Alert]


def is_installed() -> bool:
    """Whether this machine has both."""
    return shutil.which(PROMETHEUS) is not None and shutil.which(ALERTMANAGER) is not None


def write_hastened(folder: Path, configuration: str, times: int = TIMES) -> Path:
    """Write Prometheus's configuration and its rules into `folder`; return the first's path.

    What they wait for is so many times shorter, a second at least: what comes before what stays.
    """
    whole = yaml.safe_load(configuration)
    whole["global"] = {name: _hasten(span, times) for name, span in whole["global"].items()}
    rules = (Path(file) for file in whole["rule_files"])
    whole["rule_files"] = [str(_write(folder / each.name, _rules(each, times))) for each in rules]
    return _write(folder / "prometheus.yml", whole)


def _rules(file: Path, times: int) -> Any:
    whole = yaml.safe_load(file.read_text(encoding="utf-8"))
    for rule in (rule for group in whole["groups"] for rule in group["rules"]):
        rule |= {key: _hasten(rule[key], times) for key in _WAITS if key in rule}
    return whole


def _hasten(span: str, times: int) -> str:
    """Return a span of Prometheus, `15s` or `1h30m`, so many times shorter."""
    parts = _SPAN.findall(span)
    seconds = sum(int(count) * _UNITS[unit] for count, unit in parts)
    return f"{max(1, round(seconds / times))}s"


def write_at_once(folder: Path, configuration: str) -> Path:
    """Write Alertmanager's configuration into `folder`, to tell within seconds, at any hour."""
    whole = yaml.safe_load(configuration)
    whole["route"] |= _TOGETHER
    for route in whole["route"]["routes"]:
        route.pop("active_time_intervals", None)
    return _write(folder / "alertmanager.yml", whole)


def _write(file: Path, whole: Any) -> Path:
    file.write_text(yaml.safe_dump(whole, allow_unicode=True), encoding="utf-8")
    return file


@asynccontextmanager
async def running_prometheus(configuration: Path, port: int) -> AsyncIterator[str]:
    """Run Prometheus from when it is ready, its data beside its configuration; its address.

    Raises:
        Unavailable: it does not start; its log is beside its configuration.
    """
    address = f"{_HOST}:{port}"
    words = (
        PROMETHEUS,
        f"--config.file={configuration}",
        f"--storage.tsdb.path={configuration.parent / 'prometheus'}",
        f"--web.listen-address={address}",
        "--log.level=warn",
    )
    async with _running(configuration.with_suffix(".log"), f"http://{address}/-/ready", words):
        yield f"http://{address}"


@asynccontextmanager
async def running_alertmanager(configuration: Path, port: int) -> AsyncIterator[str]:
    """Run Alertmanager likewise, by itself.

    Raises:
        Unavailable: as above.
    """
    address = f"{_HOST}:{port}"
    words = (
        ALERTMANAGER,
        f"--config.file={configuration}",
        f"--storage.path={configuration.parent / 'alertmanager'}",
        f"--web.listen-address={address}",
        "--cluster.listen-address=",
        "--log.level=warn",
    )
    async with _running(configuration.with_suffix(".log"), f"http://{address}/-/ready", words):
        yield f"http://{address}"


@asynccontextmanager
async def monitored(
    folder: Path, settings: Settings, ports: tuple[int, int], webhook: str
) -> AsyncIterator[None]:
    """Run both over a base that runs; `ports` are Prometheus's and Alertmanager's.

    Raises:
        Unavailable: one of them does not start.
    """
    folder.mkdir(exist_ok=True)
    told = alertmanager_configuration(settings.mail, OnCall(webhook=webhook))
    scraped = scrape_configuration(settings, _HOST, alertmanager=f"{_HOST}:{ports[1]}")
    async with (
        running_alertmanager(write_at_once(folder, told), ports[1]),
        running_prometheus(write_hastened(folder, scraped), ports[0]),
    ):
        yield


@asynccontextmanager
async def _running(log: Path, ready: str, words: tuple[str, ...]) -> AsyncIterator[None]:
    with log.open("wb") as said:
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    try:
        async with asyncio.timeout(_START_SECONDS):
            while not await _is_ready(ready):
                if process.returncode is not None:
                    raise Unavailable(f"{words[0]} does not start: {log}")
                await asyncio.sleep(_LOOK_SECONDS)
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(_STOP_SECONDS):
            await process.wait()


async def _is_ready(address: str) -> bool:
    try:
        async with aiohttp.ClientSession() as http, http.get(address) as answer:
            return answer.status == 200
    except aiohttp.ClientConnectionError:
        return False
