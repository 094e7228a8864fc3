"""Meraki's two splash pages: a simulated cloud, the real portal, the real RADIUS."""

from tests.integration.gateways.conftest import WEB, House


async def test_a_guest_signs_on(house: House) -> None:
    """One button of ours, one form of the cloud's, and out by a Disconnect-Request."""
    site = await house.site("meraki", "sign-on", tls=True)
    last = await site.press(await site.phone.browse(WEB))
    form = last.page.forms[0]
    assert form.action.startswith(f"{site.gateway.login_address}/splash/login?mauth=")
    connected = await site.phone.press(form, last)
    assert "logout_url=" in connected.address
    assert "Vous êtes connecté" in connected.page.text
    joined_wrongly = connected.address.replace("&logout_url=", "?logout_url=")
    assert "Vous êtes connecté" in (await site.phone.browse(joined_wrongly)).page.text
    assert (await site.phone.browse(WEB)).address == WEB
    await site.events.until("accounting-response", 2)
    await site.press(connected)
    await house.look_after_sessions()
    await site.events.until("disconnect-ack")
    assert (await site.phone.browse(WEB)).address.startswith(house.portal.public_url)


async def test_a_refusal_comes_back(house: House) -> None:
    """A credential that was not used in time: words that say what to do."""
    site = await house.site("meraki", "sign-on", tls=True)
    last = await site.press(await site.phone.browse(WEB))
    house.clock.advance(minutes=6)
    back = await site.press(last)
    assert "error_message=" in back.address
    assert "La connexion n'a pas marché" in back.page.text


async def test_a_guest_clicks_through(house: House) -> None:
    """Nobody asks RADIUS: the right is bound from the start, and lasts as long at the cloud."""
    site = await house.site("meraki", "click-through", tls=True, asks_radius=False)
    connected = await site.press(await site.phone.browse(WEB))
    assert any("/splash/grant?continue_url=" in hop for hop in connected.hops)
    assert any("&duration=14400" in hop for hop in connected.hops)
    assert "Vous êtes connecté" in connected.page.text
    assert (await site.phone.browse(WEB)).address == WEB
    (session,) = await house.rows("select admission_id, ended_at from live.session")
    assert session["admission_id"] is not None
    assert connected.page.forms == ()  # nobody could carry a log-out to Meraki
    (bound,) = await house.rows("select device::text from live.binding")
    assert bound["device"] == site.gateway.phones[site.phone.source].mac.replace("-", ":").lower()
