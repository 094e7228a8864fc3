"""`POST /sms/entrant`: a guest has texted their word to the site's number; the provider says so.

Believed by its signature alone (HMAC of our address and its parameters, in constant time). A word
finds the one challenge that awaits it; the sender's number becomes its contact, once. Whoever texts
anything else gets no answer, and nothing of it is kept.
"""

import asyncio
import hmac
from urllib.parse import parse_qsl

from aiohttp import web

from portal.guest.parts import log, portal_of
from portal.identification.challenge import digest, words_in
from portal.people.challenges import hear_word
from territory.errors import ProtocolError
from territory.messages.numbers import PhoneNumber
from territory.messages.sms_dialects import twilio_signature
from territory.web.forms import FORM_SECONDS, MOST_FIELDS
from territory.web.server import LARGEST_BODY

PATH = "/sms/entrant"
_NOTHING_TO_SAY = "<Response/>"
"""TwiML: no message goes back."""


async def hear(request: web.Request) -> web.Response:
    """Take a message that came; 403 where nobody we know has signed it."""
    portal = portal_of(request)
    messages = portal.messages
    if messages is None or not messages.sms.number:
        raise web.HTTPNotFound
    posted = await _read(request)
    signed = twilio_signature(messages.sms, f"{portal.public_url}{PATH}", posted)
    told = request.headers.get("X-Twilio-Signature", "")
    if not hmac.compare_digest(signed.encode(), told.encode("utf-8", "replace")):
        portal.metrics.refused.labels("sms-signature").inc()
        raise web.HTTPForbidden
    form, sms = dict(posted), messages.sms
    try:
        sender = PhoneNumber.parse(form.get("From", ""), sms.region, sms.countries)
    except ProtocolError as fault:
        portal.metrics.refused.labels(f"sms-{fault.reason}").inc()
        return _said_nothing()
    words = [
        digest(messages.challenge_key, "word", word) for word in words_in(form.get("Body", ""))
    ]
    contact = digest(messages.contact_key, "phone", sender.e164), messages.seal(sender.e164)
    heard = await hear_word(portal.pool, words, contact, portal.now())
    log.info("sms.heard", outcome="found" if heard else "unknown")
    return _said_nothing()


async def _read(request: web.Request) -> list[tuple[str, str]]:
    """Return the form as it was posted, character for character: it is signed as a whole."""
    try:
        async with asyncio.timeout(FORM_SECONDS):
            body = await request.clone(client_max_size=LARGEST_BODY).read()
        return parse_qsl(
            body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, strict_parsing=True
        )
    except (TimeoutError, ValueError) as failure:
        raise web.HTTPBadRequest from failure


def _said_nothing() -> web.Response:
    return web.Response(text=_NOTHING_TO_SAY, content_type="text/xml")
