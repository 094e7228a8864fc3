"""The simulated gateway on real sockets: captured, released, limited, ordered, unplugged."""

import asyncio
from ipaddress import IPv4Network
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from simulation.phone import Doorway, Journey, Phone
from simulation.radius_port import Patience
from simulation.site import phone_address
from simulation.subscriber import Subscriber
from tests.integration.simulation.conftest import Lab
from tests.servers.plain_radius import order

ON, START, STOP, INTERIM, OFF = 7, 1, 2, 3, 8


async def online_phone(lab: Lab) -> tuple[Phone, Subscriber]:
    """Return a phone that went online, and what the gateway knows of it."""
    phone = await lab.phone()
    journey = await phone.go_online()
    assert journey.online
    await lab.radius.wait_for(START)
    return phone, lab.gateway.phones[phone.source]


def asked(location: str) -> dict[str, str]:
    """Return the parameters of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


@pytest.mark.parametrize("chap", [True, False], ids=["chap", "pap"])
async def test_a_phone_is_captured_then_released(lab: Lab, chap: bool) -> None:
    """Browsing leads to the portal, its form to RADIUS, and then to the open Web."""
    lab.portal.chap = chap
    phone = await lab.phone()
    journey: Journey = await phone.go_online("http://a-site.test/page?a=1")
    assert journey.online
    assert [sight.page.title for sight in journey.sights] == [
        "notyet",
        "success",
        "Le Web est ouvert",
    ]
    captured = asked(lab.portal.redirects[0])
    assert captured["userurl"] == "http://a-site.test/page?a=1"
    request = lab.radius.heard[1]
    assert request["Acct-Session-Id"] == [captured["sessionid"]]
    assert request["Calling-Station-Id"] == [captured["mac"]]


async def test_a_phone_that_is_online_browses_freely_and_is_told_so(lab: Lab) -> None:
    """A second /logon asks nobody: "already"."""
    phone, _ = await online_phone(lab)
    again = await phone.go_online()
    assert again.online
    assert len(again.sights) == 1
    sight = await phone.browse(f"{lab.gateway.login_address}/logon?username=x&response={'0' * 32}")
    assert asked(sight.address)["res"] == "already"
    assert [packet["code"] for packet in lab.radius.heard].count([1]) == 1


async def test_a_refused_phone_gets_the_reason_and_a_new_challenge(lab: Lab) -> None:
    """reason=reject with the server's words; the old challenge is worth nothing any more."""
    lab.portal.password = "wrong"
    phone = await lab.phone()
    journey = await phone.go_online()
    assert not journey.online
    captured, failed, recaptured = (asked(address) for address in lab.portal.redirects)
    assert (failed["res"], failed["reason"]) == ("failed", "reject")
    assert failed["reply"] == "Code refusé"
    assert failed["challenge"] != captured["challenge"]
    assert failed["sessionid"] == captured["sessionid"]
    assert recaptured["challenge"] == failed["challenge"]
    assert recaptured["sessionid"] != captured["sessionid"]


@pytest.mark.parametrize("patience", [Patience(0.1, 3)])
@pytest.mark.parametrize("trouble", ["silent", "forging"])
async def test_a_forged_reply_is_as_no_reply(lab: Lab, trouble: str) -> None:
    """Wrong authenticators never let anyone in; the browser is told of a timeout."""
    setattr(lab.radius, trouble, True)
    phone = await lab.phone()
    assert not (await phone.go_online()).online
    failed = asked(lab.portal.redirects[1])
    assert (failed["res"], failed["reason"]) == ("failed", "timeout")
    assert [packet["code"] for packet in lab.radius.heard].count([1]) == 3


@pytest.mark.parametrize("patience", [Patience(0.1, 3)])
async def test_an_unconfirmed_report_is_sent_again_unchanged_then_given_up(lab: Lab) -> None:
    """Accounting is repeated until it is confirmed; forged confirmations are counted."""
    phone, _ = await online_phone(lab)
    lab.radius.forging = True
    await phone.log_off()
    await lab.events.until("accounting-lost")
    stops = [p for p in lab.radius.heard if p.get("Acct-Status-Type") == ["Stop"]]
    assert len(stops) == 3
    assert stops[0] == stops[1] == stops[2]
    assert lab.gateway.ignored_replies == 3


async def test_logging_off_ends_the_session_and_captures_again(lab: Lab) -> None:
    """Stop with User-Request and what was carried; then browsing is captured."""
    phone, _ = await online_phone(lab)
    await phone.browse("http://images.test/octets/50000")
    lab.clock.advance(seconds=90)
    sight = await phone.log_off()
    assert sight is not None
    assert asked(sight.address)["res"] == "logoff"
    stop = await lab.radius.wait_for(STOP)
    assert stop["Acct-Terminate-Cause"] == ["User-Request"]
    assert stop["Acct-Session-Time"] == [90]
    assert stop["Acct-Output-Octets"][0] > 50_000
    assert stop["Acct-Input-Octets"][0] > 100
    again = await phone.browse("http://a-site.test/")
    assert asked(again.address)["res"] == "notyet"
    assert asked(again.address)["challenge"] == asked(sight.address)["challenge"]


@pytest.mark.parametrize(
    ("right", "seconds", "cause"),
    [
        ("Session-Timeout", 61, "Session-Timeout"),
        ("Idle-Timeout", 61, "Idle-Timeout"),
        ("CoovaChilli-Max-Total-Octets", 0, "Session-Timeout"),
    ],
)
async def test_a_limit_of_the_accept_cuts_the_session(
    lab: Lab, right: str, seconds: int, cause: str
) -> None:
    """Time, idleness and data, as the server granted them."""
    lab.radius.answers = {right: 60}
    phone, _ = await online_phone(lab)
    if not seconds:
        lab.gateway.carry(phone.source, 30, 30)
    lab.clock.advance(seconds=seconds)
    await lab.events.until("ended")
    stop = await lab.radius.wait_for(STOP)
    assert stop["Acct-Terminate-Cause"] == [cause]


async def test_interim_updates_come_at_the_granted_interval(lab: Lab) -> None:
    """Acct-Interim-Interval, in seconds."""
    lab.radius.answers = {"Acct-Interim-Interval": 60}
    await online_phone(lab)
    lab.clock.advance(seconds=59)
    lab.gateway.tick()
    assert INTERIM not in lab.radius.statuses()
    lab.clock.advance(seconds=1)
    interim = await lab.radius.wait_for(INTERIM)
    assert interim["Acct-Session-Time"] == [60]


async def test_a_disconnect_ends_the_session_of_that_user(lab: Lab) -> None:
    """ACK and a Stop with Admin-Reset; NAK for someone who is not there."""
    _, known = await online_phone(lab)
    host = (lab.gateway.configuration.address, lab.gateway.coa_port)
    assert known.online is not None
    user = known.online.user_name
    assert await order(host, 40, {"User-Name": "nobody"}) == 42
    assert await order(host, 40, {"User-Name": user, "Acct-Session-Id": "other"}) == 42
    assert await order(host, 40, {"User-Name": user}, secret=b"wrong", seconds=0.3) is None
    assert await order(host, 40, {"Acct-Session-Id": known.session_id}, seconds=0.3) is None
    assert await order(host, 40, {"User-Name": user, "Acct-Session-Id": known.session_id}) == 41
    stop = await lab.radius.wait_for(STOP)
    assert stop["Acct-Terminate-Cause"] == ["Admin-Reset"]


async def test_a_change_of_authorization_changes_what_it_names(lab: Lab) -> None:
    """CoA with a Session-Timeout re-parametrises; with Session-State 2 it ends the session."""
    lab.radius.answers = {"Session-Timeout": 3600, "Idle-Timeout": 600}
    phone, known = await online_phone(lab)
    host = (lab.gateway.configuration.address, lab.gateway.coa_port)
    assert known.online is not None
    user = known.online.user_name
    assert await order(host, 43, {"User-Name": user, "Session-Timeout": 30}) == 44
    changed = lab.gateway.phones[phone.source].online
    assert changed is not None
    assert (changed.rights.session_seconds, changed.rights.idle_seconds) == (30, 600)
    closing = {"User-Name": user, "CoovaChilli-Session-State": 2}
    assert await order(host, 43, closing) == 44
    assert lab.gateway.phones[phone.source].online is None


async def test_a_power_cut_says_nothing_and_a_return_says_on(lab: Lab) -> None:
    """No Stop, no Off; after the power's return every phone is captured again."""
    phone, _ = await online_phone(lab)
    await lab.gateway.unplug()
    assert not lab.gateway.plugged
    await asyncio.sleep(0)
    assert STOP not in lab.radius.statuses()
    await lab.gateway.plug()
    fresh = await lab.phone()
    sight = await fresh.browse("http://a-site.test/")
    assert asked(sight.address)["res"] == "notyet"
    assert lab.radius.statuses().count(ON) == 2
    assert phone.source == fresh.source


async def test_a_clean_stop_ends_sessions_and_says_off(lab: Lab) -> None:
    """Stop with NAS-Reboot for who was online, then Accounting-Off."""
    await online_phone(lab)
    await lab.gateway.stop()
    assert lab.radius.statuses() == [ON, START, STOP, OFF]


async def test_a_known_device_is_let_in_by_its_mac(lab: Lab) -> None:
    """With macauth a phone is asked about before its first page."""
    gateway = await lab.another(macauth=True)
    host = gateway.configuration.address
    async with Phone(phone_address(host, 0), Doorway(host, gateway.web_port)) as phone:
        sight = await phone.browse("http://a-site.test/")
    assert sight.page.title == "Le Web est ouvert"
    request = lab.radius.heard[-2]
    assert request["User-Name"] == request["Calling-Station-Id"]
    assert request["Service-Type"] == ["Framed"]


async def test_two_sites_may_lease_the_same_addresses(lab: Lab) -> None:
    """The same private range behind two gateways, told apart by the NAS."""
    other = await lab.another(nasid="other", network=IPv4Network("10.1.0.0/24"))
    first = await lab.phone()
    await first.browse("http://a-site.test/")
    async with aiohttp.ClientSession() as window:
        host = f"http://{other.configuration.address}:{other.web_port}/"
        async with window.get(host, allow_redirects=False) as response:
            location = response.headers["Location"]
    assert asked(location)["ip"] == asked(lab.portal.redirects[0])["ip"] == "10.1.0.2"
    assert asked(location)["mac"] != asked(lab.portal.redirects[0])["mac"]


async def test_the_other_pages_of_the_gateway(lab: Lab) -> None:
    """/prelogin, /status and /abort, before and during a session; anything else is refused."""
    phone = await lab.phone()
    home = lab.gateway.login_address
    before = [await phone.browse(f"{home}/{page}") for page in ("prelogin", "status", "abort")]
    assert [asked(sight.address)["res"] for sight in before] == ["notyet", "notyet", "logoff"]
    assert (await phone.browse(f"{home}/json/status")).status == 400
    await phone.browse(f"{home}/prelogin")
    assert (await phone.browse(f"{home}/logon?username=x")).status == 400
    await phone.go_online()
    during = [await phone.browse(f"{home}/{page}") for page in ("prelogin", "status", "abort")]
    assert [asked(sight.address)["res"] for sight in during] == ["already"] * 3
    assert asked(during[1].address)["uid"] == "opaque-1"


async def test_a_late_hand_back_is_refused_by_the_gateway_itself(lab: Lab) -> None:
    """A challenge lives 1 200 s during a log-in; then reason=other, and nobody is asked."""
    phone = await lab.phone()
    await phone.browse("http://a-site.test/")
    lab.clock.advance(seconds=1201)
    address = f"{lab.gateway.login_address}/logon?username=x&response={'0' * 32}"
    failed = asked((await phone.browse(address)).address)
    assert (failed["res"], failed["reason"]) == ("failed", "other")
    assert [packet["code"] for packet in lab.radius.heard].count([1]) == 0


async def test_who_leaves_is_another_phone_when_coming_back(lab: Lab) -> None:
    """The session ends with Lost-Carrier; the next phone has another MAC address."""
    phone, known = await online_phone(lab)
    lab.gateway.leave(phone.source)
    await lab.radius.wait_for(STOP)
    await phone.browse("http://a-site.test/")
    assert lab.gateway.phones[phone.source].mac != known.mac


async def test_a_redirection_of_the_server_goes_before_the_portal(lab: Lab) -> None:
    """WISPr-Redirection-URL: the freshly admitted browser goes there."""
    lab.radius.answers = {"WISPr-Redirection-URL": "http://bienvenue.test/"}
    phone = await lab.phone()
    journey = await phone.go_online()
    assert journey.sights[1].address == "http://bienvenue.test/"
    assert journey.online


@pytest.mark.parametrize("patience", [Patience(0.1, 3)])
async def test_a_phone_that_leaves_while_the_server_thinks_is_gone(lab: Lab) -> None:
    """Its refusal, when it comes at last, brings nobody back."""
    lab.radius.silent = True
    phone = await lab.phone()
    await phone.browse("http://a-site.test/")
    address = f"{lab.gateway.login_address}/logon?username=x&response={'0' * 32}"
    asking = asyncio.create_task(phone.browse(address))
    await lab.events.until("access-request")
    lab.gateway.leave(phone.source)
    assert asked((await asking).address)["reason"] == "timeout"
    assert phone.source not in lab.gateway.phones
