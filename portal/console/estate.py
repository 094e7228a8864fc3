"""What stands where and how it fares: sites with their gateways, NAS and access points. Pure.

Everything the console shows of equipment is one of these values; portal/console/queries.py fills
them from the database.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from territory.vocabulary import StrangerReason


class Health(StrEnum):
    """The state of a piece of equipment or of a site, worst last when sorted by ``rank``."""

    UP = "up"
    ASLEEP = "asleep"
    UNKNOWN = "unknown"
    DEGRADED = "degraded"
    DOWN = "down"

    @property
    def french(self) -> str:
        """The word the console shows (docs/lexique.md)."""
        return _FRENCH[self]

    @property
    def rank(self) -> int:
        """Higher is worse."""
        return list(Health).index(self)


_FRENCH = {
    Health.UP: "en service",
    Health.ASLEEP: "en veille",
    Health.UNKNOWN: "inconnu",
    Health.DEGRADED: "dégradé",
    Health.DOWN: "en panne",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What supervision last found of a piece of equipment."""

    health: Health
    reason: str
    """Why, in words; may be empty."""
    since: datetime | None
    checked_at: datetime | None
    round_trip_seconds: float | None


NEVER_READ = Reading(Health.UNKNOWN, "pas encore relevé", None, None, None)


@dataclass(frozen=True, slots=True)
class AccessPoint:
    """A radio."""

    code: str
    name: str
    model: str | None
    management_address: str | None
    reading: Reading


@dataclass(frozen=True, slots=True)
class Nas:
    """Who sends us RADIUS, with what RADIUS last saw of it."""

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
        if self.rotation_began_at is None:
            return False
        if self.next_secret_at is None:
            return True
        return self.old_secret_at is not None and self.old_secret_at >= self.next_secret_at

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
    def readings(self) -> tuple[Reading, ...]:
        """Of all its equipment."""
        return (
            *(nas.reading for nas in self.nas),
            *(access_point.reading for access_point in self.access_points),
        )

    @property
    def health(self) -> Health:
        """Down when nobody can go online there, degraded when part of it fails."""
        return judge_site(
            [nas.reading.health for nas in self.nas],
            [access_point.reading.health for access_point in self.access_points],
        )


def judge_site(nas: Iterable[Health], access_points: Iterable[Health]) -> Health:
    """A site's state from its parts.

    All NAS down, or all access points down: nobody gets online, the site is down. Some: degraded.
    Nothing known yet of one or the other: unknown.
    """
    kinds = [kind for kind in (list(nas), list(access_points)) if kind]
    if any(all(health is Health.DOWN for health in kind) for kind in kinds):
        return Health.DOWN
    known = [health for kind in kinds for health in kind if health is not Health.UNKNOWN]
    if any(health in {Health.DOWN, Health.DEGRADED} for health in known):
        return Health.DEGRADED
    if any(all(health is Health.UNKNOWN for health in kind) for kind in kinds):
        return Health.UNKNOWN
    return max(known, key=lambda health: health.rank, default=Health.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Discard:
    """Packets nobody answered, counted for a day."""

    source_address: str
    reason: str
    packets: int
    first_at: datetime
    last_at: datetime
    packet_kind: str | None = None
    """Of an unknown sender: what it sends."""
    claimed_name: str | None = None
    """Of an unknown sender: the NAS-Identifier or address it claims; nothing proves it."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """An accounting packet the database refused; its content stays where it is."""

    received_at: datetime
    nas_code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Tunnel:
    """A site's own link to the base, where it is a tunnel."""

    inside_address: str
    heard_at: datetime | None
    """Last handshake; None: never."""
    rotation_began_at: datetime | None
    """Two keys are valid since; None: one is."""


UNKNOWN_NAS, CLEAR_FROM_PUBLIC = (reason.value for reason in StrangerReason)
"""The reasons RADIUS counts when no NAS has that source address: inside a link, in public."""

DISCARD_REASONS = {
    UNKNOWN_NAS: "aucun NAS n'a cette adresse",
    CLEAR_FROM_PUBLIC: "RADIUS en clair depuis Internet : passez par un tunnel ou par RadSec",
    "unsigned": "requête non signée (Message-Authenticator absent)",
    "unsigned-eap": "requête EAP non signée",
    "unsigned-proxy-state": "Proxy-State dans une requête non signée",
    "message-authenticator": "signature fausse : le secret partagé diffère sans doute",
    "request-authenticator": "authentificateur faux : le secret partagé diffère sans doute",
    "text": "texte illisible (NUL ou UTF-8 fautif)",
    "attribute-value": "valeur d'attribut hors limites",
    "acct-delay-time": "retard annoncé de plus de sept jours : l'horloge du NAS a sauté",
    "acct-session-time": "session commencée avant 2020 : l'horloge du NAS a sauté",
    "unknown-tls-name": "aucun NAS n'a le nom de ce certificat",
    "several-tls-names": "le certificat porte les noms de plusieurs NAS",
    "late-answer": "réponse à une demande de la base, arrivée trop tard",
    "code": "type de paquet inattendu",
    "truncated": "paquet tronqué",
    "length": "longueur annoncée fausse",
    "attribute-length": "attribut de longueur fausse",
}


PACKET_KINDS = {
    "access-request": "demande d'accès (Access-Request)",
    "accounting-request": "compte rendu de session (Accounting-Request)",
    "status-server": "question «\u00a0êtes-vous là\u00a0?\u00a0» (Status-Server)",
    "access-accept": "réponse qui accepte (Access-Accept)",
    "access-reject": "réponse qui refuse (Access-Reject)",
    "accounting-response": "réponse à un compte rendu (Accounting-Response)",
    "disconnect-request": "ordre de déconnexion (Disconnect-Request)",
    "disconnect-ack": "déconnexion faite (Disconnect-ACK)",
    "disconnect-nak": "déconnexion refusée (Disconnect-NAK)",
    "coa-request": "ordre de changement (CoA-Request)",
    "coa-ack": "changement fait (CoA-ACK)",
    "coa-nak": "changement refusé (CoA-NAK)",
    "not-radius": "autre chose que du RADIUS",
}


def kind_words(kind: str) -> str:
    """What an unknown sender sends, in French; a number without a name is told as it is."""
    code = kind.removeprefix("code-")
    return PACKET_KINDS.get(kind) or (f"paquet RADIUS de code {code}" if code != kind else kind)


def explain(reason: str) -> str:
    """A discard's reason in French; the word itself where it has no sentence yet."""
    return DISCARD_REASONS.get(reason, reason)
