"""How many requests one source may make; beyond that a page asks to wait.

A whole site often stands behind one address, so the general limit is far above a concert's crowd
(500 guests within a minute) and only refused redirects are counted closely. Where no secret vouches
for a redirect, anyone can make up devices, and the fresh rights they would fill the tables with
are counted too: closely where a right is bound to the device that a redirect names, and far above
any crowd where it is a credential that nobody has shown yet. Ways in that leave a row to be
answered (a code, a sign-in elsewhere, a question) are counted as they begin, far above a crowd too.
What makes us ask a gateway's controller is counted before it is asked. Memory of this process only:
what is lost with it is worth nothing.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import IPv6Address

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.strategies import FixedWindowRateLimiter

from portal.counters import Counters
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
"""Of one source at one gateway, an hour: as many guests as openNDS holds at once (MaxClients)."""
UNSIGNED_GRANTS_OF_GATEWAY = RateLimitItemPerHour(500)
"""Of all sources together: a flood from one address leaves its guests as many again."""
UNSHOWN_GRANTS_OF_SOURCE = RateLimitItemPerHour(5000)
"""The same where the right is a credential that RADIUS binds: a concert's crowd, many times."""
UNSHOWN_GRANTS_OF_GATEWAY = RateLimitItemPerHour(10_000)
"""Of all sources together."""
SIGN_INS_OF_SOURCE = RateLimitItemPerHour(2000)
"""Begun by one source at one site, an hour: a concert's crowd (500), four tries each."""
SIGN_INS_OF_SITE = RateLimitItemPerHour(4000)
"""Of all sources together: a flood from one address leaves the site's guests as many again."""
UNSIGNED_SIGN_INS_OF_SOURCE = RateLimitItemPerHour(1000)
"""The same where nothing vouches for a redirect: openNDS's guests (250), four tries each."""
UNSIGNED_SIGN_INS_OF_SITE = RateLimitItemPerHour(2000)
"""Of all sources together."""
SEALED_OF_SOURCE = RateLimitItemPerMinute(60)
"""Redirects of one source, at one gateway, that its controller is asked to open."""
SEALED_OF_GATEWAY = RateLimitItemPerMinute(120)
"""Of all sources together."""
MOST_SEALED_AT_ONCE = 4
"""That one gateway's controller is asked to open at a time."""


@dataclass(slots=True)
class Throttle:
    """Counts by source and by device."""

    limiter: FixedWindowRateLimiter = field(
        default_factory=lambda: FixedWindowRateLimiter(Counters())
    )

    _opening: Counter[str] = field(default_factory=Counter)

    def allows(self, item: RateLimitItem, name: str, *who: str) -> bool:
        """Count one more of `name` for `who`; False once it is too many."""
        return self.limiter.hit(item, name, *who)

    def allows_unsigned_grant(self, source: str, gateway: str, *, is_bound: bool) -> bool:
        """Count one more fresh right that rests on an unsigned redirect; False once it is too many.

        `is_bound`: whether it is bound to the device that the redirect names, from the start.
        """
        of_source, of_gateway = UNSHOWN_GRANTS_OF_SOURCE, UNSHOWN_GRANTS_OF_GATEWAY
        if is_bound:
            of_source, of_gateway = UNSIGNED_GRANTS_OF_SOURCE, UNSIGNED_GRANTS_OF_GATEWAY
        return self.allows(of_source, "unsigned grants", gateway, source) and self.allows(
            of_gateway, "unsigned grants of a gateway", gateway
        )

    def allows_sign_in(self, source: str, site: str, *, is_vouched: bool) -> bool:
        """Count one more way in that is begun and leaves a row; False once it is too many.

        `is_vouched`: whether a gateway's secret vouched for the device.
        """
        of_source, of_site = SIGN_INS_OF_SOURCE, SIGN_INS_OF_SITE
        if not is_vouched:
            of_source, of_site = UNSIGNED_SIGN_INS_OF_SOURCE, UNSIGNED_SIGN_INS_OF_SITE
        kind = "sign-ins" if is_vouched else "unsigned sign-ins"
        return self.allows(of_source, kind, site, source) and self.allows(
            of_site, f"{kind} of a site", site
        )

    @contextmanager
    def opening(self, source: str, gateway: str) -> Iterator[bool]:
        """Count one more sealed device while its gateway's controller opens it.

        Yields whether it may be asked: not too often, and not too many at once.
        """
        may = (
            self._opening[gateway] < MOST_SEALED_AT_ONCE
            and self.allows(SEALED_OF_SOURCE, "sealed", gateway, source)
            and self.allows(SEALED_OF_GATEWAY, "sealed of a gateway", gateway)
        )
        self._opening[gateway] += may
        try:
            yield may
        finally:
            self._opening[gateway] -= may


def source_of(address: Address) -> str:
    """Return the source an address belongs to: itself, or its /64 (RFC 6177)."""
    if isinstance(address, IPv6Address):
        return address.packed[:8].hex()
    return str(address)
