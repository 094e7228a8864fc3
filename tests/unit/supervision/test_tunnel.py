"""What a tunnel tells: its handshakes, and the public address it calls from while it lives."""

import re
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, ip_address
from pathlib import Path
from uuid import UUID

import pytest

from supervision.tunnel import read_private_key, sighting
from supervision.tunnel_records import Sighting, Tunnel
from territory.database.components import Component
from territory.errors import ConfigurationError
from territory.settings.radius import TunnelSettings
from territory.wireguard.hub import Heard, Key, Peer
from territory.wireguard.keys import new_pair

NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
SITE = UUID(int=7)
PEER = Peer(Key("old=", ""), (IPv4Address("10.55.0.2"),), Key("new=", ""))
GUIDE = Path(__file__).parents[3] / "docs/gateways/tunnel.md"
EARLY, LATE = NOW - timedelta(seconds=150), NOW - timedelta(seconds=5)


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (None, None, Sighting(SITE, None, None, None)),
        ((EARLY, "81.2.70.10"), None, Sighting(SITE, EARLY, None, IPv4Address("81.2.70.10"))),
        (
            (EARLY, "81.2.70.10"),
            (LATE, "81.2.70.11"),
            Sighting(SITE, EARLY, LATE, IPv4Address("81.2.70.11")),
        ),
        ((LATE, "192.168.1.2"), None, Sighting(SITE, LATE, None, None)),
        ((LATE, "2a01:e0a::1"), None, Sighting(SITE, LATE, None, None)),
        (
            (NOW - timedelta(hours=1), "81.2.70.10"),
            None,
            Sighting(SITE, NOW - timedelta(hours=1), None, None),
        ),
    ],
)
def test_what_one_tunnel_tells(
    old: tuple[datetime, str] | None, new: tuple[datetime, str] | None, found: Sighting
) -> None:
    """The key heard last says where; who is silent, or not in public, says nothing of it."""
    said = {
        name: Heard(told[0], ip_address(told[1]))
        for name, told in (("old=", old), ("new=", new))
        if told
    }
    assert sighting(Tunnel(SITE, PEER), said, NOW) == found


def test_the_right_over_the_network_is_supervision_s_alone() -> None:
    """A unit's capabilities go to all it starts: the guide gives supervision a unit of its own."""
    page = GUIDE.read_text()
    others = " ".join(each.value for each in Component if each is not Component.SUPERVISION)
    units = re.findall(r"ExecStart=/opt/socle/bin/socle serve (.+)", page)
    assert units == [others, Component.SUPERVISION.value]
    before, _, after = page.partition("systemctl edit socle-supervision")
    assert "=CAP_NET_ADMIN" not in before
    assert "AmbientCapabilities=CAP_NET_ADMIN" in after


def test_a_hub_without_its_key_does_not_start(tmp_path: Path) -> None:
    """It says where one was expected, and how one is made."""
    (tmp_path / "torn").write_text("x")
    for file in (tmp_path / "none", tmp_path / "torn"):
        with pytest.raises(ConfigurationError, match="socle link prepare"):
            read_private_key(TunnelSettings(private_key_file=file))
    pair = new_pair()
    (tmp_path / "key").write_text(f"{pair.private}\n")
    settings = TunnelSettings(private_key_file=tmp_path / "key", public_key=pair.public)
    assert read_private_key(settings) == pair.private


def test_a_hub_whose_sites_know_another_key_does_not_start(tmp_path: Path) -> None:
    """Each package would be rendered with a key that nobody holds, and no site would connect."""
    ours, other = new_pair(), new_pair()
    (tmp_path / "key").write_text(ours.private)
    settings = TunnelSettings(private_key_file=tmp_path / "key", public_key=other.public)
    with pytest.raises(ConfigurationError, match=re.escape(ours.public)):
        read_private_key(settings)
