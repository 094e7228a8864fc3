"""What is held of one connection, for the guest whose it is: read, and erased as far as may be.

    signed visit -> its admission -> `live.own_data` -> facts by legal category -> page, JSON, CSV
                                                        (guest/own_facts.py)

Read by the admission's opaque identifier and by nothing else: whoever copies a device's address
opens nothing. Single records of days that are not sealed yet have no index, on purpose: a session's
row sums them up.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from portal.admission import REVOKED_BY_GUEST
from portal.people.newsletter import load_consents
from portal.records import DEADLINE_SECONDS, Pool, reaching
from territory.vocabulary import IdentificationMethod

_OWN: Final = """
    SELECT live.own_data($1)::text AS told, session_seconds, upload_octets, download_octets
    FROM (SELECT 1) one LEFT JOIN live.admission_usage ON admission_id = $1
"""
_OWN_GUEST: Final = "SELECT account.own_guest($1)::text"
_END_GUEST: Final = "SELECT account.end_guest($1, $2)"
_AUDIT: Final = "SELECT audit.append($1, NULL, 'portal', $2, '', '{}')"
_END: Final = """
    UPDATE live.admission SET revoked_at = $2, revoked_reason = $3
    WHERE id = $1 AND revoked_at IS NULL
"""
_FORGET_WAITING: Final = "DELETE FROM live.waiting WHERE admission_id = $1"


@dataclass(frozen=True, slots=True)
class Held:
    """What the base holds of one right to go online, at this instant."""

    right: dict[str, Any]
    """The right's own values; instants aware, in UTC."""
    sessions: tuple[dict[str, Any], ...]
    """Each passage at the gateway, the oldest first; 200 at most."""
    public_addresses: tuple[dict[str, Any], ...]
    """The addresses that the place had meanwhile."""
    seconds: int = 0
    """Time online of all of them."""
    octets: int = 0
    """Both ways."""
    guest: dict[str, Any] | None = None
    """Of the account or contact that this very visit proved: kind and dates, never who it is."""
    newsletters: tuple[dict[str, Any], ...] = ()
    """The letters that this account or contact agreed to, withdrawn or not, the oldest first."""

    @property
    def device(self) -> str:
        """Address of the device it is bound to; empty before its first use."""
        return self.right["device"] or ""

    @property
    def method(self) -> IdentificationMethod:
        """How its guest identified."""
        return IdentificationMethod(self.right["method"])

    @property
    def private_addresses(self) -> list[str]:
        """The device's addresses in the place's own network, each once."""
        found = [a for s in self.sessions for a in (s["address"], *s["address6"]) if a]
        return list(dict.fromkeys(found))


@reaching
async def load_held(pool: Pool, admission_id: UUID, guest_id: UUID | None = None) -> Held | None:
    """Return what is held of an admission, or None where it has left the database.

    `guest_id`: the account or contact that whoever asks has proved to be theirs.
    """
    row = await pool.fetchrow(_OWN, admission_id, timeout=DEADLINE_SECONDS)
    if row is None or row["told"] is None:
        return None
    told = json.loads(row["told"])
    guest = None
    newsletters: tuple[dict[str, Any], ...] = ()
    if guest_id is not None:
        guest = await pool.fetchval(_OWN_GUEST, guest_id, timeout=DEADLINE_SECONDS)
        newsletters = await load_consents(pool, guest_id)
    return Held(
        right=_with_instants(told["right"]),
        sessions=tuple(map(_with_instants, told["sessions"])),
        public_addresses=tuple(map(_with_instants, told["public_addresses"])),
        seconds=row["session_seconds"] or 0,
        guest=_with_instants(json.loads(guest)) if guest else None,
        octets=(row["upload_octets"] or 0) + (row["download_octets"] or 0),
        newsletters=newsletters,
    )


def _with_instants(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: datetime.fromisoformat(value)
        if value and name.endswith(("_at", "_from", "_until"))
        else value
        for name, value in values.items()
    }


@reaching
async def note(pool: Pool, action: str, now: datetime) -> None:
    """Write that a guest used a right of theirs: which and when, not who."""
    await pool.execute(_AUDIT, now, action, timeout=DEADLINE_SECONDS)


@reaching
async def erase(pool: Pool, admission_id: UUID, guest_id: UUID | None, now: datetime) -> None:
    """End a right and what only served it, with its audit line; what the law wants kept stays.

    A right that is ended so is ended as by a log-out: coming back wins nothing. `guest_id`: the
    account or contact that is ended too; its password goes at once, its time runs from now.
    """
    async with pool.acquire(timeout=DEADLINE_SECONDS) as connection, connection.transaction():
        await connection.execute(_END, admission_id, now, REVOKED_BY_GUEST)
        await connection.execute(_FORGET_WAITING, admission_id)
        if guest_id is not None:
            await connection.execute(_END_GUEST, guest_id, now)
        await connection.execute(_AUDIT, now, "guest.data_erased")
