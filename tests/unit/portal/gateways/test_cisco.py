"""Cisco's local web authentication: the controller's own form, and never another host's."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.gateways import cisco
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

OWN = Registration(
    "192.0.2.1",
    "https://portal.example/gateway/cisco",
    None,
    code="wlc-mairie",
    variant="lwa",
    access_points=frozenset({"10.55.0.21"}),
)
PAGE = "https://portal.example/ma-connexion?visit=a.b"
SENT = Credential("abcdefghijklmnopqrstuvwxyz", "0123456789abcdef0123456789")


def query(**changes: str | None) -> bytes:
    """Return a redirect in the order that controllers write it (Cisco, doc 115951)."""
    values: dict[str, str | None] = {
        "switch_url": "https://192.0.2.1/login.html",
        "ap_mac": "00:1e:bd:9a:f5:80",
        "client_mac": "8a:56:7e:f9:10:e4",
        "wlan": "WiFi-Mairie",
        "redirect": "www.example.org/",
    }
    values |= changes
    return "&".join(f"{name}={told}" for name, told in values.items() if told is not None).encode()


def test_a_redirect_is_read() -> None:
    """Device and network; nothing is signed, so no link out is offered."""
    arrival = cisco.read(query(), OWN)
    assert arrival.situation is Situation.CAPTIVE
    assert arrival.device == MacAddress.parse("8A-56-7E-F9-10-E4")
    assert (arrival.ssid, arrival.original_url) == ("WiFi-Mairie", "")
    assert not arrival.is_signed
    assert cisco.name_in(query()) == "00:1e:bd:9a:f5:80"


@pytest.mark.parametrize(
    ("status", "situation", "refusal"),
    [
        ("1", Situation.ALREADY, None),
        ("2", Situation.REFUSED, Refusal.NOT_SET_UP),
        ("3", Situation.REFUSED, Refusal.IN_USE),
        ("4", Situation.REFUSED, Refusal.SHUT_OUT),
        ("5", Situation.REFUSED, Refusal.REJECTED),
        ("6", Situation.REFUSED, Refusal.OTHER),
        ("5%20", Situation.REFUSED, Refusal.OTHER),
    ],
)
def test_what_a_status_means(status: str, situation: Situation, refusal: Refusal | None) -> None:
    """The five of Cisco's document; another one is a failure nobody knows."""
    arrival = cisco.read(query(statusCode=status), OWN)
    assert (arrival.situation, arrival.refusal) == (situation, refusal)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_hand_back(scheme: str) -> None:
    """The controller's own form, field by field, in the scheme it asked for."""
    arrival = cisco.read(query(switch_url=f"{scheme}://192.0.2.1/login.html"), OWN)
    back = cisco.hand_back(OWN, Departure(arrival.carried, SENT, page_of_ours=PAGE))
    assert back.url == f"{scheme}://192.0.2.1/login.html"
    assert list(back.fields.items()) == [
        ("username", SENT.user_name),
        ("password", SENT.password),
        ("redirect_url", PAGE),
        ("err_flag", "0"),
        ("buttonClicked", "4"),
    ]


def test_a_name_in_place_of_the_virtual_address() -> None:
    """A certificate needs a name: then that is the record's, in either case, with its port."""
    own = Registration("connexion.meuse.example:8443", OWN.portal_base, None)
    told = query(switch_url="https://Connexion.Meuse.example:8443/login.html")
    carried = cisco.read(told, own).carried
    back = cisco.hand_back(own, Departure(carried, SENT))
    assert back.url == "https://connexion.meuse.example:8443/login.html"


def forgeries() -> Iterator[tuple[bytes, str]]:
    """Yield redirects that are refused, with the reason."""
    for told in (
        "https://evil.example/login.html",
        "https://192.0.2.1.evil.example/login.html",
        "https://192.0.2.1@evil.example/login.html",
        "https://evil.example@192.0.2.1/login.html",
        "https://192.0.2.1:8443/login.html",
        "https://10.55.0.21/login.html",
        "https://192.0.2.1/logout.html",
        "https://192.0.2.1/",
        "//192.0.2.1/login.html",
        "javascript:alert(1)",
        "ftp://192.0.2.1/login.html",
        "https://[/login.html",
        "https://192.0.2.1:99999/login.html",
    ):
        yield query(switch_url=told), "foreign-address"
    yield query(switch_url=None), "missing-switch_url"
    yield query(client_mac=None), "missing-client_mac"
    yield query(client_mac="<script>"), "bad-device"
    yield query(client_mac="00:00:00:00:00:00"), "bad-device"
    yield query(wlan="%ff"), "bad-encoding"
    yield query(wlan="a%0ab"), "control-character"
    yield query(redirect="a" * 9000), "oversized"


@pytest.mark.parametrize(("forged", "reason"), list(forgeries()))
def test_a_bad_redirect_is_refused_with_a_stable_reason(forged: bytes, reason: str) -> None:
    """A credential never follows an address that is not the site's own."""
    with pytest.raises(ProtocolError) as refused:
        cisco.read(forged, OWN)
    assert refused.value.reason == reason


def test_a_visit_that_carries_nothing_of_ours_is_not_handed_back() -> None:
    """The scheme is one of two words."""
    for carried in ({}, {"scheme": "javascript"}):
        with pytest.raises(ProtocolError):
            cisco.hand_back(OWN, Departure(carried, SENT))


def test_no_way_out_for_browsers() -> None:
    """The base disconnects by RADIUS."""
    assert cisco.log_off(OWN, {}) is None


@given(st.binary(max_size=300))
def test_only_protocol_errors_come_out(octets: bytes) -> None:
    """Whatever the octets."""
    for act in (cisco.name_in, cisco.returned_visit, lambda q: cisco.read(q, OWN)):
        try:
            act(octets)
        except ProtocolError:
            continue


def test_it_is_an_adapter() -> None:
    """The module fits the portal's port."""
    adapter: Adapter = cisco
    assert ADAPTERS["cisco", "lwa"] is adapter
