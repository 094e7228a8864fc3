"""More time by one tap: the phone's API, the page, RADIUS, and a gateway that holds to it."""

from typing import Any

import aiohttp
import pytest

from tests.integration.gateways.conftest import CODE, WEB, House, Site

HOUR = 3600


async def chilli(house: House) -> Site:
    """Return a site whose gateway lengthens an open session."""
    portal = f"{house.portal.public_url}/gateway/coovachilli"  # to the letter: it signs its address
    return await house.site("coovachilli", "", portal=portal)


async def api(house: House, site: Site) -> dict[str, Any]:
    """Ask the captive portal API as the phone's system does (RFC 8908)."""
    mac = site.gateway.phones[site.phone.source].mac
    url = f"{house.portal.public_url}/captive-portal?nasid={CODE}&mac={mac}"
    headers = {"Accept": "application/captive+json"}
    async with aiohttp.request("GET", url, headers=headers) as answer:
        assert answer.status == 200
        told: dict[str, Any] = await answer.json(content_type="application/captive+json")
        return told


def pass_hours(house: House, site: Site, hours: float) -> None:
    """Let time pass in which the phone was not idle."""
    house.clock.advance(hours=hours)
    site.gateway.carry(site.phone.source, 1000, 1000)


async def online_for(house: House, site: Site, hours: float) -> None:
    """Have the phone go online and stay so long."""
    connected = await site.press(await site.phone.browse(WEB))
    assert "Prolonger" not in connected.page.text
    await site.events.until("accounting-response", 2)
    assert (await api(house, site))["can-extend-session"] is False
    pass_hours(house, site, hours)


async def test_one_tap_gives_more_time(house: House) -> None:
    """The API says that it can be had and where; a CoA-Request tells the gateway; nobody is cut."""
    site = await chilli(house)
    await online_for(house, site, 3)
    told = await api(house, site)
    assert told["can-extend-session"] is True
    assert told["seconds-remaining"] == HOUR
    page = await site.phone.browse(told["user-portal-url"])
    extended = await site.press(page)
    assert "Vous êtes connecté" in extended.page.text
    assert "Prolonger" not in extended.page.text
    await site.events.until("coa-ack")
    told = await api(house, site)
    assert (told["can-extend-session"], told["seconds-remaining"]) == (False, 4 * HOUR)
    online = site.gateway.phones[site.phone.source].online
    assert online is not None
    assert online.rights.session_seconds == 7 * HOUR
    pass_hours(house, site, 3)
    assert (await site.phone.browse(WEB)).address == WEB


async def test_a_gateway_that_does_not_take_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The right is as it was, and the guest is told what they can do."""
    monkeypatch.setattr("portal.lengthening.WAIT_SECONDS", 2.0)
    site = await chilli(house)
    await online_for(house, site, 3)
    page = await site.phone.browse((await api(house, site))["user-portal-url"])
    await house.rows("update territory.nas set coa_port = 9")
    await house.read_again()
    refused = await site.press(page)
    assert "n'a pas pu être prolongée" in refused.page.text
    told = await api(house, site)
    assert told["seconds-remaining"] == HOUR


async def test_a_gateway_that_cannot_be_told(house: House) -> None:
    """Nothing is offered, and a tap all the same changes nothing."""
    site = await house.site("mikrotik", "")
    await online_for(house, site, 3)
    told = await api(house, site)
    assert (told["can-extend-session"], told["seconds-remaining"]) == (False, HOUR)
