"""`socle backup`, then months, then `socle restore`: nothing that had to be gone is back."""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from retention.ending.backup import DATABASE, FILES, RECORD, Belongings, back_up, backups
from retention.ending.restore import CheckedBackup, Restoration, check, restore
from retention.keys import age
from retention.manifests.chain import MANIFESTS, Chain
from retention.manifests.manifest import HoldLink
from retention.manifests.signing import SigningKey
from retention.manifests.verify import verify_folder
from retention.sealing.archive import Places
from territory.database.components import Component
from territory.database.prepare import prepare
from territory.errors import ConfigurationError, Unavailable
from tests.backups import BACKUPS, IDENTITY, belongings_of, restoration_of
from tests.conftest import Do, database_named
from tests.evidence import VERDUN, Evidence, Session, at, run_archive, run_purge, visit
from tests.forked import forked
from tests.killed_once_each import die_once_each

PHONE = Session(VERDUN, "02:00:00:00:00:01", "10.1.0.10")
_TABLES = """
    SELECT format('%I.%I', nspname, relname) AS name FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE relkind = 'r' AND nspname !~ '^pg_|^information_schema$'
"""

_LET_IN = f"""
    SELECT has_database_privilege('public', current_database(), 'CONNECT') AS everybody,
        has_database_privilege('{Component.RETENTION.role}', current_database(), 'CONNECT')
            AS retention,
        has_database_privilege('{Component.PORTAL.role}', current_database(), 'CONNECT') AS portal
"""


@pytest.fixture
def empty_url(database_url: str, administrator: Do) -> Iterator[str]:
    """The owner's address of a database with nothing in it."""
    name = "restored_" + database_url.partition("?")[0].rpartition("/")[2]
    administrator(f"CREATE DATABASE {name}")
    yield database_named(database_url, name)
    administrator(f"DROP DATABASE {name} WITH (FORCE)")


async def lived_in(evidence: Evidence, places: Places) -> None:
    """Leave, on 14 September, six sealed days, four that are not, and people in other tables."""
    await evidence.days("2026-09-05", 10)
    for day in ("2026-09-05", "2026-09-12"):
        phone = Session(VERDUN, PHONE.device, PHONE.address, name=day)
        await evidence.record(phone, *visit(at(f"{day} 10:00"), 30))
    await run_archive(evidence.retention_url, places, at("2026-09-13 00:00"))
    await evidence.fetch(
        "INSERT INTO live.command (id, kind, payload, requested_by, requested_at, deadline)"
        " VALUES (gen_random_uuid(), 'disconnect', '{\"who\": \"somebody\"}', 'x', $1, $1)",
        at("2026-09-14 12:00"),
    )
    await evidence.fetch(
        "INSERT INTO staff.sign_in SELECT 'somebody', id, 'desk', $1, $1, '2027-01-01'"
        " FROM staff.operator LIMIT 1",
        at("2026-09-14 11:00"),
    )


async def held_until(evidence: Evidence, ends_on: str) -> UUID:
    """Write a hold as the register has it; return its identifier."""
    hold = uuid4()
    await evidence.fetch(
        "INSERT INTO archive.hold (id, first_day, last_day, ends_on, registered_at, registered_by,"
        " content, executed_at) VALUES ($1, $2, $2, $3, $4, 'anne', '{}', $4)",
        *(hold, date(2026, 9, 5), date.fromisoformat(ends_on), at("2026-09-14 00:00")),
    )
    return hold


async def rows_with(evidence: Evidence, word: str) -> dict[str, int]:
    """Return how many rows of each table have a word in them, whatever the column."""
    tables = [row["name"] for row in await evidence.fetch(_TABLES)]
    counts = " UNION ALL ".join(
        f"SELECT '{table}' AS name, count(*) AS rows FROM {table} t WHERE t::text LIKE '%{word}%'"
        for table in tables
    )
    return {row["name"]: row["rows"] for row in await evidence.fetch(counts) if row["rows"]}


async def test_what_was_purged_since_does_not_come_back(
    evidence: Evidence, places: Places, tmp_path: Path, empty_url: str
) -> None:
    """The database is lost twelve weeks later. Backup and restore die at each step: half a backup
    is none, nobody opens half a restored base, and the next run ends as an undisturbed one."""
    await lived_in(evidence, places)
    (tmp_path / IDENTITY).write_text(age.new_identity())
    belongings = belongings_of(places)
    belongings.key_file.write_bytes(b"k" * 44)
    places.grounds.write_text("# the territory's own\n")
    killed_while_signing = places.archive / MANIFESTS / "000007.day.2026-09-11.json.sig"
    killed_while_signing.write_bytes(b"of a link that was never written")
    hold = await held_until(evidence, "2026-12-01")
    died = forked(die_once_each, "backup", evidence.owner_url, places, at("2026-09-14 12:00"))
    assert [point.rpartition(" ")[2] for point in died] == [
        *(DATABASE, RECORD, "2026-09-14T12-00-00Z")
    ]
    [(folder, made)] = backups(tmp_path / BACKUPS)
    assert list((tmp_path / BACKUPS).iterdir()) == [folder], "what died is swept"
    assert str(made.ends_on) == "2026-12-11"
    assert not [file for file in folder.rglob("*") if "key-register" in str(file)]
    assert await rows_with(evidence, PHONE.device)

    await run_archive(evidence.retention_url, places, at("2026-09-20 00:00"))
    await run_purge(evidence.retention_url, places, at("2026-12-06 00:00"))
    destroyed = Chain.read(places.archive).ended().keys()
    assert len(destroyed) == 1
    prolonged, key = date(2027, 6, 1), SigningKey.read(places.signing_key)
    told = {"hold": hold, "ends_on": prolonged}
    Chain.read(places.archive).append(HoldLink, key, at("2026-12-07 00:00"), **told)

    checked, now = check(folder, at("2026-12-08 00:00").date()), at("2026-12-08 00:00")
    restoration = restoration_of(empty_url, places)
    await _refused_without_its_archive(checked, restoration, tmp_path)
    await _emptied(evidence, empty_url)
    for file in (places.grounds, belongings.key_file):
        file.unlink()
    died = forked(die_once_each, "restore", empty_url, places, now)
    assert {"os.rename master.key", "subprocess.Popen pg_restore", f"open {DATABASE}"} < {*died}
    assert died[-1] == "step opening"
    assert not [*belongings.key_file.parent.glob(".*")], "no half-written key is left"

    assert places.grounds.read_text() == "# the territory's own\n"
    restored = Evidence(empty_url)
    [let_in] = await restored.fetch(_LET_IN)
    assert dict(let_in) == {"everybody": False, "retention": True, "portal": False}, "as before"
    assert await rows_with(restored, PHONE.device) == {}
    assert await rows_with(restored, "somebody") == {}
    held = await restored.fetch("SELECT DISTINCT day FROM live.held_day WHERE day < '2026-09-18'")
    assert held == []
    index = await restored.fetch("SELECT object_name FROM archive.segment WHERE purged_at IS NULL")
    kept = {sealed.object for _, sealed in Chain.read(places.archive).held()}
    assert {row["object_name"] for row in index} == kept
    assert await restored.fetch("SELECT 1 FROM territory.site WHERE code = 'verdun-mairie'")
    assert verify_folder(places.archive).is_whole
    chain = Chain.read(places.archive)
    assert chain.ended().keys() == destroyed, "what is due waits: decisions may be missing"
    assert chain.hold_ends() == {hold: prolonged}
    await run_purge(restored.retention_url, places, now)
    chain = Chain.read(places.archive)
    assert len(chain.ended()) == 3
    assert chain.hold_ends() == {hold: prolonged}
    await prepare(empty_url, None)
    with pytest.raises(ConfigurationError, match="empty database"):
        await restore(checked, restoration, now)


async def _refused_without_its_archive(
    checked: CheckedBackup, restoration: Restoration, tmp_path: Path
) -> None:
    """The chain in the backup knows less than the key register: stopped, and nothing opens it."""
    archive, aside = restoration.belongings.places.archive, tmp_path / "aside"
    archive.rename(aside)
    with pytest.raises(Unavailable, match="put the right one back"):
        await restore(checked, restoration, at("2026-12-08 00:00"))
    with pytest.raises(ConfigurationError, match="restore is finished"):
        await prepare(restoration.owner_url, None)
    with pytest.raises(ConfigurationError, match="restore is finished"):
        await back_up(
            *(restoration.owner_url, restoration.belongings, tmp_path / BACKUPS),
            *([age.recipient_of(restoration.identity)], at("2026-12-08 00:00")),
        )
    shutil.rmtree(archive)
    aside.rename(archive)


async def _emptied(evidence: Evidence, url: str) -> None:
    """Put a new database in the place of one, closed to all but the retention component."""
    name = url.partition("?")[0].rpartition("/")[2]
    await evidence.fetch(f"DROP DATABASE {name} WITH (FORCE)")
    await evidence.fetch(f"CREATE DATABASE {name}")
    await evidence.fetch(f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC")
    await evidence.fetch(f"GRANT CONNECT ON DATABASE {name} TO {Component.RETENTION.role}")


async def test_a_backup_opens_for_its_recipients_alone(
    evidence: Evidence, places: Places, tmp_path: Path, empty_url: str
) -> None:
    """Another key restores nothing; a flipped octet is named before anything is opened."""
    await lived_in(evidence, places)
    belongings = Belongings(places, tmp_path / "absent", with_segments=True)
    recipients = [age.recipient_of(age.new_identity())]
    folder, made = await back_up(
        evidence.owner_url, belongings, tmp_path / "backups", recipients, at("2026-09-14 12:00")
    )
    assert len([file for file in made.files if file.name.startswith("segments/")]) == 18
    today = at("2026-09-15 00:00").date()
    checked = check(folder, today, made.signed_by.upper())
    restoration = Restoration(empty_url, belongings, age.new_identity(), lambda: None)
    with pytest.raises(ConfigurationError, match="one of the backup's recipients"):
        await restore(checked, restoration, at("2026-09-15 00:00"))
    assert not await Evidence(empty_url).fetch(_TABLES)

    for name in (DATABASE, FILES):
        octets = bytearray((folder / name).read_bytes())
        octets[-1] ^= 1
        (folder / name).write_bytes(octets)
    with pytest.raises(ConfigurationError) as refused:
        check(folder, today, "0" * 64)
    told = str(refused.value)
    assert told.count("changed since the backup was made") == 2
    assert "not the expected archive's key" in told
