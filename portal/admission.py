"""The right to go online: when a guest gets a fresh one, the one they have, or none.

Pure. A visit leads to one admission, of the same identifier, so a form sent twice grants once. A
device whose admission still lives gets that one again with what remains of it, also when its
guest had logged out: leaving and coming back wins nothing, and a lost reply costs nothing. The
opaque name is made of the visit and a key of this base, so it cannot be guessed; the password is
derived from the name and never stored.
"""

import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from uuid import UUID, uuid5

from portal.places import Gate
from portal.visit import Visit
from territory.identifiers import MacAddress
from territory.rules.credentials import is_probe_name, new_probe_name, new_user_name
from territory.rules.opening_hours import Hours
from territory.rules.quotas import (
    NO_LIMITS,
    UNUSED,
    Amounts,
    Known,
    Limits,
    Standing,
    Stop,
    standing,
)
from territory.rules.usage import NOTHING_USED, Allowance, Remaining, Usage, remaining
from territory.vocabulary import AtEnd, IdentificationMethod

FIRST_USE = timedelta(minutes=5)
"""A credential that no gateway has shown by then is worth nothing."""
REVOKED_BY_GUEST = "guest"
PROVEN_BY_MAIL = frozenset({IdentificationMethod.EMAIL_CODE, IdentificationMethod.ACCOUNT})
"""Methods whose rights rest on somebody, but for a while."""


@dataclass(frozen=True, slots=True)
class Admission:
    """A right to go online, as its row holds it."""

    id: UUID
    """The visit's."""
    user_name: str
    """Opaque."""
    site_id: UUID
    """Where."""
    plan_id: UUID
    """What it grants."""
    method: str
    """How the guest identified."""
    language: str
    """Of the guest's pages."""
    terms_version: str
    """What was accepted."""
    created_at: datetime
    """Granted at."""
    credential_expires_at: datetime
    """First use must come before."""
    ends_at: datetime
    """The right ends at."""
    network_id: UUID | None = None
    """On which network, where told."""
    guest_id: UUID | None = None
    """The ticket, account or contact it rests on; None: the device alone."""
    device: MacAddress | None = None
    """Bound to this device."""
    bound_at: datetime | None = None
    """Since."""
    revoked_at: datetime | None = None
    """Ended early at."""
    revoked_reason: str | None = None
    """Why it ended early."""
    octets: int | None = None
    """Its plan's volume; None: no limit."""
    limits: Limits = NO_LIMITS
    """What its plan limits beyond it."""

    @property
    def is_lent(self) -> bool:
        """Whether it lasts some minutes only, for its guest to read the mail that proves them."""
        return self.guest_id is None and self.method in PROVEN_BY_MAIL

    def left(self, usage: Usage, now: datetime) -> Remaining:
        """Return what remains of it."""
        return remaining(Allowance(self.ends_at, self.octets, self.revoked_at), usage, now)

    def lives(self, now: datetime) -> bool:
        """Whether it is neither over nor ended early; its volume is another matter."""
        return self.left(NOTHING_USED, now).seconds > 0

    def reopened(self) -> "Admission":
        """Return it as if its guest had never logged out; any other early end stands."""
        if self.revoked_reason != REVOKED_BY_GUEST:
            return self
        return replace(self, revoked_at=None, revoked_reason=None)


@dataclass(frozen=True, slots=True)
class Holding:
    """An admission and what was used of it."""

    admission: Admission
    """The right."""
    usage: Usage = NOTHING_USED
    """What its sessions used."""
    used: Amounts = UNUSED
    """What its guest has used today and this month, where the plan limits that."""
    other_devices: int = 0
    """Of its guest that are online now."""

    def standing(self, hours: Hours | None, now: datetime) -> Standing:
        """Return what its guest may do at a place of these hours."""
        left = self.admission.left(self.usage, now)
        known = Known(left, self.used, self.other_devices)
        return standing(self.admission.limits, hours, known, now)


class Right(StrEnum):
    """Where the right comes from that a guest goes online with."""

    FRESH = "fresh"
    """It is to be written."""
    HELD = "held"
    """The device has it already."""
    REOPENED = "reopened"
    """The device had it and its guest logged out: that is to be undone."""


@dataclass(frozen=True, slots=True)
class Grant:
    """The guest goes online with this."""

    admission: Admission
    """The right, as it will stand."""
    right: Right
    """Which, and so what is to be written of it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The guest cannot go online now."""

    stop: Stop
    """Why: closed, too much used, blocked..."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What counts beside a visit and the right it may have already."""

    now: datetime
    """The present instant, aware, UTC."""
    hours: Hours | None = None
    """Of the place; None: always open."""
    used: Amounts = UNUSED
    """What the device has used today and this month, where the plan limits that."""
    is_blocked: bool = False
    """Whether the device may not go online."""


def decide(held: Holding | None, fresh: Admission, circumstances: Circumstances) -> Grant | Refused:
    """Return what a verified visit gets.

    A right whose volume is gone brings no other until it ends, unless its plan lets the guest ask
    again (`at_end: ask`). Who proves to be somebody gets that guest's right, not what the device
    holds of another's, or of nobody's.

    Args:
        held: the device's last admission at this place, if any.
        fresh: what a device that has none would be granted.
        circumstances: the hour, the place, and what is known of the device.
    """
    if circumstances.is_blocked:
        return Refused(Stop.BLOCKED)
    now, hours = circumstances.now, circumstances.hours
    offered = held.admission.reopened() if held else None
    if held and offered and offered.lives(now) and _is_for(offered, fresh):
        stop = replace(held, admission=offered).standing(hours, now).stop
        if stop is None:
            return Grant(offered, Right.HELD if offered == held.admission else Right.REOPENED)
        if stop is not Stop.USED_UP or offered.limits.at_end is not AtEnd.ASK:
            return Refused(stop)
    stop = Holding(fresh, used=circumstances.used).standing(hours, now).stop
    return Grant(fresh, Right.FRESH) if stop is None else Refused(stop)


def _is_for(offered: Admission, fresh: Admission) -> bool:
    """Whether a right that a device holds serves the guest who asks for one now; one that is lent
    serves nobody who may have their own."""
    is_theirs = fresh.guest_id in (None, offered.guest_id)
    is_enough = fresh.is_lent or not offered.is_lent
    opens_here = is_probe_name(offered.user_name) is is_probe_name(fresh.user_name)
    return is_theirs and is_enough and opens_here and offered.plan_id == fresh.plan_id


def fresh_admission(
    visit: Visit, gate: Gate, user_name: str, now: datetime, ends_at: datetime | None = None
) -> Admission:
    """Return the admission a visit would get.

    RADIUS binds it to the device that shows it first; where the gateway shows no credential, it is
    bound from the start. `ends_at`: when it ends at the latest, where its plan alone does not say.
    """
    plan = gate.place.plan
    unbound = gate.dialect.shows_credential
    planned = now + timedelta(seconds=plan.session_seconds)
    return Admission(
        id=visit.id,
        user_name=user_name,
        site_id=gate.place.id,
        plan_id=plan.id,
        method=visit.method,
        language=visit.language,
        terms_version=visit.terms,
        created_at=now,
        credential_expires_at=now + FIRST_USE,
        ends_at=min(planned, ends_at) if ends_at else planned,
        network_id=gate.networks.get(visit.ssid),
        guest_id=visit.guest,
        device=None if unbound else visit.device,
        bound_at=None if unbound else now,
        octets=plan.session_octets,
        limits=plan.limits,
    )


def after_a_loan(visit: Visit) -> Visit:
    """Return a visit that borrowed an access and then went another way in, for a right of its own:
    of another identifier, the same however often its form is sent."""
    return replace(visit, id=uuid5(visit.id, "after a loan"))


def user_name_of(visit_id: UUID, key: bytes, *, is_probe: bool = False) -> str:
    """Return the opaque name of a visit's admission; `key` is the keyring's "user name".

    `is_probe`: the visit is a synthetic guest's, whose name says so.
    """
    drawn = hmac.new(key, visit_id.bytes, sha256).digest()
    return new_probe_name(drawn) if is_probe else new_user_name(drawn)
