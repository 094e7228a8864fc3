"""Operators' accounts: the list, adding one, and the page where one is let in or shut out.

A custodian's first access and forgotten password go through the command line alone: whoever holds
the console cannot become one of the two persons who answer a requisition.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from aiohttp import web
from sqlalchemy import RowMapping, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.console.places import CLOCK, ENGINE, PUBLIC_URL
from territory.access.operators import (
    Flaw,
    NewOperator,
    Operator,
    add_operator,
    as_operator,
    flaws_of,
    normal_login,
    operator_by_id,
    record,
    set_disabled,
    set_password,
)
from territory.access.roles import Role
from territory.access.sign_in import (
    Application,
    actor_of,
    form_of,
    mint_link,
    operator_of,
    url,
)
from territory.database.tables import operator as operator_table
from territory.database.tables import organisation, sign_in
from territory.web.pages import render


@dataclass(frozen=True, slots=True)
class Account:
    """An operator as the administrator sees them."""

    operator: Operator
    organisation: str
    """Empty: the territory's own."""
    created_at: datetime
    disabled_at: datetime | None
    locked_until: datetime | None
    last_used_at: datetime | None
    """Last page they looked at while signed in; None: not signed in anywhere."""


async def list_operators(request: web.Request) -> web.StreamResponse:
    """Every operator, and the form that adds one."""
    return await _list(request, faults=[], draft={})


async def _list(
    request: web.Request, faults: list[str], draft: dict[str, str], status: int = 200
) -> web.StreamResponse:
    now = request.app[CLOCK].now()
    async with request.app[ENGINE].begin() as db:
        accounts = await _accounts(db)
        organisations = await _organisations(db)
        await record(db, actor_of(request), "operators.read", "", now)
    return render(
        request,
        "operators.html",
        status=status,
        accounts=accounts,
        organisations=organisations,
        roles=list(Role),
        faults=faults,
        draft=draft,
        now=now,
    )


async def _accounts(db: AsyncConnection, operator_id: UUID | None = None) -> list[Account]:
    last_used = (
        select(sign_in.c.operator_id, func.max(sign_in.c.last_used_at).label("last_used_at"))
        .group_by(sign_in.c.operator_id)
        .subquery()
    )
    query = (
        select(operator_table, organisation.c.name.label("organisation"), last_used.c.last_used_at)
        .outerjoin_from(
            operator_table, organisation, organisation.c.id == operator_table.c.organisation_id
        )
        .outerjoin(last_used, last_used.c.operator_id == operator_table.c.id)
        .order_by(operator_table.c.display_name)
    )
    if operator_id is not None:
        query = query.where(operator_table.c.id == operator_id)
    return [_account(row) for row in (await db.execute(query)).mappings()]


def _account(row: RowMapping) -> Account:
    return Account(
        operator=as_operator(row),
        organisation=row["organisation"] or "",
        created_at=row["created_at"],
        disabled_at=row["disabled_at"],
        locked_until=row["locked_until"],
        last_used_at=row["last_used_at"],
    )


async def _organisations(db: AsyncConnection) -> list[tuple[str, str]]:
    query = select(organisation.c.id, organisation.c.name).order_by(organisation.c.name)
    return [(str(row[0]), row[1]) for row in await db.execute(query)]


async def add(request: web.Request) -> web.StreamResponse:
    """Add an operator and show the link of their first sign-in; a custodian's is made elsewhere."""
    form = form_of(request)
    new, faults = _read(form)
    if new is None:
        return await _list(request, faults, form, status=422)
    now = request.app[CLOCK].now()
    async with request.app[ENGINE].begin() as db:
        added = await add_operator(db, new, actor_of(request), now)
    if added is None:
        return await _list(request, [Flaw.TAKEN.french], form, status=422)
    if not _takes_links(added):
        return await _show(request, added.id)
    return await _with_link(request, added)


def _read(form: dict[str, str]) -> tuple[NewOperator | None, list[str]]:
    """The new operator a form describes, or what is wrong with it."""
    try:
        role = Role(form.get("role", ""))
        organisation_id = UUID(form["organisation"]) if form.get("organisation") else None
    except ValueError:
        return None, ["Le rôle ou l'organisme n'existe pas."]
    login, name = normal_login(form.get("login", "")), form.get("display_name", "")
    new = NewOperator(login, name, role, organisation_id)
    faults = [flaw.french for flaw in flaws_of(new)]
    return (None, faults) if faults else (new, [])


async def show_operator(request: web.Request) -> web.StreamResponse:
    """One operator's account."""
    return await _show(request, (await _wanted(request)).id)


async def _show(request: web.Request, operator_id: UUID, link: str = "") -> web.StreamResponse:
    now = request.app[CLOCK].now()
    async with request.app[ENGINE].begin() as db:
        accounts = await _accounts(db, operator_id)
        who = accounts[0].operator
        await record(db, actor_of(request), "operator.read", who.login, now)
    return render(
        request,
        "operator.html",
        account=accounts[0],
        takes_links=_takes_links(who),
        link=link,
        now=now,
    )


def _takes_links(who: Operator) -> bool:
    """Tell whether the console lets this operator in; custodians are let in from the machine."""
    return who.role is not Role.CUSTODIAN


async def _wanted(request: web.Request) -> Operator:
    async with request.app[ENGINE].connect() as db:
        found = await operator_by_id(db, UUID(request.match_info["id"]))
    if found is None:
        raise web.HTTPNotFound
    return found


async def _with_link(request: web.Request, who: Operator) -> web.StreamResponse:
    """The account's page with a new link, shown this once."""
    now = request.app[CLOCK].now()
    async with request.app[ENGINE].begin() as db:
        token = await mint_link(db, who.id, Application.CONSOLE, now)
        await record(db, actor_of(request), "operator.link_made", who.login, now)
    link = f"{request.app[PUBLIC_URL]}{url(request, 'link', token=token)}"
    return await _show(request, who.id, link)


async def make_link(request: web.Request) -> web.StreamResponse:
    """A sign-in link for a first access or a forgotten password, which it erases."""
    who = await _wanted(request)
    if not _takes_links(who):
        raise web.HTTPForbidden
    if who.has_password:
        async with request.app[ENGINE].begin() as db:
            await set_password(db, who, None, actor_of(request), request.app[CLOCK].now())
    return await _with_link(request, who)


async def disable(request: web.Request) -> web.StreamResponse:
    """Shut an operator out, or let them back in; nobody shuts themselves out."""
    who = await _wanted(request)
    if who.id == operator_of(request).id:
        raise web.HTTPForbidden
    disabled = form_of(request).get("disabled") == "yes"
    async with request.app[ENGINE].begin() as db:
        await set_disabled(db, who, disabled, actor_of(request), request.app[CLOCK].now())
    return web.Response(status=303, headers={"Location": url(request, "operator", id=str(who.id))})
