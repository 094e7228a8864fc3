"""The second door: a code after the password, where an application asks for one.

Whoever has none yet is shown a QR code once; the page after it is the same for all. An act that
weighs more than a page asks for a code of its own, with :func:`is_code_good`.
"""

from aiohttp import web

from territory.access.gate import page
from territory.access.guard import ACCESS, asks_code, form_of, operator_of, own_page, sign_in_of
from territory.access.roles import Permission
from territory.access.second_factor import (
    begin_enrolment,
    enrolment_uri,
    is_enrolled,
    prove_sign_in,
    spend_code,
)
from territory.paper.qr import qr_svg
from territory.web.pages import render

REFUSED = (
    "Ce code ne convient pas. Chaque code sert une fois : attendez le suivant,"
    " et vérifiez l'heure du téléphone."
)


def add_second_door(app: web.Application) -> None:
    """Add its page to a guarded application that asks for a second factor."""
    page(
        app,
        "/second-facteur",
        Permission.BE_SIGNED_IN,
        "second_factor",
        get=show_second_factor,
        post=give_code,
    )


async def show_second_factor(request: web.Request) -> web.StreamResponse:
    """Ask for a code; the first time, show what makes them."""
    return await _show(request, "")


async def give_code(request: web.Request) -> web.StreamResponse:
    """Take a code and open the rest of the application to this sign-in."""
    found = sign_in_of(request)
    if found is None or not await is_code_good(request):
        return await _show(request, REFUSED)
    access = request.app[ACCESS]
    async with access.engine.begin() as db:
        await prove_sign_in(db, found.token_digest, access.clock.now())
    to = own_page(request, form_of(request).get("suite", ""))
    return web.Response(status=303, headers={"Location": to, "Cache-Control": "no-store"})


async def is_code_good(request: web.Request) -> bool:
    """Whether the posted form's `code` is good now; it is used up. True where none is asked."""
    access, operator = request.app[ACCESS], operator_of(request)
    if not asks_code(request) or access.second_factor is None:
        return True
    code = form_of(request).get("code", "")
    async with access.engine.begin() as db:
        keyring = access.second_factor.keyring
        return await spend_code(db, operator, keyring, code, access.clock.now())


async def _show(request: web.Request, fault: str) -> web.StreamResponse:
    access, operator = request.app[ACCESS], operator_of(request)
    if access.second_factor is None:
        raise web.HTTPNotFound
    picture, secret = "", ""
    async with access.engine.begin() as db:
        if not await is_enrolled(db, operator.id):
            keyring = access.second_factor.keyring
            secret = await begin_enrolment(db, operator.id, keyring, access.clock.now())
            uri = enrolment_uri(secret, operator.login)
            picture = qr_svg(uri, "Code QR de votre second facteur")
    return render(
        request,
        "second_factor.html",
        status=403 if fault else 200,
        fault=fault,
        picture=picture,
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        wanted=request.query.get("suite") or _carried(request),
    )


def _carried(request: web.Request) -> str:
    """The page asked for before the door, in a refused form."""
    return form_of(request).get("suite", "") if request.method == "POST" else ""
