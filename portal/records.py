"""The portal's rows: the one place where it speaks SQL.

Plain asyncpg with prepared statements, since a log-in is the hot path of way 1. Rows become frozen
values here and nowhere else. Every statement has a deadline, so that a slow database becomes a
page in words and not a wait, and whatever the library raises for a database that is away comes out
as `Unavailable`.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import wraps
from ipaddress import IPv4Address
from typing import ParamSpec, TypeAlias, TypeVar
from uuid import UUID, uuid4

import asyncpg
import structlog

from portal.admission import Admission, Holding
from portal.identification.budget import Own
from portal.places import Helper, Newsletter, Organisation, Place, Plan
from territory.database.injunctions import STANDING, period_of
from territory.errors import Unavailable
from territory.identifiers import MacAddress
from territory.law.durations import Period
from territory.looks.contrast import shades_of
from territory.looks.logo import read_logo
from territory.rules.identification import methods_of
from territory.rules.opening_hours import Hours, Written, hours_of
from territory.rules.quotas import UNUSED, Amounts, limits_of
from territory.rules.usage import NOTHING_USED, Usage
from territory.rules.wifi4eu import ONE_CLICK
from territory.vocabulary import IdentificationLevel, IdentificationMethod, Link

DEADLINE_SECONDS = 3.0
_log = structlog.get_logger()

AWAY = (
    OSError,
    asyncio.TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ObjectNotInPrerequisiteStateError,
)
"""What asyncpg raises for a database that is down, starting, full, or closed to connections; an
internal error of its own is what a backend that dies in the middle of an answer looks like."""

P = ParamSpec("P")
T = TypeVar("T")

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Row: TypeAlias = asyncpg.Record

_ADMISSION = """
    SELECT a.id, a.user_name, a.site_id, a.plan_id, a.method, a.language, a.terms_version,
        a.created_at, a.credential_expires_at, a.ends_at, a.network_id, a.guest_id,
        b.device::text AS device,
        b.bound_at, a.revoked_at, a.revoked_reason, p.session_octets AS octets,
        p.day_seconds, p.month_seconds, p.day_octets, p.month_octets, p.devices, p.at_end,
        p.slow_upload_bps, p.slow_download_bps
    FROM live.admission a JOIN territory.plan p ON p.id = a.plan_id
    LEFT JOIN live.binding b ON b.admission_id = a.id
"""
_USAGE = """
    SELECT session_seconds, upload_octets, download_octets, open_sessions
    FROM live.admission_usage WHERE admission_id = $1
"""
_FACTS = """
    SELECT day_seconds, month_seconds, day_octets, month_octets, other_devices
    FROM live.guest_facts($1, $2::text::macaddr, $3)
"""
_USED = "SELECT * FROM live.guest_used($1, $2::text::macaddr, $3)"
_BLOCKED = "SELECT device::text AS device, until FROM live.block WHERE device IS NOT NULL"
_INSERT = """
    WITH admitted AS (
        INSERT INTO live.admission (id, user_name, site_id, network_id, plan_id, method, language,
            terms_version, created_at, credential_expires_at, ends_at, guest_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $14)
        ON CONFLICT DO NOTHING
        RETURNING id, site_id
    ), bound AS (
        INSERT INTO live.binding (admission_id, device, site_id, bound_at)
        SELECT id, $12::text::macaddr, site_id, $13::timestamptz FROM admitted
        WHERE $13::timestamptz IS NOT NULL
    )
    SELECT id FROM admitted
"""
_REVOKE = """
    UPDATE live.admission SET revoked_at = $2, revoked_reason = $3
    WHERE id = $1 AND revoked_at IS NULL
"""
_PROLONG = """
    UPDATE live.admission SET ends_at = greatest(ends_at, $2), guest_id = $3
    WHERE id = $1 AND revoked_at IS NULL AND guest_id IS NULL
"""
_REOPEN = """
    UPDATE live.admission SET revoked_at = NULL, revoked_reason = NULL
    WHERE id = $1 AND revoked_reason = $2
"""
_KNOWN_ADDRESS = """
    SELECT 1 FROM source.site_public_address
    WHERE site_id = $1 AND valid_until IS NULL
        AND (address = $2 AND origin = 'observed' OR origin = 'stated')
"""
_CLOSE_ADDRESS = """
    UPDATE source.site_public_address SET valid_until = greatest(valid_from, $2)
    WHERE site_id = $1 AND valid_until IS NULL AND origin = 'observed'
"""
_OPEN_ADDRESS = """
    INSERT INTO source.site_public_address (id, site_id, address, valid_from, origin)
    VALUES ($1, $2, $3, $4, 'observed')
"""
_SITES_AT = """
    SELECT site_id FROM source.site_public_address WHERE valid_until IS NULL AND address = $1
"""
_GATEWAYS = """
    SELECT g.id, g.code, g.brand, g.variant, g.login_address, g.portal_base, g.portal_secret_sealed,
        g.site_id, g.controller_url, g.controller_site, g.controller_user,
        g.controller_password_sealed, g.controller_certificate,
        array(SELECT n.identifier FROM territory.nas n
            WHERE n.gateway_id = g.id AND n.identifier IS NOT NULL) AS identifiers,
        array(SELECT a.mac::text FROM territory.access_point a
            WHERE a.site_id = g.site_id AND a.mac IS NOT NULL) AS access_points,
        array(SELECT host(a.management_address) FROM territory.access_point a
            WHERE a.site_id = g.site_id AND a.management_address IS NOT NULL)
            AS access_point_addresses,
        array(SELECT host(s.address) FROM source.site_public_address s
            WHERE s.site_id = g.site_id AND s.valid_until IS NULL) AS seen_from
    FROM territory.gateway g ORDER BY g.code
"""
_PROBES = """
    SELECT p.id, n.code, n.site_id, host(p.source_address) AS address, g.brand, g.variant
    FROM territory.probe p JOIN territory.nas n ON n.id = p.nas_id
    JOIN territory.gateway g ON g.id = n.gateway_id
"""
_SITES = """
    SELECT s.id, s.code, s.name, s.link, s.insee, s.latitude, s.longitude, s.postal_address,
        s.place_type, s.welcome, s.listed,
        s.organisation_id, p.id AS plan_id, p.session_seconds, p.session_octets,
        p.upload_bps, p.download_bps,
        p.day_seconds, p.month_seconds, p.day_octets, p.month_octets, p.devices, p.at_end,
        p.slow_upload_bps, p.slow_download_bps, p.public_holidays, p.hours AS plan_hours,
        s.hours AS site_hours, s.closed_days, s.methods, s.wifi4eu, s.wifi4eu_snippet,
        s.sms_a_day, s.sms_a_month, s.sms_unproven_an_hour,
        p.methods AS plan_methods, p.least_level
    FROM territory.site s JOIN territory.plan p ON p.id = s.plan_id ORDER BY s.code
"""
_HELPERS = "SELECT site_id, name, hours, phone FROM territory.helper ORDER BY name"


def reaching(act: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """Return `act` with the library's words for "away" turned into `Unavailable`."""

    @wraps(act)
    async def wrapped(*arguments: P.args, **options: P.kwargs) -> T:
        try:
            return await act(*arguments, **options)
        except AWAY as fault:
            reason = f"database.url: the database does not answer: {fault}"
            raise Unavailable(reason) from fault

    return wrapped


@reaching
async def load_admission(pool: Pool, admission_id: UUID, now: datetime) -> Holding | None:
    """Return an admission and its usage at `now`, or None."""
    query = f"{_ADMISSION} WHERE a.id = $1"
    return await _holding(pool, now, query, admission_id)


@reaching
async def load_admission_named(
    pool: Pool, site_id: UUID, user_name: str, now: datetime
) -> Holding | None:
    """Return the admission of an opaque name at a site, or None."""
    query = f"{_ADMISSION} WHERE a.user_name = $1 AND a.site_id = $2"
    return await _holding(pool, now, query, user_name, site_id)


@reaching
async def load_admission_of(
    pool: Pool, site_id: UUID, device: MacAddress, now: datetime
) -> Holding | None:
    """Return the last admission bound to a device at a site, or None."""
    query = f"""{_ADMISSION} WHERE b.device = $1::text::macaddr AND b.site_id = $2
        ORDER BY a.created_at DESC LIMIT 1"""
    return await _holding(pool, now, query, str(device), site_id)


@reaching
async def load_used(
    pool: Pool, guest_id: UUID | None, device: MacAddress, now: datetime
) -> Amounts:
    """Return what a guest has used today and this month; one who is not known: the device."""
    row = await pool.fetchrow(_USED, guest_id, str(device), now, timeout=DEADLINE_SECONDS)
    return Amounts(*row) if row else UNUSED


@reaching
async def load_periods(pool: Pool) -> list[Period]:
    """Return the days that recorded decisions on injunctions are about."""
    return [period_of(row) for row in await pool.fetch(STANDING, timeout=DEADLINE_SECONDS)]


@reaching
async def load_blocked_devices(pool: Pool) -> dict[str, datetime | None]:
    """Return the devices that may not go online, and until when; None: until it is lifted."""
    blocked: dict[str, datetime | None] = {}
    for row in await pool.fetch(_BLOCKED, timeout=DEADLINE_SECONDS):
        known = blocked.get(row["device"], row["until"])
        ends = None if known is None or row["until"] is None else max(known, row["until"])
        blocked[row["device"]] = ends
    return blocked


@reaching
async def record_admission(pool: Pool, admission: Admission) -> Admission:
    """Write an admission and return the one that now holds: itself, or its first writing."""
    written = await pool.fetchval(
        _INSERT,
        admission.id,
        admission.user_name,
        admission.site_id,
        admission.network_id,
        admission.plan_id,
        admission.method,
        admission.language,
        admission.terms_version,
        admission.created_at,
        admission.credential_expires_at,
        admission.ends_at,
        str(admission.device) if admission.device else None,
        admission.bound_at,
        admission.guest_id,
        timeout=DEADLINE_SECONDS,
    )
    if written is not None:
        return admission
    first = await load_admission(pool, admission.id, admission.created_at)
    return first.admission if first else admission


@reaching
async def revoke_admission(pool: Pool, admission_id: UUID, reason: str, now: datetime) -> None:
    """End an admission now, unless it was ended before."""
    await pool.execute(_REVOKE, admission_id, now, reason, timeout=DEADLINE_SECONDS)


@reaching
async def reopen_admission(pool: Pool, admission: Admission, reason: str) -> Admission:
    """Let an admission go on that had ended for this reason, and return it as it then stands."""
    await pool.execute(_REOPEN, admission.id, reason, timeout=DEADLINE_SECONDS)
    found = await load_admission(pool, admission.id, admission.created_at)
    return found.admission if found else admission


@reaching
async def prolong_admission(pool: Pool, whole: Admission) -> Admission | None:
    """Let an admission that is nobody's last as long as `whole`, for its guest; return it as it
    then stands: what is somebody's stays theirs, and as long as it was.

    None: there is none of that identifier.
    """
    await pool.execute(_PROLONG, whole.id, whole.ends_at, whole.guest_id, timeout=DEADLINE_SECONDS)
    found = await load_admission(pool, whole.id, whole.created_at)
    return found.admission if found else None


@reaching
async def record_public_address(
    pool: Pool, site_id: UUID, address: IPv4Address, now: datetime
) -> bool:
    """Open an interval for a site's public address if it changed; say whether it did.

    A site whose address the territory's description states is left alone.
    """
    async with pool.acquire(timeout=DEADLINE_SECONDS) as connection, connection.transaction():
        lock = "SELECT pg_advisory_xact_lock(hashtextextended($1::text, 0))"
        await connection.execute(lock, str(site_id))
        if await connection.fetchval(_KNOWN_ADDRESS, site_id, address):
            return False
        await connection.execute(_CLOSE_ADDRESS, site_id, now)
        await connection.execute(_OPEN_ADDRESS, uuid4(), site_id, address, now)
        return True


@reaching
async def load_sites_at(pool: Pool, address: IPv4Address) -> set[UUID]:
    """Return the sites whose public address is `address` now."""
    rows = await pool.fetch(_SITES_AT, address, timeout=DEADLINE_SECONDS)
    return {row["site_id"] for row in rows}


@reaching
async def load_organisations(pool: Pool) -> dict[UUID, Organisation]:
    """Return all of them, by id, in the order of their codes."""
    query = """SELECT id, name, kind, siren, contact_email, dpo_email, colour,
        logo, message, newsletter_sender, newsletter_purpose, sms_a_day, sms_a_month
        FROM territory.organisation ORDER BY code"""
    rows = await pool.fetch(query, timeout=DEADLINE_SECONDS)
    return {
        row["id"]: Organisation(
            row["name"],
            row["kind"],
            row["contact_email"],
            row["siren"] or "",
            row["dpo_email"] or "",
            shades_of(row["colour"]) if row["colour"] else None,
            read_logo(row["logo"]) if row["logo"] else None,
            row["message"] or "",
            row["id"],
            _newsletter(row),
            Own(row["sms_a_day"], row["sms_a_month"]),
        )
        for row in rows
    }


def _newsletter(row: Row) -> Newsletter | None:
    sender, purpose = row["newsletter_sender"], row["newsletter_purpose"]
    return Newsletter(sender, purpose) if sender and purpose else None


@reaching
async def load_places(
    pool: Pool, organisations: Mapping[UUID, Organisation], commune_name: Callable[[str], str]
) -> dict[UUID, Place]:
    """Return every site, by id; `commune_name` knows the name behind an INSEE code."""
    rows = await pool.fetch(_SITES, timeout=DEADLINE_SECONDS)
    helpers = defaultdict[UUID, list[Row]](list)
    for helper in await pool.fetch(_HELPERS, timeout=DEADLINE_SECONDS):
        helpers[helper["site_id"]].append(helper)
    return {
        row["id"]: _place(
            row,
            organisations[row["organisation_id"]],
            commune_name(row["insee"]) if row["insee"] else "",
            helpers[row["id"]],
        )
        for row in rows
        if row["organisation_id"] in organisations
    }


@reaching
async def load_gateways(pool: Pool) -> list[Row]:
    """Return the gateways' rows, secrets still sealed."""
    return list(await pool.fetch(_GATEWAYS, timeout=DEADLINE_SECONDS))


@reaching
async def load_probes(pool: Pool) -> list[Row]:
    """Return the rows of synthetic guests' own gateways."""
    return list(await pool.fetch(_PROBES, timeout=DEADLINE_SECONDS))


@reaching
async def load_networks(pool: Pool) -> dict[UUID, dict[str, UUID]]:
    """Return each site's networks by SSID."""
    networks: dict[UUID, dict[str, UUID]] = {}
    query = "SELECT id, site_id, ssid FROM territory.network"
    for row in await pool.fetch(query, timeout=DEADLINE_SECONDS):
        networks.setdefault(row["site_id"], {})[row["ssid"]] = row["id"]
    return networks


async def leave_as_it_is(connection: "asyncpg.pool.PoolConnectionProxy[Row]") -> None:
    """Give a connection back without asking the server to reset it, a round trip a statement.

    Whatever changes more of a session than a transaction does undoes it itself
    (`portal.without_radius.keeper`).
    """


@reaching
async def check(pool: Pool) -> bool:
    """Return whether the database answers; for the health page."""
    return await pool.fetchval("SELECT true", timeout=DEADLINE_SECONDS) is True


async def _holding(pool: Pool, now: datetime, query: str, *arguments: object) -> Holding | None:
    """Return what a query finds; what the guest has used elsewhere only where a limit asks."""
    row = await pool.fetchrow(query, *arguments, timeout=DEADLINE_SECONDS)
    if row is None:
        return None
    used = await pool.fetchrow(_USAGE, row["id"], timeout=DEADLINE_SECONDS)
    admission = _admission(row)
    usage = Usage(**dict(used)) if used else NOTHING_USED
    if not admission.limits.needs_facts or admission.device is None:
        return Holding(admission, usage)
    facts = await pool.fetchrow(
        _FACTS, admission.id, str(admission.device), now, timeout=DEADLINE_SECONDS
    )
    if facts is None:
        return Holding(admission, usage)
    *amounts, others = facts
    return Holding(admission, usage, Amounts(*amounts), others)


_LIMITS = (
    *("day_seconds", "month_seconds", "day_octets", "month_octets", "devices", "at_end"),
    *("slow_upload_bps", "slow_download_bps"),
)


def _admission(row: Row) -> Admission:
    fields = {name: value for name, value in row.items() if name not in _LIMITS}
    device = fields.pop("device")
    return Admission(
        **fields, device=MacAddress.parse(device) if device else None, limits=limits_of(dict(row))
    )


def _place(row: Row, organisation: Organisation, commune: str, helpers: Iterable[Row]) -> Place:
    return Place(
        id=row["id"],
        name=row["name"],
        commune=commune,
        postal_address=row["postal_address"] or "",
        place_type=row["place_type"],
        welcome=row["welcome"] or organisation.message,
        listed=row["listed"],
        organisation=organisation,
        plan=plan_of(row),
        hours=_hours(row),
        helpers=tuple(_helpers(row, helpers)),
        coordinates=None if row["latitude"] is None else (row["latitude"], row["longitude"]),
        wifi4eu=row["wifi4eu"],
        wifi4eu_snippet=row["wifi4eu_snippet"] or "",
        methods=_methods(row),
        link=Link(row["link"]),
        sms=Own(row["sms_a_day"], row["sms_a_month"], row["sms_unproven_an_hour"]),
        code=row["code"],
    )


def plan_of(row: Row) -> Plan:
    """Return the plan that a row holds among other columns."""
    return Plan(
        row["plan_id"],
        row["session_seconds"],
        row["session_octets"],
        limits_of(dict(row)),
        row["upload_bps"],
        row["download_bps"],
    )


def _methods(row: Row) -> tuple[IdentificationMethod, ...]:
    """Return what a place offers its guests, as far as its plan takes it."""
    listed = [IdentificationMethod(method) for method in row["plan_methods"]]
    stated = None if row["methods"] is None else map(IdentificationMethod, row["methods"])
    level = IdentificationLevel(row["least_level"])
    if row["wifi4eu"]:
        return ONE_CLICK
    return methods_of(None if stated is None else tuple(stated), listed, level)


def _helpers(site: Row, rows: Iterable[Row]) -> Iterator[Helper]:
    """Give who helps at a site; hours that cannot be held leave that one out, and are logged."""
    for row in rows:
        try:
            hours = hours_of(Written(None, row["hours"], (), "as_usual", site["insee"]))
        except ValueError:
            hours = None
        if hours is None:
            _log.error("directory.helper", site=str(site["id"]))
        else:
            yield Helper(row["name"], hours, row["phone"] or "")


def _hours(row: Row) -> Hours | None:
    """Return a place's hours; hours that cannot be held shut nobody out, and are logged."""
    written = Written(
        row["plan_hours"],
        row["site_hours"],
        row["closed_days"],
        row["public_holidays"],
        row["insee"],
    )
    try:
        return hours_of(written)
    except ValueError:
        _log.error("directory.hours", site=str(row["id"]))
        return None
