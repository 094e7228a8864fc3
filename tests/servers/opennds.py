"""A real openNDS (Debian's) between a phone and the world, in network namespaces.

    phone 10.99.0.x --DHCP, DNS, captured--> router 10.99.0.1 --> world 10.88.0.1 (the portal)
                                             openNDS, dnsmasq          203.0.113.80 (the Web)

Two traps are dealt with: openNDS needs iptables-legacy, put first in its own PATH only; and a
phone without a lease in the file that openNDS looks for is refused, so the leases lie in /tmp as
openNDS sees it. The daemon has a /tmp, a /run and a process table of its own, since it writes to
the first, talks to systemd through the second and kills by name in the third. It looks after its
own web server every ten minutes only: on a busy machine it would restart it for being slow.
"""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.namespaces import Namespaces

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
fas_secure_enabled 1
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
    "mount -t tmpfs none /run && mount --bind {folder} /tmp && "
    "PATH=/tmp/first:$PATH exec opennds -f -c /tmp/opennds.conf"
)


@dataclass(frozen=True, slots=True)
class Portal:
    """Where openNDS sends its phones, and the key they share."""

    name: str
    """gatewayname."""
    key: str
    """faskey."""
    port: int = 8080
    path: str = "/gateway/opennds"


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
    with Namespaces(folder, (WORLD, ROUTER, PHONE)) as namespaces:
        _wire(namespaces)
        _serve_web(namespaces)
        _lease(namespaces)
        _start(namespaces, portal)
        yield OpenNds(namespaces)


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


def _start(namespaces: Namespaces, portal: Portal) -> None:
    folder = namespaces.folder
    _put_legacy_first(folder / "first")
    configuration = CONFIGURATION.format(
        name=portal.name, host=WORLD_ADDRESS, port=portal.port, path=portal.path, key=portal.key
    )
    (folder / "opennds.conf").write_text(configuration)
    apart = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
    process = namespaces.spawn(ROUTER, *apart, "sh", "-c", DAEMON.format(folder=folder))
    deadline = time.monotonic() + START_SECONDS
    while "openNDS is now running" not in namespaces.said(process):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"openNDS does not start: {namespaces.said(process)[-2000:]}")
        time.sleep(0.1)


def _put_legacy_first(folder: Path) -> None:
    """Make a folder in which `iptables` is iptables-legacy."""
    folder.mkdir()
    for name in ("iptables", "ip6tables"):
        real = shutil.which(f"{name}-legacy", path="/usr/sbin:/sbin:/usr/bin:/bin")
        if real is None:
            raise RuntimeError(f"{name}-legacy is not installed")
        (folder / name).symlink_to(real)
