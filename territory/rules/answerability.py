"""Whether a question about a site could be answered with one device, told before anybody asks.

An authority gives a public address, a port and a time. They lead to one device where each device's
ports are known (blocks of our own gateway, or translations that its gateway tells); else to every
device that was there behind that address. Pure; French words, for those who look after the site.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, unique
from typing import Final

TOLD_WITHIN: Final = timedelta(days=1)
"""A gateway that tells its translations tells some each day that anybody is online."""


@unique
class Answer(StrEnum):
    """What a question would get; the value is for scripts."""

    SURELY = "surely"
    AMBIGUOUS = "ambiguous"
    NOT = "not"

    @property
    def french(self) -> str:
        """In a word."""
        return _WORDS[self]


_WORDS: Final = {
    Answer.SURELY: "un seul appareil",
    Answer.AMBIGUOUS: "plusieurs appareils",
    Answer.NOT: "aucun appareil",
}


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What is known of a site that an answer hangs on."""

    has_public_address: bool
    """Whether one is known now."""
    has_sessions: bool
    """Whether any session of it is known."""
    has_port_blocks: bool
    """Whether its gateway shares its ports out in blocks now, as somebody told who installed it."""
    awaits_port_blocks: bool
    """Whether blocks are described of which nobody told since when its gateway applies them."""
    translations_at: datetime | None
    """When its gateway last told a translation; None: never."""
    peak: int
    """Most devices online at once lately, of all the sites behind its public address."""
    sharing: int
    """Other sites behind the same public address."""
    online: int
    """Devices online now."""


@dataclass(frozen=True, slots=True)
class Answerability:
    """What is told beforehand."""

    answer: Answer
    devices: int
    """Devices that nothing would tell apart, at most so far; 1 where it is sure, 0 where none."""
    why: str
    """One sentence, or two."""
    remedy: str
    """What would make it sure; empty: it is."""


def judge(site: SiteFacts, now: datetime) -> Answerability:
    """Return what a question about a site would get, with an address, a port and a time."""
    if not site.has_public_address:
        return Answerability(
            Answer.NOT,
            0,
            "Aucune adresse publique n'est connue pour ce lieu : une question n'y mènerait pas.",
            "Inscrivez public_addresses dans la description ; sinon elle est relevée au premier"
            " usager qui passe par le portail.",
        )
    if not site.has_sessions:
        return Answerability(
            Answer.NOT,
            0,
            "Aucune session n'a été enregistrée : personne n'est venu, ou la passerelle ne rend pas"
            " compte.",
            "Connectez un téléphone, puis voyez si le compte rendu de sa session arrive.",
        )
    if site.has_port_blocks:
        return Answerability(
            Answer.SURELY, 1, "Chaque appareil sort par ses propres ports, décrits par lieu.", ""
        )
    told = site.translations_at
    if told is not None and (told > now - TOLD_WITHIN or not site.online):
        return Answerability(
            Answer.SURELY, 1, "La passerelle dit par quel port sort chaque appareil.", ""
        )
    return _ambiguous(site)


def _ambiguous(site: SiteFacts) -> Answerability:
    devices = max(1, site.peak)
    counted = "un appareil" if devices == 1 else f"{devices} appareils"
    others = ""
    if site.sharing:
        named = "un autre lieu" if site.sharing == 1 else f"{site.sharing} autres lieux"
        others = f", avec {named} derrière la même adresse"
    why = f"Rien ne distingue les appareils en ligne au même moment : jusqu'à {counted}{others}."
    if site.awaits_port_blocks:
        return Answerability(
            Answer.AMBIGUOUS,
            devices,
            f"Rien ne dit depuis quand la passerelle applique les blocs de ports décrits. {why}",
            "Une fois les règles dans la passerelle, écrivez cet instant dans la description :"
            " port_blocks, in_force_since (docs/guides/journaux-nat.md).",
        )
    if site.translations_at is not None:
        return Answerability(
            Answer.AMBIGUOUS,
            devices,
            f"La passerelle ne dit plus ses traductions depuis le {site.translations_at:%d/%m/%Y}."
            f" {why}",
            "Voyez dans la passerelle l'envoi de son journal (syslog, IPFIX) vers la base.",
        )
    return Answerability(
        Answer.AMBIGUOUS,
        devices,
        why,
        "Décrivez port_blocks si la passerelle tient l'adresse publique ; sinon, faites-lui envoyer"
        " ses traductions (docs/guides/journaux-nat.md).",
    )
