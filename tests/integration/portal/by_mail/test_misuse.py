"""By e-mail: guesses, presses too many, addresses nothing is written to, and all that a stranger
may try.
"""

import asyncio
import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import structlog
from prometheus_client import generate_latest
from structlog.testing import LogCapture

from portal.guest.parts import Portal
from portal.visit import State
from territory.keyring import Keyring
from tests.conftest import FixedClock
from tests.integration.portal.by_mail.conftest import (
    ANNE,
    FORM,
    OTHER_PHONE,
    PROOF,
    admissions,
    arrive,
    ask,
    code_in,
    page_of,
    visit_in,
    wrong,
)
from tests.integration.portal.conftest import Guest
from tests.servers.mail import Inbox


async def test_what_is_no_code_costs_no_answer(guest: Guest, inbox: Inbox, owner: Any) -> None:
    """A slip is told beside the field, and is not counted."""
    page = await ask(guest)
    for typed in ("", "12345", "1234567", "12345a", "' or 1=1 --", "0" * 5000):
        again = await guest.post(PROOF, visit=page.visit, code=typed)
        assert 'aria-invalid="true"' in again.text
        assert 'id="code-erreur" role="alert"' in again.text
    assert await owner.fetchval("SELECT attempts FROM live.challenge") == 0


async def test_codes_are_not_guessed(guest: Guest, inbox: Inbox, owner: Any) -> None:
    """Twenty answers at once: five are looked at, and then the right one is worth nothing."""
    page = await ask(guest)
    code = code_in(inbox)
    guesses = [f"{(int(code) + n) % 10**6:06}" for n in range(1, 16)]
    answers = await asyncio.gather(
        *(guest.post(PROOF, visit=page.visit, code=guess) for guess in guesses)
    )
    assert {answer.status for answer in answers} <= {200, 429}
    assert sum("pas le bon" in answer.text for answer in answers) == 5
    late = await guest.post(PROOF, visit=page.visit, code=code)
    assert "Ce code ne marche plus." in late.text
    assert await admissions(owner) == []
    assert await owner.fetchval("SELECT attempts FROM live.challenge") == 5


async def test_a_code_is_good_for_ten_minutes(
    guest: Guest, inbox: Inbox, owner: Any, clock: FixedClock
) -> None:
    """And not a second longer."""
    page = await ask(guest)
    clock.advance(minutes=10)
    assert (await guest.post(PROOF, visit=page.visit, code=code_in(inbox))).status == 200
    assert await admissions(owner) == []


async def test_a_button_that_is_pressed_twice(
    guest: Guest, inbox: Inbox, clock: FixedClock, owner: Any
) -> None:
    """One letter, and both pages take its code; to begin again does not get round the pause. To
    another address, or after the pause, one is sent."""
    visit = await arrive(guest)
    pages = [page_of(await guest.post(FORM, visit=visit, email=ANNE)) for _ in range(3)]
    assert len(inbox.letters) == 1
    await guest.post(FORM, visit=visit, email="zoe@commercy.example")
    assert len(inbox.letters) == 2
    clock.advance(seconds=60)
    await guest.post(FORM, visit=visit, email=ANNE)
    assert inbox.recipients == [ANNE, "zoe@commercy.example", ANNE]
    first = re.search(r"^ {4}(\d{6})", inbox.letters[0].get_content(), re.MULTILINE)
    assert first
    last = await guest.get(pages[2])
    assert (await guest.post(PROOF, visit=last.visit, code=first[1])).status == 303
    assert len(await admissions(owner)) == 1


@pytest.mark.parametrize("given", [{"provisional_minutes": 5}])
async def test_a_visit_has_one_loan(
    guest: Guest, inbox: Inbox, owner: Any, clock: FixedClock
) -> None:
    """An address put right, or a second press, gives no more minutes and costs no other loan; once
    they are over, the code is awaited without."""
    visit = await arrive(guest)
    for address in ("ane@commercy.example", ANNE, ANNE):
        assert urlsplit((await guest.post(FORM, visit=visit, email=address)).location).port == 3990
        clock.advance(seconds=20)
    [right] = await admissions(owner)
    assert right["ends_at"] == clock.now() + timedelta(minutes=4)
    clock.advance(minutes=5)
    late = await guest.get(page_of(await guest.post(FORM, visit=visit, email=ANNE)))
    assert (await guest.post(PROOF, visit=late.visit, code=code_in(inbox))).status == 303
    again = await guest.post(FORM, visit=await arrive(guest, mac=OTHER_PHONE), email=ANNE)
    assert urlsplit(again.location).port == 3990
    second = await guest.get(f"{FORM}?visit={await arrive(guest)}")
    assert "5 minutes" in second.text


async def test_a_code_is_good_for_its_own_visit(
    guest: Guest, inbox: Inbox, owner: Any, portal: Portal
) -> None:
    """Not for another's, not for a later one of the same phone, not with the challenge swapped in:
    who knows a code needs the visit it was sent for, and who has a visit needs its code."""
    first, first_code = await ask(guest), code_in(inbox)
    other = await arrive(guest, mac=OTHER_PHONE)
    page = page_of(await guest.post(FORM, visit=other, email="eve@evil.example"))
    eve = await guest.get(page)
    swapped = replace(portal.read(eve.visit), challenge=portal.read(first.visit).challenge)
    for visit in (eve.visit, portal.sign(swapped)):
        assert (await guest.post(PROOF, visit=visit, code=first_code)).status == 200
    assert (await guest.post(PROOF, visit=first.visit, code=code_in(inbox))).status == 200
    assert await admissions(owner) == []


async def test_no_state_lets_anybody_in_without_the_code(
    guest: Guest, inbox: Inbox, owner: Any, portal: Portal
) -> None:
    """Whatever a signed visit says it is, only the right answer leads to a right."""
    page = await ask(guest)
    visit, code = portal.read(page.visit), wrong(code_in(inbox))
    for state in State:
        token = portal.sign(replace(visit, state=state))
        for path in (PROOF, "/visite", FORM):
            await guest.post(path, visit=token, code=code, lien="x", guest="1")
            await guest.get(f"{path}?visit={token}&lien=x")
    assert await admissions(owner) == []
    assert await owner.fetchval("SELECT count(*) FROM account.contact") == 0


async def test_addresses_nothing_is_written_to(guest: Guest, inbox: Inbox) -> None:
    """The error stands beside the field; what was typed is kept, as text, no longer than it may."""
    visit = await arrive(guest)
    for typed in (
        "anne",
        "anne@commercy.fr\nBcc: eve@evil.example",
        "anne@commercy.fr,eve@evil.example",
        "anne@p\u0430ypal.com",
        "<script>alert(1)</script>@x.fr",
        "{{7*7}}@x",
        "a" * 5000 + "@commercy.fr",
    ):
        page = await guest.post(FORM, visit=visit, email=typed)
        assert page.status == 200
        assert 'aria-describedby="email-aide email-erreur"' in page.text
        assert "<script" not in page.text
        assert "49@x" not in page.text
        assert len(page.text) < 30_000
    assert inbox.letters == []


async def test_a_look_alike_is_shown_for_what_it_is(guest: Guest, inbox: Inbox) -> None:
    """The guest reads where the code really went: the name's ASCII form."""
    page = await ask(guest, "anne@\u0430\u0440\u0440\u04cf\u0435.com")
    assert "anne@xn--80ak6aa92e.com" in page.text


async def test_nobody_learns_who_is_known(guest: Guest, inbox: Inbox) -> None:
    """An address that has been here, one that never was, and one that nobody has: one answer."""
    page = await ask(guest)
    await guest.post(PROOF, visit=page.visit, code=code_in(inbox))
    shapes = []
    for address in (ANNE, "new@commercy.example", "gone@commercy.example"):
        inbox.answers = ["550 no such user"] if address.startswith("gone") else []
        text = (await ask(guest, address)).text.replace(address, "@")
        shapes.append(re.sub(r'(visit=|value=|nonce=)"?[^"&>]+', "", text))
    assert shapes[0] == shapes[1] == shapes[2]


@pytest.mark.parametrize("given", [{"a_day_of_an_address": 2}])
async def test_too_many_letters_to_one_address(
    guest: Guest, inbox: Inbox, portal: Portal, keyring: Keyring
) -> None:
    """Somebody else's mailbox is not filled through us, whatever visits, and whatever ways of
    writing its address, are made up for it."""
    answers = []
    for number in range(3):
        visit = await arrive(guest, mac=f"8A-56-7E-F9-10-A{number}")
        answers.append(await guest.post(FORM, visit=visit, email=f"Anne+{number}@commercy.example"))
    assert [answer.status for answer in answers] == [303, 303, 200]
    assert "Trop de codes" in answers[2].text
    assert len(inbox.letters) == 2


async def test_the_relay_is_away(guest: Guest, inbox: Inbox, owner: Any) -> None:
    """The guest is told to wait, keeps the visit, and nobody is let in."""
    inbox.answers = ["451 later"] * 3
    visit = await arrive(guest)
    page = await guest.post(FORM, visit=visit, email=ANNE)
    assert page.status == 503
    assert await admissions(owner) == []
    assert (await guest.post(FORM, visit=visit_in(page), email=ANNE)).status == 303


@pytest.mark.parametrize("given", [None])
async def test_mail_is_off(guest: Guest, portal: Portal) -> None:
    """A place that offers what the base cannot send says so, and offers another way."""
    visit = await arrive(guest)
    page = await guest.post(FORM, visit=visit, email=ANNE)
    assert "code en ce moment" in page.text


async def test_a_flood_of_fields(guest: Guest, inbox: Inbox) -> None:
    """A hundred and one fields, or a form of 100 kB, are refused whole."""
    visit = await arrive(guest)
    many = {f"f{n}": "x" for n in range(101)}
    assert (await guest.post(FORM, visit=visit, email=ANNE, **many)).status == 400
    assert (await guest.post(FORM, visit=visit, email="a" * 100_000)).status == 413
    assert inbox.letters == []


async def test_nothing_personal_is_logged_or_counted(
    guest: Guest, inbox: Inbox, portal: Portal, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither address nor code, in any log line or metric, on good days and bad."""
    logs = LogCapture()
    before = structlog.get_config()["processors"]
    structlog.configure(processors=[logs])
    try:
        page = await ask(guest)
        code = code_in(inbox)
        await guest.post(PROOF, visit=page.visit, code=wrong(code))
        await guest.post(PROOF, visit=page.visit, code=code)
        inbox.answers = [f"451 {ANNE} is greylisted"] * 3
        visit = await arrive(guest)
        await guest.post(FORM, visit=visit, email=ANNE)
    finally:
        structlog.configure(processors=before)
    told = "".join(capsys.readouterr()) + json.dumps(logs.entries, default=str)
    told += generate_latest(portal.metrics.registry).decode()
    assert "visit" in told
    for secret in ("anne@", "commercy.example", code):
        assert secret not in told
    assert 'socle_portal_messages_sent_total{channel="mail",outcome="taken"} 1.0' in told
