"""What to tell of a synthetic guest's log-in: what was seen, its likely cause, what to try. Pure.

One row for each step that was not reached, and for what stood there; the first that fits. The
words go into `live.synthetic_visit.said`, for a technician on the telephone.
"""

from collections.abc import Callable
from typing import Final

from simulation.synthetic_guest import LogIn, Step, Trouble
from territory.health.reasons import Words

_DOCTOR: Final = "lancer « socle doctor », puis lire le journal du portail."
_RADIUS: Final = "lancer « socle doctor », puis lire le journal de RADIUS."
_DATABASE: Final = "base de données absente ou saturée."
_Row = tuple[Step, Callable[[Trouble], bool], Words]


def _always(_: Trouble) -> bool:
    return True


_ROWS: Final[tuple[_Row, ...]] = (
    (
        Step.REDIRECT,
        lambda t: bool(t.error),
        Words(
            "Le nom du portail ne mène nulle part.",
            "enregistrement DNS absent ou résolveur en panne.",
            "vérifier portal.public_url et son enregistrement DNS.",
        ),
    ),
    (
        Step.REDIRECT,
        _always,
        Words(
            "La passerelle d’essai ne renvoie pas au portail.",
            "la marque ou la variante décrite n’est pas celle du lieu.",
            "vérifier la passerelle dans la description du territoire.",
        ),
    ),
    (
        Step.FIRST_PAGE,
        lambda t: bool(t.error),
        Words(
            "Le portail ne répond pas.",
            "portail arrêté, port fermé ou certificat refusé.",
            _DOCTOR,
        ),
    ),
    (
        Step.FIRST_PAGE,
        _always,
        Words(
            "Le portail répond, mais pas par la page d’accueil du lieu ({status}).",
            "portail en erreur, ou passerelle d’essai qu’il ne connaît pas encore.",
            _DOCTOR,
        ),
    ),
    (
        Step.IDENTIFICATION,
        lambda t: t.status >= 500,
        Words("Le portail ne peut donner aucun accès ({status}).", _DATABASE, _DOCTOR),
    ),
    (
        Step.IDENTIFICATION,
        _always,
        Words(
            "Le portail prend le formulaire et ne donne pas d’accès ({status} {page}).",
            "lieu fermé à cette heure, formule épuisée, ou base de données lente.",
            "ouvrir la page du lieu dans la console et lire les refus par motif.",
        ),
    ),
    (
        Step.HAND_BACK,
        _always,
        Words(
            "Le portail donne l’accès, mais la passerelle n’interroge pas RADIUS.",
            "le renvoi vers la passerelle n’est pas compris.",
            "lancer « socle site test », puis comparer la marque et la variante décrites.",
        ),
    ),
    (
        Step.ACCESS,
        lambda t: t.silent,
        Words("RADIUS ne répond pas.", "RADIUS arrêté, ou base de données absente.", _RADIUS),
    ),
    (
        Step.ACCESS,
        _always,
        Words(
            "RADIUS refuse : {reply}",
            "formule ou horaires du lieu, ou clé maîtresse différente entre portail et RADIUS.",
            "lire les refus par motif au tableau de bord RADIUS.",
        ),
    ),
    (
        Step.ACCOUNTING_START,
        _always,
        Words("RADIUS accepte, mais ne confirme pas le début de la session.", _DATABASE, _RADIUS),
    ),
    (
        Step.ONLINE,
        _always,
        Words(
            "RADIUS accepte, mais le Web reste fermé.",
            "la passerelle d’essai n’a pas compris la réponse.",
            "comparer la marque décrite à l’équipement du lieu.",
        ),
    ),
    (
        Step.ACCOUNTING_STOP,
        _always,
        Words("RADIUS ne confirme pas la fin de la session.", _DATABASE, _RADIUS),
    ),
)


def words_of(log_in: LogIn) -> str:
    """Return what to tell of a log-in, in French: how long it took, or why it failed."""
    failed, trouble = log_in.failed, log_in.trouble
    if failed is None:
        return f"Connexion complète en {log_in.seconds:.1f} s.".replace(".", ",", 1)
    fitting = next(words for step, fits, words in _ROWS if step is failed and fits(trouble))
    told = {"status": trouble.status or "rien", "page": trouble.page, "reply": trouble.reply}
    observed = fitting.observed.format_map(told)
    return str(Words(observed, fitting.cause, fitting.first_thing))
