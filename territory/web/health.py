"""``/metrics`` and ``/healthz`` of a component, on a port of its own.

Kept apart from the pages: it is scraped from inside, and answers while the pages are busy.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from territory.web.server import start_site
from territory.web.vitals import Vitals

Check = Callable[[], Awaitable[object]]
"""Returns when all is well, raises when not; a result of False is a failure too."""

CHECK_SECONDS = 2.0
_END = b"# EOF\n"
"""How OpenMetrics ends; the older format has no end."""


class TextRegistry(CollectorRegistry):
    """A registry, and families too many for the library's exposition, which come as text."""

    def __init__(self) -> None:
        super().__init__()
        self.text: Callable[[bool], str] = lambda _: ""
        """Gives whole families, in OpenMetrics or else in the older format; called in a thread."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one check said."""

    name: str
    well: bool
    seconds: float
    cause: str = ""
    """The exception's type, or ``deadline``; never its text, which may hold a secret."""


REGISTRY = web.AppKey("REGISTRY", CollectorRegistry)
CHECKS = web.AppKey("CHECKS", Mapping[str, Check])
DEADLINE = web.AppKey("DEADLINE", float)


async def run_check(name: str, check: Check, deadline_seconds: float) -> Outcome:
    """Run one check; whatever it raises is its outcome."""
    began = time.monotonic()
    cause = ""
    try:
        async with asyncio.timeout(deadline_seconds):
            if await check() is False:
                cause = "refused"
    except TimeoutError:
        cause = "deadline"
    except Exception as failure:  # noqa: BLE001 - a check may fail in any way; that is its answer
        cause = type(failure).__name__
    return Outcome(name, not cause, time.monotonic() - began, cause)


async def _metrics(request: web.Request) -> web.Response:
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    registry = request.app[REGISTRY]
    body = await asyncio.to_thread(encode, registry)
    if isinstance(registry, TextRegistry):
        open_metrics = body.endswith(_END)
        added = await asyncio.to_thread(registry.text, open_metrics)
        body = body.removesuffix(_END) + added.encode() + (_END if open_metrics else b"")
    return web.Response(body=body, headers={"Content-Type": content_type})


async def _healthz(request: web.Request) -> web.Response:
    checks = request.app[CHECKS].items()
    deadline = request.app[DEADLINE]
    outcomes = await asyncio.gather(*(run_check(name, check, deadline) for name, check in checks))
    well = all(outcome.well for outcome in outcomes)
    body = {
        "status": "ok" if well else "failing",
        "checks": {
            outcome.name: {
                "ok": outcome.well,
                "seconds": round(outcome.seconds, 4),
                "cause": outcome.cause,
            }
            for outcome in outcomes
        },
    }
    return web.json_response(body, status=200 if well else 503)


def health_app(
    registry: CollectorRegistry, checks: Mapping[str, Check], deadline_seconds: float
) -> web.Application:
    """The application behind both addresses; it adds to `registry` how this process is."""
    vitals = Vitals(registry)

    async def followed(_: web.Application) -> AsyncIterator[None]:
        following = asyncio.create_task(vitals.follow())
        yield
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following

    app = web.Application()
    app.cleanup_ctx.append(followed)
    app[REGISTRY] = registry
    app[CHECKS] = dict(checks)
    app[DEADLINE] = deadline_seconds
    app.router.add_get("/metrics", _metrics)
    app.router.add_get("/healthz", _healthz)
    return app


async def start_health(
    host: str,
    port: int,
    registry: CollectorRegistry,
    checks: Mapping[str, Check],
    deadline_seconds: float = CHECK_SECONDS,
) -> web.AppRunner:
    """Serve ``/metrics`` and ``/healthz`` until the returned runner is cleaned up.

    ``/healthz`` answers 200 when every check is well and 503 otherwise, each check's own outcome
    in the JSON; a check over ``deadline_seconds`` fails without holding up the others.
    """
    return await start_site(health_app(registry, checks, deadline_seconds), host, port)
