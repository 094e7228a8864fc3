"""What stands where and how it fares: sites with their gateways, NAS and access points. Pure.

Everything the console shows of equipment is one of these values; portal/console/queries.py fills
them from the database.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from territory.application.nas_trust import still_uses_old_secret
from territory.health.reasons import Reason, Words
from territory.health.states import State, site_state


@dataclass(frozen=True, slots=True)
class Reading:
    """What supervision last found of a piece of equipment."""

    health: State
    reason: str
    """Why, in words; may be empty."""
    since: datetime | None
    checked_at: datetime | None
    round_trip_seconds: float | None
    code: str | None = None
    """The reason's name in territory.health.reasons; None: told by an older version."""
    consequence: bool = False
    """Not its own fault: what it hangs on is down."""

    @property
    def known(self) -> Reason | None:
        """The reason by its code; None: none was told, or one of another version."""
        return reason_of(self.code)

    @property
    def words(self) -> Words:
        """The reason in its three parts, or as it stands."""
        return self.known.value if self.known else Words(self.reason)


def reason_of(code: str | None) -> Reason | None:
    """A reason by its code."""
    return Reason.__members__.get((code or "").upper())


NEVER_READ = Reading(State.UNKNOWN, "pas encore relevé", None, None, None)


@dataclass(frozen=True, slots=True)
class AccessPoint:
    """A radio."""

    id: UUID
    code: str
    name: str
    model: str | None
    management_address: str | None
    reading: Reading


@dataclass(frozen=True, slots=True)
class Nas:
    """Who sends us RADIUS, with what RADIUS last saw of it."""

    id: UUID
    code: str
    known_by: str
    """The address its packets come from, or by RadSec the DNS name in its certificate."""
    identifier: str | None
    require_message_authenticator: str
    """``always``, ``learn`` or ``when-present``."""
    last_access_at: datetime | None
    last_accounting_at: datetime | None
    unsigned_packets: int
    accepts: int
    rejects: int
    reading: Reading
    signed_since: datetime | None = None
    """Where it is to be learnt: it has signed, and must from then on."""
    last_unsigned_at: datetime | None = None
    rotation_began_at: datetime | None = None
    """Two secrets are valid since; None: one is."""
    old_secret_at: datetime | None = None
    next_secret_at: datetime | None = None
    """In a rotation, the last packet under each of them."""
    is_radsec: bool = False
    """It proves itself by a certificate: it has no shared secret of its own."""

    @property
    def is_unsigned(self) -> bool:
        """Whether it sends unsigned requests, and not only before it was found to sign."""
        if not self.unsigned_packets:
            return False
        last, since = self.last_unsigned_at, self.signed_since
        return since is None or (last is not None and last > since)

    @property
    def uses_old_secret(self) -> bool:
        """Whether, in a rotation, it was not heard under the next secret, or not last."""
        return still_uses_old_secret(
            self.rotation_began_at, self.old_secret_at, self.next_secret_at
        )

    @property
    def last_seen_at(self) -> datetime | None:
        """Its last good packet of either kind; None: it was never heard."""
        seen = [at for at in (self.last_access_at, self.last_accounting_at) if at]
        return max(seen, default=None)


@dataclass(frozen=True, slots=True)
class Gateway:
    """What redirects phones, with its NAS."""

    code: str
    brand: str
    model: str | None
    login_address: str
    nas: tuple[Nas, ...]


@dataclass(frozen=True, slots=True)
class Site:
    """A place with public Wi-Fi, and all that stands in it."""

    id: UUID
    code: str
    name: str
    organisation: str
    commune: str
    """Its name; empty for a travelling site."""
    postal_address: str | None
    place_type: str
    link: str
    plan: str
    networks: tuple[str, ...]
    """SSIDs open to the public."""
    gateways: tuple[Gateway, ...]
    access_points: tuple[AccessPoint, ...]
    open_sessions: int

    @property
    def nas(self) -> tuple[Nas, ...]:
        """Every NAS of the site."""
        return tuple(nas for gateway in self.gateways for nas in gateway.nas)

    @property
    def last_seen_at(self) -> datetime | None:
        """The last good packet of any of its NAS."""
        seen = [nas.last_seen_at for nas in self.nas if nas.last_seen_at]
        return max(seen, default=None)

    @property
    def checked_at(self) -> datetime | None:
        """When supervision last looked at any of its equipment; None: never."""
        return max((each.checked_at for each in self.readings if each.checked_at), default=None)

    @property
    def readings(self) -> tuple[Reading, ...]:
        """Of all its equipment."""
        return (
            *(nas.reading for nas in self.nas),
            *(access_point.reading for access_point in self.access_points),
        )

    @property
    def health(self) -> State:
        """Down when nobody can go online there, degraded when part of it fails."""
        return site_state(
            [nas.reading.health for nas in self.nas],
            [access_point.reading.health for access_point in self.access_points],
        )


def unwatched_since(
    checked_at: datetime | None, now: datetime, after: timedelta
) -> datetime | None:
    """Since when supervision looks at nothing any more; None: it does, or has not begun."""
    return checked_at if checked_at is not None and now - checked_at > after else None


@dataclass(frozen=True, slots=True)
class Tunnel:
    """A site's own link to the base, where it is a tunnel."""

    inside_address: str
    heard_at: datetime | None
    """Last handshake; None: never."""
    rotation_began_at: datetime | None
    """Two keys are valid since; None: one is."""
