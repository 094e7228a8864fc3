"""Which controllers to ask, and what they last said: this folder's seam to the database.

Several gateways may stand behind one controller, each with a site of its own there: they are asked
in one conversation. Passwords are opened here, and stay in this process.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import RowMapping, case, delete, func, select
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncEngine

from supervision.controllers.differences import Described, Differences
from territory.controllers.record import ControllerRecord, Trouble
from territory.database.connect import transaction
from territory.database.tables import access_point, controller_seen, gateway, site
from territory.errors import ConfigurationError
from territory.identifiers import MacAddress
from territory.keyring import Keyring

Make = tuple[str, str]
"""Brand and variant."""
APPLICATIONS: Final = frozenset({("omada", "controller")})
"""Makes that tell of access points to an application alone, not to who lets guests in."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Place:
    """A gateway's site at its controller."""

    gateway_id: UUID
    site: str
    """The code of the site where the gateway stands."""
    name: str
    """What the controller calls it."""


@dataclass(frozen=True, slots=True)
class Door:
    """One controller, and all of it that concerns us."""

    make: Make
    record: ControllerRecord
    """Its own `site` is empty: `places` has them all."""
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of one question about one place."""

    place: Place
    at: datetime
    trouble: Trouble | None
    """Why it did not say all that it was asked; None: it did."""
    differences: Differences | None
    """None: not even its list of access points is known."""


async def load_described(engine: AsyncEngine) -> dict[MacAddress, Described]:
    """Return the access points that a controller's could be, by their MAC address.

    Raises:
        Unavailable: the database does not answer.
    """
    async with transaction(engine) as connection:
        rows = (await connection.execute(_DESCRIBED)).all()
    return {MacAddress.parse(str(row.mac)): Described(row.code, row.site) for row in rows}


async def load_doors(
    engine: AsyncEngine, keyring: Keyring, makes: Iterable[Make], patience_seconds: float
) -> tuple[Door, ...]:
    """Return the controllers of these makes, each once.

    One whose password was sealed with another master key is left out, and told.

    Raises:
        Unavailable: the database does not answer.
    """
    async with transaction(engine) as connection:
        rows = (await connection.execute(_GATEWAYS)).mappings().all()
    known, places = frozenset(makes), dict[tuple[Make, ControllerRecord], list[Place]]()
    for row in rows:
        make = row["brand"], row["variant"]
        record = _record(row, make, keyring, patience_seconds) if make in known else None
        if record is not None:
            place = Place(row["id"], row["site"], row["controller_site"])
            places.setdefault((make, record), []).append(place)
    return tuple(Door(make, record, tuple(found)) for (make, record), found in places.items())


async def record_heard(engine: AsyncEngine, heard: Sequence[Heard], asked: Sequence[Door]) -> None:
    """Keep what was heard, and forget whom nobody asks any more.

    Raises:
        Unavailable: the database does not answer, and nothing is kept.
    """
    ids = [place.gateway_id for door in asked for place in door.places]
    async with transaction(engine) as connection:
        await connection.execute(
            delete(controller_seen).where(controller_seen.c.gateway_id.not_in(ids))
        )
        if heard:
            await connection.execute(_UPSERT, [_row(each) for each in heard])


_DESCRIBED = (
    select(access_point.c.mac, access_point.c.code, site.c.code.label("site"))
    .join(site, site.c.id == access_point.c.site_id)
    .where(access_point.c.mac.is_not(None))
)
_GATEWAYS = (
    select(
        gateway.c.id,
        gateway.c.code,
        gateway.c.brand,
        gateway.c.variant,
        gateway.c.controller_url,
        gateway.c.controller_site,
        gateway.c.controller_user,
        gateway.c.controller_password_sealed,
        gateway.c.controller_certificate,
        gateway.c.controller_client,
        gateway.c.controller_client_secret_sealed,
        site.c.code.label("site"),
    )
    .join(site, site.c.id == gateway.c.site_id)
    .where(gateway.c.controller_url.is_not(None))
    .order_by(gateway.c.code)
)


def _record(
    row: RowMapping, make: Make, keyring: Keyring, patience_seconds: float
) -> ControllerRecord | None:
    account = "controller_user", "controller_password_sealed"
    if make in APPLICATIONS:
        account = "controller_client", "controller_client_secret_sealed"
    user, sealed = (row[name] for name in account)
    if sealed is None:
        return None
    try:
        password = keyring.open(sealed)
    except ConfigurationError:
        log.warning("controller_access_unreadable", gateway=row["code"])
        return None
    url, certificate = row["controller_url"], row["controller_certificate"]
    return ControllerRecord(url, "", user, password, certificate, patience_seconds)


def _row(heard: Heard) -> Mapping[str, Any]:
    found = heard.differences
    return {
        "gateway_id": heard.place.gateway_id,
        "checked_at": heard.at,
        "answered_at": None if found is None else heard.at,
        "trouble": heard.trouble,
        "strangers": [asdict(each) for each in found.strangers] if found else [],
        "missing": list(found.missing) if found else [],
    }


def _upsert() -> Insert:
    """Return a statement that keeps the last known differences while a controller is silent."""
    statement = insert(controller_seen)
    fresh, kept = statement.excluded, controller_seen.c
    told = fresh.answered_at.is_not(None)
    return statement.on_conflict_do_update(
        index_elements=[kept.gateway_id],
        set_={
            "checked_at": fresh.checked_at,
            "trouble": fresh.trouble,
            "answered_at": func.coalesce(fresh.answered_at, kept.answered_at),
            "strangers": case((told, fresh.strangers), else_=kept.strangers),
            "missing": case((told, fresh.missing), else_=kept.missing),
        },
    )


_UPSERT = _upsert()
