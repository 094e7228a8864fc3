"""By e-mail: a code and a link go to the address a guest gives; either proves that it is theirs.

To read their mail on the same phone they must be online, so a site's guest may be lent an access of
some minutes, a few times a day. The link carries the visit, so it works in whatever browser the
phone opens it with; it only opens a page with a button, since machines read mail first and follow
what they find.

Whether an address is known here, or exists at all, changes nothing of what a guest sees: nobody
learns from this page who has been here before. How often is counted over all processes.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from portal.guest.letters import Code, code_letter
from portal.guest.parts import Portal
from portal.identification.answers import CODE, LINK, OVER, TOO_SOON, judge, settled
from portal.identification.challenge import LIFETIME, digest, fresh_code
from portal.identification.consent import FIELD as BOX
from portal.identification.consent import offered, record_ticked, ticked
from portal.identification.method import (
    Again,
    Answer,
    Asking,
    Denied,
    Lent,
    Proven,
    Sent,
    awaiting_answer,
)
from portal.messages.senders import Messages
from portal.people.challenges import (
    Fresh,
    find_just_sent,
    load_challenge,
    record_challenge,
    replace_code,
    sending,
)
from portal.people.guesses import Guesser, Limit, has_left, may_guess
from portal.records import load_admission
from portal.visit import Visit
from territory.errors import ProtocolError
from territory.messages.addresses import LONGEST, MailAddress
from territory.messages.mail import Mailer
from territory.rules.usage import NOTHING_USED
from territory.vocabulary import IdentificationMethod
from territory.web.problems import N_

BAD_ADDRESS: Final = N_("Écrivez une adresse comme nom@exemple.fr.")
MIXED_SCRIPTS: Final = N_("Cette adresse mêle plusieurs alphabets. Regardez-la bien.")
FIELD: Final = "email"
_DAY: Final = timedelta(days=1)
_LOANS_OF_A_SITE: Final = 500
"""Accesses lent at one site a day: more than a crowd's, and not a town's."""


@dataclass(frozen=True, slots=True)
class _Secrets:
    """What a letter brings; nothing but its digests is kept."""

    code: str
    link: str

    @classmethod
    def fresh(cls) -> "_Secrets":
        return cls(fresh_code(), secrets.token_urlsafe(16))

    def digests(self, key: bytes, challenge: UUID) -> tuple[bytes, bytes]:
        """Return those of the code and of the link."""
        return digest(key, "code", self.code, challenge), digest(key, "link", self.link, challenge)


@dataclass(frozen=True, slots=True)
class Desk:
    """What one request is worked on with."""

    portal: Portal
    asking: Asking
    messages: Messages
    mailer: Mailer

    @property
    def key(self) -> bytes:
        """Of codes' and links' digests."""
        return self.messages.challenge_key

    async def may_send(self, to: MailAddress, *, is_sponsor: bool = False) -> bool:
        """Count a letter to an address, from a source, at a site; whether it may be sent.

        `is_sponsor`: whether it asks somebody to let its guest in.
        """
        mail, asking = self.messages.mail, self.asking
        of_one = Limit("mail to", mail.a_day_of_an_address, _DAY)
        if is_sponsor:
            of_one = Limit("mail to sponsor", mail.a_day_of_a_sponsor, _DAY)
        return await self._counts(
            Guesser(of_one, to.mailbox),
            Guesser(Limit("mail from", mail.a_day_of_a_source, _DAY), asking.source),
            Guesser(Limit("mail at", mail.a_day_of_a_site, _DAY), str(asking.gate.place.id)),
        )

    async def loan_seconds(self) -> int:
        """Count a visit's loan, of its device and of the site; return how long it is or still is,
        nought for none. A visit has one: who corrects an address does not spend another."""
        asking, seconds = self.asking, self.messages.mail.provisional_minutes * 60
        if asking.visit.proves is not None:
            return 0  # they are online already
        lent = await load_admission(self.portal.pool, asking.visit.id, asking.now)
        if lent is not None:
            left = lent.admission.left(NOTHING_USED, asking.now)
            return left.seconds if lent.admission.is_lent else 0
        of_visit = Guesser(Limit("loan of a visit", 1, _DAY), str(asking.visit.id))
        at = Guesser(Limit("loan at", _LOANS_OF_A_SITE, _DAY), str(asking.gate.place.id))
        if seconds and await self._counts(of_visit, self._borrower, at):
            return seconds
        return 0 if await self._has_left(of_visit) else seconds

    async def may_borrow(self) -> bool:
        """Whether the device has not had all its loans today; nothing is counted."""
        is_on = self.messages.mail.provisional_minutes > 0
        return is_on and await self._has_left(self._borrower)

    @property
    def _borrower(self) -> Guesser:
        limit = Limit("loan to", self.messages.mail.provisional_a_day, _DAY)
        return Guesser(limit, str(self.asking.visit.device))

    async def sent(self, challenge: UUID) -> Sent | Lent:
        """Return what its guest is told of a challenge whose code goes out, or has just."""
        if seconds := await self.loan_seconds():
            return Lent(challenge, seconds)
        return Sent(challenge, self.asking.now + LIFETIME)

    async def send(self, visit: Visit, to: MailAddress, brought: _Secrets) -> None:
        """Send a code and a link; that nobody has this address is not told to who typed it.

        Raises:
            Unavailable: the relay does not take it now.
        """
        page = f"{self.portal.public_url}/preuve/{IdentificationMethod.EMAIL_CODE}"
        link = f"{page}?visit={self.portal.sign(visit)}&{LINK}={brought.link}"
        code = Code(brought.code, link, int(LIFETIME.total_seconds()) // 60)
        asking = self.asking
        letter = code_letter(to, asking.gate.place.name, code, asking.language)
        await self.portal.metrics.count_letter(self.mailer.send(letter, asking.now))

    async def _counts(self, *who: Guesser) -> bool:
        return await may_guess(self.portal.pool, self.portal.keys.guess, who, self.asking.now)

    async def _has_left(self, who: Guesser) -> bool:
        return await has_left(self.portal.pool, self.portal.keys.guess, who, self.asking.now)


class EmailCode:
    """An address that answers."""

    name: Final = IdentificationMethod.EMAIL_CODE

    async def begin(self, portal: Portal, asking: Asking) -> Answer:
        """Take an address, and send a code to it."""
        desk = desk_of(portal, asking)
        if desk is None:
            return Denied("no_messages")
        typed = asking.form.get(FIELD, "")
        try:
            to = MailAddress.parse(typed)
        except ProtocolError as fault:
            words = MIXED_SCRIPTS if fault.reason == "mixed-scripts" else BAD_ADDRESS
            return Again({FIELD: words}, {FIELD: typed[:LONGEST], BOX: ticked(asking) or ""})
        return await self._ask(desk, to)

    async def _ask(self, desk: Desk, to: MailAddress) -> Answer:
        portal, asking, messages = desk.portal, desk.asking, desk.messages
        challenge, brought = uuid4(), _Secrets.fresh()
        code, link = brought.digests(desk.key, challenge)
        fresh = Fresh(
            id=challenge,
            method=self.name,
            code_digest=code,
            link_digest=link,
            contact_digest=digest(messages.contact_key, "email", to.key),
            contact_sealed=messages.seal(str(to)),
            newsletter=ticked(asking),
        )
        made = (portal.pool, fresh, asking.visit, asking.gate.place.id, asking.now)
        if (just_sent := await find_just_sent(*made)) is not None:
            return await desk.sent(just_sent)
        if not await desk.may_send(to):
            return Denied("too_many_messages")
        await record_challenge(*made)
        answer = await desk.sent(challenge)
        async with sending(portal.pool, challenge):
            await desk.send(awaiting_answer(asking.visit, answer, asking.now), to, brought)
        return answer

    async def prove(self, portal: Portal, asking: Asking) -> Answer:
        """Take the code, or the link; or send another code."""
        desk = desk_of(portal, asking)
        if desk is None:
            return Denied("no_messages")
        if "encore" in asking.form:
            return await self._send_again(desk)
        held = await load_challenge(portal.pool, asking.visit) if offered(asking) else None
        answer = await judge(portal, asking, desk.key)
        if held is not None and isinstance(answer, Proven) and answer.guest is not None:
            agreed = held.newsletter, held.contact_sealed
            await record_ticked(portal, asking, answer.guest, *agreed)
        return answer

    async def _send_again(self, desk: Desk) -> Answer:
        portal, visit, now = desk.portal, desk.asking.visit, desk.asking.now
        held = await load_challenge(portal.pool, visit)
        wait = held.wait_seconds(now) if held else None
        if held is None or held.contact_sealed is None or wait is None:
            return await settled(portal, desk.asking) or OVER
        to, brought = MailAddress.parse(desk.messages.open(held.contact_sealed)), _Secrets.fresh()
        if wait > 0:
            return Again({CODE: TOO_SOON})
        if not await desk.may_send(to):
            return Denied("too_many_messages")
        digests = brought.digests(desk.key, held.id)
        if await replace_code(portal.pool, visit, digests, now) is None:
            return Again({CODE: TOO_SOON})
        async with sending(portal.pool, held.id):
            await desk.send(visit, to, brought)
        return Sent(held.id)

    async def shown(self, portal: Portal, asking: Asking) -> Mapping[str, str]:
        """Return how long an access may be lent; or where the code went, and when another may."""
        desk = desk_of(portal, asking)
        if desk is None:
            return {"minutes": "", "address": "", "wait": "", "link": ""}
        messages = desk.messages
        if asking.visit.challenge is None:
            minutes = str(messages.mail.provisional_minutes)
            return {"minutes": minutes if await desk.may_borrow() else ""}
        held = await load_challenge(portal.pool, asking.visit)
        sealed = held.contact_sealed if held else None
        wait = held.wait_seconds(asking.now) if held else None
        return {
            "address": messages.open(sealed) if sealed else "",
            "wait": "" if wait is None else str(wait),
            "link": asking.form.get(LINK, "")[:_LONGEST_LINK],
        }


_LONGEST_LINK: Final = 64


def desk_of(portal: Portal, asking: Asking) -> Desk | None:
    """Return what this request is worked on with; None: mail is off."""
    messages = portal.messages
    if messages is None or messages.mailer is None:
        return None
    return Desk(portal, asking, messages, messages.mailer)
