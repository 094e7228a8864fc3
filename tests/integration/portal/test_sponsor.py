"""A person of the place lets a guest in, by a real letter; and what happens where nobody does."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from limits import RateLimitItemPerHour

from portal import throttle
from portal.guest.parts import Portal
from portal.identification import sponsor
from portal.messages.senders import Messages
from territory.keyring import Keyring
from territory.settings import Settings
from territory.settings.messages import MailSettings
from tests.conftest import FixedClock
from tests.integration.portal.conftest import PHONE, PUBLIC_URL, Answer, Guest, Seed, user_name_in
from tests.servers.mail import Inbox, mail_server

JULIE = "julie@commercy.example"
WORDS = "Ali, du club d'échecs <b>"
FORM, PROOF = "/identification/sponsor", "/preuve/sponsor"


@pytest.fixture
async def inbox() -> AsyncIterator[Inbox]:
    """The relay and what it took."""
    async with mail_server() as inbox:
        yield inbox


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A guest who asks is answered without the wait that hides whether a letter went out."""
    monkeypatch.setattr(sponsor, "ANSWER_SECONDS", 0.0)


@pytest.fixture
async def portal(portal: Portal, inbox: Inbox, keyring: Keyring, owner: Any, seed: Seed) -> Portal:
    """The portal, of a town hall whose people may let guests in."""
    query = "UPDATE territory.site SET methods = '{sponsor,click_through}' WHERE id = $1"
    await owner.execute(query, seed.town_hall)
    query = "UPDATE territory.organisation SET sponsors = '{@commercy.example}' WHERE id = $1"
    await owner.execute(query, seed.organisation)
    await portal.directory.refresh()
    mail = {"server": "127.0.0.1", "port": inbox.port, "security": "none"}
    mail |= {"sender": "wifi@meuse.example", "provisional_minutes": 0, "attempts": 1}
    settings = Settings(mail=MailSettings.model_validate(mail))
    return replace(portal, messages=Messages.of(settings, keyring))


async def form_of(guest: Guest, device: str = PHONE) -> Answer:
    """Return the method's form of a phone that has just come."""
    first = (await guest.arrive(mac=device)).text
    found = re.search(r'href="(/identification/sponsor\?visit=[^"]+)"', first)
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


async def test_a_reception_welcomes_more_than_ten_a_day(guest: Guest, inbox: Inbox) -> None:
    """What keeps a stranger's mailbox from being filled does not shut a place's own door."""
    for number in range(12):
        page = await form_of(guest, f"8A-56-7E-F9-10-{number:02X}")
        sent = await guest.post(FORM, visit=page.visit, host=JULIE, words=WORDS)
        assert sent.status == 303
    assert len(inbox.letters) == 12


async def test_opening_the_letter_answers_nothing(guest: Guest, inbox: Inbox) -> None:
    """Machines follow links before people do."""
    page = await ask(guest)
    for _ in range(3):
        await guest.get(link_in(inbox))
    assert not is_in(await guest.post(PROOF, visit=page.visit))


async def test_the_page_that_waits_goes_on_by_itself(guest: Guest, inbox: Inbox) -> None:
    """It says until when, looks again without a script, may be told not to; a yes lets in."""
    page = await ask(guest)
    assert re.search(r"Temps qui reste\s:\s*<strong>10\smin", page.text)
    seconds, _, address = page.headers["Refresh"].partition("; url=")
    assert seconds == "10"
    assert not is_in(await guest.get(address))
    still = await guest.get(f"{address}&fixe=1")
    assert "Refresh" not in still.headers
    assert "Faire avancer la page toute seule" in still.text
    assert "&amp;lang=en&amp;fixe=1" in still.text
    await guest.post(link_in(inbox), answer="yes")
    assert not is_in(await guest.get(f"{address}&fixe=1"))
    assert is_in(await guest.get(address))


async def test_a_question_may_be_taken_back(guest: Guest, inbox: Inbox, owner: Any) -> None:
    """Its words leave at once, its link answers nothing any more, and another way still works."""
    page = await ask(guest)
    text = (await guest.post(PROOF, visit=page.visit, annuler="1")).text
    assert "Votre demande est annulée" in text
    row = await owner.fetchrow("SELECT host_sealed, words_sealed FROM live.sponsor_request")
    assert tuple(row) == (b"", b"")
    assert "Ce lien a déjà servi" in (await guest.post(link_in(inbox), answer="yes")).text
    late = await guest.post(PROOF, visit=page.visit)
    assert "trop vieille" in late.text
    ways = await guest.get(f"/identification?visit={page.visit}")
    assert is_in(await guest.post("/visite", visit=ways.visit))


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


@pytest.mark.parametrize("host", [JULIE, "zoe@ailleurs.example"])
async def test_a_relay_that_is_away_does_not_tell_either(
    guest: Guest, inbox: Inbox, owner: Any, host: str
) -> None:
    """Nobody answers where letters go: everybody is told, whoever they name, and nothing is kept.
    Where only the letter is not taken, everybody waits."""
    page = await form_of(guest)
    inbox.answers = ["451 later"]
    asked = await guest.post(FORM, visit=page.visit, host=host, words=WORDS)
    assert (asked.status, inbox.letters) == (303, [])
    await owner.execute("DELETE FROM live.sponsor_request")
    inbox.go_away()
    away = await guest.post(FORM, visit=page.visit, host=host, words=WORDS)
    assert away.status == 503
    assert await owner.fetchval("SELECT count(*) FROM live.sponsor_request") == 0


async def test_the_time_of_an_answer_does_not_tell_either(
    guest: Guest, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A letter takes a relay's time; who is written to none is kept as long."""
    monkeypatch.setattr(sponsor, "ANSWER_SECONDS", 0.5)
    for host in ("zoe@ailleurs.example", JULIE):
        page = await form_of(guest)
        began = time.monotonic()
        await guest.post(FORM, visit=page.visit, host=host, words=WORDS)
        assert time.monotonic() - began >= 0.5


async def test_a_button_that_is_pressed_twice(guest: Guest, inbox: Inbox, owner: Any) -> None:
    """Both presses lead to the gateway, by one right."""
    page = await ask(guest)
    await guest.post(link_in(inbox), answer="yes")
    twice = await asyncio.gather(*(guest.post(PROOF, visit=page.visit) for _ in range(2)))
    assert all(map(is_in, twice))
    assert await owner.fetchval("SELECT count(*) FROM account.account") == 1
    assert await owner.fetchval("SELECT count(*) FROM live.admission") == 1


async def test_who_vouched_and_who_came_are_forgotten_where_the_portal_reads(
    guest: Guest, inbox: Inbox, portal: Portal
) -> None:
    """Its role sees the account that went online; once it is made, no row of a question says who
    that is, and the guest's pages go on."""
    page = await ask(guest)
    await guest.post(link_in(inbox), answer="yes")
    assert is_in(await guest.post(PROOF, visit=page.visit))
    row = await portal.pool.fetchrow("SELECT * FROM live.sponsor_request")
    assert row is not None
    assert (row["host_sealed"], row["words_sealed"]) == (b"", b"")
    assert is_in(await guest.get(f"{PROOF}?visit={page.visit}"))
    assert (await guest.get(link_in(inbox))).status == 200
    assert is_in(await guest.post(PROOF, visit=page.visit))


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


async def test_one_source_opens_no_more_rows_than_a_crowd(
    guest: Guest, owner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever way leaves a row, and whatever devices are made up: beyond, the source waits; the
    button that leaves none still works."""
    monkeypatch.setattr(throttle, "SIGN_INS_OF_SOURCE", RateLimitItemPerHour(2))
    statuses = []
    for step in range(3):
        form = await form_of(guest, f"8A-56-7E-F9-10-A{step}")
        sent = await guest.post(FORM, visit=form.visit, host=JULIE, words=WORDS)
        statuses.append(sent.status)
    assert statuses == [303, 303, 429]
    assert await owner.fetchval("SELECT count(*) FROM live.sponsor_request") == 2
    ways = await guest.get(f"/identification?visit={form.visit}")
    assert is_in(await guest.post("/visite", visit=ways.visit))
