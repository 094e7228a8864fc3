"""Who can announce the captive portal API: real DHCP servers, and a client that reads option 114.

RFC 8910 §2.1. The address has to name the device; dnsmasq has one text for all, Kea writes one for
each by the hook and the expression that docs/gateways/api-du-portail.md gives.
"""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from territory.identifiers import MacAddress
from tests.servers.namespaces import Namespaces

ROUTER, PHONE = "rt", "ph"
GUIDE = Path(__file__).parents[3] / "docs" / "gateways" / "api-du-portail.md"
API = "https://wifi.meuse.example/captive-portal?nasid=gw-mairie&mac="
DEVICES = ("8a:56:7e:f9:10:e4", "02:00:00:00:00:07")
LOGGER = {
    "name": "kea-dhcp4",
    "severity": "INFO",
    "output_options": [{"output": "stdout"}],
}
TELL = """\
#!/bin/sh
[ "$1" = bound ] && echo "option=$opt114"
exit 0
"""

pytestmark = pytest.mark.slow


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Namespaces]:
    """A router and a phone, joined."""
    with Namespaces(tmp_path, (ROUTER, PHONE)) as namespaces:
        namespaces.wire((ROUTER, "r-c", "10.99.0.1/24"), (PHONE, "c-r", ""))
        script = tmp_path / "tell.sh"
        script.write_text(TELL)
        script.chmod(0o755)
        yield namespaces


def announced(wire: Namespaces, device: str) -> str:
    """Ask for a lease as this device; return what option 114 says, empty without it."""
    wire.run(PHONE, "ip", "link", "set", "c-r", "address", device)
    asking = ("udhcpc", "-i", "c-r", "-f", "-q", "-n", "-t", "60", "-T", "1", "-O", "114")
    said = wire.run(PHONE, *asking, "-s", str(wire.folder / "tell.sh"))
    (octets,) = re.findall(r"^option=(\w*)$", said, re.MULTILINE)
    return bytes.fromhex(octets).rstrip(b"\0").decode()


def start(wire: Namespaces, *command: str, ready: str, **environment: str) -> None:
    """Start a DHCP server and return once it says so."""
    process = wire.spawn(ROUTER, *command, environment=environment)
    deadline = time.monotonic() + 90
    while ready not in wire.said(process):
        assert process.poll() is None, wire.said(process)
        assert time.monotonic() < deadline, wire.said(process)
        time.sleep(0.05)


def test_dnsmasq_says_the_same_to_all(wire: Namespaces) -> None:
    """So nothing of ours has it announce the API: the base could not tell who asks."""
    start(
        wire,
        *("dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--port=0", "--user=root"),
        *("--pid-file=", "--interface=r-c", "--bind-interfaces"),
        *("--dhcp-range=10.99.0.50,10.99.0.99,1h", f"--dhcp-option=114,{API}%{{m}}"),
        f"--dhcp-leasefile={wire.folder / 'leases'}",
        ready="DHCP",
    )
    first, second = (announced(wire, device) for device in DEVICES)
    assert first == second == f"{API}%{{m}}"
    bundles = Path(__file__).parents[3] / "deploy" / "packages" / "templates"
    texts = [file.read_text() for file in bundles.rglob("*") if file.is_file()]
    assert not any(re.search(r"(dhcp_option|option:?)[^\n]*\b114\b", text) for text in texts)


def test_kea_names_each_device(wire: Namespaces) -> None:
    """By the guide's own words: the portal reads the device from the address that it announces."""
    (library,) = Path("/usr/lib").glob("*/kea/hooks/libdhcp_flex_option.so")
    (words,) = re.findall(r"```json\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    words = words.replace("https://PORTAIL/captive-portal?nasid=PASSERELLE&mac=", API)
    words = re.sub(r'"/usr/lib/[^"]*"', json.dumps(str(library)), words)
    told = json.loads("{" + words + "}")
    told |= {
        "interfaces-config": {"interfaces": ["r-c"]},
        "lease-database": {"type": "memfile", "persist": False},
        "subnet4": [{"subnet": "10.99.0.0/24", "pools": [{"pool": "10.99.0.50-10.99.0.99"}]}],
        "loggers": [LOGGER],
    }
    file = wire.folder / "kea.json"
    file.write_text(json.dumps({"Dhcp4": told}))
    folder = str(wire.folder)
    start(
        wire,
        *("kea-dhcp4", "-c", str(file)),
        ready="DHCP4_STARTED",
        KEA_PIDFILE_DIR=folder,
        KEA_LOCKFILE_DIR=folder,
    )
    for device in DEVICES:
        said = announced(wire, device)
        assert said.startswith(API)
        (mac,) = parse_qs(urlsplit(said).query)["mac"]
        assert MacAddress.parse(mac) == MacAddress.parse(device)
