"""Days of a territory as the RADIUS ledger leaves them, and beside them the naive way of keeping.

    days in bulk --> source.event, traffic.event, live.session --archive.run--> sealed segments
                                        |
                                        +--INSERT--> naive.trace (one table, its indexes, DELETE)

Each session has an Access-Accept, a Start, an Interim-Update and a Stop, an opaque name of its own,
and one in three an IPv6 address; they begin at random moments and go on past midnight.
"""

import asyncio
import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from time import monotonic, process_time
from typing import Final, Self

import asyncpg

from retention.ending import purge
from retention.keys import age
from retention.keys.key_register import KeyRegister, unwrap
from retention.manifests.chain import Chain
from retention.manifests.manifest import SealedSegment, sealable_from
from retention.manifests.signing import SigningKey
from retention.sealing import archive
from retention.sealing.archive import Places
from retention.sealing.clock_guard import ClockGuard
from territory.database.components import Component
from territory.database.prepare import prepare
from territory.identifiers import MacAddress
from tests.benchmarks import postgres
from tests.benchmarks.cpu import cpu_seconds
from tests.benchmarks.registry import Spoiled
from tests.evidence import CUSTODIANS, Evidence, Place, places_in

_MORNING: Final = time(0, 5, tzinfo=UTC)
FIRST: Final = date(2026, 3, 2)
GREAT_DAY: Final = 1_000_000
"""Sessions of the first day: its source segment has a million slices."""
USUAL_DAY: Final = 100_000
USUAL_DAYS: Final = 5
SITES: Final = 200
PLACES: Final = tuple(Place(f"lieu-{n}", f"192.0.2.{n}") for n in range(SITES))
_DEVICES: Final = 60_000
A_DEVICE: Final = str(MacAddress(bytes.fromhex("02" + hashlib.md5(b"1").hexdigest()[:10])))
"""Of the first session of each day."""

_FILL: Final = """
WITH told AS MATERIALIZED (
    SELECT md5($1 || '/' || n)::uuid AS session_key, site.id AS site_id, nas.id AS nas_id,
        nas.code AS handle, to_hex(n) AS acct_session_id,
        translate(encode(uuid_send(gen_random_uuid()), 'base64'), '+/=', 'xy') AS user_name,
        ('02' || substr(md5((n % $3)::text), 1, 10))::macaddr AS device,
        '10.1.0.0'::inet + n % 65000 AS address,
        CASE WHEN n % 3 = 0 THEN ARRAY['2001:db8::'::inet + (n * 65537)] ELSE '{}' END AS address6,
        $1::timestamptz + random() * interval '24 hours' AS started_at,
        300 + (random() * 5000)::bigint AS seconds, (random() * 1e8)::bigint AS octets
    FROM generate_series(1, $2::bigint) n
    JOIN territory.site ON site.code = 'lieu-' || n % $4
    JOIN territory.nas ON nas.site_id = site.id
), record AS MATERIALIZED (
    SELECT told.*, kind, seconds * share / 2 AS session_seconds,
        started_at + seconds * share / 2 * interval '1 second' AS received_at
    FROM told CROSS JOIN (VALUES (1, 0), (3, 1), (2, 2)) AS each(kind, share)
), source_event AS (
    INSERT INTO source.event (received_at, session_key, kind, nas_id, site_id, user_name, device,
        address, address6, nas_time, session_seconds)
    SELECT received_at, session_key, kind, nas_id, site_id, user_name, device, address, address6,
        date_trunc('second', received_at), session_seconds
    FROM record
), traffic_event AS (
    INSERT INTO traffic.event
    SELECT received_at, session_key, kind, session_seconds, octets * session_seconds / 1000,
        octets * session_seconds / 100, CASE WHEN kind = 2 THEN 1 END
    FROM record
), asked AS (
    INSERT INTO security.authentication (received_at, nas_id, site_id, device, outcome, reason)
    SELECT started_at, nas_id, site_id, device, 'accept', 'admission' FROM told
)
INSERT INTO live.session (session_key, nas_id, site_id, nas_handle, acct_session_id, user_name,
    device, address, address6, started_at, last_seen_at, ended_at, session_seconds, upload_octets,
    download_octets, terminate_cause)
SELECT session_key, nas_id, site_id, handle, acct_session_id, user_name, device, address, address6,
    started_at, started_at + seconds * interval '1 second',
    started_at + seconds * interval '1 second', seconds, octets, octets * 10, 1
FROM told
"""

NAIVE: Final = """
CREATE SCHEMA naive;
CREATE TABLE naive.trace (session_key uuid, device macaddr, address inet, address6 inet[],
    public_address inet, site_id uuid, nas_id uuid, user_name text, began_at timestamptz,
    ended_at timestamptz, session_seconds bigint, upload_octets bigint, download_octets bigint,
    terminate_cause integer);
CREATE INDEX ON naive.trace (public_address, began_at);
CREATE INDEX ON naive.trace (device, began_at);
CREATE INDEX ON naive.trace (began_at)
"""
_KEEP: Final = """
INSERT INTO naive.trace
SELECT s.session_key, s.device, s.address, s.address6, p.address, s.site_id, s.nas_id, s.user_name,
    s.started_at, s.ended_at, s.session_seconds, s.upload_octets, s.download_octets,
    s.terminate_cause
FROM live.session s JOIN source.site_public_address p ON p.site_id = s.site_id
WHERE s.started_at >= $1 AND s.started_at < $2
"""
_DELETE: Final = "DELETE FROM naive.trace WHERE began_at >= $1 AND began_at < $2"
_WHO: Final = {
    column: f"""
        SELECT * FROM naive.trace WHERE {column} = ($1::text)::{type_}
            AND began_at <= $2 AND ended_at > $2
    """
    for column, type_ in (("public_address", "inet"), ("device", "macaddr"))
}


@dataclass(frozen=True, slots=True)
class Spent:
    """What some work took."""

    seconds: float
    cpu_seconds: float
    """Of our process and of PostgreSQL."""
    rows: int


class EvidenceDays:
    """A database with a great day and some usual ones, an archive, and two custodians' keys."""

    def __init__(
        self, cluster: postgres.Cluster, great_day: int = GREAT_DAY, usual_day: int = USUAL_DAY
    ) -> None:
        self._cluster = cluster
        self._sessions = (great_day, *[usual_day] * USUAL_DAYS)
        self.url = cluster.create_database("evidence")
        self._folder = Path(tempfile.mkdtemp(prefix="socle-evidence-", dir="/var/tmp"))
        self.places: Places = places_in(self._folder)
        self._identities = {login: age.new_identity() for login in CUSTODIANS}
        self._retention_url = ""

    def __enter__(self) -> Self:
        try:
            self._retention_url = asyncio.run(prepare(self.url, None))[Component.RETENTION]
            asyncio.run(self._describe())
            for number, sessions in enumerate(self._sessions):
                self.fill(FIRST + timedelta(days=number), sessions)
            postgres.execute(self.url, [*NAIVE.split(";"), "VACUUM ANALYZE", "CHECKPOINT"])
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _describe(self) -> None:
        evidence = Evidence(self.url)
        await evidence.describe(*PLACES)
        await evidence.days(str(FIRST), len(self._sessions) + 4)
        for login, identity in self._identities.items():
            public = SigningKey.generate().public.base64
            await evidence.custodian(login, age.recipient_of(identity), public)

    def fill(self, day: date, sessions: int) -> None:
        """Record a day's sessions."""

        async def run(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
            await connection.execute("SET jit = off")  # compiled, it would take longer
            await connection.execute(_FILL, str(day), sessions, _DEVICES, SITES)

        postgres.connected(self.url, run)

    @cached_property
    def great_day(self) -> tuple[Spent, Spent]:
        """Keep the first day naively, then seal it; what each took."""
        return self._keep_naively(FIRST), self._seal(FIRST)

    @cached_property
    def usual_days(self) -> tuple[date, ...]:
        """Keep and seal the days that follow; which they are."""
        assert self.great_day
        days = tuple(FIRST + timedelta(days=1 + number) for number in range(USUAL_DAYS))
        for day in days:
            self._keep_naively(day)
        self._seal(days[-1])
        return days

    def _seal(self, day: date) -> Spent:
        """Seal every day up to this one, as `archive run` does on its third morning."""
        meter, now = self._meter(), datetime.combine(sealable_from(day), _MORNING)
        run = archive.run(self._retention_url, self.places, now, guard=ClockGuard.NONE)
        return meter.read(asyncio.run(run).rows)

    def purge(self, today: date) -> Spent:
        """Destroy all that has ended on a day, as `archive purge` does."""
        meter, now = self._meter(), datetime.combine(today, _MORNING)
        run = purge.purge(self._retention_url, self.places, now, guard=ClockGuard.NONE)
        return meter.read(sum(each.rows for each in asyncio.run(run).ended))

    def _keep_naively(self, day: date) -> Spent:
        """Write a day's sessions into the one table."""
        return self._naively(_KEEP, _start(day), _start(day + timedelta(days=1)))

    def delete_naively(self, day: date) -> Spent:
        """Delete a day's sessions from the one table, and give their room back."""
        bounds = _start(day), _start(day + timedelta(days=1))
        deleted = self._naively(_DELETE, *bounds)
        vacuumed = self._naively("VACUUM naive.trace")
        return Spent(
            deleted.seconds + vacuumed.seconds,
            deleted.cpu_seconds + vacuumed.cpu_seconds,
            deleted.rows,
        )

    def ask_naively(self, column: str, value: str, at: datetime) -> float:
        """Return the seconds in which the one table tells whose sessions held at an instant."""
        return self._naively(_WHO[column], value, at).seconds

    @property
    def naive_octets(self) -> int:
        """What the one table and its indexes take on disk."""
        return postgres.count(self.url, "SELECT pg_total_relation_size('naive.trace')")

    def _naively(self, statement: str, *arguments: object) -> Spent:
        async def run(connection: "asyncpg.Connection[asyncpg.Record]") -> Spent:
            meter = self._meter()
            done = await connection.execute(statement, *arguments)
            return meter.read(int(done.rpartition(" ")[2]) if done[-1].isdigit() else 0)

        return postgres.connected(self.url, run)

    def _meter(self) -> "_Meter":
        return _Meter(self._cluster.process_id)

    def segment(self, day: date, category: str) -> SealedSegment:
        """Return what the chain says of a day's segment."""
        for about, sealed in Chain.read(self.places.archive).segments():
            if (about, sealed.category) == (day, category):
                return sealed
        raise Spoiled(f"{day} has no {category} segment")

    def octets(self, sealed: SealedSegment) -> bytes:
        """Return the octets of a segment's file."""
        return self.places.storage.get(sealed.object)

    def identity(self, sealed: SealedSegment) -> str:
        """Return what opens a segment, as the two custodians make it known."""
        key = KeyRegister(self.places.keys).get(sealed.object, *CUSTODIANS)
        if key is None:
            raise Spoiled(f"{sealed.object} has no key")
        inner = unwrap(key.sealed, self._identities[key.outer])
        return unwrap(inner, self._identities[key.inner]).decode().strip()


def _start(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


class _Meter:
    """Counts what work takes from now on: ours, and PostgreSQL's."""

    def __init__(self, process_id: int) -> None:
        self._process_id = process_id
        self._began = monotonic()
        self._used = process_time() + cpu_seconds(process_id)

    def read(self, rows: int) -> Spent:
        """Return what was taken until now, for so many rows."""
        used = process_time() + cpu_seconds(self._process_id) - self._used
        return Spent(monotonic() - self._began, used, rows)
