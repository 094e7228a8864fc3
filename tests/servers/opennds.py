"""A real openNDS (Debian's) between a phone and the world, in network namespaces.

    phone 10.99.0.x --DHCP, DNS, captured--> router 10.99.0.1 --> world 10.88.0.1 (the portal)
                                             openNDS, dnsmasq          203.0.113.80 (the Web)

Two traps are dealt with: openNDS needs iptables-legacy, put first in its own PATH only; and a
phone without a lease in the file that openNDS looks for is refused, so the leases lie in /tmp as
openNDS sees it. The daemon has a /tmp, a /run and a process table of its own, since it writes to
the first, talks to systemd through the second and kills by name in the third. It looks after its
own web server every ten minutes only: on a busy machine it would restart it for being slow.

At level 3 it needs PHP and a portal in https whose certificate it trusts, and reads how often to
ask from /etc/opennds, which is a folder of the test's as it sees it. Debian's 9.10 knows no level
4: it then runs at level 1, whose redirect is the same, and `POLLER` asks as the documents of
openNDS 10 say, by the same daemon's ndsctl.
"""

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from tests.servers.namespaces import Namespaces, end

if TYPE_CHECKING:
    import subprocess

WORLD, ROUTER, PHONE = "w", "r", "c"
WORLD_ADDRESS = "10.88.0.1"
ROUTER_ADDRESS = "10.99.0.1"
WEB_ADDRESS = "203.0.113.80"
WEB_TITLE = "Le Web est ouvert"
START_SECONDS = 60

CONFIGURATION = """\
gatewayinterface r-c
gatewayname {name}
enable_serial_number_suffix 0
fasport {port}
fasremoteip {host}
faspath {path}
fas_secure_enabled {level}
{binauth}
faskey {key}
checkinterval 600
FirewallRuleSet users-to-router {{
  FirewallRule allow udp port 53
  FirewallRule allow tcp port 53
  FirewallRule allow udp port 67
}}
"""

LEASE_SCRIPT = """\
#!/bin/sh
# What udhcpc calls with a lease in its environment.
[ "$1" = bound ] || exit 0
ip address add "$ip/24" dev "$interface" && ip route add default via "$router"
"""

DAEMON = (
    "mount --bind {folder}/etc /etc/opennds && "
    "mount -t tmpfs none /run && mount --bind {folder} /tmp && "
    "PATH=/tmp/first:$PATH exec opennds -f -c /tmp/opennds.conf"
)
BINAUTH = "binauth /usr/lib/opennds/binauth_log.sh"
"""What tells the portal at level 3 that a client left."""
OF_AUTHMON = "nat_traversal_poll_interval 1\nfas_secure_enabled {level}\n"
"""What its scripts read by themselves."""

POLLER = """\
#!/bin/bash
# Level 4 as openNDS 10 documents it. $1: the portal's address; $2: hash of the gateway's name.
ask() {
  curl -s -k -G -A 'openNDS(authmon;NDS:10.3.0;)' -d auth_get=view -d "gatewayhash=$2" \\
    --data-urlencode "payload=$(printf %s "$3" | base64 -w0)" "$1"
}
while sleep 0.5; do
  acknowledged='*'
  listed=$(ask "$1" "$2" none)
  for entry in ${listed:2:1024}; do
    words=$(printf %b "${entry//%/\\\\x}")
    ndsctl auth $words | grep -q 'authenticated\\.' && acknowledged="$acknowledged ${words%% *}"
  done
  ask "$1" "$2" "$acknowledged"
done
"""


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
    """fas_secure_enabled; 3 is always in https."""

    @property
    def url(self) -> str:
        """Where it sends phones, and asks."""
        return f"{'https' if self.level == 3 else 'http'}://{WORLD_ADDRESS}:{self.port}{self.path}"


@dataclass(frozen=True, slots=True)
class OpenNds:
    """The running gateway and what is around it."""

    namespaces: Namespaces

    login_address: str = f"{ROUTER_ADDRESS}:2050"
    """gatewayaddress as openNDS writes it."""

    def phone_mac(self) -> str:
        """Return the MAC address of the phone, in lower case with colons."""
        path = "/sys/class/net/c-r/address"
        return self.namespaces.run(PHONE, "cat", path).strip()


@contextmanager
def opennds(folder: Path, portal: Portal) -> Iterator[OpenNds]:
    """Have openNDS run in front of a phone that has a lease; all of it gone afterwards.

    Raises: RuntimeError with openNDS's last words when it does not start.
    """
    with site(folder) as namespaces, daemon(namespaces, portal) as running:
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
def daemon(namespaces: Namespaces, portal: Portal) -> Iterator[OpenNds]:
    """Have openNDS run on a site's router, one after another.

    Raises: RuntimeError with openNDS's last words when it does not start.
    """
    processes = [_start(namespaces, portal)]
    try:
        if portal.level == 4:
            processes.append(_poll(namespaces, portal))
        yield OpenNds(namespaces)
    finally:
        for process in reversed(processes):
            end(process)
        _forget_rules(namespaces)


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
    asking = ("udhcpc", "-i", "c-r", "-f", "-q", "-n", "-t", "10", "-T", "1", "-s", str(script))
    namespaces.run(PHONE, *asking)


def _start(namespaces: Namespaces, portal: Portal) -> "subprocess.Popen[bytes]":
    folder = namespaces.folder
    _put_legacy_first(folder / "first")
    level = 1 if portal.level == 4 else portal.level
    configuration = CONFIGURATION.format(
        name=portal.name,
        host=WORLD_ADDRESS,
        port=portal.port,
        path=portal.path,
        key=portal.key,
        level=level,
        binauth=BINAUTH if level == 3 else "",
    )
    (folder / "opennds.conf").write_text(configuration)
    (folder / "etc").mkdir(exist_ok=True)
    (folder / "etc/opennds.conf").write_text(OF_AUTHMON.format(level=level))
    apart = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
    trusted = {"SSL_CERT_FILE": "/tmp/cert.pem"} if level == 3 else {}
    command = (*apart, "sh", "-c", DAEMON.format(folder=folder))
    process = namespaces.spawn(ROUTER, *command, environment=trusted)
    deadline = time.monotonic() + START_SECONDS
    while "openNDS is now running" not in namespaces.said(process):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"openNDS does not start: {namespaces.said(process)[-2000:]}")
        time.sleep(0.1)
    return process


def _poll(namespaces: Namespaces, portal: Portal) -> "subprocess.Popen[bytes]":
    """Start what asks at level 4, where openNDS's socket is."""
    script = namespaces.folder / "poller.sh"
    script.write_text(POLLER)
    script.chmod(0o755)
    digest = sha256(portal.name.encode()).hexdigest()
    command = f"mount --bind {namespaces.folder} /tmp && exec /tmp/poller.sh {portal.url} {digest}"
    return namespaces.spawn(ROUTER, "unshare", "--mount", "sh", "-c", command)


def _forget_rules(namespaces: Namespaces) -> None:
    """Clear the router's firewall: openNDS ended with its whole session, before it could."""
    for table in ("filter", "nat", "mangle"):
        for clearing in ("-F", "-X"):
            namespaces.run(ROUTER, "iptables-legacy", "-t", table, clearing)


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


def _put_legacy_first(folder: Path) -> None:
    """Make a folder in which `iptables` is iptables-legacy."""
    if folder.exists():
        return
    folder.mkdir()
    for name in ("iptables", "ip6tables"):
        real = shutil.which(f"{name}-legacy", path="/usr/sbin:/sbin:/usr/bin:/bin")
        if real is None:
            raise RuntimeError(f"{name}-legacy is not installed")
        (folder / name).symlink_to(real)
