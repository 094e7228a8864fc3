"""Faults planted at sites whose gateways are simulated: the test of each site finds its own.

The portal, the RADIUS server and the database are real; what is wrong is wrong in the box.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from radius.stranger import reason_against
from simulation.radius_port import Patience
from territory.site_test.findings import Check
from tests.conftest import FixedClock
from tests.integration.site_test.conftest import Lab, wrong
from tests.servers.addresses import gateway_address
from tests.servers.radius import Nas, attribute

SILENT_PORT = 9
MISTYPED = "typed-by-hand-and-wrong"
IMPATIENT = Patience(0.3, 2)


async def test_a_site_in_order(lab: Lab) -> None:
    """Nothing is wrong, and the guest is still online after it."""
    await lab.describe("mairie")
    gateway = await lab.gateway("mairie")
    await lab.go_online(gateway)
    found = await lab.test("mairie")
    assert wrong(found) == {}
    assert {each.check for each in found if each.state.value == "good"} == {
        Check.REDIRECT,
        Check.DNS,
        Check.RADIUS_ADDRESS,
        Check.RADIUS_SECRET,
        Check.SIGNATURE,
        Check.ACCOUNTING,
        Check.CLOCK,
        Check.COA,
    }
    assert any(phone.online for phone in gateway.phones.values())


async def test_each_planted_fault_is_found_with_its_remedy(lab: Lab) -> None:
    """Nine boxes, each wrong in its own way; the remedy names what is to be changed, and where."""
    described: dict[str, Mapping[str, Any]] = {
        "adresse": {"nas_address": gateway_address()},
        "sans-coa": {"coa_port": SILENT_PORT},
    }
    await lab.describe(
        *("ailleurs", "secret-portail", "adresse", "secret-radius", "sans-signature"),
        *("sans-compte", "sans-coa", "horloge", "en-clair"),
        **described,
    )
    tomorrow = FixedClock(lab.clock.now() + timedelta(hours=26))
    offline = await asyncio.gather(
        lab.gateway("ailleurs", portal="http://127.0.0.1:9/gateway/coovachilli"),
        lab.gateway("secret-portail", portal_secret=MISTYPED),
        lab.gateway("adresse", radius={"patience": IMPATIENT}),
        lab.gateway("secret-radius", radius={"shared_secret": MISTYPED, "patience": IMPATIENT}),
    )
    mute = await lab.gateway("sans-compte", radius={"accounting_port": SILENT_PORT})
    online = await asyncio.gather(lab.gateway("sans-coa"), lab.gateway("horloge", clock=tomorrow))
    went = await asyncio.gather(*map(lab.visit, offline), return_exceptions=True)
    assert [one for one in went if one is True] == []
    await asyncio.gather(*map(lab.go_online, online), unsigned(lab))
    assert await lab.visit(mute)
    await from_the_internet(lab, "en-clair")
    expected = {
        "ailleurs": (Check.REDIRECT, f"{lab.url}/gateway/coovachilli/ailleurs"),
        "secret-portail": (Check.REDIRECT, "uamsecret"),
        "adresse": (Check.RADIUS_ADDRESS, f"source_address: {lab.addresses['adresse']}"),
        "secret-radius": (Check.RADIUS_SECRET, "socle nas secret secret-radius-nas"),
        "sans-signature": (Check.SIGNATURE, "Message-Authenticator"),
        "sans-compte": (Check.ACCOUNTING, "1813"),
        "sans-coa": (Check.COA, "coaport"),
        "horloge": (Check.CLOCK, "NTP"),
        "en-clair": (Check.RADIUS_ADDRESS, "link: tunnel"),
    }
    for code, (check, remedy) in expected.items():
        found = wrong(await lab.test(code, seconds=4.0 if code == "sans-coa" else 60.0))
        assert check in found, (code, found)
        assert remedy in f"{found[check].says} {found[check].remedy}", found[check]
        # A box whose redirects never came cannot be blamed for the rest, and the other way round.
        assert set(found) <= {check, Check.REDIRECT}, (code, found)


async def from_the_internet(lab: Lab, name: str) -> None:
    """Have RADIUS discard a request as it does one that comes in clear from the Internet: loopback
    has no such address to send from."""
    async with Nas(lab.server.port("access"), address=gateway_address()) as nas:
        request = nas.access_request(attribute(1, "x") + attribute(32, name))
    lab.server.sightings.discard("81.2.70.9", reason_against("81.2.70.9"), request)


async def unsigned(lab: Lab) -> None:
    """Ask as a box does that does not sign."""
    address = lab.addresses["sans-signature"]
    async with Nas(lab.server.port("access"), address=address) as nas:
        assert await nas.is_silent(nas.access_request(attribute(1, "x"), signed=False))
