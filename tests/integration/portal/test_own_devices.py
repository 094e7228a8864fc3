"""A guest's own devices: seen and let go by who proved to be that guest, and by nobody else."""

import json
import re
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from portal.guest.parts import Portal
from portal.visit import State
from territory.access.passwords import Cost, Passwords
from territory.identifiers import MacAddress
from tests.integration.portal.conftest import PHONE, Answer, Guest, Radius, Seed, user_name_in

TABLET = "8A-56-7E-F9-10-E5"
WHO = uuid4()


async def let_in(guest: Guest, owner: Any, radius: Radius, device: str, who: UUID | None) -> UUID:
    """Return the right of a device that is bound to it, in a guest's name."""
    page = await guest.arrive(mac=device)
    user_name = user_name_in(await guest.post("/visite", visit=page.visit))
    admission = await radius.bind(user_name, device)
    await owner.execute("UPDATE live.admission SET guest_id = $2 WHERE id = $1", admission, who)
    return admission


async def proven(guest: Guest, portal: Portal, admission: UUID, who: UUID | None = WHO) -> str:
    """Return the visit of a guest who is online and has proven who they are."""
    visit = portal.read((await guest.arrive()).visit)
    return portal.sign(replace(visit, state=State.ADMITTED, admission=admission, guest=who))


async def released(owner: Any) -> list[tuple[UUID, str]]:
    """Return the rights that ended early, and why."""
    query = "SELECT id, revoked_reason FROM live.admission WHERE revoked_at IS NOT NULL"
    return [tuple(row) for row in await owner.fetch(query)]


async def test_a_guest_sees_their_devices_and_lets_one_go(
    guest: Guest, portal: Portal, owner: Any, radius: Radius
) -> None:
    """Which, where, online or not; the one let go loses its right, and RADIUS is asked."""
    own = await let_in(guest, owner, radius, PHONE, WHO)
    other = await let_in(guest, owner, radius, TABLET, WHO)
    await radius.account(other, 1000)
    token = await proven(guest, portal, own)
    page = await guest.get(f"/mes-appareils?visit={token}")
    assert page.text.count("<h2>") == 2
    assert page.text.count("En ligne maintenant.") == 1
    assert "F9:10:E5" in page.text
    assert page.text.count('name="device"') == 1
    after = await guest.post("/mes-appareils", visit=token, device=str(other))
    assert "C'est fait" in after.text.replace("&#39;", "'")
    assert after.text.count("<h2>") == 1
    assert await released(owner) == [(other, "released")]
    command = await owner.fetchrow("SELECT kind, payload, requested_by FROM live.command")
    assert (command["kind"], command["requested_by"]) == ("disconnect", "guest")
    assert json.loads(command["payload"]) == {"admission_id": str(other)}
    again = await guest.post("/mes-appareils", visit=token, device=str(other))
    assert "C&#39;est fait" not in again.text
    assert await owner.fetchval("SELECT count(*) FROM live.command") == 1


async def test_the_place_on_a_ticket_is_free_again(
    guest: Guest, portal: Portal, owner: Any, radius: Radius
) -> None:
    """A device let go no longer takes one of the ticket's places."""
    own = await let_in(guest, owner, radius, PHONE, WHO)
    other = await let_in(guest, owner, radius, TABLET, WHO)
    await owner.execute("ALTER TABLE live.ticket_device DROP CONSTRAINT fk_ticket_device_ticket_id")
    taken = "INSERT INTO live.ticket_device VALUES ($1, $2::text::macaddr, now())"
    for device in (PHONE, TABLET):
        await owner.execute(taken, WHO, str(MacAddress.parse(device)))
    token = await proven(guest, portal, own)
    await guest.post("/mes-appareils", visit=token, device=str(other))
    left = await owner.fetch("SELECT device::text AS device FROM live.ticket_device")
    assert [MacAddress.parse(row["device"]) for row in left] == [MacAddress.parse(PHONE)]


async def test_nobody_lets_anothers_device_go(
    guest: Guest, portal: Portal, owner: Any, radius: Radius
) -> None:
    """Another guest's, nobody's, and what is no identifier: nothing ends."""
    own = await let_in(guest, owner, radius, PHONE, WHO)
    anothers = await let_in(guest, owner, radius, TABLET, uuid4())
    nobodys = await let_in(guest, owner, radius, "8A-56-7E-F9-10-E6", None)
    token = await proven(guest, portal, own)
    assert (await guest.get(f"/mes-appareils?visit={token}")).text.count("<h2>") == 1
    for named in (str(anothers), str(nobodys), "x", "'; DROP TABLE live.admission; --", ""):
        await guest.post("/mes-appareils", visit=token, device=named)
    assert await released(owner) == []


@pytest.mark.parametrize("state", [State.ARRIVED, State.IDENTIFIED, State.ADMITTED])
async def test_it_is_for_who_proved_to_be_somebody(
    guest: Guest, portal: Portal, owner: Any, radius: Radius, state: State
) -> None:
    """A visit that proved nothing, or not yet, sees no list and ends nothing."""
    own = await let_in(guest, owner, radius, PHONE, WHO)
    visit = portal.read(await proven(guest, portal, own, None))
    who = None if state is State.ADMITTED else WHO
    token = portal.sign(replace(visit, state=state, guest=who))
    assert "<h2>" not in (await guest.get(f"/mes-appareils?visit={token}")).text
    await guest.post("/mes-appareils", visit=token, device=str(own))
    assert await released(owner) == []
    assert (await guest.get("/mes-appareils?visit=made-up")).status == 400


async def test_the_way_there_is_on_the_connection_page(
    guest: Guest, portal: Portal, owner: Any, radius: Radius
) -> None:
    """For who proved to be somebody; where nobody was asked, there is nothing to see."""
    own = await let_in(guest, owner, radius, PHONE, WHO)
    for who, times in ((WHO, 1), (None, 0)):
        token = await proven(guest, portal, own, who)
        page = await guest.get(f"/ma-connexion?visit={token}")
        assert page.text.count('href="/mes-appareils') == times


async def test_an_account_is_closed_by_its_holder(
    guest: Guest, portal: Portal, owner: Any, radius: Radius
) -> None:
    """One button behind a word; its dates stay, its password does not."""
    query = """INSERT INTO account.account (id, kind, key, password_hash, created_at, last_used_at)
        VALUES ($1, 'account', 'k', 'h', now(), now())"""
    await owner.execute(query, WHO)
    own = await let_in(guest, owner, radius, PHONE, WHO)
    token = await proven(guest, portal, own)
    assert "Fermer mon compte" in (await guest.get(f"/mes-appareils?visit={token}")).text
    after = await guest.post("/mes-appareils", visit=token, close="1")
    assert "Votre compte est fermé." in after.text
    row = await owner.fetchrow("SELECT closed_at, password_hash FROM account.account")
    assert (row["closed_at"], row["password_hash"]) == (portal.now(), None)
    assert await released(owner) == []


async def test_one_device_too_many_lets_its_guest_choose(
    guest: Guest, portal: Portal, owner: Any, radius: Radius, seed: Seed
) -> None:
    """Where the plan takes one device and another is online: the first page says so and leads to
    the list; once that one is let go, this one goes online."""
    query = "UPDATE territory.site SET methods = '{account}' WHERE id = $1"
    cheap = Passwords(Cost(passes=1, memory_kib=64, lanes=1))
    object.__setattr__(portal, "passwords", cheap)
    row = (WHO, portal.keys.accounts.of("account", "a@b.example"), await cheap.hash("secret"))
    await owner.execute(
        "INSERT INTO account.account (id, kind, key, password_hash, created_at, last_used_at)"
        " VALUES ($1, 'account', $2, $3, now(), now())",
        *row,
    )
    other = await let_in(guest, owner, radius, TABLET, WHO)
    await radius.account(other, 1000)
    await owner.execute("UPDATE territory.plan SET devices = 1")
    await owner.execute(query, seed.town_hall)
    await portal.directory.refresh()

    async def enter() -> Answer:
        visit = re.search(r'account\?visit=([^"]+)"', (await guest.arrive()).text)
        assert visit
        form = {"visit": visit[1], "email": "a@b.example", "password": "secret"}
        return await guest.post("/identification/account", **form)

    refused = await enter()
    assert "Trop de vos appareils" in refused.text
    link = re.search(r'href="(/mes-appareils\?visit=([^"]+))"', refused.text)
    assert link
    assert (await guest.get(link[1])).text.count('name="device"') == 1
    await guest.post("/mes-appareils", visit=link[2], device=str(other))
    assert await released(owner) == [(other, "released")]
    assert (await enter()).status == 303
