"""Where a synthetic guest's gateway asks RADIUS."""

from ipaddress import IPv4Address

import pytest

from supervision.synthetic.errand import radius_host
from territory.settings import Settings
from territory.settings.radius import RadiusSettings


@pytest.mark.parametrize(
    ("source", "host", "reached_at", "asked"),
    [
        ("127.127.0.1", "0.0.0.0", [], "127.0.0.1"),
        ("127.127.0.1", "0.0.0.0", ["10.55.0.1"], "127.0.0.1"),
        ("127.127.0.1", "127.9.9.9", [], "127.9.9.9"),
        ("10.55.200.1", "0.0.0.0", ["10.55.0.1"], "10.55.0.1"),
    ],
)
def test_radius_is_asked_where_sites_reach_it_unless_it_is_this_machine_s(
    source: str, host: str, reached_at: list[str], asked: str
) -> None:
    """A loopback address is answered from a loopback address alone."""
    radius = RadiusSettings(host=host, reached_at=[IPv4Address(one) for one in reached_at])
    assert radius_host(source, Settings(radius=radius)) == asked
