"""A ticket is used: its code becomes a right, or the reason why not. The shell over `live.ticket*`.

The ticket's row is locked while its places are counted, so that of two devices that come at once
with a ticket for one, one gets it. A place that passes to another device takes its right along: the
device that had it is let go, and has to type the code again.

What is looked up is a keyed digest of the code, which a guesser cannot steer; it is compared once
more in constant time. Guesses are counted before anything is looked up (`portal.people.guesses`).
"""

import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, Final
from uuid import UUID

from portal.people.guesses import Guesser, Limit
from portal.places import Plan
from portal.records import DEADLINE_SECONDS, Pool, Row, plan_of, reaching
from territory.database.commands import Request, Target, ask_disconnect
from territory.identifiers import MacAddress
from territory.rules.ticket_codes import code_digest
from territory.rules.tickets import Flaw, Seat, Terms, Ticket, seats_to_free

if TYPE_CHECKING:
    import asyncpg

    Connection = asyncpg.pool.PoolConnectionProxy[Row]

OF_DEVICE: Final = Limit("ticket of a device", 10, timedelta(minutes=10))
"""Of one device that a redirect names."""
OF_SOURCE: Final = Limit("ticket of a source", 30, timedelta(minutes=10))
"""Of one address: a whole site stands behind one, and most of its guests type well."""
OF_SITE: Final = Limit("ticket of a site", 1000, timedelta(hours=1))
"""Of all addresses together: of 10^11 codes, a guesser with any number of them tries these."""
_NETWORKS: Final = """
    SELECT DISTINCT ssid FROM territory.network
    WHERE kind = 'public' AND site_id = ANY($1) ORDER BY ssid LIMIT $2
"""
ELSEWHERE: Final = "ticket_elsewhere"
"""Why a right ended whose place another device has now."""
_ASKED_BY: Final = "ticket"

_FIND: Final = """
    SELECT t.id, t.code_digest, t.first_used_at, t.revoked_at, s.organisation_id, s.site_id,
        s.devices AS places, s.use_seconds, s.last_first_use, s.first_day, s.last_day,
        p.id AS plan_id, p.session_seconds,
        p.session_octets, p.upload_bps, p.download_bps, p.day_seconds, p.month_seconds,
        p.day_octets, p.month_octets, p.devices, p.at_end, p.slow_upload_bps, p.slow_download_bps,
        EXISTS (SELECT FROM live.block b WHERE b.subject_id = t.id
            AND (b.until IS NULL OR b.until > $2)) AS is_blocked,
        (SELECT organisation_id FROM territory.site WHERE id = $3) AS organisation_here
    FROM live.ticket t JOIN live.ticket_sheet s ON s.id = t.sheet_id
    JOIN territory.plan p ON p.id = s.plan_id
    WHERE t.code_digest = $1 FOR UPDATE OF t
"""
_SEATS: Final = "SELECT device, taken_at, is_online FROM live.ticket_seats($1, $2)"
_BEGIN: Final = "UPDATE live.ticket SET first_used_at = $2 WHERE id = $1 AND first_used_at IS NULL"
_TAKE: Final = """
    INSERT INTO live.ticket_device (ticket_id, device, taken_at) VALUES ($1, $2::text::macaddr, $3)
    ON CONFLICT (ticket_id, device) DO UPDATE SET taken_at = excluded.taken_at
"""
_LEAVE: Final = """
    DELETE FROM live.ticket_device WHERE ticket_id = $1 AND device = ANY($2::text[]::macaddr[])
"""
# A credential that was handed out and not yet shown names no device: it goes too.
_END: Final = """
    UPDATE live.admission a SET revoked_at = $3, revoked_reason = $4
    WHERE a.guest_id = $1 AND a.revoked_at IS NULL AND a.ends_at > $3
        AND coalesce((SELECT b.device = ANY($2::text[]::macaddr[]) FROM live.binding b
            WHERE b.admission_id = a.id), true)
    RETURNING a.id
"""


@dataclass(frozen=True, slots=True)
class Redemption:
    """A code that was typed at a site."""

    code: str
    """Twelve digits."""
    site_id: UUID
    """Where."""
    device: MacAddress
    """By whom."""
    now: datetime
    """The present instant, aware, UTC."""
    instead: bool = False
    """Whether another device gives its place up, if all are taken."""


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What a ticket gives, once used."""

    ticket_id: UUID
    """Its guest, as admissions name one."""
    plan: Plan
    """The rights, for as long as the ticket lasts: it is typed once for all its time."""
    ends_at: datetime
    """Until."""


@reaching
async def load_public_networks(pool: Pool, sites: Collection[UUID], most: int) -> list[str]:
    """Return the names of the public networks of some sites, at most so many."""
    rows = await pool.fetch(_NETWORKS, list(sites), most, timeout=DEADLINE_SECONDS)
    return [row["ssid"] for row in rows]


def guessers(source: str, device: MacAddress, site_id: UUID) -> tuple[Guesser, ...]:
    """Return who guesses when a code is typed: the address, the device, and the whole site."""
    return (
        Guesser(OF_DEVICE, str(device)),
        Guesser(OF_SOURCE, source),
        Guesser(OF_SITE, str(site_id)),
    )


@reaching
async def redeem(pool: Pool, key: bytes, asked: Redemption) -> Redeemed | Flaw:
    """Use a ticket and return what it gives, or why it gives nothing.

    `key` is the keyring's key for "ticket".
    """
    digest = code_digest(asked.code, key)
    async with pool.acquire(timeout=DEADLINE_SECONDS) as connection, connection.transaction():
        row = await connection.fetchrow(
            _FIND, digest, asked.now, asked.site_id, timeout=DEADLINE_SECONDS
        )
        if row is None or not hmac.compare_digest(bytes(row["code_digest"]), digest):
            return Flaw.UNKNOWN
        ticket = _ticket(row)
        flaw = ticket.flaw_at(asked.site_id, row["organisation_here"], asked.now)
        if flaw is not None:
            return flaw
        if not await _take_place(connection, ticket, asked):
            return Flaw.DEVICES
        return await _begin(connection, ticket, plan_of(row), asked.now)


async def _take_place(connection: "Connection", ticket: Ticket, asked: Redemption) -> bool:
    """Give the device one of the ticket's places; False where all are taken."""
    rows = await connection.fetch(_SEATS, ticket.id, asked.now, timeout=DEADLINE_SECONDS)
    seats = [
        Seat(MacAddress.parse(row["device"]), row["taken_at"], row["is_online"]) for row in rows
    ]
    places = ticket.terms.devices
    leaving = seats_to_free(seats, asked.device, places, asked.now, instead=asked.instead)
    if leaving is None:
        return False
    if leaving:
        await _let_go(connection, ticket.id, leaving, asked.now)
    await connection.execute(_TAKE, ticket.id, str(asked.device), asked.now)
    return True


async def _let_go(
    connection: "Connection", ticket_id: UUID, leaving: Sequence[Seat], now: datetime
) -> None:
    """End the rights of devices that give their place up, and ask that they be disconnected."""
    devices = [str(seat.device) for seat in leaving]
    await connection.execute(_LEAVE, ticket_id, devices)
    for row in await connection.fetch(_END, ticket_id, devices, now, ELSEWHERE):
        await ask_disconnect(connection, Target(admission_id=row["id"]), Request(_ASKED_BY, now))


async def _begin(connection: "Connection", ticket: Ticket, plan: Plan, now: datetime) -> Redeemed:
    await connection.execute(_BEGIN, ticket.id, now)
    first = ticket.first_used_at or now
    ends_at = replace(ticket, first_used_at=first).ends_at or now
    left = ceil((ends_at - now).total_seconds())
    return Redeemed(ticket.id, replace(plan, session_seconds=left), ends_at)


def _ticket(row: Row) -> Ticket:
    terms = Terms(
        organisation_id=row["organisation_id"],
        site_id=row["site_id"],
        plan_id=row["plan_id"],
        devices=row["places"],
        use_seconds=row["use_seconds"],
        last_first_use=row["last_first_use"],
        first_day=row["first_day"],
        last_day=row["last_day"],
    )
    return Ticket(row["id"], terms, row["first_used_at"], row["revoked_at"], row["is_blocked"])
