"""The console's reads, each scoped to what the operator may see. The shell over the database."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.console.estate import (
    NEVER_READ,
    AccessPoint,
    Gateway,
    Nas,
    Reading,
    Site,
    Tunnel,
)
from territory.communes.national_list import national_list
from territory.database.tables import (
    access_point,
    equipment_state,
    gateway,
    nas,
    nas_seen,
    network,
    organisation,
    plan,
    session,
    site,
    tunnel_peer,
    tunnel_seen,
)
from territory.health.states import State


@dataclass(frozen=True, slots=True)
class Scope:
    """Which sites somebody may see."""

    organisation_id: UUID | None
    """Only this organisation's; None: the territory's."""
    unlisted: bool
    """Also those that are not on the public map."""

    def narrow(self, query: Select[Any]) -> Select[Any]:
        """The query with this scope's sites alone."""
        if self.organisation_id is not None:
            query = query.where(site.c.organisation_id == self.organisation_id)
        return query if self.unlisted else query.where(site.c.listed)


async def load_site(db: AsyncConnection, scope: Scope, code: str) -> Site | None:
    """The site of a code with all that stands in it; None: there is none in this scope."""
    row = (await db.execute(scope.narrow(_SITE.where(site.c.code == code)))).mappings().first()
    if row is None:
        return None
    here = [row["id"]]
    all_nas: defaultdict[UUID, list[Nas]] = defaultdict(list)
    for found in await _rows(db, nas_query(here)):
        all_nas[found["gateway_id"]].append(read_nas(found))
    gateways = await _rows(db, select(gateway).where(gateway.c.site_id == row["id"]))
    return _site(
        row,
        [_gateway(found, all_nas[found["id"]]) for found in gateways],
        [read_access_point(found) for found in await _rows(db, access_point_query(here))],
        [found["ssid"] for found in await _rows(db, _public_networks_of(row["id"]))],
        await _open_sessions(db, row["id"]),
    )


async def load_site_of_nas(
    db: AsyncConnection, scope: Scope, nas_code: str
) -> tuple[Site, Nas] | None:
    """A NAS by its code, with its site; None: there is none in this scope."""
    where = select(site.c.code).join_from(nas, site, nas.c.site_id == site.c.id)
    code = (await db.execute(where.where(nas.c.code == nas_code))).scalar()
    found = await load_site(db, scope, code) if code else None
    if found is None:
        return None
    return found, next(each for each in found.nas if each.code == nas_code)


_SITE = (
    select(site, organisation.c.name.label("organisation"), plan.c.name.label("plan"))
    .join_from(site, organisation, site.c.organisation_id == organisation.c.id)
    .join(plan, site.c.plan_id == plan.c.id)
)


def _state_of(kind: str, table: Any) -> Any:
    return (equipment_state.c.kind == kind) & (equipment_state.c.equipment_id == table.c.id)


_STATE = (
    equipment_state.c.state,
    equipment_state.c.reason,
    equipment_state.c.since,
    equipment_state.c.checked_at,
    equipment_state.c.round_trip_seconds,
    equipment_state.c.reason_code,
    equipment_state.c.consequence,
)
_READABLE_NAS = (
    nas.c.id,
    nas.c.gateway_id,
    nas.c.code,
    nas.c.source_address,
    nas.c.tls_name,
    nas.c.identifier,
    nas.c.require_message_authenticator,
    nas.c.rotation_began_at,
)


def nas_query(sites: Sequence[UUID] | Select[Any]) -> Select[Any]:
    """The NAS of these sites with what is known of each, by code; `read_nas` takes its rows."""
    return (
        select(
            *_READABLE_NAS,
            nas_seen.c.last_access_at,
            nas_seen.c.last_accounting_at,
            func.coalesce(nas_seen.c.unsigned_packets, 0).label("unsigned_packets"),
            func.coalesce(nas_seen.c.accepts, 0).label("accepts"),
            func.coalesce(nas_seen.c.rejects, 0).label("rejects"),
            nas_seen.c.signed_since,
            nas_seen.c.last_unsigned_at,
            nas_seen.c.old_secret_at,
            nas_seen.c.next_secret_at,
            *_STATE,
        )
        .outerjoin_from(nas, nas_seen, nas_seen.c.nas_id == nas.c.id)
        .outerjoin(equipment_state, _state_of("nas", nas))
        .where(nas.c.site_id.in_(sites))
        .order_by(nas.c.code)
    )


def access_point_query(sites: Sequence[UUID] | Select[Any]) -> Select[Any]:
    """The access points of these sites, by name; `read_access_point` takes its rows."""
    return (
        select(
            access_point.c.id,
            access_point.c.site_id,
            access_point.c.code,
            access_point.c.name,
            access_point.c.model,
            access_point.c.management_address,
            *_STATE,
        )
        .outerjoin_from(access_point, equipment_state, _state_of("access_point", access_point))
        .where(access_point.c.site_id.in_(sites))
        .order_by(access_point.c.name)
    )


def _public_networks_of(site_id: UUID) -> Select[Any]:
    return (
        select(network.c.ssid)
        .where(network.c.site_id == site_id, network.c.kind == "public")
        .order_by(network.c.ssid)
    )


async def _open_sessions(db: AsyncConnection, site_id: UUID) -> int:
    """How many are open, by who reports them: a synthetic guest's are nobody's."""
    reporters = union_all(
        select(nas.c.id).where(nas.c.site_id == site_id),
        select(gateway.c.id).where(gateway.c.site_id == site_id),
    )
    query = select(func.count(session.c.session_key)).where(
        session.c.ended_at.is_(None), session.c.nas_id.in_(reporters)
    )
    return int((await db.execute(query)).scalar_one())


async def _rows(db: AsyncConnection, query: Select[Any]) -> Sequence[RowMapping]:
    rows: Sequence[RowMapping] = (await db.execute(query)).mappings().all()
    return rows


def _reading(row: RowMapping) -> Reading:
    if row["state"] is None:
        return NEVER_READ
    return Reading(
        State(row["state"]),
        row["reason"],
        row["since"],
        row["checked_at"],
        row["round_trip_seconds"],
        row["reason_code"],
        row["consequence"],
    )


def read_access_point(row: RowMapping) -> AccessPoint:
    """An access point of `access_point_query`."""
    address = row["management_address"]
    return AccessPoint(
        row["id"],
        row["code"],
        row["name"],
        row["model"],
        str(address) if address else None,
        _reading(row),
    )


def _gateway(row: RowMapping, all_nas: Sequence[Nas]) -> Gateway:
    return Gateway(
        row["code"],
        row["brand"],
        row["model"],
        row["login_address"],
        tuple(all_nas),
    )


def read_nas(row: RowMapping) -> Nas:
    """A NAS of `nas_query`."""
    return Nas(
        id=row["id"],
        code=row["code"],
        known_by=str(row["source_address"] or row["tls_name"]),
        identifier=row["identifier"],
        require_message_authenticator=row["require_message_authenticator"],
        last_access_at=row["last_access_at"],
        last_accounting_at=row["last_accounting_at"],
        unsigned_packets=row["unsigned_packets"],
        accepts=row["accepts"],
        rejects=row["rejects"],
        reading=_reading(row),
        signed_since=row["signed_since"],
        last_unsigned_at=row["last_unsigned_at"],
        rotation_began_at=row["rotation_began_at"],
        old_secret_at=row["old_secret_at"],
        next_secret_at=row["next_secret_at"],
        is_radsec=row["tls_name"] is not None,
    )


def _site(
    row: RowMapping,
    gateways: Sequence[Gateway],
    access_points: Sequence[AccessPoint],
    networks: Sequence[str],
    open_sessions: int,
) -> Site:
    return Site(
        id=row["id"],
        code=row["code"],
        name=row["name"],
        organisation=row["organisation"],
        commune=_commune_name(row["insee"]),
        postal_address=row["postal_address"],
        place_type=row["place_type"],
        link=row["link"],
        plan=row["plan"],
        networks=tuple(networks),
        gateways=tuple(gateways),
        access_points=tuple(access_points),
        open_sessions=open_sessions,
    )


def _commune_name(insee: str | None) -> str:
    commune = national_list().find(insee) if insee else None
    return commune.name if commune else insee or ""


async def load_tunnel(db: AsyncConnection, site_id: UUID) -> Tunnel | None:
    """Return a site's tunnel; None where its link is another."""
    query = (
        select(
            tunnel_peer.c.inside_address,
            tunnel_peer.c.rotation_began_at,
            func.greatest(tunnel_seen.c.handshake_at, tunnel_seen.c.next_handshake_at).label("at"),
        )
        .outerjoin(tunnel_seen, tunnel_seen.c.site_id == tunnel_peer.c.site_id)
        .where(tunnel_peer.c.site_id == site_id)
    )
    row = (await db.execute(query)).mappings().first()
    if row is None:
        return None
    return Tunnel(str(row["inside_address"]), row["at"], row["rotation_began_at"])
