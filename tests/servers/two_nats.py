"""A site behind two NATs whose public address changes, the Internet, and the base, in namespaces.

    base 81.2.69.2 -- Internet -- box 81.2.70.10, .11 -- NAT -- router 192.168.1.2 -- NAT -- site
                                                                                      10.20.0.2

Nothing reaches the site from outside but what answers it. The operator's box gets another public
address as such boxes do: the old one goes, and with it every mapping that was kept under it.
"""

import ctypes
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.namespaces import Namespaces

BASE, INTERNET, BOX, ROUTER, SITE = "b", "i", "x", "y", "g"
BASE_ADDRESS = "81.2.69.2"
_CLONE_NEWNET = 0x40000000
_MASQUERADE = ("-t", "nat", "-A", "POSTROUTING", "-o", "wan", "-j", "MASQUERADE")
_NOTHING_NEW = ("-A", "FORWARD", "-i", "wan", "-m", "conntrack", "--ctstate", "NEW", "-j", "DROP")


@dataclass
class TwoNats:
    """The namespaces, wired; the box has its first public address."""

    namespaces: Namespaces
    public_address: str = "81.2.70.10"
    """Of the box, as the Internet sees the site."""

    def lay(self) -> None:
        """Wire everything and start both NATs."""
        wire, run = self.namespaces.wire, self.namespaces.run
        wire((BASE, "wan", f"{BASE_ADDRESS}/24"), (INTERNET, "base", "81.2.69.1/24"))
        wire((INTERNET, "box", "81.2.70.1/24"), (BOX, "wan", f"{self.public_address}/24"))
        wire((BOX, "lan", "192.168.1.1/24"), (ROUTER, "wan", "192.168.1.2/24"))
        wire((ROUTER, "lan", "10.20.0.1/24"), (SITE, "wan", "10.20.0.2/24"))
        for name, gateway in (
            (BASE, "81.2.69.1"),
            (BOX, "81.2.70.1"),
            (ROUTER, "192.168.1.1"),
            (SITE, "10.20.0.1"),
        ):
            self.namespaces.route(name, "default", gateway)
        for name in (INTERNET, BOX, ROUTER):
            run(name, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
        for name in (BOX, ROUTER):
            for rule in (_MASQUERADE, _NOTHING_NEW):
                run(name, "iptables", *rule)

    def change_public_address(self, address: str) -> None:
        """Give the box another address of the same network, and no longer the old one."""
        run = self.namespaces.run
        run(BOX, "ip", "address", "del", f"{self.public_address}/24", "dev", "wan")
        self.namespaces.address(BOX, "wan", f"{address}/24")
        self.namespaces.route(BOX, "default", "81.2.70.1")
        self.public_address = address

    def socket(self, name: str, kind: socket.SocketKind, address: str) -> socket.socket:
        """Return a socket of one namespace, bound there, for a loop that runs here."""
        with _inside(self.namespaces.full(name)):
            made = socket.socket(socket.AF_INET, kind)
        made.setblocking(False)
        host, _, port = address.rpartition(":")
        made.bind((host, int(port)))
        return made


@contextmanager
def two_nats(folder: Path) -> Iterator[TwoNats]:
    """Have it all stand; gone afterwards, with what was started in it."""
    with Namespaces(folder, (BASE, INTERNET, BOX, ROUTER, SITE)) as namespaces:
        world = TwoNats(namespaces)
        world.lay()
        yield world


@contextmanager
def _inside(full_name: str) -> Iterator[None]:
    """Have this thread's new sockets belong to a namespace; a socket stays where it was made."""
    libc = ctypes.CDLL(None, use_errno=True)
    here = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{full_name}", os.O_RDONLY)
    try:
        _enter(libc, there)
        try:
            yield
        finally:
            _enter(libc, here)
    finally:
        os.close(here)
        os.close(there)


def _enter(libc: ctypes.CDLL, descriptor: int) -> None:
    if libc.setns(descriptor, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
