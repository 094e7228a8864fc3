"""Accounts with a password, from the first page to the gateway: made, used, forgotten, closed.

A real relay takes the letters; the portal has its own role. What a page tells of an account's
existence is nothing, and no count of wrong passwords shuts anybody out on their own device.
"""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from portal.guest.parts import Portal
from portal.messages.senders import Messages
from portal.people.accounts import close_account
from territory.access.passwords import Cost, Passwords
from territory.database.components import Component
from territory.keyring import Keyring
from territory.settings import Settings
from territory.settings.messages import MailSettings
from tests.integration.portal.conftest import PUBLIC_URL, Answer, Guest, Seed
from tests.servers.mail import Inbox, mail_server

ANNE = "anne@commercy.example"
SENTENCE = "sept lapins roux dansent sous la lune"
ANOTHER = "neuf canards gris nagent vers le pont"
FORM, PROOF = "/identification/account", "/preuve/account"
OTHER_PHONE = "8A-56-7E-F9-10-E5"


@pytest.fixture
async def inbox() -> AsyncIterator[Inbox]:
    """The relay and what it took."""
    async with mail_server() as inbox:
        yield inbox


@pytest.fixture
async def portal(portal: Portal, inbox: Inbox, keyring: Keyring, owner: Any, seed: Seed) -> Portal:
    """The portal, of a town hall that offers accounts; no access is lent."""
    query = "UPDATE territory.site SET methods = '{account}' WHERE id = $1"
    await owner.execute(query, seed.town_hall)
    await portal.directory.refresh()
    mail = {
        "server": "127.0.0.1",
        "port": inbox.port,
        "security": "none",
        "sender": "wifi@meuse.example",
        "provisional_minutes": 0,
    }
    settings = Settings(mail=MailSettings.model_validate(mail))
    cheap = Passwords(Cost(passes=1, memory_kib=64, lanes=1))
    return replace(portal, messages=Messages.of(settings, keyring), passwords=cheap)


async def form_of(guest: Guest, **changes: str) -> Answer:
    """Return the account's form of a phone that has just come."""
    first = await guest.arrive(**changes)
    found = re.search(r'href="(/identification/account\?visit=[^"]+)"', first.text)
    assert found, first.status
    return await guest.get(found[1])


async def ask(guest: Guest, address: str = ANNE, **changes: str) -> Answer:
    """Have a code sent, and return the page that awaits it."""
    page = await form_of(guest, **changes)
    sent = await guest.post(FORM, visit=page.visit, email=address, password="", create="1")
    assert sent.status == 303, sent.text
    return await guest.get(sent.location.removeprefix(PUBLIC_URL))


def code_in(inbox: Inbox) -> str:
    """Return the code in the last letter."""
    found = re.search(r"^ {4}(\d{6})\r?$", inbox.letters[-1].get_content(), re.MULTILINE)
    assert found
    return found[1]


async def make(guest: Guest, inbox: Inbox, password: str = SENTENCE, **changes: str) -> Answer:
    """Make an account, or give it another password."""
    page = await ask(guest, **changes)
    return await guest.post(PROOF, visit=page.visit, code=code_in(inbox), password=password)


async def enter(guest: Guest, password: str, address: str = ANNE, **changes: str) -> Answer:
    """Sign in."""
    page = await form_of(guest, **changes)
    return await guest.post(FORM, visit=page.visit, email=address, password=password)


def is_in(answer: Answer) -> bool:
    """Whether somebody is handed to the gateway."""
    return answer.status == 303 and urlsplit(answer.location).netloc == "10.1.0.1:3990"


async def test_an_account_is_made_and_comes_back(
    guest: Guest, inbox: Inbox, owner: Any, keyring: Keyring, role_url: Any
) -> None:
    """One account on two devices; who it is lies sealed where the portal's role cannot read."""
    assert is_in(await make(guest, inbox))
    assert inbox.recipients == [ANNE]
    assert SENTENCE not in inbox.letters[0].get_content()
    assert is_in(await enter(guest, SENTENCE, "Anne@Commercy.Example", mac=OTHER_PHONE))
    account = await owner.fetchrow("SELECT * FROM account.account")
    guests = await owner.fetch("SELECT DISTINCT guest_id FROM live.admission")
    assert [row["guest_id"] for row in guests] == [account["id"]]
    assert account["password_hash"].startswith("$argon2id$")
    person = await owner.fetchrow("SELECT * FROM identity.person")
    assert json.loads(keyring.open(person["claims_sealed"])) == {"email": ANNE}
    assert (person["account_id"], person["told_by"]) == (account["id"], "guest")
    assert await owner.fetchval("SELECT contact_sealed FROM live.challenge") is None
    connection = await asyncpg.connect(role_url(Component.PORTAL))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.fetch("SELECT * FROM identity.person")
    await connection.close()


async def test_a_forgotten_password_is_replaced(guest: Guest, inbox: Inbox, owner: Any) -> None:
    """In the way an account is made; the old one is worth nothing, and there is one account."""
    await make(guest, inbox)
    await make(guest, inbox, ANOTHER)
    assert not is_in(await enter(guest, SENTENCE))
    assert is_in(await enter(guest, ANOTHER))
    assert await owner.fetchval("SELECT count(*) FROM account.account") == 1


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("", "trop facile"),
        ("Soleil2026", "trop facile"),
        ("a" * 300, "trop long"),
        ("Xk7!anne@commercy.example", "contient votre adresse"),
    ],
)
async def test_a_password_that_will_not_do(
    guest: Guest, inbox: Inbox, owner: Any, password: str, said: str
) -> None:
    """It says what to do beside the field (CNIL 2022-100), keeps the code, and counts nothing."""
    page = await ask(guest)
    code = code_in(inbox)
    again = await guest.post(PROOF, visit=page.visit, code=code, password=password)
    assert said in again.text
    assert f'value="{code}"' in again.text
    assert not password or password not in again.text
    assert await owner.fetchval("SELECT attempts FROM live.challenge") == 0
    assert is_in(await guest.post(PROOF, visit=page.visit, code=code, password=SENTENCE))


async def test_no_page_tells_whether_an_account_exists(
    guest: Guest, inbox: Inbox, portal: Portal
) -> None:
    """The same words and the same work for a wrong password and for nobody's address, and for a
    code to either."""
    object.__setattr__(portal, "passwords", Passwords())
    await make(guest, inbox)

    async def tried(address: str) -> tuple[str, float]:
        before = time.process_time()
        answer = await enter(guest, "wrong wrong wrong", address)
        spent = time.process_time() - before
        return _without_tokens(answer.text).replace(address, "X"), spent

    await tried("somebody@commercy.example")
    (known, work), (unknown, other_work) = await tried(ANNE), await tried("zoe@commercy.example")
    assert known == unknown
    assert "n'est pas bon" in known
    assert other_work > work / 3
    pages = [await ask(guest, address) for address in (ANNE, "zoe@commercy.example")]
    first, second = (_without_tokens(page.text) for page in pages)
    assert first.replace(ANNE, "X") == second.replace("zoe@commercy.example", "X")


def _without_tokens(text: str) -> str:
    return re.sub(r'visit=[^"&]+|name="visit" value="[^"]+"|nonce="[^"]+"', "", text)


async def test_guesses_shut_out_the_guesser_alone(guest: Guest, inbox: Inbox) -> None:
    """Five wrong ones on a device, and the right one is no good there; its holder, on their own
    device in the same room, signs in."""
    await make(guest, inbox)
    for _ in range(5):
        assert "n'est pas bon" in (await enter(guest, "wrong", mac=OTHER_PHONE)).text
    shut = await enter(guest, SENTENCE, mac=OTHER_PHONE)
    assert "Trop d'essais" in shut.text
    assert is_in(await enter(guest, SENTENCE))
    assert is_in(await make(guest, inbox, ANOTHER, mac=OTHER_PHONE))


async def test_a_code_is_guessed_five_times(guest: Guest, inbox: Inbox, owner: Any) -> None:
    """Then the right one makes no account."""
    page = await ask(guest)
    code = code_in(inbox)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    for _ in range(5):
        await guest.post(PROOF, visit=page.visit, code=wrong, password=SENTENCE)
    last = await guest.post(PROOF, visit=page.visit, code=code, password=SENTENCE)
    assert not is_in(last)
    assert await owner.fetchval("SELECT count(*) FROM account.account") == 0


async def test_a_code_serves_once_and_on_its_own_visit(
    guest: Guest, inbox: Inbox, owner: Any
) -> None:
    """A form sent again changes no password; another's visit has no use for the code."""
    page = await ask(guest)
    code = code_in(inbox)
    other = await ask(guest, "zoe@commercy.example", mac=OTHER_PHONE)
    await guest.post(PROOF, visit=other.visit, code=code, password=SENTENCE)
    assert await owner.fetchval("SELECT count(*) FROM account.account") == 0
    assert is_in(await guest.post(PROOF, visit=page.visit, code=code, password=SENTENCE))
    assert not is_in(await guest.post(PROOF, visit=page.visit, code=code, password=ANOTHER))
    assert is_in(await enter(guest, SENTENCE))


async def test_a_form_that_is_sent_twice(guest: Guest, inbox: Inbox, owner: Any) -> None:
    """A button pressed twice, at once or a moment later: every press leads to the gateway."""
    page = await ask(guest)
    form = {"visit": page.visit, "code": code_in(inbox), "password": SENTENCE}
    twice = await asyncio.gather(*(guest.post(PROOF, **form) for _ in range(2)))
    assert [is_in(answer) for answer in (*twice, await guest.post(PROOF, **form))] == [True] * 3
    for _ in range(7):
        wrong = await guest.post(PROOF, **form | {"password": ANOTHER})
        assert not is_in(wrong)
    assert "Trop d'essais" in unescape(wrong.text)
    assert await owner.fetchval("SELECT count(*) FROM account.account") == 1
    assert await owner.fetchval("SELECT count(*) FROM live.admission") == 1


async def test_an_erasure_ends_an_account_as_its_holder_does(
    guest: Guest, inbox: Inbox, owner: Any, portal: Portal
) -> None:
    """The time of who is behind it runs from then on, whichever page ended it."""
    await make(guest, inbox)
    account = await owner.fetchval("SELECT id FROM account.account")
    await portal.pool.execute("SELECT account.end_guest($1, $2)", account, portal.now())
    assert await owner.fetchval("SELECT closed_at FROM account.account") == portal.now()
    assert await owner.fetchval("SELECT ended_at FROM identity.person") == portal.now()


@pytest.mark.parametrize("address", ["", "anne", "a\r\nBcc: x@y.example", "anne@pаypal.com"])
async def test_an_address_that_is_none(guest: Guest, inbox: Inbox, address: str) -> None:
    """Header injection and look-alikes: nothing is sent, and the page says what to write."""
    page = await form_of(guest)
    answer = await guest.post(FORM, visit=page.visit, email=address, create="1")
    assert (answer.status, 'id="email-erreur"' in answer.text) == (200, True)
    assert inbox.letters == []


async def test_a_closed_account_is_over_and_keeps_its_dates(
    guest: Guest, inbox: Inbox, owner: Any, portal: Portal
) -> None:
    """Its password goes at once; whoever comes again has another account."""
    await make(guest, inbox)
    [first] = await owner.fetch("SELECT id FROM account.account")
    await close_account(portal.pool, first["id"], portal.now())
    assert not is_in(await enter(guest, SENTENCE))
    row = await owner.fetchrow("SELECT closed_at, password_hash FROM account.account")
    assert (row["closed_at"], row["password_hash"]) == (portal.now(), None)
    assert await owner.fetchval("SELECT ended_at FROM identity.person") == portal.now()
    assert is_in(await make(guest, inbox))
    assert await owner.fetchval("SELECT count(*) FROM account.account") == 2


async def test_without_a_relay(guest: Guest, portal: Portal) -> None:
    """An account serves still; none can be made, and the page does not offer it."""
    object.__setattr__(portal, "messages", None)
    page = await form_of(guest)
    assert 'name="create"' not in page.text
    made = await guest.post(FORM, visit=page.visit, email=ANNE, create="1")
    assert made.status == 200
