"""Each site's public address, as seen from its own guests' requests.

A guest whom a gateway has just let in reaches us from the address the Internet sees of that site; a
requisition will ask for it. A redirect carries no time, and a phone may open it again at home, on
its own network: so only the signed redirect that says "online" counts, only while RADIUS has just
bound the admission it names, and each admission tells it once. IPv4 only, since that is what a
site shares; an IPv6 address is the device's own.
"""

from collections import OrderedDict
from collections.abc import Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv4Address
from uuid import UUID

from portal.admission import Admission
from portal.gateways.vocabulary import Arrival, Situation
from portal.records import Pool, load_sites_at
from territory.web.addresses import Address

MOST_REMEMBERED = 20_000
JUST_BOUND = timedelta(minutes=2)
"""A browser comes from its gateway's log-in to our page within seconds."""
CHECK_AGAIN = timedelta(seconds=30)
"""The same address of the same site is not looked up more often than this."""


@dataclass(slots=True)
class Sightings:
    """Which admissions and which addresses were seen by this process, bounded."""

    _admissions: OrderedDict[UUID, None] = field(default_factory=OrderedDict)
    _checked: OrderedDict[tuple[UUID, IPv4Address], datetime] = field(default_factory=OrderedDict)

    def is_first(self, admission_id: UUID) -> bool:
        """Whether this admission tells where it is seen from for the first time."""
        if admission_id in self._admissions:
            return False
        self._admissions[admission_id] = None
        if len(self._admissions) > MOST_REMEMBERED:
            self._admissions.popitem(last=False)
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


async def is_from_site(pool: Pool, address: Address, site_id: UUID) -> bool:
    """Whether a request comes from a site: its public address, or a network of our own.

    Strict: nobody is at a site whose public address is not known, nor at a global IPv6 address.

    Raises:
        Unavailable: the database is away.
    """
    if not address.is_global:
        return True
    shared = shared_address(address)
    return shared is not None and site_id in await load_sites_at(pool, shared)


def is_elsewhere(address: Address, seen_from: Set[str]) -> bool:
    """Whether a request is known to come from elsewhere than the site seen from these addresses.

    Lenient: where none is known, or by IPv6, which is the device's own, nobody is elsewhere.
    """
    shared = shared_address(address)
    return shared is not None and bool(seen_from) and str(shared) not in seen_from


def speaks_for_site(arrival: Arrival, admission: Admission, now: datetime) -> bool:
    """Whether who brings this redirect stands where it was made: just let in, and vouched for."""
    return (
        arrival.is_signed
        and arrival.situation is Situation.ONLINE
        and admission.device == arrival.device
        and admission.bound_at is not None
        and now - admission.bound_at <= JUST_BOUND
    )
