"""RADIUS against FreeRADIUS with rlm_sql: the same requests, the same PostgreSQL, in turn.

Access-Requests are looked up in the database and each answer is recorded there; accounting records
are durable before they are answered. After each window the database is counted: an answer that
left no record spoils the run.
"""

import time

from tests.benchmarks import peer
from tests.benchmarks.arena import Arena, Options, alternate, middle
from tests.benchmarks.load import Load, Outcome, measure
from tests.benchmarks.ours import Socle
from tests.benchmarks.peer import FreeRadius
from tests.benchmarks.registry import Figures, Spoiled, benchmark
from tests.benchmarks.servers import SHARED_SECRET, Server
from tests.benchmarks.wire import Subscriber

MOST_PER_SECOND = {"access": 30_000, "accounting": 45_000}
"""Packets encoded ahead for each second of a run: more than either server answers."""
RECORDED_SECONDS = 10.0
"""How long an answer's record may lag behind it: answers are logged in the next batch."""


@benchmark("radius.auth_recorded", unit="requests/s", goal=2.0)
def auth_recorded(arena: Arena) -> Figures:
    """PAP, 64 outstanding, users drawn at random, looked up in PostgreSQL, each answer recorded."""
    return _compare(arena, "access", 64)


@benchmark("radius.acct_durable_64", unit="records/s", goal=2.0)
def acct_durable_64(arena: Arena) -> Figures:
    """Start, Interim and Stop in equal parts, 64 outstanding, durable before the answer."""
    return _compare(arena, "accounting", 64)


@benchmark("radius.acct_durable_1024", unit="records/s", goal=2.0)
def acct_durable_1024(arena: Arena) -> Figures:
    """The same with 1 024 outstanding: an evening's rush after a cut."""
    return _compare(arena, "accounting", 1024)


def _compare(arena: Arena, kind: str, outstanding: int) -> Figures:
    if reason := peer.missing():
        raise Spoiled(reason)
    cluster = arena.cluster()
    ours = arena.share("Socle", lambda: Socle(cluster, arena.options.subscribers))
    theirs = arena.share("FreeRADIUS", lambda: FreeRadius(cluster, ours.subscribers))

    def window(server: Server) -> Outcome:
        outcome = _window(arena.options, kind, outstanding, ours.subscribers, server)
        arena.say(_told(server, outcome))
        return outcome

    of_ours, of_theirs = alternate(
        arena.options.rounds, lambda: window(ours), lambda: window(theirs)
    )
    conditions: dict[str, str | int | float | list[float]] = {
        "peer": theirs.name,
        "database": f"{cluster.version}, fsync and synchronous_commit on",
        "outstanding": outstanding,
        "subscribers": len(ours.subscribers),
        "window_seconds": arena.options.seconds,
        "rounds": arena.options.rounds,
    }
    conditions |= _latencies("ours", of_ours) | _latencies("peer", of_theirs)
    return Figures(
        middle([each.per_second for each in of_ours]),
        middle([each.per_second for each in of_theirs]),
        conditions,
    )


def _window(
    options: Options,
    kind: str,
    outstanding: int,
    subscribers: tuple[Subscriber, ...],
    server: Server,
) -> Outcome:
    server.reset()
    load = Load(
        kind=kind,
        port=server.authentication_port if kind == "access" else server.accounting_port,
        shared_secret=SHARED_SECRET,
        subscribers=subscribers,
        outstanding=outstanding,
        seconds=options.seconds,
        most=int(MOST_PER_SECOND[kind] * (options.seconds + 1)),
    )
    outcome = measure(load)
    if complaint := outcome.complaint:
        raise Spoiled(f"{server.name}: {complaint}")
    _check_recorded(server, kind, outcome.good)
    return outcome


def _told(server: Server, outcome: Outcome) -> str:
    return (
        f"{server.name:28} {outcome.per_second:9.0f}/s   "
        f"p50 {outcome.p50_ms:.2f} p95 {outcome.p95_ms:.2f} p99 {outcome.p99_ms:.2f} ms"
    )


def _check_recorded(server: Server, kind: str, good: int) -> None:
    due, deadline = server.records_due(kind, good), time.monotonic() + RECORDED_SECONDS
    while (found := server.recorded(kind)) < due:
        if time.monotonic() > deadline:
            raise Spoiled(f"{server.name}: {found} of {due} answers are recorded")
        time.sleep(0.1)


def _latencies(side: str, outcomes: list[Outcome]) -> dict[str, float | list[float] | int]:
    return {
        f"{side}_rounds": [round(each.per_second, 1) for each in outcomes],
        f"{side}_p50_ms": middle([each.p50_ms for each in outcomes]),
        f"{side}_p95_ms": middle([each.p95_ms for each in outcomes]),
        f"{side}_p99_ms": middle([each.p99_ms for each in outcomes]),
        f"{side}_generator_share": middle([each.generator_share for each in outcomes]),
        f"{side}_retransmitted": sum(each.retransmitted for each in outcomes),
    }
