"""A real Prometheus on loopback, told what to do by our own files, and asked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from socle.demo import monitoring
from socle.demo.monitoring import write_hastened
from tests.servers.addresses import free_port


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A Prometheus that runs."""

    url: str

    async def ask(self, path: str, **asked: str) -> Any:
        """Return what its interface answers with."""
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"{self.url}/api/v1/{path}", params=asked) as answer,
        ):
            told = await answer.json()
        assert told["status"] == "success", (asked, told)
        return told["data"]

    async def query(self, expression: str) -> list[Any]:
        """Return the series that an expression has now."""
        found: list[Any] = (await self.ask("query", query=expression))["result"]
        return found


def hasten(folder: Path, configuration: str, *only: str) -> Path:
    """Write a configuration of ours into `folder`, its rules beside it, a minute in a second.

    `only`: the components that are there.
    """
    whole = yaml.safe_load(configuration)
    for job in whole["scrape_configs"]:
        known = job["static_configs"]
        job["static_configs"] = [
            each for each in known if not only or each["labels"]["component"] in only
        ]
    return write_hastened(folder, yaml.safe_dump(whole), times=60)


@asynccontextmanager
async def running_prometheus(configuration: Path) -> AsyncIterator[Prometheus]:
    """Run Prometheus with this configuration, its data beside it."""
    async with monitoring.running_prometheus(configuration, free_port()) as address:
        yield Prometheus(address)
