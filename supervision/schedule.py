"""Spreads a round of polls over its interval, so that nobody is asked all at once. Pure.

Each piece of equipment keeps its own moment in every round, drawn from its identifier: even for
any fleet, and the same after a restart.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID


def moment(equipment_id: UUID, span: timedelta) -> timedelta:
    """When in a round this one is polled: from zero up to `span`, always the same."""
    drawn = int.from_bytes(hashlib.blake2b(equipment_id.bytes, digest_size=8).digest())
    return span * (drawn / 2**64)


def span(interval: timedelta, longest_poll: timedelta) -> timedelta:
    """The part of a round in which polls may begin, so that the last ends inside it.

    At least half of the interval: where polls are long for it, a round may run over a little.
    """
    return max(interval - longest_poll, interval / 2)


def next_multiple(now: datetime, step: timedelta) -> datetime:
    """The first instant after `now` (UTC) that is a whole number of steps from 1970 on."""
    origin = datetime(1970, 1, 1, tzinfo=UTC)
    return origin + ((now - origin) // step + 1) * step
