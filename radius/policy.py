"""Who is let in: the one place that decides on an Access-Request.

Pure. `screen` refuses what needs no facts, so that a guesser costs no query; `decide` judges the
rest against what the database says at that instant. A credential belongs to the first device that
shows it: the same statement that reads the facts has bound it, so here a device is either the
right one or not. The same device may show it again as long as the admission lives (log-in
cookies, re-authentication, a lost reply), at any NAS of the admission's site.

A NAS of central web authentication refuses no device it presents: what would be refused is sent to
the portal, which says why (`is_sent_to_portal`). The MAC address is all that is ever shown there,
so a live admission of the place lets its device in whatever its plan says of coming back by it.

A synthetic guest's right opens at its own probe alone, whether shown by name or by device, and a
probe opens to nobody else: to either, the other is another site.

Nothing challenges yet (no EAP, no second factor), so there is no Access-Challenge to decide on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from radius.access import AccessRequest, Proof
from radius.house import (
    OPEN_HOUSE,
    Beyond,
    House,
    is_same_network,
    judge,
    may_return,
    opening_words,
)
from radius.rights import Plan, Rights
from radius.rulebook import slowed
from territory.rules.credentials import is_probe_name
from territory.rules.quotas import Stop
from territory.rules.usage import NOTHING_USED, Allowance, Remaining, Usage, remaining


class Reason(StrEnum):
    """Why a request was answered as it was; a stable word for counters, logs and the portal."""

    __hash__ = str.__hash__  # the enumeration's own is written in Python; each answer needs three

    FIRST_USE = "first_use"
    SHOWN_AGAIN = "shown_again"
    KNOWN_DEVICE = "known_device"
    FROM_MEMORY = "from_memory"
    SENT_TO_PORTAL = "sent_to_portal"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105
    MALFORMED_PASSWORD = "malformed_password"  # noqa: S105
    TWO_PASSWORDS = "two_passwords"
    NO_PASSWORD = "no_password"  # noqa: S105
    EAP_NOT_OFFERED = "eap_not_offered"
    OTHER_MAC_FORM = "other_mac_form"
    NO_DEVICE = "no_device"
    NOT_THIS_DEVICE = "not_this_device"
    UNKNOWN_CREDENTIAL = "unknown_credential"
    CREDENTIAL_EXPIRED = "credential_expired"
    OTHER_DEVICE = "other_device"
    OTHER_SITE = "other_site"
    ENDED = "ended"
    REVOKED = "revoked"
    USED_UP = "used_up"
    UNKNOWN_DEVICE = "unknown_device"
    DEVICE_NOT_ALLOWED = "device_not_allowed"
    BLOCKED = "blocked"
    CLOSED = "closed"
    DAY_TIME_USED = "day_time_used"
    MONTH_TIME_USED = "month_time_used"
    DAY_VOLUME_USED = "day_volume_used"
    MONTH_VOLUME_USED = "month_volume_used"
    TOO_MANY_DEVICES = "too_many_devices"
    OTHER_NETWORK = "other_network"
    DEVICE_ELSEWHERE = "device_elsewhere"
    UNAVAILABLE = "unavailable"
    PLAN_UNKNOWN = "plan_unknown"


BLAMES_US: Final = frozenset(
    {
        Reason.WRONG_PASSWORD,
        Reason.MALFORMED_PASSWORD,
        Reason.TWO_PASSWORDS,
        Reason.NO_PASSWORD,
        Reason.EAP_NOT_OFFERED,
        Reason.OTHER_MAC_FORM,
        Reason.NO_DEVICE,
        Reason.UNKNOWN_CREDENTIAL,
        Reason.CREDENTIAL_EXPIRED,
        Reason.OTHER_SITE,
    }
)
"""Refusals of what the portal has just given, or of how a NAS tells it: many in a row are a fault
of ours or of the NAS. All others are a guest's, a place's or a plan's."""


class Facts(NamedTuple):
    """What the database says of the admission a request names, at one instant."""

    admission_id: UUID
    user_name: str
    """Its opaque name, also for a device that presented itself by its MAC address."""
    site_id: UUID
    plan_id: UUID
    device: bytes | None
    """6 octets, once bound; None: not bound, and this request could not bind it."""
    bound_now: bool
    """Whether the present request bound it."""
    credential_expires_at: datetime
    ends_at: datetime
    revoked_at: datetime | None
    session_seconds: int
    upload_octets: int
    download_octets: int
    open_sessions: int
    beyond: Beyond | None = None
    """What is known of the guest beyond the admission, where it was asked for."""


class Accept(NamedTuple):
    """Let in, with these rights."""

    reason: Reason
    rights: Rights
    facts: Facts


@dataclass(frozen=True, slots=True)
class Reject:
    """Refused; `message` says what the guest can do next."""

    reason: Reason
    admission_id: UUID | None = None
    detail: str = ""
    """A sentence more, ASCII: when a closed place opens."""

    @property
    def message(self) -> str:
        """Reply-Message: plain French in ASCII, its reason in brackets for the portal."""
        words = f"{MESSAGES[self.reason]} {self.detail}".rstrip()
        return f"{words} [{self.reason}]"


@dataclass(frozen=True, slots=True)
class Discard:
    """No answer: the NAS asks again, or asks its next server."""

    reason: Reason


Decision = Accept | Reject | Discard

_TRY_AGAIN = "Reconnectez-vous depuis la page d'accueil."
_NOT_HERE = "Ce reseau n'accepte pas ce mode de connexion. Ouvrez la page d'accueil."
MESSAGES: Final[Mapping[Reason, str]] = {
    Reason.WRONG_PASSWORD: f"Code non reconnu. {_TRY_AGAIN}",
    Reason.MALFORMED_PASSWORD: f"Code illisible. {_TRY_AGAIN}",
    Reason.TWO_PASSWORDS: f"Demande mal formee. {_TRY_AGAIN}",
    Reason.NO_PASSWORD: f"Code absent. {_TRY_AGAIN}",
    Reason.EAP_NOT_OFFERED: _NOT_HERE,
    Reason.OTHER_MAC_FORM: f"Une adresse MAC n'est pas un identifiant. {_TRY_AGAIN}",
    Reason.NO_DEVICE: "La borne n'a pas indique votre appareil. Prevenez l'accueil du lieu.",
    Reason.NOT_THIS_DEVICE: f"Cet identifiant est celui d'un autre appareil. {_TRY_AGAIN}",
    Reason.UNKNOWN_CREDENTIAL: f"Code inconnu ou trop ancien. {_TRY_AGAIN}",
    Reason.CREDENTIAL_EXPIRED: f"Code expire avant usage. {_TRY_AGAIN}",
    Reason.OTHER_DEVICE: f"Code deja utilise par un autre appareil. {_TRY_AGAIN}",
    Reason.OTHER_SITE: f"Code d'un autre lieu. {_TRY_AGAIN}",
    Reason.ENDED: f"Votre temps de connexion est termine. {_TRY_AGAIN}",
    Reason.REVOKED: "Votre acces a ete arrete. Adressez-vous a l'accueil du lieu.",
    Reason.USED_UP: "Vous avez utilise tout votre volume de donnees pour cette connexion.",
    Reason.UNKNOWN_DEVICE: "Appareil sans connexion en cours. Ouvrez la page d'accueil.",
    Reason.DEVICE_NOT_ALLOWED: _TRY_AGAIN,
    Reason.BLOCKED: "Cet appareil ne peut pas se connecter ici. Adressez-vous a l'accueil du lieu.",
    Reason.CLOSED: "Le Wi-Fi de ce lieu est ferme a cette heure.",
    Reason.DAY_TIME_USED: "Vous avez utilise tout votre temps de connexion d'aujourd'hui.",
    Reason.MONTH_TIME_USED: "Vous avez utilise tout votre temps de connexion du mois.",
    Reason.DAY_VOLUME_USED: "Vous avez utilise tout votre volume de donnees d'aujourd'hui.",
    Reason.MONTH_VOLUME_USED: "Vous avez utilise tout votre volume de donnees du mois.",
    Reason.TOO_MANY_DEVICES: "Trop de vos appareils sont deja connectes. Deconnectez-en un.",
    Reason.OTHER_NETWORK: f"Connexion ouverte sur un autre reseau. {_TRY_AGAIN}",
    Reason.DEVICE_ELSEWHERE: f"Cet appareil est deja en ligne dans un autre lieu. {_TRY_AGAIN}",
}
"""What a guest reads; ASCII, because gateways carry it through a URL as best they can."""

_SCREENED: Final[Mapping[Proof, Reason]] = {
    Proof.EAP: Reason.EAP_NOT_OFFERED,
    Proof.TWO_PASSWORDS: Reason.TWO_PASSWORDS,
    Proof.MALFORMED_PASSWORD: Reason.MALFORMED_PASSWORD,
    Proof.NO_PASSWORD: Reason.NO_PASSWORD,
    Proof.WRONG_PASSWORD: Reason.WRONG_PASSWORD,
    Proof.OTHER_MAC_FORM: Reason.OTHER_MAC_FORM,
}


def screen(request: AccessRequest) -> Reject | None:
    """Return the refusal of a request that no fact could save; None: the facts are needed."""
    refused = _SCREENED.get(request.proof)
    if refused is not None:
        return Reject(refused)
    if request.device is None:
        return Reject(Reason.NO_DEVICE)
    if request.proof is Proof.DEVICE and request.named_device != request.device:
        return Reject(Reason.NOT_THIS_DEVICE)
    return None


def decide(
    request: AccessRequest,
    facts: Facts | None,
    plans: Mapping[UUID, Plan],
    now: datetime,
    house: House = OPEN_HOUSE,
) -> Decision:
    """Return what to answer a request that passed `screen`.

    Args:
        request: what was asked.
        facts: the admission it names, after binding; None: there is none.
        plans: every plan, by id.
        now: the instant of the facts, aware, UTC.
        house: limits, hours, blocks, and who may return by a MAC address.
    """
    by_device = request.proof is Proof.DEVICE
    if facts is None:
        return Reject(Reason.UNKNOWN_DEVICE if by_device else Reason.UNKNOWN_CREDENTIAL)
    refused = _refusal(request, facts, now)
    if (house.devices or house.admissions) and house.is_blocked(
        request.device, facts.admission_id, now
    ):
        refused = Reason.BLOCKED
    if refused is not None:
        return Reject(refused, facts.admission_id)
    plan = plans.get(facts.plan_id)
    if plan is None:
        return Discard(Reason.PLAN_UNKNOWN)
    if by_device and (wrong := _cannot_return(request, facts, plan, house)):
        return Reject(wrong, facts.admission_id)
    accepted_as = _accepted_as(request, facts)
    if house.limited and facts.plan_id in house.limited:
        return _grant_limited(accepted_as, facts, plan, house, now)
    return _grant(accepted_as, facts, plan, now)


def decide_from_memory(
    request: AccessRequest,
    facts: Facts | None,
    plans: Mapping[UUID, Plan],
    now: datetime,
    house: House = OPEN_HOUSE,
) -> Decision:
    """Return what to answer while the database is away: a live admission in memory, or nothing.

    Never refuses: what memory does not hold, the NAS's next server may know.
    """
    if facts is None:
        return Discard(Reason.UNAVAILABLE)
    decision = decide(request, facts, plans, now, house)
    if isinstance(decision, Accept):
        return Accept(Reason.FROM_MEMORY, decision.rights, facts)
    return Discard(Reason.UNAVAILABLE)


def is_sent_to_portal(request: AccessRequest) -> bool:
    """Whether a request that is refused is let in as far as the portal: asked of refusals only.

    It must be a device that a NAS of central web authentication presents under its own name.
    """
    return (
        request.nas.central_login is not None
        and request.proof is Proof.DEVICE
        and request.device is not None
        and request.named_device == request.device
    )


def is_undetermined(facts: Facts, site_id: UUID, now: datetime) -> bool:
    """Whether a free credential was not bound though it could have been.

    Another request was binding it at that very moment; the facts must be read again.
    """
    return (
        facts.device is None
        and facts.site_id == site_id
        and facts.revoked_at is None
        and facts.credential_expires_at > now
        and facts.ends_at > now
    )


def _refusal(request: AccessRequest, facts: Facts, now: datetime) -> Reason | None:
    nas = request.nas
    if facts.site_id != nas.site_id or is_probe_name(facts.user_name) is not nas.is_probe:
        return Reason.OTHER_SITE
    if facts.revoked_at is not None and facts.revoked_at <= now:
        return Reason.REVOKED
    if facts.ends_at <= now:
        return Reason.ENDED
    if facts.device is None:
        return Reason.CREDENTIAL_EXPIRED
    if facts.device != request.device:
        return Reason.OTHER_DEVICE
    return None


def _cannot_return(request: AccessRequest, facts: Facts, plan: Plan, house: House) -> Reason | None:
    """Return why a device may not come back by its MAC address; None: it may."""
    if request.nas.central_login is not None:
        return None
    beyond = facts.beyond
    if not plan.mac_authentication or not may_return(house, facts.site_id, beyond):
        return Reason.DEVICE_NOT_ALLOWED
    if beyond is not None and beyond.is_elsewhere:
        return Reason.DEVICE_ELSEWHERE
    if beyond is not None and not is_same_network(beyond.ssid, request.ssid):
        return Reason.OTHER_NETWORK
    return None


def _accepted_as(request: AccessRequest, facts: Facts) -> Reason:
    if request.proof is Proof.DEVICE:
        return Reason.KNOWN_DEVICE
    return Reason.FIRST_USE if facts.bound_now else Reason.SHOWN_AGAIN


def _grant_limited(
    reason: Reason, facts: Facts, plan: Plan, house: House, now: datetime
) -> Accept | Reject:
    """Grant what the plan's limits and the place's hours leave, or say why nothing is left."""
    where = facts.plan_id, facts.site_id
    found = judge(house, where, facts.beyond, _left(facts, plan, now), now)
    if found.stop is None:
        granted = slowed(plan, house.book.limits_of(plan.id)) if found.slow else plan
        return Accept(reason, Rights(granted, found.seconds, found.octets), facts)
    detail = ""
    if found.stop is Stop.CLOSED and found.until is not None:
        hours = house.book.hours_of(*where)
        detail = opening_words(hours.local(found.until)) if hours else ""
    return Reject(Reason(found.stop.value), facts.admission_id, detail)


def _left(facts: Facts, plan: Plan, now: datetime) -> Remaining:
    allowance = Allowance(facts.ends_at, plan.session_octets, facts.revoked_at)
    if plan.session_octets is None:
        return remaining(allowance, NOTHING_USED, now)
    used = Usage(
        facts.session_seconds, facts.upload_octets, facts.download_octets, facts.open_sessions
    )
    return remaining(allowance, used, now)


def _grant(reason: Reason, facts: Facts, plan: Plan, now: datetime) -> Accept | Reject:
    left = _left(facts, plan, now)
    if left.exhausted:
        return Reject(Reason.USED_UP if left.seconds else Reason.ENDED, facts.admission_id)
    return Accept(reason, Rights(plan, left.seconds, left.octets), facts)
