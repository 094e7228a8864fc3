"""`/mes-donnees`: what a place keeps of its guests, and what it holds of the one who looks.

The notice is everyone's. What is held is shown, given as a file, and erased only for a visit that
shows whose it is: its gateway vouched for the redirect, or this very visit got the right. To come
from the place, which suffices to see the time left, does not suffice here: an unsigned redirect can
name a neighbour's device.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from aiohttp import web

from portal.guest import notice
from portal.guest.notice import UNKNOWN_END, Section, sections
from portal.guest.own_facts import KINDS, Copy, as_csv, as_json, facts_of
from portal.guest.parts import is_own, log, may_see, portal_of
from portal.guest.proving_again import PATH as PROVE_PATH
from portal.guest.proving_again import can_prove
from portal.guest.splash import read_current
from portal.guest.wording import day, duration, volume
from portal.people.own_data import Held, load_held, note
from portal.places import Gate
from portal.records import load_admission
from portal.throttle import GRANTS
from portal.visit import State, Visit
from territory.database.tables.columns import Category
from territory.errors import ProtocolError, Unavailable
from territory.law.durations import Law, end_of
from territory.law.holdings import AGREED, asks_who
from territory.vocabulary import IdentificationMethod
from territory.web.pages import language_of, translate

_FORMS = {"json": ("application/json", as_json), "csv": ("text/csv", as_csv)}
_ANYWHERE = (IdentificationMethod.CLICK_THROUGH,)
"""What the notice of no place in particular says."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What erasing leaves, of one category."""

    section: Section
    """What it is, and why."""
    until: str
    """The last day it is kept, in words."""


def opens(visit: Visit | None) -> bool:
    """Whether a visit shows that what is held of its admission is its guest's own."""
    if visit is None or visit.state is not State.ADMITTED or visit.admission is None:
        return False
    return is_own(visit)


async def told(request: web.Request, visit: Visit | None, gate: Gate | None) -> dict[str, Any]:
    """Return what the page shows: the place's notice, and what is held where that is theirs."""
    methods = gate.place.methods if gate else _ANYWHERE
    newsletter = gate.place.organisation.newsletter if gate else None
    agreed = (AGREED,) if newsletter else ()
    law, today = portal_of(request).directory.law, portal_of(request).now().date()

    def words(message: str) -> str:
        return translate(request, message)

    held, is_away = await _held(request, visit)
    seen, proves_at = await _seen(request, visit, gate)
    return {
        "sections": sections(methods, law, today, words, *agreed),
        "notice": notice,
        "newsletter": newsletter,
        "asks_who": asks_who(methods),
        "held": _shown(request, held) if held else None,
        "is_theirs": opens(visit),
        "seen": seen,
        "proves_at": proves_at,
        "is_away": is_away,
    }


async def own(request: web.Request, visit: Visit) -> tuple[UUID, Held]:
    """Return a visit's right and what is held of its guest, who may have it given or erased.

    Raises:
        ProtocolError: `not-theirs`: it does not show whose it is; `no-data`: nothing is held.
        HTTPTooManyRequests: asked too often.
        Unavailable: the database is away.
    """
    portal = portal_of(request)
    if visit.admission is None or not opens(visit):
        raise ProtocolError("not-theirs")
    if not portal.throttle.allows(GRANTS, "own data", str(visit.admission)):
        raise web.HTTPTooManyRequests(headers={"Retry-After": "600"})
    held = await load_held(portal.pool, visit.admission, visit.guest)
    if held is None:
        raise ProtocolError("no-data")
    return visit.admission, held


async def export(request: web.Request) -> web.Response:
    """`GET /mes-donnees/copie/<form>`: all that is held of the connection, as a file."""
    portal = portal_of(request)
    media_type, write = _FORMS[request.match_info["form"]]
    visit, gate = read_current(request, request.query.get("visit", ""))
    _, held = await own(request, visit)
    await note(portal.pool, "guest.data_exported", portal.now())
    log.info("own_data.exported", gateway=gate.code)
    organisation = gate.place.organisation
    facts = facts_of(held, portal.directory.law)
    copy = Copy(portal.now(), organisation.name, organisation.contact_email, facts)

    def words(message: str) -> str:
        return translate(request, message)

    name = f"mes-donnees.{request.match_info['form']}"
    return web.Response(
        text=write(copy, words),
        content_type=media_type,
        charset="utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


def kept_after(request: web.Request, held: Held) -> list[Kept]:
    """Return what the law keeps of a connection whose guest has it erased, until when and why.

    What runs from the end of an account runs from now.
    """
    portal = portal_of(request)
    law, today = portal.directory.law, portal.now().date()

    def words(message: str) -> str:
        return translate(request, message)

    return [
        Kept(section, _last_day(request, law, section.category, _began(held, section, today)))
        for section in sections((held.method,), law, today, words)
    ]


def _began(held: Held, section: Section, today: date) -> date:
    of_account = section.category in (Category.IDENTITY, Category.ACCOUNT)
    granted: date = held.right["granted_at"].date()
    return today if of_account else granted


async def _held(request: web.Request, visit: Visit | None) -> tuple[Held | None, bool]:
    """What is held of a visit's own admission, and whether the database is away."""
    if visit is None or visit.admission is None or not opens(visit):
        return None, False
    try:
        return await load_held(portal_of(request).pool, visit.admission, visit.guest), False
    except Unavailable as failure:
        log.warning("own_data.unavailable", cause=type(failure.__cause__).__name__)
        return None, True


async def _seen(
    request: web.Request, visit: Visit | None, gate: Gate | None
) -> tuple[dict[str, Any] | None, str]:
    """What anyone at the place may see of a right, and where its guest proves that it is theirs.

    No address and no name: an address can be copied, and an unsigned redirect names any.
    """
    if visit is None or gate is None or visit.admission is None or visit.guest is not None:
        return None, ""
    portal = portal_of(request)
    try:
        if visit.state is not State.ADMITTED or not await may_see(request, gate, visit):
            return None, ""
        holding = await load_admission(portal.pool, visit.admission, portal.now())
    except Unavailable as failure:
        log.warning("own_data.unavailable", cause=type(failure.__cause__).__name__)
        return None, ""
    if holding is None or not holding.admission.lives(portal.now()):
        return None, ""

    def words(message: str) -> str:
        return translate(request, message)

    left = int((holding.admission.ends_at - portal.now()).total_seconds())
    seen = {"place": gate.place.name, "left": duration(left, words)}
    return seen, PROVE_PATH if can_prove(gate, holding.admission) else ""


def _shown(request: web.Request, held: Held) -> dict[str, Any]:
    """Return it as a guest reads it; empty where there is nothing to say."""
    portal, language = portal_of(request), language_of(request)

    def words(message: str) -> str:
        return translate(request, message)

    granted = held.right["granted_at"]
    left = int((held.right["ends_at"] - portal.now()).total_seconds())
    is_over = held.right["revoked_at"] is not None or left <= 0
    return {
        "place": held.right["site"],
        "device": held.device,
        "since": day(granted.date().isoformat(), language),
        "left": "" if is_over else duration(left, words),
        "private": held.private_addresses,
        "public": [known["address"] for known in held.public_addresses],
        "used": volume(held.octets, language, words) if held.octets else "",
        "guest": _guest_shown(held, language),
        "newsletters": [one for one in held.newsletters if one["withdrawn_at"] is None],
        "until": _last_day(request, portal.directory.law, Category.SOURCE, granted.date()),
    }


def _guest_shown(held: Held, language: str) -> dict[str, str] | None:
    """Return the account or contact that this visit proved, as its guest reads it."""
    if held.guest is None:
        return None
    return {
        "kind": KINDS[held.guest["kind"]],
        "since": day(held.guest["began_at"].date().isoformat(), language),
        "used": day(held.guest["used_at"].date().isoformat(), language),
    }


def _last_day(request: web.Request, law: Law, category: Category, began: date) -> str:
    """Return the last day of what began on a day, in words."""
    end = end_of(law, category, began).on
    if end is None:
        return translate(request, UNKNOWN_END)
    return day((end - timedelta(days=1)).isoformat(), language_of(request))
