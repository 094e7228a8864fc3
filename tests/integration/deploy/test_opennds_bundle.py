"""A real openNDS starts with the options a bundle gives it, and sends phones to the portal.

Level 4's bundle: tests/integration/portal/test_opennds_levels.py, where a guest goes online by it.
"""

from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deploy.packages.bundle import render
from deploy.packages.catalogue import offer_named
from deploy.packages.site_sheet import GatewaySheet
from portal.gateways.opennds import LEVELS
from portal.gateways.vocabulary import Registration
from tests.servers import opennds as harness
from tests.servers.namespaces import Namespaces
from tests.servers.opennds_release import POLLING_IN_SHELL, release_for
from tests.unit.deploy.packages.sheets import BASE, OPENNDS, SITE, UAM_SECRET

PORTALS = {
    1: f"http://{harness.WORLD_ADDRESS}:8080/gateway/opennds",
    2: f"http://{harness.WORLD_ADDRESS}:8080/gateway/opennds",
    3: "https://wifi.meuse.example/gateway/opennds",
}
"""By level."""


FIREWALL = f"""
table inet fw4 {{
    chain input_socle {{
        udp dport {{ 53, 67 }} accept
        tcp dport {{ 53, 80, 2050 }} accept
        reject
    }}
    chain input {{
        type filter hook input priority filter; policy accept;
        iifname "{harness.ROUTER_INTERFACE}" jump input_socle
    }}
}}
"""
"""What OpenWrt's firewall makes of a bundle's settings, as far as guests and the router go."""


def bundled(level: int) -> tuple[GatewaySheet, str]:
    """Return a gateway of this level, and its bundle's settings as installed."""
    portal = urlsplit(PORTALS[level])
    gateway = replace(
        OPENNDS, login_host=harness.ROUTER_ADDRESS, portal=portal, variant=f"fas{level}"
    )
    bundle = {str(f.path): f for f in render(offer_named("town-hall"), SITE, gateway, BASE)}
    return gateway, harness.as_installed(bundle["files/etc/config/opennds"].content)


@pytest.mark.namespace
@pytest.mark.parametrize("level", [1, 2, 3])
def test_opennds_takes_every_option(tmp_path: Path, level: int) -> None:
    """It reads the bundle's options and redirects a captive phone as they say."""
    portal = urlsplit(PORTALS[level])
    gateway, text = bundled(level)
    with harness.site(tmp_path) as namespaces, harness.daemon(namespaces, level, text):
        curl = ("curl", "-s", "-o", "/dev/null", "-w", "%{redirect_url}", "--max-time", "10")
        address = namespaces.run(harness.PHONE, *curl, f"http://{harness.WEB_ADDRESS}/page")

    found = urlsplit(address)
    path = portal.path if level == 1 else f"{portal.path}/{gateway.code}"
    port = portal.port or {"http": 80, "https": 443}[portal.scheme]
    assert (found.scheme, found.hostname, found.path) == (portal.scheme, portal.hostname, path)
    assert (found.port or port) == port
    adapter = LEVELS[f"fas{level}"]
    where = Registration(f"{gateway.login_host}:{gateway.login_port}", portal.geturl(), UAM_SECRET)
    arrival = adapter.read(found.query.encode(), where)
    assert len(arrival.device.octets) == 6


@pytest.mark.namespace
def test_a_routers_own_ports_stay_its_firewalls(tmp_path: Path) -> None:
    """What OpenWrt calls when its firewall starts again: openNDS 10 would accept whatever a guest
    sends to the router, unless told otherwise."""
    _, text = bundled(1)
    tools = tmp_path / "tools"  # `fw4` shows that this is OpenWrt
    tools.mkdir()
    (tools / "fw4").symlink_to("/bin/true")
    hook = "PATH=/tmp/tools:$PATH /usr/lib/opennds/libopennds.sh users_to_router allow"
    with Namespaces(tmp_path, (harness.ROUTER,)) as namespaces:

        def after_the_hook(uci: str) -> str:
            (tmp_path / "fw4.nft").write_text(FIREWALL)
            namespaces.run(harness.ROUTER, "nft", "-f", str(tmp_path / "fw4.nft"))
            command = release_for(POLLING_IN_SHELL).command(tmp_path, uci, program=hook)
            namespaces.run(harness.ROUTER, "unshare", "--mount", "sh", "-c", command)
            rules = namespaces.run(harness.ROUTER, "nft", "list", "ruleset")
            namespaces.run(harness.ROUTER, "nft", "flush", "ruleset")
            return rules

        assert "opennds" not in after_the_hook(text)
        assert "opennds" in after_the_hook(text.replace("passthrough '1'", "passthrough '0'"))
