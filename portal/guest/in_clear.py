"""`/remise`: the one page in clear, from which a form in clear goes to a gateway without a warning.

Some gateways take their log-in by a form in plain http and nothing else. From a page in https,
Chromium covers such a form with a full page that says it is not secure; from a page in http it
does not, and a 303 from https to http passes unseen. So where `portal.plain_url` names this portal
in plain http, under a name of its own (browsers remember that the other one is https only), the
guest passes through this page. It shows nothing but the place's name, one button, and the link to
"ma connexion" as a gateway is given it (`parts.passing`): whoever reads that over the air sees what
is left of the right, prolongs it or logs the guest out, and no more. The credential in it travels
to the gateway in clear in any case; it opens nothing on another device.
"""

from datetime import timedelta
from urllib.parse import urlsplit

from aiohttp import web
from itsdangerous import BadData, URLSafeSerializer

from portal.gateways.vocabulary import FormBack
from portal.guest.onward import sources_of
from portal.guest.parts import Portal, portal_of
from portal.places import Gate
from territory.errors import ProtocolError
from territory.web.headers import is_https, lead_forms_to
from territory.web.pages import language_of, render, set_language

LIFETIME = timedelta(minutes=2)
"""How long a guest may take to press the button."""
LONGEST = 4096


def passes_in_clear(portal: Portal, request: web.Request, back: FormBack) -> bool:
    """Whether a guest of this page goes to that form by way of the page in clear."""
    return bool(portal.plain_url) and is_https(request) and urlsplit(back.url).scheme == "http"


def address_in_clear(
    portal: Portal, request: web.Request, gate: Gate, back: FormBack, page_of_ours: str
) -> str:
    """Return the address of the page in clear that holds this form; good for a while.

    `page_of_ours`: what it links to beside; empty: nothing.
    """
    until = int((portal.now() + LIFETIME).timestamp())
    form = [back.url, dict(back.fields)]
    content = [gate.code, until, language_of(request), *form, page_of_ours]
    return f"{portal.plain_url}/remise?x={_serializer(portal).dumps(content)}"


async def show(request: web.Request) -> web.Response:
    """`GET /remise`: the form, as this portal has signed it."""
    portal = portal_of(request)
    gate, language, back, page_of_ours = _read(portal, request.query.get("x", ""))
    set_language(request, language)
    lead_forms_to(request, *sources_of(portal, gate, back))
    return render(
        request,
        "hand_back.html",
        place=gate.place,
        publisher=gate.place.organisation,
        url=back.url,
        fields=back.fields,
        page_of_ours=page_of_ours,
    )


def _read(portal: Portal, token: str) -> tuple[Gate, str, FormBack, str]:
    try:
        if len(token) > LONGEST:
            raise ProtocolError("bad-hand-back")
        code, until, language, url, fields, ours = _serializer(portal).loads(token)
    except (BadData, ValueError) as fault:
        raise ProtocolError("bad-hand-back") from fault
    gate = portal.directory.current.gates.get(code)
    if gate is None or portal.now().timestamp() > until:
        raise ProtocolError("stale")
    return gate, language, FormBack(url, fields), ours


def _serializer(portal: Portal) -> URLSafeSerializer:
    return URLSafeSerializer(portal.keys.visit, salt="hand back in clear")
