"""What the database holds of one site's gateways, and one harmless order to a NAS (shell).

With the portal's rights: no device and no person is read. The order tells an open session the
rights that it has already, so that a gateway which answers changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from territory.database.answerability import load_answerability
from territory.database.commands import (
    InTransaction,
    OnEngine,
    Request,
    Target,
    ask_change,
    await_result,
)
from territory.database.tables import (
    discard,
    gateway,
    gateway_seen,
    nas,
    nas_seen,
    plan,
    session,
    site,
    site_public_address,
)
from territory.openid_providers import Provider
from territory.rules.identification import methods_of
from territory.site_test.judgement import RECENT
from territory.site_test.network import look_at_portal
from territory.site_test.readings import (
    Caller,
    GatewaySeen,
    NasSeen,
    PortalSeen,
    Readings,
    SiteReport,
)
from territory.vocabulary import IdentificationLevel, IdentificationMethod, StrangerReason

_STRANGERS: Final = frozenset(StrangerReason)
_MOST_CALLERS: Final = 1_000
_TOLD_WITHIN_SECONDS: Final = 5.0
"""Once the NAS is asked no more, the RADIUS component tells what came of it."""
_CLOCKS = text("SELECT nas_id, offset_seconds FROM live.nas_clocks(:site_id)")
_GATEWAYS = select(
    gateway.c.code,
    gateway.c.brand,
    gateway_seen.c.arrived_at,
    gateway_seen.c.refused_at,
    gateway_seen.c.refusal,
).outerjoin_from(gateway, gateway_seen, gateway_seen.c.gateway_id == gateway.c.id)
_NAS = select(
    nas.c.id,
    nas.c.code,
    nas.c.source_address,
    nas.c.tls_name,
    nas.c.identifier,
    nas.c.coa_port,
    nas_seen.c.last_access_at,
    nas_seen.c.last_accounting_at,
    nas_seen.c.last_unsigned_at,
).outerjoin_from(nas, nas_seen, nas_seen.c.nas_id == nas.c.id)

_METHODS = select(
    site.c.methods.label("stated"), plan.c.methods.label("listed"), plan.c.least_level
).join_from(site, plan, plan.c.id == site.c.plan_id)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which site is tested, and what is known beforehand."""

    site_id: UUID
    portal_url: str
    now: datetime
    report: SiteReport | None = None
    """What the script read there, if anybody ran it."""
    wait_seconds: float = 6.0
    """How long the NAS is asked for an answer to the order."""
    providers: tuple[Provider, ...] = ()
    """The territory's, whatever the site's methods are."""


async def read_site(engine: AsyncEngine, wanted: Wanted) -> Readings:
    """Return all that can be read of a site from here; an open session is told its rights."""
    async with engine.connect() as db:
        readings = await load_readings(db, wanted, await look_at_portal(wanted.portal_url))
    if readings.open_sessions and readings.nas:
        return await _with_order(engine, wanted, readings)
    return readings


async def load_readings(db: AsyncConnection, wanted: Wanted, portal: PortalSeen) -> Readings:
    """Return what the database holds, beside what was seen of the portal."""
    since = wanted.now - RECENT
    discards = await _discards(db, since)
    clocks = {
        row.nas_id: row.offset_seconds
        for row in await db.execute(_CLOCKS, {"site_id": wanted.site_id})
    }
    gateways = await _rows(db, _GATEWAYS.where(gateway.c.site_id == wanted.site_id))
    all_nas = await _rows(db, _NAS.where(nas.c.site_id == wanted.site_id))
    open_sessions = select(func.count()).where(
        session.c.site_id == wanted.site_id, session.c.ended_at.is_(None)
    )
    public = select(site_public_address.c.address).where(
        site_public_address.c.site_id == wanted.site_id,
        site_public_address.c.valid_until.is_(None),
    )
    return Readings(
        now=wanted.now,
        portal=portal,
        gateways=tuple(_gateway(row) for row in gateways),
        nas=tuple(_nas(row, discards, clocks.get(row["id"])) for row in all_nas),
        callers=tuple(_caller(row) for row in discards if row["reason"] in _STRANGERS),
        public_addresses=frozenset(str(address) for address in await db.scalars(public)),
        open_sessions=(await db.execute(open_sessions)).scalar_one(),
        report=wanted.report,
        answerability=await load_answerability(db, wanted.site_id, wanted.now),
        providers=wanted.providers if await _signs_in_elsewhere(db, wanted.site_id) else (),
    )


async def _signs_in_elsewhere(db: AsyncConnection, site_id: UUID) -> bool:
    """Tell whether an identity provider is one of the ways that a site offers."""
    row = (await db.execute(_METHODS.where(site.c.id == site_id))).one()
    offered = methods_of(
        None if row.stated is None else [IdentificationMethod(one) for one in row.stated],
        [IdentificationMethod(one) for one in row.listed],
        IdentificationLevel(row.least_level),
    )
    return IdentificationMethod.OPENID_CONNECT in offered


async def _with_order(engine: AsyncEngine, wanted: Wanted, readings: Readings) -> Readings:
    """Tell the session seen last its rights once more, and return what comes of it."""
    newest = (
        select(session.c.session_key)
        .where(
            session.c.site_id == wanted.site_id,
            session.c.ended_at.is_(None),
            session.c.nas_id.in_(select(nas.c.id)),
        )
        .order_by(session.c.last_seen_at.desc())
        .limit(1)
    )
    async with engine.begin() as db:
        key = (await db.execute(newest)).scalar()
        if key is None:
            return readings
        asked = Request("site test", wanted.now, wanted.wait_seconds)
        number = await ask_change(InTransaction(db), Target(session_key=key), asked)
    ends_in = wanted.wait_seconds + _TOLD_WITHIN_SECONDS
    order = await await_result(OnEngine(engine), number, ends_in)
    return replace(readings, is_ordered=True, order=order)


async def _rows(db: AsyncConnection, query: Any) -> Sequence[RowMapping]:
    return (await db.execute(query)).mappings().all()


async def _discards(db: AsyncConnection, since: datetime) -> Sequence[RowMapping]:
    query = (
        select(
            discard.c.source_address,
            discard.c.reason,
            discard.c.claimed_name,
            discard.c.last_at,
        )
        .where(discard.c.last_at > since)
        .order_by(discard.c.last_at.desc())
        .limit(_MOST_CALLERS)
    )
    return await _rows(db, query)


def _caller(row: RowMapping) -> Caller:
    return Caller(
        str(row["source_address"]),
        row["claimed_name"] or "",
        row["last_at"],
        is_public=row["reason"] == StrangerReason.CLEAR_FROM_PUBLIC,
    )


def _gateway(row: RowMapping) -> GatewaySeen:
    return GatewaySeen(
        row["code"],
        row["brand"],
        arrived_at=row["arrived_at"],
        refused_at=row["refused_at"],
        refusal=row["refusal"] or "",
    )


def _nas(row: RowMapping, discards: Sequence[RowMapping], clock_seconds: float | None) -> NasSeen:
    known_by = str(row["source_address"] or row["tls_name"])
    seen = {
        each["reason"]: each["last_at"]
        for each in reversed(discards)
        if str(each["source_address"]) == known_by and each["reason"] not in _STRANGERS
    }
    return NasSeen(
        row["code"],
        known_by,
        row["identifier"] or "",
        row["coa_port"],
        access_at=row["last_access_at"],
        accounting_at=row["last_accounting_at"],
        unsigned_at=row["last_unsigned_at"],
        discards=seen,
        clock_seconds=clock_seconds,
    )
