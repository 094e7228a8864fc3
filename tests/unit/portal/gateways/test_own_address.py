"""A host that a redirect names is only compared with the site's own record."""

import pytest

from portal.gateways.own_address import (
    ANYWHERE,
    checked_host,
    checked_url,
    in_url,
    own_host,
    own_port,
)
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


@pytest.mark.parametrize("told", ["2001:db8::1", "[2001:DB8::1]", "2001:db8:0:0:0:0:0:1"])
def test_an_ipv6_address_is_one_host(told: str) -> None:
    """However it is written, with a port behind it in the record or not."""
    for address, port in (("[2001:db8::1]:8443", 8443), ("[2001:db8::1]", None)):
        own = Registration(address, "", None)
        assert (own_host(own), own_port(own)) == ("2001:db8::1", port)
        assert checked_host(told, own) == "2001:db8::1"
        with pytest.raises(ProtocolError, match="foreign-address"):
            checked_host("2001:db8::2", own)
    assert in_url(told).count("[") == 1


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


@pytest.mark.parametrize(
    "url",
    [
        "http://wifi.commercy.example:8443/login",
        "https://WIFI.commercy.example:8443/login?a=b",
        "http://192.168.0.11:8443/",
    ],
)
def test_its_own_whole_address(url: str) -> None:
    """The registered host, or an access point of the site, at the registered port."""
    assert checked_url(url, OWN) == url


def test_a_port_that_the_record_does_not_name() -> None:
    """Then it is the dialect's, else the scheme's."""
    assert checked_url("http://192.168.0.253/x", BARE)
    assert checked_url("http://192.168.0.253:9997/x", BARE, port=9997)
    for url, port in (("http://192.168.0.253/x", 9997), ("http://192.168.0.253:9997/", None)):
        with pytest.raises(ProtocolError, match="foreign-address"):
            checked_url(url, BARE, port=port)


@pytest.mark.parametrize(
    "url",
    [
        "http://10.1.0.2:8443/",
        "http://wifi.commercy.example/",
        "http://wifi.commercy.example:8443@evil.example/",
        "http://evil.example#wifi.commercy.example:8443",
        "http://evil.example\\@wifi.commercy.example:8443/",
        "http://wifi.commercy.example:8443\\.evil.example/",
        "//wifi.commercy.example:8443/",
        "javascript:alert(1)",
        "ftp://wifi.commercy.example:8443/",
        "http://wifi.commercy.example:99999/",
        "http://wifi.commercy.example:8443/<script>",
        "http://wifi.commercy.example:8443/\r\nX: y",
        "http://wifi.commercy.example:8443/" + "a" * 1_100,
        "http://wifi.commercy.example:0/",
        "http://[::1/",
        "",
    ],
)
def test_any_other_whole_address(url: str) -> None:
    """Another host, another port, credentials in it, or no address at all."""
    with pytest.raises(ProtocolError, match="foreign-address"):
        checked_url(url, OWN)
