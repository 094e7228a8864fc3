"""A real openNDS starts with the options a bundle gives it, and sends phones to the portal."""

from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deploy.packages.bundle import render
from deploy.packages.catalogue import offer_named
from portal.gateways.opennds import LEVELS
from portal.gateways.vocabulary import Registration
from tests.servers import opennds as harness
from tests.unit.deploy.packages.sheets import BASE, OPENNDS, SITE, UAM_SECRET
from tests.unit.deploy.packages.test_bundle import options

RULES = ("users_to_router", "authenticated_users")
"""Lists that OpenWrt's start script turns into a set of firewall rules."""
PORTALS = {
    1: f"http://{harness.WORLD_ADDRESS}:8080/gateway/opennds",
    2: f"http://{harness.WORLD_ADDRESS}:8080/gateway/opennds",
    3: "https://wifi.meuse.example/gateway/opennds",
}
"""By level; level 4 is not Debian's."""
OF_OPENWRT = ("enabled", "maxclients", "nat_traversal_poll_interval")
"""`enabled` is the start script's own, the interval authmon's, which reads it from UCI by itself;
the harness has no lease file for a thousand clients."""


def configuration(uci: str) -> str:
    """Return what OpenWrt's start script makes of a UCI file, on the harness's interfaces."""
    found = options(uci)
    found |= {"gatewayinterface": ["r-c"], "fasremoteip": [harness.WORLD_ADDRESS]}
    lines = [
        f"{name} {values[0]}"
        for name, values in found.items()
        if name not in RULES and name not in OF_OPENWRT
    ]
    for name in RULES:
        rules = "\n".join(f"  FirewallRule {rule}" for rule in found[name])
        lines.append(f"FirewallRuleSet {name.replace('_', '-')} {{\n{rules}\n}}")
    return "\n".join(lines) + "\n"


@pytest.mark.namespace
@pytest.mark.parametrize("level", [1, 2, 3])
def test_opennds_takes_every_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, level: int
) -> None:
    """Debian's openNDS reads the bundle's options and redirects a captive phone as they say."""
    portal = urlsplit(PORTALS[level])
    gateway = replace(
        OPENNDS, login_host=harness.ROUTER_ADDRESS, portal=portal, variant=f"fas{level}"
    )
    bundle = {str(f.path): f for f in render(offer_named("town-hall"), SITE, gateway, BASE)}
    text = configuration(bundle["files/etc/config/opennds"].content)
    monkeypatch.setattr(harness, "CONFIGURATION", text.replace("{", "{{").replace("}", "}}"))

    asked = harness.Portal(gateway.code, UAM_SECRET, level=level)
    with harness.opennds(tmp_path, asked) as running:
        curl = ("curl", "-s", "-o", "/dev/null", "-w", "%{redirect_url}", "--max-time", "10")
        address = running.namespaces.run(harness.PHONE, *curl, f"http://{harness.WEB_ADDRESS}/page")

    found = urlsplit(address)
    path = portal.path if level == 1 else f"{portal.path}/{gateway.code}"
    port = portal.port or {"http": 80, "https": 443}[portal.scheme]
    assert (found.scheme, found.hostname, found.path) == (portal.scheme, portal.hostname, path)
    assert (found.port or port) == port
    adapter = LEVELS[f"fas{level}"]
    where = Registration(f"{gateway.login_host}:{gateway.login_port}", portal.geturl(), UAM_SECRET)
    arrival = adapter.read(found.query.encode(), where)
    assert len(arrival.device.octets) == 6
