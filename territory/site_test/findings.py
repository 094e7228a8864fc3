"""What a site test says: one thing looked at, how it is, the cause and the remedy. Pure."""

from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class Check(StrEnum):
    """What is looked at; the value is for scripts."""

    REDIRECT = "redirect"
    DNS = "dns"
    CERTIFICATE = "certificate"
    WALLED_GARDEN = "walled-garden"
    PROVIDERS = "providers"
    DETECTION = "detection"
    RADIUS_ADDRESS = "radius-address"
    RADIUS_SECRET = "radius-secret"  # noqa: S105 - what is looked at, not a secret
    SIGNATURE = "signature"
    ACCOUNTING = "accounting"
    CLOCK = "clock"
    COA = "coa"
    EVIDENCE = "evidence"

    @property
    def french(self) -> str:
        """What a page calls it."""
        return _TITLES[self]


_TITLES = {
    Check.REDIRECT: "Renvoi des téléphones vers le portail",
    Check.DNS: "Nom du portail",
    Check.CERTIFICATE: "Certificat du portail",
    Check.WALLED_GARDEN: "Portail joignable avant l'accès",
    Check.PROVIDERS: "Services d'identité joignables avant l'accès",
    Check.DETECTION: "Détection du portail par les appareils",
    Check.RADIUS_ADDRESS: "Adresse d'où vient RADIUS",
    Check.RADIUS_SECRET: "Secret partagé de RADIUS",
    Check.SIGNATURE: "Signature des demandes d'accès",
    Check.ACCOUNTING: "Comptes rendus de session",
    Check.CLOCK: "Horloge",
    Check.COA: "Ordres de la base (CoA, Disconnect)",
    Check.EVIDENCE: "Réponse à une réquisition",
}


@unique
class State(StrEnum):
    """How it is, the worst last."""

    GOOD = "good"
    UNKNOWN = "unknown"
    """Nobody can tell yet; the remedy is how to find out."""
    WARN = "warn"
    BAD = "bad"

    @property
    def french(self) -> str:
        """In a word."""
        return _WORDS[self]


_WORDS = {
    State.GOOD: "en ordre",
    State.UNKNOWN: "pas vu",
    State.WARN: "à surveiller",
    State.BAD: "en défaut",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing said."""

    check: Check
    state: State
    says: str
    """What was seen and its likely cause, in French."""
    remedy: str = ""
    """What to do next; empty where it is well."""
    about: str = ""
    """Code of the gateway or the NAS, or name of the system; empty: the site."""


def good(check: Check, says: str, about: str = "") -> Finding:
    """It is well."""
    return Finding(check, State.GOOD, says, about=about)


def unknown(check: Check, says: str, remedy: str, about: str = "") -> Finding:
    """Nobody can tell yet."""
    return Finding(check, State.UNKNOWN, says, remedy, about)


def warn(check: Check, says: str, remedy: str, about: str = "") -> Finding:
    """It works, and should not stay so."""
    return Finding(check, State.WARN, says, remedy, about)


def bad(check: Check, says: str, remedy: str, about: str = "") -> Finding:
    """It keeps people offline, or the base blind."""
    return Finding(check, State.BAD, says, remedy, about)
