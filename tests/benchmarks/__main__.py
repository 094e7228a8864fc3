"""`python -m tests.benchmarks [NAME...]`: measures us beside our peers and prints the ratios.

All benchmarks, or those whose name begins with a NAME given. Writes build/bench.json, a list of
`{name, ours, peer, ratio, unit, goal: {ratio, floor, p99_ms}, p99_ms, conditions}`. Exit status 0
when every goal is met, 1 when one is missed or a run is spoiled, 2 when nothing has such a name.
"""

import argparse
import importlib
import json
import os
import platform
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from types import FrameType

from tests.benchmarks.arena import Arena, Options
from tests.benchmarks.registry import BENCHMARKS, Benchmark, Measure, Spoiled, compare

MODULES = tuple(
    f"tests.benchmarks.{name}"
    for name in (
        "radius_speed",
        "radius_memory",
        "portal_speed",
        "polling_speed",
        "watching_speed",
        "archive_speed",
    )
)
"""Where benchmarks are registered; a new module joins here."""
OUTPUT = Path("build/bench.json")


def main(arguments: list[str] | None = None) -> int:
    """Run what is asked and return the exit status."""
    for module in MODULES:
        importlib.import_module(module)
    asked = _parse(arguments)
    wanted = [each for each in BENCHMARKS.values() if each.name.startswith(tuple(asked.names))]
    if not wanted:
        print(f"no such benchmark; there are: {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    busy = os.getloadavg()[0]
    if busy > 1:
        print(f"this machine is busy (load {busy:.1f}): ratios will waver", file=sys.stderr)
    signal.signal(signal.SIGTERM, _end)  # what was started ends with us, in its own order
    options = Options(asked.seconds, asked.rounds, asked.subscribers)
    with Arena(options, lambda line: print(f"  {line}", flush=True)) as arena:
        measures = [found for each in wanted if (found := _run(each, arena))]
    _write(measures, asked.output)
    print(_table(measures))
    return 0 if len(measures) == len(wanted) and all(m.reached for m in measures) else 1


def _end(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", default=[""], help="beginning of a benchmark's name")
    parser.add_argument("--seconds", type=float, default=5.0, help="each window (5)")
    parser.add_argument("--rounds", type=int, default=3, help="windows of each side (3)")
    parser.add_argument("--subscribers", type=int, default=100_000, help="people known (100000)")
    parser.add_argument("--output", type=Path, default=OUTPUT, help=f"where to write ({OUTPUT})")
    return parser.parse_args(arguments)


def _run(which: Benchmark, arena: Arena) -> Measure | None:
    print(f"{which.name}: {(which.run.__doc__ or '').strip()}", flush=True)
    try:
        found = compare(which, which.run(arena))
    except Spoiled as reason:
        print(f"  SPOILED: {reason}", file=sys.stderr, flush=True)
        return None
    found.conditions["machine"] = f"{os.cpu_count()} cores, {platform.machine()}"
    found.conditions["load_average_after"] = round(os.getloadavg()[0], 1)
    return found


def _write(measures: list[Measure], output: Path) -> None:
    output.parent.mkdir(parents=True, exist_ok=True)
    lines = [asdict(each) for each in measures]
    output.write_text(json.dumps(lines, indent=2, ensure_ascii=False) + "\n")


def _table(measures: list[Measure]) -> str:
    heading = f"{'':28} {'ours':>10} {'peer':>10} {'ratio':>7} {'goal':>6} {'floor':>6}"
    rows = [
        f"{m.name:28} {_figure(m.ours):>10} {_figure(m.peer):>10} {m.ratio:>6.1f}x"
        f" {m.goal.ratio:>5.1f}x {m.goal.floor:>5.1f}x  {_verdict(m)}  ({m.unit})"
        for m in measures
    ]
    return "\n".join(["", heading, *rows])


def _figure(value: float) -> str:
    """Return a figure as a table has it: of small ones the hundredths count."""
    return f"{value:.0f}" if value >= 100 else f"{value:.2f}"


def _verdict(found: Measure) -> str:
    """What to say of a measure: its ratio, then its latency where one is asked for."""
    if found.ratio >= found.goal.ratio:
        said = "reached"
    else:
        said = "MISSED, floor kept" if found.keeps_floor else "BELOW ITS FLOOR"
    if found.goal.p99_ms is None:
        return said
    kept = "" if found.is_quick else " MISSED"
    return f"{said}; p99 {found.p99_ms} ms of {found.goal.p99_ms:.0f}{kept}"


if __name__ == "__main__":
    sys.exit(main())
