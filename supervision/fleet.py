"""The equipment to watch: what the territory describes, what RADIUS saw of it, how it last was.

Nothing read here is about a guest: of sessions, only whether they are open and how long they have
been quiet.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from supervision.clocks import own_error
from supervision.facts import RadiusFacts, Standing
from territory.database.connect import transaction
from territory.database.tables import (
    access_point,
    equipment_state,
    nas,
    nas_seen,
    plan,
    session,
    site,
    synthetic_visit,
)
from territory.health.reasons import Reason
from territory.health.states import State
from territory.identifiers import MacAddress

LATELY = timedelta(days=1)
"""The clock of a NAS that was heard of late may be compared with ours."""
PATIENCE_INTERIMS = 2.5
"""A session is overdue once it missed this many interim records."""


class Kind(StrEnum):
    """What a piece of equipment is."""

    ACCESS_POINT = "access_point"
    NAS = "nas"


Key = tuple[Kind, UUID]
"""What tells a piece of equipment from all others."""


@dataclass(frozen=True, slots=True)
class SnmpDoor:
    """Where and how a piece of equipment is asked by SNMP."""

    address: str
    """A loopback one too: whoever knows the secrets is no other."""
    sealed: bytes
    """Its access, as the keyring sealed it."""


@dataclass(frozen=True, slots=True)
class Equipment:
    """One thing to watch."""

    kind: Kind
    id: UUID
    code: str
    site_id: UUID
    site_code: str
    address: IPv4Address | IPv6Address | None
    """Where it is pinged; None where there is no address, or one that proves nothing."""
    radius: RadiusFacts | None
    """None for an access point."""
    standing: Standing | None
    """Its last judgement; None before the first."""
    snmp: SnmpDoor | None = None
    """None where it is not asked."""
    mac: MacAddress | None = None
    """An access point's own, by which its controller knows it; None: not described."""

    @property
    def key(self) -> Key:
        """What tells it from all others."""
        return self.kind, self.id


async def load_fleet(engine: AsyncEngine, now: datetime) -> tuple[Equipment, ...]:
    """Return all that is to be watched, NAS first, with what RADIUS saw until `now`.

    Raises:
        Unavailable: the database does not answer.
    """
    async with transaction(engine) as connection:
        nas_rows = (await connection.execute(_nas_query(now))).all()
        access_point_rows = (await connection.execute(_ACCESS_POINTS)).all()
    told = [row.clock_offset_seconds for row in nas_rows if _heard_since(row, now - LATELY)]
    ours = own_error([offset for offset in told if offset is not None])
    return (
        *(_equipment(Kind.NAS, row, _radius_facts(row, now, ours)) for row in nas_rows),
        *(
            replace(_equipment(Kind.ACCESS_POINT, row, None), mac=_mac(row.mac))
            for row in access_point_rows
        ),
    )


def _standing_of(kind: Kind, equipment_id: Any) -> Any:
    return and_(
        equipment_state.c.kind == kind.value, equipment_state.c.equipment_id == equipment_id
    )


_STANDING_COLUMNS = (
    equipment_state.c.state,
    equipment_state.c.round_trip_seconds,
    equipment_state.c.since,
    equipment_state.c.reason_code,
    equipment_state.c.consequence,
)

_ACCESS_POINTS = (
    select(
        access_point.c.id,
        access_point.c.code,
        access_point.c.site_id,
        site.c.code.label("site_code"),
        access_point.c.management_address.label("address"),
        access_point.c.snmp_sealed,
        access_point.c.mac,
        *_STANDING_COLUMNS,
    )
    .join(site, site.c.id == access_point.c.site_id)
    .outerjoin(equipment_state, _standing_of(Kind.ACCESS_POINT, access_point.c.id))
)


def _nas_query(now: datetime) -> Select[*tuple[Any, ...]]:
    patience_seconds = plan.c.interim_seconds * PATIENCE_INTERIMS
    overdue = session.c.last_seen_at < now - func.make_interval(0, 0, 0, 0, 0, 0, patience_seconds)
    sessions = (
        select(
            session.c.nas_id,
            func.count().label("open_sessions"),
            func.count().filter(overdue).label("overdue_sessions"),
        )
        .join(nas, nas.c.id == session.c.nas_id)
        .join(site, site.c.id == nas.c.site_id)
        .join(plan, plan.c.id == site.c.plan_id)
        .where(session.c.ended_at.is_(None))
        .group_by(session.c.nas_id)
        .subquery()
    )
    return (
        select(
            nas.c.id,
            nas.c.code,
            nas.c.site_id,
            site.c.code.label("site_code"),
            nas.c.source_address.label("address"),
            nas.c.snmp_sealed,
            func.greatest(nas_seen.c.last_access_at, nas_seen.c.last_accounting_at).label(
                "last_heard_at"
            ),
            func.coalesce(sessions.c.open_sessions, 0).label("open_sessions"),
            func.coalesce(sessions.c.overdue_sessions, 0).label("overdue_sessions"),
            patience_seconds.label("patience_seconds"),
            func.coalesce(nas_seen.c.refused_in_row, 0).label("refused_in_row"),
            nas_seen.c.refused_since,
            nas_seen.c.clock_offset_seconds,
            case((synthetic_visit.c.counts_until > now, synthetic_visit.c.failures), else_=0).label(
                "failed_log_ins"
            ),
            *_STANDING_COLUMNS,
        )
        .join(site, site.c.id == nas.c.site_id)
        .join(plan, plan.c.id == site.c.plan_id)
        .outerjoin(nas_seen, nas_seen.c.nas_id == nas.c.id)
        .outerjoin(synthetic_visit, synthetic_visit.c.nas_id == nas.c.id)
        .outerjoin(sessions, sessions.c.nas_id == nas.c.id)
        .outerjoin(equipment_state, _standing_of(Kind.NAS, nas.c.id))
    )


def _heard_since(row: Row[*tuple[Any, ...]], instant: datetime) -> bool:
    return row.last_heard_at is not None and row.last_heard_at > instant


def _radius_facts(row: Row[*tuple[Any, ...]], now: datetime, ours: float) -> RadiusFacts:
    offset = row.clock_offset_seconds
    return RadiusFacts(
        row.last_heard_at,
        row.open_sessions,
        row.overdue_sessions,
        timedelta(seconds=float(row.patience_seconds)),
        now,
        row.refused_in_row,
        row.refused_since,
        None if offset is None else offset - ours,
        row.failed_log_ins,
    )


def _equipment(kind: Kind, row: Row[*tuple[Any, ...]], radius: RadiusFacts | None) -> Equipment:
    standing = None
    if row.state is not None:
        standing = Standing(
            State(row.state),
            row.round_trip_seconds is not None,
            row.since,
            Reason.from_code(row.reason_code),
            row.consequence,
        )
    address = _address(row.address)
    snmp = None
    if address is not None and row.snmp_sealed is not None:
        snmp = SnmpDoor(str(address), row.snmp_sealed)
    return Equipment(
        kind,
        row.id,
        row.code,
        row.site_id,
        row.site_code,
        _pingable(address),
        radius,
        standing,
        snmp,
    )


def _mac(stored: object) -> MacAddress | None:
    return None if stored is None else MacAddress.parse(str(stored))


def _address(stored: object) -> IPv4Address | IPv6Address | None:
    return None if stored is None else ip_address(str(stored).partition("/")[0])


def _pingable(parsed: IPv4Address | IPv6Address | None) -> IPv4Address | IPv6Address | None:
    """An address that proves something: this machine answers for its loopback ones itself."""
    if parsed is None:
        return None
    return None if parsed.is_loopback or parsed.is_unspecified else parsed
