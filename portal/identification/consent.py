"""The box beside an address: an organisation's letters, for who ticks it and for nobody else.

It is empty when its page opens, it is no part of what lets a guest in, and a proof that comes
without it is as good. What counts as ticked is the version of the very words that were shown: a
form made up, or filled under words that have changed since, agrees to nothing. The consent is
written once the address is proven, so that nobody can have letters sent to another.
"""

from typing import Final
from uuid import UUID

from portal.guest.parts import Portal
from portal.identification.method import Asking
from portal.people.newsletter import Consent, record_consent
from portal.places import Newsletter

FIELD: Final = "newsletter"
"""The box, in both methods' forms."""


def offered(asking: Asking) -> Newsletter | None:
    """Return what the guest's place offers to write; None: nothing."""
    return asking.gate.place.organisation.newsletter


def ticked(asking: Asking) -> str | None:
    """Return the version of the words that a form agrees to; None: to nothing."""
    words = offered(asking)
    return words.version if words and asking.form.get(FIELD) == words.version else None


async def record_ticked(
    portal: Portal, asking: Asking, guest_id: UUID, version: str | None, sealed: bytes | None
) -> None:
    """Write what a guest agreed to who has just proven an address.

    Args:
        portal: ours.
        asking: where they are.
        guest_id: the contact or account that the address proved to be.
        version: of the words they ticked; None: they did not.
        sealed: the address.

    Raises:
        Unavailable: the database is away.
    """
    words, organisation_id = offered(asking), asking.gate.place.organisation.id
    if words is None or organisation_id is None or sealed is None or version != words.version:
        return
    given = Consent(guest_id, organisation_id, sealed, words, asking.language)
    await record_consent(portal.pool, given, asking.now)
