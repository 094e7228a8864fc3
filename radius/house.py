"""What an Access-Request is judged by beside its facts: hours, limits, blocks, known devices.

Pure. `NasDirectory` holds one `House`, read with the territory; a decision costs one look-up more
where no plan limits anything and no place keeps hours. What a limit needs to know of the guest
(`Beyond`) is asked of the database only then, and for a device that shows its MAC address alone:
such a device comes back only where plan and place allow it, under the terms that its controller's
guests accept today, on the same network, while it is not online elsewhere.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from radius.rulebook import NO_RULES, Rulebook
from territory.rules.quotas import Amounts, Known, Standing, standing
from territory.rules.usage import Remaining

_DAYS: Final = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_MONTHS: Final = (
    *("janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre"),
    *("octobre", "novembre", "decembre"),
)
Until = datetime | None
"""When something ends (aware); None: when somebody ends it."""


class Beyond(NamedTuple):
    """What is known of a guest beyond their admission; a row of `live.guest_facts`."""

    guest_id: UUID | None
    """Their ticket or account; None: the device stands for them."""
    method: str
    """How they identified."""
    terms_version: str
    """What they accepted."""
    ssid: str | None
    """The network they were admitted on, where it is known."""
    day_seconds: int
    month_seconds: int
    day_octets: int
    month_octets: int
    other_devices: int
    """Of theirs, online now."""
    is_elsewhere: bool
    """Whether this device is online at another site."""


class House(NamedTuple):
    """The rules of plans and places."""

    book: Rulebook = NO_RULES
    """Limits and hours."""
    limited: frozenset[UUID] = frozenset()
    """Plans under which more than the admission counts, somewhere."""
    asking: frozenset[UUID] = frozenset()
    """Those of them for which the guest's use or devices must be known."""
    devices: Mapping[bytes, Until] = {}
    """Blocked devices, 6 octets."""
    admissions: Mapping[UUID, Until] = {}
    """Blocked admissions, those of blocked tickets and accounts among them."""
    mac_sites: frozenset[UUID] = frozenset()
    """Sites where plans may let devices in by their MAC address."""
    methods: Mapping[UUID, frozenset[str]] = {}
    """The identification methods each site's own plan takes, by site."""
    terms: Mapping[UUID, str] = {}
    """By site: the newest terms that a guest of the same organisation has accepted."""

    def is_blocked(self, device: bytes | None, admission_id: UUID | None, now: datetime) -> bool:
        """Whether a device or an admission may not go online at `now`."""
        blocked = (
            device is not None and device in self.devices and _holds(self.devices[device], now)
        )
        if blocked or admission_id is None or admission_id not in self.admissions:
            return blocked
        return _holds(self.admissions[admission_id], now)


OPEN_HOUSE: Final = House()
"""Nothing limited, nobody blocked, no device let in by its MAC address."""


def judge(
    house: House, where: tuple[UUID, UUID], beyond: Beyond | None, left: Remaining, now: datetime
) -> Standing:
    """Return what a guest may do under a limited plan.

    Args:
        house: the rules.
        where: the plan and the site.
        beyond: None where the plan asks for nothing beyond the admission, or it was not to be had.
        left: what the admission leaves.
        now: the present instant, aware, UTC.
    """
    known = Known(left)
    if beyond is not None:
        used = Amounts(
            beyond.day_seconds, beyond.month_seconds, beyond.day_octets, beyond.month_octets
        )
        known = Known(left, used, beyond.other_devices)
    return standing(house.book.limits_of(where[0]), house.book.hours_of(*where), known, now)


def may_return(house: House, site_id: UUID, beyond: Beyond | None) -> bool:
    """Whether a device may come back by its MAC address at a site that its plan allows it at.

    Its admission must have been identified as the site's plan asks today, under the terms in use;
    where that is not to be had (the database is away), plan and place alone decide.
    """
    if beyond is None or site_id not in house.mac_sites:
        return site_id in house.mac_sites
    methods = house.methods.get(site_id)
    return (
        methods is None or beyond.method in methods
    ) and beyond.terms_version >= house.terms.get(site_id, "")


def is_same_network(admitted_on: str | None, called: str | None) -> bool:
    """Whether a device is on the network of its admission; what nobody tells is not another."""
    return admitted_on is None or called is None or admitted_on == called


def opening_words(local: datetime | None) -> str:
    """Return when a place opens, on its own clock: `Il ouvre le lundi 23 novembre a 9 h 00.`

    In ASCII, as everything that gateways carry through a URL; empty where nobody knows.
    """
    if local is None:
        return ""
    day, month = _DAYS[local.weekday()], _MONTHS[local.month - 1]
    return f"Il ouvre le {day} {local.day} {month} a {local.hour} h {local.minute:02}."


def _holds(until: Until, now: datetime) -> bool:
    return until is None or until > now
