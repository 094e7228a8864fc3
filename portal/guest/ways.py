"""The ways in that a place offers, as its guests read them."""

from collections.abc import Mapping
from dataclasses import dataclass

from portal.identification.methods import METHODS
from portal.places import Place
from territory.vocabulary import IdentificationMethod
from territory.web.problems import N_

LABELS: Mapping[IdentificationMethod, str] = {
    IdentificationMethod.CLICK_THROUGH: N_("Se connecter"),
    IdentificationMethod.TICKET: N_("J'ai un ticket"),
    IdentificationMethod.EMAIL_CODE: N_("Recevoir un code par courriel"),
    IdentificationMethod.SMS_CODE: N_("Recevoir un code par SMS"),
    IdentificationMethod.ACCOUNT: N_("J'ai un compte"),
    IdentificationMethod.OPENID_CONNECT: N_("Utiliser un compte que j'ai ailleurs"),
    IdentificationMethod.SPONSOR: N_("Demander à une personne du lieu"),
}
"""What each says on its button: message ids."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way in."""

    method: IdentificationMethod
    """How the guest identifies."""
    label: str
    """What its button says: a message id."""

    @property
    def is_button(self) -> bool:
        """Whether pressing it is all: it has no form of its own."""
        return self.method is IdentificationMethod.CLICK_THROUGH


def ways_of(place: Place) -> tuple[Way, ...]:
    """Return what a place offers and the portal has, the first first."""
    return tuple(Way(method, LABELS[method]) for method in place.methods if method in METHODS)
