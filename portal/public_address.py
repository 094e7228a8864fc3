"""Each site's public address, as seen from its own guests' requests.

A guest who has just been redirected by a gateway reaches us from the address the Internet sees of
that site; a requisition will ask for it. Only a signed redirect counts, and only the first time it
is seen: the same address opened again later, from a phone's own network, says nothing. IPv4 only,
since that is what a site shares; an IPv6 address is the device's own.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import IPv4Address
from uuid import UUID

from territory.web.addresses import Address

MOST_REMEMBERED = 20_000
CHECK_AGAIN = timedelta(seconds=30)
"""The same address of the same site is not looked up more often than this."""


@dataclass(slots=True)
class Sightings:
    """Which redirects and which addresses were seen by this process, bounded."""

    _redirects: OrderedDict[bytes, None] = field(default_factory=OrderedDict)
    _checked: OrderedDict[tuple[UUID, IPv4Address], datetime] = field(default_factory=OrderedDict)

    def is_fresh(self, redirect: bytes) -> bool:
        """Whether this redirect (its raw query) is seen for the first time."""
        digest = sha256(redirect).digest()
        if digest in self._redirects:
            return False
        self._redirects[digest] = None
        if len(self._redirects) > MOST_REMEMBERED:
            self._redirects.popitem(last=False)
        return True

    def is_due(self, site_id: UUID, address: IPv4Address, now: datetime) -> bool:
        """Whether the site's address is to be compared with its record now."""
        checked = self._checked.get((site_id, address))
        if checked is not None and now - checked < CHECK_AGAIN:
            return False
        self._checked.pop((site_id, address), None)
        self._checked[(site_id, address)] = now
        if len(self._checked) > MOST_REMEMBERED:
            self._checked.popitem(last=False)
        return True


def shared_address(address: Address) -> IPv4Address | None:
    """Return `address` if a site may share it towards the Internet, else None."""
    return address if isinstance(address, IPv4Address) and address.is_global else None
