"""The live admissions this process has let in: what is known while the database is away.

Bounded, by last use; lost with the process, which costs nothing but that. An admission in here may
have been revoked since: it is let in again all the same, for as long as the database is away and
the admission lives, and the outcome says `from_memory`.
"""

from collections import OrderedDict
from typing import Final
from uuid import UUID

from radius.access import AccessRequest, Proof
from radius.policy import Facts

CAPACITY: Final = 50_000


class Memory:
    """Facts of the last Accepts, by device and site."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._facts: OrderedDict[tuple[bytes, UUID], Facts] = OrderedDict()

    def __len__(self) -> int:
        return len(self._facts)

    def remember(self, request: AccessRequest, facts: Facts) -> None:
        """Keep the facts of a request that was let in."""
        if request.device is None:
            return
        key = (request.device, request.nas.site_id)
        known = self._facts
        known[key] = facts
        known.move_to_end(key)
        if len(known) > self._capacity:
            known.popitem(last=False)

    def recall(self, request: AccessRequest) -> Facts | None:
        """Return the facts of the admission a request shows, if they are known."""
        if request.device is None:
            return None
        facts = self._facts.get((request.device, request.nas.site_id))
        if facts is None:
            return None
        shown = request.proof is Proof.DEVICE or request.user_name == facts.user_name
        return facts if shown else None
