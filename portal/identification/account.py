"""An account with a password: its holder comes back on any device, whatever its MAC address.

An account is made, and a forgotten password replaced, in one way: a code goes to the address, and
whoever types it chooses a password. So no page tells whether an account exists: the words are the
same, and a sign-in without one takes as long (`Passwords.verify`). A password is strong enough
alone, 80 bits (CNIL 2022-100), and never has to be changed. Wrong ones are counted by account and
device; what an unsigned redirect brings also by where it comes from, since it may name any device.
No count shuts a holder out on a device of their own, and a code opens the account still.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from portal.guest.letters import Code, account_letter
from portal.guest.parts import Portal
from portal.identification.answers import NO_CODE, WRONG_CODE
from portal.identification.challenge import (
    LIFETIME,
    Challenge,
    digest,
    fresh_code,
    is_same,
    read_code,
)
from portal.identification.consent import FIELD as BOX
from portal.identification.consent import record_ticked, ticked
from portal.identification.email_code import BAD_ADDRESS, MIXED_SCRIPTS, Desk, desk_of
from portal.identification.method import (
    Again,
    Answer,
    Asking,
    Denied,
    Proven,
    awaiting_answer,
)
from portal.people.accounts import ACCOUNT, find_account, record_use, set_password, settled_key
from portal.people.challenges import (
    Fresh,
    count_answer,
    find_just_sent,
    load_challenge,
    record_challenge,
    sending,
)
from portal.people.guesses import Guesser, Limit, forgive, may_guess
from portal.visit import Visit
from territory.access.passwords import LONGEST as LONGEST_PASSWORD
from territory.access.passwords import Flaw, flaws_of
from territory.errors import ProtocolError
from territory.messages.addresses import LONGEST, MailAddress
from territory.vocabulary import IdentificationMethod
from territory.web.problems import N_

EMAIL, PASSWORD, CODE = "email", "password", "code"
CREATE: Final = "create"
"""The button that has a code sent."""
WRONG: Final = N_("L'adresse ou le mot de passe n'est pas bon.")
TOO_MANY: Final = N_("Trop d'essais. Attendez un quart d'heure, ou faites-vous envoyer un code.")
FLAWS: Final[Mapping[Flaw, str]] = {
    Flaw.LONG: N_("Ce mot de passe est trop long."),
    Flaw.WEAK: N_("Ce mot de passe est trop facile. Écrivez sept mots, ou douze signes variés."),
    Flaw.LOGIN: N_("Ce mot de passe contient votre adresse. Choisissez-en un autre."),
}
"""What to do about each: message ids."""
OF_DEVICE: Final = Limit("password of a device", 5, timedelta(minutes=15))
"""Wrong ones, at one account."""
OF_SOURCE: Final = Limit("password of a source", 30, timedelta(minutes=15))
"""Wrong ones, at one account, where nothing vouches for the device."""


@dataclass(frozen=True, slots=True)
class _Known:
    """Whom a guest says to be."""

    address: MailAddress
    key: bytes


class ByAccount:
    """Somebody who has an account here, or makes one."""

    name: Final = IdentificationMethod.ACCOUNT

    async def begin(self, portal: Portal, asking: Asking) -> Answer:
        """Take an address and a password; or an address alone, and send it a code."""
        typed = asking.form.get(EMAIL, "")
        try:
            address = MailAddress.parse(typed)
        except ProtocolError as fault:
            words = MIXED_SCRIPTS if fault.reason == "mixed-scripts" else BAD_ADDRESS
            return Again({EMAIL: words}, {EMAIL: typed[:LONGEST], BOX: ticked(asking) or ""})
        known = _Known(address, portal.keys.accounts.of(ACCOUNT, address.key))
        if CREATE in asking.form:
            return await self._send(portal, asking, known)
        return await self._enter(portal, asking, known)

    async def _enter(self, portal: Portal, asking: Asking, known: _Known) -> Answer:
        holder = await self._holder(portal, asking, known.key)
        if isinstance(holder, str):
            return Again({PASSWORD: holder}, {EMAIL: str(known.address), BOX: ticked(asking) or ""})
        sealed = portal.keys.accounts.seal(str(known.address))
        await record_ticked(portal, asking, holder, ticked(asking), sealed)
        return Proven(holder)

    async def _holder(self, portal: Portal, asking: Asking, key: bytes) -> UUID | str:
        """Return the account of a key whose password was typed; or what is wrong, in words."""
        guessers = _guessers(asking, key)
        if not await may_guess(portal.pool, portal.keys.guess, guessers, asking.now):
            return TOO_MANY
        found = await find_account(portal.pool, key)
        password = asking.form.get(PASSWORD, "")
        matches = await portal.passwords.verify(found.password_hash if found else None, password)
        if found is None or not matches:
            return WRONG
        await forgive(portal.pool, portal.keys.guess, guessers, asking.now)
        await record_use(portal.pool, found.id, asking.now)
        return found.id

    async def _send(self, portal: Portal, asking: Asking, known: _Known) -> Answer:
        desk = desk_of(portal, asking)
        if desk is None:
            return Denied("no_messages")
        challenge, code = uuid4(), fresh_code()
        fresh = Fresh(
            id=challenge,
            method=self.name,
            code_digest=digest(desk.key, "code", code, challenge),
            contact_digest=known.key,
            contact_sealed=desk.messages.seal(str(known.address)),
            newsletter=ticked(asking),
        )
        made = (portal.pool, fresh, asking.visit, asking.gate.place.id, asking.now)
        if (just_sent := await find_just_sent(*made)) is not None:
            return await desk.sent(just_sent)
        if not await desk.may_send(known.address):
            return Denied("too_many_messages")
        await record_challenge(*made)
        answer = await desk.sent(challenge)
        async with sending(portal.pool, challenge):
            visit = awaiting_answer(asking.visit, answer, asking.now)
            await _write(desk, known.address, code, visit)
        return answer

    async def prove(self, portal: Portal, asking: Asking) -> Answer:
        """Take the code and the password that is chosen with it."""
        held = await load_challenge(portal.pool, asking.visit)
        if held is None or held.contact_sealed is None or portal.messages is None:
            return await self._settled(portal, asking)
        address = MailAddress.parse(portal.messages.open(held.contact_sealed))
        typed, password = asking.form.get(CODE, ""), asking.form.get(PASSWORD, "")
        code, flaws = read_code(typed), flaws_of(password, str(address))
        errors = {PASSWORD: FLAWS[flaws[0]]} if flaws else {}
        if code is None:
            return Again({**errors, CODE: NO_CODE})
        if errors:
            return Again(errors, {CODE: typed[:LONGEST_PASSWORD]})
        answered = await count_answer(portal.pool, asking.visit, asking.now)
        if answered is None:
            return Denied("code_over")
        said = digest(portal.messages.challenge_key, "code", code, answered.id)
        if not is_same(answered.code_digest, said):
            return Again({CODE: WRONG_CODE})
        account_id = await self._settle(portal, asking, answered, address)
        if account_id is not None:
            agreed = held.newsletter, held.contact_sealed
            await record_ticked(portal, asking, account_id, *agreed)
        return Proven(account_id) if account_id else await self._settled(portal, asking)

    async def _settled(self, portal: Portal, asking: Asking) -> Answer:
        """Take in who has just chosen their password, and whose form came twice, by that password;
        it chooses no other."""
        key = await settled_key(portal.pool, asking.visit)
        if key is None:
            return Denied("code_over")
        holder = await self._holder(portal, asking, key)
        return Again({PASSWORD: holder}) if isinstance(holder, str) else Proven(holder)

    async def _settle(
        self, portal: Portal, asking: Asking, answered: Challenge, address: MailAddress
    ) -> UUID | None:
        """Return the account of an address that answered, with its new password; None: settled."""
        keys = portal.keys.accounts
        encoded = await portal.passwords.hash(asking.form.get(PASSWORD, ""))
        claims = keys.seal(json.dumps({EMAIL: str(address)}))
        key = keys.of(ACCOUNT, address.key)
        return await set_password(portal.pool, answered.id, key, (encoded, claims), asking.now)

    async def shown(self, portal: Portal, asking: Asking) -> Mapping[str, str]:
        """Return how long an access may be lent; or where the code went."""
        messages = portal.messages
        if messages is None or asking.visit.challenge is None:
            minutes = messages.mail.provisional_minutes if messages else 0
            return {"minutes": str(minutes or ""), "mail": "yes" if messages else ""}
        held = await load_challenge(portal.pool, asking.visit)
        sealed = held.contact_sealed if held else None
        return {"address": messages.open(sealed) if sealed else ""}


async def _write(desk: Desk, to: MailAddress, code: str, visit: Visit) -> None:
    """Send a code, with the page to type it on in whatever browser reads the mail."""
    portal, asking = desk.portal, desk.asking
    page = f"{portal.public_url}/preuve/{IdentificationMethod.ACCOUNT}?visit={portal.sign(visit)}"
    brought = Code(code, page, int(LIFETIME.total_seconds()) // 60)
    letter = account_letter(to, asking.gate.place.name, brought, asking.language)
    await portal.metrics.count_letter(desk.mailer.send(letter, asking.now))


def _guessers(asking: Asking, key: bytes) -> tuple[Guesser, ...]:
    """Return under what a wrong password is counted."""
    who = key.hex()
    of_device = Guesser(OF_DEVICE, f"{who} {asking.visit.device}")
    if asking.visit.vouched:
        return (of_device,)
    return (of_device, Guesser(OF_SOURCE, f"{who} {asking.source}"))
