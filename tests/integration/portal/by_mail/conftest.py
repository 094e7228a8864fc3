"""A portal that asks for an address, its relay a real mail server, and what a guest reads there."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from portal.guest.parts import Portal
from portal.messages.senders import Messages
from territory.keyring import Keyring
from territory.settings import Settings
from territory.settings.messages import MailSettings
from tests.integration.portal.conftest import PUBLIC_URL, Answer, Guest, Seed
from tests.servers.mail import Inbox, mail_server

ANNE = "anne@commercy.example"
FORM, PROOF = "/identification/email_code", "/preuve/email_code"
OTHER_PHONE = "8A-56-7E-F9-10-E5"


@pytest.fixture
async def inbox() -> AsyncIterator[Inbox]:
    """The relay and what it took."""
    async with mail_server() as inbox:
        yield inbox


def messages(inbox: Inbox, keyring: Keyring, **given: Any) -> Messages:
    """Return mail through that relay; no access is lent unless asked."""
    mail = {
        "server": "127.0.0.1",
        "port": inbox.port,
        "security": "none",
        "sender": "wifi@meuse.example",
        "provisional_minutes": 0,
        **given,
    }
    return Messages.of(Settings(mail=MailSettings.model_validate(mail)), keyring)


@pytest.fixture
def given() -> dict[str, Any] | None:
    """What a test asks of `[mail]` beside that; None: it is off."""
    return {}


@pytest.fixture
async def portal(
    portal: Portal,
    inbox: Inbox,
    keyring: Keyring,
    owner: Any,
    seed: Seed,
    given: dict[str, Any] | None,
) -> Portal:
    """The portal, of a town hall that asks for an address."""
    query = "UPDATE territory.site SET methods = '{email_code}' WHERE id = $1"
    await owner.execute(query, seed.town_hall)
    await portal.directory.refresh()
    if given is None:
        return portal
    return replace(portal, messages=messages(inbox, keyring, **given))


async def arrive(guest: Guest, **changes: str) -> str:
    """Return the visit of a phone that has just come."""
    return visit_in(await guest.arrive(**changes))


def visit_in(page: Answer) -> str:
    """Return the visit in the link that leads to the method's form."""
    found = re.search(r'href="/identification/email_code\?visit=([^"]+)"', page.text)
    assert found, page.status
    return found[1]


def page_of(answer: Answer) -> str:
    """Return the path that a redirect of ours leads to."""
    assert answer.status == 303, answer.text
    assert answer.location.startswith(PUBLIC_URL)
    return answer.location.removeprefix(PUBLIC_URL)


async def ask(guest: Guest, address: str = ANNE) -> Answer:
    """Return the page that awaits the code that was sent to an address."""
    visit = await arrive(guest)
    return await guest.get(page_of(await guest.post(FORM, visit=visit, email=address)))


def code_in(inbox: Inbox) -> str:
    """Return the code in the last letter."""
    found = re.search(r"^ {4}(\d{6})\r?$", inbox.letters[-1].get_content(), re.MULTILINE)
    assert found
    return found[1]


def link_in(inbox: Inbox) -> str:
    """Return the path of the link in the last letter."""
    found = re.search(rf"^{PUBLIC_URL}(\S+)", inbox.letters[-1].get_content(), re.MULTILINE)
    assert found
    return found[1]


def wrong(code: str) -> str:
    """Return another code."""
    return f"{(int(code) + 1) % 10**6:06}"


async def admissions(owner: Any) -> list[Any]:
    """Return the rights that were written."""
    return list(await owner.fetch("SELECT * FROM live.admission"))
