"""The UDP shell: datagrams in, datagrams out, and no thought.

The loop says that a socket is readable; it is then drained, up to a bound so that nothing else
starves, with a buffer of a packet's size. (asyncio's own datagram transport reads with a buffer of
256 KiB, which the allocator maps and unmaps for every datagram: four times the cost.) Draining
also lets the ledger's batches form. Under a load it cannot follow, what has waited in the kernel
for too long is dropped, the oldest first and counted, so that what is answered is in time.
"""

import asyncio
import fcntl
import socket
import struct
import time
from collections.abc import Callable
from typing import Final

from radius.protocol.numbers import MAX_PACKET_OCTETS
from radius.requests import Peer, Send

Receive = Callable[[bytes, Peer, Send], None]
Shed = Callable[[int], None]
"""Told how many datagrams were dropped unread."""

_DRAIN: Final = 16
"""Datagrams read before the loop goes on: a batch leaves for the database while the next are read.
Of a few dozen outstanding, four times as many make one batch, and each side waits for the other."""
_RUSH: Final = 64
"""Datagrams read once many more wait: in a larger batch each costs us and the database a fifth
less, and there are enough for the next."""
_RUSH_AFTER: Final = 8
"""Turns in which not all that waited was read."""
_BUFFER_OCTETS: Final = 8 << 20
_DATAGRAM_OCTETS: Final = MAX_PACKET_OCTETS + 1
"""One more than a packet holds, so that what is longer is seen to be."""
_SIOCGSTAMP: Final = 0x8906
"""Linux: when the datagram read last came in, as two longs of seconds and microseconds."""
_STAMP: Final = struct.Struct("@ll")
PATIENCE_SECONDS: Final = 0.8
"""What waited longer in the kernel is dropped; what then waits in a queue has time left. A thousand
requests at once, as gateways send them after a cut, are all answered by whoever manages 1 250 a
second; dropped, each would wait for its NAS to send it again."""
_DROP: Final = 2_048
"""Datagrams dropped before the loop goes on."""


class UdpPort:
    """One listening port."""

    def __init__(
        self, host: str, port: int, receive: Receive, shed: Shed, *, shared: bool = False
    ) -> None:
        """Bind; a `shared` port is bound by several processes, each serving sources of its own.

        Raises:
            OSError: the address or port cannot be had.
        """
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        self._receive = receive
        self._shed = shed
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_OCTETS)
        if shared:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            self._socket.bind(address)
        except OSError:
            self._socket.close()
            raise
        self._full_turns = 0
        """In succession, in which the bound was reached."""
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
        for _ in range(_DRAIN if self._full_turns < _RUSH_AFTER else _RUSH):
            try:
                datagram, peer = read(_DATAGRAM_OCTETS)
            except (BlockingIOError, InterruptedError):
                self._full_turns = 0
                return
            except OSError:  # an ICMP error of an earlier reply
                continue
            receive(datagram, peer, send)
        self._full_turns += 1
        if self._is_late():
            self._drop_late()

    def _is_late(self) -> bool:
        """Whether the datagram read last had waited too long; asked only when more may wait."""
        try:
            stamp = fcntl.ioctl(self._socket, _SIOCGSTAMP, bytes(_STAMP.size))
        except OSError:  # the first time: the kernel stamps from now on
            return False
        seconds, microseconds = _STAMP.unpack(stamp)
        waited: float = time.clock_gettime(time.CLOCK_REALTIME) - seconds - microseconds / 1e6
        return waited > PATIENCE_SECONDS

    def _drop_late(self) -> None:
        """Drop what waits until it is fresh, or nothing waits."""
        dropped = 0
        try:
            while dropped < _DROP and (dropped % _DRAIN or self._is_late()):
                self._socket.recv(1)
                dropped += 1
        except OSError:  # nothing waits any more, or an ICMP error of an earlier reply
            pass
        self._shed(dropped)

    def _send(self, octets: bytes, peer: Peer) -> None:
        if not octets:  # no answer will come, and nobody waits for a datagram's
            return
        try:
            self._socket.sendto(octets, peer)
        except OSError:  # full buffer or unreachable NAS: it will ask again
            self.send_failures += 1
