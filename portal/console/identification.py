"""How a site's guests may identify themselves, and what each way makes the site keep, and how long.

An administrator enables or disables a way here, unless the territory's description states them:
then it is changed there, and the page says so. What a way keeps is read from the table that the
guests' notices are written from, so the page that enables it cannot promise otherwise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web
from sqlalchemy import RowMapping, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.console.asked import asked_site
from portal.console.estate import Site
from portal.console.places import CLOCK, ENGINE, LAW
from portal.guest.notice import Section, sections
from portal.identification.methods import METHODS
from territory.access.operators import record
from territory.access.sign_in import actor_of, form_of, url
from territory.database import tables
from territory.rules.identification import allowed_methods, methods_of
from territory.rules.wifi4eu import ONE_CLICK
from territory.vocabulary import IdentificationLevel
from territory.vocabulary import IdentificationMethod as Method
from territory.web.pages import render

NAMES: Mapping[Method, str] = {
    Method.CLICK_THROUGH: "Un clic, sans rien demander",
    Method.TICKET: "Ticket remis à l'accueil",
    Method.EMAIL_CODE: "Code par courriel",
    Method.SMS_CODE: "Code par SMS",
    Method.ACCOUNT: "Compte avec mot de passe",
    Method.OPENID_CONNECT: "Service d'identité (FranceConnect, ProConnect…)",
    Method.SPONSOR: "Accueil par une personne du lieu",
}
"""As the console calls them (docs/lexique.md)."""
NONE_LEFT = "Gardez un moyen au moins : sans aucun, personne ne peut se connecter ici."
DESCRIBED = "Les moyens de ce lieu sont fixés par le fichier du territoire."


@dataclass(frozen=True, slots=True)
class Way:
    """One way of identifying oneself, at one site."""

    method: Method
    name: str
    is_offered: bool
    """Whether the site offers it now."""
    is_taken: bool
    """Whether the site's plan takes it."""
    kept: Sequence[Section]
    """What it makes the site keep beyond what every connection leaves."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a site offers its guests."""

    described: bool
    """Whether the territory's description states it."""
    offered: tuple[Method, ...]
    """In the order of their offer."""
    taken: frozenset[Method]
    """What the plan is open to, and the portal has."""


async def show_identification(request: web.Request) -> web.StreamResponse:
    """Each way, whether it is offered, and what it keeps."""
    site = await asked_site(request)
    async with request.app[ENGINE].connect() as db:
        choice = await _choice(db, site)
    return _page(request, site, choice)


async def choose(request: web.Request) -> web.StreamResponse:
    """Offer what is ticked: an audit line, and every portal reads the territory again."""
    ticked = [method for method in Method if form_of(request).get(method) == "yes"]
    site = await asked_site(request)
    async with request.app[ENGINE].begin() as db:
        choice = await _choice(db, site)
        wanted = _in_order(choice, ticked)
        if choice.described or not wanted:
            fault = DESCRIBED if choice.described else NONE_LEFT
            return _page(request, site, choice, fault=fault, status=422)
        if wanted != choice.offered:
            await _write(request, db, site, wanted)
    there = url(request, "identification", code=site.code)
    return web.Response(status=303, headers={"Location": there})


def _in_order(choice: Choice, ticked: Sequence[Method]) -> tuple[Method, ...]:
    """Return what is to be offered: what already is keeps its place, what is new comes last."""
    known = [method for method in choice.offered if method in ticked]
    return tuple(dict.fromkeys((*known, *(m for m in ticked if m in choice.taken))))


async def _write(
    request: web.Request, db: AsyncConnection, site: Site, wanted: tuple[Method, ...]
) -> None:
    there, now = tables.site.c.id == site.id, request.app[CLOCK].now()
    words = [method.value for method in wanted]
    await db.execute(update(tables.site).where(there).values(methods=words))
    await record(db, actor_of(request), "site.methods_chosen", site.code, now, methods=words)
    await db.execute(text("SELECT pg_notify('territory', '')"))


async def _choice(db: AsyncConnection, site: Site) -> Choice:
    at, plan = tables.site.c, tables.plan.c
    query = (
        select(
            *(at.methods, at.methods_described, at.wifi4eu),
            *(plan.methods.label("listed"), plan.least_level),
        )
        .join_from(tables.site, tables.plan, plan.id == at.plan_id)
        .where(at.id == site.id)
    )
    return _read((await db.execute(query)).mappings().one())


def _read(row: RowMapping) -> Choice:
    listed = [Method(word) for word in row["listed"]]
    level = IdentificationLevel(row["least_level"])
    stated = None if row["methods"] is None else [Method(word) for word in row["methods"]]
    taken = allowed_methods(listed, level) & METHODS.keys()
    if row["wifi4eu"]:
        return Choice(row["methods_described"], ONE_CLICK, taken & set(ONE_CLICK))
    return Choice(row["methods_described"], methods_of(stated, listed, level), taken)


def _page(
    request: web.Request, site: Site, choice: Choice, *, fault: str = "", status: int = 200
) -> web.StreamResponse:
    law, today = request.app[LAW](), request.app[CLOCK].now().date()
    common = sections((), law, today, str)
    known = {(one.category, datum) for one in common for datum in one.data}

    def added(method: Method) -> list[Section]:
        told = sections((method,), law, today, str)
        return [one for one in told if any((one.category, d) not in known for d in one.data)]

    ways = [
        Way(method, NAMES[method], method in choice.offered, method in choice.taken, added(method))
        for method in METHODS
    ]
    return render(
        request,
        "identification.html",
        status=status,
        site=site,
        choice=choice,
        common=common,
        common_data={datum for one in common for datum in one.data},
        ways=ways,
        fault=fault,
        described=DESCRIBED,
    )
