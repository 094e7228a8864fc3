"""/metrics and /healthz."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry, Counter

from territory.web.health import Check, start_health

Ask = Callable[[str, dict[str, Check]], Awaitable[tuple[int, str, str]]]


@pytest.fixture
async def ask() -> AsyncIterator[Ask]:
    """Start a health site with checks and ask it."""
    runners: list[web.AppRunner] = []

    async def start_and_get(path: str, checks: dict[str, Check]) -> tuple[int, str, str]:
        registry = CollectorRegistry()
        Counter("socle_seen", "Seen.", registry=registry).inc(3)
        runner = await start_health("127.0.0.1", 0, registry, checks, deadline_seconds=0.05)
        runners.append(runner)
        url = f"http://127.0.0.1:{runner.addresses[0][1]}{path}"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return answer.status, answer.headers["Content-Type"], await answer.text()

    yield start_and_get
    for runner in runners:
        await runner.cleanup()


async def well() -> None:
    """A check that passes."""


async def failing() -> None:
    """A check whose failure holds a secret."""
    raise ConnectionError("postgresql://socle:secret@db")


async def hanging() -> None:
    """A check that never answers."""
    await asyncio.Event().wait()


async def refusing() -> bool:
    """A check that says no."""
    return False


async def test_metrics_are_prometheus_text(ask: Ask) -> None:
    """The registry's own samples, in the text format."""
    status, kind, text = await ask("/metrics", {})
    assert status == 200
    assert kind.startswith("text/plain")
    assert "socle_seen_total 3.0" in text


async def test_all_well_is_200(ask: Ask) -> None:
    """Every check passed."""
    status, _, text = await ask("/healthz", {"database": well})
    assert status == 200
    assert '"status": "ok"' in text


@pytest.mark.parametrize(
    ("check", "cause"),
    [(failing, "ConnectionError"), (hanging, "deadline"), (refusing, "refused")],
)
async def test_one_failing_check_is_503_with_its_cause_and_no_secret(
    ask: Ask, check: Check, cause: str
) -> None:
    """The cause is a word; a check past its deadline does not hold the others."""
    status, _, text = await ask("/healthz", {"database": check, "other": well})
    assert status == 503
    assert f'"cause": "{cause}"' in text
    assert "secret" not in text
