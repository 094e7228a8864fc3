"""Supervision of ten thousand access points: what a scrape takes, how soon an outage is known."""

import time
import urllib.request

from tests.benchmarks.arena import Arena, middle
from tests.benchmarks.cpu import cpu_seconds
from tests.benchmarks.registry import Figures, Goal, Spoiled, benchmark
from tests.benchmarks.watched_fleet import DEVICES, INTERVAL_SECONDS, WatchedFleet

SCRAPES = 5
SCRAPE_SECONDS = 0.3
INTERVALS = 2.0


def _fleet(arena: Arena) -> WatchedFleet:
    return arena.share("ten thousand access points", lambda: WatchedFleet(arena.cluster()))


@benchmark(
    "supervision.metrics_page_seconds",
    unit="s of CPU",
    goal=Goal(1.0, floor=0.5),
    better="less",
)
def scraping(arena: Arena) -> Figures:
    """A scrape of /metrics by HTTP while the fleet is polled, against 300 ms."""
    fleet = _fleet(arena)
    used, took, size = [], [], 0
    for _ in range(SCRAPES):
        before, began = cpu_seconds(fleet.process_id), time.monotonic()
        with urllib.request.urlopen(f"http://127.0.0.1:{fleet.metrics_port}/metrics") as answer:
            text = answer.read()
        used.append(cpu_seconds(fleet.process_id) - before)
        took.append(round(time.monotonic() - began, 3))
        size = len(text)
        if text.count(b"\nsocle_supervision_uptime_seconds{") != DEVICES:
            raise Spoiled("not every access point is in /metrics")
    arena.say(f"{middle(used):.2f} s of CPU, {middle(took):.2f} s")
    return Figures(
        middle(used),
        SCRAPE_SECONDS,
        {"peer": "a budget", "octets": size, "wall_seconds": took, "devices": DEVICES},
    )


@benchmark(
    "supervision.outage_detected_intervals",
    unit="intervals",
    goal=Goal(1.0, floor=0.5),
    better="less",
)
def outage(arena: Arena) -> Figures:
    """From when all vanish to when half are kept as down, one outage; against two intervals."""
    fleet = _fleet(arena)
    before = cpu_seconds(fleet.process_id)
    half, last = (seconds / INTERVAL_SECONDS for seconds in fleet.vanish())
    used = cpu_seconds(fleet.process_id) - before
    arena.say(f"half after {half:.2f} intervals, the last after {last:.2f}; {used:.1f} s of CPU")
    return Figures(
        round(half, 2),
        INTERVALS,
        {
            "peer": "a budget",
            "devices": DEVICES,
            "last_down_intervals": round(last, 2),
            "cpu_seconds": round(used, 1),
        },
    )
