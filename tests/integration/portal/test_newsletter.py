"""The box for an organisation's letters: empty, apart, a condition of nothing; agreed to with a
proven address alone, and ended by its owner wherever they look for it."""

import csv
import io
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from portal.guest.parts import Portal
from portal.messages.senders import Messages
from portal.people.newsletter import link_of
from territory.access.passwords import Cost, Passwords
from territory.keyring import Keyring
from territory.settings import Settings
from territory.settings.messages import MailSettings
from tests.integration.portal.conftest import (
    PUBLIC_URL,
    Answer,
    Guest,
    Radius,
    Seed,
    user_name_in,
)
from tests.servers.mail import Inbox, mail_server

ANNE = "anne@commercy.example"
SENTENCE = "sept lapins roux dansent sous la lune"
SENDER, PURPOSE = "Service culturel <b>", "Nos fêtes et nos lectures, une fois par mois."
BOX = re.compile(r'<input type="checkbox" name="newsletter" value="(\w+)"( checked)?>')


@pytest.fixture
async def inbox() -> AsyncIterator[Inbox]:
    """The relay and what it took."""
    async with mail_server() as inbox:
        yield inbox


@pytest.fixture
async def portal(portal: Portal, inbox: Inbox, keyring: Keyring, owner: Any, seed: Seed) -> Portal:
    """The portal, of a town hall that asks for an address and whose town has letters to send."""
    methods = "UPDATE territory.site SET methods = '{email_code,account}' WHERE id = $1"
    await owner.execute(methods, seed.town_hall)
    await owner.execute(
        "UPDATE territory.organisation SET newsletter_sender = $2, newsletter_purpose = $3"
        " WHERE id = $1",
        *(seed.organisation, SENDER, PURPOSE),
    )
    await portal.directory.refresh()
    mail = {"server": "127.0.0.1", "port": inbox.port, "security": "none"}
    mail |= {"sender": "wifi@meuse.example", "provisional_minutes": 0}
    settings = Settings(mail=MailSettings.model_validate(mail))
    cheap = Passwords(Cost(passes=1, memory_kib=64, lanes=1))
    return replace(portal, messages=Messages.of(settings, keyring), passwords=cheap)


async def form_of(guest: Guest, method: str = "email_code") -> Answer:
    """Return a method's form of a phone that has just come."""
    first = await guest.arrive()
    found = re.search(r'href="/identification\?visit=([^"]+)"', first.text)
    visit = found[1] if found else re.findall(r"\?visit=([\w.-]+)", first.text)[0]
    return await guest.get(f"/identification/{method}?visit={visit}")


def box_in(page: Answer) -> str:
    """Return the version of the words that the box of a page agrees to; it must be empty."""
    found = BOX.search(page.text)
    assert found, page.text
    assert not found[2]
    return found[1]


async def prove(guest: Guest, inbox: Inbox, method: str = "email_code", **form: str) -> Answer:
    """Give an address with a form, type the code, and return the way to the gateway."""
    page = await form_of(guest, method)
    sent = await guest.post(f"/identification/{method}", visit=page.visit, email=ANNE, **form)
    assert sent.status == 303, sent.text
    page = await guest.get(sent.location.removeprefix(PUBLIC_URL))
    found = re.search(r"^ {4}(\d{6})\r?$", inbox.letters[-1].get_content(), re.MULTILINE)
    assert found
    proof = {"visit": page.visit, "code": found[1], "password": SENTENCE}
    done = await guest.post(f"/preuve/{method}", **proof)
    assert done.location.startswith("http://10.1.0.1:3990/logon"), done.text
    return done


async def consents(owner: Any) -> list[Any]:
    """Return what was agreed to."""
    return list(await owner.fetch("SELECT * FROM consent.newsletter ORDER BY given_at"))


async def test_the_box_is_empty_apart_and_says_who_and_what_for(guest: Guest) -> None:
    """Who writes, what about, that nobody must; the organisation's words are no markup."""
    for method in ("email_code", "account"):
        page = await form_of(guest, method)
        box_in(page)
        assert "Service culturel &lt;b&gt;" in page.text
        assert PURPOSE in page.text
        assert "Le Wi-Fi marche aussi sans cocher." in page.text


async def test_no_box_where_the_organisation_writes_nothing(
    guest: Guest, owner: Any, portal: Portal
) -> None:
    """Nor a word of a box that is not there."""
    await owner.execute("UPDATE territory.organisation SET newsletter_sender = NULL")
    await portal.directory.refresh()
    for method in ("email_code", "account"):
        page = await form_of(guest, method)
        assert "newsletter" not in page.text
        assert "la case" not in page.text


async def test_who_leaves_the_box_goes_online_and_agrees_to_nothing(
    guest: Guest, inbox: Inbox, owner: Any
) -> None:
    """The same way in; nothing of a consent is written."""
    await prove(guest, inbox)
    assert await consents(owner) == []
    assert await owner.fetchval("SELECT newsletter FROM live.challenge") is None


@pytest.mark.parametrize("version", ["yes", "on", "0" * 16])
async def test_other_words_agree_to_nothing(
    guest: Guest, inbox: Inbox, owner: Any, version: str
) -> None:
    """A form made up, or filled under words that have changed since: in, and no consent."""
    await prove(guest, inbox, newsletter=version)
    assert await consents(owner) == []


async def test_words_that_change_before_the_proof_agree_to_nothing(
    guest: Guest, inbox: Inbox, owner: Any, portal: Portal
) -> None:
    """What was ticked is no longer what would be sent."""
    page = await form_of(guest)
    form = {"visit": page.visit, "email": ANNE, "newsletter": box_in(page)}
    sent = await guest.post("/identification/email_code", **form)
    await owner.execute("UPDATE territory.organisation SET newsletter_purpose = 'Autre chose.'")
    await portal.directory.refresh()
    page = await guest.get(sent.location.removeprefix(PUBLIC_URL))
    code = re.findall(r"^ {4}(\d{6})\r?$", inbox.letters[-1].get_content(), re.MULTILINE)[0]
    done = await guest.post("/preuve/email_code", visit=page.visit, code=code)
    assert done.status == 303
    assert await consents(owner) == []


async def test_an_address_that_is_not_proven_agrees_to_nothing(
    guest: Guest, inbox: Inbox, owner: Any
) -> None:
    """Nobody has letters sent to another: the consent comes with the code, not with the form."""
    page = await form_of(guest)
    form = {"visit": page.visit, "email": ANNE, "newsletter": box_in(page)}
    await guest.post("/identification/email_code", **form)
    assert len(inbox.letters) == 1
    assert await consents(owner) == []


async def test_a_tick_is_not_lost_with_a_mistyped_address(guest: Guest) -> None:
    """The form comes back as it was filled."""
    page = await form_of(guest)
    form = {"visit": page.visit, "email": "anne", "newsletter": box_in(page)}
    again = BOX.search((await guest.post("/identification/email_code", **form)).text)
    assert again
    assert again[2] == " checked"


@pytest.mark.parametrize("method", ["email_code", "account"])
async def test_who_ticks_it_has_agreed_to_these_words(
    guest: Guest, inbox: Inbox, owner: Any, keyring: Keyring, seed: Seed, method: str
) -> None:
    """Whose, for whom, to which address (sealed), under which words, when; ticked again, renewed;
    with an account's password too, and not by coming back without a tick."""
    box = box_in(await form_of(guest, method))
    await prove(guest, inbox, method, newsletter=box, create="1")
    [row] = await consents(owner)
    guest_id = await owner.fetchval("SELECT guest_id FROM live.admission")
    assert (row["guest_id"], row["organisation_id"]) == (guest_id, seed.organisation)
    assert keyring.open(row["address_sealed"]) == ANNE
    assert (row["sender"], row["purpose"], row["version"]) == (SENDER, PURPOSE, box)
    assert row["withdrawn_at"] is None
    if method == "account":
        page = await form_of(guest, method)
        form = {"visit": page.visit, "email": ANNE, "password": SENTENCE}
        await guest.post("/identification/account", **form, newsletter=box)
        await guest.post("/identification/account", **form)
    assert [one["id"] for one in await consents(owner)] == [row["id"]]


async def test_mail_programs_may_look_but_only_a_button_ends_the_letters(
    guest: Guest, inbox: Inbox, owner: Any, keyring: Keyring
) -> None:
    """The link opens a page; its button, or the mail program's own (RFC 8058), takes the address
    away at once and leaves the dates. Ended again, it says the same."""
    await prove(guest, inbox, newsletter=box_in(await form_of(guest)))
    [row] = await consents(owner)
    link = link_of(row["id"], keyring.derive("newsletter"))
    asked = await guest.get(link)
    assert "Ne plus recevoir la lettre" in asked.text
    assert (await consents(owner))[0]["withdrawn_at"] is None
    for _ in range(2):
        done = await guest.post(link, **{"List-Unsubscribe": "One-Click"})
        assert "Votre adresse est effacée de la liste." in done.text
    [row] = await consents(owner)
    assert row["address_sealed"] is None
    assert row["withdrawn_at"] is not None


async def test_a_link_that_is_not_ours_is_refused(guest: Guest, keyring: Keyring) -> None:
    """Made up, cut, or signed with another key."""
    theirs = link_of(uuid4(), b"x" * 32)
    ours = link_of(uuid4(), keyring.derive("newsletter"))
    for link in (theirs, ours[:-4], "/lettre/x", f"/lettre/{'A' * 3000}"):
        assert (await guest.get(link)).status == 400
        assert (await guest.post(link)).status == 400
    assert (await guest.post(ours)).status == 200


async def test_it_is_shown_copied_and_ended_with_the_rest_of_ones_data(
    guest: Guest, inbox: Inbox, radius: Radius, portal: Portal
) -> None:
    """On "mes données" with its button; in the copy; gone with an erasure, and nobody else's."""
    done = await prove(guest, inbox, newsletter=box_in(await form_of(guest)))
    name = user_name_in(done)
    await radius.bind(name)
    online = await guest.arrive(res="success", uid=name)
    guest_id = await radius.owner.fetchval("SELECT guest_id FROM consent.newsletter")
    visit = portal.sign(replace(portal.read(online.visit), guest=guest_id))
    page = await guest.get(f"/mes-donnees?visit={visit}")
    assert "Service culturel &lt;b&gt;" in page.text
    assert "RGPD art. 6.1.a" in page.text
    copied = await guest.get(f"/mes-donnees/copie/csv?visit={visit}")
    told = {row["Donnée"]: row for row in csv.DictReader(io.StringIO(copied.text[1:]))}
    assert PURPOSE in told["Lettre acceptée"]["Valeur"]
    assert told["Date de votre accord"]["Catégorie"] == "La lettre d'information que vous voulez"
    other = (await guest.arrive(mac="8A-56-7E-F9-10-E5")).text
    stranger = re.findall(r"\?visit=([\w.-]+)", other)[0]
    assert (await guest.post("/mes-donnees/lettre", visit=stranger)).status == 400
    assert (await consents(radius.owner))[0]["withdrawn_at"] is None
    ended = await guest.post("/mes-donnees/lettre", visit=visit)
    assert ended.status == 303
    assert (await consents(radius.owner))[0]["address_sealed"] is None
    assert "Ne plus la recevoir" not in (await guest.get(f"/mes-donnees?visit={visit}")).text
    asked = await guest.post("/mes-donnees/effacement", visit=visit)
    assert "dans la liste de la lettre" in asked.text
    await guest.post("/mes-donnees/effacement", visit=visit, confirmed="yes")
    assert await consents(radius.owner) == []
