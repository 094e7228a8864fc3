"""`socle restore`: a base stands again from a backup, and nothing that had to be gone is back.

First all is checked that can be without a key: the record's signature, each file's digest, that the
backup has not outlived its end. Then the database is marked and closed to all but its owner, before
anything is written: no component starts on it, and none that runs gets in. Then the small files,
the rows, and the replay: what the chain says was sealed or destroyed since leaves the restored
tables, and what reached its day meanwhile is forgotten. Only then does the mark go. Killed at any
step, the same command takes it up. What is newer than the backup is never overwritten, and no
sealed day is destroyed on decisions as old as it: that is the next purge's, once they are entered.
"""

import asyncio
import tarfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from tempfile import TemporaryFile

import asyncpg
import pyrage

from retention import durable
from retention.ending.backup import (
    DATABASE,
    FILES,
    RECORD,
    SIGNATURE,
    Backup,
    Belongings,
    describe,
)
from retention.ending.purge import finish
from retention.manifests import manifest
from retention.manifests.chain import MANIFESTS, PUBLIC_KEY, Chain, segment_path
from retention.manifests.manifest import DestructionLink, PurgeLink
from retention.manifests.signing import PublicKey
from retention.sealing import index
from retention.sealing.archive import Places, Step, finish_begun, only_runner
from retention.sealing.clock_guard import ClockGuard
from territory.database.components import Component
from territory.database.connect import away
from territory.database.dump import restoring
from territory.database.prepare import prepare
from territory.database.restored import MARK
from territory.errors import ConfigurationError, Fault, Unavailable
from territory.keyring import Keyring

_STATE = """
    SELECT current_setting('server_version_num')::int / 10000 AS server_version,
        EXISTS (SELECT FROM pg_namespace WHERE nspname = 'territory') AS filled,
        (SELECT coalesce(obj_description(oid, 'pg_namespace'), '') FROM pg_namespace
            WHERE nspname = $1) AS marked_by
"""
_MARK_IT = f"""
    CREATE SCHEMA {MARK};
    COMMENT ON SCHEMA {MARK} IS '{{digest}}';
    CREATE TABLE {MARK}.let_in AS
        SELECT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END AS who
        FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba)))
        WHERE datname = current_database() AND privilege_type = 'CONNECT' AND grantee <> datdba;
    DO $$ DECLARE who text; BEGIN
        FOR who IN SELECT let_in.who FROM {MARK}.let_in LOOP
            EXECUTE format('REVOKE CONNECT ON DATABASE %I FROM %s', current_database(), who);
        END LOOP;
    END $$
"""  # noqa: S608 - every part is a constant
_UNMARK_IT = f"""
    DO $$ DECLARE who text; BEGIN
        FOR who IN SELECT let_in.who FROM {MARK}.let_in LOOP
            EXECUTE format('GRANT CONNECT ON DATABASE %I TO %s', current_database(), who);
        END LOOP;
    END $$;
    DROP SCHEMA {MARK} CASCADE
"""  # noqa: S608 - every part is a constant
"""Who was let in before is let in again, and nobody else."""
_OTHERS = """
    SELECT string_agg(DISTINCT usename, ', ') FROM pg_stat_activity
    WHERE datname = current_database() AND usename IS NOT NULL AND pid <> pg_backend_pid()
"""
_ALONE_SECONDS = 60.0
_LOOK_SECONDS = 0.2

# Who was signed in when the backup was made is not any more.
_SIGN_OUT = "DELETE FROM staff.sign_in; DELETE FROM staff.sign_in_link"


@dataclass(frozen=True, slots=True)
class CheckedBackup:
    """A backup whose record and files were found right; nothing of it is open yet."""

    folder: Path
    backup: Backup
    digest: str
    """SHA-256 of its record."""


@dataclass(frozen=True, slots=True)
class Restoration:
    """What a restore is done with."""

    owner_url: str
    """An empty database, as its owner."""
    belongings: Belongings
    """Where the small files go; whether its segments go back too."""
    identity: str
    """age identity of one of the backup's recipients."""
    open_keyring: Callable[[], Keyring | None]
    """Called once the master key is back; None where the server trusts local sockets."""
    guard: ClockGuard = ClockGuard.AFTER_LONG_STOP


def check(folder: Path, today: date, archive_key: str | None = None) -> CheckedBackup:
    """Return the backup in `folder`, once all that needs no key is found right.

    Args:
        folder: one backup's own folder.
        today: the day, in UTC.
        archive_key: SHA-256 of the archive's public key, as noted elsewhere; None: not compared.

    Raises:
        ConfigurationError: everything that is wrong with it; its end has come, for one.
    """
    try:
        octets = (folder / RECORD).read_bytes()
        signature = (folder / SIGNATURE).read_bytes()
        backup = Backup.model_validate_json(octets)
        key = PublicKey.from_pem((folder / PUBLIC_KEY).read_bytes())
    except (OSError, ValueError) as fault:
        expected = f"expected a backup made by `socle backup`: {fault}"
        raise ConfigurationError([Fault(str(folder), expected)]) from fault
    faults = [
        Fault(f"{folder}: {place}", problem) for place, problem in _problems(folder, backup, today)
    ]
    expected_key = archive_key.lower() if archive_key else backup.signed_by
    if key.fingerprint not in (backup.signed_by, expected_key) or expected_key != backup.signed_by:
        faults.append(Fault(f"{folder}: {PUBLIC_KEY}", "is not the expected archive's key"))
    elif not key.has_signed(octets, signature):
        faults.append(Fault(f"{folder}: {RECORD}", "is not as the archive signed it"))
    if faults:
        raise ConfigurationError(faults)
    return CheckedBackup(folder, backup, manifest.digest(octets))


def _problems(folder: Path, backup: Backup, today: date) -> Iterator[tuple[str, str]]:
    if backup.ends_on <= today:
        yield RECORD, f"may not exist since {backup.ends_on}: remove it, nothing is restored"
    there = {file.name: file for file in describe(folder)}
    for file in backup.files:
        if file.name not in there:
            yield file.name, "missing"
        elif there[file.name] != file:
            yield file.name, "changed since the backup was made"
    for name in sorted({DATABASE, FILES} - {file.name for file in backup.files}):
        yield name, "not in the backup's record"


async def restore(
    checked: CheckedBackup,
    restoration: Restoration,
    now: datetime,
    say: Callable[[str], None] = lambda _: None,
) -> None:
    """Put a base back as the backup has it, less all that had to be gone by `now`.

    Args:
        checked: what `check` returned.
        restoration: with what.
        now: the present instant.
        say: told each step, in a few words.

    Raises:
        ConfigurationError: the identity does not open it, or what is there already is not of the
            same base, or the database is not empty.
        Unavailable: the database, pg_restore or the archive's folder; nothing opens the database
            until the same restore has ended well.
    """
    small_files = _open_files(checked, restoration.identity)
    async with _connected(restoration.owner_url) as connection:
        state = await _mark(connection, checked)
        say("small files")
        _put_files(small_files, checked, restoration.belongings)
        say("database")
        await _load(connection, checked, restoration, state)
    say("migrations")
    await prepare(restoration.owner_url, restoration.open_keyring(), restoring=True)
    say("purges since the backup")
    await _replay(restoration, now, say)
    say("opening")
    async with _connected(restoration.owner_url) as connection, connection.transaction():
        await connection.execute(_SIGN_OUT)
        await connection.execute(
            "SELECT audit.append($1, NULL, 'retention', 'backup.restored', $2, '{}')",
            *(now, checked.backup.made_at.isoformat()),
        )
        await connection.execute(_UNMARK_IT)


# --- The small files ------------------------------------------------------------------------------


def _open_files(checked: CheckedBackup, identity: str) -> dict[str, bytes]:
    """Return the small files of a backup by their names."""
    with TemporaryFile() as plain, (checked.folder / FILES).open("rb") as sealed:
        try:
            pyrage.decrypt_io(sealed, plain, [pyrage.x25519.Identity.from_str(identity)])
        except (pyrage.DecryptError, pyrage.IdentityError) as fault:
            expected = "expected the identity of one of the backup's recipients"
            raise ConfigurationError([Fault("--key", expected)]) from fault
        plain.seek(0)
        with tarfile.open(fileobj=plain, mode="r:") as tar:
            members = ((m.name, tar.extractfile(m)) for m in tar.getmembers() if m.isreg())
            return {name: file.read() for name, file in members if file}


def _put_files(files: Mapping[str, bytes], checked: CheckedBackup, belongings: Belongings) -> None:
    """Put each where it belongs; what a killed restore left half written goes, keys among it."""
    for name, octets in files.items():
        _put_file(name, octets, belongings)
    if belongings.with_segments:
        _put_segments(checked, belongings.places)


def _put_file(name: str, octets: bytes, belongings: Belongings) -> None:
    """Put one file where it belongs, unless one is there: a key must then be the same."""
    places = belongings.places
    private = {"master.key": belongings.key_file, "archive-signing.pem": places.signing_key}
    own = {"law.toml": places.law, "grounds.toml": places.grounds}
    known = {**private, **own, PUBLIC_KEY: places.archive / PUBLIC_KEY}
    path = known.get(name) or places.archive / MANIFESTS / PurePosixPath(name).name
    durable.sweep(path.parent, path.name)
    if not path.exists():
        durable.write(path, octets, mode=0o600 if name in private else 0o640)
    elif name not in own and path.read_bytes() != octets:
        raise ConfigurationError([Fault(str(path), "is another base's: move it away first")])


def _put_segments(checked: CheckedBackup, places: Places) -> None:
    """Copy the segments that no purge has named since."""
    held = {segment.object for _, segment in Chain.read(places.archive).held()}
    for file in checked.backup.files:
        name = PurePosixPath(file.name).name
        path = segment_path(places.archive, name)
        if name in held and not path.exists():
            durable.write(path, (checked.folder / file.name).read_bytes())


# --- The database ---------------------------------------------------------------------------------


async def _mark(connection: asyncpg.Connection, checked: CheckedBackup) -> asyncpg.Record:
    """Mark the database and close it, unless a run before did; return what is in it.

    Raises:
        ConfigurationError: it is not empty, or somebody else has it open.
    """
    state = await _look(connection)
    if state["marked_by"] not in (None, checked.digest):
        expected = "the same backup as the restore that was not finished, or a new database"
        raise ConfigurationError([Fault("database.url", f"expected {expected}")])
    if state["filled"] and state["marked_by"] is None:
        raise ConfigurationError([Fault("database.url", "expected an empty database")])
    if state["marked_by"] is None:
        await connection.execute(_MARK_IT.format(digest=checked.digest))
    await _wait_until_alone(connection)
    return await _look(connection)


async def _look(connection: asyncpg.Connection) -> asyncpg.Record:
    state = await connection.fetchrow(_STATE, MARK)
    assert state is not None  # noqa: S101 - it has one row
    return state


async def _wait_until_alone(connection: asyncpg.Connection) -> None:
    """Wait until the server has noticed that a run before is dead, its pg_restore too."""
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + _ALONE_SECONDS
    while others := await connection.fetchval(_OTHERS):
        if loop.time() > ends_at:
            expected = f"expected a database that nobody else has open: stop {others}"
            raise ConfigurationError([Fault("database.url", expected)])
        await asyncio.sleep(_LOOK_SECONDS)


async def _load(
    connection: asyncpg.Connection,
    checked: CheckedBackup,
    restoration: Restoration,
    state: asyncpg.Record,
) -> None:
    """Restore the dump, unless a run before did."""
    for component in Component:
        await connection.execute(_role(component.role))
    if not state["filled"]:
        _pour(checked.folder / DATABASE, restoration, state["server_version"])


def _pour(dump: Path, restoration: Restoration, server_version: int) -> None:
    identity = pyrage.x25519.Identity.from_str(restoration.identity)
    try:
        with restoring(restoration.owner_url, server_version) as plain, dump.open("rb") as sealed:
            pyrage.decrypt_io(sealed, plain, [identity])
    except pyrage.DecryptError as fault:
        raise Unavailable(f"{dump}: cannot be opened whole: {fault}") from fault


def _role(name: str) -> str:
    """Return the statement that makes a component's role, which no dump of a database holds."""
    return f"""
        DO $$ BEGIN
            CREATE ROLE {name} LOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$
    """


# --- The replay -----------------------------------------------------------------------------------


async def _replay(restoration: Restoration, now: datetime, say: Callable[[str], None]) -> None:
    """Have the database forget all that the chain says is sealed or gone, and what is due.

    As the owner, whom alone the database lets in. Of what the archive holds nothing new is
    destroyed: a decree or a hold that was recorded after the backup is not in the database. A
    hold's end, which the chain has, is taken from there.
    """
    url, places, guard = restoration.owner_url, restoration.belongings.places, restoration.guard

    def tell(step: Step) -> None:
        say(" ".join((step.name, str(step.day or ""), step.detail)).strip())

    async with only_runner(url, places, now, tell, guard) as runner:
        await finish_begun(runner)
        for hold, ends_on in runner.chain.hold_ends().items():
            await index.record_end(runner.connection, hold, ends_on)
        done = {link.purge for link in runner.chain.links if isinstance(link, DestructionLink)}
        for link in runner.chain.links:
            if isinstance(link, PurgeLink) and link.sequence in done:
                objects = [ended.object for ended in link.segments]
                await index.record_destruction(runner.connection, link.sequence, objects, now)
        await finish(runner)


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    try:
        connection = await asyncpg.connect(url, timeout=5.0)
        try:
            yield connection
        finally:
            await connection.close()
    except (OSError, TimeoutError, asyncpg.PostgresError) as fault:
        raise away(fault) from fault
