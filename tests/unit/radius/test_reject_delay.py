"""Rejects wait a bounded while in a bounded number, and each is sent once."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius.reject_delay import JITTER, RejectDelay, Schedule, delay_seconds


@given(st.floats(0.001, 10), st.floats(0, 1, exclude_max=True))
def test_a_reject_waits_no_less_than_asked(least: float, chance: float) -> None:
    """The setting is the minimum; chance adds a quarter at most."""
    assert least <= delay_seconds(least, chance) <= least * (1 + JITTER)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=40), st.integers(1, 8))
def test_everything_comes_out_once_and_in_order(
    steps: list[tuple[int, int]], capacity: int
) -> None:
    """Whatever is put and taken when: nothing early, nothing twice, nothing lost, none too many."""
    schedule: Schedule[tuple[int, int]] = Schedule(capacity)
    now, kept, sent = 0, set(), []
    for number, (pause, wait) in enumerate(steps):
        now += pause
        due = schedule.take(now)
        assert all(due_at <= now for due_at, _ in due)
        sent += due
        if schedule.put(now + wait, (now + wait, number)):
            kept.add((now + wait, number))
        assert len(schedule) <= capacity
        assert schedule.next_at == min((at for at, _ in kept - set(sent)), default=None)
    sent += schedule.take_all()
    assert sorted(sent) == sorted(kept)
    assert schedule.next_at is None


async def test_rejects_are_sent_when_due_soonest_first() -> None:
    """By chance a later one may be due earlier: the one timer follows the soonest."""
    chances = iter((0.9, 0.0, 0.4))
    sent: list[str] = []
    done = asyncio.Event()

    def send(name: str) -> None:
        sent.append(name)
        if len(sent) == 3:
            done.set()

    delay = RejectDelay(0.05, send, lambda: next(chances))
    began = asyncio.get_running_loop().time()
    for name in ("late", "soon", "middle"):
        delay.hold(name)
    assert (sent, len(delay)) == ([], 3)
    await asyncio.wait_for(done.wait(), 60)
    assert sent == ["soon", "middle", "late"]
    assert asyncio.get_running_loop().time() - began >= 0.05


@pytest.mark.parametrize(("seconds", "capacity"), [(0.0, 10), (60.0, 0)])
async def test_without_delay_or_room_it_goes_out_at_once(seconds: float, capacity: int) -> None:
    """A flood costs a counter, no memory."""
    sent: list[str] = []
    delay = RejectDelay(seconds, sent.append, lambda: 0.5, capacity)
    delay.hold("now")
    assert sent == ["now"]
    assert delay.overflow == (seconds > 0)


async def test_a_stop_sends_what_waits() -> None:
    """Each once: the timer does not ring afterwards."""
    sent: list[str] = []
    delay = RejectDelay(0.02, sent.append, lambda: 0.0)
    delay.hold("a")
    delay.hold("b")
    delay.release()
    assert (sent, len(delay)) == (["a", "b"], 0)
    later = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.04, later.set_result, None)
    await later
    assert sent == ["a", "b"]
