"""A person of the place lets a guest in, by a real letter; and what happens where nobody does."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from portal.guest.parts import Portal
from portal.messages import Messages
from territory.keyring import Keyring
from territory.messages.settings import MailSettings
from territory.settings import Settings
from tests.conftest import FixedClock
from tests.integration.portal.conftest import PUBLIC_URL, Answer, Guest, Seed, user_name_in
from tests.servers.mail import Inbox, mail_server

JULIE = "julie@commercy.example"
WORDS = "Ali, du club d'échecs <b>"
FORM, PROOF = "/identification/sponsor", "/preuve/sponsor"


@pytest.fixture
async def inbox() -> AsyncIterator[Inbox]:
    """The relay and what it took."""
    async with mail_server() as inbox:
        yield inbox


@pytest.fixture
async def portal(portal: Portal, inbox: Inbox, keyring: Keyring, owner: Any, seed: Seed) -> Portal:
    """The portal, of a town hall whose people may let guests in."""
    query = "UPDATE territory.site SET methods = '{sponsor,click_through}' WHERE id = $1"
    await owner.execute(query, seed.town_hall)
    query = "UPDATE territory.organisation SET sponsors = '{@commercy.example}' WHERE id = $1"
    await owner.execute(query, seed.organisation)
    await portal.directory.refresh()
    mail = {"server": "127.0.0.1", "port": inbox.port, "security": "none"}
    mail |= {"sender": "wifi@meuse.example", "provisional_minutes": 0}
    settings = Settings(mail=MailSettings.model_validate(mail))
    return replace(portal, messages=Messages.of(settings, keyring))


async def form_of(guest: Guest) -> Answer:
    """Return the method's form of a phone that has just come."""
    found = re.search(r'href="(/identification/sponsor\?visit=[^"]+)"', (await guest.arrive()).text)
    assert found
    return await guest.get(found[1])


async def ask(guest: Guest, host: str = JULIE, words: str = WORDS) -> Answer:
    """Ask a person, and return the page that awaits the answer."""
    page = await form_of(guest)
    sent = await guest.post(FORM, visit=page.visit, host=host, words=words)
    assert sent.status == 303, sent.text
    return await guest.get(sent.location.removeprefix(PUBLIC_URL))


def link_in(inbox: Inbox) -> str:
    """Return the path of the link in the last letter."""
    found = re.search(rf"^{PUBLIC_URL}(\S+)", inbox.letters[-1].get_content(), re.MULTILINE)
    assert found
    return found[1]


def is_in(answer: Answer) -> bool:
    """Whether somebody is handed to the gateway."""
    return answer.status == 303 and urlsplit(answer.location).netloc == "10.1.0.1:3990"


async def test_a_person_of_the_place_lets_a_guest_in(
    guest: Guest, inbox: Inbox, owner: Any, keyring: Keyring, portal: Portal
) -> None:
    """The letter, the page with the guest's words, one button, the gateway; who vouched and who
    came is kept sealed, each in its place, for an account that ends with the right."""
    page = await ask(guest)
    assert inbox.recipients == [JULIE]
    assert "échecs" not in inbox.letters[0].get_content()
    assert "Pas encore de réponse" in (await guest.post(PROOF, visit=page.visit)).text
    question = await guest.get(link_in(inbox))
    assert "Ali, du club d&#39;échecs &lt;b&gt;" in question.text
    assert "C'est fait, merci" in (await guest.post(link_in(inbox), answer="yes")).text
    done = await guest.post(PROOF, visit=page.visit)
    assert is_in(done)
    [admission] = await owner.fetch("SELECT method, guest_id, ends_at FROM live.admission")
    account = await owner.fetchrow("SELECT * FROM account.account")
    assert (admission["method"], admission["guest_id"]) == ("sponsor", account["id"])
    assert account["closed_at"] == admission["ends_at"]
    assert keyring.open(account["subject_sealed"]) == JULIE
    told = await owner.fetchval("SELECT claims_sealed FROM identity.person")
    assert json.loads(keyring.open(told)) == {"says": WORDS}
    again = await guest.post(PROOF, visit=page.visit)
    assert user_name_in(again) == user_name_in(done)
    assert await owner.fetchval("SELECT count(*) FROM account.account") == 1


async def test_opening_the_letter_answers_nothing(guest: Guest, inbox: Inbox) -> None:
    """Machines follow links before people do."""
    page = await ask(guest)
    for _ in range(3):
        await guest.get(link_in(inbox))
    assert not is_in(await guest.post(PROOF, visit=page.visit))


async def test_a_no_is_a_no_and_the_guest_goes_another_way(guest: Guest, inbox: Inbox) -> None:
    """The link serves once; the page says what to do next, and another way still works."""
    page = await ask(guest)
    await guest.post(link_in(inbox), answer="no")
    late = await guest.post(link_in(inbox), answer="yes")
    assert "Ce lien a déjà servi" in late.text
    refused = await guest.post(PROOF, visit=page.visit)
    assert "a répondu non" in refused.text
    ways = await guest.get(f"/identification?visit={page.visit}")
    assert is_in(await guest.post("/visite", visit=ways.visit))


async def test_the_page_does_not_tell_who_works_here(
    guest: Guest, inbox: Inbox, owner: Any
) -> None:
    """Whoever is named, the words are the same; a letter goes to whom the organisation lists."""
    first, second = await ask(guest), await ask(guest, "zoe@ailleurs.example")
    assert _plain(first).replace(JULIE, "X") == _plain(second).replace("zoe@ailleurs.example", "X")
    assert inbox.recipients == [JULIE]
    assert not is_in(await guest.post(PROOF, visit=second.visit))


def _plain(page: Answer) -> str:
    return re.sub(r'visit=[^"&]+|name="visit" value="[^"]+"|nonce="[^"]+"', "", page.text)


@pytest.mark.parametrize(
    ("host", "words", "field"),
    [
        ("", WORDS, "host"),
        ("julie", WORDS, "host"),
        ("a\r\nBcc: x@y.example", WORDS, "host"),
        ("julie@commercу.example", WORDS, "host"),
        (JULIE, "", "words"),
        (JULIE, "\u202e\u200b \n", "words"),
    ],
)
async def test_what_cannot_be_sent(
    guest: Guest, inbox: Inbox, host: str, words: str, field: str
) -> None:
    """What is wrong stands beside its field, what was typed stays, and nothing is written."""
    page = await form_of(guest)
    answer = await guest.post(FORM, visit=page.visit, host=host, words=words)
    assert f'id="{field}-erreur"' in answer.text
    assert inbox.letters == []


async def test_it_is_over_with_the_visit(
    guest: Guest, inbox: Inbox, clock: FixedClock, owner: Any
) -> None:
    """Ten minutes; a link that leads nowhere tells nothing."""
    page = await ask(guest)
    clock.advance(minutes=11)
    assert "Ce lien a déjà servi" in (await guest.get(link_in(inbox))).text
    assert "Ce lien a déjà servi" in (await guest.post(link_in(inbox), answer="yes")).text
    assert not is_in(await guest.post(PROOF, visit=page.visit))
    for made_up in ("/parrainage/x", "/parrainage/" + "a" * 22, "/parrainage/%C3%A9"):
        assert (await guest.get(made_up)).status == 400
    assert await owner.fetchval("SELECT count(*) FROM account.account") == 0


async def test_anothers_yes_lets_nobody_else_in(guest: Guest, inbox: Inbox, portal: Portal) -> None:
    """An answer is for the visit that asked."""
    first = await ask(guest)
    second = await ask(guest, words="Zoé")
    await guest.post(link_in(inbox), answer="yes")
    assert not is_in(await guest.post(PROOF, visit=first.visit))
    assert is_in(await guest.post(PROOF, visit=second.visit))
