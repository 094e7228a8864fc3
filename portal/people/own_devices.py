"""A guest's own devices: let in with their ticket, contact or account; and letting one go.

The guest is who the visit has proven to be; nothing that a form names is believed beyond that. To
let a device go ends its right, frees its place on a ticket, and asks RADIUS to close its session;
a right that was let go is not taken up again without proof. Where a gateway knows no RADIUS, the
keeper tells it within a minute.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from portal.records import DEADLINE_SECONDS, Pool, reaching
from territory.database.commands import Request, Target, ask_disconnect
from territory.identifiers import MacAddress

RELEASED: Final = "released"
"""Why a right ended early that its guest has let go."""
MOST: Final = 50
"""Devices that are shown."""

_DEVICES: Final = """
    SELECT a.id AS admission, b.device::text AS device, s.name AS place, a.ends_at,
        EXISTS (SELECT FROM live.open_session o
            WHERE o.admission_id = a.id AND o.live_until > $2) AS is_online
    FROM live.admission a
    JOIN territory.site s ON s.id = a.site_id
    LEFT JOIN live.binding b ON b.admission_id = a.id
    WHERE a.guest_id = $1 AND a.revoked_at IS NULL AND a.ends_at > $2
    ORDER BY a.created_at DESC LIMIT $3
"""
_RELEASE: Final = """
    UPDATE live.admission SET revoked_at = $3, revoked_reason = $4
    WHERE id = $1 AND guest_id = $2 AND revoked_at IS NULL
    RETURNING id
"""
_FREE: Final = """
    DELETE FROM live.ticket_device d USING live.binding b
    WHERE b.admission_id = $1 AND d.ticket_id = $2 AND d.device = b.device
"""


@dataclass(frozen=True, slots=True)
class OwnDevice:
    """One device that a guest is let in with."""

    admission: UUID
    """Its right to go online."""
    place: str
    """Name of the site."""
    ends_at: datetime
    """When the right ends."""
    is_online: bool
    """Whether a session of that right is open, as far as the base knows."""
    device: MacAddress | None = None
    """None: no gateway has presented it with this right yet."""

    @property
    def tail(self) -> str:
        """The last half of its address, as telephones show it in their settings; or empty."""
        return str(self.device)[9:].upper().replace("-", ":") if self.device else ""


@reaching
async def load_own_devices(pool: Pool, guest: UUID, now: datetime) -> list[OwnDevice]:
    """Return the devices of a guest whose right still lasts, the latest first."""
    rows = await pool.fetch(_DEVICES, guest, now, MOST, timeout=DEADLINE_SECONDS)
    return [_read(dict(row)) for row in rows]


@reaching
async def release(pool: Pool, guest: UUID, admission: UUID, now: datetime) -> bool:
    """Let a device of a guest go; False: it is not theirs, or was let go before."""
    async with pool.acquire(timeout=DEADLINE_SECONDS) as db, db.transaction():
        arguments = (admission, guest, now, RELEASED)
        if await db.fetchval(_RELEASE, *arguments, timeout=DEADLINE_SECONDS) is None:
            return False
        await db.execute(_FREE, admission, guest, timeout=DEADLINE_SECONDS)
        await ask_disconnect(db, Target(admission_id=admission), Request("guest", now))
    return True


def _read(row: dict[str, object]) -> OwnDevice:
    device = row.pop("device")
    return OwnDevice(**row, device=MacAddress.parse(str(device)) if device else None)  # type: ignore[arg-type]
