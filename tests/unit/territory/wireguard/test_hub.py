"""The hub's configuration, who has a site's addresses during a rotation, and `wg show dump`."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from territory.errors import ProtocolError
from territory.wireguard.hub import Heard, Key, Peer, configuration, in_use, parse_dump

NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
OLD, NEW = Key("old=", "psk-old="), Key("new=", "psk-new=")
ADDRESSES = (IPv4Address("10.55.0.2"), IPv4Address("10.55.0.7"))
STEADY, ROTATING = Peer(OLD, ADDRESSES), Peer(OLD, ADDRESSES, NEW)
DUMP = (
    "hub-private=\thub-public=\t51820\toff\n"
    "old=\tpsk-old=\t81.2.70.10:40213\t10.55.0.2/32,10.55.0.7/32\t1795323600\t1480\t920\toff\n"
    "new=\t(none)\t[2a01:e0a::1]:51820\t(none)\t1795323720\t0\t0\t25\n"
    "silent=\tpsk=\t(none)\t10.55.0.3/32\t0\t0\t0\toff\n"
)
"""As `wg show INTERFACE dump` of wireguard-tools 1.0.20210914 prints it."""


def heard(seconds_ago: float | None) -> Heard:
    """Return a peer whose last handshake was so long ago."""
    return Heard(None if seconds_ago is None else NOW - timedelta(seconds=seconds_ago), None)


def test_the_configuration_is_what_syncconf_takes() -> None:
    """One peer with its addresses; the one that comes has none yet."""
    assert configuration("hub=", 51820, [ROTATING], {}) == (
        "[Interface]\nPrivateKey = hub=\nListenPort = 51820\n\n"
        "[Peer]\nPublicKey = old=\nPresharedKey = psk-old=\n"
        "AllowedIPs = 10.55.0.2/32, 10.55.0.7/32\n\n"
        "[Peer]\nPublicKey = new=\nPresharedKey = psk-new=\n"
    )


@pytest.mark.parametrize(
    ("old", "new", "holder"),
    [
        (None, None, OLD),
        (10, None, OLD),
        (None, 10, NEW),
        (130, 10, NEW),
        (10, 130, OLD),
        (10, 10, OLD),
    ],
)
def test_the_addresses_go_to_who_shook_hands_last(
    old: float | None, new: float | None, holder: Key
) -> None:
    """A router that was given its next key has its link, and one that went back has it too."""
    assert in_use(ROTATING, {"old=": heard(old), "new=": heard(new)}) == holder


def test_without_a_rotation_there_is_one_key() -> None:
    """Whatever was heard of it."""
    assert in_use(STEADY, {}) == OLD


def test_what_wg_shows() -> None:
    """Handshakes in UTC, endpoints of both families; never and nowhere are None."""
    found = parse_dump(DUMP)
    assert found["old="].endpoint == ip_address("81.2.70.10")
    assert found["new="].endpoint == ip_address("2a01:e0a::1")
    assert found["silent="] == Heard(None, None)
    at = datetime.fromtimestamp(1795323600, UTC)
    assert found["old="].handshake_at == at
    assert found["old="].is_alive(at + timedelta(seconds=180))
    assert not found["old="].is_alive(at + timedelta(seconds=181))


@given(st.text())
def test_a_dump_of_anything_else_is_refused(text: str) -> None:
    """By one kind of error, whatever it is; an empty one knows nobody."""
    with suppress(ProtocolError):
        assert all(isinstance(each, Heard) for each in parse_dump(text).values())


def test_a_dump_with_an_instant_out_of_reach_is_refused() -> None:
    """As any other that cannot be read."""
    with pytest.raises(ProtocolError, match="wg-dump"):
        parse_dump(DUMP.replace("1795323600", "9" * 30))
