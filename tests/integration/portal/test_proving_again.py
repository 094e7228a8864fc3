"""Who is online proves once more who they are: an address alone shows little, a proof all of it."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from portal.guest.parts import Portal
from simulation.sms_provider import Provider
from tests.conftest import FixedClock
from tests.integration.portal.conftest import PUBLIC_URL, Answer, Guest, Radius, user_name_in
from tests.integration.portal.test_sms_code import (
    FORM,
    PROOF,
    TYPED,
    ask,
    code_in,
    given,
    portal,
    provider,
)

__all__ = ["given", "portal", "provider"]


async def connected(guest: Guest, provider: Provider, radius: Radius) -> Answer:
    """Go online by a code, and come as the gateway then sends the phone: whose, it cannot say."""
    page = await ask(guest)
    done = await guest.post(PROOF, visit=page.visit, code=code_in(provider))
    name = user_name_in(done)
    await radius.account(await radius.bind(name), 1000)
    return await guest.arrive(res="success", uid=name)


def link_in(page: Answer) -> str:
    """Return the way to the proof."""
    found = re.search(r'href="(/c-est-moi\?visit=[^"]+)"', page.text)
    assert found
    return found[1]


async def prove(guest: Guest, provider: Provider, path: str, number: str = TYPED) -> Answer:
    """Go through the method again; return what the right code leads to."""
    led = await guest.get(path)
    form = await guest.get(led.location.removeprefix(PUBLIC_URL))
    sent = await guest.post(FORM, visit=form.visit, number=number)
    page = await guest.get(sent.location.removeprefix(PUBLIC_URL))
    return await guest.post(PROOF, visit=page.visit, code=code_in(provider))


async def test_a_fresh_redirect_shows_little_and_says_how_to_see_the_rest(
    guest: Guest, provider: Provider, radius: Radius, clock: FixedClock, owner: Any
) -> None:
    """Not whose it is, nor other devices; after the proof both, without another right."""
    online = await connected(guest, provider, radius)
    assert "/mes-appareils" not in online.text
    data = await guest.get(f"/mes-donnees?visit={online.visit}")
    assert "Connu depuis" not in data.text
    assert "prouvez que c" in data.text
    clock.advance(minutes=5)
    shown = await prove(guest, provider, link_in(data))
    assert urlsplit(shown.location).path == "/ma-connexion"
    own = await guest.get(shown.location.removeprefix(PUBLIC_URL))
    assert "/mes-appareils" in own.text
    assert "/c-est-moi" not in own.text
    data = await guest.get(f"/mes-donnees?visit={own.visit}")
    assert "Connu depuis" in data.text
    assert await owner.fetchval("SELECT count(*) FROM live.admission") == 1


async def test_somebody_else_s_proof_opens_nothing(
    guest: Guest, provider: Provider, radius: Radius, clock: FixedClock, owner: Any
) -> None:
    """Whoever copies the address proves to be another, and is told so; the right stands."""
    online = await connected(guest, provider, radius)
    clock.advance(minutes=5)
    refused = await prove(guest, provider, link_in(online), "06 98 76 54 32")
    assert refused.status == 200
    assert "pas ce qui vous a ouvert cette connexion" in refused.text
    assert "/mes-appareils" not in refused.text
    assert await owner.fetchval("SELECT count(*) FROM live.admission") == 1
    assert await owner.fetchval("SELECT revoked_at FROM live.admission") is None


@pytest.mark.usefixtures("provider")
async def test_there_is_nothing_to_prove_before_one_is_online(guest: Guest, portal: Portal) -> None:
    """A first page's visit begins again, and a made-up one is refused."""
    arrived = await guest.arrive()
    found = re.search(r"visit=([\w.-]+)", arrived.text)
    assert found
    assert (await guest.get(f"/c-est-moi?visit={found[1]}")).status == 200
    assert (await guest.get("/c-est-moi?visit=made-up")).status == 400
