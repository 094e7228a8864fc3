"""Cisco's two web authentications: a simulated controller, the real portal, the real RADIUS."""

import asyncio

from tests.integration.gateways.conftest import WEB, House

ANSWERS = "select outcome, reason from security.authentication"
OPEN = "select admission_id from live.session where ended_at is null"
COMMANDS = "select kind, requested_by, result ->> 'outcome' as outcome from live.command"


async def test_a_guest_comes_in_through_the_controllers_form(house: House) -> None:
    """Local web authentication: one button of ours, one form of the controller's, and out by a
    Disconnect-Request that names the device."""
    site = await house.site("cisco", "lwa")
    splash = await site.phone.browse(WEB)
    assert splash.address.startswith(house.portal.public_url)
    last = await site.press(splash)
    form = last.page.forms[0]
    assert form.action == f"{site.gateway.login_address}/login.html"
    connected = await site.phone.press(form, last)
    assert "Vous êtes connecté" in connected.page.text
    assert (await site.phone.browse(WEB)).address == WEB
    await site.events.until("accounting-response", 2)
    already = await site.phone.press(form, last)
    assert any("statusCode=1&" in hop for hop in already.hops)
    assert "Vous êtes connecté" in already.page.text
    over = await site.press(connected)
    assert "Vous êtes déconnecté" in over.page.text or "terminé" in over.page.text
    await house.look_after_sessions()
    await site.events.until("disconnect-ack")
    assert (await site.phone.browse(WEB)).address.startswith(house.portal.public_url)


async def test_a_refusal_comes_back_with_its_status(house: House) -> None:
    """A credential that was not used in time: `statusCode=5`, and words that say what to do."""
    site = await house.site("cisco", "lwa")
    last = await site.press(await site.phone.browse(WEB))
    house.clock.advance(minutes=6)
    back = await site.press(last)
    assert any("statusCode=5" in hop for hop in back.hops)
    assert "La connexion n'a pas marché" in back.page.text
    assert (await site.phone.browse(WEB)).address != WEB


async def test_a_device_is_presented_twice(house: House) -> None:
    """Central web authentication: the portal by RADIUS's own redirect, in by a CoA-Request."""
    site = await house.site("cisco", "cwa")
    splash = await site.phone.browse(WEB)
    await site.events.until("held")
    assert f"{house.portal.public_url}/gateway/cisco/mairie?cwa=" in splash.address
    assert splash.address.endswith(f"&redirect={WEB}")
    connected = await site.press(splash)
    assert "Vous êtes connecté" in connected.page.text
    assert (await site.phone.browse(WEB)).address == WEB
    assert site.events.kinds().count("access-accept") == 2
    assert site.events.kinds().count("coa-ack") == 1
    (command,) = await house.rows(COMMANDS)
    assert tuple(command) == ("reauthenticate", "portal", "changed")


async def test_a_session_tied_to_its_right_is_closed(house: House) -> None:
    """Accounting names the admission by Class; the guest logs out, the controller is told, and
    presents the device anew: the portal lets it in again."""
    site = await house.site("cisco", "cwa")
    connected = await site.press(await site.phone.browse(WEB))
    await site.events.until("accounting-response", 2)
    (session,) = await house.rows(OPEN)
    (admission,) = await house.rows("select id from live.admission")
    assert session["admission_id"] == admission["id"]
    await site.press(connected)
    await house.look_after_sessions()
    await site.events.until("disconnect-ack")
    await site.events.until("held", 2)
    splash = await site.phone.browse(WEB)
    assert splash.address.startswith(house.portal.public_url)
    again = await site.press(splash)
    assert "Vous êtes connecté" in again.page.text


async def test_the_log_says_who_was_sent_where(house: House) -> None:
    """Sent to the portal, then known; no refusal in between."""
    site = await house.site("cisco", "cwa")
    await site.press(await site.phone.browse(WEB))
    await site.events.until("released")
    async with asyncio.timeout(60):
        while len(rows := await house.rows(ANSWERS)) < 2:
            pass
    assert {tuple(row) for row in rows} == {
        ("accept", "sent_to_portal"),
        ("accept", "known_device"),
    }


async def test_a_device_that_left_meanwhile(house: House) -> None:
    """The controller refuses (503); the guest reads that the equipment does not answer."""
    site = await house.site("cisco", "cwa")
    splash = await site.phone.browse(WEB)
    site.gateway.leave(site.phone.source)
    sight = await site.press(splash)
    assert sight.status == 502
    assert "La borne Wi-Fi du lieu ne répond pas" in sight.page.text
    assert "coa-nak" in site.events.kinds()


async def test_an_address_that_has_ended(house: House) -> None:
    """The controller has presented the device anew by then; whoever kept the page begins again."""
    site = await house.site("cisco", "cwa")
    splash = await site.phone.browse(WEB)
    house.clock.advance(minutes=69)
    assert (await site.phone.browse(splash.address)).status == 200
    house.clock.advance(minutes=1)
    assert (await site.phone.browse(splash.address)).status == 400
