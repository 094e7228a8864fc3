"""The installation script runs in busybox's shell, twice, and leaves one and the same router."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from deploy.packages.bundle import render
from deploy.packages.catalogue import offer_named
from deploy.packages.site_sheet import GatewaySheet, TunnelSheet
from deploy.packages.writing import write_bundle
from territory.vocabulary import Link
from tests.unit.deploy.packages.sheets import BASE, CHILLI, OPENNDS, RADIUS_SECRET, SITE

BUSYBOX = shutil.which("busybox") or "/bin/busybox"
ROUTER = Path(__file__).with_name("router.py")
SERVED = replace(SITE, public_ssids=("L'accueil", "Wifi public"))
BEFORE = {
    "network.lan": {".type": "interface", "proto": "static"},
    "firewall.lan": {".type": "zone", "name": "lan"},
    "wireless.radio0": {".type": "wifi-device", "disabled": "1"},
    "wireless.radio1": {".type": "wifi-device", "disabled": "1"},
    "wireless.default_radio0": {".type": "wifi-iface", "ssid": "Agents"},
    "dhcp.@dnsmasq[0]": {".type": "dnsmasq"},
    "system.@system[0]": {".type": "system"},
    "system.ntp": {".type": "timeserver", "server": ["0.openwrt.pool.ntp.org"]},
    "chilli.socle": {".type": "chilli"},
    "opennds.socle": {".type": "opennds"},
}
PROGRAMS = {
    "nslookup": "printf 'Server:\\t\\t127.0.0.1\\nAddress:\\t127.0.0.1:53\\n\\nName:\\t%s\\n"
    'Address 1: 10.9.0.1\\nAddress 2: 2001:db8::1\\nAddress: 10.9.0.2\\n\' "$1"',
    "hostapd": 'test "$1" = -vowe',
    "chilli": "echo '      --captiveportalapi_uri=STRING  RFC 8910' >&2",
    "wg": 'case "$1" in genkey) echo private ;; pubkey) read -r key; echo "public of $key" ;; esac',
    "sysupgrade": ":",
    "opennds": ":",
    "php-cli": ":",
    "radsecproxy": ":",
    "wifi": ":",
}


@dataclass(frozen=True, slots=True)
class Router:
    """A router as it stands after the script."""

    root: Path
    output: str

    @property
    def sections(self) -> dict[str, dict[str, Any]]:
        """What `uci` holds."""
        found: dict[str, dict[str, Any]] = json.loads((self.root / "uci.json").read_text())
        return found

    @property
    def calls(self) -> list[str]:
        """Services and programs, in the order they were called."""
        return (self.root / "calls").read_text().splitlines()


def program(path: Path, body: str) -> None:
    """Write a small program."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A router before anything of ours."""
    root = tmp_path / "router"
    (root / "root").mkdir(parents=True)
    (root / "uci.json").write_text(json.dumps(BEFORE))
    (root / "busybox").mkdir()
    subprocess.run(["busybox", "--install", "-s", str(root / "busybox")], check=True)
    program(root / "bin/uci", f'exec {sys.executable} -I -S {ROUTER} {root}/uci.json "$@"')
    for name, body in PROGRAMS.items():
        program(root / "bin" / name, f'echo {name} "$@" >>{root}/calls\n{body}')
    for service in (
        "network",
        "firewall",
        "dnsmasq",
        "sysntpd",
        "chilli",
        "opennds",
        "radsecproxy",
    ):
        program(root / "etc/init.d" / service, f'echo {service} "$@" >>{root}/calls')
    return root


def run(root: Path, gateway: GatewaySheet, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a gateway's script on the router, in busybox's shell."""
    folder = root.parent / gateway.code
    write_bundle(render(offer_named("town-hall"), SERVED, gateway, BASE), folder)
    return execute(root, folder, **environment)


def execute(root: Path, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the script of a bundle's folder."""
    return subprocess.run(
        [BUSYBOX, "sh", str(folder / "install.sh")],  # nothing of this machine's in its PATH
        env={"PATH": f"{root}/bin:{root}/busybox", "SOCLE_ROOT": str(root), **environment},
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )


def install(root: Path, gateway: GatewaySheet, **environment: str) -> Router:
    """Run a script that must succeed in silence, and return the router."""
    done = run(root, gateway, **environment)
    assert (done.returncode, done.stderr) == (0, "")
    return Router(root, done.stdout)


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox sh"])
@pytest.mark.parametrize("gateway", [CHILLI, OPENNDS], ids=["coovachilli", "opennds"])
def test_the_script_is_a_shells(tmp_path: Path, gateway: GatewaySheet, shell: str) -> None:
    """Three shells read the script without complaint."""
    write_bundle(render(offer_named("town-hall"), SERVED, gateway, BASE), tmp_path)
    command = [*shell.split(), "-n", str(tmp_path / "install.sh")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=250, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_router_with_coovachilli(root: Path) -> None:
    """Networks on each radio, the portal let through, the tunnel's key made on the router."""
    router = install(root, CHILLI)
    found = router.sections
    assert found["firewall.socle_portal"]["dest_ip"] == ["10.9.0.1", "10.9.0.2"]
    assert found["network.socle_tunnel"]["private_key"] == "private"
    assert found["dhcp.@dnsmasq[0]"]["rebind_domain"] == ["wifi.meuse.example"]
    assert found["system.ntp"]["server"][0].endswith("fr.pool.ntp.org")
    assert found["wireless.radio0"] == {".type": "wifi-device", "disabled": "0", "country": "FR"}
    assert found["chilli.socle"]["captiveportalapi_uri"].endswith("?nasid=%{n}&mac=%{m}")
    assert "public of private" in router.output
    assert router.calls[-3:] == ["chilli restart", "wifi reload", "wg pubkey"]


def test_each_public_network_has_an_encrypted_twin(root: Path) -> None:
    """On each radio: an open, isolated network and its hidden OWE twin, each naming the other."""
    found = install(root, CHILLI).sections
    for radio in ("radio0", "radio1"):
        opened, twin = (
            found[f"wireless.socle_open_1_{radio}"],
            found[f"wireless.socle_owe_1_{radio}"],
        )
        assert (opened["ssid"], opened["encryption"], opened["isolate"]) == (
            "L'accueil",
            "none",
            "1",
        )
        assert (twin["ssid"], twin["encryption"], twin["hidden"]) == ("L'accueil OWE", "owe", "1")
        assert opened["owe_transition_ifname"] == twin["ifname"]
        assert twin["owe_transition_ifname"] == opened["ifname"]
        assert len(opened["ifname"]) < 16
    assert found["wireless.socle_open_2_radio1"]["ssid"] == "Wifi public"
    assert found["wireless.default_radio0"] == BEFORE["wireless.default_radio0"]


def test_an_old_access_point_serves_in_clear(root: Path) -> None:
    """Without OWE in its hostapd the open network is still there, and the script says so."""
    program(root / "bin/hostapd", "exit 1")
    router = install(root, CHILLI)
    assert "OWE absent" in router.output
    assert not any("socle_owe" in section for section in router.sections)


def test_an_old_chilli_is_not_asked_what_it_cannot(root: Path) -> None:
    """The captive portal API is only announced by a chilli that knows the option."""
    program(root / "bin/chilli", "echo usage")
    found = install(root, CHILLI).sections
    assert "captiveportalapi_uri" not in found["chilli.socle"]


def test_secrets_are_roots_alone(root: Path) -> None:
    """The configuration and the tunnel's key can be read by nobody else."""
    before = os.umask(0)
    try:
        install(root, CHILLI)
    finally:
        os.umask(before)
    configuration = root / "etc/config/chilli"
    assert RADIUS_SECRET in configuration.read_text()
    for path in (configuration, root / "etc/socle-tunnel.key"):
        assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("gateway", [CHILLI, OPENNDS], ids=["coovachilli", "opennds"])
def test_installing_again_changes_nothing(root: Path, gateway: GatewaySheet) -> None:
    """A technician who is unsure runs it again, and finds the same router."""
    first = install(root, gateway, GUEST_PORTS="lan3 lan4.20").sections
    again = install(root, gateway, GUEST_PORTS="lan3 lan4.20").sections
    assert again == first
    assert first["network.socle_guest_device"]["ports"] == ["lan3", "lan4.20"]
    assert first["network.lan"] == BEFORE["network.lan"]


def test_a_router_with_opennds(root: Path) -> None:
    """openNDS is told the portal's address, and the guests' network has one of its own."""
    found = install(root, OPENNDS).sections
    assert found["opennds.socle"]["fasremoteip"] == "10.9.0.1"
    assert found["network.socle_guest"]["ipaddr"] == "192.168.8.1"
    assert found["network.socle_guest"]["netmask"] == "255.255.252.0"
    assert not any("tunnel" in section for section in found)


def test_an_opennds_that_ends_the_tunnel(root: Path) -> None:
    """Level 3 with a tunnel whose key is made on the router; without PHP nothing is changed."""
    tunnel = TunnelSheet("10.55.0.11", None, "cHJlc2hhcmVk")
    gateway = replace(OPENNDS, variant="fas3")
    site = replace(SERVED, gateways=(gateway,), tunnel=tunnel)
    folder = root.parent / "gw"
    write_bundle(render(offer_named("town-hall"), site, gateway, BASE), folder)
    (root / "bin/php-cli").rename(root / "php-cli")
    assert "il manque php-cli" in execute(root, folder).stderr
    assert json.loads((root / "uci.json").read_text()) == BEFORE
    (root / "php-cli").rename(root / "bin/php-cli")
    for _ in range(2):
        done = execute(root, folder)
        assert (done.returncode, done.stderr) == (0, "")
    found = Router(root, "").sections
    assert found["network.socle_tunnel"]["private_key"] == "private"
    assert found["network.socle_tunnel"]["addresses"] == ["10.55.0.11/32"]
    assert found["firewall.socle_tunnel"]["network"] == ["socle_tunnel"]
    assert "public of private" in done.stdout


def test_a_router_by_radsec(root: Path) -> None:
    """No certificate, no start; with one, the proxy is served before chilli, key at root alone."""
    folder, certificates = root.parent / "gw", root.parent / "gw/files/etc/socle-radsec"
    site, base = replace(SERVED, link=Link.RADSEC), replace(BASE, radsec_name="radius.example")
    gateway = replace(CHILLI, nas=(replace(CHILLI.nas[0], source_address=None),))
    write_bundle(render(offer_named("town-hall"), site, gateway, base), folder)
    stopped = execute(root, folder)
    assert "socle site certificate mairie" in stopped.stderr
    assert json.loads((root / "uci.json").read_text()) == BEFORE
    for name in ("site.key", "site.pem", "authority.pem"):
        (certificates / name).write_text(name)
    for _ in range(2):
        done = execute(root, folder)
        assert (done.returncode, done.stderr) == (0, "")
    last = ["radsecproxy enable", "radsecproxy restart", "chilli enable", "chilli restart"]
    assert Router(root, "").calls[-5:] == [*last, "wifi reload"]
    installed = root / "etc/socle-radsec"
    assert (installed / "site.key").read_text() == "site.key"
    assert {file.stat().st_mode & 0o077 for file in installed.iterdir()} == {0}
    assert (root / "etc/sysupgrade.conf").read_text() == "/etc/socle-radsec/\n"
    assert "Include" in (root / "etc/config/radsecproxy").read_text()
    assert not any("socle_coa" in section for section in Router(root, "").sections)


def refuse(root: Path) -> str:
    """Run the script where it must stop, and return what it says; the router is as it was."""
    done = run(root, CHILLI)
    assert done.returncode == 1
    assert json.loads((root / "uci.json").read_text()) == BEFORE
    return done.stderr


@pytest.mark.parametrize("missing", ["uci", "chilli", "wg"])
def test_a_router_that_lacks_a_program(root: Path, missing: str) -> None:
    """The script stops before it changes anything, and names what to install."""
    (root / "bin" / missing).unlink()
    said = refuse(root)
    assert f"il manque {missing}" in said
    assert "coova-chilli kmod-tun wpad-mbedtls wireguard-tools" in said


def test_a_portal_without_an_address(root: Path) -> None:
    """Without DNS nothing is changed: guests would find no portal."""
    program(root / "bin/nslookup", "exit 1")
    assert "n'a pas d'adresse" in refuse(root)
