"""The live admissions this process has let in: what is known while the database is away.

Bounded in number, by last use, and in time: so many hours after the database went, nobody is let in
from memory any more, because too much may have happened since. Lost with the process, which costs
nothing but that. What was refused or revoked before the outage is forgotten (forgetting.py); what
is revoked during it cannot be known here: such an admission is let in again until the database is
back, it ends, or the time is over, and the outcome says `from_memory`.
"""

from collections import OrderedDict
from collections.abc import Iterator, Set
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from radius.access import AccessRequest, Proof
from radius.policy import Facts

CAPACITY: Final = 50_000
LASTING: Final = timedelta(hours=4)
_LOOKED_AT: Final = 1_000


class Memory:
    """Facts of the last Accepts, by device and site."""

    def __init__(self, lasting: timedelta = LASTING, capacity: int = CAPACITY) -> None:
        """`lasting`: how long after the database went it is relied on."""
        self._lasting = lasting
        self._capacity = capacity
        self._facts: OrderedDict[tuple[bytes, UUID], Facts] = OrderedDict()
        self.away_since: datetime | None = None
        """When the database was first missed; None while it answers, which its answers set."""

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

    def recall(self, request: AccessRequest, now: datetime) -> Facts | None:
        """Return the facts of the admission a request shows, if they are known and still count."""
        if self.away_since is None:
            self.away_since = now
        if request.device is None or now - self.away_since > self._lasting:
            return None
        facts = self._facts.get((request.device, request.nas.site_id))
        if facts is None:
            return None
        shown = request.proof is Proof.DEVICE or request.user_name == facts.user_name
        return facts if shown else None

    def drop(self, request: AccessRequest, admission_id: UUID) -> None:
        """Forget an admission that the database says is over, if it is this device's here."""
        if request.device is None:
            return
        key = (request.device, request.nas.site_id)
        facts = self._facts.get(key)
        if facts is not None and facts.admission_id == admission_id:
            del self._facts[key]

    def forget(self, admissions: Set[UUID]) -> Iterator[None]:
        """Forget these admissions, on whatever device, a thousand looked at between two steps.

        Whoever iterates lets others have their turn at each; it takes until the last.
        """
        keys = list(self._facts)
        for at in range(0, len(keys), _LOOKED_AT):
            for key in keys[at : at + _LOOKED_AT]:
                facts = self._facts.get(key)
                if facts is not None and facts.admission_id in admissions:
                    del self._facts[key]
            yield
