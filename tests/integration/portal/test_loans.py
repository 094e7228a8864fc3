"""An access that was lent belongs to who asked for it: a neighbour who names that device in a
redirect which nothing signs neither reads the address, nor takes the right over."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest

from portal.guest.parts import Portal
from portal.messages.senders import Messages
from territory.keyring import Keyring
from territory.settings import Settings
from territory.settings.messages import MailSettings
from tests.conftest import FixedClock
from tests.integration.portal.by_mail.conftest import code_in, page_of
from tests.integration.portal.conftest import PHONE, PUBLIC_URL, Answer, Guest, Radius, Seed
from tests.integration.portal.test_unsigned_redirects import CISCO, field
from tests.servers.mail import Inbox, mail_server

ANNE, EVE = "anne@commercy.example", "eve@evil.example"
TABLET = "8A-56-7E-F9-10-E5"
FORM, PROOF = "/identification/email_code", "/preuve/email_code"


@pytest.fixture
async def inbox() -> AsyncIterator[Inbox]:
    """The relay and what it took."""
    async with mail_server() as inbox:
        yield inbox


@pytest.fixture
async def portal(portal: Portal, inbox: Inbox, keyring: Keyring, owner: Any, seed: Seed) -> Portal:
    """The portal, of a library that lends an access, behind a gateway that signs nothing."""
    await owner.execute("UPDATE territory.site SET methods = '{email_code,click_through}'")
    await owner.execute(
        "INSERT INTO territory.gateway (id, site_id, code, brand, variant, login_address)"
        " VALUES ($1, $2, 'gw-cisco', 'cisco', 'lwa', '192.0.2.1')",
        *(uuid4(), seed.library),
    )
    await portal.directory.refresh()
    mail = {"server": "127.0.0.1", "port": inbox.port, "security": "none"}
    mail |= {"sender": "wifi@meuse.example", "provisional_minutes": 5}
    settings = Settings(mail=MailSettings.model_validate(mail))
    return replace(portal, messages=Messages.of(settings, keyring))


async def borrow(guest: Guest, address: str, device: str = PHONE) -> str:
    """Come as a phone, give an address; return "connected", to which the gateway then leads."""
    page = await guest.get(CISCO.format(device))
    found = re.search(rf'href="{FORM}\?visit=([^"]+)"', page.text)
    assert found
    lent = await guest.post(FORM, visit=found[1], email=address)
    way = field(lent, "redirect_url").removeprefix(PUBLIC_URL)
    own = await guest.get(unescape(way), Cookie=lent.cookie)
    by_the_letter = (await guest.get(unescape(way))).text
    assert ("Ouvrez le lien reçu" in by_the_letter, "/mon-code" in by_the_letter) == (True, False)
    return own.location.removeprefix(PUBLIC_URL)


async def test_the_way_back_is_its_own_visits(guest: Guest, inbox: Inbox, radius: Radius) -> None:
    """Its guest goes from "connected" to the code; who only names the device is led nowhere, and
    is told neither where the code went nor that one is awaited."""
    connected = await guest.get(await borrow(guest, ANNE))
    await radius.bind(await radius.owner.fetchval("SELECT user_name FROM live.admission"))
    mine = await guest.get(page_of(await guest.get(_way(connected.text))))
    assert ANNE in mine.text
    assert "ont changé" not in (await guest.post(FORM, visit=mine.visit, email="anne")).text
    strange = await guest.get(CISCO.format(PHONE) + "&statusCode=1")
    assert "/mon-code" not in strange.text
    token = re.search(r'/ma-connexion\?visit=([^"&]+)', strange.text)
    assert token
    assert (await guest.get(f"/mon-code?visit={token[1]}")).status == 200


async def test_a_proven_right_keeps_its_guest(
    guest: Guest, inbox: Inbox, owner: Any, portal: Portal
) -> None:
    """Whoever has the visit of a loan proves another address once its right is somebody's: they
    do not become the one in whose name the device was online."""
    await borrow(guest, ANNE)
    mine = portal.read(_token_in(inbox))
    await guest.post(PROOF, visit=portal.sign(mine), code=code_in(inbox))
    [before] = await owner.fetch("SELECT guest_id, ends_at FROM live.admission")
    assert before["guest_id"]
    await guest.post(FORM, visit=portal.sign(mine), email=EVE)
    await guest.post(PROOF, visit=_token_in(inbox), code=code_in(inbox))
    assert inbox.recipients == [ANNE, EVE]
    first = await owner.fetchrow("SELECT * FROM live.admission WHERE id = $1", mine.id)
    assert (first["guest_id"], first["ends_at"]) == tuple(before)


async def test_a_loan_is_not_one_device_more(
    guest: Guest, inbox: Inbox, radius: Radius, owner: Any, portal: Portal
) -> None:
    """Where the plan lets a guest have one device online, and one is, a second one's loan is not
    made whole: its guest is led to their devices, and lets the other go or not."""
    await borrow(guest, ANNE)
    first = await radius.bind(await owner.fetchval("SELECT user_name FROM live.admission"))
    await guest.post(PROOF, visit=_token_in(inbox), code=code_in(inbox))
    await radius.account(first, 1000)
    await owner.execute("UPDATE territory.plan SET devices = 1")
    await portal.directory.refresh()
    await borrow(guest, ANNE, TABLET)
    refused = await guest.post(PROOF, visit=_token_in(inbox), code=code_in(inbox))
    assert "Trop de vos appareils" in refused.text
    assert 'href="/mes-appareils?visit=' in refused.text
    query = "SELECT id, guest_id IS NULL AS is_lent FROM live.admission ORDER BY is_lent"
    assert [row["id"] == first for row in await owner.fetch(query)] == [True, False]
    assert [row["is_lent"] for row in await owner.fetch(query)] == [False, True]


async def test_another_way_in_after_a_loan(
    guest: Guest, inbox: Inbox, owner: Any, clock: FixedClock
) -> None:
    """The letter does not come, so its guest takes another way that the place offers: that gives
    what it always gives, once, and not the minutes that were lent."""
    await borrow(guest, ANNE)
    way = await guest.get(f"/identification?visit={_token_in(inbox)}")
    names = [field(await guest.post("/visite", visit=way.visit), "username") for _ in range(2)]
    assert names[0] == names[1]
    rows = await owner.fetch("SELECT user_name, method, ends_at FROM live.admission")
    [own] = [row for row in rows if row["method"] == "click_through"]
    assert (own["user_name"], len(rows)) == (names[0], 2)
    assert own["ends_at"] == clock.now() + timedelta(hours=4)


async def test_what_the_gateway_told_is_gone(
    guest: Guest, inbox: Inbox, radius: Radius, owner: Any, clock: FixedClock
) -> None:
    """From "connected" no visit carries what the gateway told to be led back by: who types the code
    after the loan, or takes another way in, has their right, and one button that begins again."""
    connected = await guest.get(await borrow(guest, ANNE))
    await radius.bind(await owner.fetchval("SELECT user_name FROM live.admission"))
    awaiting = await guest.get(page_of(await guest.get(_way(connected.text))))
    ways = await guest.get(f"/identification?visit={awaiting.visit}")
    clock.advance(minutes=6)
    late = await guest.post(PROOF, visit=awaiting.visit, code=code_in(inbox))
    for page in (late, await guest.post("/visite", visit=ways.visit)):
        assert (page.status, "Un bouton suffit pour recommencer." in page.text) == (200, True)
        assert re.search(r'class="go" href="http[^"]+">Recommencer<', page.text)
    [whole] = await owner.fetch("SELECT * FROM live.admission WHERE method = 'email_code'")
    assert whole["guest_id"] is not None
    assert whole["ends_at"] == clock.now() + timedelta(hours=4)
    first = _first_visit(await guest.get(CISCO.format(PHONE)))
    ways = await guest.get(f"/identification?visit={first}")
    again = await guest.post("/visite", visit=ways.visit)
    assert field(again, "username") == whole["user_name"]


def _first_visit(page: Answer) -> str:
    found = re.search(r'/identification\?visit=([^"]+)', page.text)
    assert found
    return found[1]


def _way(text: str) -> str:
    found = re.search(r'href="(/mon-code\?visit=[^"]+)"', text)
    assert found
    return found[1]


def _token_in(inbox: Inbox) -> str:
    """Return the visit of the last letter's link."""
    found = re.search(r"/preuve/email_code\?visit=([^\s&]+)", inbox.letters[-1].get_content())
    assert found
    return found[1]
