"""One value, one text: JSON whose octets can be hashed and signed by anyone alike.

Keys sorted, no blanks, UTF-8, instants as `2026-11-20T13:03:00Z`, no floating-point number, one
line feed at the end.
"""

import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID


def encode(value: Any) -> bytes:
    """Return the canonical text of dicts, lists, texts, whole numbers, dates and instants."""
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain
    )
    return text.encode() + b"\n"


def instant(moment: datetime) -> str:
    """Return an aware instant in UTC, to the microsecond where it has one."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _plain(value: object) -> str:
    match value:
        case datetime():
            return instant(value)
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
    raise TypeError(f"not for canonical JSON: {type(value).__name__}")
