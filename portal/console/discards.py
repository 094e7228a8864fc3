"""What RADIUS could not use: packets left without an answer, records set aside. Pure.

portal/console/discard_queries.py fills these values; the words are the console's own.
"""

from dataclasses import dataclass
from datetime import datetime

from territory.vocabulary import StrangerReason


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
