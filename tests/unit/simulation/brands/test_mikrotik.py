"""A MikroTik as simulated: its variables, its escapes, its attributes, whose orders it obeys."""

from typing import Any

import pytest
from pyrad.packet import AccessAccept, AuthPacket, CoAPacket, DisconnectRequest

from simulation.brands.mikrotik import MikroTik, filled
from simulation.brands.mikrotik_radius import MikroTikWords, read_rate
from simulation.configuration import GatewayConfiguration, Lease
from simulation.credentials import Pap
from simulation.events import ignore
from simulation.packets import NO_LIMIT, Nas, Order
from simulation.phone_table import PhoneTable
from simulation.subscriber import Rights, Subscriber, admitted
from simulation.talk import Asked
from tests.conftest import FixedClock

SOURCE = "127.10.1.11"
WORDS = MikroTikWords()
PHONE = Subscriber("8A-56-7E-F9-10-E4", "10.5.50.2", 1, "s-1", bytes(range(16)))
PAGE = "$(mac) $(mac-esc) $(if chap-id)$(chap-id)|$(chap-challenge)$(else)clear$(endif) $(nothing)."


def options(**changes: Any) -> GatewayConfiguration:
    """Return a router with a page of its own and one known phone."""
    return GatewayConfiguration(
        "router",
        "127.10.1.1",
        "https://portal.example/gateway/mikrotik",
        "",
        radius=None,
        leases={SOURCE: Lease(PHONE.mac, PHONE.address)},
        brand="mikrotik",
        **changes,
    )


async def page_of(configuration: GatewayConfiguration, clock: FixedClock) -> tuple[str, bytes]:
    """Return what /login shows, and the challenge it offers."""
    table = PhoneTable(configuration, clock, ignore, WORDS)
    await table.appear(SOURCE)
    brand = MikroTik(table)
    assert brand.captured(SOURCE, "http://a-site.test/").location == (
        "http://127.10.1.1:3990/login?dst=http%3A//a-site.test/"
    )
    answer = await brand.log_in(SOURCE, Asked("GET", "/login"))
    return answer.text, table[SOURCE].challenge


async def test_the_variables_of_a_page(clock: FixedClock) -> None:
    """Upper-case address, octal escapes of three digits, a condition with another branch."""
    text, challenge = await page_of(options(pages={"login.html": PAGE}), clock)
    octal = [f"\\{octet:03o}" for octet in challenge]
    assert text == (f"8A:56:7E:F9:10:E4 8A%3A56%3A7E%3AF9%3A10%3AE4 {octal[0]}|{''.join(octal)} .")


async def test_a_router_without_a_page_leads_to_the_portal(clock: FixedClock) -> None:
    """So that the demonstration needs no file."""
    text, _ = await page_of(options(), clock)
    assert "url=https://portal.example/gateway/mikrotik?nasid=router&amp;mac=8A%3A56" in text
    assert "failed" not in text


def test_a_condition_that_does_not_hold() -> None:
    """The other branch, or nothing."""
    page = "$(if error)bad$(endif)$(if chap-id)chap$(else)pap$(endif)"
    assert filled(page, {}) == "pap"
    assert filled(page, {"error": "x", "chap-id": "y"}) == "badchap"


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (
            {"Mikrotik-Rate-Limit": "2000000/8000000"},
            Rights(upload_bps=2_000_000, download_bps=8_000_000),
        ),
        (
            {"WISPr-Bandwidth-Max-Up": 1, "Mikrotik-Rate-Limit": "512k/2M 1M/4M"},
            Rights(upload_bps=512_000, download_bps=2_000_000),
        ),
        ({"Mikrotik-Recv-Limit": 5}, Rights(upload_octets=5)),
        ({"Mikrotik-Xmit-Limit": 5}, Rights(download_octets=5)),
        (
            {"Mikrotik-Total-Limit": 5, "Mikrotik-Total-Limit-Gigawords": 2},
            Rights(total_octets=(2 << 32) + 5),
        ),
    ],
)
def test_rights_are_read_as_the_router_counts(attributes: dict[str, Any], expected: Rights) -> None:
    """rx is what it receives: the guest's upload; its own rate goes before WISPr's."""
    accept = AuthPacket(code=AccessAccept, dict=WORDS.dictionary)
    for name, value in attributes.items():
        accept[name] = value
    assert WORDS.rights(accept, NO_LIMIT) == expected


def test_a_rate_that_is_none() -> None:
    """Nothing is limited by what cannot be read."""
    assert read_rate("fast") == (None, None)


def test_what_an_access_request_says() -> None:
    """Called-Station-Id is the hotspot's name; the device stands in upper case with colons."""
    nas = Nas("router", "10.5.50.1", "02-00-00-00-00-10", "http://10.5.50.1/logout", b"secret")
    request = WORDS.access_request(nas, PHONE, "opaque", Pap(b"p"), bytes(16)).packet
    assert request["Called-Station-Id"] == ["hotspot1"]
    assert request["Calling-Station-Id"] == ["8A:56:7E:F9:10:E4"]
    assert request["Mikrotik-Host-IP"] == ["10.5.50.2"]
    assert request["NAS-Port-Id"] == ["bridge-hotspot"]
    assert WORDS.mac_user_name(PHONE) == "8A:56:7E:F9:10:E4"


@pytest.mark.parametrize(
    ("names", "obeyed"),
    [
        ({"User-Name": "opaque", "Acct-Session-Id": "s-1"}, True),
        ({"User-Name": "opaque", "Framed-IP-Address": "10.5.50.2"}, True),
        ({"User-Name": "opaque"}, False),
        ({"Acct-Session-Id": "s-1"}, False),
        ({"User-Name": "opaque", "Framed-IP-Address": "10.5.50.3"}, False),
        ({"User-Name": "other", "Acct-Session-Id": "s-1"}, False),
    ],
)
def test_whose_orders_are_obeyed(names: dict[str, str], obeyed: bool, clock: FixedClock) -> None:
    """A user, with the session or the address."""
    packet = CoAPacket(code=DisconnectRequest, secret=b"s", dict=WORDS.dictionary)
    for name, value in names.items():
        packet[name] = value
    told = names.get("User-Name", ""), names.get("Acct-Session-Id", "")
    order = Order(packet, True, *told, "", ())
    phone = admitted(PHONE, "opaque", Rights(), clock.now())
    assert (WORDS.names_session(order) and WORDS.concerns(order, phone)) is obeyed
