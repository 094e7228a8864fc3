"""What a guest sees, takes away and has erased of their own connection; and nobody else of it."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from asyncpg import InsufficientPrivilegeError

from portal.directory import Directory
from portal.guest.parts import Portal
from portal.people.own_data import load_held
from territory.keyring import Keyring
from tests.conftest import FixedClock
from tests.integration.portal.conftest import PHONE, Answer, Guest, Radius, Seed, user_name_in
from tests.integration.portal.test_unsigned_redirects import (
    CISCO,
    SITE,
    Describe,
    describe,
    field,
    front,
)

__all__ = ["describe", "front"]
DEVICE = "8a:56:7e:f9:10:e4"


async def go_online(guest: Guest, radius: Radius) -> tuple[str, UUID]:
    """Go online at the town hall; return the signed visit of who is, and their admission."""
    arrived = await guest.arrive()
    name = user_name_in(await guest.post("/visite", visit=arrived.visit))
    admission = await radius.bind(name)
    await radius.account(admission, 400_000_000)
    return (await guest.arrive(res="success", uid=name)).visit, admission


async def page_of(guest: Guest, visit: str) -> Answer:
    """Ask for the page of a visit."""
    return await guest.get(f"/mes-donnees?visit={visit}")


async def test_what_is_held_until_when_and_why(guest: Guest, radius: Radius) -> None:
    """The device, its place, its volume; each category with its duration, its start and its law."""
    visit, _ = await go_online(guest, radius)
    text = (await page_of(guest, visit)).text
    for words in (DEVICE, "Mairie de Commercy", "400\xa0Mo", "20 novembre 2027", "R10-13 IV"):
        assert words in text, words
    assert "Le décret de l'année est attendu." in text


async def test_a_copy_as_csv_and_as_json(guest: Guest, radius: Radius) -> None:
    """The same facts, each with its category, its last day and its rule; an audit line, no name."""
    visit, admission = await go_online(guest, radius)
    table = await guest.get(f"/mes-donnees/copie/csv?visit={visit}")
    assert table.headers["Content-Disposition"] == 'attachment; filename="mes-donnees.csv"'
    rows = list(csv.DictReader(io.StringIO(table.text.removeprefix("\ufeff"))))
    by_name = {row["Donnée"]: row for row in rows}
    assert by_name["Adresse de votre appareil"]["Valeur"] == DEVICE
    assert by_name["Adresse de votre appareil"]["Gardé jusqu'au"] == "2027-11-20"
    assert by_name["Volume, en octets"]["Valeur"] == "400000000"
    assert by_name["Volume, en octets"]["Gardé jusqu'au"] == "selon le décret attendu"
    told = json.loads((await guest.get(f"/mes-donnees/copie/json?visit={visit}")).text)
    assert told["data"] == rows
    assert told["controller"] == "Ville de Commercy"
    lines = await radius.owner.fetch("SELECT * FROM audit.entry WHERE action LIKE 'guest.%'")
    assert [line["action"] for line in lines] == ["guest.data_exported"] * 2
    assert DEVICE not in str(lines)
    assert str(admission) not in str(lines)


async def test_erasing_is_asked_confirmed_and_told(guest: Guest, radius: Radius) -> None:
    """First what goes and what stays; then the right ends, and what the law wants is there."""
    visit, admission = await go_online(guest, radius)
    asked = await guest.post("/mes-donnees/effacement", visit=visit)
    assert "Votre accès à Internet. Vous serez déconnecté." in asked.text
    assert "20 novembre 2027" in asked.text
    revoked = "SELECT revoked_at FROM live.admission WHERE id = $1"
    assert await radius.owner.fetchval(revoked, admission) is None
    done = await guest.post("/mes-donnees/effacement", visit=visit, confirmed="yes")
    assert "Vos données sont effacées" in done.text
    assert await radius.owner.fetchval(revoked, admission) is not None
    device = "SELECT device::text FROM live.binding WHERE admission_id = $1"
    assert await radius.owner.fetchval(device, admission) == DEVICE
    lines = await radius.owner.fetch("SELECT * FROM audit.entry WHERE action LIKE 'guest.%'")
    assert [line["action"] for line in lines] == ["guest.data_erased"]
    assert DEVICE not in str(lines)
    assert "Temps restant" not in (await page_of(guest, visit)).text


async def test_erasing_wins_no_second_right(
    guest: Guest, radius: Radius, clock: FixedClock
) -> None:
    """Who comes back goes on with what was left: no plan is worn out twice by erasing."""
    visit, admission = await go_online(guest, radius)
    await guest.post("/mes-donnees/effacement", visit=visit, confirmed="yes")
    clock.advance(minutes=5)
    again = await guest.arrive()
    await guest.post("/visite", visit=again.visit)
    assert await radius.owner.fetchval("SELECT count(*) FROM live.admission") == 1
    revoked = "SELECT revoked_at FROM live.admission WHERE id = $1"
    assert await radius.owner.fetchval(revoked, admission) is None


async def test_an_address_alone_opens_nothing(
    front: Guest, describe: Describe, radius: Radius
) -> None:
    """An unsigned redirect that names a neighbour's device, from their own place, sees no data."""
    await describe("cisco", "lwa", "192.0.2.1", SITE)
    target = CISCO.format("8a:56:7e:f9:10:e4")
    theirs = await front.get(target)
    name = field(await front.post("/visite", visit=theirs.visit), "username")
    await radius.bind(name)
    another = await front.get(target)
    handed_back = await front.post("/visite", visit=another.visit)
    assert field(handed_back, "username") == name
    found = re.findall(r"/ma-connexion\?visit=([\w.-]+)", unescape(handed_back.text))[0]
    assert "de connexion restants" in (await front.get(f"/ma-connexion?visit={found}")).text
    page = await page_of(front, found)
    assert DEVICE not in page.text
    assert "Un autre appareil peut se faire passer" in page.text
    assert "Temps restant" in page.text
    assert "prouvez que" not in page.text
    for path in ("/mes-donnees/copie/csv", "/mes-donnees/copie/json"):
        assert (await front.get(f"{path}?visit={found}")).status == 400
    erased = await front.post("/mes-donnees/effacement", visit=found, confirmed="yes")
    assert erased.status == 400


@pytest.mark.parametrize("token", ["", "x", "x" * 5000])
async def test_a_made_up_visit_gets_nothing(guest: Guest, token: str) -> None:
    """Neither a copy nor an erasure, and no trace of what was sent."""
    answers = (
        await guest.get(f"/mes-donnees/copie/csv?visit={token}"),
        await guest.post("/mes-donnees/effacement", visit=token, confirmed="yes"),
    )
    for answer in answers:
        assert answer.status == 400
        assert token == "" or f'"{token}"' not in answer.text


async def test_a_visit_that_is_not_admitted_gets_nothing(guest: Guest) -> None:
    """The signed visit of a first page holds no right, so nothing is its own."""
    arrived = await guest.arrive()
    assert (await guest.get(f"/mes-donnees/copie/csv?visit={arrived.visit}")).status == 400
    posted = await guest.post("/mes-donnees/effacement", visit=arrived.visit, confirmed="yes")
    assert posted.status == 400


async def test_the_portal_is_told_source_data_only(
    portal: Portal, guest: Guest, radius: Radius
) -> None:
    """What is asked by a right's name says no amount: who and how much stay in two places."""
    _, admission = await go_online(guest, radius)
    told = await portal.pool.fetchval("SELECT live.own_data($1)::text", admission)
    assert "octets" not in told
    assert "seconds" not in told
    held = await load_held(portal.pool, admission)
    assert held is not None
    assert held.device == PHONE.replace("-", ":").lower()


async def test_the_controller_and_its_protection_officer(
    guest: Guest, radius: Radius, seed: Seed, portal: Portal
) -> None:
    """Who answers, whom to write to, on what ground, and where to complain (RGPD 13)."""
    await radius.owner.execute(
        "UPDATE territory.organisation SET dpo_email = 'dpo@commercy.example' WHERE id = $1",
        seed.organisation,
    )
    await portal.directory.refresh()
    text = (await page_of(guest, (await guest.arrive()).visit)).text
    for words in (
        *("Ville de Commercy", "wifi@commercy.example", "dpo@commercy.example"),
        *("6.1.e", "6.1.c", "article 15", "article 17", "article 21", "CNIL"),
    ):
        assert words in text, words


async def test_a_method_shows_in_the_notice_of_its_place(
    guest: Guest, radius: Radius, seed: Seed, portal: Portal
) -> None:
    """Where an e-mail address is asked for, the notice says five years, and who asks no name."""
    arrived = (await guest.arrive()).visit
    assert "Votre adresse e-mail" not in (await page_of(guest, arrived)).text
    await radius.owner.execute(
        "UPDATE territory.site SET methods = '{click_through,email_code}' WHERE id = $1",
        seed.town_hall,
    )
    await portal.directory.refresh()
    text = (await page_of(guest, arrived)).text
    assert "Votre adresse e-mail" in text
    assert "5 ans" in text
    assert "Nous ne demandons ni votre nom" not in text


async def test_a_decree_that_is_entered_shows_at_the_next_reading(
    portal: Portal, keyring: Keyring, tmp_path: Path
) -> None:
    """The territory's own decisions are read again with the territory; a fault changes nothing."""
    file = tmp_path / "law.toml"
    directory = Directory(portal.pool, keyring, portal.public_url, file)
    await directory.refresh()
    assert directory.law.injunction(date(2026, 11, 20))[1] == "aucune décision enregistrée"
    file.write_text(
        "[[injunction]]\ndecree = '2026-1000'\nfrom = 2026-10-21\nuntil = 2027-10-21\n"
        "source = 'x'\n"
    )
    await directory.refresh()
    assert directory.law.injunction(date(2026, 11, 20))[1] == "2026-1000"
    file.write_text("not toml")
    await directory.refresh()
    assert directory.law.injunction(date(2026, 11, 20))[1] == "2026-1000"


async def hold_account(radius: Radius, admission: UUID) -> UUID:
    """Have an admission rest on an account with a password and a civil identity."""
    account = uuid4()
    await radius.owner.execute(
        "INSERT INTO account.account (id, kind, key, password_hash, created_at, last_used_at)"
        " VALUES ($1, 'account', 'k', 'hash', '2026-03-01T10:00:00Z', '2026-11-20T10:00:00Z')",
        account,
    )
    await radius.owner.execute(
        "INSERT INTO identity.person VALUES ($1, 'guest', 'sealed', '2026-03-01T10:00:00Z')",
        account,
    )
    await radius.owner.execute(
        "UPDATE live.admission SET guest_id = $2, method = 'account' WHERE id = $1",
        *(admission, account),
    )
    return account


async def test_an_account_shows_to_the_visit_that_proved_it_alone(
    guest: Guest, radius: Radius, portal: Portal
) -> None:
    """A device that is let in by its address alone says nothing of whose account it is."""
    visit, admission = await go_online(guest, radius)
    account = await hold_account(radius, admission)
    assert "Connu depuis" not in (await page_of(guest, visit)).text
    proved = portal.sign(replace(portal.read(visit), guest=account))
    text = (await page_of(guest, proved)).text
    assert "Connu depuis" in text
    assert "1er mars 2026" in text
    told = json.loads((await guest.get(f"/mes-donnees/copie/json?visit={proved}")).text)["data"]
    ends = {fact["Donnée"]: fact["Gardé jusqu'au"] for fact in told}
    assert ends["Qui vous êtes, sous clé"] == "2031-11-20"
    assert ends["Connu depuis"] == "2027-11-20"


async def test_erasing_ends_the_account_and_its_time_runs(
    guest: Guest, radius: Radius, portal: Portal, clock: FixedClock
) -> None:
    """The password goes at once; the identity stays under its key for five years from now."""
    visit, admission = await go_online(guest, radius)
    account = await hold_account(radius, admission)
    proved = portal.sign(replace(portal.read(visit), guest=account))
    asked = await guest.post("/mes-donnees/effacement", visit=proved)
    assert "Votre mot de passe" in asked.text
    assert "20 novembre 2031" in asked.text
    await guest.post("/mes-donnees/effacement", visit=proved, confirmed="yes")
    row = await radius.owner.fetchrow("SELECT * FROM account.account WHERE id = $1", account)
    assert row is not None
    assert (row["password_hash"], row["closed_at"]) == (None, clock.now())
    assert await radius.owner.fetchval("SELECT count(*) FROM identity.person") == 1


async def test_erasing_ends_a_contact_too(
    guest: Guest, radius: Radius, portal: Portal, clock: FixedClock
) -> None:
    """Its time runs from now, in both places; the portal itself reads neither."""
    visit, _ = await go_online(guest, radius)
    contact, later = uuid4(), clock.now() + timedelta(days=3)
    await radius.owner.execute(
        "INSERT INTO account.contact VALUES ($1, 'email', 'd', $2, $2, $3)",
        *(contact, clock.now(), later),
    )
    await radius.owner.execute(
        "INSERT INTO identity.contact VALUES ($1, 'sealed', $2)", contact, later
    )
    proved = portal.sign(replace(portal.read(visit), guest=contact))
    assert "Adresse e-mail" in (await page_of(guest, proved)).text
    await guest.post("/mes-donnees/effacement", visit=proved, confirmed="yes")
    for schema in ("account", "identity"):
        ends = await radius.owner.fetchval(f"SELECT valid_until FROM {schema}.contact")
        assert ends == clock.now()
    for table in ("account.contact", "identity.contact", "identity.person"):
        with pytest.raises(InsufficientPrivilegeError):
            await portal.pool.fetch(f"SELECT * FROM {table}")
