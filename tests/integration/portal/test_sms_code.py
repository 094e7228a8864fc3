"""By SMS, against a double of each provider: the code, the word, the budgets, and pumping."""

import asyncio
import base64
import hmac
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from hashlib import sha1
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import structlog
from prometheus_client import generate_latest
from structlog.testing import LogCapture

from portal.guest.parts import Portal
from portal.messages.senders import Messages
from portal.visit import State
from simulation.sms_provider import TOKEN, Provider, sms_provider
from territory.keyring import Keyring
from territory.settings import Settings
from territory.settings.messages import SmsSettings
from tests.conftest import FixedClock
from tests.integration.portal.conftest import PUBLIC_URL, Answer, Guest, Seed

ANNE, TYPED = "+33612345678", "06 12 34 56 78"
OURS = "+33755000001"
FORM, PROOF, INBOUND = "/identification/sms_code", "/preuve/sms_code", "/sms/entrant"


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    """Both doubles."""
    async with sms_provider() as provider:
        yield provider


@pytest.fixture
def given() -> dict[str, Any]:
    """What a test asks of `[sms]` beside the provider."""
    return {}


@pytest.fixture
async def portal(
    portal: Portal,
    provider: Provider,
    keyring: Keyring,
    owner: Any,
    seed: Seed,
    given: dict[str, Any],
) -> Portal:
    """The portal, of a town hall that asks for a number."""
    query = "UPDATE territory.site SET methods = '{sms_code}' WHERE id = $1"
    await owner.execute(query, seed.town_hall)
    await portal.directory.refresh()
    sms = {**provider.settings(given.get("provider", "ovhcloud")), **given}
    settings = Settings(sms=SmsSettings.model_validate(sms))
    return replace(portal, messages=Messages.of(settings, keyring))


async def arrive(guest: Guest, **changes: str) -> str:
    """Return the visit of a phone that has just come."""
    page = await guest.arrive(**changes)
    found = re.search(r'href="/identification/sms_code\?visit=([^"]+)"', page.text)
    assert found, page.status
    return found[1]


def page_of(answer: Answer) -> str:
    """Return the path that a redirect of ours leads to."""
    assert answer.status == 303
    return answer.location.removeprefix(PUBLIC_URL)


async def ask(guest: Guest, number: str = TYPED) -> Answer:
    """Return the page that awaits the code that was sent to a number."""
    visit = await arrive(guest)
    return await guest.get(page_of(await guest.post(FORM, visit=visit, number=number)))


def code_in(provider: Provider) -> str:
    """Return the code in the last message."""
    found = re.search(r"\b\d{6}\b", provider.messages[-1][1])
    assert found
    return found[0]


async def admissions(owner: Any) -> list[Any]:
    """Return the rights that were written."""
    return list(await owner.fetch("SELECT * FROM live.admission"))


@pytest.mark.parametrize("given", [{"provider": "ovhcloud"}, {"provider": "twilio"}])
async def test_by_the_code(
    guest: Guest, provider: Provider, owner: Any, keyring: Keyring, clock: FixedClock
) -> None:
    """Number, message, another message after a pause, code, gateway; the number is kept apart."""
    page = await ask(guest)
    assert "+33 6 12 34 56 78" in page.text
    assert [number for number, _ in provider.messages] == [ANNE]
    soon = await guest.post(PROOF, visit=page.visit, encore="1")
    assert "Attendez un peu" in soon.text
    clock.advance(seconds=61)
    page = await guest.get(page_of(await guest.post(PROOF, visit=page.visit, encore="1")))
    assert len(provider.messages) == 2
    done = await guest.post(PROOF, visit=page.visit, code=code_in(provider))
    assert urlsplit(done.location).netloc == "10.1.0.1:3990"
    [admission] = await admissions(owner)
    assert admission["method"] == "sms_code"
    contact = await owner.fetchrow("SELECT * FROM account.contact")
    assert (contact["id"], contact["kind"]) == (admission["guest_id"], "phone")
    sealed = await owner.fetchval("SELECT contact_sealed FROM identity.contact")
    assert keyring.open(sealed) == ANNE
    assert await owner.fetchval("SELECT sum(parts) FROM live.message_budget") == 18


async def test_a_button_that_is_pressed_twice(guest: Guest, provider: Provider, owner: Any) -> None:
    """One message is paid for, and its code is taken on the page that came last."""
    visit = await arrive(guest)
    answers = [await guest.post(FORM, visit=visit, number=TYPED) for _ in range(3)]
    assert len(provider.messages) == 1
    assert await owner.fetchval("SELECT max(parts) FROM live.message_budget") == 1
    page = await guest.get(page_of(answers[2]))
    assert (await guest.post(PROOF, visit=page.visit, code=code_in(provider))).status == 303


async def test_no_message_to_numbers_that_earn_others_money(
    guest: Guest, provider: Provider
) -> None:
    """Landlines, premium, satellite, foreign, and what is no number: told beside the field."""
    visit = await arrive(guest)
    for typed in (
        "01 42 34 56 78",
        "08 99 70 12 34",
        "+371 20 123 456",
        "+882 16 123 45678",
        "06 12",
        "0612345678,0612345679",
        "<script>",
        "0" * 5000,
    ):
        page = await guest.post(FORM, visit=visit, number=typed)
        assert 'id="number-erreur" role="alert"' in page.text
        assert "<script" not in page.text
    assert provider.requests == 0


async def test_codes_are_not_guessed_and_are_one_visit_s(
    guest: Guest, provider: Provider, owner: Any, portal: Portal
) -> None:
    """Five answers over all requests at once; another visit's code or another state: nothing."""
    page = await ask(guest)
    code, visit = code_in(provider), portal.read(page.visit)
    other = await guest.post(FORM, visit=await arrive(guest, mac="8A-56-7E-F9-10-E5"), number=TYPED)
    strange = await guest.get(page_of(other))
    assert (await guest.post(PROOF, visit=strange.visit, code=code)).status == 200
    for state in State:
        token = portal.sign(replace(visit, state=state, challenge=None))
        for path in (PROOF, "/visite"):
            await guest.post(path, visit=token, code=code)
    wrong = [f"{(int(code) + n) % 10**6:06}" for n in range(1, 11)]
    answers = await asyncio.gather(
        *(guest.post(PROOF, visit=page.visit, code=guess) for guess in wrong)
    )
    assert sum("pas le bon" in answer.text for answer in answers) == 5
    assert "ne marche plus" in (await guest.post(PROOF, visit=page.visit, code=code)).text
    assert await admissions(owner) == []


@pytest.mark.parametrize("given", [{"a_day_of_a_number": 1, "a_day_of_a_block": 3}])
async def test_pumping(guest: Guest, provider: Provider, owner: Any) -> None:
    """The same number again, then its neighbours: both end, from whatever phone they are asked."""
    answers = []
    for step, number in enumerate(("78", "78", "79", "80", "81")):
        visit = await arrive(guest, mac=f"8A-56-7E-F9-10-A{step}")
        answers.append(await guest.post(FORM, visit=visit, number=f"06 12 34 56 {number}"))
    assert [answer.status for answer in answers] == [303, 200, 303, 303, 200]
    assert "Trop de codes" in answers[4].text
    assert len(provider.messages) == 3
    assert await owner.fetchval("SELECT max(parts) FROM live.message_budget") == 3


@pytest.mark.parametrize("given", [{"a_day_of_an_organisation": 2}])
async def test_a_budget_holds_against_all_at_once(
    guest: Guest, provider: Provider, portal: Portal, clock: FixedClock
) -> None:
    """Eight at once, two are sent; the page says so and offers another way; tomorrow it goes on."""
    visits = [await arrive(guest, mac=f"8A-56-7E-F9-10-A{n}") for n in range(8)]
    answers = await asyncio.gather(
        *(
            guest.post(FORM, visit=visit, number=f"06 1{n} 34 56 78")
            for n, visit in enumerate(visits)
        )
    )
    assert sorted(answer.status for answer in answers) == [200] * 6 + [303] * 2
    gone = next(answer for answer in answers if answer.status == 200)
    assert "ne peut plus envoyer de SMS" in gone.text
    assert len(provider.messages) == 2
    told = generate_latest(portal.metrics.registry).decode()
    assert 'sms_budget_gone_total{scope="organisation",why="day"} 6.0' in told
    clock.advance(days=1)
    assert (await guest.post(FORM, visit=await arrive(guest), number=TYPED)).status == 303


@pytest.mark.parametrize("given", [{"unproven_an_hour_of_a_site": 2}])
async def test_codes_that_nobody_types(guest: Guest, provider: Provider, clock: FixedClock) -> None:
    """A site that has phones rung for nothing stops for an hour; a typed code does not count."""
    page = await ask(guest)
    await guest.post(PROOF, visit=page.visit, code=code_in(provider))
    for step in range(3):
        visit = await arrive(guest, mac=f"8A-56-7E-F9-10-A{step}")
        last = await guest.post(FORM, visit=visit, number=f"06 1{step} 34 56 78")
    assert "ne peut plus envoyer de SMS" in last.text
    assert len(provider.messages) == 3
    clock.advance(minutes=61)
    assert (await guest.post(FORM, visit=await arrive(guest), number="0619345678")).status == 303


@pytest.mark.parametrize("given", [{"unproven_an_hour_of_a_site": 1, "a_day_of_a_site": 1}])
async def test_a_concert_hall_states_its_own(
    guest: Guest, provider: Provider, portal: Portal, owner: Any
) -> None:
    """What a site states counts there, more or less than the settings have for all."""
    await owner.execute("UPDATE territory.site SET sms_unproven_an_hour = 9, sms_a_day = 2")
    await portal.directory.refresh()
    for step in range(3):
        visit = await arrive(guest, mac=f"8A-56-7E-F9-10-A{step}")
        await guest.post(FORM, visit=visit, number=f"06 1{step} 34 56 78")
    assert len(provider.messages) == 2


async def test_nobody_learns_whose_number_works(guest: Guest, provider: Provider) -> None:
    """A number the provider refuses gets the same page as one that it takes."""
    provider.unreachable = {"+33612345679"}
    texts = [(await ask(guest, f"06 12 34 56 {end}")).text for end in ("78", "79")]
    shapes = [re.sub(r'(visit=|value=|nonce=)"?[^"&>]+|5?\d 7[89]|56 7[89]', "", t) for t in texts]
    assert shapes[0] == shapes[1]


async def test_the_provider_is_away(
    guest: Guest, provider: Provider, portal: Portal, owner: Any, seed: Seed
) -> None:
    """The guest is told to wait, and nobody is let in; operators read why, and of whom nothing."""
    provider.answers = [(402, {"message": "no credit"})]
    page = await guest.post(FORM, visit=await arrive(guest), number=TYPED)
    assert page.status == 503
    assert await admissions(owner) == []
    [told] = await owner.fetch("SELECT site_id, reason, messages FROM live.sms_failure")
    assert told == (seed.town_hall, "sms.provider: there is no credit left (402)", 1)
    assert (
        'channel="sms",outcome="failed"} 1.0' in generate_latest(portal.metrics.registry).decode()
    )


@pytest.mark.parametrize("given", [{"unproven_an_hour_of_a_site": 2}])
async def test_what_was_not_sent_is_not_left_untyped(guest: Guest, provider: Provider) -> None:
    """A provider that was away for a while does not shut its sites for an hour more, and whoever
    asks again waits for no pause."""
    provider.answers = [(402, {"message": "no credit"})] * 3
    visit = await arrive(guest)
    for _ in range(3):
        assert (await guest.post(FORM, visit=visit, number=TYPED)).status == 503
    assert (await guest.post(FORM, visit=visit, number=TYPED)).status == 303
    assert len(provider.messages) == 1


@pytest.mark.parametrize("given", [{"a_day_of_a_number": 1, "a_day_of_a_source": 4}])
async def test_what_was_not_sent_is_not_counted(
    guest: Guest, provider: Provider, owner: Any
) -> None:
    """The provider took nothing three times: the number, the place and who pays have all they had;
    who asks is counted each time, so that an outage lets nobody ask without end."""
    provider.answers = [(402, {"message": "no credit"})] * 3
    visit = await arrive(guest)
    for _ in range(3):
        assert (await guest.post(FORM, visit=visit, number=TYPED)).status == 503
    assert (await guest.post(FORM, visit=visit, number=TYPED)).status == 303
    rows = await owner.fetch("SELECT scope, parts FROM live.message_budget")
    spent = {row["scope"]: row["parts"] for row in rows}
    assert spent == dict.fromkeys(("number", "block", "site", "organisation"), 1) | {"source": 4}
    beyond = await guest.post(FORM, visit=await arrive(guest), number=TYPED.replace("8", "9"))
    assert (beyond.status, len(provider.messages)) == (200, 1)


@pytest.mark.parametrize("given", [{"a_day_of_a_number": 1}])
async def test_what_may_have_been_sent_is_counted(guest: Guest, provider: Provider) -> None:
    """An answer that says neither yes nor no may stand for a phone that rang and a message paid."""
    provider.answers = [(502, {})]
    assert (await guest.post(FORM, visit=await arrive(guest), number=TYPED)).status == 503
    again = await guest.post(FORM, visit=await arrive(guest), number=TYPED)
    assert (again.status, provider.messages) == (200, [])


def signed(form: dict[str, str]) -> str:
    """Return Twilio's signature of a form, computed here."""
    text = PUBLIC_URL + INBOUND + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.digest(TOKEN.encode(), text.encode(), sha1)).decode()


async def text_us(guest: Guest, body: str, sender: str = ANNE, signature: str = "") -> int:
    """Have the provider tell us of a message; return what we answer."""
    form = {"From": sender, "To": OURS, "Body": body, "MessageSid": "SM1", "Empty": ""}
    headers = {
        "X-Twilio-Signature": signature or signed(form),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    sent = guest.session.post(guest.url + INBOUND, data=urlencode(form), headers=headers)
    async with sent as response:
        return response.status


@pytest.mark.parametrize("given", [{"provider": "twilio", "number": OURS}])
async def test_the_guest_texts_a_word(guest: Guest, provider: Provider, owner: Any) -> None:
    """Word, message of the provider, one tap, online; nothing paid, nobody else let in by it."""
    visit = await arrive(guest)
    page = await guest.get(page_of(await guest.post(FORM, visit=visit, mot="1")))
    word = re.search(r'<p class="big"><bdi>([A-Z]{6})</bdi>', page.text)
    assert word
    assert "+33 7 55 00 00 01" in page.text
    early = await guest.post(PROOF, visit=page.visit)
    assert "pas encore arrivé" in early.text
    assert await text_us(guest, word[1], signature="bm9ib2R5") == 403
    assert await text_us(guest, "ZZZZZZ") == 200
    assert await text_us(guest, word[1], sender="+37120123456") == 200
    assert (await guest.post(PROOF, visit=page.visit)).status == 200
    assert await text_us(guest, f" {word[1].lower()} ") == 200
    assert await text_us(guest, word[1], sender="+33612345670") == 200
    arrived = await guest.get(f"{PROOF}?visit={page.visit}")
    assert "SMS est arrivé" in arrived.text
    assert (await guest.post(PROOF, visit=page.visit)).status == 303
    [admission] = await admissions(owner)
    assert admission["guest_id"] == await owner.fetchval("SELECT id FROM account.contact")
    assert provider.requests == 0
    for body in ("", "a=1&" * 200, "%ff", "a" * 100_000):
        sent = guest.session.post(guest.url + INBOUND, data=body.encode())
        async with sent as response:
            assert response.status in {400, 403, 413}


async def test_nothing_comes_in_where_no_number_is_set(guest: Guest) -> None:
    """Without a number of ours, the address is none."""
    assert await text_us(guest, "KTRDNM") == 404


async def test_nothing_personal_is_logged_or_counted(
    guest: Guest, provider: Provider, portal: Portal, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither number nor code, in any log line or metric, on good days and bad."""
    logs = LogCapture()
    before = structlog.get_config()["processors"]
    structlog.configure(processors=[logs])
    try:
        page = await ask(guest)
        await guest.post(PROOF, visit=page.visit, code=code_in(provider))
        provider.answers = [(400, {"message": f"{ANNE} is wrong"})]
        await guest.post(FORM, visit=await arrive(guest), number=TYPED)
    finally:
        structlog.configure(processors=before)
    told = "".join(capsys.readouterr()) + str(logs.entries)
    told += generate_latest(portal.metrics.registry).decode()
    assert "visit" in told
    for secret in ("612345678", "12 34 56", code_in(provider)):
        assert secret not in told
