"""kill -9 at every step of sealing and purging: nothing is lost, doubled or half destroyed.

The objects go to S3 buckets here, which adds the steps of sending them to those of a folder.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from retention.keys.key_register import KeyRegister
from retention.manifests.chain import Chain
from retention.manifests.signing import SigningKey
from retention.manifests.verify import verify
from retention.sealing.archive import Places
from tests.custody import WANTED, Custody, known_by, write_account
from tests.evidence import (
    INTERIM,
    KEYRING,
    START,
    VERDUN,
    Evidence,
    Record,
    Session,
    at,
    run_archive,
    run_purge,
    visit,
)
from tests.forked import forked
from tests.killed_at_each_step import die_at_each_step
from tests.object_storage import ObjectStorage, serve

LOCK_DAYS = 40

pytestmark = pytest.mark.timeout(300)


@dataclass(frozen=True, slots=True)
class Walked:
    """An archive in buckets, for runs that die."""

    server: ObjectStorage
    prefix: str
    folder: Path

    @property
    def places(self) -> Places:
        """Where its parts lie."""
        return self.server.places(self.prefix, self.folder)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStorage]:
    """One server for the file."""
    with serve(tmp_path_factory.mktemp("seaweedfs")) as running:
        yield running


@pytest.fixture
def walked(server: ObjectStorage, tmp_path: Path, request: pytest.FixtureRequest) -> Walked:
    """Locked buckets, of one test alone."""
    prefix = request.node.name.split("_")[1]
    server.make(prefix, LOCK_DAYS)
    return Walked(server, prefix, tmp_path)


def kill_at_every_step(work: str, walked: Walked, url: str, now: datetime) -> int:
    """Let runs die at each step until one ends; return how many died."""
    kills: int = forked(
        die_at_each_step, *(work, url, now, walked.server, walked.prefix, walked.folder)
    )
    return kills


def assert_consistent(places: Places) -> None:
    """The archive verifies, and holds exactly one object and one key for each segment held."""
    places.storage.copy_chain(places.archive)
    verdict = verify(places.storage)
    assert verdict.is_whole, verdict.faults
    assert verdict.notices == ()
    chain = Chain.read(places.archive)
    held = {sealed.object for _, sealed in (*chain.held(), *chain.held_apart())}
    assert places.storage.listing().keys() == held
    assert places.storage.fresh() == set()
    assert KeyRegister(places.keys).names() == held


def left(places: Places) -> dict[str, date]:
    """Return the objects that the chain says a lock keeps, with the day it lets them go."""
    purges = Chain.read(places.archive).left_objects().values()
    return {one.object: one.until for purge in purges for one in purge}


async def test_sealing_killed_at_every_step(evidence: Evidence, walked: Walked) -> None:
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

    kills = kill_at_every_step("seal", walked, evidence.retention_url, at("2026-11-21 00:00"))

    places = walked.places
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


async def test_purging_killed_at_every_step(evidence: Evidence, walked: Walked) -> None:
    """A year later all is destroyed once, whole, and the archive verifies throughout. What a lock
    keeps is left and told, its key gone; a later run deletes it once its lock has ended."""
    await evidence.days("2024-11-17", 2)
    await evidence.record(
        Session(VERDUN, "02:00:00:00:00:01", "10.1.0.10"), *visit(at("2024-11-17 10:00"), 30)
    )
    places = walked.places
    await run_archive(evidence.retention_url, places, at("2024-11-20 00:00"))
    url, now = evidence.retention_url, at("2025-11-18 00:00")

    kills = kill_at_every_step("purge", walked, url, now)

    assert kills >= 7
    ended = Chain.read(places.archive).ended().keys()
    assert places.storage.listing().keys() == ended == left(places).keys()
    assert KeyRegister(places.keys).names() == set()
    earliest = datetime.now(UTC).date() + timedelta(days=LOCK_DAYS)
    assert {*left(places).values()} <= {earliest, earliest + timedelta(days=1)}

    source, security, traffic = sorted(ended, key=lambda name: name.split(".")[1] != "source")
    walked.server.end_locks(f"{walked.prefix}-year", f"segments/2024/{source}")
    await run_purge(url, places, now + timedelta(days=1))
    assert places.storage.listing().keys() == {security, traffic} == left(places).keys()
    for name in (security, traffic):
        walked.server.end_locks(f"{walked.prefix}-quarter", f"segments/2024/{name}")
    kills = kill_at_every_step("purge", walked, url, now + timedelta(days=2))

    assert kills >= 3
    assert left(places) == {}
    assert_consistent(places)
    kinds = [link.kind for link in Chain.read(places.archive).links]
    assert kinds == ["day", "purge", *["destruction"] * 3]
    lines = await evidence.fetch("SELECT 1 FROM audit.entry WHERE action = 'archive.purged'")
    assert len(lines) == 1


async def test_taking_a_hold_in_killed_at_every_step(
    evidence: Evidence,
    walked: Walked,
    identities: dict[str, str],
    signers: dict[str, SigningKey],
) -> None:
    """What two custodians resealed is there once, whole, and opens for both of them: of a person,
    their day, the right that led to it, account and identity, of which nobody ended that day."""
    await evidence.days("2025-11-17", 2)
    await evidence.record(WANTED, *visit(at("2025-11-17 10:00"), 30))
    await write_account(evidence, "elise@exemple.fr", "opaque")
    places = replace(walked.places, keyring=KEYRING)
    await run_archive(evidence.retention_url, places, at("2025-11-20 00:00"))
    custody = Custody(evidence, places, identities, signers)
    await custody.register("2026-10-01 00:00", "2027-03-01", known_by("elise@exemple.fr"))
    await custody.resealed("2026-10-02 00:00")
    url, now = evidence.retention_url, at("2026-10-02 01:00")

    kills = kill_at_every_step("hold", walked, url, now)

    assert kills >= 6
    assert_consistent(places)
    chain = Chain.read(places.archive)
    assert [link.kind for link in chain.links] == ["day", "hold"]
    assert [(s.category, s.part, len(custody.rows(s.object))) for _, s in chain.held_apart()] == [
        ("source", 1, 1),
        ("traffic", 1, 1),
        ("account", 1, 1),
        ("account", 2, 1),
        ("identity", 1, 1),
    ]
    lines = await evidence.fetch("SELECT 1 FROM audit.entry WHERE action = 'hold.executed'")
    assert len(lines) == 1
    assert await evidence.fetch("SELECT 1 FROM archive.hold WHERE executed_at = $1", now)
