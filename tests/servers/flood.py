"""A flood: more requests than anybody can answer, from a process of its own, and what came back.

Packets are encoded before the clock starts and leave on a schedule, or as fast as this machine
sends them. Each (socket, identifier) is used again and again with a new authenticator, as a NAS
with too few sockets does; a reply belongs to the request whose authenticator it answers
(RFC 2865 §3), which is found after the clock has stopped.
"""

import gc
import hashlib
import select
import socket
import struct
import time
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection

SOCKETS = 32
_AT_ONCE = 64
_BUFFER_OCTETS = 4 << 20
_LONGEST_SECONDS = 120.0
_SO_TIMESTAMPNS = 35
"""Linux: say when a datagram came in, by the clock of time.time(); read late, it came no later."""
_STAMP = struct.Struct("@ll")
_ROOM_FOR_A_STAMP = socket.CMSG_SPACE(_STAMP.size)


@dataclass(frozen=True, slots=True)
class Flood:
    """What to send, and how."""

    port: int
    """On 127.0.0.1."""
    packets: tuple[bytes, ...]
    """One after another, each once; the n-th leaves from the n-th of 32 sockets, in turn."""
    a_second: float
    """At most."""
    shared_secret: bytes
    address: str = "127.0.0.1"
    """Where they come from."""
    listen_seconds: float = 2.0
    """After the last packet left."""


@dataclass(slots=True)
class Ebb:
    """What came of it."""

    sent: int = 0
    """Those that the kernel took."""
    seconds: float = 0.0
    """From the first packet to the last."""
    codes: Counter[int] = field(default_factory=Counter)
    """Replies that answer a request, by code."""
    strange: int = 0
    """Replies that answer none."""
    waits: list[float] = field(default_factory=list)
    """Seconds from request to reply, ascending."""

    @property
    def answered(self) -> int:
        """How many requests were answered."""
        return len(self.waits)

    @property
    def p99_seconds(self) -> float:
        """How long a hundredth of the answered waited at least."""
        return self.waits[int(len(self.waits) * 0.99)]


def identifier_of(number: int) -> int:
    """Return the Identifier the n-th packet must have."""
    return number // SOCKETS % 256


def pour(flood: Flood) -> Ebb:
    """Send everything and return what came of it; blocks."""
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(flood, theirs))
    process.start()
    theirs.close()
    try:
        if not ours.poll(_LONGEST_SECONDS):
            raise TimeoutError("the flood does not end")
        ebb = ours.recv()
    finally:
        process.join(10)
        if process.is_alive():
            process.kill()
            process.join()
    assert isinstance(ebb, Ebb)
    return ebb


@dataclass(slots=True)
class _Log:
    """What happened, as it happened."""

    sent_at: list[float] = field(default_factory=list)
    """Of each packet."""
    replies: list[tuple[float, int, bytes]] = field(default_factory=list)
    """When it came in, on which socket, what."""


def _run(flood: Flood, out: Connection) -> None:
    gc.disable()
    sockets = [_open(flood) for _ in range(SOCKETS)]
    log, ebb = _Log(), Ebb()
    began = time.monotonic()
    _send(flood, sockets, log, ebb)
    ebb.seconds = time.monotonic() - began
    _listen(sockets, log, time.monotonic() + flood.listen_seconds)
    for each in sockets:
        each.close()
    _match(flood, log, ebb)
    out.send(ebb)


def _open(flood: Flood) -> socket.socket:
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_OCTETS)
    one.bind((flood.address, 0))
    one.connect(("127.0.0.1", flood.port))
    one.setblocking(False)
    return one


def _send(flood: Flood, sockets: list[socket.socket], log: _Log, ebb: Ebb) -> None:
    clock, sent_at = time.monotonic, log.sent_at
    began = clock()
    for number, packet in enumerate(flood.packets):
        sent_at.append(time.time())
        with suppress(OSError):
            sockets[number % SOCKETS].send(packet)
            ebb.sent += 1
        if number % _AT_ONCE == 0:
            _drain(sockets[number // _AT_ONCE % SOCKETS], number // _AT_ONCE % SOCKETS, log)
            while clock() - began < number / flood.a_second:
                _listen(sockets, log, clock() + 0.0005)


def _listen(sockets: list[socket.socket], log: _Log, until: float) -> None:
    numbers = {each.fileno(): number for number, each in enumerate(sockets)}
    while (left := until - time.monotonic()) > 0:
        for ready in select.select(sockets, [], [], left)[0]:
            _drain(ready, numbers[ready.fileno()], log)


def _drain(one: socket.socket, number: int, log: _Log) -> None:
    for _ in range(256):
        try:
            reply, told, _, _ = one.recvmsg(4096, _ROOM_FOR_A_STAMP)
        except BlockingIOError:
            return
        except OSError:
            continue
        seconds, nanoseconds = _STAMP.unpack(told[0][2])
        log.replies.append((seconds + nanoseconds / 1e9, number, reply))


def _match(flood: Flood, log: _Log, ebb: Ebb) -> None:
    by_slot: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for number, packet in enumerate(flood.packets):
        by_slot[number % SOCKETS, packet[1]].append(number)
    for at, number, reply in log.replies:
        asked = _asked(flood, by_slot[number, reply[1]], reply)
        if asked is None:
            ebb.strange += 1
            continue
        ebb.codes[reply[0]] += 1
        ebb.waits.append(at - log.sent_at[asked])
    ebb.waits.sort()


def _asked(flood: Flood, candidates: list[int], reply: bytes) -> int | None:
    """Return which request a reply answers, by its Response Authenticator."""
    for number in candidates:
        signed = reply[:4] + flood.packets[number][4:20] + reply[20:] + flood.shared_secret
        if hashlib.md5(signed).digest() == reply[4:20]:
            return number
    return None
