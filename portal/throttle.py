"""How many requests one source may make; beyond that a page asks to wait.

A whole site often stands behind one address, so the general limit is far above a concert's crowd
(500 guests within a minute) and only refused redirects are counted closely. Memory of this process
only: what is lost with it is worth nothing.
"""

from dataclasses import dataclass, field
from ipaddress import IPv6Address

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from territory.web.addresses import Address

REQUESTS = RateLimitItemPerMinute(6000)
"""Of one source, all pages together."""
BAD_REDIRECTS = RateLimitItemPerMinute(120)
"""Of one source, refused ones."""
GRANTS = RateLimitItemPerMinute(20, 10)
"""Of one device behind one gateway, within ten minutes."""


@dataclass(slots=True)
class Throttle:
    """Counts by source and by device."""

    limiter: FixedWindowRateLimiter = field(
        default_factory=lambda: FixedWindowRateLimiter(MemoryStorage())
    )

    def allows(self, item: RateLimitItem, name: str, *who: str) -> bool:
        """Count one more of `name` for `who`; False once it is too many."""
        return self.limiter.hit(item, name, *who)


def source_of(address: Address) -> str:
    """Return the source an address belongs to: itself, or its /64 (RFC 6177)."""
    if isinstance(address, IPv6Address):
        return address.packed[:8].hex()
    return str(address)
