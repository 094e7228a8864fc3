"""A real openNDS starts with the options a bundle gives it, and sends phones to the portal."""

from base64 import b64decode
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from deploy.packages.bundle import render
from deploy.packages.catalogue import offer_named
from tests.servers import opennds as harness
from tests.unit.deploy.packages.sheets import BASE, OPENNDS, SITE, UAM_SECRET
from tests.unit.deploy.packages.test_bundle import options

RULES = ("users_to_router", "authenticated_users")
"""Lists that OpenWrt's start script turns into a set of firewall rules."""
OF_OPENWRT = ("enabled", "maxclients")
"""`enabled` is the start script's own; the harness has no lease file for a thousand clients."""


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
def test_opennds_takes_every_option(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian's openNDS reads the bundle's options and redirects a captive phone as they say."""
    portal = urlsplit(f"http://{harness.WORLD_ADDRESS}:8080/gateway/opennds")
    gateway = replace(OPENNDS, login_host=harness.ROUTER_ADDRESS, portal=portal)
    bundle = {str(f.path): f for f in render(offer_named("town-hall"), SITE, gateway, BASE)}
    text = configuration(bundle["files/etc/config/opennds"].content)
    monkeypatch.setattr(harness, "CONFIGURATION", text.replace("{", "{{").replace("}", "}}"))

    with harness.opennds(tmp_path, harness.Portal(gateway.code, UAM_SECRET)) as running:
        asked = ("curl", "-s", "-o", "/dev/null", "-w", "%{redirect_url}", "--max-time", "10")
        address = running.namespaces.run(
            harness.PHONE, *asked, f"http://{harness.WEB_ADDRESS}/page"
        )

    found = urlsplit(address)
    assert (found.netloc, found.path) == (portal.netloc, portal.path)
    encoded = parse_qs(found.query)["fas"][0]
    told = b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    assert f"gatewayname={gateway.code}" in told
    assert f"gatewayaddress={harness.ROUTER_ADDRESS}:2050" in told
