"""The console's reads, each scoped to what the operator may see. The shell over the database."""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.console.estate import (
    NEVER_READ,
    AccessPoint,
    Discard,
    Gateway,
    Health,
    Nas,
    Reading,
    SetAside,
    Site,
    Tunnel,
)
from territory.communes.national_list import national_list
from territory.database.tables import (
    access_point,
    discard,
    equipment_state,
    gateway,
    nas,
    nas_seen,
    network,
    organisation,
    plan,
    session,
    set_aside,
    site,
    tunnel_peer,
    tunnel_seen,
)

RECENT = timedelta(days=1)
MOST_ROWS = 200

Rows = Mapping[Hashable, Sequence[RowMapping]]


async def load_sites(
    db: AsyncConnection, organisation_id: UUID | None, code: str | None = None
) -> list[Site]:
    """The sites of an organisation (None: of the territory), by name; only ``code`` where given."""
    chosen = _chosen_sites(organisation_id, code)
    rows = (await db.execute(chosen)).mappings().all()
    identifiers = [row["id"] for row in rows]
    gateways = await _by(db, select(gateway).where(gateway.c.site_id.in_(identifiers)), "site_id")
    all_nas = await _by(db, _nas_of(identifiers), "gateway_id")
    radios = await _by(db, _access_points_of(identifiers), "site_id")
    networks = await _by(db, _public_networks_of(identifiers), "site_id")
    open_sessions = await _open_sessions(db, identifiers)
    return [
        _site(
            row,
            [_gateway(found, all_nas[found["id"]]) for found in gateways[row["id"]]],
            [_access_point(found) for found in radios[row["id"]]],
            [found["ssid"] for found in networks[row["id"]]],
            open_sessions.get(row["id"], 0),
        )
        for row in rows
    ]


def _chosen_sites(organisation_id: UUID | None, code: str | None) -> Select[Any]:
    query = (
        select(site, organisation.c.name.label("organisation"), plan.c.name.label("plan"))
        .join_from(site, organisation, site.c.organisation_id == organisation.c.id)
        .join(plan, site.c.plan_id == plan.c.id)
        .order_by(site.c.name)
    )
    if organisation_id is not None:
        query = query.where(site.c.organisation_id == organisation_id)
    return query if code is None else query.where(site.c.code == code)


def _state_of(kind: str, table: Any) -> Any:
    return (equipment_state.c.kind == kind) & (equipment_state.c.equipment_id == table.c.id)


_STATE = (
    equipment_state.c.state,
    equipment_state.c.reason,
    equipment_state.c.since,
    equipment_state.c.checked_at,
    equipment_state.c.round_trip_seconds,
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


def _nas_of(sites: Sequence[UUID]) -> Select[Any]:
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


def _access_points_of(sites: Sequence[UUID]) -> Select[Any]:
    return (
        select(access_point, *_STATE)
        .outerjoin_from(access_point, equipment_state, _state_of("access_point", access_point))
        .where(access_point.c.site_id.in_(sites))
        .order_by(access_point.c.name)
    )


def _public_networks_of(sites: Sequence[UUID]) -> Select[Any]:
    return (
        select(network.c.site_id, network.c.ssid)
        .where(network.c.site_id.in_(sites), network.c.kind == "public")
        .order_by(network.c.ssid)
    )


async def _open_sessions(db: AsyncConnection, sites: Sequence[UUID]) -> dict[UUID, int]:
    query = (
        select(session.c.site_id, func.count(session.c.session_key))
        .where(session.c.ended_at.is_(None), session.c.site_id.in_(sites))
        .group_by(session.c.site_id)
    )
    return {row[0]: row[1] for row in await db.execute(query)}


async def _by(db: AsyncConnection, query: Select[Any], key: str) -> Rows:
    grouped: defaultdict[Hashable, list[RowMapping]] = defaultdict(list)
    for row in (await db.execute(query)).mappings():
        grouped[row[key]].append(row)
    return grouped


def _reading(row: RowMapping) -> Reading:
    if row["state"] is None:
        return NEVER_READ
    return Reading(
        Health(row["state"]),
        row["reason"],
        row["since"],
        row["checked_at"],
        row["round_trip_seconds"],
    )


def _access_point(row: RowMapping) -> AccessPoint:
    address = row["management_address"]
    return AccessPoint(
        row["code"], row["name"], row["model"], str(address) if address else None, _reading(row)
    )


def _gateway(row: RowMapping, all_nas: Sequence[RowMapping]) -> Gateway:
    return Gateway(
        row["code"],
        row["brand"],
        row["model"],
        row["login_address"],
        tuple(_nas(found) for found in all_nas),
    )


def _nas(row: RowMapping) -> Nas:
    return Nas(
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


async def load_discards(db: AsyncConnection, now: datetime) -> list[Discard]:
    """Packets discarded since yesterday, by address and reason, the latest first."""
    query = (
        select(
            discard.c.source_address,
            discard.c.reason,
            func.sum(discard.c.packets).label("packets"),
            func.min(discard.c.first_at).label("first_at"),
            func.max(discard.c.last_at).label("last_at"),
            func.max(discard.c.packet_kind).label("packet_kind"),
            func.max(discard.c.claimed_name).label("claimed_name"),
        )
        .where(discard.c.last_at > now - RECENT)
        .group_by(discard.c.source_address, discard.c.reason)
        .order_by(func.max(discard.c.last_at).desc())
        .limit(MOST_ROWS)
    )
    return [
        Discard(
            str(row["source_address"]),
            row["reason"],
            int(row["packets"]),
            row["first_at"],
            row["last_at"],
            row["packet_kind"],
            row["claimed_name"],
        )
        for row in (await db.execute(query)).mappings()
    ]


async def load_set_aside(db: AsyncConnection) -> list[SetAside]:
    """Accounting packets that wait to be looked at, the latest first."""
    query = (
        select(set_aside.c.received_at, nas.c.code, set_aside.c.reason)
        .join_from(set_aside, nas, set_aside.c.nas_id == nas.c.id)
        .order_by(set_aside.c.received_at.desc())
        .limit(MOST_ROWS)
    )
    return [SetAside(row[0], row[1], row[2]) for row in await db.execute(query)]
