"""uspot as simulated: what it writes otherwise than CoovaChilli, and which orders it refuses."""

from hashlib import md5

import pytest
from pyrad.packet import CoAPacket, CoARequest, DisconnectRequest

from simulation.brands.uspot import Uspot, UspotWords
from simulation.configuration import GatewayConfiguration, Lease
from simulation.events import ignore
from simulation.packets import Order
from simulation.phone_table import PhoneTable
from simulation.subscriber import Rights, Subscriber, admitted
from simulation.talk import Asked
from tests.conftest import FixedClock

SOURCE = "127.10.1.11"
WORDS = UspotWords()
PHONE = Subscriber("8A-56-7E-F9-10-E4", "10.1.0.2", 1, "s-1")
OPTIONS = GatewayConfiguration(
    "gw-ecole",
    "127.10.1.1",
    "https://portal.example/gateway/uspot/",
    "uamkey",
    radius=None,
    leases={SOURCE: Lease(PHONE.mac, PHONE.address)},
    brand="uspot",
)


async def captured(clock: FixedClock) -> tuple[Uspot, str]:
    """Return a gateway that has captured a phone, and where it was sent."""
    table = PhoneTable(OPTIONS, clock, ignore, WORDS)
    await table.appear(SOURCE)
    brand = Uspot(table)
    return brand, brand.captured(SOURCE, "http://a-site.test/?a=1").location


async def test_values_are_not_escaped_and_the_whole_is_signed(clock: FixedClock) -> None:
    """The query stands behind the final slash; `md` as CoovaChilli makes it."""
    brand, location = await captured(clock)
    address, _, md = location.partition("&md=")
    assert address == (
        "https://portal.example/gateway/uspot/?res=notyet&uamip=127.10.1.1&uamport=3990"
        f"&challenge={brand.table[SOURCE].challenge.hex()}&called=02:00:00:00:00:10"
        f"&mac=8a:56:7e:f9:10:e4&ip=10.1.0.2&nasid=gw-ecole"
        f"&sessionid={brand.table[SOURCE].session_id}&userurl=http://a-site.test/?a=1"
    )
    assert md == md5(f"{address}uamkey".encode()).hexdigest().upper()


async def test_a_refusal_says_reject(clock: FixedClock) -> None:
    """Without RADIUS here: a time-out counts as one, and a new challenge comes."""
    brand, _ = await captured(clock)
    before = brand.table[SOURCE].challenge
    query = {"username": "u", "response": "0" * 32}
    answer = await brand.log_in(SOURCE, Asked("GET", "/logon", query=query))
    assert "?res=reject&" in answer.location
    assert "reason" not in answer.location
    assert before.hex() not in answer.location


@pytest.mark.parametrize(
    ("code", "more", "obeyed"),
    [
        (DisconnectRequest, {}, True),
        (DisconnectRequest, {"Calling-Station-Id": "8a-56-7e-f9-10-e4"}, True),
        (DisconnectRequest, {"Framed-IP-Address": "10.1.0.2"}, False),
        (CoARequest, {"Framed-IP-Address": "10.1.0.2"}, True),
        (DisconnectRequest, {"Event-Timestamp": 1}, False),
        (DisconnectRequest, {"NAS-Port": 1}, False),
        (DisconnectRequest, {"Service-Type": "Login"}, False),
        (DisconnectRequest, {"Message-Authenticator": bytes(16)}, False),
    ],
)
def test_whose_orders_are_obeyed(
    code: int, more: dict[str, object], obeyed: bool, clock: FixedClock
) -> None:
    """What it does not know refuses the whole."""
    packet = CoAPacket(code=code, secret=b"s", dict=WORDS.dictionary)
    for name, value in {"User-Name": "opaque", "Acct-Session-Id": "s-1", **more}.items():
        packet[name] = value
    station = str(more.get("Calling-Station-Id", ""))
    order = Order(packet, code == DisconnectRequest, "opaque", "s-1", station, ())
    phone = admitted(PHONE, "opaque", Rights(), clock.now())
    assert WORDS.concerns(order, phone) is obeyed
    assert WORDS.mac_user_name(PHONE) == "8a:56:7e:f9:10:e4"
