"""OpenID Connect: somebody else vouches for the guest, who signs in there and comes back.

The log-in window of a phone often cannot show a provider's pages, so the page that follows the form
offers two ways: a link, and a plain address to type in a real browser. Whoever comes back from the
provider where the visit was begun presses one button; whoever comes back from elsewhere (another
network, another phone) is told six digits to type in the log-in window. So a link sent to somebody
else lets the sender in only if that person reads them the digits, on a page that says not to.
Links, not a form that is redirected: a browser holds every hop after a form to `form-action`.
"""

import hmac
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID, uuid4

from portal.guest.parts import Portal
from portal.identification.challenge import read_code
from portal.identification.method import NOTHING, Again, Answer, Asking, Denied, Proven, Sent
from portal.openid.asking import authorization_address, secrets_of
from portal.openid.records import OpenidRequest, load_request, open_request
from portal.people.guesses import Guesser, Limit, forgive, may_guess
from portal.visit import Event, advance_all
from territory.vocabulary import IdentificationMethod
from territory.web.problems import N_

PLAIN_PATH: Final = "/o/"
"""Short, since it is typed by hand."""
OVER: Final = "openid_over"
"""A word of `portal.guest.notices`: it lasted too long, or there were too many guesses."""
_CODES: Final = Limit("openid code", 5, timedelta(minutes=10))
"""Of one sign-in: it lives no longer than that."""
_CHOOSE: Final = N_("Choisissez d'abord qui vous connaît.")
_NOT_YET: Final = N_("Connectez-vous d'abord à cette adresse. Vous aurez alors un code.")
_WRONG: Final = N_("Ce code n'est pas le bon. Relisez-le, puis essayez de nouveau.")


class ByProvider:
    """A guest is who an identity provider says, and is known again by that provider's name."""

    name: Final = IdentificationMethod.OPENID_CONNECT

    async def begin(self, portal: Portal, asking: Asking) -> Answer:
        """Open a sign-in at the provider that was chosen."""
        client = portal.providers.get(asking.form.get("provider", ""))
        if client is None:
            return Again({"provider": _CHOOSE})
        await client.metadata(asking.now)  # where it is away, its page would not open either
        challenge = uuid4()
        begun = advance_all(asking.visit, Event.IDENTIFY)
        if begun is None:
            return Denied(OVER)
        await open_request(
            portal.pool,
            OpenidRequest(
                id=challenge,
                provider=client.provider.code,
                visit=portal.sign(replace(begun, challenge=challenge)),
                begun_from=begun_from(portal, challenge, asking.source),
            ),
            secrets_of(challenge, portal.keys.openid).plain,
            asking.now,
            asking.visit.expires_at,
        )
        return Sent(challenge)

    async def prove(self, portal: Portal, asking: Asking) -> Answer:
        """Let in who brings the digits that the one who signed in was told."""
        found = await _request(portal, asking.visit.challenge, asking.now)
        if found is None:
            return Denied(OVER)
        if found.account_id is None:
            return Again({"code": _NOT_YET})
        guesser = (Guesser(_CODES, found.id.hex),)
        if not await may_guess(portal.pool, portal.keys.guess, guesser, asking.now):
            return Denied(OVER)
        typed = read_code(asking.form.get("code", "")) or ""
        code = secrets_of(found.id, portal.keys.openid).code
        if not hmac.compare_digest(typed.encode(), code.encode()):
            return Again({"code": _WRONG})
        await forgive(portal.pool, portal.keys.guess, guesser, asking.now)
        return Proven(found.account_id)

    async def shown(self, portal: Portal, asking: Asking) -> Mapping[str, str]:
        """Return the providers by code, or the two addresses of the one that was chosen."""
        if asking.visit.challenge is None:
            return {code: client.provider.name for code, client in portal.providers.items()}
        found = await _request(portal, asking.visit.challenge, asking.now)
        client = portal.providers.get(found.provider) if found else None
        if found is None or client is None:
            return NOTHING
        plain = secrets_of(found.id, portal.keys.openid).plain
        return {
            "provider": client.provider.name,
            "address": await sign_in_address(portal, found, asking.language, asking.now),
            "plain": f"{portal.public_url}{PLAIN_PATH}{plain}",
        }


async def sign_in_address(
    portal: Portal, found: OpenidRequest, language: str, now: datetime
) -> str:
    """Return where a guest signs in for a request; its provider is one of ours.

    Raises:
        Unavailable: the provider is away.
    """
    client = portal.providers[found.provider]
    secrets = secrets_of(found.id, portal.keys.openid)
    metadata = await client.metadata(now)
    return authorization_address(
        client.provider, metadata, secrets, client.return_address, language
    )


def begun_from(portal: Portal, challenge: UUID, source: str) -> bytes:
    """Return what a source is remembered by for one sign-in: 32 octets."""
    said = b"source\0" + challenge.bytes + source.encode()
    return hmac.new(portal.keys.openid, said, sha256).digest()


async def _request(portal: Portal, challenge: UUID | None, now: datetime) -> OpenidRequest | None:
    return await load_request(portal.pool, challenge, now) if challenge else None
