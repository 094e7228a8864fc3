"""An organisation's own colour, logo and message, before a guest is let in and after."""

import gzip
import re
from pathlib import Path

import pytest

from portal.guest.parts import Portal
from territory.looks.contrast import nearest_readable
from territory.looks.logo import parse_logo
from tests.integration.portal.conftest import Guest, Radius, Seed, user_name_in
from tests.servers.browser import chromium
from tests.servers.eyes import open_eyes
from tests.unit.territory.looks.test_logo import PLAIN, png, text_of

LARGEST_FIRST_PAGE = 14_336
COLOUR = "#8a1538"


async def dress(radius: Radius, seed: Seed, portal: Portal, logo: str) -> None:
    """Give the town its looks."""
    await radius.owner.execute(
        "UPDATE territory.organisation SET colour = $2, logo = $3, message = $4 WHERE id = $1",
        *(seed.organisation, COLOUR, parse_logo(logo), "La ville vous souhaite la bienvenue."),
    )
    await portal.directory.refresh()


@pytest.mark.parametrize("logo", [PLAIN, text_of(png(40, 20))])
async def test_the_first_page_wears_them_and_so_does_connected(
    guest: Guest, radius: Radius, seed: Seed, portal: Portal, logo: str
) -> None:
    """Name, colour and logo come before admission: phones close the window right after."""
    await dress(radius, seed, portal, logo)
    first = await guest.arrive()
    name = user_name_in(await guest.post("/visite", visit=first.visit))
    await radius.bind(name)
    for page in (first, await guest.arrive(res="success", uid=name)):
        assert f".go{{background:{COLOUR}" in page.text
        source = re.findall(r'<img class="logo" src="(/marque/[0-9a-f]+\.(?:svg|png))"', page.text)
        assert len(source) == 1
    async with guest.session.get(f"{guest.url}{source[0]}") as picture:
        assert await picture.read() == portal.directory.current.logos[Path(source[0]).name].octets
    assert "immutable" in picture.headers["Cache-Control"]
    assert "sandbox" in picture.headers["Content-Security-Policy"]
    assert picture.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_message_stands_in_where_a_place_says_nothing(
    guest: Guest, radius: Radius, seed: Seed, portal: Portal
) -> None:
    """A place's own welcome is nearer."""
    await dress(radius, seed, portal, PLAIN)
    assert "Le marché a lieu ici" in (await guest.arrive()).text
    await radius.owner.execute("UPDATE territory.site SET welcome = NULL")
    await portal.directory.refresh()
    assert "La ville vous souhaite la bienvenue." in (await guest.arrive()).text


async def test_with_the_largest_logo_the_first_page_keeps_its_weight(
    guest: Guest, radius: Radius, seed: Seed, portal: Portal
) -> None:
    """Everything a phone loads, as it goes on the wire."""
    noise = "".join(f"l{(n * 7919) % 991} {(n * 104729) % 977}" for n in range(720))
    await dress(radius, seed, portal, PLAIN.replace("M0 0h40v20z", f"M0 0{noise}z"))
    page = await guest.arrive()
    source = re.findall(r'src="(/marque/[^"]+)"', page.text)[0]
    picture = portal.directory.current.logos[Path(source).name].octets
    assert len(picture) > 5_500
    assert len(gzip.compress(page.text.encode(), 6)) + len(picture) < LARGEST_FIRST_PAGE


async def test_a_logo_that_is_nobody_s_is_not_found(guest: Guest) -> None:
    """And neither is anything beside it."""
    for name in ("0.svg", "..%2f..%2fetc%2fpasswd", "x" * 500):
        assert (await guest.get(f"/marque/{name}")).status == 404


@pytest.mark.browser
async def test_the_palest_colour_that_passes_can_be_read_everywhere(
    guest: Guest, radius: Radius, seed: Seed, portal: Portal
) -> None:
    """axe finds nothing by day or night, on the first page, the notice, and before erasing."""
    pale = nearest_readable("#f5b942")
    await dress(radius, seed, portal, PLAIN)
    await radius.owner.execute("UPDATE territory.organisation SET colour = $1", pale)
    await radius.owner.execute("UPDATE territory.site SET wifi4eu = true")
    await portal.directory.refresh()
    first = await guest.arrive()
    name = user_name_in(await guest.post("/visite", visit=first.visit))
    await radius.bind(name)
    connected = await guest.arrive(res="success", uid=name)
    pages = {
        "first": first,
        "connected": connected,
        "data": await guest.get(f"/mes-donnees?visit={connected.visit}"),
        "erasing": await guest.post("/mes-donnees/effacement", visit=connected.visit),
    }
    async with chromium() as browser, open_eyes(browser) as eyes:
        for title, page in pages.items():
            for night in (False, True):
                await eyes.look(page.text, f"looks-{title}{'-night' * night}", night=night)
    assert eyes.faults == []
