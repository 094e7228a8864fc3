"""Every route of the console, for every role and for nobody: the table DESIGN calls for."""

from dataclasses import replace

import aiohttp
import pytest
from aiohttp import web
from sqlalchemy import select

from portal.console import site_test
from portal.console.app import create_console
from portal.tickets.office import Order, make_sheet
from territory.access.gate import PERMISSIONS
from territory.access.passwords import Passwords
from territory.access.roles import GRANTS, Permission, Role
from territory.database import tables
from territory.rules.tickets import Terms
from territory.web.server import start_site
from tests.integration.console.ground import CHEAP, Browser, SignedIn, Site, Territory

EXPECTED = {
    "": "any",
    "/": "any",
    "/session": "anyone",
    "/lien/{token}": "anyone",
    "/mot-de-passe": "any",
    "/session/fermer": "any",
    "/en-direct": "administrator technician agent mediator dpo",
    "/en-direct/encore": "administrator technician agent mediator dpo",
    "/en-direct/flux": "administrator technician agent mediator dpo",
    "/en-direct/journee": "administrator technician agent mediator dpo",
    "/en-direct/ecrans": "administrator technician",
    "/en-direct/ecrans/{id}/fin": "administrator technician",
    "/ecran/{token}": "anyone",
    "/ecran/{token}/flux": "anyone",
    "/ecran/{token}/journee": "anyone",
    "/fichiers/{digest}/{file}": "anyone",
    "/lieux": "administrator technician agent mediator dpo",
    "/lieux/{code}": "administrator technician agent mediator dpo",
    "/lieux/{code}/deconnexion": "administrator technician",
    "/lieux/{code}/identification": "administrator technician agent mediator dpo",
    "/lieux/{code}/identification/choix": "administrator",
    "/incidents": "administrator technician",
    "/incidents/{id}": "administrator technician",
    "/maintenance": "administrator technician",
    "/maintenance/{id}/fin": "administrator technician",
    "/equipements": "administrator technician",
    "/liens": "administrator technician",
    "/equipements/{nas}/signature": "administrator technician",
    "/equipements/{nas}/secret": "administrator technician",
    "/lieux/{code}/essai": "administrator technician",
    "/indicateurs": "administrator agent dpo",
    "/indicateurs/rapport.pdf": "administrator agent dpo",
    "/indicateurs/rapport.csv": "administrator agent dpo",
    "/sms": "administrator technician agent",
    "/appareil": "administrator technician",
    "/tickets": "administrator agent mediator",
    "/tickets/{sheet}": "administrator agent mediator",
    "/tickets/{sheet}/feuille.pdf": "administrator agent mediator",
    "/tickets/{sheet}/annuler": "administrator agent mediator",
    "/comptes": "administrator agent",
    "/requisition-recue": "administrator agent mediator",
    "/requisition-recue/{id}": "administrator agent mediator",
    "/lettres": "agent dpo",
    "/lettres/liste.csv": "agent",
    "/documents": "administrator agent dpo",
    "/documents/{file}.{form}": "administrator agent dpo",
    "/organismes": "administrator dpo",
    "/operateurs": "administrator",
    "/operateurs/{id}": "administrator",
    "/operateurs/{id}/lien": "administrator",
    "/operateurs/{id}/acces": "administrator",
    "/journal": "administrator dpo",
    "/injonctions": "administrator dpo",
    "/injonctions/{id}/retrait": "administrator dpo",
}
"""Written by hand, on purpose: a change of roles must be made twice."""
ELSEWHERE = {
    "/documents/{file}.{form}": {404},
    "/session": {403},
    "/en-direct/flux": {405},  # a stream has no HEAD
    "/ecran/{token}/flux": {404},
    "/ecran/{token}/journee": {404},
    "/fichiers/{digest}/{file}": {404},
    "/en-direct/ecrans/{id}/fin": {404},
    "/maintenance/{id}/fin": {404},
    "/incidents/{id}": {404},
    "/injonctions/{id}/retrait": {404},
    "/requisition-recue": {400},  # its form brings files, in parts
    "/requisition-recue/{id}": {404},
}
"""What else may be answered to who may pass: there is no such link, no such file."""


@pytest.fixture(autouse=True)
def no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """No RADIUS server runs here: no page waits for one."""
    monkeypatch.setattr(site_test, "WAIT_SECONDS", 0.1)


def whom(path: str) -> tuple[bool, frozenset[Role]]:
    """Whether nobody in particular may pass, and which roles may."""
    words = EXPECTED[path]
    if words == "anyone":
        return True, frozenset(Role)
    if words == "any":
        return False, frozenset(Role)
    return False, frozenset(Role(word) for word in words.split())


def walk(app: web.Application) -> list[web.AbstractRoute]:
    """Every route of the application."""
    return list(app.router.routes())


def plain_path(route: web.AbstractRoute) -> str:
    """The route's path below the mount point, without patterns."""
    assert route.resource is not None
    return route.resource.canonical.removeprefix("/console")


async def test_every_route_declares_the_permission_the_table_says(site: Site) -> None:
    """A route without a permission, or with another one, fails here before it fails someone."""
    routes = walk(site.app)
    assert {plain_path(route) for route in routes} == set(EXPECTED)
    for route in routes:
        permission = site.app[PERMISSIONS][route]
        anyone, roles = whom(plain_path(route))
        assert (permission is Permission.ANYONE) == anyone
        assert GRANTS[permission] == roles


@pytest.mark.parametrize("role", [None, *Role])
async def test_each_route_answers_each_role_as_the_table_says(
    site: Site, made: Territory, browser: Browser, signed_in: SignedIn, role: Role | None
) -> None:
    """Asked for real: allowed roles pass, others get 403, nobody is sent to sign in.

    A form without its token shows the difference too: whoever may pass the gate is refused for
    the form (403 page of the guard) and whoever may not is refused before; so POST routes are
    asked with a right token.
    """
    visitor = browser if role is None else await signed_in(role)
    values = {
        "code": "mairie-commercy",
        "nas": "mairie-commercy-nas",
        "id": str(made.operators["dpo"].id),
        "token": "unknown",
        "digest": "0",
        "file": "unknown",
        "form": "html",
        "sheet": await make_tickets(site, made),
    }
    for route in sorted(walk(site.app), key=lambda route: (route.method, plain_path(route))):
        path = plain_path(route)
        if path == "/session/fermer":
            continue
        where = path.format_map(values)
        anyone, roles = whom(path)
        if route.method == "POST":
            answer = await visitor.post(where, {}, form_at="/session" if role is None else "/")
            status = answer.status
        else:
            status = await visitor.status(route.method, where)
        if anyone or role in roles:
            allowed = {200, 303, 410, 422} | ELSEWHERE.get(path, set())
            assert status in allowed, (route.method, path, status)
        elif role is None:
            assert status == 303, (route.method, path, status)
        else:
            assert status == 403, (route.method, path, status)


async def make_tickets(site: Site, made: Territory) -> str:
    """A sheet of two tickets of the agent's organisation."""
    async with site.console.engine.begin() as db:
        plan = (await db.execute(select(tables.plan.c.id))).scalar_one()
        organisation, now = made.organisations["commercy"], site.console.clock.now()
        terms = Terms(organisation, None, plan, 1, 86_400, now.date())
        key = site.console.tickets.digest
        sheet, _ = await make_sheet(db, key, Order(terms, 2, None), now)
    return str(sheet)


async def test_an_undeclared_route_is_refused(site: Site) -> None:
    """Default deny: forgetting the permission closes the page."""

    async def forgotten(_: web.Request) -> web.Response:
        return web.Response(text="secret")

    app = create_console(replace(site.console, passwords=Passwords(CHEAP)))
    app.router.add_get("/oubli", forgotten)
    runner = await start_site(app, "127.0.0.1", 0)
    where = f"http://127.0.0.1:{runner.addresses[0][1]}/oubli"
    async with aiohttp.ClientSession() as session, session.get(where) as answer:
        assert (answer.status, "secret" in await answer.text()) == (403, False)
    await runner.cleanup()


async def test_an_unknown_page_says_so_and_repeats_nothing(browser: Browser) -> None:
    """404 in words, without the address that was typed."""
    status, text = await browser.get("/<script>alert(1)</script>")
    assert status == 404
    assert "Cette page n'existe pas" in text
    assert "alert(1)" not in text
