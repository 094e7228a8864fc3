"""The archive: how fast a day is sealed, what a session weighs, how soon one is found, and purged.

Everything goes by what the product runs: the ledger's rows -> `archive.run` -> sealed segments ->
opened by both custodians' keys -> looked up; `purge.purge`. Beside it, as the peer or in the
conditions, the naive way: one PostgreSQL table with its indexes, INSERT, SELECT, DELETE.
"""

import resource
from datetime import UTC, datetime, timedelta
from time import monotonic

from retention.cases.lookup import Found, criterion, find
from retention.cases.question import Question, ask
from retention.cases.selection import select
from retention.keys import age
from retention.manifests.manifest import SealedSegment
from tests.benchmarks.arena import Arena, middle
from tests.benchmarks.evidence_days import A_DEVICE, FIRST, PLACES, SITES, EvidenceDays, Spent
from tests.benchmarks.registry import Figures, Goal, Spoiled, benchmark

SEALED_PER_SECOND = 200_000.0
LOOKUP_SECONDS = 1.0
DEVICE_YEAR_SECONDS = 60.0
VOLUME_SHARE = 3.0
"""How many times longer purging ten times as much may take before it depends on the volume."""
_SECURITY_ENDS, _SOURCE_ENDS = FIRST.replace(month=6, day=3), FIRST.replace(year=2027, day=3)


def _ground(arena: Arena) -> EvidenceDays:
    return arena.share("days of evidence", lambda: EvidenceDays(arena.cluster()))


@benchmark("retention.seal_rows_per_second", unit="rows/s", goal=Goal(1.0, floor=0.5))
def sealing(arena: Arena) -> Figures:
    """A day of a million sessions, slices of three categories; against 200 000 a second."""
    ground = _ground(arena)
    naive, ours = ground.great_day
    per_second, naively = ours.rows / ours.seconds, naive.rows / naive.seconds
    arena.say(f"{ours.rows} rows in {ours.seconds:.1f} s; naively {naively:.0f} rows/s")
    most_memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    return Figures(
        per_second,
        SEALED_PER_SECOND,
        {
            "peer": "a budget",
            "rows": ours.rows,
            "seconds": round(ours.seconds, 2),
            "cpu_seconds": round(ours.cpu_seconds, 2),
            "most_memory_mib": most_memory,
            "naive_rows_per_second": round(naively),
            "naive_cpu_seconds": round(naive.cpu_seconds, 2),
        },
    )


@benchmark("retention.bytes_per_session", unit="octets", goal=Goal(2.0, floor=1.5), better="less")
def weight(arena: Arena) -> Figures:
    """Sealed octets for each session of a million, source and traffic; against the table's."""
    ground = _ground(arena)
    naive, _ = ground.great_day
    source, traffic, security = (
        round(sealed.octets / sealed.rows, 1)
        for sealed in (ground.segment(FIRST, c) for c in ("source", "traffic", "security"))
    )
    table = round(ground.naive_octets / naive.rows, 1)
    arena.say(f"source {source}, traffic {traffic}, security {security}; naively {table}")
    return Figures(
        source + traffic,
        table,
        {
            "peer": "one PostgreSQL table and its three indexes",
            "source": source,
            "traffic": traffic,
            "security": security,
        },
    )


@benchmark("retention.lookup_day_seconds", unit="s", goal=Goal(1.0, floor=0.5), better="less")
def looking_up_a_day(arena: Arena) -> Figures:
    """An address, a port and a time in a sealed day of a million slices; against one second."""
    ground = _ground(arena)
    _ = ground.great_day
    sealed = ground.segment(FIRST, "source")
    noon = datetime(FIRST.year, FIRST.month, FIRST.day, 12, tzinfo=UTC)
    took: list[float] = []
    for number in range(arena.options.rounds):
        address = PLACES[number % SITES].public_address
        asked = ask(
            noon + timedelta(days=9),
            public_address=address,
            port=40_112,
            at=noon.isoformat(),
        )
        seconds, found = _look_up(ground, sealed, asked)
        took.append(seconds)
        if not found.attributions:
            raise Spoiled(f"nobody had {address} at noon")
    naive = ground.ask_naively("public_address", PLACES[0].public_address, noon)
    arena.say(f"{middle(took):.2f} s, decrypted and found; naively, never encrypted, {naive:.3f}")
    return Figures(
        middle(took),
        LOOKUP_SECONDS,
        {
            "peer": "a budget",
            "devices_named": found.devices,
            "each_seconds": [round(one, 3) for one in took],
            "naive_seconds": round(naive, 4),
        },
    )


@benchmark("retention.device_year_seconds", unit="s", goal=Goal(1.0, floor=0.5), better="less")
def following_a_device(arena: Arena) -> Figures:
    """A device over 365 days of 100 000 slices, five sealed days opened in turn; against 60 s."""
    ground = _ground(arena)
    days = [ground.segment(day, "source") for day in ground.usual_days]
    since = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC)
    asked = ask(
        since + timedelta(days=400),
        kind="device",
        device=A_DEVICE,
        since=since.isoformat(),
        until=(since + timedelta(days=365)).isoformat(),
    )
    began, met = monotonic(), 0
    for number in range(365):
        met += bool(_look_up(ground, days[number % len(days)], asked)[1].attributions)
    took = monotonic() - began
    if met != 365:
        raise Spoiled(f"{asked.kind}: found on {met} days of 365")
    naive = ground.ask_naively("device", A_DEVICE, since + timedelta(days=2))
    arena.say(f"{took:.1f} s; naively, one day, {naive:.3f} s")
    return Figures(
        took,
        DEVICE_YEAR_SECONDS,
        {
            "peer": "a budget",
            "each_day_seconds": round(took / 365, 4),
            "different_days": len(days),
            "naive_day_seconds": round(naive, 4),
        },
    )


def _look_up(ground: EvidenceDays, sealed: SealedSegment, asked: Question) -> tuple[float, Found]:
    """Open a segment with both custodians' keys and look; how long it took, and who it was."""
    began = monotonic()
    octets = age.open_sealed(ground.octets(sealed), ground.identity(sealed))
    (rows,) = select(octets, [criterion(asked)])
    found = find([(sealed.part, row) for row in rows], asked)
    return monotonic() - began, found


@benchmark("retention.purge_seconds", unit="s", goal=Goal(4.0, floor=1.0), better="less")
def purging(arena: Arena) -> Figures:
    """A day of a million sessions destroyed, and one of 100 000; against DELETE of the million."""
    ground = _ground(arena)
    _ = ground.usual_days
    for number in range(8):  # what ends before them, so that each purge is of one day alone
        ground.purge(_SECURITY_ENDS + timedelta(days=number))
    great, usual = (ground.purge(_SOURCE_ENDS + timedelta(days=number)) for number in (0, 1))
    if great.rows <= 5 * usual.rows:
        raise Spoiled(f"purged {great.rows} rows and {usual.rows}")
    if great.seconds > VOLUME_SHARE * usual.seconds:
        raise Spoiled(f"it depends on the volume: {great.seconds:.2f} and {usual.seconds:.2f} s")
    naive, naive_usual = (ground.delete_naively(FIRST + timedelta(days=n)) for n in (0, 1))
    arena.say(_said("destroyed", great, usual))
    arena.say(_said("DELETE and VACUUM", naive, naive_usual))
    return Figures(
        great.seconds,
        naive.seconds,
        {
            "peer": "DELETE of the same sessions from one PostgreSQL table, and VACUUM",
            "rows": great.rows,
            "usual_day_rows": usual.rows,
            "usual_day_seconds": round(usual.seconds, 3),
            "naive_usual_day_seconds": round(naive_usual.seconds, 3),
        },
    )


def _said(how: str, great: Spent, usual: Spent) -> str:
    return (
        f"{how}: {great.rows} rows in {great.seconds:.2f} s, {usual.rows} in {usual.seconds:.2f} s"
    )
