"""Sponsor: a person of the place lets the guest in, by a link in their mail.

The guest names that person and says who they are; the person reads those words on a page of ours,
presses one button, and the guest goes on in the log-in window. A mail is only written to whom the
site's organisation lists, a domain or an address, and the guest is told the same, as late, whoever
they name: the page is no way to learn who works there. So the relay is greeted before anybody is
looked up, and its absence told to all. The guest waits ten minutes at most, on a page that looks
again by itself, and may take the question back, ask somebody else or choose another way. Nobody is
online meanwhile: no mail is to be read first, and nobody has said who they are.
"""

import asyncio
import secrets
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from portal.guest.letters import sponsor_letter
from portal.guest.parts import Portal
from portal.identification.challenge import LIFETIME
from portal.identification.email_code import BAD_ADDRESS, MIXED_SCRIPTS, desk_of
from portal.identification.method import NOTHING, Again, Answer, Asking, Denied, Proven, Sent
from portal.people.sponsors import (
    Entering,
    SponsorRequest,
    enter,
    load_question,
    load_sponsors,
    record_question,
    withdraw_question,
)
from territory.errors import ProtocolError, Unavailable
from territory.messages.addresses import LONGEST, MailAddress
from territory.rules.sponsors import may_sponsor
from territory.vocabulary import IdentificationMethod
from territory.web.problems import N_

HOST, WORDS = "host", "words"
LONGEST_WORDS: Final = 120
LINK_PATH: Final = "/parrainage/"
ANSWER_SECONDS: Final = 1.0
"""Before the guest is told that they may wait: longer than a relay takes for a letter."""
CANCEL: Final = "annuler"
REFUSED: Final = "sponsor_refused"
CANCELLED: Final = "sponsor_cancelled"
OVER: Final = "sponsor_over"
_SAY_WHO: Final = N_("Dites qui vous êtes, en quelques mots.")
_WAIT: Final = N_("Pas encore de réponse. Attendez un peu, puis appuyez de nouveau.")


class BySponsor:
    """Somebody whom a person of the place knows."""

    name: Final = IdentificationMethod.SPONSOR

    async def begin(self, portal: Portal, asking: Asking) -> Answer:
        """Write to the person whom the guest names."""
        typed, words = asking.form.get(HOST, ""), _one_line(asking.form.get(WORDS, ""))
        kept = {HOST: typed[:LONGEST], WORDS: words}
        errors = {} if words else {WORDS: _SAY_WHO}
        try:
            host = MailAddress.parse(typed)
        except ProtocolError as fault:
            mixed = fault.reason == "mixed-scripts"
            return Again({**errors, HOST: MIXED_SCRIPTS if mixed else BAD_ADDRESS}, kept)
        return Again(errors, kept) if errors else await self._ask(portal, asking, host, words)

    async def _ask(self, portal: Portal, asking: Asking, host: MailAddress, words: str) -> Answer:
        desk, place = desk_of(portal, asking), asking.gate.place
        if desk is None:
            return Denied("no_messages")
        if not await desk.may_send(host, is_sponsor=True):
            return Denied("too_many_messages")
        await portal.metrics.count_letter(desk.mailer.greet())
        link, seal = secrets.token_urlsafe(16), portal.keys.accounts.seal
        expires_at = asking.now + LIFETIME
        asked = SponsorRequest(uuid4(), place.id, seal(host.key), seal(words), expires_at)
        await record_question(portal.pool, asked, link, asking.now)
        loop = asyncio.get_running_loop()
        answers_at = loop.time() + ANSWER_SECONDS
        if may_sponsor(host.key, await load_sponsors(portal.pool, place.id)):
            address = f"{portal.public_url}{LINK_PATH}{link}"
            letter = sponsor_letter(host, place.name, address, _minutes(asking.now, expires_at))
            # Of a relay that is away everybody was told; of this one letter nobody is.
            with suppress(Unavailable):
                await portal.metrics.count_letter(desk.mailer.send(letter, asking.now))
        await asyncio.sleep(max(0.0, answers_at - loop.time()))
        return Sent(asked.id, expires_at)

    async def prove(self, portal: Portal, asking: Asking) -> Answer:
        """Let in whom the person has answered yes; or take the question back."""
        challenge = asking.visit.challenge
        asked = await load_question(portal.pool, challenge) if challenge else None
        if asked is None or portal.messages is None:
            return Denied(OVER)
        if asked.answered_at is None:
            if CANCEL in asking.form:
                await withdraw_question(portal.pool, asked.id, asking.now)
                return Denied(CANCELLED)
            return Again({"answer": _WAIT}) if asking.now < asked.expires_at else Denied(OVER)
        if not asked.is_approved:
            return Denied(REFUSED)
        if asked.account_id is not None:
            return Proven(asked.account_id)
        until = asking.now + timedelta(seconds=asking.gate.place.plan.session_seconds)
        entering = Entering(asked, portal.messages.open(asked.words_sealed), until)
        account_id = await enter(portal.pool, portal.keys.accounts, entering, asking.now)
        return Proven(account_id) if account_id else Denied(OVER)

    async def shown(self, portal: Portal, asking: Asking) -> Mapping[str, str]:
        """Return whom the guest named."""
        challenge = asking.visit.challenge
        asked = await load_question(portal.pool, challenge) if challenge else None
        if asked is None or not asked.host_sealed or portal.messages is None:
            return NOTHING
        return {"host": portal.messages.open(asked.host_sealed)}


def _one_line(text: str) -> str:
    """Return what somebody says of themselves: one line, without odd characters, cut."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:LONGEST_WORDS]


def _minutes(now: datetime, until: datetime) -> int:
    return max(1, int((until - now).total_seconds()) // 60)
