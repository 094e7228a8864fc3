"""Who asks, when proxies stand in front."""

from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from territory.web.addresses import client_of, https_of, is_trusted, parse_address

PROXIES = (ip_network("10.0.0.0/24"), ip_network("fd00::/64"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.2", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "192.0.2.66, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "198.51.100.1, 10.0.0.3", "198.51.100.1"),
        ("10.0.0.2", "forged, 10.0.0.3", "10.0.0.3"),
        ("10.0.0.2", "", "10.0.0.2"),
        ("10.0.0.2", "[2001:db8::1]", "2001:db8::1"),
        ("fd00::1", "::ffff:198.51.100.1", "198.51.100.1"),
        ("::ffff:10.0.0.2", "198.51.100.1", "198.51.100.1"),
        (None, "198.51.100.1", "0.0.0.0"),
    ],
)
def test_only_a_trusted_proxy_may_name_another_address(
    peer: str | None, forwarded: str, expected: Any
) -> None:
    """The list is read from its right end, as far as proxies of ours wrote it."""
    assert client_of(peer, forwarded, PROXIES) == ip_address(expected)


@given(st.text(max_size=300))
def test_no_header_can_break_the_walk(header: str) -> None:
    """Whatever is forwarded, an address comes back."""
    assert client_of("10.0.0.2", header, PROXIES) is not None


@pytest.mark.parametrize(
    ("secure", "proto", "peer", "expected"),
    [
        (True, "", "203.0.113.9", True),
        (False, "https", "203.0.113.9", False),
        (False, "https", "10.0.0.2", True),
        (False, "https, http", "10.0.0.2", False),
        (False, "HTTPS", "10.0.0.2", True),
        (False, "https", None, False),
    ],
)
def test_https_is_ours_or_a_trusted_proxys_word(
    secure: bool, proto: str, peer: str | None, expected: Any
) -> None:
    """The nearest proxy's word, and nobody else's."""
    assert https_of(secure, proto, peer, PROXIES) is expected


def test_no_address_is_none() -> None:
    """Text that is no address is told apart from one."""
    assert parse_address("unknown") is None
    assert not is_trusted(ip_address("10.0.1.1"), PROXIES)
