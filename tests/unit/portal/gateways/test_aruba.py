"""Aruba's three variants: a redirect that nothing signs, a form to the site's own host alone."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.gateways import aruba
from portal.gateways.brands import ADAPTERS
from portal.gateways.vocabulary import (
    Adapter,
    Credential,
    Departure,
    Refusal,
    Registration,
    Situation,
)
from territory.errors import ProtocolError
from territory.identifiers import MacAddress

INSTANT = (
    b"cmd=login&mac=9c:2e:a1:35:c0:d5&essid=affinect&ip=172.31.98.220"
    b"&apname=b4%3A5d%3A50%3Aca%3A81%3Aea&apmac=b4%3A5d%3A50%3Aca%3A81%3Aea"
    b"&vcname=SetMeUp-CA%3A81%3AEA&switchip=securelogin.arubanetworks.com"
    b"&url=http%3A%2F%2Fconnect.rom.miui.com%2Fgenerate_204"
)
"""Recorded by splash-networks/capport, "Aruba iAP"."""
INSTANT_ON = (
    b"cmd=login&mac=f2%3A62%3Ae7%3A99%3A63%3Ac6&network=wifi.ten&ip=172.16.0.221"
    b"&apmac=d0%3A15%3Aa6%3Ac2%3A74%3Ad0&site=wifi-ten%20Site"
    b"&post=captive-2020.aio.cloudauth.net"
    b"&url=http%3A%2F%2Fconnectivitycheck.gstatic.com%2Fgenerate_204"
)
"""Recorded by splash-networks/capport, "Aruba Instant On"."""
CONTROLLER = (
    b"cmd=login&mac=00:1f:3c:8a:22:01&essid=Mairie&ip=10.20.0.31&url=http%3A%2F%2Fa.example"
)
"""By ArubaOS's manual, the switch address not added to the redirect."""

BASE = "https://portal.example/gateway/aruba"
OWN = Registration("securelogin.arubanetworks.com", BASE, None, variant="instant")
OWN_ON = Registration("captive-2020.aio.cloudauth.net", BASE, None, variant="instant-on")
OWN_CONTROLLER = Registration("10.20.0.1:80", BASE, None, variant="controller")
GUEST = Credential("o" * 26, "p" * 26)
PAGE = "https://portal.example/ma-connexion?visit=a.b"


def changed(query: bytes, name: bytes, value: bytes | None) -> bytes:
    """Return a redirect with one parameter's value changed, or without it."""
    pairs = [pair for pair in query.split(b"&") if value is not None or pair[: len(name)] != name]
    start = name + b"="
    return b"&".join(start + (value or b"") if p.startswith(start) else p for p in pairs)


@pytest.mark.parametrize(
    ("query", "own", "device", "ssid"),
    [
        (INSTANT, OWN, "9c:2e:a1:35:c0:d5", "affinect"),
        (INSTANT_ON, OWN_ON, "f2:62:e7:99:63:c6", "wifi.ten"),
        (CONTROLLER, OWN_CONTROLLER, "00:1f:3c:8a:22:01", "Mairie"),
    ],
    ids=["instant", "instant-on", "controller"],
)
def test_a_redirect_is_read(query: bytes, own: Registration, device: str, ssid: str) -> None:
    """Who and where; no link out of it, since nobody signs it."""
    arrival = aruba.read(query, own)
    assert arrival.situation is Situation.CAPTIVE
    assert arrival.device == MacAddress.parse(device)
    assert arrival.ssid == ssid
    assert (arrival.original_url, arrival.is_signed) == ("", False)


def test_the_form_of_instant() -> None:
    """The credential, what the redirect told, and our own page; by https to the site's own host."""
    arrival = aruba.read(INSTANT, OWN)
    asked = aruba.hand_back(OWN, Departure(arrival.carried, GUEST, page_of_ours=PAGE))
    assert asked.url == "https://securelogin.arubanetworks.com/cgi-bin/login"
    assert list(asked.fields.items()) == [
        ("user", "o" * 26),
        ("password", "p" * 26),
        ("cmd", "authenticate"),
        ("mac", "9c:2e:a1:35:c0:d5"),
        ("ip", "172.31.98.220"),
        ("essid", "affinect"),
        ("url", PAGE),
    ]


def test_the_form_of_instant_on() -> None:
    """Its network is called `network`, and its host is another."""
    arrival = aruba.read(INSTANT_ON, OWN_ON)
    asked = aruba.hand_back(OWN_ON, Departure(arrival.carried, GUEST, page_of_ours=PAGE))
    assert asked.url == "https://captive-2020.aio.cloudauth.net/cgi-bin/login"
    assert asked.fields["network"] == "wifi.ten"
    assert "essid" not in asked.fields


def test_a_record_with_port_80_is_spoken_to_in_clear() -> None:
    """For a controller without a certificate; any other port is https."""
    arrival = aruba.read(CONTROLLER, OWN_CONTROLLER)
    asked = aruba.hand_back(OWN_CONTROLLER, Departure(arrival.carried, GUEST))
    assert asked.url == "http://10.20.0.1:80/cgi-bin/login"
    other = Registration("10.20.0.1:8081", BASE, None)
    assert aruba.log_off(other, {}).url == "https://10.20.0.1:8081/cgi-bin/login?cmd=logout"


def test_instant_on_of_a_later_firmware_names_its_host_otherwise() -> None:
    """`switchip` in place of `post` (capport, 2025); checked all the same."""
    later = INSTANT_ON.replace(b"&post=", b"&switchip=")
    assert aruba.read(later, OWN_ON).situation is Situation.CAPTIVE
    with pytest.raises(ProtocolError, match="foreign-address"):
        aruba.read(INSTANT_ON + b"&switchip=evil.example", OWN_ON)


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (b"Authentication%20failed", Refusal.REJECTED),
        (b"Access%20denied", Refusal.REJECTED),
        (b"Only%20one%20user%20login%20session%20is%20allowed", Refusal.OTHER),
    ],
)
def test_a_refusal(words: bytes, refusal: Refusal) -> None:
    """The gateway comes back with `errmsg`; its words are looked up, never shown."""
    arrival = aruba.read(INSTANT + b"&errmsg=" + words, OWN)
    assert arrival.situation is Situation.REFUSED
    assert arrival.refusal is refusal
    assert arrival.carried == aruba.read(INSTANT, OWN).carried


def test_who_sends_the_guest() -> None:
    """The access point's MAC address, or a NAS-Identifier where firmware adds one."""
    assert aruba.name_in(INSTANT) == "b4:5d:50:ca:81:ea"
    assert aruba.name_in(INSTANT_ON + b"&nas-id=mairie-commercy") == "mairie-commercy"
    for nameless in (CONTROLLER, CONTROLLER + b"&apmac=somewhere"):
        with pytest.raises(ProtocolError, match="missing-apmac"):
            aruba.name_in(nameless)


def test_log_off_start_and_no_visit_of_ours() -> None:
    """A page of the gateway's ends the session; any plain http address of its begins again."""
    assert aruba.log_off(OWN, {}).url == (
        "https://securelogin.arubanetworks.com/cgi-bin/login?cmd=logout"
    )
    assert aruba.start(OWN_CONTROLLER).url == "http://10.20.0.1/"
    assert aruba.returned_visit(INSTANT) == ""


def forgeries() -> Iterator[tuple[bytes, str]]:
    """Yield queries that are refused, with the reason."""
    yield b"", "missing-cmd"
    yield changed(INSTANT, b"cmd", b"authenticate"), "unknown-cmd"
    yield changed(INSTANT, b"mac", None), "missing-mac"
    yield changed(INSTANT, b"mac", b"<script>alert(1)</script>"), "bad-device"
    yield changed(INSTANT, b"mac", b"01:00:5e:00:00:01"), "bad-device"
    yield changed(INSTANT, b"ip", b"<script>"), "bad-address"
    yield changed(INSTANT, b"ip", b"172.31.98.220 "), "bad-address"
    yield changed(INSTANT, b"essid", b"%00"), "control-character"
    yield changed(INSTANT, b"essid", b"%ff"), "bad-encoding"
    yield changed(INSTANT, b"url", b"a" * 100_000), "oversized"
    for host in (b"evil.example", b"securelogin.arubanetworks.com.evil.example", b"10.0.0.1"):
        yield changed(INSTANT, b"switchip", host), "foreign-address"
    yield changed(INSTANT, b"switchip", b"securelogin.arubanetworks.com@evil"), "foreign-address"


@pytest.mark.parametrize(("forged", "reason"), list(forgeries()))
def test_a_bad_redirect_is_refused_with_a_stable_reason(forged: bytes, reason: str) -> None:
    """Nothing is guessed, and no host but the site's own is ever taken."""
    with pytest.raises(ProtocolError) as refused:
        aruba.read(forged, OWN)
    assert refused.value.reason == reason


def test_a_long_network_is_cut() -> None:
    """An SSID has 32 octets at most."""
    arrival = aruba.read(changed(INSTANT, b"essid", b"x" * 500), OWN)
    assert (arrival.ssid, arrival.carried["essid"]) == ("x" * 32, "x" * 32)


def test_a_network_that_looks_like_markup_is_not_repeated() -> None:
    """The gateway does without; the page would escape it in any case."""
    arrival = aruba.read(changed(INSTANT, b"essid", b"%3Cb%3E"), OWN)
    assert arrival.ssid == "<b>"
    assert "essid" not in arrival.carried


@given(st.binary(max_size=300))
def test_only_protocol_errors_come_out(octets: bytes) -> None:
    """Whatever the octets."""
    for act in (aruba.name_in, lambda q: aruba.read(q, OWN)):
        try:
            act(octets)
        except ProtocolError:
            continue


def test_it_is_an_adapter() -> None:
    """The module fits the portal's port, for each variant."""
    adapter: Adapter = aruba
    assert [variant for (brand, variant), a in ADAPTERS.items() if a is adapter] == [
        "instant",
        "controller",
        "instant-on",
    ]
