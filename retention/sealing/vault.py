"""Identity and accounts: sealed when they end, then out of the database by small deletes.

    account.close, a contact's last right -> an end, by its UTC day
        that day is sealed -> segments `identity` and `account`, each with its key and its term
        the index names the segment -> the rows leave the database, a few at a time

What is sealed at rest with the master key is opened first, and sealed to the custodians: five years
later the server that wrote it may be gone. A day on which nobody ended has no such segment. What
ended before the archive began stays in the database until its day (`forgetting.py`), and so does
what finds a contact again, which is no identity: a newsletter that it agreed to hangs on it.

No end is ever written that lies further back than a day's grace (an account ends now, a contact
when its last right does), so a sealed day's rows are all in its segment.
"""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Final

import pyarrow as pa
import structlog

from retention.sealing.columns import ACCOUNT_ROWS, IDENTITY_ROWS
from retention.sealing.facts import Connection
from retention.sealing.slices import midnight
from territory.database.injunctions import Row
from territory.database.tables.columns import Category
from territory.errors import ConfigurationError
from territory.keyring import Keyring

log = structlog.get_logger()

VAULTED: Final = (Category.IDENTITY, Category.ACCOUNT)
"""The categories sealed when somebody's account ends, in the order they are sealed."""

_IDENTITY: Final = """
    SELECT p.account_id AS guest, coalesce(a.kind, 'account') AS kind, p.told_by,
        p.claims_sealed AS sealed, p.recorded_at, p.ended_at
    FROM identity.person p LEFT JOIN account.account a ON a.id = p.account_id
    WHERE $1::timestamptz IS NULL OR p.ended_at >= $1 AND p.ended_at < $2::timestamptz
    UNION ALL
    SELECT i.id, coalesce(c.kind, 'email'), 'guest', i.contact_sealed, c.last_verified_at,
        i.valid_until
    FROM identity.contact i LEFT JOIN account.contact c ON c.id = i.id
    WHERE $1 IS NULL OR i.valid_until >= $1 AND i.valid_until < $2
    ORDER BY guest
"""

_ACCOUNT: Final = """
    SELECT id AS guest, kind, encode(key, 'hex') AS digest, provider, subject_sealed AS sealed,
        NULL AS user_name, created_at AS began_at, closed_at AS ended_at
    FROM account.account
    WHERE $1::timestamptz IS NULL OR closed_at >= $1 AND closed_at < $2::timestamptz
    UNION ALL
    SELECT id, kind, encode(digest, 'hex'), NULL, NULL, NULL, verified_at, valid_until
    FROM account.contact WHERE $1 IS NULL OR valid_until >= $1 AND valid_until < $2
    UNION ALL
    SELECT r.guest_id, coalesce(a.kind, c.kind, 'ticket'),
        encode(coalesce(a.key, c.digest, t.code_digest), 'hex'), NULL, NULL, r.user_name,
        r.created_at, least(r.ends_at, r.revoked_at)
    FROM live.admission r
    LEFT JOIN account.account a ON a.id = r.guest_id
    LEFT JOIN account.contact c ON c.id = r.guest_id
    LEFT JOIN live.ticket t ON t.id = r.guest_id
    WHERE r.guest_id IS NOT NULL AND ($1 IS NULL OR r.ends_at >= $1 AND r.ends_at < $2)
    ORDER BY guest, user_name
"""


def _over(end: str, category: Category) -> str:
    """Return the condition of rows whose end lies on a day with a sealed and indexed segment."""
    return f"""{end} < $1 AND EXISTS (SELECT FROM archive.segment s WHERE s.part = 0
        AND s.category = '{category}' AND s.day = ({end} AT TIME ZONE 'UTC')::date)"""


# Said twice: what somebody's return changed while its row was waited for is looked at again, and
# PostgreSQL does that for the outer condition alone.
_REMOVE: Final = tuple(
    f"{change} WHERE {over} AND {key} IN (SELECT {key} FROM {table} WHERE {over} LIMIT 500)"  # noqa: S608
    for change, table, key, over in (
        (
            "DELETE FROM identity.person",
            "identity.person",
            "account_id",
            _over("ended_at", Category.IDENTITY),
        ),
        (
            "DELETE FROM identity.contact",
            "identity.contact",
            "id",
            _over("valid_until", Category.IDENTITY),
        ),
        (
            "UPDATE live.admission SET guest_id = NULL",
            "live.admission",
            "id",
            f"guest_id IS NOT NULL AND {_over('ends_at', Category.ACCOUNT)}",
        ),
        (
            "DELETE FROM account.account",
            "account.account",
            "id",
            _over("closed_at", Category.ACCOUNT),
        ),
    )
)
"""Each a few hundred rows at once, so that a lock is held for milliseconds."""


async def load_ended(
    connection: Connection, day: date, keyring: Keyring
) -> list[tuple[Category, pa.Table]]:
    """Return who ended on `day`, as IDENTITY_ROWS and ACCOUNT_ROWS; neither where it is empty."""
    span = midnight(day), midnight(day + timedelta(days=1))
    found = await _load(connection, keyring, *span)
    return [(category, table) for category, table in found.items() if table.num_rows]


async def load_held(connection: Connection, keyring: Keyring) -> dict[Category, pa.Table]:
    """Return all that the database still holds of accounts, ended or not: what no segment has."""
    return await _load(connection, keyring, None, None)


async def remove_ended(connection: Connection, now: datetime) -> int:
    """Delete the rows whose end lies on a sealed and indexed day; return how many.

    A right that ended only loses whose it was: the row tells the terms that were accepted there.
    """
    removed = 0
    for statement in _REMOVE:
        while count := _count(await connection.execute(statement, now)):
            removed += count
    return removed


def _count(status: str) -> int:
    return int(status.rpartition(" ")[2])


async def _load(
    connection: Connection, keyring: Keyring, start: datetime | None, end: datetime | None
) -> dict[Category, pa.Table]:
    identity = await connection.fetch(_IDENTITY, start, end)
    account = await connection.fetch(_ACCOUNT, start, end)
    opened = Opener(keyring.open)
    return {
        Category.IDENTITY: pa.Table.from_pylist(
            [identity_row(row, opened) for row in identity], schema=IDENTITY_ROWS
        ),
        Category.ACCOUNT: pa.Table.from_pylist(
            [account_row(row, opened) for row in account], schema=ACCOUNT_ROWS
        ),
    }


class Opener:
    """Opens what the base sealed at rest; what cannot be is kept as it is, and said once."""

    def __init__(self, open_sealed: Callable[[bytes], str]) -> None:
        self._open = open_sealed
        self._told = False

    def __call__(self, sealed: bytes) -> str | None:
        """Return what was sealed; None: with another master key, or damaged."""
        try:
            return self._open(sealed)
        except ConfigurationError:
            if not self._told:
                log.error("vault_cannot_open", cause="another master key, or damaged")
            self._told = True
            return None


def identity_row(row: Row, opened: Opener) -> dict[str, Any]:
    """Return one row of IDENTITY_ROWS: the claims as JSON, whatever they were sealed as."""
    names = ("kind", "told_by", "recorded_at", "ended_at")
    text = opened(row["sealed"])
    if text is None:
        text = json.dumps({"sealed": bytes(row["sealed"]).decode(errors="replace")})
    elif row["kind"] in {"email", "phone"}:
        text = json.dumps({row["kind"]: text}, ensure_ascii=False)
    return {"guest": str(row["guest"]), "claims": text, **{name: row[name] for name in names}}


def account_row(row: Row, opened: Opener) -> dict[str, Any]:
    """Return one row of ACCOUNT_ROWS."""
    names = ("kind", "digest", "provider", "user_name")
    return {
        "guest": str(row["guest"]),
        "subject": opened(row["sealed"]) if row["sealed"] else None,
        "from": row["began_at"],
        "until": row["ended_at"],
        **{name: row[name] for name in names},
    }
