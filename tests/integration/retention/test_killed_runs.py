"""kill -9 at every step of sealing and purging: nothing is lost, doubled or half destroyed."""

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from retention.archive import Places
from retention.chain import SEGMENTS, Chain
from retention.key_register import KeyRegister
from retention.verify import verify_folder
from tests.evidence import INTERIM, START, VERDUN, Evidence, Record, Session, at, run_archive, visit

ROOT = Path(__file__).parents[3]
SCRIPT = Path(__file__).with_name("killed_run.py")

pytestmark = pytest.mark.timeout(300)


def kill_at_every_step(work: str, places: Places, url: str, now: datetime) -> int:
    """Let runs die at each step until one ends; return how many died (see killed_run.py)."""
    command = [sys.executable, str(SCRIPT), work, str(places.archive.parent), url, now.isoformat()]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return int(done.stdout.split()[-1])


def assert_consistent(places: Places) -> None:
    """The archive verifies, and holds exactly one object and one key for each segment held."""
    verdict = verify_folder(places.archive)
    assert verdict.is_whole, verdict.faults
    assert verdict.notices == ()
    held = {sealed.object for _, sealed in Chain.read(places.archive).held()}
    assert {path.name for path in (places.archive / SEGMENTS).glob("*/*")} == held
    assert KeyRegister(places.keys).names() == held


async def test_sealing_killed_at_every_step(evidence: Evidence, places: Places) -> None:
    """Three days, an open session and a supplement come out as of one undisturbed run."""
    await evidence.days("2026-11-16", 10)
    phone = Session(VERDUN, "02:00:00:00:00:01", "10.1.0.10")
    await evidence.record(phone, *visit(at("2026-11-16 10:00"), 30))
    staying = Session(VERDUN, "02:00:00:00:00:02", "10.1.0.11")
    await evidence.record(staying, Record(START, at("2026-11-16 20:00")))
    await evidence.record(
        staying, Record(INTERIM, at("2026-11-19 20:00"), session_seconds=3 * 86_400)
    )
    late = Session(VERDUN, "02:00:00:00:00:03", "10.1.0.12")
    await evidence.record(late, Record(INTERIM, at("2026-11-20 20:00"), session_seconds=4 * 86_400))

    kills = kill_at_every_step("seal", places, evidence.retention_url, at("2026-11-21 00:00"))

    assert kills > 10
    assert_consistent(places)
    chain = Chain.read(places.archive)
    told = [(str(day), s.category, s.part, s.rows) for day, s in chain.segments() if s.rows]
    assert told == [
        ("2026-11-16", "source", 0, 2),
        ("2026-11-16", "traffic", 0, 2),
        ("2026-11-17", "source", 0, 1),
        ("2026-11-16", "source", 1, 1),
        ("2026-11-17", "source", 1, 1),
        ("2026-11-18", "source", 0, 2),
    ]
    held = await evidence.fetch("SELECT DISTINCT day FROM live.held_day ORDER BY day")
    assert [row["day"].day for row in held] == [19, 20, 21, 22, 23, 24, 25]
    index = await evidence.fetch("SELECT count(*) FROM archive.segment")
    assert index[0]["count"] == len(list(chain.segments()))
    lines = await evidence.fetch("SELECT 1 FROM audit.entry WHERE action = 'archive.day_sealed'")
    assert len(lines) == 3


async def test_purging_killed_at_every_step(evidence: Evidence, places: Places) -> None:
    """A year later all is destroyed once, whole, and the archive verifies throughout."""
    await evidence.days("2024-11-17", 2)
    await evidence.record(
        Session(VERDUN, "02:00:00:00:00:01", "10.1.0.10"), *visit(at("2024-11-17 10:00"), 30)
    )
    await run_archive(evidence.retention_url, places, at("2024-11-20 00:00"))
    url, now = evidence.retention_url, at("2025-11-18 00:00")

    kills = kill_at_every_step("purge", places, url, now)

    assert kills >= 4
    assert len(Chain.read(places.archive).ended()) == 3
    assert_consistent(places)
    kinds = [link.kind for link in Chain.read(places.archive).links]
    assert kinds == ["day", "purge", "destruction"]
    lines = await evidence.fetch("SELECT 1 FROM audit.entry WHERE action = 'archive.purged'")
    assert len(lines) == 1
