"""A ticket: somebody of the place has handed the guest a code, and whoever types it goes online.

A typo is told from the code alone, by its check digit. What may be a guess is counted before it is
looked up, over all processes, by device, address and site; it is forgiven where the code was good
here. The same ticket serves on as many devices as it has places; a telephone that comes back under
another address types it again and gets what is left, since the ticket is the guest. Where all its
places are taken, its holder may have one of them pass to this device.

A closed place, or a device that is blocked, is said before the ticket is used, so that its time
does not begin in vain.
"""

from collections.abc import Mapping
from typing import Final

from portal.guest.parts import Portal
from portal.identification.method import NOTHING, Again, Answer, Asking, Denied, Proven
from portal.people.guesses import forgive, may_guess
from portal.tickets.redeeming import Redeemed, Redemption, guessers, redeem
from territory.rules.quotas import Stop
from territory.rules.ticket_codes import Typo, format_code, parse_code
from territory.rules.tickets import Flaw
from territory.vocabulary import IdentificationMethod
from territory.web.problems import N_

CODE: Final = "code"
KEPT: Final = "ticket"
"""The cookie that brings the code of a QR code to this form, and to nothing else."""
INSTEAD: Final = "instead"
"""The box by which this device takes another's place; shown once all are taken."""
TOO_MANY: Final = "ticket_guesses"
"""Counted where somebody may not guess any more for now."""
_WRONG_HERE: Final = (Flaw.UNKNOWN, Flaw.OTHER_SITE)
"""What a guesser who is wrong gets: it stays counted."""

SENTENCES: Mapping[Typo | Flaw | str, str] = {
    Typo.EMPTY: N_("Tapez les 12 chiffres de votre ticket."),
    Typo.LENGTH: N_("Un ticket a 12 chiffres. Comptez-les, puis essayez de nouveau."),
    Typo.CHARACTER: N_("Un ticket n'a que des chiffres. Corrigez, puis essayez de nouveau."),
    Typo.CHECK: N_("Un des chiffres est faux. Relisez votre ticket, puis corrigez."),
    Flaw.UNKNOWN: N_("Nous ne trouvons pas ce ticket. Relisez-le, ou demandez-en un à l'accueil."),
    Flaw.OTHER_SITE: N_("Ce ticket est pour un autre lieu. Demandez-en un à l'accueil d'ici."),
    Flaw.REVOKED: N_("Ce ticket a été annulé. Demandez-en un autre à l'accueil."),
    Flaw.ENDED: N_("Le temps de ce ticket est fini. Demandez-en un autre à l'accueil."),
    Flaw.LAPSED: N_("Ce ticket est trop vieux pour servir. Demandez-en un autre à l'accueil."),
    Flaw.EARLY: N_("Ce ticket ne sert pas encore. Revenez le jour écrit dessus."),
    Flaw.DEVICES: N_("Ce ticket sert déjà ailleurs. Cochez la case pour le prendre ici."),
    Flaw.BLOCKED: N_("Ce ticket ne peut pas servir en ce moment. Demandez à l'accueil."),
    TOO_MANY: N_("Trop d'essais. Attendez dix minutes, puis essayez de nouveau."),
}
"""What to do about each: message ids."""


class ByTicket:
    """Whoever types the code of a ticket has what it gives."""

    name: Final = IdentificationMethod.TICKET

    async def begin(self, portal: Portal, asking: Asking) -> Answer:
        """Look the code up and use the ticket."""
        hours = asking.gate.place.hours
        if hours is not None and not hours.is_open(asking.now):
            return Denied(Stop.CLOSED)
        if portal.directory.current.is_blocked(asking.visit.device, asking.now):
            return Denied(Stop.BLOCKED)
        code = parse_code(asking.form.get(CODE, ""))
        if isinstance(code, Typo):
            return _again(code, asking)
        found = await _redeem(portal, asking, code)
        if isinstance(found, Redeemed):
            return Proven(found.ticket_id, found.ends_at, found.plan)
        portal.metrics.refused.labels(str(found)).inc()
        return _again(found, asking)

    async def prove(self, portal: Portal, asking: Asking) -> Answer:
        """Begin again: a ticket proves itself, so nothing is ever awaited."""
        return await self.begin(portal, asking)

    async def shown(self, portal: Portal, asking: Asking) -> Mapping[str, str]:
        """Return the code that came with the page, where a QR code has left one behind."""
        code = parse_code(asking.form.get(KEPT, ""))
        return NOTHING if isinstance(code, Typo) else {CODE: format_code(code)}


async def _redeem(portal: Portal, asking: Asking, code: str) -> Redeemed | Flaw | str:
    place, device, now = asking.gate.place, asking.visit.device, asking.now
    who = guessers(asking.source, device, place.id)
    if not await may_guess(portal.pool, portal.keys.guess, who, now):
        return TOO_MANY
    asked = Redemption(
        code=code,
        site_id=place.id,
        device=device,
        now=now,
        instead=asking.form.get(INSTEAD) == "yes",
    )
    found = await redeem(portal.pool, portal.keys.ticket, asked)
    if found not in _WRONG_HERE:
        await forgive(portal.pool, portal.keys.guess, who, now)
    return found


def _again(why: Typo | Flaw | str, asking: Asking) -> Again:
    """Return the form with what is wrong; what was typed stays, so that one digit can be put right.

    A ticket's code is no password of its guest's: it stands on the paper in their hand.
    """
    typed = asking.form.get(CODE, "")
    code = parse_code(typed)
    values = {CODE: typed if isinstance(code, Typo) else format_code(code)}
    if why is Flaw.DEVICES:
        values[INSTEAD] = "no"
    return Again({CODE: SENTENCES[why]}, values)
