"""A small territory whose sessions become evidence: two town halls, the same private range.

Records are written here as the RADIUS ledger writes them (an event of each category and the
session's row), so that retention is tested on what it will find.
"""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pyarrow as pa

from retention.ending import purge
from retention.keys.key_register import KeyRegister, unwrap
from retention.manifests.chain import segment_path
from retention.sealing import archive, segment
from retention.sealing.archive import Places, Progress, unwatched
from retention.sealing.clock_guard import ClockGuard
from territory.database.components import Component
from territory.database.connect import component_url
from territory.keyring import Keyring

START, STOP, INTERIM = 1, 2, 3
KEYRING = Keyring(bytes(32))
CUSTODIANS = ("anne.garde@territoire.example", "bruno.garde@territoire.example")


def at(text: str) -> datetime:
    """Return an instant written `2026-11-17 10:00` (UTC)."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Place:
    """A site with its NAS and its public address."""

    code: str
    public_address: str
    site_id: UUID = field(default_factory=uuid4)
    nas_id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True)
class Session:
    """A session of one device."""

    place: Place
    device: str
    address: str | None
    name: str = "1"
    """Acct-Session-Id."""

    @property
    def key(self) -> UUID:
        """The session's key, as the ledger makes it."""
        text = f"{self.place.nas_id}|{self.place.code}|{self.name}|{self.device}"
        return UUID(bytes=hashlib.md5(text.encode()).digest())


VERDUN = Place("verdun-mairie", "192.0.2.10")
COMMERCY = Place("commercy-mairie", "192.0.2.20")


@dataclass(frozen=True, slots=True)
class Record:
    """What a NAS told, and when it arrived."""

    kind: int
    happened_at: datetime
    session_seconds: int = 0
    delay_seconds: int = 0
    octets: int = 0
    address: str | None = None
    """Another than the session's, where it changed."""


class Evidence:
    """Writes a territory and its sessions into a fresh database, as their owner."""

    def __init__(self, owner_url: str) -> None:
        self.owner_url = owner_url
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None

    @property
    def retention_url(self) -> str:
        """The database as the retention component."""
        return component_url(self.owner_url, Component.RETENTION, None)

    async def describe(self, *places: Place) -> None:
        """Write sites with their public addresses, known since 2026 began."""
        organisation, plan = uuid4(), uuid4()
        async with self._connected():
            await self._execute(
                "INSERT INTO territory.organisation VALUES"
                " ($1, 'meuse', 'Meuse', 'departement', NULL, 'wifi@territoire.example')",
                organisation,
            )
            await self._execute(
                "INSERT INTO territory.plan VALUES ($1, 'mairie', 'Accès public', 14400, 900, 600,"
                " NULL, NULL, NULL, true)",
                plan,
            )
            for number, place in enumerate(places, 1):
                await self._describe_place(place, number, organisation, plan)
                await self.public_address(place, place.public_address, at("2026-01-01 00:00"))

    async def _describe_place(
        self, place: Place, number: int, organisation: UUID, plan: UUID
    ) -> None:
        gateway = uuid4()
        await self._execute(
            "INSERT INTO territory.site (id, code, organisation_id, name, place_type, link,"
            " plan_id, listed) VALUES ($1, $2, $3, $4, 'mairie', 'tunnel', $5, true)",
            *(place.site_id, place.code, organisation, f"Mairie {place.code}", plan),
        )
        await self._execute(
            "INSERT INTO territory.gateway (id, site_id, code, brand, login_address)"
            " VALUES ($1, $2, $3, 'coovachilli', '10.1.0.1:3990')",
            *(gateway, place.site_id, f"{place.code}-passerelle"),
        )
        await self._execute(
            "INSERT INTO territory.nas (id, site_id, gateway_id, code, source_address,"
            " shared_secret_sealed, require_message_authenticator, limit_proxy_state, coa_port,"
            " attribute_sets) VALUES ($1, $2, $3, $4, $5, '', 'always', true, 3799, '{}')",
            *(place.nas_id, place.site_id, gateway, place.code, f"10.99.0.{number}"),
        )

    async def public_address(
        self, place: Place, address: str, since: datetime, until: datetime | None = None
    ) -> None:
        """Give a site a public address for an interval."""
        await self._execute(
            "INSERT INTO source.site_public_address VALUES ($1, $2, $3, $4, $5)",
            *(uuid4(), place.site_id, address, since, until),
        )

    async def end_public_address(self, place: Place, until: datetime) -> None:
        """End a site's present public address."""
        await self._execute(
            "UPDATE source.site_public_address SET valid_until = $2"
            " WHERE site_id = $1 AND valid_until IS NULL",
            *(place.site_id, until),
        )

    async def custodian(self, login: str, recipient: str, signing_key: str | None = None) -> None:
        """Add an operator who is a custodian."""
        await self._execute(
            "INSERT INTO staff.operator (id, login, display_name, role, age_recipient,"
            " signing_key, created_at) VALUES ($1, $2, $3, 'custodian', $4, $5, $6)",
            *(uuid4(), login, login.partition(".")[0].capitalize()),
            *(recipient, signing_key, at("2026-01-01 00:00")),
        )

    async def days(self, first: str, days: int) -> None:
        """Make the daily partitions, as RADIUS does each day."""
        day = date.fromisoformat(first)
        await self._execute("SELECT live.ensure_days($1, $2)", day, days)

    async def record(self, session: Session, *records: Record) -> None:
        """Write records as the ledger does."""
        async with self._connected():
            for record in records:
                await self._record(session, record)

    async def _record(self, session: Session, told: Record) -> None:
        received_at = told.happened_at + timedelta(seconds=told.delay_seconds)
        address = told.address or session.address
        place = session.place
        await self._execute(
            "INSERT INTO source.event (received_at, session_key, kind, nas_id, site_id, device,"
            " address, user_name, nas_time, delay_seconds, session_seconds)"
            " VALUES ($1, $2, $3, $4, $5, $6::text::macaddr, $7::text::inet, 'opaque', $8, $9,"
            " $10)",
            *(received_at, session.key, told.kind, place.nas_id, place.site_id),
            *(session.device, address, told.happened_at, told.delay_seconds),
            told.session_seconds,
        )
        await self._execute(
            "INSERT INTO traffic.event VALUES ($1, $2, $3, $4, $5, $5, $6)",
            *(received_at, session.key, told.kind, told.session_seconds, told.octets),
            1 if told.kind == STOP else None,
        )
        await self._execute(
            "INSERT INTO live.session AS s (session_key, nas_id, site_id, nas_handle,"
            " acct_session_id, user_name, device, address, started_at, last_seen_at, ended_at,"
            " session_seconds, upload_octets, download_octets) VALUES"
            " ($1, $2, $3, $4, $5, 'opaque', $6::text::macaddr, $7::text::inet, $8, $9, $10, $11,"
            " $12, $12) ON CONFLICT (session_key) DO UPDATE SET"
            " address = coalesce(excluded.address, s.address),"
            " started_at = least(s.started_at, excluded.started_at),"
            " last_seen_at = greatest(s.last_seen_at, excluded.last_seen_at),"
            " ended_at = least(s.ended_at, excluded.ended_at),"
            " session_seconds = greatest(s.session_seconds, excluded.session_seconds)",
            *(session.key, place.nas_id, place.site_id, place.code, session.name),
            *(session.device, address),
            *(told.happened_at - timedelta(seconds=told.session_seconds), received_at),
            told.happened_at if told.kind == STOP else None,
            *(told.session_seconds, told.octets),
        )

    async def fetch(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        """Read, as the owner."""
        async with self._connected() as connection:
            return list(await connection.fetch(query, *arguments))

    async def _execute(self, statement: str, *arguments: object) -> None:
        async with self._connected() as connection:
            await connection.execute(statement, *arguments)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        """Give the connection that whoever called has open, else one for as long as this lasts."""
        if self._connection:
            yield self._connection
            return
        self._connection = await asyncpg.connect(self.owner_url)
        try:
            yield self._connection
        finally:
            opened, self._connection = self._connection, None
            await opened.close()


def places_in(folder: Path) -> Places:
    """Return an archive's places under one folder."""
    return Places(
        archive=folder / "archive",
        keys=folder / "key-register",
        signing_key=folder / "state" / "archive-signing.pem",
        law=folder / "state" / "law.toml",
        keyring=KEYRING,
    )


async def run_archive(
    url: str, places: Places, now: datetime, progress: Progress = unwatched
) -> archive.Outcome:
    """Seal at a time of the test's own, which no clock shares."""
    return await archive.run(url, places, now, progress, ClockGuard.NONE)


async def run_purge(
    url: str, places: Places, now: datetime, progress: Progress = unwatched
) -> purge.Plan:
    """Purge at a time of the test's own, which no clock shares."""
    return await purge.purge(url, places, now, progress, ClockGuard.NONE)


def visit(start: datetime, minutes: int) -> tuple[Record, ...]:
    """Return the records of a session that began and ended well."""
    seconds = minutes * 60
    end = start + timedelta(seconds=seconds)
    return Record(START, start), Record(STOP, end, session_seconds=seconds, octets=1000)


def opened(places: Places, identities: dict[str, str], object_name: str) -> pa.Table:
    """Open a segment as the two custodians would."""
    key = KeyRegister(places.keys).get(object_name, *CUSTODIANS)
    assert key
    inner = unwrap(key.sealed, identities[key.outer])
    identity = unwrap(inner, identities[key.inner]).decode().strip()
    return segment.open_segment(segment_path(places.archive, object_name).read_bytes(), identity)
