"""Whose word is taken: gateways that are described, by their link's address or their certificate.

No address here is on the Internet: a described NAS in clear has an inside address, and a tunnel's
is the base's own. Whoever is not here is counted and not read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Senders:
    """Sites by what is known of who sends for them."""

    by_address: Mapping[str, UUID] = field(default_factory=dict)
    """Source address of a NAS, or a tunnel's inside address, canonical."""
    by_name: Mapping[str, UUID] = field(default_factory=dict)
    """DNS name in a NAS's certificate, lower case."""
    codes: Mapping[UUID, str] = field(default_factory=dict)
    """The sites' own, for those who look after them."""

    def site_at(self, address: str) -> UUID | None:
        """Return the site that an address is of; None: nobody's."""
        found = ip_address(address.partition("%")[0])
        return self.by_address.get(str(getattr(found, "ipv4_mapped", None) or found))

    def site_named(self, names: Iterable[str]) -> UUID | None:
        """Return the site that a verified certificate is of; None: nobody's."""
        known = (self.by_name.get(name.lower()) for name in names)
        return next((site for site in known if site), None)
