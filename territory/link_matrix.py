"""What works for each dialect over each link, and in words why something does not. Pure.

Derived from what a dialect is (`gateway_dialects.py`) and what a link carries, never listed by
hand, so that a new dialect has its rows at once. The console and the technicians' guide show it;
`socle apply` refuses what it says cannot be. Words are French, for those who read it there.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from territory.gateway_dialects import DIALECTS, PRIVATE, Dialect, Return
from territory.vocabulary import Brand, Link

DEAF: Final = frozenset({Brand.OMADA, Brand.OPENNDS})
"""Brands that take no Disconnect-Request; radius/dialects.py has each brand's own words."""
EXTENDS: Final = frozenset({Brand.COOVACHILLI, Brand.USPOT})
"""Brands that lengthen an open session by a CoA-Request: coova-chilli src/chilli.c, uspot
src/radius-das.c. Of no other does a document of theirs say so."""
COUNTS: Final = frozenset({Brand.COOVACHILLI, Brand.USPOT, Brand.MIKROTIK, Brand.CAMBIUM})
"""Brands that RADIUS can tell a quota in a unit that is known (radius/rights.py)."""


class Works(StrEnum):
    """How far something works; the value is the mark that people read beside the sentence."""

    YES = "oui"
    PARTLY = "en partie"
    NO = "non"


@dataclass(frozen=True, slots=True)
class Cell:
    """One thing over one link."""

    works: Works
    words: str
    """One sentence: how, or why not."""


@dataclass(frozen=True, slots=True)
class Row:
    """One dialect over one link."""

    dialect: Dialect
    link: Link
    log_in: Cell
    log_out: Cell
    """Asked by a technician, or by a rule, while the session is open."""
    quota: Cell
    """A volume that ends a session."""
    polling: Cell
    """Whether supervision sees that the gateway lives."""
    extension: Cell
    """Whether an open session can be told a longer time."""
    warning: Cell
    """Whether a browser warns on its way back from an https portal; YES: it does not."""


def matrix() -> Iterator[Row]:
    """Yield every dialect over every link, in the order of the tables."""
    for variants in DIALECTS.values():
        for dialect in variants.values():
            for link in Link:
                yield row(dialect, link)


def row(dialect: Dialect, link: Link) -> Row:
    """Return what one dialect can do over one link."""
    log_in = _log_in(dialect, link)
    if log_in.works is Works.NO:
        return Row(dialect, link, log_in, *[_NOTHING] * 5)
    log_out = _log_out(dialect, link)
    quota = _quota(dialect, log_out)
    polling, extension = _polling(dialect, link), _extension(dialect, link)
    return Row(dialect, link, log_in, log_out, quota, polling, extension, _warning(dialect))


_NOTHING: Final = Cell(Works.NO, "Pas de connexion par ce lien.")


def _kept(words: str) -> str:
    """Return a sentence whose marks never begin a line."""
    return words.replace(" :", "\u00a0:").replace(" ;", "\u00a0;")


def _yes(words: str) -> Cell:
    return Cell(Works.YES, _kept(words))


def _partly(words: str) -> Cell:
    return Cell(Works.PARTLY, _kept(words))


def _no(words: str) -> Cell:
    return Cell(Works.NO, _kept(words))


_BACK: Final = {
    Return.GET: "Le navigateur suit une redirection : rien à toucher.",
    Return.FORM: "Le navigateur envoie un formulaire : un bouton à toucher.",
    Return.CONTROLLER: "La base demande au contrôleur d'ouvrir l'accès.",
    Return.POLL: "La passerelle vient demander qui laisser passer, toutes les quelques secondes.",
    Return.COA: "La base demande à la passerelle de présenter l'appareil une seconde fois.",
}


def _log_in(dialect: Dialect, link: Link) -> Cell:
    if link in dialect.links and dialect.is_central and link is Link.RADSEC:
        return _partly(
            "Si elle parle RadSec elle-même : radsecproxy 1.9 ne lui transmet pas la demande de"
            " présenter l'appareil une seconde fois."
        )
    if link in dialect.links:
        return _yes(_BACK[dialect.returns])
    why = next(words for fits, words in _OBSTACLES if fits(dialect, link))
    return _no(why)


_OBSTACLES: Final[tuple[tuple[Callable[[Dialect, Link], bool], str], ...]] = (
    (
        lambda dialect, _: dialect.links == {Link.CLOUD},
        "Son RADIUS part du nuage du fabricant, pas du lieu.",
    ),
    (
        lambda dialect, link: link is Link.RADSEC and not dialect.asks_radius,
        "Elle ne parle pas RADIUS : RadSec n'aurait rien à porter.",
    ),
    (
        lambda dialect, _: dialect.needs_controller,
        "La base doit joindre son contrôleur : par un tunnel ou un réseau privé.",
    ),
    (
        lambda dialect, link: link is Link.CLOUD and dialect.asks_radius,
        "Son RADIUS part du lieu même : il lui faut un tunnel, un réseau privé ou RadSec.",
    ),
    (
        lambda _, link: link is Link.RADSEC,
        "D'après ses documents, elle ne parle RADIUS qu'en clair : dans un tunnel ou un réseau"
        " privé.",
    ),
    (lambda *_: True, "Il lui faut un tunnel ou un réseau privé."),
)
"""Why a dialect does not work over a link; the first that fits is told."""


def _log_out(dialect: Dialect, link: Link) -> Cell:
    if not dialect.asks_radius:
        return _WITHOUT_RADIUS.get(dialect.returns, _UNASKED)
    if dialect.brand in DEAF:
        return _no("Elle n'écoute pas les ordres RADIUS : seul son contrôleur peut déconnecter.")
    if link in PRIVATE:
        return _yes("Un ordre RADIUS (Disconnect) descend par le lien.")
    if link is Link.RADSEC:
        return _partly(
            "Si la passerelle parle RadSec elle-même ; radsecproxy 1.9 ne transmet pas l'ordre."
            " La durée accordée, elle, est tenue."
        )
    return _partly("Par la connexion RadSec du nuage, si le fabricant y prend l'ordre.")


_WITHOUT_RADIUS: Final = {
    Return.CONTROLLER: _yes("Demandée au contrôleur."),
}
_UNASKED: Final = _no(
    "La passerelle ne prend aucun ordre de la base : la session finit à son heure."
)


def _quota(dialect: Dialect, log_out: Cell) -> Cell:
    if not dialect.asks_radius:
        return _COUNTED_OTHERWISE.get(dialect.returns, _UNCOUNTED)
    if dialect.brand in COUNTS:
        return _yes("La passerelle compte et coupe d'elle-même.")
    if log_out.works is Works.YES:
        return _yes("La base suit la comptabilité, et fait couper.")
    return _partly("Suivi par la comptabilité, opposé à la connexion suivante seulement.")


_COUNTED_OTHERWISE: Final = {
    Return.POLL: _partly("Donné avec l'accès ; la passerelle compte chaque sens à part, et coupe."),
    Return.CONTROLLER: _partly("Relevé chez le contrôleur chaque minute, quand il le dit."),
}
_UNCOUNTED: Final = _no("La passerelle ne dit pas ce qui passe : seule la durée est tenue.")


def _polling(dialect: Dialect, link: Link) -> Cell:
    if link in PRIVATE and dialect.asks_radius:
        return _yes("La base l'appelle par le lien (ping), et écoute son RADIUS.")
    if link in PRIVATE:
        return _partly(
            "Les bornes du lieu sont appelées par le lien (ping) ; la passerelle, sans NAS, ne"
            " l'est pas."
        )
    if dialect.asks_radius:
        return _partly("Son RADIUS seul dit qu'elle vit : rien ne peut être appelé au lieu.")
    if dialect.needs_controller:
        return _partly("Le contrôleur seul répond : rien ne peut être appelé au lieu.")
    return _no("Rien ne remonte du lieu, sinon les connexions elles-mêmes.")


def _extension(dialect: Dialect, link: Link) -> Cell:
    if not dialect.asks_radius or dialect.brand not in EXTENDS:
        return _no(
            "Aucun document ne dit que la passerelle allonge une session ouverte : l'usager en"
            " demande une autre à la fin."
        )
    if link in PRIVATE:
        return _yes("Un ordre RADIUS (CoA) descend par le lien et dit la nouvelle durée.")
    return _partly(
        "Si la passerelle parle RadSec elle-même ; radsecproxy 1.9 ne transmet pas l'ordre : la"
        " prolongation n'est pas proposée."
    )


def _warning(dialect: Dialect) -> Cell:
    if dialect.returns is not Return.FORM:
        return _yes("Aucun avertissement.")
    if dialect.form_is_https:
        return _yes("Aucun : son formulaire est en https, avec un certificat reconnu.")
    return _partly(
        "Page de connexion en http : aucun par la page en clair (portal.plain_url) ; sans elle,"
        " d'un portail en https, Chromium montre un avertissement en pleine page. En https :"
        " aucun si son certificat est reconnu ; sinon rien ne l'évite."
    )
