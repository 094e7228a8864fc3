"""The whole base as processes: its database made ready, one process for each component.

`serve` runs it until it is told to stop; the demo runs the same thing beside its simulated sites.
A component that ends is started again, later each time (1 s to 30 s), and never takes another down.
"""

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import structlog

from socle.status import MISCONFIGURED, Misconfigured
from territory.clock import Clock, OffsetClock, SystemClock
from territory.database.components import Component
from territory.database.embedded import EmbeddedDatabase
from territory.database.prepare import prepare
from territory.keyring import Keyring
from territory.settings import COMPONENT_URL_VARIABLE, WORKER_VARIABLE, Settings

PARENT_VARIABLE = "SOCLE_PARENT"
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 30.0
_STEADY_SECONDS = 60.0
_STOP_SECONDS = 15.0

log = structlog.get_logger()


def clock_of(settings: Settings) -> Clock:
    """Return the machine's clock, or the demonstration's."""
    file = settings.clock_offset_file
    return OffsetClock(file) if file else SystemClock()


@dataclass(frozen=True, slots=True)
class Ground:
    """What has to stand before any component starts."""

    keyring: Keyring
    """Made at the first start."""
    owner_url: str
    """The database, as its owner."""
    urls: Mapping[Component, str]
    """The database, as each component."""
    embedded: EmbeddedDatabase | None
    """The server, when it is ours to stop."""

    def close(self) -> None:
        """Stop the embedded server, if any."""
        if self.embedded:
            self.embedded.stop()


@dataclass(frozen=True, slots=True)
class Owner:
    """The database as its owner, whatever is in it."""

    url: str
    embedded: EmbeddedDatabase | None
    """The server, when it is ours to stop."""

    def close(self) -> None:
        """Stop the embedded server, if any."""
        if self.embedded:
            self.embedded.stop()


def open_server(settings: Settings) -> Owner:
    """Return the database of `settings`, its embedded server started; nothing in it is touched.

    Raises:
        Unavailable: the embedded server does not start.
    """
    if settings.database.url:
        return Owner(settings.database.url, None)
    embedded = EmbeddedDatabase(settings.state_folder / "postgres")
    return Owner(embedded.url, embedded)


async def lay_ground(settings: Settings) -> Ground:
    """Return the keyring and the migrated database of `settings`.

    Raises:
        Unavailable: the database does not answer.
        ConfigurationError: it answers but cannot be used.
    """
    settings.state_folder.mkdir(parents=True, exist_ok=True)
    keyring = Keyring.of(settings, create=True)
    owner = open_server(settings)
    try:
        urls = await prepare(owner.url, None if owner.embedded else keyring)
    except BaseException:
        owner.close()
        raise
    return Ground(keyring, owner.url, urls, owner.embedded)


async def run_components(
    components: Sequence[Component],
    urls: Mapping[Component, str],
    settings_file: Path | None,
    radius_workers: int = 1,
) -> None:
    """Run a process for each component, again whenever one ends, until cancelled.

    RADIUS may have several, which share its ports.

    Raises:
        Misconfigured: a component refuses its configuration at its first start.
    """
    refused: list[str] = []
    try:
        async with asyncio.TaskGroup() as group:
            for component in components:
                for worker in range(radius_workers if component is Component.RADIUS else 1):
                    told = {COMPONENT_URL_VARIABLE: urls[component], WORKER_VARIABLE: str(worker)}
                    group.create_task(_keep_running(component, told, settings_file))
    except* Misconfigured as errors:
        refused = [str(error) for error in errors.exceptions]
    if refused:
        raise Misconfigured(", ".join(refused))


async def _keep_running(
    component: Component, told: Mapping[str, str], settings_file: Path | None
) -> None:
    pause = _FIRST_PAUSE_SECONDS
    loop = asyncio.get_running_loop()
    for start in count(1):
        started = loop.time()
        status = await _run_once(component, told, settings_file)
        if status == MISCONFIGURED and start == 1:
            raise Misconfigured(component.value)
        if loop.time() - started > _STEADY_SECONDS:
            pause = _FIRST_PAUSE_SECONDS
        log.error("component_ended", ended=component.value, status=status, again_in_seconds=pause)
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


async def _run_once(
    component: Component, told: Mapping[str, str], settings_file: Path | None
) -> int:
    options = ["--settings", str(settings_file)] if settings_file else []
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "socle", "serve", component.value, *options),
        env={**os.environ, **told, PARENT_VARIABLE: str(os.getpid())},
        stdin=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return await process.wait()
    except asyncio.CancelledError:
        await _stop(process)
        raise


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
