"""RADIUS against FreeRADIUS with rlm_sql: the same requests, the same PostgreSQL, in turn.

Access-Requests are looked up in the database and each answer is recorded there; accounting records
are durable before they are answered. After each window the database is counted: an answer that
left no record spoils the run.
"""

import time
from dataclasses import dataclass

from tests.benchmarks import peer
from tests.benchmarks.arena import Arena, alternate, middle
from tests.benchmarks.cpu import cpu_seconds
from tests.benchmarks.load import Load, Outcome, measure
from tests.benchmarks.ours import Socle
from tests.benchmarks.peer import FreeRadius
from tests.benchmarks.postgres import Cluster
from tests.benchmarks.registry import Figures, Goal, Spoiled, benchmark
from tests.benchmarks.servers import SHARED_SECRET, Server

MOST_PER_SECOND = {"access": 30_000, "accounting": 45_000}
"""Packets encoded ahead for each second of a run: more than either server answers."""
RECORDED_SECONDS = 10.0
"""How long an answer's record may lag behind it: answers are logged in the next batch."""


@benchmark("radius.auth_recorded", unit="requests/s", goal=Goal(4.0, floor=2.5, p99_ms=10.0))
def auth_recorded(arena: Arena) -> Figures:
    """PAP, 64 outstanding, users drawn at random, looked up in PostgreSQL, each answer recorded."""
    return _compare(arena, "access", 64)


@benchmark("radius.acct_durable_64", unit="records/s", goal=Goal(4.0, floor=2.5, p99_ms=10.0))
def acct_durable_64(arena: Arena) -> Figures:
    """Start, Interim and Stop in equal parts, 64 outstanding, durable before the answer."""
    return _compare(arena, "accounting", 64)


@benchmark("radius.acct_durable_1024", unit="records/s", goal=Goal(7.0, floor=4.5))
def acct_durable_1024(arena: Arena) -> Figures:
    """The same with 1 024 outstanding: an evening's rush after a cut."""
    return _compare(arena, "accounting", 1024)


@dataclass(frozen=True, slots=True)
class _Round:
    """One window of one side."""

    outcome: Outcome
    cpu_microseconds: float
    """CPU time of the server and of PostgreSQL together for each good answer."""


def _compare(arena: Arena, kind: str, outstanding: int) -> Figures:
    if reason := peer.missing():
        raise Spoiled(reason)
    options, cluster = arena.options, arena.cluster()
    ours = arena.share("Socle", lambda: Socle(cluster, options.subscribers))
    theirs = arena.share("FreeRADIUS", lambda: FreeRadius(cluster, ours.subscribers))

    def window(server: Server) -> _Round:
        load = Load(
            kind=kind,
            port=server.authentication_port if kind == "access" else server.accounting_port,
            shared_secret=SHARED_SECRET,
            subscribers=ours.subscribers,
            outstanding=outstanding,
            seconds=options.seconds,
            most=int(MOST_PER_SECOND[kind] * (options.seconds + 1)),
        )
        found = _window(load, server, cluster)
        arena.say(_told(server, found))
        return found

    of_ours, of_theirs = alternate(options.rounds, lambda: window(ours), lambda: window(theirs))
    conditions: dict[str, str | int | float | list[float]] = {
        "peer": theirs.name,
        "database": f"{cluster.version}, fsync and synchronous_commit on",
        "outstanding": outstanding,
        "subscribers": len(ours.subscribers),
        "window_seconds": options.seconds,
        "rounds": options.rounds,
    }
    conditions |= _details("ours", of_ours) | _details("peer", of_theirs)
    p99_ms = middle([each.outcome.p99_ms for each in of_ours])
    return Figures(_rate(of_ours), _rate(of_theirs), conditions, p99_ms)


def _window(load: Load, server: Server, cluster: Cluster) -> _Round:
    server.reset()
    before = cpu_seconds(server.process_id) + cpu_seconds(cluster.process_id)
    outcome = measure(load)
    after = cpu_seconds(server.process_id) + cpu_seconds(cluster.process_id)
    if complaint := outcome.complaint:
        raise Spoiled(f"{server.name}: {complaint}")
    _check_recorded(server, load.kind, outcome.good)
    return _Round(outcome, (after - before) * 1e6 / outcome.good)


def _told(server: Server, found: _Round) -> str:
    outcome = found.outcome
    return (
        f"{server.name:28} {outcome.per_second:8.0f}/s   p50 {outcome.p50_ms:.2f} "
        f"p95 {outcome.p95_ms:.2f} p99 {outcome.p99_ms:.2f} ms   "
        f"CPU {found.cpu_microseconds:.0f} us each"
    )


def _check_recorded(server: Server, kind: str, good: int) -> None:
    due, deadline = server.records_due(kind, good), time.monotonic() + RECORDED_SECONDS
    while (found := server.recorded(kind)) < due:
        if time.monotonic() > deadline:
            raise Spoiled(f"{server.name}: {found} of {due} answers are recorded")
        time.sleep(0.1)


def _rate(rounds: list[_Round]) -> float:
    return middle([each.outcome.per_second for each in rounds])


def _details(side: str, rounds: list[_Round]) -> dict[str, float | list[float] | int]:
    outcomes = [each.outcome for each in rounds]
    return {
        f"{side}_rounds": [round(each.per_second, 1) for each in outcomes],
        f"{side}_p50_ms": middle([each.p50_ms for each in outcomes]),
        f"{side}_p95_ms": middle([each.p95_ms for each in outcomes]),
        f"{side}_p99_ms": middle([each.p99_ms for each in outcomes]),
        f"{side}_cpu_microseconds": middle([each.cpu_microseconds for each in rounds]),
        f"{side}_generator_share": middle([each.generator_share for each in outcomes]),
        f"{side}_retransmitted": sum(each.retransmitted for each in outcomes),
    }
