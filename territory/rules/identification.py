"""Who may use a plan, and what a site offers of that: methods, and how much they tell. Pure."""

from collections.abc import Collection, Sequence
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
    IdentificationMethod.SPONSOR: IdentificationLevel.CONTACT,
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


def methods_of(
    stated: Sequence[IdentificationMethod] | None,
    listed: Collection[IdentificationMethod],
    least: IdentificationLevel,
) -> tuple[IdentificationMethod, ...]:
    """Return what a site offers its guests, the first first: never what its plan does not take.

    Where the site states nothing: what its plan lists, and nothing but the button where that lists
    nothing either.

    Args:
        stated: the site's own methods, in its order; None: it states none.
        listed: the plan's; empty: it takes any.
        least: what the plan wants to be told of a guest.
    """
    allowed = allowed_methods(listed, least)
    usual = [m for m in IdentificationMethod if m in listed] or [IdentificationMethod.CLICK_THROUGH]
    return tuple(dict.fromkeys(m for m in (usual if stated is None else stated) if m in allowed))
