"""`socle serve`: the whole base, or the components named, until told to stop."""

import asyncio
import ctypes
import errno
import os
import signal
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

import uvloop
from sqlalchemy.exc import DBAPIError

from socle.base import PARENT_VARIABLE, clock_of, lay_ground, run_components
from socle.logs import configure_logs
from socle.status import Misconfigured
from territory.database.components import Component
from territory.database.connect import away, open_engine
from territory.database.prepare import is_current
from territory.database.restored import refuse_marked
from territory.errors import ConfigurationError, Fault, Unavailable
from territory.keyring import Keyring
from territory.settings import WORKER_VARIABLE, WORKERS_VARIABLE, Settings, load_settings

_PR_SET_PDEATHSIG = 1
_CANNOT_LISTEN = (errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES)


def serve(
    components: Sequence[Component], settings_file: Path | None, radius_workers: int | None = None
) -> None:
    """Run the whole base, or only `components`; ends cleanly on SIGTERM and SIGINT."""
    if radius_workers is not None:
        os.environ[WORKERS_VARIABLE] = str(radius_workers)
    settings = load_settings(settings_file)
    workers = settings.radius.workers
    if len(components) == 1 and settings.database.url:
        if components[0] is Component.RADIUS and workers > 1 and WORKER_VARIABLE not in os.environ:
            configure_logs("serve")
            urls = {Component.RADIUS: settings.database.url}
            run_until_signal(run_components(components, urls, settings_file, workers))
            return
        configure_logs(components[0].value)
        _end_with_parent()
        run_until_signal(_serve_one(components[0], settings))
    else:
        configure_logs("serve")
        run_until_signal(_serve_all(components or list(Component), settings, settings_file))


def run_until_signal(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` on uvloop; SIGTERM and SIGINT cancel it, and that is a clean end.

    A fault that people can mend comes out of the task groups it was raised in.
    """
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_cancelled_by_signal(work))
    except ExceptionGroup as group:
        mendable, others = group.split((ConfigurationError, Misconfigured, Unavailable))
        if mendable is None or others is not None:
            raise
        raise _first(mendable) from group


def _first(group: ExceptionGroup[Exception]) -> Exception:
    fault = group.exceptions[0]
    return _first(fault) if isinstance(fault, ExceptionGroup) else fault


async def _cancelled_by_signal(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        if not task.cancelled():
            raise


async def _serve_all(
    components: Sequence[Component], settings: Settings, settings_file: Path | None
) -> None:
    ground = await lay_ground(settings)
    try:
        await run_components(components, ground.urls, settings_file, settings.radius.workers)
    finally:
        ground.close()


async def _serve_one(component: Component, settings: Settings) -> None:
    await _check_database(settings)
    keyring = Keyring.of(settings)
    clock = clock_of(settings)
    match component:
        case Component.PORTAL:
            from portal.app import run
        case Component.RADIUS:
            from radius.server import run
        case Component.SUPERVISION:
            from supervision.app import run
        case Component.RETENTION:
            from retention.app import run
        case Component.DESK:
            from retention.desk.app import run
    try:
        await run(settings, keyring, clock)
    except OSError as fault:
        if fault.errno not in _CANNOT_LISTEN:
            raise
        expected = f"expected addresses and ports that are free and allowed: {fault.strerror}"
        raise ConfigurationError([Fault(component.value, expected)]) from fault


async def _check_database(settings: Settings) -> None:
    assert settings.database.url  # noqa: S101 - serve() took this way because there is one
    engine = open_engine(settings.database.url)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(refuse_marked)
            current = await connection.run_sync(is_current)
    except (OSError, DBAPIError, TimeoutError) as fault:
        raise away(fault) from fault
    finally:
        await engine.dispose()
    if not current:
        expected = "a database of this version: run `socle serve` once as its owner"
        raise ConfigurationError([Fault("database.url", expected)])


def _end_with_parent() -> None:
    """Have the kernel end this process if the one that started it dies without a word."""
    parent = os.environ.get(PARENT_VARIABLE)
    if parent is None:
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):
        raise SystemExit(1)
