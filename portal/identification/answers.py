"""The answer to a code that was sent, whatever it was sent by: counted, compared, settled once.

    code or link ──counted, durably──> compared ──right──> settled ──> Proven
                        │                 └──wrong──> Again
                        └──too many, or too late──> Denied

A visit whose challenge is settled already goes on without a code: its form was sent twice, or its
link was opened in another window.
"""

from datetime import timedelta
from typing import Final

from portal.guest.parts import Portal
from portal.identification.challenge import digest, is_same, read_code
from portal.identification.method import Again, Answer, Asking, Denied, Proven
from portal.people.challenges import count_answer, load_challenge, settle
from territory.web.problems import N_

CODE: Final = "code"
LINK: Final = "lien"
"""Fields of the proof's form."""
OVER: Final = Denied("code_over")
NO_CODE: Final = N_("Tapez les six chiffres reçus.")
WRONG_CODE: Final = N_("Ce code n'est pas le bon. Regardez le dernier message reçu.")
TOO_SOON: Final = N_("Attendez un peu avant de demander un autre code.")


async def judge(portal: Portal, asking: Asking, key: bytes) -> Answer:
    """Judge what a guest typed, or the link they opened.

    Args:
        portal: ours.
        asking: the proof's form.
        key: of codes' and links' digests.
    """
    code, link = read_code(asking.form.get(CODE, "")), asking.form.get(LINK, "")
    if code is None and not link:
        return await settled(portal, asking) or Again({CODE: NO_CODE})
    answered = await count_answer(portal.pool, asking.visit, asking.now)
    if answered is None:
        return await settled(portal, asking) or OVER
    kind, said = ("link", link) if link else ("code", code or "")
    kept = answered.link_digest if link else answered.code_digest
    if not is_same(kept, digest(key, kind, said, answered.id)):
        return Again({CODE: WRONG_CODE})
    return await conclude(portal, asking)


async def conclude(portal: Portal, asking: Asking) -> Answer:
    """Settle a challenge that was answered rightly; its contact is kept as long as its right."""
    ends = asking.now + timedelta(seconds=asking.gate.place.plan.session_seconds)
    contact = await settle(portal.pool, asking.visit, asking.now, ends)
    return Proven(contact) if contact else await settled(portal, asking) or OVER


async def settled(portal: Portal, asking: Asking) -> Proven | None:
    """Return what a visit has proven already; None: nothing."""
    held = await load_challenge(portal.pool, asking.visit)
    return Proven(held.contact_id) if held and held.contact_id else None
