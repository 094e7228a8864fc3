"""Gateways that speak RadSec by themselves: in, and out by an order in the same connection."""

from tests.integration.gateways.conftest import WEB, House
from tests.servers.radsec import SITE_NAME

OPEN = "select count(*) from live.session where ended_at is null"


async def test_cisco_presents_a_device_twice(radsec_house: House) -> None:
    """Central web authentication: the CoA-Request that lets it in, and the Disconnect-Request that
    puts it out, come down the connection that its RADIUS went up."""
    house = radsec_house
    site = await house.site("cisco", "cwa")
    splash = await site.phone.browse(WEB)
    assert f"{house.portal.public_url}/gateway/cisco/mairie?cwa=" in splash.address
    connected = await site.press(splash)
    assert "Vous êtes connecté" in connected.page.text
    assert (await site.phone.browse(WEB)).address == WEB
    (nas,) = await house.rows("select source_address, tls_name from territory.nas")
    assert tuple(nas) == (None, SITE_NAME)  # nothing of it went by UDP
    assert site.events.kinds().count("access-accept") == 2
    assert site.events.kinds().count("coa-ack") == 1
    await site.events.until("accounting-response", 2)
    await site.press(connected)
    await house.look_after_sessions()
    await site.events.until("disconnect-ack")
    assert (await site.phone.browse(WEB)).address.startswith(house.portal.public_url)


async def test_a_guest_signs_on_at_meraki(radsec_house: House) -> None:
    """Its cloud's form, its cloud's RADIUS; the session ends by a Disconnect-Request."""
    house = radsec_house
    site = await house.site("meraki", "sign-on", tls=True)
    await house.rows("update territory.site set link = 'cloud'")
    await house.read_again()
    last = await site.press(await site.phone.browse(WEB))
    connected = await site.press(last)
    assert "Vous êtes connecté" in connected.page.text
    assert (await site.phone.browse(WEB)).address == WEB
    await site.events.until("accounting-response", 2)
    assert [tuple(row) for row in await house.rows(OPEN)] == [(1,)]
    await site.press(connected)
    await house.look_after_sessions()
    await site.events.until("disconnect-ack")
    assert (await site.phone.browse(WEB)).address.startswith(house.portal.public_url)
