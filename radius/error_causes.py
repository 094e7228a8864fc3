"""Why a NAS did not do what it was asked, in an operator's words: every Error-Cause there is.

The numbers are those of RFC 5176 §3.5, RFC 5580 (509) and RFC 7930 (601): 2xx come with an ACK,
4xx are ours to put right (or the NAS does not offer it), 5xx are the NAS's.
"""

from collections.abc import Mapping
from typing import Final

RESIDUAL_CONTEXT_REMOVED: Final = 201
UNSUPPORTED_ATTRIBUTE: Final = 401
UNSUPPORTED_SERVICE: Final = 405
UNSUPPORTED_EXTENSION: Final = 406

WORDS: Final[Mapping[int, str]] = {
    201: "il en restait des traces, qui sont effacées",
    202: "la passerelle a ignoré un message EAP non valable",
    401: "la passerelle ne connaît pas un des attributs de la demande",
    402: "il manque un attribut que la passerelle attend",
    403: "la demande ne désigne pas cette passerelle",
    404: "la passerelle juge la demande mal formée",
    405: "la passerelle n'offre pas ce service à distance",
    406: "la passerelle n'offre pas cette extension",
    407: "la passerelle refuse la valeur d'un attribut",
    501: "la configuration de la passerelle interdit cette demande",
    502: "la demande n'atteint pas la passerelle : un relais ne sait pas où l'envoyer",
    503: "la passerelle ne connaît pas cette session",
    504: "la passerelle ne peut pas fermer cette session",
    505: "un relais n'a pas pu traiter la demande",
    506: "la passerelle manque de ressources",
    507: "la passerelle demande une nouvelle autorisation, que la base ne donne pas ainsi",
    508: "plusieurs sessions répondent à la demande",
    509: "la passerelle demande où se trouve l'appareil, ce que la base n'a pas dit",
    601: "la réponse de la passerelle est trop longue pour le relais",
}
"""Error-Cause for an operator."""

NOT_OFFERED: Final = frozenset((UNSUPPORTED_SERVICE, UNSUPPORTED_EXTENSION))
"""The NAS takes no such request at all: a Disconnect-Request may still work."""


def words_of(cause: int | None) -> str:
    """Return why a NAS refused, in French."""
    if cause is None:
        return "la passerelle a refusé sans dire pourquoi"
    return WORDS.get(cause, f"refus de la passerelle, cause {cause}")


def cause_label(cause: int | None) -> str:
    """Return an Error-Cause as a metric's label: what no document knows is one, however many."""
    if cause is None:
        return "none"
    return str(cause) if cause in WORDS else "unknown"
