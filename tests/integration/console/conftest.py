"""A small territory in a database, and the console mounted as the portal mounts it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from portal.console.app import Console, create_console
from portal.console.ticket_sheet import TicketKeys
from portal.messages.senders import Messages
from portal.messages.spending import Purse
from portal.people.newsletter import ListKeys
from territory.access.passwords import Passwords
from territory.access.roles import Role
from territory.access.sign_in import mint_link
from territory.database.components import Component
from territory.database.connect import open_engine
from territory.settings.messages import SmsSettings
from territory.web.server import start_site
from tests.integration.console.ground import (
    CHEAP,
    Browser,
    SignedIn,
    Site,
    Territory,
    add_people,
    add_state,
    add_territory,
)


@pytest.fixture
async def engine(role_url: Callable[[Component], str]) -> AsyncIterator[AsyncEngine]:
    """The database with the portal's rights: what the console may not do, these tests cannot."""
    opened = open_engine(role_url(Component.PORTAL))
    yield opened
    await opened.dispose()


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[AsyncEngine]:
    """The database with all rights, to set the scene and to look behind."""
    opened = open_engine(database_url)
    yield opened
    await opened.dispose()


@pytest.fixture
async def made(owner: AsyncEngine, clock: Any) -> Territory:
    """The small territory, its people and its day."""
    passwords = Passwords(CHEAP)
    async with owner.begin() as db:
        territory = await add_territory(db)
        await add_people(db, territory, passwords, clock.now())
        await add_state(db, territory, clock.now())
    passwords.close()
    return territory


@pytest.fixture
def messages() -> Messages | None:
    """What the console writes letters with: nothing, unless a test says so."""
    return None


@pytest.fixture
async def site(
    engine: AsyncEngine, made: Territory, clock: Any, keyring: Any, messages: Messages | None
) -> AsyncIterator[Site]:
    """The console, mounted under /console of an application that has nothing else."""
    console = Console(
        engine=engine,
        clock=clock,
        signing_key=keyring.derive("console forms"),
        passwords=Passwords(CHEAP),
        public_url="https://wifi.meuse.example",
        desk_url="http://127.0.0.1:8444",
        tickets=TicketKeys.of(keyring),
        lists=ListKeys.of(keyring),
        seal=keyring.seal,
        messages=messages,
        purse=Purse(SmsSettings(provider="ovhcloud"), keyring.derive("contact")),
        refusal_seconds=0.0,
    )
    app = create_console(console)
    portal = web.Application()
    portal.add_subapp("/console", app)
    runner = await start_site(portal, "127.0.0.1", 0)
    yield Site(f"http://127.0.0.1:{runner.addresses[0][1]}", app, console)
    await runner.cleanup()


@pytest.fixture
async def browser(site: Site) -> AsyncIterator[Browser]:
    """A browser that nobody has signed in."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield Browser(session, site)


@pytest.fixture
async def signed_in(site: Site, made: Territory) -> AsyncIterator[SignedIn]:
    """Browsers signed in as the operator of a role."""
    sessions: list[aiohttp.ClientSession] = []

    async def open_as(role: Role) -> Browser:
        session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        sessions.append(session)
        browser = Browser(session, site)
        answer = await browser.sign_in(made.operators[role.value].login)
        assert answer.status == 303, await answer.text()
        return browser

    yield open_as
    for session in sessions:
        await session.close()


@pytest.fixture
def link_for(owner: AsyncEngine, clock: Any, made: Territory) -> Callable[[Role], Awaitable[str]]:
    """Mint a sign-in link's token for the operator of a role."""

    async def mint(role: Role) -> str:
        async with owner.begin() as db:
            return await mint_link(db, made.operators[role.value].id, "console", clock.now())

    return mint
