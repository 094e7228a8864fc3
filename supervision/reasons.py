"""Why a piece of equipment is in its state, in plain French: what a technician reads.

Each reason says what is observed, its likely cause, and the first thing to try. The words go into
`live.equipment_state.reason`; the member's name goes into logs.
"""

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Words:
    """A reason for people, each part one or two plain sentences."""

    observed: str
    """What is seen, without a guess."""
    cause: str = ""
    """The likely cause; empty when nothing is wrong."""
    first_thing: str = ""
    """The first thing to try; empty when there is nothing to do."""

    def __str__(self) -> str:
        parts = [self.observed]
        if self.cause:
            parts.append(f"Cause probable : {self.cause}")
        if self.first_thing:
            parts.append(f"À essayer d’abord : {self.first_thing}")
        return " ".join(parts)


class Reason(Enum):
    """Every reason there is."""

    ANSWERS = Words("Répond normalement.")
    SPEAKS_RADIUS = Words("Parle au serveur d’accès ; on ne l’interroge pas au ping.")
    NO_ADDRESS = Words(
        "On ne sait pas où l’interroger.",
        "aucune adresse de gestion joignable n’est décrite pour cet équipement.",
        "compléter son adresse dans la description du territoire.",
    )
    CANNOT_PING = Words(
        "On ne peut pas l’interroger au ping depuis ce serveur.",
        "le compte de la supervision n’a pas le droit d’envoyer des pings.",
        "régler net.ipv4.ping_group_range, ou donner CAP_NET_RAW au service.",
    )
    FIRST_LOOK = Words("Pas encore de réponse : un seul relevé fait depuis le démarrage.")
    NEVER_SEEN = Words(
        "N’a jamais donné signe de vie.",
        "pas encore installé, ou mal raccordé : lien, adresse ou secret partagé.",
        "vérifier sur place la configuration du lieu, puis l’adresse déclarée.",
    )
    SILENT = Words(
        "Ne répond plus au ping.",
        "coupure de courant, panne de la box ou de la ligne Internet du lieu.",
        "appeler le lieu : le boîtier est-il allumé, Internet marche-t-il ?",
    )
    SILENT_WITH_GUESTS = Words(
        "Ne répond plus, alors que des visiteurs étaient connectés.",
        "coupure de courant, panne de la box ou de la ligne Internet du lieu.",
        "appeler le lieu : le boîtier est-il allumé, Internet marche-t-il ?",
    )
    ALONE_SILENT = Words(
        "Ne répond plus au ping, alors que le routeur du lieu fonctionne.",
        "cette borne seule : câble, injecteur ou port du commutateur.",
        "faire débrancher puis rebrancher le câble de cette borne.",
    )
    SITE_SILENT = Words(
        "Ne répond plus au ping, et le routeur du lieu non plus.",
        "tout le lieu est coupé : courant, box ou ligne Internet.",
        "traiter d’abord le routeur du lieu.",
    )
    RADIUS_SILENT = Words(
        "Des connexions sont ouvertes, mais aucune nouvelle d’elles n’arrive plus.",
        "le lien du lieu est coupé, ou l’équipement est éteint.",
        "appeler le lieu : le boîtier est-il allumé, Internet marche-t-il ?",
    )
    QUIET = Words("Silencieux, et rien ne l’oblige à parler : personne n’est connecté.")
    COMING_BACK = Words("Répond de nouveau ; à confirmer au prochain relevé.")
    PING_FILTERED = Words("Parle au serveur d’accès ; ne répond pas au ping, sans doute filtré.")
    PING_LOST = Words(
        "Parle au serveur d’accès, mais ne répond plus au ping.",
        "un pare-feu ou une mise à jour bloque maintenant le ping.",
        "vérifier les règles du pare-feu du lieu.",
    )
    ACCOUNTING_LOST = Words(
        "Répond au ping, mais n’envoie plus de nouvelles des connexions ouvertes.",
        "le port de comptabilité (1813) est bloqué, ou le portail du boîtier est arrêté.",
        "redémarrer le portail du boîtier, puis vérifier le port 1813.",
    )
    LOSSY = Words(
        "Répond, mais des relevés se perdent.",
        "ligne saturée ou de mauvaise qualité, liaison radio faible.",
        "regarder le débit de la ligne et le câble du boîtier.",
    )
    SLOW = Words(
        "Répond, mais lentement.",
        "ligne Internet saturée.",
        "regarder qui consomme le débit ; baisser celui de la formule au besoin.",
    )
