"""Aruba, Ruckus and FortiGate as simulated: their redirects, and whose orders they obey."""

from dataclasses import replace
from typing import Any

import pytest
from pyrad.packet import CoAPacket, DisconnectRequest

from simulation.brands.aruba import ArubaWords, InstantOnWords
from simulation.brands.external_page import ExternalPage
from simulation.brands.fortinet import FortinetWords
from simulation.configuration import GatewayConfiguration, Lease
from simulation.events import ignore
from simulation.makes import BRANDS
from simulation.packets import Nas, Order
from simulation.phone_table import PhoneTable
from simulation.radius_words import RadiusWords
from simulation.subscriber import Rights, Subscriber, admitted
from tests.conftest import FixedClock

SOURCE = "127.10.1.11"
PLAIN = GatewayConfiguration("gw", "127.10.1.1", "https://portal.example/x", "", radius=None)

INSTANT = replace(
    PLAIN,
    brand="aruba",
    variant="instant",
    address="securelogin.arubanetworks.com",
    nasmac="B4-5D-50-CA-81-EA",
    ssid="affinect",
    leases={SOURCE: Lease("9C-2E-A1-35-C0-D5", "172.31.98.220")},
)
INSTANT_ON = replace(
    PLAIN,
    brand="aruba",
    variant="instant-on",
    nasid="wifi-ten",
    address="captive-2020.aio.cloudauth.net",
    nasmac="D0-15-A6-C2-74-D0",
    ssid="wifi.ten",
    leases={SOURCE: Lease("F2-62-E7-99-63-C6", "172.16.0.221")},
)
UNLEASHED = replace(
    PLAIN,
    brand="ruckus",
    address="192.168.0.253",
    nasmac="B4-79-C8-3C-4B-20",
    ssid="Captive Ruckus Test",
    leases={SOURCE: Lease("5E-DE-C3-4D-50-3D", "192.168.1.106")},
)
FORTIGATE = replace(
    PLAIN,
    brand="fortinet",
    nasid="FG800D5818800451",
    address="172.172.172.1",
    login_port=1000,
    nasmac="70-4C-A5-AB-85-95",
    ssid="Test",
    leases={SOURCE: Lease("FC-3F-DB-A6-4A-FF", "172.172.172.2")},
)


async def captured(options: GatewayConfiguration, address: str, clock: FixedClock) -> str:
    """Return where a browser is sent that asked for an address."""
    make = BRANDS[options.brand, options.variant]
    table = PhoneTable(options, clock, ignore, make.words)
    await table.appear(SOURCE)
    brand = make(table)
    assert isinstance(brand, ExternalPage)
    return brand.captured(SOURCE, address).location


async def test_instant_as_recorded(clock: FixedClock) -> None:
    """Recorded by splash-networks/capport, "Aruba iAP", character for character."""
    location = await captured(INSTANT, "http://connect.rom.miui.com/generate_204", clock)
    assert location == (
        "https://portal.example/x?cmd=login&mac=9c:2e:a1:35:c0:d5&essid=affinect"
        "&ip=172.31.98.220&apname=b4%3A5d%3A50%3Aca%3A81%3Aea"
        "&apmac=b4%3A5d%3A50%3Aca%3A81%3Aea&vcname=SetMeUp-CA%3A81%3AEA"
        "&switchip=securelogin.arubanetworks.com"
        "&url=http%3A%2F%2Fconnect.rom.miui.com%2Fgenerate_204"
    )


async def test_instant_on_as_recorded(clock: FixedClock) -> None:
    """Recorded by splash-networks/capport, "Aruba Instant On", character for character but for
    the name of the site, which has another case there."""
    location = await captured(
        INSTANT_ON, "http://connectivitycheck.gstatic.com/generate_204", clock
    )
    assert location == (
        "https://portal.example/x?cmd=login&mac=f2%3A62%3Ae7%3A99%3A63%3Ac6"
        "&network=wifi.ten&ip=172.16.0.221&apmac=d0%3A15%3Aa6%3Ac2%3A74%3Ad0"
        "&site=wifi-ten%20Site&post=captive-2020.aio.cloudauth.net"
        "&url=http%3A%2F%2Fconnectivitycheck.gstatic.com%2Fgenerate_204"
    )


async def test_unleashed_as_recorded(clock: FixedClock) -> None:
    """Recorded by splash-networks/capport, "Ruckus", character for character."""
    location = await captured(UNLEASHED, "http://captive.apple.com/hotspot-detect.html", clock)
    assert location == (
        "https://portal.example/x?sip=192.168.0.253&mac=b479c83c4b20&client_mac=5edec34d503d"
        "&uip=192.168.1.106&lid=&dn=&url=http%3a%2f%2fcaptive.apple.com%2fhotspot%2ddetect.html"
        "&ssid=Captive+Ruckus+Test&loc=&vlan=1"
    )


async def test_fortigate_as_recorded(clock: FixedClock) -> None:
    """Recorded by splash-networks/capport, "Fortigate"; its number is random."""
    location = await captured(FORTIGATE, "http://a-site.test/", clock)
    before, _, after = location.partition("&magic=")
    assert before == "https://portal.example/x?login&post=http://172.172.172.1:1000/fgtauth"
    assert int(after[:16], 16) >= 0
    assert after[16:] == (
        "&usermac=fc:3f:db:a6:4a:ff&apmac=70:4c:a5:ab:85:95&apip=172.172.172.1"
        "&userip=172.172.172.2&ssid=Test&apname=FG800D5818800451&bssid=00:00:00:00:00:00"
    )


def order(words: RadiusWords, **names: Any) -> Order:
    """Return a Disconnect-Request that names these."""
    packet = CoAPacket(code=DisconnectRequest, secret=b"s", dict=words.dictionary)
    for name, value in names.items():
        packet[name.replace("_", "-")] = value
    return Order(
        packet,
        True,
        names.get("User_Name", ""),
        names.get("Acct_Session_Id", ""),
        names.get("Calling_Station_Id", ""),
        (),
    )


MAC = {"Calling_Station_Id": "8A-56-7E-F9-10-E4"}
NAS = {"NAS_IP_Address": "10.1.0.1"}
SESSION = {"Acct_Session_Id": "s-1"}
USER = {"User_Name": "opaque-1"}
ADDRESS = {"Framed_IP_Address": "10.1.0.2"}


@pytest.mark.parametrize(
    ("words", "names", "obeyed"),
    [
        (ArubaWords(), {**MAC, **NAS}, True),
        (InstantOnWords(), {**MAC, **NAS}, True),
        (ArubaWords(), {**MAC, **NAS, **SESSION}, False),
        (ArubaWords(), MAC, False),
        (ArubaWords(), {**NAS, **USER}, False),
        (FortinetWords(), {**SESSION, **USER, **ADDRESS}, True),
        (FortinetWords(), {**SESSION, **USER}, False),
        (FortinetWords(), {**SESSION, **USER, "Framed_IP_Address": "10.1.0.3"}, False),
        (FortinetWords(), {**MAC, **USER, **ADDRESS}, False),
    ],
)
def test_whose_orders_are_obeyed(
    words: RadiusWords, names: dict[str, Any], obeyed: bool, clock: FixedClock
) -> None:
    """Aruba: the address of the phone and of the NAS, and no session; FortiGate: all three."""
    captured = Subscriber("8A-56-7E-F9-10-E4", "10.1.0.2", 1, "s-1")
    phone = admitted(captured, "opaque-1", Rights(), clock.now())
    asked = order(words, **names)
    assert (words.names_session(asked) and words.concerns(asked, phone)) is obeyed


def test_instant_on_writes_addresses_bare() -> None:
    """As in the recorded Access-Request: f262e79963c6, d015a6c274d0."""
    words = InstantOnWords()
    nas = Nas("n", "10.1.0.1", "D0-15-A6-C2-74-D0", "", b"s")
    assert words.station(Subscriber("F2-62-E7-99-63-C6", "10.1.0.2", 1, "s")) == "f262e79963c6"
    assert words.called(nas) == "d015a6c274d0"
