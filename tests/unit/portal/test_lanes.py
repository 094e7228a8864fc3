"""A lane that is busy takes no more, waits for nobody, and is free once it is done."""

import asyncio

import pytest

from portal.lanes import Lanes


async def test_a_slow_lane_keeps_no_other_waiting() -> None:
    """Work given to it again is not begun; the other lane is free at once."""
    lanes, done, slow = Lanes(), [], asyncio.Event()

    async def work(name: str) -> None:
        if name == "slow":
            await slow.wait()
        done.append(name)

    assert lanes.give("slow", work("slow"))
    assert lanes.give("fast", work("fast"))
    await lanes.rest(0.01)
    assert done == ["fast"]
    assert not lanes.give("slow", work("slow"))
    assert lanes.give("fast", work("fast"))
    slow.set()
    await lanes.rest()
    assert sorted(done) == ["fast", "fast", "slow"]
    assert lanes.give("slow", work("again"))
    await lanes.rest()
    assert done[-1] == "again"


async def test_what_failed_is_told_and_its_lane_is_free() -> None:
    """Once, to whoever waits."""
    lanes = Lanes()

    async def work() -> None:
        raise ValueError

    lanes.give("one", work())
    with pytest.raises(ValueError):  # noqa: PT011
        await lanes.rest()
    await lanes.rest()
    lanes.give("one", work())
    with pytest.raises(ValueError):  # noqa: PT011
        await lanes.rest()


async def test_what_is_under_way_ends_with_its_keeper() -> None:
    """Cancelled, and awaited."""
    lanes, began, ended = Lanes(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    lanes.give("one", work())
    await began.wait()
    await lanes.close()
    assert ended.is_set()
