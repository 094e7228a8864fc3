"""By e-mail: the code, the link, the lent access, for who means well. What is compared is what
the guest sees, what was sent and what was written.
"""

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from portal.guest.parts import Portal
from portal.visit import State
from territory.keyring import Keyring
from tests.conftest import FixedClock
from tests.integration.portal.by_mail.conftest import (
    ANNE,
    FORM,
    PROOF,
    admissions,
    arrive,
    ask,
    code_in,
    link_in,
    page_of,
    wrong,
)
from tests.integration.portal.conftest import PUBLIC_URL, Guest
from tests.servers.mail import Inbox


async def test_by_the_code(guest: Guest, inbox: Inbox, owner: Any, keyring: Keyring) -> None:
    """Address, letter, code, gateway; what stays is a contact, its address sealed and apart."""
    page = await ask(guest)
    assert ANNE in page.text
    assert inbox.recipients == [ANNE]
    assert "Mairie de Commercy" in inbox.letters[0].get_content()
    code = code_in(inbox)
    done = await guest.post(PROOF, visit=page.visit, code=f" {code[:3]} {code[3:]} ")
    assert (done.status, urlsplit(done.location).netloc) == (303, "10.1.0.1:3990")
    [admission] = await admissions(owner)
    assert admission["method"] == "email_code"
    contact = await owner.fetchrow("SELECT * FROM account.contact")
    assert (contact["id"], contact["kind"]) == (admission["guest_id"], "email")
    assert contact["valid_until"] == admission["ends_at"]
    sealed = await owner.fetchrow("SELECT * FROM identity.contact")
    assert (sealed["id"], keyring.open(sealed["contact_sealed"])) == (contact["id"], ANNE)
    left = await owner.fetchrow("SELECT * FROM live.challenge")
    assert left["contact_sealed"] is None
    assert code.encode() not in json.dumps([str(v) for v in left.values()]).encode()


async def test_the_portal_cannot_read_back_what_it_keeps(
    guest: Guest, inbox: Inbox, portal: Portal
) -> None:
    """Its role neither reads an address again, nor settles a challenge but by the function."""
    page = await ask(guest)
    await guest.post(PROOF, visit=page.visit, code=code_in(inbox))
    for statement in (
        "SELECT * FROM identity.contact",
        "SELECT * FROM account.contact",
        "UPDATE live.challenge SET proven_at = now()",
        "UPDATE live.challenge SET expires_at = now()",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await portal.pool.execute(statement)


async def test_the_same_contact_comes_back(guest: Guest, inbox: Inbox, owner: Any) -> None:
    """However it is written; its time runs from its last right."""
    for address in (ANNE, "Anne@Commercy.Example"):
        page = await ask(guest, address)
        await guest.post(PROOF, visit=page.visit, code=code_in(inbox))
    assert await owner.fetchval("SELECT count(*) FROM account.contact") == 1
    assert await owner.fetchval("SELECT count(*) FROM identity.contact") == 1


async def test_by_the_link_in_another_browser(guest: Guest, inbox: Inbox, owner: Any) -> None:
    """It shows a button and proves nothing by itself: machines follow links before people do."""
    await ask(guest)
    page = await guest.get(link_in(inbox))
    assert "est bien vous" in page.text
    assert await owner.fetchval("SELECT proven_at FROM live.challenge") is None
    secret = parse_qs(urlsplit(link_in(inbox)).query)["lien"][0]
    done = await guest.post(PROOF, visit=page.visit, lien=secret)
    assert (done.status, len(await admissions(owner))) == (303, 1)


async def test_the_link_s_page_in_another_language(guest: Guest, inbox: Inbox, owner: Any) -> None:
    """Whoever reads no French reads the same question, and its button proves the same."""
    await ask(guest)
    page = await guest.get(link_in(inbox))
    found = re.search(r'href="(/preuve/email_code\?[^"]+)" lang="en"', page.text)
    assert found
    told = await guest.get(unescape(found[1]))
    assert '<html lang="en"' in told.text
    secret = re.search(r'name="lien" value="([^"]+)"', told.text)
    assert secret
    done = await guest.post(PROOF, visit=told.visit, lien=secret[1])
    assert (done.status, len(await admissions(owner))) == (303, 1)


async def test_the_first_window_goes_on_after_the_link(
    guest: Guest, inbox: Inbox, owner: Any
) -> None:
    """Opened elsewhere, the link has proven the visit: the first window needs no code any more."""
    first = await ask(guest)
    assert (await guest.post(PROOF, visit=first.visit, code="")).status == 200
    secret = parse_qs(urlsplit(link_in(inbox)).query)["lien"][0]
    await guest.post(PROOF, visit=first.visit, lien=secret)
    assert (await guest.post(PROOF, visit=first.visit, code="")).status == 303
    assert len(await admissions(owner)) == 1


@pytest.mark.parametrize("given", [{"provisional_minutes": 5}])
async def test_an_access_is_lent_and_made_whole(
    guest: Guest, inbox: Inbox, owner: Any, portal: Portal, clock: FixedClock
) -> None:
    """Online at once for some minutes; by the link, the right becomes the plan's."""
    visit = await arrive(guest)
    form = await guest.get(f"{FORM}?visit={visit}")
    assert "5 minutes" in form.text
    lent = await guest.post(FORM, visit=visit, email=ANNE)
    assert (lent.status, urlsplit(lent.location).netloc) == (303, "10.1.0.1:3990")
    [admission] = await admissions(owner)
    assert admission["ends_at"] == clock.now() + timedelta(minutes=5)
    assert admission["guest_id"] is None
    online = await guest.arrive(res="success", uid=admission["user_name"], challenge=None)
    assert "Ouvrez le lien reçu" in online.text
    assert re.search(r"5\smin", online.text)
    ours = re.search(r'href="(/mon-code\?visit=[^"]+)"', online.text)
    assert ours
    awaiting = await guest.get(page_of(await guest.get(ours[1])))
    assert ANNE in awaiting.text
    assert (
        "pas le bon"
        in (await guest.post(PROOF, visit=awaiting.visit, code=wrong(code_in(inbox)))).text
    )
    clock.advance(minutes=4)
    page = await guest.get(link_in(inbox))
    assert portal.read(page.visit).state is State.LENT
    secret = parse_qs(urlsplit(link_in(inbox)).query)["lien"][0]
    done = await guest.post(PROOF, visit=page.visit, lien=secret)
    assert page_of(done).startswith("/ma-connexion?visit=")
    [whole] = await admissions(owner)
    assert whole["id"] == admission["id"]
    assert whole["ends_at"] == clock.now() + timedelta(hours=4)
    assert whole["guest_id"] == await owner.fetchval("SELECT id FROM account.contact")
    assert await owner.fetchval("SELECT kind FROM live.command") == "coa"


@pytest.mark.parametrize("given", [{"provisional_minutes": 5}])
async def test_a_loan_is_made_whole_from_connected(
    guest: Guest, inbox: Inbox, owner: Any, clock: FixedClock
) -> None:
    """Back from "connected" to the code; once it is proven, that way leads nowhere any more."""
    await guest.post(FORM, visit=await arrive(guest), email=ANNE)
    [admission] = await admissions(owner)
    told = {"res": "success", "uid": admission["user_name"], "challenge": None}
    way = f"/mon-code?visit={(await guest.arrive(**told)).visit}"
    awaiting = await guest.get(page_of(await guest.get(way)))
    done = await guest.post(PROOF, visit=awaiting.visit, code=code_in(inbox))
    assert page_of(done).startswith("/ma-connexion")
    [whole] = await admissions(owner)
    assert whole["ends_at"] == clock.now() + timedelta(hours=4)
    assert (await guest.get(way)).status == 200
    assert (await guest.get("/mon-code?visit=x")).status == 400
    assert (await guest.get(f"/mon-code?visit={await arrive(guest)}")).status == 200


@pytest.mark.parametrize("given", [{"provisional_minutes": 5}])
async def test_lent_twice_a_day(
    guest: Guest, inbox: Inbox, owner: Any, portal: Portal, clock: FixedClock
) -> None:
    """Beyond that the code comes first, and the form promises nothing else."""
    hosts: list[str] = []
    promised: list[bool] = []
    for _ in range(3):
        clock.advance(minutes=16)
        visit = await arrive(guest)
        promised.append("5 minutes" in (await guest.get(f"{FORM}?visit={visit}")).text)
        answer = await guest.post(FORM, visit=visit, email=ANNE)
        hosts.append(urlsplit(answer.location).netloc)
    gateway, ours = "10.1.0.1:3990", urlsplit(PUBLIC_URL).netloc
    assert hosts == [gateway, gateway, ours]
    assert promised == [True, True, False]
    assert all(right["guest_id"] is None for right in await admissions(owner))


@pytest.mark.parametrize("given", [{"provisional_minutes": 5}])
async def test_who_proves_again_is_lent_nothing(
    guest: Guest, inbox: Inbox, owner: Any, clock: FixedClock
) -> None:
    """They are online already: the code is awaited, and their one right stands as it is."""
    await guest.post(FORM, visit=await arrive(guest), email=ANNE)
    secret = parse_qs(urlsplit(link_in(inbox)).query)["lien"][0]
    await guest.post(PROOF, visit=(await guest.get(link_in(inbox))).visit, lien=secret)
    [before] = await admissions(owner)
    assert before["guest_id"]
    name = before["user_name"]
    clock.advance(minutes=11)
    online = await guest.arrive(res="success", uid=name, challenge=None)
    led = await guest.get(f"/c-est-moi?visit={online.visit}")
    form = await guest.get(page_of(led))
    page = await guest.get(page_of(await guest.post(FORM, visit=form.visit, email=ANNE)))
    shown = await guest.post(PROOF, visit=page.visit, code=code_in(inbox))
    assert page_of(shown).startswith("/ma-connexion?")
    assert "/mes-appareils" in (await guest.get(page_of(shown))).text
    assert await admissions(owner) == [before]
    assert "5 minutes" in (await guest.get(f"{FORM}?visit={await arrive(guest)}")).text


async def test_a_code_that_comes_late(guest: Guest, inbox: Inbox, clock: FixedClock) -> None:
    """Asked for near the end of a visit, it is good for as long as its letter says."""
    visit = await arrive(guest)
    clock.advance(minutes=9)
    page = await guest.get(page_of(await guest.post(FORM, visit=visit, email=ANNE)))
    clock.advance(minutes=9)
    assert "pendant 10 minutes" in inbox.letters[0].get_content()
    done = await guest.post(PROOF, visit=page.visit, code=code_in(inbox))
    assert urlsplit(done.location).netloc == "10.1.0.1:3990"


async def test_sent_again_after_a_pause(
    guest: Guest, inbox: Inbox, owner: Any, clock: FixedClock
) -> None:
    """The new code takes the old one's place; three in all; answers are counted together."""
    page = await ask(guest)
    first = code_in(inbox)
    assert "60 secondes" in page.text
    soon = await guest.post(PROOF, visit=page.visit, encore="1")
    assert "Attendez un peu" in soon.text
    assert len(inbox.letters) == 1
    await guest.post(PROOF, visit=page.visit, code=wrong(first))
    for sent in (2, 3):
        clock.advance(seconds=60)
        assert "Envoyer un autre code" in (await guest.get(f"{PROOF}?visit={page.visit}")).text
        page = await guest.get(page_of(await guest.post(PROOF, visit=page.visit, encore="1")))
        assert len(inbox.letters) == sent
    clock.advance(seconds=60)
    assert "Envoyer un autre" not in (await guest.get(f"{PROOF}?visit={page.visit}")).text
    await guest.post(PROOF, visit=page.visit, encore="1")
    assert len(inbox.letters) == 3
    if first != code_in(inbox):
        assert (await guest.post(PROOF, visit=page.visit, code=first)).status == 200
    assert (await guest.post(PROOF, visit=page.visit, code=code_in(inbox))).status == 303
    assert await owner.fetchval("SELECT attempts FROM live.challenge") >= 2
