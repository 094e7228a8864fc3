"""By SMS: a code goes to a guest's mobile; or the guest texts a word to the site's number.

A message costs money, so there are budgets (`identification.budget`), counted in parts before one
is sent; numbers are mobile ones of the countries in the settings; a site whose codes nobody types
sends no more for a while, since whoever has numbers rung for their own profit types none. Whether a
number exists changes nothing of what a guest sees.

The other way round costs the guest a message and us nothing: `guest.sms_inbound` takes what the
provider signs, and the page that awaits it goes on at a tap (never by itself: WCAG 2.2.1).
A sender's number can be forged; that only ever lets in the visit whose word was texted, in the
forged number's name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from portal.guest.letters import code_text
from portal.guest.parts import Portal, log
from portal.identification.answers import CODE, OVER, TOO_SOON, conclude, judge, settled
from portal.identification.budget import Asked, Budget, Scope, budgets_of, most_unproven, payer
from portal.identification.challenge import LIFETIME, digest, fresh_code, word_of
from portal.identification.method import Again, Answer, Asking, Denied, Sent
from portal.messages.budgets import count_message, count_unproven, give_back, record_failure
from portal.messages.senders import Messages
from portal.metrics import FAILED
from portal.people.challenges import (
    Fresh,
    find_just_sent,
    load_challenge,
    record_challenge,
    replace_code,
    sending,
)
from portal.people.guesses import Guesser, Limit, may_guess
from territory.errors import ProtocolError, Unavailable
from territory.messages.numbers import LONGEST, PhoneNumber
from territory.messages.sms import SmsSender
from territory.messages.sms_dialects import NotTaken
from territory.messages.sms_text import TextMessage, parts_of
from territory.vocabulary import IdentificationMethod
from territory.web.problems import N_

NUMBER: Final = "number"
FAULTS: Final[Mapping[str, str]] = {
    "bad-number": N_("Écrivez un numéro de mobile, comme 06 12 34 56 78."),
    "not-mobile": N_("Ce n'est pas un numéro de mobile."),
    "foreign-number": N_("Nous n'écrivons pas dans ce pays. Choisissez un autre moyen."),
}
"""What is wrong with a number, by the reason it is refused for."""
NOT_HEARD: Final = N_("Votre SMS n'est pas encore arrivé. Attendez un peu.")
_NOTHING_SHOWN: Final = dict.fromkeys(("ours", "number", "wait", "word", "heard"), "")
OURS: Final = frozenset({Scope.SITE, Scope.ORGANISATION})
"""Whose budgets are the base's own: where one is gone, no guest can help it."""
_WORDS: Final = Limit("words of a source", 500, timedelta(days=1))


@dataclass(frozen=True, slots=True)
class _Desk:
    """What one request is worked on with."""

    portal: Portal
    asking: Asking
    messages: Messages
    sender: SmsSender

    @property
    def key(self) -> bytes:
        """Of codes' digests."""
        return self.messages.challenge_key

    async def may_send(self, to: PhoneNumber, text: str) -> Denied | None:
        """Count a message against every budget; None: it may be sent."""
        place, sms, now = self.asking.gate.place, self.messages.sms, self.asking.now
        if await count_unproven(self.portal.pool, place.id, now) >= most_unproven(place.sms, sms):
            return self._stop(Scope.SITE, "unproven")
        key, budgets = self.messages.contact_key, self._budgets(to)
        gone = await count_message(self.portal.pool, key, budgets, parts_of(text), now)
        return self._stop(gone.scope, gone.span) if gone else None

    def _budgets(self, to: PhoneNumber) -> tuple[Budget, ...]:
        place, source = self.asking.gate.place, self.asking.source
        body = place.organisation
        paid_by = payer(body.siren, body.name)
        asked = Asked(to, source, str(place.id), paid_by, place.sms, body.sms)
        return budgets_of(asked, self.messages.sms)

    def _stop(self, scope: Scope, why: str) -> Denied:
        self.portal.metrics.budget_gone.labels(scope, why).inc()
        log.warning("sms.budget", scope=scope, why=why, gateway=self.asking.gate.code)
        return Denied("sms_gone" if scope in OURS else "too_many_messages")

    async def send(self, to: PhoneNumber, text: str) -> None:
        """Send a text that was counted; that nobody has this number is not told to who typed it.

        Raises:
            Unavailable: the provider does not take it now. Where it certainly has not, nobody has
                spent anything; where only its answer is missing, the message may yet be paid for.
        """
        now, sent = self.asking.now, self.portal.metrics.sent
        try:
            outcome = await self.sender.send(TextMessage(to, text), now)
        except Unavailable as fault:
            sent.labels("sms", FAILED).inc()
            await record_failure(self.portal.pool, self.asking.gate.place.id, str(fault), now)
            if isinstance(fault, NotTaken):
                spent = self._budgets(to), parts_of(text)
                await give_back(self.portal.pool, self.messages.contact_key, *spent, now)
            raise
        sent.labels("sms", outcome).inc()


class SmsCode:
    """A mobile that answers."""

    name: Final = IdentificationMethod.SMS_CODE

    async def begin(self, portal: Portal, asking: Asking) -> Answer:
        """Take a number, and send a code to it; or await a word from the guest."""
        desk = _desk_of(portal, asking)
        if desk is None:
            return Denied("no_messages")
        if "mot" in asking.form and desk.messages.sms.number:
            return await self._await_word(desk)
        typed, sms = asking.form.get(NUMBER, ""), desk.messages.sms
        try:
            to = PhoneNumber.parse(typed, sms.region, sms.countries)
        except ProtocolError as fault:
            return Again({NUMBER: FAULTS[fault.reason]}, {NUMBER: typed[:LONGEST]})
        return await self._ask(desk, to)

    async def _ask(self, desk: _Desk, to: PhoneNumber) -> Answer:
        portal, asking = desk.portal, desk.asking
        challenge, code = uuid4(), fresh_code()
        fresh = Fresh(
            id=challenge,
            method=self.name,
            code_digest=digest(desk.key, "code", code, challenge),
            contact_digest=digest(desk.messages.contact_key, "phone", to.e164),
            contact_sealed=desk.messages.seal(to.e164),
        )
        made = (portal.pool, fresh, asking.visit, asking.gate.place.id, asking.now)
        until = asking.now + LIFETIME
        if (just_sent := await find_just_sent(*made)) is not None:
            return Sent(just_sent, until)
        text = code_text(code, asking.language)
        if (stop := await desk.may_send(to, text)) is not None:
            return stop
        await record_challenge(*made)
        async with sending(portal.pool, challenge):
            await desk.send(to, text)
        return Sent(challenge, until)

    async def _await_word(self, desk: _Desk) -> Answer:
        portal, asking = desk.portal, desk.asking
        asks = [Guesser(_WORDS, asking.source)]
        if not await may_guess(portal.pool, portal.keys.guess, asks, asking.now):
            return Denied("too_many_messages")
        challenge = uuid4()
        word = digest(desk.key, "word", word_of(desk.key, challenge))
        fresh = Fresh(challenge, self.name, word)
        await record_challenge(portal.pool, fresh, asking.visit, asking.gate.place.id, asking.now)
        return Sent(challenge, asking.now + LIFETIME)

    async def prove(self, portal: Portal, asking: Asking) -> Answer:
        """Take the code; or go on once the word has come; or send another code."""
        desk = _desk_of(portal, asking)
        if desk is None:
            return Denied("no_messages")
        held = await load_challenge(portal.pool, asking.visit)
        if held is None:
            return OVER
        if held.sends > 0:
            if "encore" in asking.form:
                return await self._send_again(desk, held.id)
            return await judge(portal, replace(asking, form=_no_link(asking.form)), desk.key)
        if held.heard_at is None:
            return OVER if held.is_over(asking.now) else Again({CODE: NOT_HEARD})
        return await conclude(portal, asking)

    async def _send_again(self, desk: _Desk, challenge: UUID) -> Answer:
        portal, visit, now = desk.portal, desk.asking.visit, desk.asking.now
        held = await load_challenge(portal.pool, visit)
        wait = held.wait_seconds(now) if held else None
        if held is None or held.contact_sealed is None or wait is None:
            return await settled(portal, desk.asking) or OVER
        if wait > 0:
            return Again({CODE: TOO_SOON})
        to = _number(desk.messages, held.contact_sealed)
        code = fresh_code()
        text = code_text(code, desk.asking.language)
        if (stop := await desk.may_send(to, text)) is not None:
            return stop
        digests = (digest(desk.key, "code", code, challenge), None)
        if await replace_code(portal.pool, visit, digests, now) is None:
            return Again({CODE: TOO_SOON})
        async with sending(portal.pool, challenge):
            await desk.send(to, text)
        return Sent(challenge)

    async def shown(self, portal: Portal, asking: Asking) -> Mapping[str, str]:
        """Return the site's number, where guests may text to it; or where the code went."""
        messages = portal.messages
        ours = _shown(messages.sms.number) if messages and messages.sms.number else ""
        if messages is None or asking.visit.challenge is None:
            return {**_NOTHING_SHOWN, "ours": ours}
        held = await load_challenge(portal.pool, asking.visit)
        if held is None:
            return _NOTHING_SHOWN
        sealed = held.contact_sealed if held.sends else None
        wait = held.wait_seconds(asking.now) if held.sends else None
        return {
            "ours": ours,
            "number": _number(messages, sealed).shown if sealed else "",
            "wait": "" if wait is None else str(wait),
            "word": "" if held.sends else word_of(messages.challenge_key, held.id),
            "heard": "1" if held.heard_at else "",
        }


def _desk_of(portal: Portal, asking: Asking) -> _Desk | None:
    """Return what this request is worked on with; None: text messages are off."""
    messages = portal.messages
    if messages is None or messages.sender is None:
        return None
    return _Desk(portal, asking, messages, messages.sender)


def _number(messages: Messages, sealed: bytes) -> PhoneNumber:
    sms = messages.sms
    return PhoneNumber.parse(messages.open(sealed), sms.region, sms.countries)


def _shown(e164: str) -> str:
    return PhoneNumber(e164, "").shown


def _no_link(form: Mapping[str, str]) -> Mapping[str, str]:
    """Return a form without what only mail brings."""
    return {CODE: form.get(CODE, "")}
