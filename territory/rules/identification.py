"""Who may use a plan: the methods it lists, and how much they must tell of a guest. Pure."""

from collections.abc import Collection
from typing import Final

from territory.vocabulary import IdentificationLevel, IdentificationMethod

_ORDER: Final = tuple(IdentificationLevel)
LEVELS: Final = {
    IdentificationMethod.CLICK_THROUGH: IdentificationLevel.NONE,
    IdentificationMethod.TICKET: IdentificationLevel.TICKET,
    IdentificationMethod.EMAIL_CODE: IdentificationLevel.CONTACT,
    IdentificationMethod.SMS_CODE: IdentificationLevel.CONTACT,
    IdentificationMethod.ACCOUNT: IdentificationLevel.CONTACT,
    IdentificationMethod.OPENID_CONNECT: IdentificationLevel.IDENTITY,
}
"""What each method tells of a guest."""


def reaches(method: IdentificationMethod, least: IdentificationLevel) -> bool:
    """Whether a method tells at least so much."""
    return _ORDER.index(LEVELS[method]) >= _ORDER.index(least)


def allowed_methods(
    listed: Collection[IdentificationMethod], least: IdentificationLevel
) -> frozenset[IdentificationMethod]:
    """Return the methods a plan takes: those it lists (none: all), as far as they tell enough."""
    return frozenset(
        method
        for method in IdentificationMethod
        if (not listed or method in listed) and reaches(method, least)
    )
