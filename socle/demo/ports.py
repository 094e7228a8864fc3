"""Which ports the demonstration listens on: the product's own where they are free."""

import socket
from contextlib import closing
from dataclasses import dataclass

_TRIED = 200


def free_port(wanted: int, kind: socket.SocketKind, host: str = "127.0.0.1") -> int:
    """Return `wanted`, or the next port above it that nobody listens on.

    Raises:
        OSError: none of the next 200 is free.
    """
    for port in range(wanted, wanted + _TRIED):
        with closing(socket.socket(socket.AF_INET, kind)) as probe:
            if kind is socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port from {wanted} on {host}")


@dataclass(frozen=True, slots=True)
class Ports:
    """Where everything of the demonstration listens."""

    page: int
    portal: int
    authentication: int
    accounting: int
    radsec: int
    desk: int
    mail: int
    """Of the relay that takes what the base writes to guests."""
    sms: int
    """Of the provider that takes their text messages."""
    metrics: tuple[int, int, int, int, int]
    """portal, radius, supervision, retention, desk."""
    monitoring: tuple[int, int]
    """Prometheus's and Alertmanager's, where they are installed."""

    @classmethod
    def choose(cls, page: int) -> "Ports":
        """Return the product's own ports, or the next free ones.

        Raises:
            OSError: nothing is free near one of them.
        """
        tcp, udp = socket.SOCK_STREAM, socket.SOCK_DGRAM
        authentication = free_port(1812, udp)
        return cls(
            page=free_port(page, tcp),
            portal=free_port(8080, tcp),
            authentication=authentication,
            accounting=free_port(authentication + 1, udp),
            radsec=free_port(2083, tcp),
            desk=free_port(8444, tcp),
            mail=free_port(2525, tcp),
            sms=free_port(2580, tcp),
            metrics=(
                free_port(9401, tcp),
                free_port(9402, tcp),
                free_port(9403, tcp),
                free_port(9404, tcp),
                free_port(9405, tcp),
            ),
            monitoring=(free_port(9090, tcp), free_port(9093, tcp)),
        )
