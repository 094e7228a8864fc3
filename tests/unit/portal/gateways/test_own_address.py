"""A host that a redirect names is only compared with the site's own record."""

import pytest

from portal.gateways.own_address import ANYWHERE, checked_host, own_host, own_port
from portal.gateways.vocabulary import Registration
from territory.errors import ProtocolError

OWN = Registration(
    "wifi.commercy.example:8443",
    "https://portal.example/gateway/ruckus",
    None,
    access_points=frozenset({"192.168.0.11", "192.168.0.12"}),
)
BARE = Registration("192.168.0.253", "https://portal.example/gateway/ruckus", None)


def test_the_record_is_a_host_and_perhaps_a_port() -> None:
    """Without a port the dialect's own counts."""
    assert (own_host(OWN), own_port(OWN)) == ("wifi.commercy.example", 8443)
    assert (own_host(BARE), own_port(BARE)) == ("192.168.0.253", None)


def test_the_own_host_is_found_in_either_case() -> None:
    """Names of hosts have no case; the port a redirect adds is never part of it."""
    assert checked_host("WiFi.Commercy.example", OWN) == "wifi.commercy.example"
    assert checked_host("192.168.0.253", BARE) == "192.168.0.253"


def test_access_points_count_where_the_dialect_says_so() -> None:
    """Only where guests may be handed back to one of them."""
    assert checked_host("192.168.0.12", OWN, or_access_point=True) == "192.168.0.12"
    with pytest.raises(ProtocolError, match="foreign-address"):
        checked_host("192.168.0.12", OWN)


@pytest.mark.parametrize(
    "told",
    [
        "",
        "198.51.100.66",
        "192.168.0.253:9997",
        "192.168.0.253@evil.example",
        "evil.example/192.168.0.253",
        "192.168.0.2530",
        " 192.168.0.253",
        "3232235773",
    ],
)
def test_anything_else_is_foreign(told: str) -> None:
    """Another host, a port, a user, a path, another spelling of the same number."""
    with pytest.raises(ProtocolError, match="foreign-address"):
        checked_host(told, BARE, or_access_point=True)


def test_an_address_that_is_nobodys() -> None:
    """TEST-NET-2 of RFC 5737, in plain http, so that a captive network can answer it."""
    assert ANYWHERE.url == "http://198.51.100.1/"
