"""Which ports the demonstration listens on: the product's own where they are free."""

import socket
from contextlib import closing

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
