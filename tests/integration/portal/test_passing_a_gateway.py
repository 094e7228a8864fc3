"""What a gateway is given of a visit may be read over the air: it opens nobody's own."""

import re
from dataclasses import dataclass, replace
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

import pytest

from portal.admission import fresh_admission
from portal.guest.my_data import opens
from portal.guest.own_devices import PATH as DEVICES
from portal.guest.parts import Portal, is_own
from portal.guest.way_back import departure_of
from portal.identification.terms import load_terms
from portal.visit import LIFETIME, State, Visit
from territory.gateway_dialects import DIALECTS
from territory.identifiers import MacAddress
from territory.vocabulary import Brand
from tests.integration.portal.conftest import PHONE, PUBLIC_URL, Answer, Guest, Seed
from tests.integration.portal.test_bad_input import fas
from tests.unit.portal.gateways.samples import SAMPLES, Sample

DEVICE = "8a:56:7e:f9:10:e4"
LEFT = "de connexion restants"


@pytest.mark.parametrize("vouched", [True, False])
@pytest.mark.parametrize("sample", SAMPLES, ids=str)
async def test_every_dialect(portal: Portal, sample: Sample, vouched: bool) -> None:
    """Neither an own visit nor a guest goes with any hand-back, whatever it is wrapped in."""
    dialect = DIALECTS[Brand(sample.brand)][sample.variant]
    known = next(iter(portal.directory.current.gates.values()))
    gate = replace(known, registration=sample.own, dialect=dialect)
    carried = gate.adapter.read(sample.query, sample.own).carried
    visit = Visit(
        id=uuid4(),
        gateway=gate.code,
        device=MacAddress.parse(PHONE),
        expires_at=portal.now() + LIFETIME,
        state=State.VERIFIED,
        terms=load_terms()[-1].version,
        carried=carried,
        vouched=vouched,
        method="account",
        guest=uuid4(),
    )
    admission = fresh_admission(visit, gate, "o" * 26, portal.now())
    departure = departure_of(portal, gate, visit, admission)
    told = f"{departure.page_of_ours} {gate.adapter.hand_back(sample.own, departure)!r}"
    tokens = set(re.findall(r"visit=([\w.-]+)", unquote(unquote(told))))
    assert tokens
    for token in tokens:
        given = portal.read(token)
        assert (is_own(given), opens(given), given.guest) == (False, False, None)
        assert given.admission == admission.id


@dataclass
class Passage:
    """A guest handed back to openNDS, whose address is in clear."""

    guest: Guest
    leaving: Answer

    @property
    def page(self) -> str:
        """ "Ma connexion" as the gateway was given it."""
        sent = parse_qs(urlsplit(self.leaving.location).query)
        return sent["redir"][0].removeprefix(PUBLIC_URL)


@pytest.fixture
async def passage(guest: Guest) -> Passage:
    """Somebody who has just been let in."""
    return await pass_through(guest, DEVICE)


async def pass_through(guest: Guest, device: str) -> Passage:
    """Be let in behind openNDS."""
    page = await guest.get(f"/gateway/opennds?{fas(clientmac=device)}")
    return Passage(guest, await guest.post("/visite", visit=page.visit))


async def test_who_reads_it_over_the_air(passage: Passage, owner: Any) -> None:
    """They see what is left; they see nobody's data, take no copy, erase nothing, let no device go.
    The guest without a cookie can still log out by it, and look at it as often as they like."""
    guest, page = passage.guest, passage.page
    token = page.partition("=")[2]
    for _ in range(2):
        assert LEFT in (await guest.get(page)).text
    told = await guest.get(f"/mes-donnees?visit={token}")
    assert (DEVICE in told.text, "Un autre appareil peut se faire passer" in told.text) == (0, 1)
    assert (await guest.get(f"/mes-donnees/copie/csv?visit={token}")).status == 400
    erased = await guest.post("/mes-donnees/effacement", visit=token, confirmed="yes")
    assert erased.status == 400
    await guest.post(DEVICES, visit=token, close="")
    assert await owner.fetchval("SELECT revoked_at FROM live.admission") is None
    out = await guest.post("/deconnexion", visit=(await guest.get(page)).visit)
    assert out.location == "http://192.168.8.1:2050/opennds_deny/"
    assert await owner.fetchval("SELECT revoked_reason FROM live.admission") == "guest"


@pytest.mark.parametrize("by_gateway", [False, True])
async def test_the_browser_that_was_handed_back(passage: Passage, by_gateway: bool) -> None:
    """It is led on to its own visit, which a reload needs no cookie for, and sees its data; the
    same where its gateway repeats what it was given."""
    guest, page = passage.guest, passage.page
    if by_gateway:
        query = urlsplit(passage.leaving.location).query
        again = await guest.get(f"/gateway/opennds?{query}&status=authenticated")
        assert again.location == PUBLIC_URL + page
    own = (await guest.get(page, Cookie=passage.leaving.cookie)).location.removeprefix(PUBLIC_URL)
    assert own != page
    for kept in ({}, {"Cookie": passage.leaving.cookie}):
        assert LEFT in (await guest.get(own, **kept)).text
    token = own.partition("=")[2]
    assert DEVICE in (await guest.get(f"/mes-donnees?visit={token}")).text
    assert (await guest.get(f"/mes-donnees/copie/csv?visit={token}")).status == 200


async def test_the_cookie_goes_nowhere_else(passage: Passage) -> None:
    """To one page, for ten minutes, out of a script's reach and after no form of another site's."""
    kept = SimpleCookie(passage.leaving.headers["Set-Cookie"])["connexion"]
    assert (kept["path"], kept["max-age"]) == ("/ma-connexion", "600")
    assert (kept["httponly"], kept["samesite"]) == (True, "Lax")


async def test_a_cookie_of_another_right(passage: Passage, seed: Seed) -> None:
    """It leads nowhere, nor does one that holds no visit, nor what a gateway was given of one."""
    other = await pass_through(passage.guest, "8a:56:7e:f9:10:e5")
    for cookie in (
        other.leaving.cookie,
        "connexion=x",
        f"connexion={passage.page.partition('=')[2]}",
    ):
        assert LEFT in (await passage.guest.get(passage.page, Cookie=cookie)).text
