"""Way 1 on the portal's side: captured, accepted, handed back, connected, logged off.

What the gateway and RADIUS would say and write is played by the test; what the portal computes is
checked against the standard library, not against the portal.
"""

import hashlib
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from portal.guest.parts import Portal
from portal.visit import Visit
from territory.keyring import Keyring
from territory.rules.credentials import credential_password
from tests.conftest import FixedClock
from tests.integration.portal.conftest import (
    CHALLENGE,
    PHONE,
    PUBLIC_URL,
    SECRET,
    Answer,
    Guest,
    Radius,
    Seed,
    redirect,
    user_name_in,
)

Owner = asyncpg.Connection


async def test_the_first_page(guest: Guest) -> None:
    """Where one is, who offers it, what is granted, one button; nothing to run, store or fetch."""
    page = await guest.arrive()
    assert page.status == 200
    for words in ("Mairie de Commercy", "Ville de Commercy", "4 h", "2 Go", "Se connecter"):
        assert words in page.text
    assert page.text.count("<button") == 1
    assert "<script" not in page.text
    assert "Set-Cookie" not in page.headers
    assert page.headers["Cache-Control"] == "no-store"
    policy = page.headers["Content-Security-Policy"]
    assert f"form-action 'self' http://10.1.0.1:3990 {PUBLIC_URL};" in policy


async def test_the_first_page_fits_into_the_first_packets(guest: Guest) -> None:
    """Under 14 KB on the wire with all its resources: it has no other than itself."""
    page = await guest.arrive()
    assert page.headers["Content-Encoding"] == "gzip"
    assert page.octets_on_the_wire < 14_336
    assert 'src="' not in page.text
    assert "url(" not in page.text


async def test_the_hand_back_answers_the_challenge(
    guest: Guest, owner: Owner, seed: Seed, clock: FixedClock, keyring: Keyring
) -> None:
    """A 303 to the site's own gateway with the CHAP answer RADIUS will expect, and its row."""
    page = await guest.arrive(ssid="WiFi-Meuse")
    leaving = await guest.post("/visite", visit=page.visit)
    assert leaving.status == 303
    url = urlsplit(leaving.location)
    assert (url.netloc, url.path) == ("10.1.0.1:3990", "/logon")
    sent = parse_qs(url.query)
    row = await owner.fetchrow("SELECT * FROM live.admission")
    assert row is not None
    password = credential_password(keyring.derive("credential"), row["user_name"])
    keyed = hashlib.md5(bytes.fromhex(CHALLENGE) + SECRET.encode()).digest()
    answer = hashlib.md5(b"\0" + password.encode() + keyed).hexdigest()
    assert sent["username"] == [row["user_name"]]
    assert sent["response"] == [answer]
    assert password not in leaving.location
    assert (row["site_id"], row["plan_id"]) == (seed.town_hall, seed.plan)
    assert row["network_id"] == seed.network
    assert (row["method"], row["terms_version"]) == ("click_through", "2026-11-21")
    assert row["language"] == "fr"
    assert await owner.fetchval("SELECT count(*) FROM live.binding") == 0
    assert row["created_at"] == clock.now()
    assert row["ends_at"] == clock.now() + timedelta(hours=4)
    assert row["credential_expires_at"] == clock.now() + timedelta(minutes=5)


async def test_a_form_sent_twice_grants_once(guest: Guest, owner: Owner) -> None:
    """An impatient thumb gets the same credential, and one row is written."""
    page = await guest.arrive()
    names = {user_name_in(await guest.post("/visite", visit=page.visit)) for _ in range(3)}
    assert len(names) == 1
    assert await owner.fetchval("SELECT count(*) FROM live.admission") == 1


async def test_connected_says_what_is_left(guest: Guest, radius: Radius, clock: FixedClock) -> None:
    """From the admission and its sessions; again later, by the signed visit alone."""
    page = await guest.arrive()
    name = user_name_in(await guest.post("/visite", visit=page.visit))
    admission = await radius.bind(name)
    await radius.account(admission, 500_000_000)
    clock.advance(seconds=30)
    connected = await guest.arrive(res="success", uid=name, challenge=None)
    assert "Vous êtes connecté" in connected.text
    assert "3 h 59 min" in connected.text
    assert "1,5 Go" in connected.text
    assert "500 Mo" in connected.text
    assert "http://example.org/" in connected.text
    clock.advance(hours=2)
    later = await guest.get(f"/ma-connexion?visit={connected.visit}")
    assert "1 h 59 min" in later.text


@pytest.mark.parametrize("res", ["success", "already"])
async def test_a_gateway_that_does_not_say_who(guest: Guest, radius: Radius, res: str) -> None:
    """uspot and `already` bring no `uid`: the device's own admission is found by its address."""
    page = await guest.arrive()
    await radius.bind(user_name_in(await guest.post("/visite", visit=page.visit)))
    assert "4 h" in (await guest.arrive(res=res, challenge=None)).text


async def test_online_without_an_admission(guest: Guest) -> None:
    """Let in by someone else: connected all the same, and the log-out goes to the gateway."""
    page = await guest.arrive(res="already", challenge=None)
    assert "Vous êtes connecté" in page.text
    leaving = await guest.post("/deconnexion", visit=page.visit)
    assert leaving.location == "http://10.1.0.1:3990/logoff"


async def test_log_out_ends_it_here_and_at_the_gateway(
    guest: Guest, radius: Radius, owner: Owner, clock: FixedClock
) -> None:
    """The right is revoked, the browser goes to `/logoff`, and comes back to a way in."""
    page = await guest.arrive()
    name = user_name_in(await guest.post("/visite", visit=page.visit))
    await radius.bind(name)
    connected = await guest.arrive(res="success", uid=name, challenge=None)
    leaving = await guest.post("/deconnexion", visit=connected.visit)
    assert (leaving.status, leaving.location) == (303, "http://10.1.0.1:3990/logoff")
    row = await owner.fetchrow("SELECT revoked_at, revoked_reason FROM live.admission")
    assert row is not None
    assert tuple(row) == (clock.now(), "guest")
    back = await guest.arrive(res="logoff")
    assert "Vous êtes déconnecté" in back.text
    over = await guest.get(f"/ma-connexion?visit={connected.visit}")
    assert "Votre connexion est terminée" in over.text


async def left_after(guest: Guest, radius: Radius, octets: int) -> tuple[str, Answer]:
    """Go online, use so much, log out; return the credential and the page one comes back to."""
    page = await guest.arrive()
    name = user_name_in(await guest.post("/visite", visit=page.visit))
    admission = await radius.bind(name)
    connected = await guest.arrive(res="success", uid=name, challenge=None)
    await radius.account(admission, octets, is_open=False)
    await guest.post("/deconnexion", visit=connected.visit)
    return name, await guest.arrive(res="logoff")


async def test_leaving_and_coming_back_wins_nothing(
    guest: Guest, radius: Radius, owner: Owner, clock: FixedClock
) -> None:
    """The same right with what remains of it: neither time nor volume begins again."""
    name, _ = await left_after(guest, radius, 500_000_000)
    clock.advance(hours=1)
    page = await guest.arrive(challenge="00" * 16)
    assert user_name_in(await guest.post("/visite", visit=page.visit)) == name
    rows = await owner.fetch("SELECT revoked_at, revoked_reason FROM live.admission")
    assert [tuple(row) for row in rows] == [(None, None)]
    connected = await guest.arrive(res="success", uid=name, challenge=None)
    assert "Vous êtes connecté" in connected.text
    assert "3 h" in connected.text
    assert "1,5 Go" in connected.text


async def test_leaving_does_not_renew_a_used_up_volume(guest: Guest, radius: Radius) -> None:
    """Nothing is left to come back to before the time is over."""
    _, back = await left_after(guest, radius, 2 * 10**9)
    refused = await guest.post("/visite", visit=back.visit)
    assert (refused.status, "Location" in refused.headers) == (200, False)
    assert "Vous avez utilisé tout votre volume" in refused.text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reason": "reject"}, "La connexion n'a pas marché"),
        ({"reason": "timeout"}, "Le service n'a pas répondu à temps"),
        ({"reason": "other"}, "La borne Wi-Fi a eu un problème"),
        (
            {"reason": "reject", "reply": "Volume%20%5bused_up%5d"},
            "Vous avez utilisé tout votre volume",
        ),
    ],
)
async def test_a_refusal_says_what_to_do_next(
    guest: Guest, changes: dict[str, str | None], words: str
) -> None:
    """And its button is a fresh try with the fresh challenge of the refusal."""
    page = await guest.arrive(res="failed", **changes)
    assert page.status == 200
    assert words in page.text
    assert (await guest.post("/visite", visit=page.visit)).status == 303


async def test_coming_back_keeps_what_remains(
    guest: Guest, radius: Radius, clock: FixedClock, owner: Owner
) -> None:
    """The same device gets its own admission again, not another four hours."""
    first = await guest.arrive()
    name = user_name_in(await guest.post("/visite", visit=first.visit))
    await radius.bind(name)
    clock.advance(hours=3)
    second = await guest.arrive(challenge="00" * 16)
    assert user_name_in(await guest.post("/visite", visit=second.visit)) == name
    clock.advance(hours=1)
    third = await guest.arrive(challenge="11" * 16)
    assert user_name_in(await guest.post("/visite", visit=third.visit)) != name
    assert await owner.fetchval("SELECT count(*) FROM live.admission") == 2


async def test_a_used_up_volume(guest: Guest, radius: Radius) -> None:
    """Neither the button nor "ma connexion" gives more before the time is over."""
    page = await guest.arrive()
    name = user_name_in(await guest.post("/visite", visit=page.visit))
    connected = await guest.arrive(res="success", uid=name, challenge=None)
    await radius.account(await radius.bind(name), 2 * 10**9)
    mine = await guest.get(f"/ma-connexion?visit={connected.visit}")
    assert "Vous avez utilisé tout votre volume" in mine.text
    again = await guest.arrive()
    refused = await guest.post("/visite", visit=again.visit)
    assert (refused.status, "Location" in refused.headers) == (200, False)
    assert "Vous avez utilisé tout votre volume" in refused.text


async def test_a_session_that_the_gateway_closed(guest: Guest, radius: Radius) -> None:
    """Time is left but nothing is open: the page says so and offers the way back."""
    page = await guest.arrive()
    name = user_name_in(await guest.post("/visite", visit=page.visit))
    connected = await guest.arrive(res="success", uid=name, challenge=None)
    await radius.account(await radius.bind(name), 1, is_open=False)
    mine = await guest.get(f"/ma-connexion?visit={connected.visit}")
    assert "Vous n'êtes plus connecté" in mine.text
    assert 'href="http://10.1.0.1:3990/prelogin"' in mine.text


async def test_a_page_left_open_too_long(guest: Guest, clock: FixedClock, owner: Owner) -> None:
    """Ten minutes: the gateway's challenge is over too. One button fetches a fresh one."""
    page = await guest.arrive()
    clock.advance(minutes=10)
    late = await guest.post("/visite", visit=page.visit)
    assert late.status == 200
    assert 'href="http://10.1.0.1:3990/prelogin"' in late.text
    assert await owner.fetchval("SELECT count(*) FROM live.admission") == 0


async def test_newer_terms_are_shown_first(guest: Guest, portal: Portal) -> None:
    """A page that showed other terms comes again, with a word about it."""
    page = await guest.arrive()
    visit = portal.read(page.visit)
    fields = {name: getattr(visit, name) for name in Visit.__slots__}
    stale = portal.sign(Visit(**{**fields, "terms": "2020-01-01"}))
    again = await guest.post("/visite", visit=stale)
    assert again.status == 200
    assert "Les conditions d'utilisation ont changé" in again.text
    assert (await guest.post("/visite", visit=again.visit)).status == 303


async def test_one_tap_changes_the_language_and_keeps_the_visit(
    guest: Guest, owner: Owner, radius: Radius
) -> None:
    """The chosen language goes along, to the gateway and back, whatever the browser says."""
    page = await guest.arrive()
    german = await guest.get(f"/visite?visit={page.visit}&lang=de")
    assert '<html lang="de">' in german.text
    assert ">Verbinden</button>" in german.text
    leaving = await guest.post("/visite", visit=german.visit)
    assert "&lang=de" in leaving.location
    assert await owner.fetchval("SELECT language FROM live.admission") == "de"
    name = user_name_in(leaving)
    await radius.bind(name)
    connected = await guest.arrive(res="success", uid=name, challenge=None)
    assert "Sie sind mit dem Internet verbunden" in connected.text
    dutch = await guest.get(f"/ma-connexion?visit={connected.visit}&lang=nl")
    assert "U bent verbonden met internet" in dutch.text
    failed = await guest.arrive(res="failed", reason="reject", lang="de")
    assert "nicht geklappt" in failed.text


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("nl-BE,nl;q=0.9", "nl"),
        ("de-AT", "de"),
        ("fi,en;q=0.5", "en"),
        ("uk-UA,ru;q=0.5", "uk"),
        ("fi", "fr"),
        ("", "fr"),
        ("x" * 10_000, "fr"),
    ],
)
async def test_the_browser_chooses_the_first_language(
    guest: Guest, header: str, language: str
) -> None:
    """French where it asks for none of ours."""
    guest.headers = {"Accept-Language": header}
    assert f'<html lang="{language}">' in (await guest.arrive()).text


async def test_pap_where_the_gateway_asks_for_it(guest: Guest, portal: Portal) -> None:
    """`pap=1` in the gateway's portal address: the password comes masked instead."""
    gate = portal.directory.current.gates["gw-mairie"]
    assert gate.registration.secret == SECRET
    leaving = await guest.post("/visite", visit=(await guest.arrive(pap="1")).visit)
    sent = parse_qs(urlsplit(leaving.location).query)
    keyed = hashlib.md5(bytes.fromhex(CHALLENGE) + SECRET.encode()).digest() * 2
    masked = bytes.fromhex(sent["password"][0])
    password = bytes(a ^ b for a, b in zip(masked, keyed, strict=False)).decode()
    assert password == portal.password(sent["username"][0])


async def test_an_nas_identifier_names_the_gateway_too(guest: Guest) -> None:
    """`nasid` may be the NAS's identifier instead of the gateway's code."""
    assert "Mairie de Commercy" in (await guest.arrive(nasid="lab-chilli")).text


async def test_a_new_gateway_is_known_once_the_territory_changes(
    guest: Guest, portal: Portal, owner: Owner, seed: Seed
) -> None:
    """What `socle apply` wrote is read again."""
    await owner.execute("UPDATE territory.gateway SET code = 'gw-neuf' WHERE id = $1", seed.chilli)
    await portal.directory.refresh()
    assert (await guest.arrive(nasid="gw-neuf")).status == 200


async def test_the_funnel_is_counted(guest: Guest, portal: Portal, radius: Radius) -> None:
    """Arrived, identified, admitted, connected, left; refusals by reason."""
    page = await guest.arrive()
    name = user_name_in(await guest.post("/visite", visit=page.visit))
    await radius.bind(name)
    connected = await guest.arrive(res="success", uid=name, challenge=None)
    await guest.post("/deconnexion", visit=connected.visit)
    await guest.get("/gateway/coovachilli?" + redirect() + "0")
    value = portal.metrics.registry.get_sample_value
    chilli = {"brand": "coovachilli"}
    assert value("socle_portal_arrived_total", {**chilli, "situation": "captive"}) == 1
    way = {"site": "mairie-commercy", "language": "fr"}
    chosen = {**way, "method": "click_through"}
    assert value("socle_portal_visits_total", {**way, "step": "arrived", "method": ""}) == 1
    for step in ("identified", "admitted", "online"):
        assert value("socle_portal_visits_total", {**chosen, "step": step}) == 1
    assert value("socle_portal_admitted_total", {**chilli, "right": "fresh"}) == 1
    assert value("socle_portal_connected_total", chilli) == 1
    assert value("socle_portal_left_total") == 1
    assert value("socle_portal_refused_total", {"reason": "bad-signature"}) == 1
    assert value("socle_portal_request_seconds_count", {"page": "/visite"}) == 1


async def test_one_device_cannot_fill_the_table(guest: Guest, owner: Owner) -> None:
    """Twenty grants within ten minutes, then a page that asks to wait."""
    for number in range(20):
        page = await guest.arrive(sessionid=str(number))
        assert (await guest.post("/visite", visit=page.visit)).status == 303
    page = await guest.arrive()
    assert (await guest.post("/visite", visit=page.visit)).status == 429
    other = await guest.arrive(mac="8A-56-7E-F9-10-E5")
    assert (await guest.post("/visite", visit=other.visit)).status == 303
    assert PHONE.lower().replace("-", ":") not in page.text
