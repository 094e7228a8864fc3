"""`/mes-appareils`: a guest who proved who they are sees which devices use that, and lets one go.

The way here is a link on "ma connexion", and on the first page of a device that is one too many.
The signed visit says who the guest is; a device is named by its right, which is looked up among
that guest's alone. An account can be closed here too: its password goes at once, the dates that the
law asks for stay.
"""

from typing import Final
from uuid import UUID

from aiohttp import web

from portal.guest.parts import log, portal_of
from portal.guest.splash import read_current, show_restart
from portal.guest.wording import duration
from portal.people.accounts import close_account, is_open
from portal.people.own_devices import load_own_devices, release
from portal.places import Gate
from portal.visit import State, Visit
from territory.web.forms import read_form
from territory.web.pages import render, translate

PATH: Final = "/mes-appareils"
_PROVEN: Final = (State.ADMITTED, State.REFUSED)
"""States of a visit that may show a guest's devices, once it has proven whose it is."""


async def show_devices(request: web.Request) -> web.Response:
    """`GET /mes-appareils`: the list."""
    visit, gate = read_current(request, request.query.get("visit", ""))
    return await _show(request, gate, visit)


async def change_devices(request: web.Request) -> web.Response:
    """`POST /mes-appareils`: let a device go, or close the account; then the list again."""
    form = await read_form(request)
    visit, gate = read_current(request, form.get("visit", ""))
    portal, now = portal_of(request), portal_of(request).now()
    if visit.state not in _PROVEN or visit.guest is None:
        return show_restart(request, gate, visit)
    if "close" in form:
        await close_account(portal.pool, visit.guest, now)
        log.info("account", outcome="closed")
        return await _show(request, gate, visit, done="closed")
    admission = _uuid(form.get("device", ""))
    if admission and await release(portal.pool, visit.guest, admission, now):
        log.info("own_devices", gateway=gate.code, outcome="released")
        return await _show(request, gate, visit, done="released")
    return await _show(request, gate, visit)


async def _show(request: web.Request, gate: Gate, visit: Visit, *, done: str = "") -> web.Response:
    portal, now = portal_of(request), portal_of(request).now()
    if visit.state not in _PROVEN or visit.guest is None:
        return show_restart(request, gate, visit)

    def words(message: str) -> str:
        return translate(request, message)

    devices = await load_own_devices(portal.pool, visit.guest, now)
    left = {
        one.admission: duration(int((one.ends_at - now).total_seconds()), words) for one in devices
    }
    return render(
        request,
        "own_devices.html",
        place=gate.place,
        publisher=gate.place.organisation,
        token=portal.sign(visit),
        here=PATH,
        own=visit.admission,
        is_online=visit.state is State.ADMITTED,
        devices=devices,
        left=left,
        done=done,
        has_account=await is_open(portal.pool, visit.guest),
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
