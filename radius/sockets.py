"""The UDP shell: datagrams in, datagrams out, and no thought.

The loop says that a socket is readable; it is then drained, up to a bound so that nothing else
starves, with a buffer of a packet's size. (asyncio's own datagram transport reads with a buffer of
256 KiB, which the allocator maps and unmaps for every datagram: four times the cost.) Draining
also lets the ledger's batches form.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Final

from radius.protocol.numbers import MAX_PACKET_OCTETS
from radius.requests import Peer, Send

Receive = Callable[[bytes, Peer, Send], None]

_DRAIN: Final = 16
"""Datagrams read before the loop goes on: a batch leaves for the database while the next are read.
Four times as many make one batch of all that is outstanding, and each side waits for the other."""
_BUFFER_OCTETS: Final = 8 << 20
_DATAGRAM_OCTETS: Final = MAX_PACKET_OCTETS + 1
"""One more than a packet holds, so that what is longer is seen to be."""


class UdpPort:
    """One listening port."""

    def __init__(self, host: str, port: int, receive: Receive) -> None:
        """Bind.

        Raises:
            OSError: the address or port cannot be had.
        """
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        self._receive = receive
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_OCTETS)
        try:
            self._socket.bind(address)
        except OSError:
            self._socket.close()
            raise
        self.send_failures = 0
        """Replies the network did not take."""

    @property
    def port(self) -> int:
        """The port it is bound to, also where 0 was asked for."""
        return int(self._socket.getsockname()[1])

    def open(self) -> None:
        """Receive from now on, in the running loop."""
        asyncio.get_running_loop().add_reader(self._socket, self._drain)

    def close(self) -> None:
        """Receive no more; replies still under way can be sent."""
        asyncio.get_running_loop().remove_reader(self._socket)

    def release(self) -> None:
        """Give the port back."""
        self._socket.close()

    def _drain(self) -> None:
        receive, read, send = self._receive, self._socket.recvfrom, self._send
        for _ in range(_DRAIN):
            try:
                datagram, peer = read(_DATAGRAM_OCTETS)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:  # an ICMP error of an earlier reply
                continue
            receive(datagram, peer, send)

    def _send(self, octets: bytes, peer: Peer) -> None:
        try:
            self._socket.sendto(octets, peer)
        except OSError:  # full buffer or unreachable NAS: it will ask again
            self.send_failures += 1
