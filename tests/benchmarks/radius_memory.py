"""RADIUS from memory against FreeRADIUS from a flat file: one core each, no database in the way.

Ours is the shipped server in an outage: every admission was shown to it before its PostgreSQL was
stopped. Both servers are held to one core, the generator to the others; what counts is how many
requests a second of that core's time answers, so that the generator, slower than both, decides
nothing.
"""

import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks import peer
from tests.benchmarks.arena import Arena, alternate, middle
from tests.benchmarks.cpu import cpu_seconds
from tests.benchmarks.load import Load, Outcome, measure
from tests.benchmarks.ours import Socle
from tests.benchmarks.peer import FlatFreeRadius
from tests.benchmarks.postgres import Cluster
from tests.benchmarks.registry import Figures, Goal, Spoiled, benchmark
from tests.benchmarks.servers import SHARED_SECRET
from tests.benchmarks.wire import Subscriber

SUBSCRIBERS = 2_000
WARM_UP_SECONDS = 8.0
"""Long enough that each of the subscribers is drawn, each many times."""
MOST_PER_SECOND = 45_000
FORGETS_SECONDS = 3.0
"""How long the server may take to see that its database is gone."""


@benchmark("radius.auth_memory_one_core", unit="requests/s of one core", goal=Goal(1.0, floor=0.0))
def auth_memory_one_core(arena: Arena) -> Figures:
    """PAP, 64 outstanding, users in memory, one core; FreeRADIUS single-threaded, flat file."""
    if reason := peer.missing():
        raise Spoiled(reason)
    with ExitStack() as stack:
        cluster = stack.enter_context(Cluster())
        arena.say("starting Socle, its PostgreSQL to be stopped")
        ours = stack.enter_context(Socle(cluster, SUBSCRIBERS))
        theirs = stack.enter_context(FlatFreeRadius(ours.subscribers))
        _measured(ours.subscribers, ours.authentication_port, WARM_UP_SECONDS)
        cluster.stop()
        time.sleep(FORGETS_SECONDS)
        for process_id in (ours.process_id, theirs.process_id):
            for thread in Path(f"/proc/{process_id}/task").iterdir():
                os.sched_setaffinity(int(thread.name), {0})

        def window(name: str, port: int, process_id: int) -> Callable[[], Outcome]:
            return lambda: _window(arena, name, ours.subscribers, port, process_id)

        of_ours, of_theirs = alternate(
            arena.options.rounds,
            window("Socle from memory", ours.authentication_port, ours.process_id),
            window(theirs.name, theirs.authentication_port, theirs.process_id),
        )
    conditions: dict[str, str | int | float | list[float]] = {
        "peer": theirs.name,
        "outstanding": 64,
        "subscribers": SUBSCRIBERS,
        "window_seconds": arena.options.seconds,
        "rounds": arena.options.rounds,
        "ours_reached": middle([each.per_second for each in of_ours]),
        "peer_reached": middle([each.per_second for each in of_theirs]),
        "ours_p99_ms": middle([each.p99_ms for each in of_ours]),
        "peer_p99_ms": middle([each.p99_ms for each in of_theirs]),
    }
    return Figures(_per_core(of_ours), _per_core(of_theirs), conditions)


def _window(
    arena: Arena, name: str, subscribers: tuple[Subscriber, ...], port: int, process_id: int
) -> Outcome:
    before = cpu_seconds(process_id)
    outcome = _measured(subscribers, port, arena.options.seconds)
    outcome.server_seconds = cpu_seconds(process_id) - before
    if complaint := outcome.complaint:
        raise Spoiled(f"{name}: {complaint}")
    cost = outcome.server_seconds * 1e6 / outcome.good
    arena.say(
        f"{name:28} {outcome.per_second:8.0f}/s   p50 {outcome.p50_ms:.2f}"
        f" p99 {outcome.p99_ms:.2f} ms   CPU {cost:.1f} us each"
    )
    return outcome


def _measured(subscribers: tuple[Subscriber, ...], port: int, seconds: float) -> Outcome:
    load = Load(
        kind="access",
        port=port,
        shared_secret=SHARED_SECRET,
        subscribers=subscribers,
        outstanding=64,
        seconds=seconds,
        most=int(MOST_PER_SECOND * (seconds + 1)),
    )
    return measure(load)


def _per_core(rounds: list[Outcome]) -> float:
    return middle([each.good / each.server_seconds for each in rounds])
