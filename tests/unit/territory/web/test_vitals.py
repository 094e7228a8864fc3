"""What each component shows of its own process."""

import asyncio
import time
from contextlib import suppress

from prometheus_client import CollectorRegistry

from territory.web.vitals import Vitals


async def test_a_loop_that_is_held_up_shows() -> None:
    """Who computes for a second in the loop is seen: the wait that was due meanwhile came late."""
    registry = CollectorRegistry()
    following = asyncio.create_task(Vitals(registry).follow())
    await asyncio.sleep(0)
    time.sleep(0.8)  # noqa: ASYNC251 - the fault that is to be seen
    while not registry.get_sample_value("socle_event_loop_lag_seconds_count"):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following
    late = registry.get_sample_value("socle_event_loop_lag_seconds_sum")
    assert late is not None
    assert late >= 0.25
