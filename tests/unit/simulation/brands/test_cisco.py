"""A simulated Cisco controller: its redirect, whom it presents, and whose orders it obeys."""

from dataclasses import replace
from typing import Any

import pytest
from pyrad.packet import CoAPacket, CoARequest, DisconnectRequest

from simulation.brands.cisco import CentralWords, CiscoWords, Controller, audit_session
from simulation.configuration import GatewayConfiguration, Lease
from simulation.credentials import Pap
from simulation.events import ignore
from simulation.packets import Nas, Order, dictionary, read_order
from simulation.phone_table import PhoneTable
from simulation.subscriber import Rights, Subscriber, admitted
from tests.conftest import FixedClock

SOURCE = "127.10.1.11"
SECRET = b"testing123"
WLC = GatewayConfiguration(
    "wlc",
    "192.0.2.1",
    "https://portal.example/gateway/cisco/wlc",
    "",
    radius=None,
    nasmac="00-1E-BD-9A-F5-80",
    login_port=80,
    brand="cisco",
    variant="lwa",
    leases={SOURCE: Lease("8A-56-7E-F9-10-E4", "10.1.0.2")},
)
NAS = Nas("wlc", "192.0.2.1", WLC.nasmac, "", SECRET, "WiFi-Mairie")
PHONE = Subscriber("8A-56-7E-F9-10-E4", "10.1.0.2", 1, "6922c4c000000001")
AUDIT = "audit-session-id=000000006922C4C000000001"


def order(code: int = CoARequest, **attributes: Any) -> Order:
    """Return what a server orders, through octets."""
    packet = CoAPacket(code=code, id=1, secret=SECRET, dict=dictionary("cisco"))
    named = {"Calling-Station-Id": "8A-56-7E-F9-10-E4"} | attributes
    for name, value in named.items():
        packet[name.replace("_", "-")] = value
    read = read_order(packet.RequestPacket(), SECRET, dictionary("cisco"))
    assert read is not None
    return read


async def test_the_redirect(clock: FixedClock) -> None:
    """Cisco's document 115951: these names in this order, and the address without its scheme."""
    table = PhoneTable(WLC, clock, ignore, CiscoWords())
    controller = Controller(table)
    await table.appear(SOURCE)
    answer = controller.captured(SOURCE, "http://www.example.org/")
    assert answer.location == (
        "https://portal.example/gateway/cisco/wlc?switch_url=http://192.0.2.1:80/login.html"
        "&ap_mac=00:1e:bd:9a:f5:80&client_mac=8a:56:7e:f9:10:e4&wlan=WiFi-Mairie"
        "&redirect=www.example.org/"
    )
    again = controller.turned_away(SOURCE, "5")
    assert "/login.html&statusCode=5&ap_mac=" in again.location


@pytest.mark.parametrize(
    ("user_name", "service", "method"),
    [("8a567ef910e4", "Call-Check", "method=mab"), ("opaque", "Outbound", "method=webauth")],
)
def test_a_device_and_a_person(user_name: str, service: str, method: str) -> None:
    """Service-Type and a pair tell the one from the other; both name session and network."""
    request = CentralWords().access_request(NAS, PHONE, user_name, Pap(b"x"), bytes(16))
    assert request.packet["Service-Type"] == [service]
    assert request.packet["Called-Station-Id"] == ["00-1E-BD-9A-F5-80:WiFi-Mairie"]
    assert request.packet["Cisco-AVPair"] == [AUDIT, method, "cisco-wlan-ssid=WiFi-Mairie"]


@pytest.mark.parametrize(
    ("pairs", "page"),
    [
        (["url-redirect-acl=X", "url-redirect=https://p/x?cwa=1"], "https://p/x?cwa=1"),
        (["url-redirect=https://p/x?cwa=1"], ""),
        (["url-redirect-acl=X"], ""),
        ([], ""),
    ],
)
def test_a_redirect_counts_with_its_acl_alone(pairs: list[str], page: str) -> None:
    """Without the ACL's name a controller would not know what to redirect."""
    packet = CoAPacket(code=2, id=1, secret=SECRET, dict=dictionary("cisco"))
    if pairs:
        packet["Cisco-AVPair"] = pairs
    words = CentralWords()
    assert words.page_of(words.rights(packet, Rights())) == page


@pytest.mark.parametrize(
    ("asked", "obeyed"),
    [
        (order(), True),
        (order(Calling_Station_Id="8a:56:7e:f9:10:e4"), True),
        (order(Calling_Station_Id="02-00-00-00-00-01"), False),
        (order(Cisco_AVPair=[AUDIT]), True),
        (order(Cisco_AVPair=["audit-session-id=0"]), False),
    ],
)
def test_whom_an_order_is_about(asked: Order, obeyed: bool, clock: FixedClock) -> None:
    """The device, and the very session where the order names one; online or held."""
    words = CentralWords()
    for phone in (PHONE, admitted(PHONE, "opaque", Rights(), clock.now())):
        assert words.concerns(asked, phone) is obeyed


def test_only_one_order_asks_again() -> None:
    """`subscriber:command=reauthenticate` in a CoA-Request, and where RADIUS sends phones here."""
    asked = order(Cisco_AVPair=["subscriber:command=reauthenticate"])
    assert CentralWords().asks_again(asked)
    assert not CiscoWords().asks_again(asked)
    assert not CentralWords().asks_again(order())
    assert not CentralWords().asks_again(order(DisconnectRequest))


def test_another_session_has_another_name() -> None:
    """24 hexadecimal digits, as those seen."""
    assert f"audit-session-id={audit_session(PHONE)}" == AUDIT
    assert audit_session(replace(PHONE, session_id="6922c4c100000001")) != audit_session(PHONE)
