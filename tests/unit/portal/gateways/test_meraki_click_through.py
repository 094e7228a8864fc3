"""Meraki's click-through page: guests only follow an address at the site's own host there."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.gateways import meraki_click_through
from portal.gateways.brands import ADAPTERS
from portal.gateways.own_address import ANYWHERE
from portal.gateways.vocabulary import Adapter, Allowance, Departure, Situation
from territory.errors import ProtocolError
from territory.identifiers import MacAddress
from tests.unit.portal.gateways.test_meraki import DEVICE, FOREIGN, OWN, PAGE, SENT

GRANT = "https://n143.network-auth.com/splash/grant"


def query(**changes: str | None) -> bytes:
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
    told = {name: text for name, text in (values | changes).items() if text is not None}
    return "&".join(f"{name}={quote(text, safe='%')}" for name, text in told.items()).encode()


def test_a_redirect_is_read() -> None:
    """The device, and where it will be let in; nothing is signed, so no link out is offered."""
    arrival = meraki_click_through.read(query(), OWN)
    assert arrival.situation is Situation.CAPTIVE
    assert arrival.device == MacAddress.parse(DEVICE)
    assert (arrival.carried, arrival.original_url) == ({"to": GRANT}, "")
    assert meraki_click_through.name_in(query()) == "88:15:44:50:0a:94"


@pytest.mark.parametrize(
    ("base", "joined"),
    [
        (GRANT, "?"),
        ("https://n143.network-auth.com/splash/WiFi/grant?x=1", "&"),
        ("http://n143.network-auth.com/splash/grant", "?"),
    ],
)
def test_the_address_that_lets_in(base: str, joined: str) -> None:
    """Our page to go on to, and the seconds the right lasts; no credential."""
    carried = meraki_click_through.read(query(base_grant_url=base), OWN).carried
    leaving = Departure(carried, SENT, page_of_ours=PAGE, allowance=Allowance(14_400))
    back = meraki_click_through.hand_back(OWN, leaving)
    escaped = "https%3A%2F%2Fportal.example%2Fma-connexion%3Fvisit%3Da.b"
    assert back.url == f"{base}{joined}continue_url={escaped}&duration=14400"
    assert SENT.password not in back.url


def forgeries() -> Iterator[tuple[bytes, str]]:
    """Yield redirects that are refused, with the reason."""
    for told in FOREIGN:
        if told != GRANT:
            yield query(base_grant_url=quote(told, safe="")), "foreign-address"
    yield query(base_grant_url=None), "missing-base_grant_url"
    yield query(client_mac=None), "missing-client_mac"
    yield query(client_mac="nobody"), "bad-device"
    yield query(node_id="%ff"), "bad-encoding"
    yield query(node_id="%0a"), "control-character"
    yield query(node_id="a" * 9000), "oversized"


@pytest.mark.parametrize(("forged", "reason"), list(forgeries()))
def test_a_bad_redirect_is_refused_with_a_stable_reason(forged: bytes, reason: str) -> None:
    """Nobody is sent anywhere else than to the site's own host at Meraki."""
    with pytest.raises(ProtocolError) as refused:
        meraki_click_through.read(forged, OWN)
    assert refused.value.reason == reason


@pytest.mark.parametrize("carried", [{}, {"to": "/splash/grant"}, {"to": "https://evil.example/"}])
def test_a_visit_with_another_address_is_not_handed_back(carried: dict[str, str]) -> None:
    """What a visit carries is looked at like what a redirect tells."""
    with pytest.raises(ProtocolError):
        meraki_click_through.hand_back(OWN, Departure(carried, SENT))


@given(st.binary(max_size=300))
def test_only_protocol_errors_come_out(octets: bytes) -> None:
    """Whatever the octets."""
    adapter: Adapter = meraki_click_through
    for act in (adapter.name_in, adapter.returned_visit, lambda q: adapter.read(q, OWN)):
        try:
            act(octets)
        except ProtocolError:
            continue


def test_it_is_an_adapter() -> None:
    """The module fits the portal's port; nobody can log a guest off at Meraki."""
    adapter: Adapter = meraki_click_through
    assert ADAPTERS["meraki", "click-through"] is adapter
    assert adapter.log_off(OWN, {}) is None
    assert adapter.start(OWN) is ANYWHERE
