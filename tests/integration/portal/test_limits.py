"""What the guest reads of hours, limits and blocks: the same that RADIUS will say."""

import asyncpg
import pytest

from portal.guest.parts import Portal
from tests.conftest import FixedClock
from tests.integration.portal.conftest import PHONE, Guest, Radius, Seed, user_name_in

Owner = asyncpg.Connection


async def told(portal: Portal, owner: Owner, statement: str) -> None:
    """Change the territory, and let the portal read it."""
    await owner.execute(statement)
    await portal.directory.refresh()


async def test_what_is_left_ends_at_closing(
    guest: Guest, portal: Portal, owner: Owner, radius: Radius, clock: FixedClock
) -> None:
    """Friday 15:00, closing 17:30: two hours and a half on every page, not the plan's four."""
    await told(portal, owner, "UPDATE territory.site SET hours = 'Mo-Fr 09:00-17:30'")
    page = await guest.arrive()
    assert "2 h 30 min" in page.text
    name = user_name_in(await guest.post("/visite", visit=page.visit))
    await radius.account(await radius.bind(name), 1)
    clock.advance(hours=1)
    connected = await guest.arrive(res="success", uid=name, challenge=None)
    assert "1 h 30 min" in connected.text
    state = await guest.get(
        f"/captive-portal?nasid=gw-mairie&mac={PHONE}", Accept="application/captive+json"
    )
    assert (state.json["captive"], state.json["seconds-remaining"]) == (False, 5400)
    clock.advance(hours=1, minutes=30)
    over = await guest.get(f"/ma-connexion?visit={connected.visit}")
    assert "Le Wi-Fi de ce lieu est fermé" in over.text
    assert "Il ouvre le lundi 23 novembre à 09:00." in over.text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", "Il ouvre le lundi 23 novembre à 09:00."),
        ("en", "It opens on Monday 23 November at 09:00."),
        ("de", "Es öffnet am Montag, 23. November um 09:00 Uhr."),
        ("nl", "Hij opent op maandag 23 november om 09:00 uur."),
    ],
)
async def test_a_closed_place_says_when_it_opens(
    guest: Guest, portal: Portal, owner: Owner, language: str, words: str
) -> None:
    """On the first page already, and nothing is granted."""
    await told(
        portal,
        owner,
        "UPDATE territory.site SET hours = 'Mo-Fr 09:00-17:30', closed_days = '{2026-11-20}'",
    )
    guest.headers["Accept-Language"] = language
    page = await guest.arrive()
    assert words in page.text
    again = await guest.post("/visite", visit=page.visit)
    assert words in again.text
    assert await owner.fetchval("SELECT count(*) FROM live.admission") == 0


async def test_a_blocked_device_is_told_whom_to_ask(
    guest: Guest, portal: Portal, owner: Owner, clock: FixedClock
) -> None:
    """No right is written; once the block is over, one is."""
    await owner.execute(
        "INSERT INTO live.block VALUES (gen_random_uuid(), 'device', $1::text::macaddr, NULL, 'r',"
        " 'a', $2, $2::timestamptz + interval '1 hour')",
        PHONE,
        clock.now(),
    )
    await portal.directory.refresh()
    page = await guest.arrive()
    refused = await guest.post("/visite", visit=page.visit)
    assert "Cet appareil ne peut pas se connecter" in refused.text
    assert await owner.fetchval("SELECT count(*) FROM live.admission") == 0
    clock.advance(hours=1)
    page = await guest.arrive()
    assert (await guest.post("/visite", visit=page.visit)).status == 303


async def test_a_day_used_up_brings_no_other_right(
    guest: Guest, portal: Portal, owner: Owner, clock: FixedClock
) -> None:
    """What the device has used today, anywhere, counts before it is admitted."""
    await told(portal, owner, "UPDATE territory.plan SET day_seconds = 7200")
    await owner.execute("INSERT INTO live.guest_day VALUES ($1, '2026-11-20', 7200, 10)", PHONE_KEY)
    page = await guest.arrive()
    refused = await guest.post("/visite", visit=page.visit)
    assert "tout votre temps de connexion" in refused.text
    assert "demain" in refused.text
    clock.advance(hours=9)  # midnight in Paris is 23:00 UTC
    page = await guest.arrive()
    assert (await guest.post("/visite", visit=page.visit)).status == 303


PHONE_KEY = "8a:56:7e:f9:10:e4"


async def test_the_day_s_limit_shows_in_what_is_left(
    guest: Guest, portal: Portal, owner: Owner, radius: Radius, seed: Seed
) -> None:
    """An hour of today's time is left; slow, once it is gone, says so."""
    await told(portal, owner, "UPDATE territory.plan SET day_seconds = 7200, day_octets = 3000000")
    page = await guest.arrive()
    name = user_name_in(await guest.post("/visite", visit=page.visit))
    await radius.bind(name)
    await owner.execute(
        "INSERT INTO live.guest_day VALUES ($1, '2026-11-20', 3600, 1000000)", PHONE_KEY
    )
    connected = await guest.arrive(res="success", uid=name, challenge=None)
    assert "1 h" in connected.text
    assert "2 Mo" in connected.text
    await owner.execute("UPDATE live.guest_day SET seconds = 7200")
    over = await guest.arrive(res="success", uid=name, challenge=None)
    assert "tout votre temps de connexion" in over.text
    await told(portal, owner, "UPDATE territory.plan SET at_end = 'slow'")
    slow = await guest.arrive(res="success", uid=name, challenge=None)
    assert "Internet est maintenant plus lent" in slow.text
