"""Makes the database hold what a difference says, in the caller's one transaction.

What a trace still names (a site with admissions, a plan that was granted) is not torn away: it is
left, off the map, until the traces are purged, and that is told. Each time something changed, one
audit line says it and the channel `territory` tells every component to look again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv6Address
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from territory.access.audit import Act, append
from territory.application.difference import Action, Change, Difference
from territory.application.holding import SHAPES, Held
from territory.application.state import BY_INTERVAL, Kind, Secret, Value
from territory.database import tables
from territory.keyring import Keyring

CHANNEL = "territory"
_MOST_TOLD = 200
"""Changes an audit line names; beyond, it counts them."""
PARKED = IPv6Address("100::")
"""Where who exchanges addresses waits; a discard prefix, never on the wire (RFC 6666)."""

_NOWHERE = "invalid"
"""Where their TLS names wait; no name ends so (RFC 2606 §2)."""


@dataclass(frozen=True, slots=True)
class Authority:
    """On whose word a difference is made so."""

    actor: str
    """Who, in words."""
    subject: str
    """The name of the file."""
    now: datetime
    """The instant of it all, UTC."""
    operator_id: UUID | None = None
    """Of who acts through the console; None: the command line."""


async def write_difference(
    connection: AsyncConnection, found: Difference, held: Held, seal: Keyring, authority: Authority
) -> tuple[Change, ...]:
    """Make `found` so; return the removals that traces did not let through.

    With nothing to change, nothing is written, audited or notified.
    """
    writer = _Writer(connection, held, seal, authority.now)
    await writer.park_addresses(found.changes)
    refused = [change for change in found.changes if not await writer.make(change)]
    made = [change for change in found.changes if change not in refused]
    if made or writer.hidden:
        detail = _detail(made, writer.hidden)
        act = Act("territory.applied", authority.subject, detail)
        await append(connection, authority.now, None, authority.actor, act)
        await connection.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})
    return tuple(refused)


class _Writer:
    """Turns changes into rows, knowing the identifier behind each code."""

    def __init__(
        self, connection: AsyncConnection, held: Held, keyring: Keyring, now: datetime
    ) -> None:
        self._connection = connection
        self._identifiers = held.identifiers
        self._keyring = keyring
        self._now = now
        self.hidden: list[str] = []
        """Sites that left the map because they could not leave the database."""

    async def park_addresses(self, changes: Sequence[Change]) -> None:
        """Free the addresses and TLS names that NAS are about to exchange."""
        for number, change in enumerate(changes, start=1):
            if change.action is not Action.CHANGE or change.kind is not Kind.NAS:
                continue
            left = {field.name for field in change.fields if field.before is not None}
            parked = {"source_address": PARKED + number, "tls_name": f"{number}.{_NOWHERE}"}
            if columns := {name: parked[name] for name in left & parked.keys()}:
                await self._update(change, columns)

    async def make(self, change: Change) -> bool:
        """Make one change; False where traces still name what was to be removed."""
        match change.action:
            case Action.ADD:
                await self._add(change)
            case Action.CHANGE:
                await self._update(change, self._columns(change))
            case Action.REMOVE:
                return await self._remove(change)
        return True

    async def _add(self, change: Change) -> None:
        shape = SHAPES[change.kind]
        identifier = uuid4()
        columns = {"id": identifier, **self._columns(change)}
        if shape.key is None:
            columns[shape.key_column] = change.key
        if change.kind in BY_INTERVAL:
            columns["valid_from"] = self._now
        if change.kind is Kind.OPERATOR:
            columns["created_at"] = self._now
        await self._connection.execute(insert(shape.table).values(columns))
        self._identifiers[change.kind][change.key] = identifier

    async def _update(self, change: Change, columns: dict[str, Any]) -> None:
        table = SHAPES[change.kind].table
        identifier = self._identifiers[change.kind][change.key]
        await self._connection.execute(
            update(table).where(table.c.id == identifier).values(columns)
        )

    def _columns(self, change: Change) -> dict[str, Any]:
        return dict(self._column(change.kind, field.name, field.after) for field in change.fields)

    def _column(self, kind: Kind, name: str, value: Value) -> tuple[str, Any]:
        """Return the column, and what it holds, for one value."""
        shape = SHAPES[kind]
        if name in shape.references:
            other = self._identifiers[shape.references[name]]
            return f"{name}_id", None if value is None else other[str(value)]
        if name in shape.secrets:
            sealed = self._keyring.seal(value.text) if isinstance(value, Secret) else None
            return f"{name}_sealed", sealed
        return name, list(value) if isinstance(value, tuple) else value

    async def _remove(self, change: Change) -> bool:
        identifier = self._identifiers[change.kind][change.key]
        match change.kind:
            case Kind.PUBLIC_ADDRESS | Kind.PORT_BLOCKS:
                await self._update(change, {"valid_until": self._now})
            case Kind.OPERATOR:
                await self._update(change, {"disabled_at": self._now})
                signed_in = tables.sign_in.c.operator_id == identifier
                await self._connection.execute(delete(tables.sign_in).where(signed_in))
            case _:
                return await self._delete(change, identifier)
        return True

    async def _delete(self, change: Change, identifier: UUID) -> bool:
        table = SHAPES[change.kind].table
        await self._forget_sightings(identifier)
        try:
            async with self._connection.begin_nested():
                await self._connection.execute(delete(table).where(table.c.id == identifier))
        except IntegrityError:
            await self._hide(change, identifier)
            return False
        return True

    async def _forget_sightings(self, identifier: UUID) -> None:
        """Delete what supervision knows of a thing that is taken away."""
        seen, state = tables.nas_seen, tables.equipment_state
        await self._connection.execute(delete(seen).where(seen.c.nas_id == identifier))
        await self._connection.execute(delete(state).where(state.c.equipment_id == identifier))

    async def _hide(self, change: Change, identifier: UUID) -> None:
        """Take a site that cannot be deleted off the public map."""
        if change.kind is not Kind.SITE:
            return
        site = tables.site
        shown = update(site).where(site.c.id == identifier, site.c.listed).values(listed=False)
        if (await self._connection.execute(shown)).rowcount:
            self.hidden.append(change.key)


def _detail(made: Sequence[Change], hidden: Sequence[str]) -> dict[str, object]:
    """Return what an audit line says: which things and which of their values, no value itself."""
    told = [" ".join((change.action, change.kind, change.key, *_names(change))) for change in made]
    counts = {
        action.name.lower(): sum(change.action is action for change in made) for action in Action
    }
    return {**counts, "changes": told[:_MOST_TOLD], "hidden": list(hidden)}


def _names(change: Change) -> list[str]:
    return [field.name for field in change.fields] if change.action is Action.CHANGE else []
