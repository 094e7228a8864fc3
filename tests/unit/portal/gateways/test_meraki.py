"""Meraki's two splash pages: guests are only ever sent to the site's own host at Meraki."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.gateways import meraki, meraki_click_through
from portal.gateways.brands import ADAPTERS
from portal.gateways.own_address import ANYWHERE
from portal.gateways.vocabulary import (
    Adapter,
    Allowance,
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
GRANT = "https://n143.network-auth.com/splash/grant"
PAGE = "https://portal.example/ma-connexion?visit=a.b"
SENT = Credential("abcdefghijklmnopqrstuvwxyz", "0123456789abcdef0123456789")
DEVICE = "8a:56:7e:f9:10:e4"


def _query(values: dict[str, str | None], changes: dict[str, str | None]) -> bytes:
    told = {name: text for name, text in (values | changes).items() if text is not None}
    return "&".join(f"{name}={quote(text, safe='%')}" for name, text in told.items()).encode()


def sign_on(**changes: str | None) -> bytes:
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
    return _query(values, changes)


def click_through(**changes: str | None) -> bytes:
    """Return a redirect of the click-through page (developer.cisco.com, click-through API)."""
    values: dict[str, str | None] = {
        "base_grant_url": GRANT,
        "user_continue_url": "http://example.org/",
        "node_id": "149624921787028",
        "node_mac": "88:15:44:50:0a:94",
        "gateway_id": "149624921787028",
        "client_ip": "10.110.154.195",
        "client_mac": DEVICE,
    }
    return _query(values, changes)


def test_a_sign_on_redirect_is_read() -> None:
    """The address at Meraki is kept as it came, and its host is looked at again on the way back."""
    arrival = meraki.read(sign_on(), OWN)
    assert arrival.situation is Situation.CAPTIVE
    assert arrival.device == MacAddress.parse(DEVICE)
    assert arrival.original_url == ""
    assert arrival.carried == {"to": LOGIN}
    assert meraki.name_in(sign_on()) == "00:18:0a:13:dd:b0"


def test_the_sign_on_form() -> None:
    """Three fields, posted to the very address that Meraki named."""
    carried = meraki.read(sign_on(), OWN).carried
    back = meraki.hand_back(OWN, Departure(carried, SENT, page_of_ours=PAGE))
    assert back.url == LOGIN
    assert dict(back.fields) == {
        "username": SENT.user_name,
        "password": SENT.password,
        "success_url": PAGE,
    }


def test_a_refusal_brings_radius_s_own_words() -> None:
    """Meraki repeats Reply-Message; our reason stands in brackets at its end."""
    arrival = meraki.read(sign_on(error_message="Code expire [ended]"), OWN)
    assert (arrival.situation, arrival.refusal) == (Situation.REFUSED, Refusal.REJECTED)
    assert arrival.reply == "Code expire [ended]"


@pytest.mark.parametrize(
    ("base", "joined"),
    [
        (GRANT, "?"),
        ("https://n143.network-auth.com/splash/WiFi/grant?x=1", "&"),
        ("http://n143.network-auth.com/splash/grant", "?"),
    ],
)
def test_the_click_through_address(base: str, joined: str) -> None:
    """Our page to go on to, and the seconds the right lasts."""
    carried = meraki_click_through.read(click_through(base_grant_url=base), OWN).carried
    leaving = Departure(carried, SENT, page_of_ours=PAGE, allowance=Allowance(14_400))
    back = meraki_click_through.hand_back(OWN, leaving)
    escaped = "https%3A%2F%2Fportal.example%2Fma-connexion%3Fvisit%3Da.b"
    assert back.url == f"{base}{joined}continue_url={escaped}&duration=14400"
    assert SENT.password not in back.url
    assert meraki_click_through.name_in(click_through()) == "88:15:44:50:0a:94"


FOREIGN = (
    "https://evil.example/splash/login?mauth=x",
    "https://n143.network-auth.com.evil.example/splash/login",
    "https://n144.network-auth.com/splash/login",
    "https://n143.network-auth.com@evil.example/splash/login",
    "https://n143.network-auth.com:8443/splash/login",
    "https://10.55.0.21/splash/login",
    "https://n143.network-auth.com",
    "//n143.network-auth.com/splash/login",
    "https://n143.network-auth.com/splash/<script>",
    "javascript:alert(1)",
    "https://[",
    "https://n143.network-auth.com/" + "a" * 1024,
)


def forgeries() -> Iterator[tuple[Adapter, bytes, str]]:
    """Yield redirects that are refused, with the reason."""
    for told in FOREIGN:
        escaped = quote(told, safe="")
        yield meraki, sign_on(login_url=escaped), "foreign-address"
        yield meraki_click_through, click_through(base_grant_url=escaped), "foreign-address"
    in_clear = quote(LOGIN.replace("https", "http", 1), safe="")
    yield meraki, sign_on(login_url=in_clear), "foreign-address"
    yield meraki, sign_on(login_url=None), "missing-login_url"
    yield meraki_click_through, click_through(base_grant_url=None), "missing-base_grant_url"
    for adapter, write in ((meraki, sign_on), (meraki_click_through, click_through)):
        yield adapter, write(client_mac=None), "missing-client_mac"
        yield adapter, write(client_mac="nobody"), "bad-device"
        yield adapter, write(client_ip="%ff"), "bad-encoding"
        yield adapter, write(client_ip="%0a"), "control-character"
        yield adapter, write(client_ip="a" * 9000), "oversized"


@pytest.mark.parametrize(("adapter", "forged", "reason"), list(forgeries()))
def test_a_bad_redirect_is_refused_with_a_stable_reason(
    adapter: Adapter, forged: bytes, reason: str
) -> None:
    """Nobody is sent anywhere else than the site's own host at Meraki."""
    with pytest.raises(ProtocolError) as refused:
        adapter.read(forged, OWN)
    assert refused.value.reason == reason


@pytest.mark.parametrize("adapter", [meraki, meraki_click_through])
@pytest.mark.parametrize("carried", [{}, {"to": "/splash/grant"}, {"to": "https://evil.example/"}])
def test_a_visit_with_another_address_is_not_handed_back(
    adapter: Adapter, carried: dict[str, str]
) -> None:
    """What a visit carries is looked at like what a redirect tells."""
    with pytest.raises(ProtocolError):
        adapter.hand_back(OWN, Departure(carried, SENT))


@given(st.binary(max_size=300))
def test_only_protocol_errors_come_out(octets: bytes) -> None:
    """Whatever the octets."""
    for adapter in (meraki, meraki_click_through):
        for act in (adapter.name_in, adapter.returned_visit):
            try:
                act(octets)
            except ProtocolError:
                continue
        with pytest.raises(ProtocolError):
            adapter.read(octets, OWN)


@pytest.mark.parametrize("variant", ["sign-on", "click-through"])
def test_they_are_adapters(variant: str) -> None:
    """The modules fit the portal's port; neither has a way out for browsers."""
    adapter: Adapter = ADAPTERS["meraki", variant]
    assert adapter.log_off(OWN, {}) is None
    assert adapter.start(OWN) is ANYWHERE
