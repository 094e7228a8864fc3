"""An operator invites somebody to make an account, by a real letter; within their places and their
day, and without a page that shows whom."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from portal.messages.senders import Messages
from portal.people.invitations import MOST_OF_ADDRESS
from territory.access.roles import Role
from territory.database import tables
from territory.keyring import Keyring
from territory.settings import Settings
from territory.settings.messages import MailSettings
from tests.integration.console.ground import Browser, SignedIn, Territory
from tests.servers.mail import Inbox, mail_server

ANNE = "anne@commercy.example"


@pytest.fixture
async def inbox() -> AsyncIterator[Inbox]:
    """The relay and what it took."""
    async with mail_server() as inbox:
        yield inbox


@pytest.fixture
def messages(inbox: Inbox, keyring: Keyring) -> Messages:
    """Mail through that relay."""
    mail = {"server": "127.0.0.1", "port": inbox.port, "security": "none"}
    settings = Settings(mail=MailSettings.model_validate({**mail, "sender": "w@meuse.example"}))
    return Messages.of(settings, keyring)


@pytest.fixture(autouse=True)
async def takes_accounts(owner: AsyncEngine, made: Territory) -> None:
    """Every site takes accounts."""
    async with owner.begin() as db:
        await db.execute(text("UPDATE territory.site SET methods = '{account}'"))


@pytest.fixture
async def agent(signed_in: SignedIn) -> Browser:
    """Commercy's."""
    return await signed_in(Role.AGENT)


async def invite(browser: Browser, where: object, address: str = ANNE, **more: str) -> Any:
    """Fill the form in."""
    return await browser.post("/comptes", {"lieu": str(where), "adresse": address, **more})


async def test_a_letter_with_a_link_and_no_password(
    agent: Browser, inbox: Inbox, made: Territory, owner: AsyncEngine
) -> None:
    """In the language that was chosen, of that place; the audit line has no address, nor has the
    list; of the link a digest is kept."""
    answer = await invite(agent, made.sites["mairie-commercy"], langue="en")
    assert "L'invitation est partie" in (await answer.text())
    [letter] = inbox.letters
    said = letter.get_content()
    assert inbox.recipients == [ANNE]
    assert "offers you an account" in said
    found = re.search(r"^https://wifi\.meuse\.example/invitation/(\S{22})\r?$", said, re.MULTILINE)
    assert found
    async with owner.connect() as db:
        rows = str((await db.execute(select(tables.invitation))).mappings().all())
        lines = (await db.execute(select(tables.audit_entry))).mappings().all()
    assert found[1] not in rows
    assert ANNE not in rows
    assert ANNE not in str(lines)
    assert [line["subject"] for line in lines if line["action"] == "account.invited"] == [
        "mairie-commercy"
    ]
    _, page = await agent.get("/comptes")
    assert "attendue" in page
    assert ANNE not in page


async def test_nobody_invites_to_another_organisation_s_place(
    agent: Browser, inbox: Inbox, made: Territory
) -> None:
    """Nor to a place that takes no accounts, nor to none."""
    for where in (made.sites["salle-saint-mihiel"], "x", ""):
        answer = await invite(agent, where)
        assert (answer.status, "Choisissez un lieu" in (await answer.text())) == (422, True)
    assert inbox.letters == []


@pytest.mark.parametrize("address", ["", "anne", "a\r\nBcc: x@y.example", "anne@pаypal.com"])
async def test_an_address_that_is_none(
    agent: Browser, inbox: Inbox, made: Territory, address: str
) -> None:
    """Header injection and look-alikes: nothing is sent, and the page says what to write."""
    answer = await invite(agent, made.sites["mairie-commercy"], address)
    assert (answer.status, "Écrivez une adresse" in (await answer.text())) == (422, True)
    assert inbox.letters == []


async def test_no_address_is_written_to_too_often(
    agent: Browser, inbox: Inbox, made: Territory
) -> None:
    """Three letters a day, whoever sends them."""
    for _ in range(MOST_OF_ADDRESS):
        await invite(agent, made.sites["mairie-commercy"])
    last = await invite(agent, made.sites["mediatheque-commercy"], ANNE.upper())
    assert (last.status, len(inbox.letters)) == (422, MOST_OF_ADDRESS)
    assert "Trop d&#39;invitations" in (await last.text())


async def test_an_address_that_the_relay_refuses_leaves_nothing(
    agent: Browser, inbox: Inbox, made: Territory, owner: AsyncEngine
) -> None:
    """The operator reads so; no invitation stands that nobody received."""
    inbox.answers.append("550 5.1.1 no such mailbox")
    answer = await invite(agent, made.sites["mairie-commercy"])
    assert "ne prend pas cette adresse" in (await answer.text())
    async with owner.connect() as db:
        assert (await db.execute(select(tables.invitation))).all() == []
