"""What a thief learns: of the whole server without a custodian's key; of one custodian alone.

Three days are sealed and two are not; the rights of all of them live on. The thief has every row of
the database and every file of the archive, of the key register and of the state folder; what they
look for is each device, opaque name and IPv6 address of the sealed days, in every form these are
written in.
"""

import asyncio
import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from io import BytesIO
from pathlib import Path

import asyncpg
import pytest

from retention.keys import age
from retention.keys.key_register import KeyRegister, WrappedKey, unwrap
from retention.manifests.chain import Chain
from retention.manifests.signing import SigningKey
from retention.sealing.archive import Places
from territory.identifiers import MacAddress
from tests.evidence import CUSTODIANS, Evidence, places_in, run_archive, run_purge
from tests.small_territory import BLOCKS, DAY, SLOTS, SmallTerritory

FIRST = date(2027, 5, 10)
SEALED = tuple(FIRST + n * DAY for n in range(3))
LIVE = tuple(FIRST + n * DAY for n in (3, 4))
NOW = datetime.combine(FIRST + 5 * DAY, time(0, 5), UTC)
_FIRST_OF_OURS = 16384
"""Objects below are PostgreSQL's own (FirstNormalObjectId)."""
EMPTIED_BY_ROWS = {"live.session", "source.carried_session"}
"""The tables that no partition of a day is dropped from."""
_IDENTITY = re.compile(rb"AGE-SECRET-KEY-1[0-9A-Z]{20,}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Server:
    """All that a thief carries away, and what was never there."""

    evidence: Evidence
    places: Places
    rows: bytes
    """Every row of every table, as PostgreSQL writes it."""
    identities: dict[str, str]
    """The custodians' own, by login: on no server."""

    def files(self) -> Iterator[tuple[Path, bytes]]:
        """Yield every file there is, hidden ones too."""
        for folder in (self.places.archive, self.places.keys, self.places.law.parent):
            yield from ((p, p.read_bytes()) for p in folder.rglob("*") if p.is_file())

    def everything(self) -> bytes:
        """Return all of it in one piece."""
        return b"\n".join([self.rows, *(octets for _, octets in self.files())])

    def wrapped(self) -> Iterator[tuple[str, WrappedKey]]:
        """Yield each segment's wrapped key."""
        register = KeyRegister(self.places.keys)
        for name in sorted(register.names()):
            key = register.get(name, *CUSTODIANS)
            assert key
            yield name, key


@pytest.fixture(scope="module")
def server(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """Five days lived, three of them sealed."""
    return asyncio.run(_lived(Evidence(module_database_url), tmp_path_factory.mktemp("server")))


_RIGHTS_LIVE_ON = """
    WITH month AS (
        INSERT INTO live.admission (id, user_name, site_id, plan_id, method, language,
            terms_version, created_at, credential_expires_at, ends_at)
        SELECT gen_random_uuid(), 'a-month', $1, id, 'ticket', 'fr', '1', '2027-05-10',
            '2027-05-11', '2027-06-09'
        FROM territory.plan RETURNING id
    )
    UPDATE live.session SET admission_id = month.id FROM month
"""
"""Every session is of a right that lives for a month, sealed days' too."""


async def _lived(evidence: Evidence, folder: Path) -> Server:
    places, identities = places_in(folder), {login: age.new_identity() for login in CUSTODIANS}
    for login, identity in identities.items():
        signer = SigningKey.generate().public.base64
        await evidence.custodian(login, age.recipient_of(identity), signer)
    async with SmallTerritory.laid(evidence, FIRST) as territory:
        for day in (FIRST + n * DAY for n in range(5)):
            await territory.record(day)
    await evidence.fetch(_RIGHTS_LIVE_ON, BLOCKS.site_id)
    await run_archive(evidence.retention_url, places, NOW - DAY)
    await run_archive(evidence.retention_url, places, NOW)
    assert {link.day for link in Chain.read(places.archive).days()} == set(SEALED)
    return Server(evidence, places, await _every_row(evidence.owner_url), identities)


async def _every_row(url: str) -> bytes:
    connection, octets = await asyncpg.connect(url), BytesIO()
    tables = await connection.fetch(
        "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables"
        " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    )
    for table in tables:
        await connection.copy_from_query(f"SELECT * FROM {table['name']}", output=octets)
    await connection.close()
    return octets.getvalue()


def traces(day: date) -> Iterator[tuple[str, bytes]]:
    """Yield what tells one of a day's sessions, in every form it may be written in."""
    for slot in SLOTS:
        if day in SEALED and slot.ended_at(day).date() in LIVE:
            continue  # it was still there on a day that is not sealed
        device = MacAddress.parse(slot.device(day))
        named = [str(device), device.rfc3580, slot.user_name(day)]
        octets = [device.octets, *(text.encode() for text in named)]
        if address := slot.address6(day):
            octets += [address.packed, str(address).encode()]
        for one in octets:
            for form in (one, one.hex().encode(), one.hex().upper().encode(), *_base64(one)):
                yield f"{slot.number} of {day}", form


def _base64(octets: bytes) -> Iterator[bytes]:
    """Yield what stays of some octets in base64, wherever they begin in what is encoded."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + octets + bytes(2))
        yield encoded[-(-before * 4 // 3) : (before + len(octets)) * 4 // 3]


def test_the_search_finds_what_is_there(server: Server) -> None:
    """Each device of a day that is not sealed is found in the database: the search is no fake."""
    for day in LIVE:
        found = {told for told, form in traces(day) if form in server.rows}
        assert len(found) == len(SLOTS)


@pytest.mark.parametrize("day", SEALED)
def test_everything_on_the_server_names_nobody_of_a_sealed_day(server: Server, day: date) -> None:
    """Rows, segments, manifests, wrapped keys and state: no device, name or address of that day."""
    everything = server.everything()
    assert [told for told, form in traces(day) if form in everything] == []


def test_nothing_on_the_server_opens_anything(server: Server) -> None:
    """No age identity lies anywhere, and the key that signs opens neither a key nor a segment."""
    everything = server.everything()
    assert _IDENTITY.search(everything) is None
    for identity in server.identities.values():
        assert all(form not in everything for form in _base64(identity.encode()))
    for name, key in server.wrapped():
        for octets in (key.sealed, server.places.storage.get(name)):
            with pytest.raises(age.CannotOpen):
                age.open_sealed(octets, server.places.signing_key.read_text())


@pytest.mark.parametrize("login", CUSTODIANS)
def test_one_custodian_with_the_whole_server_reads_nothing(server: Server, login: str) -> None:
    """Every entry of the register and every segment is tried, whatever layer can be reached."""
    own = server.identities[login]
    tried = 0
    for name, key in server.wrapped():
        reached = [key.sealed]
        if key.outer == login:
            reached = [unwrap(key.sealed, own)]
            assert _IDENTITY.search(reached[0]) is None
        for octets in (*reached, server.places.storage.get(name)):
            with pytest.raises(age.CannotOpen):
                unwrap(octets, own)
            tried += 1
    assert tried == 2 * len(SEALED) * 3


async def test_the_files_beneath_the_database(server: Server) -> None:
    """A sealed day's partitions leave nothing in PostgreSQL's files. Rows deleted one by one may,
    in the free space of their table, until it is used again or the table is written anew."""
    connection = await asyncpg.connect(server.evidence.owner_url)
    await connection.execute("CHECKPOINT")
    files = await _files(connection)
    for day in LIVE:
        assert any(name.startswith("source.event") for name in _with(day, files))
    assert {name for day in SEALED for name in _with(day, files)} <= EMPTIED_BY_ROWS
    for table in EMPTIED_BY_ROWS:
        await connection.execute(f"VACUUM FULL {table}")
    await connection.execute("CHECKPOINT")
    files = await _files(connection)
    assert {name for day in SEALED for name in _with(day, files)} == set()
    await connection.close()


async def _files(connection: "asyncpg.Connection[asyncpg.Record]") -> dict[str, bytes]:
    """Return the files of all that is not PostgreSQL's own, by the names of tables and indexes."""
    place = await connection.fetchval(
        "SELECT current_setting('data_directory') || '/base/' || oid FROM pg_database"
        " WHERE datname = current_database()"
    )
    found: dict[str, bytes] = {}
    for row in await connection.fetch(
        "SELECT oid::regclass::text AS name, pg_relation_filenode(oid) AS file FROM pg_class"
        f" WHERE relkind IN ('r', 'i', 't', 'S') AND oid >= {_FIRST_OF_OURS}"
    ):
        found[row["name"]] = Path(place, str(row["file"])).read_bytes()
    return found


def _with(day: date, files: dict[str, bytes]) -> set[str]:
    """Return those in which something of a day's sessions is found."""
    forms = stored(day)
    return {name for name, octets in files.items() if any(form in octets for form in forms)}


def stored(day: date) -> set[bytes]:
    """Return what tells a day's sessions as PostgreSQL stores it."""
    whose = [slot for slot in SLOTS if day in LIVE or slot.ended_at(day).date() not in LIVE]
    devices = {MacAddress.parse(slot.device(day)).octets for slot in whose}
    addresses = {address.packed for slot in whose if (address := slot.address6(day))}
    return devices | addresses | {slot.user_name(day).encode() for slot in whose}


async def test_a_destroyed_key_is_found_nowhere_again(server: Server) -> None:
    """Not in the register's folder, under no name; and its own blocks hold something else."""
    [*entries] = (p for p in server.places.keys.rglob("*.json") if ".security." in p.name)
    kept = {path.name: path.read_bytes() for path in entries}
    blocks = {}
    for path in entries:
        blocks[path.name] = server.places.keys / f"{path.name}.blocks"
        blocks[path.name].hardlink_to(path)

    await run_purge(server.evidence.retention_url, server.places, NOW.replace(month=9))

    left = {name: path.read_bytes() for name, path in blocks.items()}
    for path in blocks.values():
        path.unlink()
    remaining = b"".join(p.read_bytes() for p in server.places.keys.rglob("*") if p.is_file())
    assert len(kept) == len(SEALED)
    for name, octets in kept.items():
        sealed = re.findall(rb'"sealed":"([^"]{40,})"', octets)
        assert len(sealed) == 1
        assert len(left[name]) == len(octets)
        for piece in (sealed[0], base64.b64decode(sealed[0])):
            for at in range(0, len(piece) - 24, 24):
                assert piece[at : at + 24] not in left[name]
                assert at < 200 or piece[at : at + 24] not in remaining
