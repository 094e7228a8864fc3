"""Loopback addresses and ports that no other test of the run uses."""

import itertools
import os
import secrets
import socket

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
"""Which of the processes that share the run this is."""
_FIRST_PORT, _PORTS_OF_A_WORKER = 10_000, 1_000
"""Below those that the kernel gives to whoever names none: nobody takes one between two looks."""
_numbers = itertools.count(1)
_ports = itertools.count(secrets.randbelow(_PORTS_OF_A_WORKER))


def gateway_address() -> str:
    """Return an address of 127.0.0.0/8 for one gateway; its phones live beside it."""
    number = next(_numbers)
    return f"127.{20 + WORKER}.{number % 250 + 1}.1"


def free_port() -> int:
    """Return a port on which nobody listens, by TCP or UDP, and which no other test is given."""
    for number in _ports:
        port = _FIRST_PORT + (WORKER * _PORTS_OF_A_WORKER + number % _PORTS_OF_A_WORKER)
        if _is_free(port, socket.SOCK_STREAM) and _is_free(port, socket.SOCK_DGRAM):
            break
    return port


def _is_free(port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True
