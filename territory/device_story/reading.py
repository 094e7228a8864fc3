"""Reads what the live days hold of one device: the shell over `live.device_history`.

That database function is the only way to it: it takes one address and writes the audit line itself,
so nobody reads without leaving a line, and no component may browse what others did online. The line
names who asked, not the device: the log outlives what it is about.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from territory.access.operators import Actor
from territory.device_story.history import History
from territory.identifiers import MacAddress

_READ = text(
    "SELECT live.device_history(CAST(:at AS timestamptz), CAST(:operator_id AS uuid), :actor,"
    " CAST(:device AS macaddr), CAST(:organisation_id AS uuid))::text"
)
_HISTORY = TypeAdapter(History)


@dataclass(frozen=True, slots=True)
class Question:
    """Who asks about which device."""

    device: MacAddress
    by: Actor
    organisation_id: UUID | None = None
    """Only what happened at this organisation's sites; None: anywhere in the territory."""


async def load_history(db: AsyncConnection, asked: Question, now: datetime) -> History:
    """Return what is known of a device; the caller's transaction holds the audit line."""
    values = {
        "at": now,
        "operator_id": asked.by.operator_id,
        "actor": asked.by.name,
        "device": str(asked.device),
        "organisation_id": asked.organisation_id,
    }
    found = (await db.execute(_READ, values)).scalar_one()
    return _HISTORY.validate_python(json.loads(found))
