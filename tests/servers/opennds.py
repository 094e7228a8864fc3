"""A real openNDS between a phone and the world, in network namespaces.

    phone 10.99.0.x --DHCP, DNS, captured--> router 10.99.0.1 --> world 10.88.0.1 (the portal)
                                             openNDS, dnsmasq          203.0.113.80 (the Web)

Which openNDS it is, and how it is told: tests/servers/opennds_release.py. A phone without a lease
in the file that openNDS looks for is refused, so the leases lie in /tmp as openNDS sees it. The
daemon has a /tmp, a /run and a process table of its own, since it writes to the first, talks to
systemd through the second and kills by name in the third. It looks after its own web server every
ten minutes only: on a busy machine it would restart it for being slow.

At levels 3 and 4 it asks the portal by itself, in https, and must trust its certificate.
"""

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.servers.namespaces import Namespaces, end
from tests.servers.opennds_release import release_for

if TYPE_CHECKING:
    import subprocess

WORLD, ROUTER, PHONE = "w", "r", "c"
WORLD_ADDRESS = "10.88.0.1"
ROUTER_ADDRESS = "10.99.0.1"
ROUTER_INTERFACE = "r-c"
WEB_ADDRESS = "203.0.113.80"
WEB_TITLE = "Le Web est ouvert"
LARGE, LARGE_OCTETS = "gros.bin", 3_000_000
"""A file of the Web's, to use up a volume."""
START_SECONDS = 120

CONFIGURATION = """\
config opennds 'lab'
	option enabled '1'
	option gatewayinterface 'r-c'
	option gatewayname '{name}'
	option enable_serial_number_suffix '0'
	option fasport '{port}'
	option fasremoteip '{host}'
	option faspath '{path}'
	option fas_secure_enabled '{level}'
	option faskey '{key}'
	option checkinterval '600'
	list users_to_router 'allow udp port 53'
	list users_to_router 'allow tcp port 53'
	list users_to_router 'allow udp port 67'
"""
POLLS = """\
	option nat_traversal_poll_interval '1'
	option binauth '/usr/lib/opennds/binauth_log.sh'
"""
"""At levels 3 and 4; the second tells the portal that a client left."""

LEASE_SCRIPT = """\
#!/bin/sh
# What udhcpc calls with a lease in its environment.
[ "$1" = bound ] || exit 0
ip address add "$ip/24" dev "$interface" && ip route add default via "$router"
"""
REDIRECT = f"curl -s -o /dev/null -w '%{{redirect_url}}' --max-time 2 http://{WEB_ADDRESS}/ || :"


@dataclass(frozen=True, slots=True)
class Portal:
    """Where openNDS sends its phones, and the key they share."""

    name: str
    """gatewayname."""
    key: str
    """faskey."""
    port: int = 8080
    path: str = "/gateway/opennds"
    level: int = 1
    """fas_secure_enabled; 3 and 4 are always in https."""

    @property
    def polls(self) -> bool:
        """Whether it comes and asks."""
        return self.level in (3, 4)

    @property
    def url(self) -> str:
        """Where it sends phones, and asks."""
        return f"{'https' if self.polls else 'http'}://{WORLD_ADDRESS}:{self.port}{self.path}"

    def uci(self) -> str:
        """Return what openNDS is told of it."""
        told = {"name": self.name, "port": self.port, "path": self.path, "key": self.key}
        text = CONFIGURATION.format(**told, host=WORLD_ADDRESS, level=self.level)
        return text + POLLS if self.polls else text


@dataclass(frozen=True, slots=True)
class OpenNds:
    """The running gateway and what is around it."""

    namespaces: Namespaces
    number: int
    """Of a process that sees its files."""
    login_address: str = f"{ROUTER_ADDRESS}:2050"
    """gatewayaddress as openNDS writes it."""

    def phone_mac(self) -> str:
        """Return the MAC address of the phone, in lower case with colons."""
        path = "/sys/class/net/c-r/address"
        return self.namespaces.run(PHONE, "cat", path).strip()

    def ndsctl(self, *command: str) -> str:
        """Return what the daemon tells its own tool."""
        there = ("nsenter", "--target", str(self.number), "--mount")
        return self.namespaces.run(ROUTER, *there, "ndsctl", *command)


def as_installed(uci: str) -> str:
    """Return a bundle's settings as its install.sh leaves them, on this router's interface."""
    return f"{uci.replace('br-socle', ROUTER_INTERFACE)}\toption fasremoteip '{WORLD_ADDRESS}'\n"


@contextmanager
def opennds(folder: Path, portal: Portal) -> Iterator[OpenNds]:
    """Have openNDS run in front of a phone that has a lease; all of it gone afterwards.

    Raises: RuntimeError with openNDS's last words when it does not start.
    """
    with site(folder) as namespaces, daemon(namespaces, portal.level, portal.uci()) as running:
        yield running


@contextmanager
def site(folder: Path) -> Iterator[Namespaces]:
    """Give a phone that has a lease, behind a router without openNDS."""
    with Namespaces(folder, (WORLD, ROUTER, PHONE)) as namespaces:
        _wire(namespaces)
        _serve_web(namespaces)
        _lease(namespaces)
        yield namespaces


@contextmanager
def daemon(namespaces: Namespaces, level: int, uci: str) -> Iterator[OpenNds]:
    """Have openNDS run on a site's router, told by a UCI file, one after another.

    Raises: RuntimeError with openNDS's last words when it does not start.
    """
    process = _start(namespaces, level, uci)
    try:
        yield OpenNds(namespaces, process.pid)
    finally:
        end(process)
        _forget(namespaces)


def _wire(namespaces: Namespaces) -> None:
    namespaces.wire((WORLD, "w-r", f"{WORLD_ADDRESS}/24"), (ROUTER, "r-w", "10.88.0.2/24"))
    namespaces.wire((ROUTER, "r-c", f"{ROUTER_ADDRESS}/24"), (PHONE, "c-r", ""))
    namespaces.address(WORLD, "lo", f"{WEB_ADDRESS}/32")
    namespaces.route(WORLD, "10.99.0.0/24", "10.88.0.2")
    namespaces.route(ROUTER, "default", WORLD_ADDRESS)
    namespaces.run(ROUTER, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
    namespaces.resolve_with(PHONE, ROUTER_ADDRESS)


def _serve_web(namespaces: Namespaces) -> None:
    web = namespaces.folder / "web"
    web.mkdir()
    (web / "index.html").write_text(f"<!doctype html><title>{WEB_TITLE}</title>\n")
    (web / LARGE).write_bytes(bytes(LARGE_OCTETS))
    server = ("python3", "-m", "http.server", "80", "--bind", WEB_ADDRESS, "--directory", str(web))
    namespaces.spawn(WORLD, *server)


def _lease(namespaces: Namespaces) -> None:
    """Start DHCP and DNS (every name is the Web's), and have the phone ask for its lease."""
    folder = namespaces.folder
    namespaces.spawn(
        ROUTER,
        "dnsmasq",
        "--no-daemon",
        "--conf-file=/dev/null",
        "--no-resolv",
        "--no-hosts",
        "--user=root",
        "--pid-file=",
        "--interface=r-c",
        "--bind-interfaces",
        f"--address=/#/{WEB_ADDRESS}",
        "--dhcp-range=10.99.0.50,10.99.0.99,1h",
        f"--dhcp-leasefile={folder / 'dhcp.leases'}",
    )
    script = folder / "lease.sh"
    script.write_text(LEASE_SCRIPT)
    script.chmod(0o755)
    asking = ("udhcpc", "-i", "c-r", "-f", "-q", "-n", "-t", "60", "-T", "1", "-s", str(script))
    namespaces.run(PHONE, *asking)


def _start(namespaces: Namespaces, level: int, uci: str) -> "subprocess.Popen[bytes]":
    """Start it; return once the phone is captive."""
    certificate = namespaces.folder / "cert.pem"
    trusted = certificate if certificate.exists() else None
    command = release_for(level).command(namespaces.folder, uci, trusted)
    apart = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
    environment = {"SSL_CERT_FILE": "/tmp/cert.pem"} if trusted else {}
    process = namespaces.spawn(ROUTER, *apart, "sh", "-c", command, environment=environment)
    deadline = time.monotonic() + START_SECONDS
    while "://" not in namespaces.run(PHONE, "sh", "-c", REDIRECT):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"openNDS does not start: {namespaces.said(process)[-2000:]}")
        time.sleep(0.1)
    return process


def _forget(namespaces: Namespaces) -> None:
    """Clear the firewall and /tmp: openNDS ended with its whole session, before it could."""
    for table in ("filter", "nat", "mangle"):
        for clearing in ("-F", "-X"):
            namespaces.run(ROUTER, "iptables-legacy", "-t", table, clearing)
    namespaces.run(ROUTER, "nft", "flush", "ruleset")
    for left in namespaces.folder.glob("nds*"):
        shutil.rmtree(left) if left.is_dir() else left.unlink()


def serve_https(namespaces: Namespaces, port: int, to_port: int) -> None:
    """End TLS in front of a portal of the world, by a certificate that openNDS trusts."""
    folder = namespaces.folder
    certificate, key = folder / "cert.pem", folder / "key.pem"
    subject = ("-subj", f"/CN={WORLD_ADDRESS}", "-addext", f"subjectAltName=IP:{WORLD_ADDRESS}")
    files = ("-keyout", str(key), "-out", str(certificate))
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    namespaces.run(WORLD, "openssl", "req", "-x509", *new_key, "-days", "2", *subject, *files)
    front = Path(__file__).with_name("tls_front.py")
    where = (WORLD_ADDRESS, str(port), str(to_port))
    namespaces.spawn(WORLD, sys.executable, str(front), *where, str(certificate), str(key))
