"""Why a piece of equipment is in its state, in plain French: what a technician reads.

Each reason says what is observed, its likely cause, and the first thing to try. The words go into
`live.equipment_state.reason`; the member's name, in lower case, is its code in logs and rows.
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
    consequence: bool = False
    """Not its own fault: what it hangs on is down, or we are."""

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
        "Ne répond plus, et le routeur du lieu non plus.",
        "tout le lieu est coupé : courant, box ou ligne Internet.",
        "traiter d’abord le routeur du lieu.",
        consequence=True,
    )
    STARTING = Words(
        "Pas encore revenu, alors que le routeur du lieu l’est.",
        "il redémarre après la coupure du lieu.",
        "attendre cinq minutes.",
        consequence=True,
    )
    TUNNEL_SILENT = Words(
        "Ne répond plus, et le tunnel du lieu est silencieux.",
        "coupure de courant, panne de la box ou de la ligne Internet du lieu.",
        "appeler le lieu : le boîtier est-il allumé, Internet marche-t-il ?",
    )
    TUNNEL_STANDS = Words(
        "Ne répond plus au ping, alors que le tunnel du lieu fonctionne.",
        "la ligne Internet marche : c’est l’équipement, son câble ou son pare-feu.",
        "vérifier sur place son alimentation et son câble.",
    )
    COMMON_OUTAGE = Words(
        "Ne répond plus, comme une grande partie du territoire au même moment.",
        "une cause commune : la ligne de la base, l’opérateur ou le courant d’un secteur.",
        "vérifier d’abord la ligne Internet de la base, puis l’état du réseau de l’opérateur.",
        consequence=True,
    )
    OWN_NETWORK = Words(
        "On ne peut pas le savoir : la base est, ou vient d’être, coupée du réseau.",
        "la ligne, la passerelle ou le pare-feu de la base ; pas cet équipement.",
        "rétablir d’abord le réseau de la base.",
        consequence=True,
    )
    NOT_WATCHED = Words(
        "On ne sait pas : la supervision était arrêtée.",
        "le service ou la machine de la base était à l’arrêt.",
        "attendre deux relevés ; puis voir pourquoi la supervision s’est arrêtée.",
        consequence=True,
    )
    CLOSED = Words("Silencieux, et le lieu est fermé : il peut être éteint.")
    FLAPPING = Words(
        "Va et vient : tombe et revient sans cesse depuis une heure.",
        "alimentation ou câble instable, ligne Internet qui décroche, liaison radio faible.",
        "faire vérifier l’alimentation et le câble, puis la ligne du lieu.",
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
    ANSWERS_SNMP = Words("Répond à SNMP ; ne répond pas au ping, sans doute filtré.")
    PING_LOST_NOT_SNMP = Words(
        "Répond à SNMP, mais plus au ping.",
        "un pare-feu ou une mise à jour bloque maintenant le ping.",
        "vérifier les règles du pare-feu du lieu.",
    )
    SNMP_LOST = Words(
        "Ne répond plus à SNMP, seul moyen de l’interroger.",
        "coupure de courant ou de ligne, ou SNMP arrêté par une mise à jour.",
        "appeler le lieu : le boîtier est-il allumé, Internet marche-t-il ?",
    )
    SNMP_SILENT = Words(
        "Répond au ping, mais pas à SNMP.",
        "SNMP n’est pas activé sur le boîtier, ou ses secrets ne sont pas ceux décrits.",
        "comparer les réglages SNMP du boîtier à la description du territoire.",
    )
    SEEN_BY_CONTROLLER = Words("Vue en service par son contrôleur.")
    PING_LOST_YET_SEEN = Words(
        "Vue en service par son contrôleur, mais ne répond plus au ping.",
        "un pare-feu bloque maintenant le ping, ou son adresse de gestion a changé.",
        "comparer son adresse chez le contrôleur à celle de la description.",
    )
    CONTROLLER_LOST = Words(
        "Son contrôleur ne la voit plus.",
        "coupure de courant, ou câble, injecteur ou ligne Internet du lieu.",
        "appeler le lieu : la borne est-elle allumée, Internet marche-t-il ?",
    )
    LEFT_CONTROLLER = Words(
        "Répond au ping, mais son contrôleur ne la voit plus.",
        "elle ne joint plus le contrôleur (adresse, pare-feu), ou un autre l’a adoptée.",
        "la rattacher à son contrôleur : sans lui, personne de nouveau n’est admis.",
    )
    CONTROLLER_SILENT = Words(
        "On ne sait pas : son contrôleur, seul à la connaître, n’en dit rien.",
        "le contrôleur ne répond pas, refuse le compte, ou met la borne à jour.",
        "lire la raison à la page « Passerelles et bornes », sous Contrôleurs.",
    )
    RESTARTED = Words("Répond normalement ; a redémarré il y a moins de dix minutes.")
    RESTARTS_OFTEN = Words(
        "A redémarré trois fois ou plus en une heure.",
        "alimentation instable (bloc, injecteur, câble), ou matériel en fin de vie.",
        "changer le bloc d’alimentation ou l’injecteur.",
    )
    INTERFACE_ERRORS = Words(
        "Répond, mais son interface rejette plus d’un paquet sur cent.",
        "câble ou connecteur abîmé, ou vitesse mal négociée avec le commutateur.",
        "changer le câble réseau de ce boîtier.",
    )
    LOG_IN_FAILS = Words(
        "L’équipement répond, mais le visiteur d’essai n’arrive pas au bout de sa connexion.",
        "portail, RADIUS ou formule du lieu ; l’étape qui échoue est sur la page du lieu.",
        "lancer « socle site probe » avec le code du lieu, et lire l’étape.",
    )
    EVERYBODY_REFUSED = Words(
        "Répond, mais tout le monde est refusé depuis vingt minutes au moins.",
        "accès donnés par un autre portail ou pour un autre lieu, ou passerelle déréglée.",
        "lire les refus par motif sur la page du lieu.",
    )
    CLOCK_WRONG = Words(
        "Répond, mais son horloge est décalée de plus de deux minutes.",
        "serveur de temps (NTP) bloqué ou non réglé.",
        "régler le serveur de temps de la passerelle, et laisser sortir le port UDP 123.",
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

    @property
    def code(self) -> str:
        """How rows and logs name it."""
        return self.name.lower()

    @classmethod
    def from_code(cls, code: str | None) -> "Reason | None":
        """Return the reason of a code; None for one that is no longer used."""
        return cls.__members__.get((code or "").upper())
