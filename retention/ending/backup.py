"""`socle backup`: what a base needs to stand again, for people of choice, and for a bounded time.

A folder of its own for each backup: the database as pg_dump writes it and the small files (the
archive's chain and key, the territory's law and grounds, the master key), each an age file for the
recipients chosen, and `backup.json`, signed by the archive, which says what they are and until when
they may exist. The key register is never in it: a key destroyed since must not come back.

A backup ends at the shortest duration of what is sealed, counted from the oldest day that the
database still held: no day outlives its term in it. Rows that have a term of their own (the audit
log, closed requisitions, who ended before the archive began) may reach it sooner: they lie sealed
for the recipients until the backup ends, and a restore forgets them before anything opens.
"""

import hashlib
import shutil
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Annotated, Literal

import asyncpg
import pyrage
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from retention import durable
from retention.categories import SEALED
from retention.manifests import canonical
from retention.manifests.chain import PUBLIC_KEY, SEGMENTS, Chain
from retention.manifests.signing import SigningKey
from retention.sealing.archive import Places
from retention.storage.port import chain_paths
from territory.database.connect import away
from territory.database.dump import dumping
from territory.database.restored import MARK, refusal
from territory.errors import ConfigurationError, Fault
from territory.law.durations import Law, add_months, load_law

RECORD = "backup.json"
SIGNATURE = "backup.json.sig"
DATABASE = "database.dump.age"
FILES = "files.tar.age"
_UNFINISHED = ".unfinished"
_ENDED = ".ended"
_DATED = "[0-9]" * 4 + "-[0-9][0-9]-[0-9][0-9]T"
_LONGEST = timedelta(days=2)
"""No backup takes as long."""

_FOUND = """
    SELECT current_setting('server_version_num')::int / 10000 AS server_version,
        (SELECT version_num FROM territory.alembic_version) AS revision,
        (SELECT min(day) FROM live.held_day) AS first_held
"""
_RESTORING = "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)"


class BackupFile(BaseModel):
    """One file of a backup, as it lies on the disk."""

    model_config = ConfigDict(frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z][0-9a-z./-]*$")]
    """From the backup's folder; a segment's begins with `segments/`."""
    octets: int
    sha256: str


class Backup(BaseModel):
    """`backup.json`: what a backup is, without a key."""

    model_config = ConfigDict(frozen=True)

    format: Literal["socle-backup-1"] = "socle-backup-1"
    made_at: AwareDatetime
    ends_on: date
    """The first day on which it may not exist."""
    server_version: int
    """Major version of the PostgreSQL that was read."""
    revision: str
    """Form of its database: the last migration."""
    chain_length: int
    chain_head: str | None
    """SHA-256 of the last link's file; null for an empty chain."""
    signed_by: str
    """SHA-256 of the archive's raw Ed25519 public key."""
    files: tuple[BackupFile, ...]


@dataclass(frozen=True, slots=True)
class Belongings:
    """What is backed up beside the database."""

    places: Places
    key_file: Path
    """The base's master key; absent where the environment gives it."""
    with_segments: bool = False
    """The sealed segments too: they open for nobody without the key register."""

    def small_files(self) -> Mapping[str, Path]:
        """Return the files to put in `files.tar.age`, those that exist, by their names there."""
        places = self.places
        named = {
            "master.key": self.key_file,
            "archive-signing.pem": places.signing_key,
            "law.toml": places.law,
            "grounds.toml": places.grounds,
            **{name: places.archive / name for name in chain_paths(places.archive)},
        }
        return {name: path for name, path in named.items() if path.is_file()}


def ends_on(law: Law, first_held: date | None, made_on: date) -> date:
    """Return the first day on which a backup may not exist.

    Args:
        law: how long each category is kept.
        first_held: the oldest day in the database; None where it holds none.
        made_on: the day of the backup, in UTC.
    """
    rules = [law.rules[category] for category in SEALED]
    shortest = min((rule.kept_without_injunction or rule.kept).months for rule in rules)
    return add_months(min(first_held or made_on, made_on), shortest)


async def back_up(
    owner_url: str,
    belongings: Belongings,
    folder: Path,
    recipients: Sequence[str],
    now: datetime,
) -> tuple[Path, Backup]:
    """Write a backup into a new folder of `folder`; return that folder and what it is.

    Raises:
        ConfigurationError: a recipient is not an age public key, or none is given; or a restore of
            the database is not finished, and in it may be what had to be gone.
        Unavailable: the database, pg_dump or a disk failed; nothing that looks whole is left.
    """
    sealed_to, law = _recipients(recipients), load_law(belongings.places.law)
    _sweep(folder, now.date())
    place = folder / f"{now.astimezone(UTC):%Y-%m-%dT%H-%M-%SZ}"
    unfinished = place.with_name(f".{place.name}{_UNFINISHED}")
    server = await _ask(owner_url)
    try:
        unfinished.mkdir(mode=0o700, parents=True)
    except OSError as fault:
        raise ConfigurationError([Fault(str(folder), f"expected a folder: {fault}")]) from fault
    try:
        with dumping(owner_url, server["server_version"]) as dump:
            _seal(dump, unfinished / DATABASE, sealed_to)
        _fill(unfinished, belongings, sealed_to)
        backup = _record(unfinished, belongings.places, law, server, now)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    durable.move(unfinished, place)
    return place, backup


def _fill(
    folder: Path, belongings: Belongings, recipients: Sequence[pyrage.x25519.Recipient]
) -> None:
    """Put what lies beside the database into a backup's folder."""
    with _tar(belongings.small_files()) as small:
        _seal(small, folder / FILES, recipients)
    if belongings.with_segments:
        _copy_segments(belongings.places.archive, folder)


def _record(
    folder: Path, places: Places, law: Law, server: asyncpg.Record, now: datetime
) -> Backup:
    """Sign what is in a backup's folder; its record comes last."""
    key = SigningKey.read_or_make(places.signing_key)
    chain = Chain.read(places.archive)
    backup = Backup(
        made_at=now,
        ends_on=ends_on(law, server["first_held"], now.date()),
        server_version=server["server_version"],
        revision=server["revision"],
        chain_length=len(chain.links),
        chain_head=chain.head,
        signed_by=key.public.fingerprint,
        files=tuple(describe(folder)),
    )
    octets = canonical.encode(backup.model_dump())
    durable.write(folder / PUBLIC_KEY, key.public.pem)
    durable.write(folder / SIGNATURE, key.sign(octets))
    durable.write(folder / RECORD, octets)
    return backup


def prune(folder: Path, today: date) -> list[Path]:
    """Remove the backups in `folder` whose end has come; return them.

    What is not a backup, or cannot be read as one, is left alone. Each is put aside first: killed
    half-way, the next time goes on. What a killed backup left has no record of its end, and goes
    once no backup can be under way in it any more.
    """
    ended = [path for path, backup in backups(folder) if backup.ends_on <= today]
    for path in ended:
        durable.move(path, path.with_name(f".{path.name}{_ENDED}"))
    _sweep(folder, today - _LONGEST)
    for aside in folder.glob(f".*{_ENDED}"):
        shutil.rmtree(aside)
    return ended


def backups(folder: Path) -> Iterator[tuple[Path, Backup]]:
    """Yield the backups in `folder`, oldest first."""
    for path in sorted(folder.glob(f"*/{RECORD}")):
        if not path.parent.name.startswith("."):
            try:
                yield path.parent, Backup.model_validate_json(path.read_bytes())
            except ValueError:
                continue


def describe(folder: Path) -> Iterator[BackupFile]:
    """Yield the files under a backup's folder, but those that vouch for them."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in (RECORD, SIGNATURE, PUBLIC_KEY):
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            name = str(path.relative_to(folder))
            yield BackupFile(name=name, octets=path.stat().st_size, sha256=digest)


async def _ask(owner_url: str) -> asyncpg.Record:
    try:
        connection = await asyncpg.connect(owner_url, timeout=5.0)
        try:
            if await connection.fetchval(_RESTORING, MARK):  # perhaps without a table yet
                raise refusal()
            row = await connection.fetchrow(_FOUND)
        finally:
            await connection.close()
    except (OSError, TimeoutError, asyncpg.PostgresError) as fault:
        raise away(fault) from fault
    assert row is not None  # noqa: S101 - it aggregates
    return row


def _recipients(recipients: Sequence[str]) -> list[pyrage.x25519.Recipient]:
    try:
        found = [pyrage.x25519.Recipient.from_str(one) for one in recipients]
    except pyrage.RecipientError as fault:
        raise ConfigurationError(
            [Fault("--recipient", "expected age public keys (age1...)")]
        ) from fault
    if not found:
        raise ConfigurationError([Fault("--recipient", "expected at least one age public key")])
    return found


def _seal(content: IO[bytes], path: Path, recipients: Sequence[pyrage.x25519.Recipient]) -> None:
    with durable.writing(path) as file:
        pyrage.encrypt_io(content, file, recipients)


def _tar(members: Mapping[str, Path]) -> IO[bytes]:
    """Return a tar file of small files, on no disk that outlives it."""
    content = TemporaryFile()  # noqa: SIM115 - the caller closes it
    with tarfile.open(fileobj=content, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, path in members.items():
            tar.add(path, name)
    content.seek(0)
    return content


def _copy_segments(archive: Path, folder: Path) -> None:
    """Copy the sealed segments, but for those that a purge deletes meanwhile."""
    for path in sorted((archive / SEGMENTS).glob("*/[!.]*")):
        copy = folder / path.relative_to(archive)
        with suppress(FileNotFoundError), path.open("rb") as sealed, durable.writing(copy) as file:
            shutil.copyfileobj(sealed, file)


def _sweep(folder: Path, last: date) -> None:
    """Remove what backups that were begun on `last` or before left when they were killed."""
    for leftover in folder.glob(f".{_DATED}*{_UNFINISHED}"):
        if leftover.name[1:11] <= str(last):
            shutil.rmtree(leftover)
