"""From what was told to the row that is kept: when it happened, by the server's clock. Pure.

What comes by datagram comes at once: it happened at receipt, less the delay that the sender's own
times tell (IPFIX). A stream may bring what waited while the link was down: there the sender's own
time counts where it tells its zone, if it is before the receipt. Who tells no time is taken at the
receipt. What is told once its day is closed goes into a supplement of that day (sealing/).
"""

from datetime import datetime, timedelta
from ipaddress import IPv4Address
from typing import Final, NamedTuple
from uuid import UUID

from retention.intake.translation import Phase, Translation
from territory.errors import ProtocolError

LATEST: Final = timedelta(days=30)
"""What is told to have happened earlier is more likely a clock that was never set than a log that
waited; and one message may not make more supplements than that."""


class Row(NamedTuple):
    """A row of `source.translation`, in the order of its columns."""

    received_at: datetime
    site_id: UUID
    address: IPv4Address
    protocol: int | None
    public_address: IPv4Address
    port_first: int
    port_last: int
    at: datetime
    held_from: datetime | None
    held_until: datetime | None


def row_of(told: Translation, site_id: UUID, received_at: datetime, *, may_wait: bool) -> Row:
    """Return what is kept of a translation; `may_wait`: it came by a stream.

    Raises:
        ProtocolError: `too-late`.
    """
    at = received_at - timedelta(seconds=told.ago_seconds)
    if may_wait and told.told_at is not None:
        at = min(at, told.told_at)
    if at < received_at - LATEST:
        raise ProtocolError("too-late")
    held_from = at if told.phase is Phase.CREATED else None
    if told.lasted_seconds is not None:
        held_from = max(at - timedelta(seconds=told.lasted_seconds), received_at - LATEST)
    return Row(
        *(received_at, site_id, told.private, told.protocol, told.public),
        *(told.port_first, told.port_last, at, held_from),
        at if told.phase is Phase.ENDED else None,
    )
