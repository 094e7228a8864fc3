"""How much one sender may tell: so much a second, a second's worth at once, so much a day. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID


@dataclass(slots=True)
class Pace:
    """A sender's allowance; time is any clock's that does not go back."""

    a_second: int
    left: float
    """Messages that may come now."""
    counted_at: float

    @classmethod
    def of(cls, a_second: int, now: float) -> "Pace":
        """Return a sender's that has sent nothing yet."""
        return cls(a_second, float(a_second), now)

    def take(self, now: float) -> float:
        """Count one message; return in how many seconds it may come, 0: now."""
        gained = (now - self.counted_at) * self.a_second
        self.left = min(float(self.a_second), self.left + gained)
        self.counted_at = now
        if self.left < 1:
            return (1 - self.left) / self.a_second
        self.left -= 1
        return 0.0

    def charge(self, more: int) -> None:
        """Count what a message held beyond one; whoever tells much at once waits afterwards."""
        self.left -= more


@dataclass(slots=True)
class Ration:
    """How many translations of each site are kept a day: a day is sealed in memory, all sites at
    once, and none may grow it beyond."""

    a_day: int
    day: date = date.min
    taken: Counter[UUID] = field(default_factory=Counter)

    def take(self, site: UUID, day: date) -> bool:
        """Count one more of a site's; tell whether it is kept."""
        if day != self.day:
            self.day = day
            self.taken.clear()
        self.taken[site] += 1
        return self.taken[site] <= self.a_day

    def resume(self, day: date, taken: Mapping[UUID, int]) -> None:
        """Count as well what a process of before had taken on a day; nothing if another is on."""
        if day >= self.day:
            self.day = day
            self.taken.update(taken)
