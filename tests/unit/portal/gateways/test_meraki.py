"""Meraki's sign-on splash page: a credential is only ever sent to the site's own host there."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.gateways import meraki
from portal.gateways.brands import ADAPTERS
from portal.gateways.own_address import ANYWHERE
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
    "n143.network-auth.com",
    "https://portal.example/gateway/meraki",
    None,
    access_points=frozenset({"10.55.0.21"}),
)
LOGIN = "https://n143.network-auth.com/splash/login?mauth=MMuvxAqa3xTG&continue_url=http%3A%2F%2Fexample.org%2F"
PAGE = "https://portal.example/ma-connexion?visit=a.b"
SENT = Credential("abcdefghijklmnopqrstuvwxyz", "0123456789abcdef0123456789")
DEVICE = "8a:56:7e:f9:10:e4"


def query(**changes: str | None) -> bytes:
    """Return a redirect of the sign-on page (developer.cisco.com, sign-on API)."""
    values: dict[str, str | None] = {
        "login_url": quote(LOGIN, safe=""),
        "continue_url": "http://example.org/",
        "ap_mac": "00:18:0a:13:dd:b0",
        "ap_name": "Accueil",
        "ap_tags": "mairie",
        "client_mac": DEVICE,
        "client_ip": "10.162.50.40",
    }
    told = {name: text for name, text in (values | changes).items() if text is not None}
    return "&".join(f"{name}={quote(text, safe='%')}" for name, text in told.items()).encode()


def test_a_redirect_is_read() -> None:
    """The address at Meraki is kept as it came, and its host is looked at again on the way back."""
    arrival = meraki.read(query(), OWN)
    assert arrival.situation is Situation.CAPTIVE
    assert arrival.device == MacAddress.parse(DEVICE)
    assert arrival.original_url == ""
    assert arrival.carried == {"to": LOGIN}
    assert meraki.name_in(query()) == "00:18:0a:13:dd:b0"


def test_the_form() -> None:
    """Three fields, posted to the very address that Meraki named."""
    carried = meraki.read(query(), OWN).carried
    back = meraki.hand_back(OWN, Departure(carried, SENT, page_of_ours=PAGE))
    assert back.url == LOGIN
    assert dict(back.fields) == {
        "username": SENT.user_name,
        "password": SENT.password,
        "success_url": PAGE,
    }


def test_a_refusal_brings_radius_s_own_words() -> None:
    """Meraki repeats Reply-Message; our reason stands in brackets at its end."""
    arrival = meraki.read(query(error_message="Code expire [ended]"), OWN)
    assert (arrival.situation, arrival.refusal) == (Situation.REFUSED, Refusal.REJECTED)
    assert arrival.reply == "Code expire [ended]"


FOREIGN = (
    LOGIN.replace("https", "http", 1),
    "https://evil.example/splash/login?mauth=x",
    "https://n143.network-auth.com.evil.example/splash/login",
    "https://n144.network-auth.com/splash/login",
    "https://n143.network-auth.com@evil.example/splash/login",
    "https://n143.network-auth.com:8443/splash/login",
    "https://10.55.0.21/splash/login",
    "https://n143.network-auth.com",
    "https://n143.network-auth.com/",
    "https://n143.network-auth.com/login",
    "https://n143.network-auth.com/splash/grant",
    "https://n143.network-auth.com/splash/../login",
    "https://n143.network-auth.com/splash/%2e%2e/login",
    "https://n143.network-auth.com/splash/a/b/c/login",
    "https://n143.network-auth.com/splash/login/elsewhere",
    "//n143.network-auth.com/splash/login",
    "https://n143.network-auth.com/splash/<script>",
    "javascript:alert(1)",
    "https://[",
    "https://n143.network-auth.com/" + "a" * 1024,
)


@pytest.mark.parametrize("path", ["login", "login/", "AbCdEfGh.0.1234/login", "WiFi/AbC-1/login"])
def test_the_log_in_page_of_a_network(path: str) -> None:
    """Older addresses name no network, those of regions do (from what others have published)."""
    address = f"https://n143.network-auth.com/splash/{path}?mauth=x"
    arrival = meraki.read(query(login_url=quote(address, safe="")), OWN)
    assert arrival.carried == {"to": address}


def forgeries() -> Iterator[tuple[bytes, str]]:
    """Yield redirects that are refused, with the reason."""
    for told in FOREIGN:
        yield query(login_url=quote(told, safe="")), "foreign-address"
    yield query(login_url=None), "missing-login_url"
    yield query(client_mac=None), "missing-client_mac"
    yield query(client_mac="nobody"), "bad-device"
    yield query(client_ip="%ff"), "bad-encoding"
    yield query(client_ip="%0a"), "control-character"
    yield query(client_ip="a" * 9000), "oversized"


@pytest.mark.parametrize(("forged", "reason"), list(forgeries()))
def test_a_bad_redirect_is_refused_with_a_stable_reason(forged: bytes, reason: str) -> None:
    """Nobody is sent anywhere else than to the site's own host at Meraki, in TLS."""
    with pytest.raises(ProtocolError) as refused:
        meraki.read(forged, OWN)
    assert refused.value.reason == reason


@pytest.mark.parametrize("carried", [{}, {"to": "/splash/login"}, {"to": "https://evil.example/"}])
def test_a_visit_with_another_address_is_not_handed_back(carried: dict[str, str]) -> None:
    """What a visit carries is looked at like what a redirect tells."""
    with pytest.raises(ProtocolError):
        meraki.hand_back(OWN, Departure(carried, SENT))


@given(st.binary(max_size=300))
def test_only_protocol_errors_come_out(octets: bytes) -> None:
    """Whatever the octets."""
    for act in (meraki.name_in, meraki.returned_visit, lambda q: meraki.read(q, OWN)):
        try:
            act(octets)
        except ProtocolError:
            continue


def test_it_is_an_adapter() -> None:
    """The module fits the portal's port; browsers have no way out."""
    adapter: Adapter = meraki
    assert ADAPTERS["meraki", "sign-on"] is adapter
    assert meraki.log_off(OWN, {}) is None
    assert meraki.start(OWN) is ANYWHERE
