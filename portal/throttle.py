"""How many requests one source may make; beyond that a page asks to wait.

A whole site often stands behind one address, so the general limit is far above a concert's crowd
(500 guests within a minute) and only refused redirects are counted closely. Where no secret vouches
for a redirect, anyone can make up devices, and the rights they would fill the tables with are
counted too. Memory of this process only: what is lost with it is worth nothing.
"""

from dataclasses import dataclass, field
from ipaddress import IPv6Address

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from territory.web.addresses import Address

REQUESTS = RateLimitItemPerMinute(6000)
"""Of one source, all pages together."""
BAD_REDIRECTS = RateLimitItemPerMinute(120)
"""Of one source, refused ones."""
GRANTS = RateLimitItemPerMinute(20, 10)
"""Of one device behind one gateway, within ten minutes."""
POLLS = RateLimitItemPerMinute(240)
"""Of one gateway from one source: it asks twice a second at most."""
UNSIGNED_GRANTS_OF_SOURCE = RateLimitItemPerHour(250)
"""Of one source: as many new guests an hour as an openNDS gateway holds at once (MaxClients)."""
UNSIGNED_GRANTS_OF_GATEWAY = RateLimitItemPerHour(500)
"""Of all sources together: a flood from one address leaves its guests as many again."""


@dataclass(slots=True)
class Throttle:
    """Counts by source and by device."""

    limiter: FixedWindowRateLimiter = field(
        default_factory=lambda: FixedWindowRateLimiter(MemoryStorage())
    )

    def allows(self, item: RateLimitItem, name: str, *who: str) -> bool:
        """Count one more of `name` for `who`; False once it is too many."""
        return self.limiter.hit(item, name, *who)

    def allows_unsigned_grant(self, source: str, gateway: str) -> bool:
        """Count one more right that rests on an unsigned redirect; False once it is too many."""
        return self.allows(UNSIGNED_GRANTS_OF_SOURCE, "unsigned grants", source) and self.allows(
            UNSIGNED_GRANTS_OF_GATEWAY, "unsigned grants of a gateway", gateway
        )


def source_of(address: Address) -> str:
    """Return the source an address belongs to: itself, or its /64 (RFC 6177)."""
    if isinstance(address, IPv6Address):
        return address.packed[:8].hex()
    return str(address)
