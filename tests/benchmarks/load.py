"""The load generator: a closed loop over UDP in a process of its own, every reply verified.

`outstanding` requests are under way at any moment. Each is a *lane*: it owns a few identifiers of
one socket, sends its packets one after another, the next as soon as the last is answered. All
packets are encoded before the clock starts, so that the window holds sending and checking only.
What is measured: replies inside the window, and the time from sending to the verified reply.
A lane retransmits the identical packet after a deadline and gives a packet up after three tries;
both are counted, so is every reply that is not perfect. The run is bound in time and in count.
"""

import contextlib
import gc
import os
import random
import select
import socket
import time
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection

from tests.benchmarks.wire import (
    ACCESS_ACCEPT,
    ACCOUNTING_RESPONSE,
    Report,
    Status,
    Subscriber,
    Verifier,
    encode_access_request,
    encode_accounting_request,
)

IDENTIFIERS = 256
"""An identifier is one octet: a socket cannot have more requests outstanding (RFC 2865 §3)."""
SESSIONS_PER_LANE = 8
"""Accounting: a lane serves this many sessions in turn, as a gateway's records interleave."""
BUFFER_OCTETS = 4 << 20
TRIES = 3
NANOSECONDS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Load:
    """What to send, to whom, and for how long."""

    kind: str
    """`access` (PAP Access-Requests) or `accounting` (Start, Interim, Stop in equal parts)."""
    port: int
    """UDP port on 127.0.0.1; nothing but loopback is ever loaded."""
    shared_secret: bytes
    subscribers: tuple[Subscriber, ...]
    """Drawn from at random."""
    outstanding: int
    """Requests under way at once."""
    seconds: float
    """Length of the measured window."""
    most: int
    """Packets encoded ahead; the run ends early, and says so, when they are used up."""
    warm_up_seconds: float = 1.0
    retransmit_seconds: float = 3.0
    seed: int = 0

    @property
    def sockets(self) -> int:
        """Four, or as many as it takes for every lane to own two identifiers or more."""
        return min(self.outstanding, max(4, -(-self.outstanding * 2 // IDENTIFIERS)))


@dataclass(slots=True)
class Outcome:
    """What a run gave; counts are over the whole run, rate and latencies over the window."""

    window_replies: int = 0
    window_seconds: float = 0.0
    p50_ms: float = 0.0
    p95_ms: float = 0.0
    p99_ms: float = 0.0
    sent: int = 0
    """Requests, without retransmissions."""
    good: int = 0
    """Replies that were perfect: identifier, authenticators and code."""
    retransmitted: int = 0
    lost: int = 0
    """Requests never answered."""
    late: int = 0
    """Good second answers, to a retransmission."""
    faults: Counter[str] = field(default_factory=Counter)
    """Replies that were not perfect, by what was wrong."""
    ran_out: bool = False
    """Whether the packets were used up before the time was; the window ends there."""
    generator_share: float = 0.0
    """Of one core, what the generator itself took while it ran."""
    server_seconds: float = 0.0
    """CPU time the server took for the whole run, where somebody asked for it."""

    @property
    def per_second(self) -> float:
        """Good replies a second inside the window."""
        return self.window_replies / self.window_seconds if self.window_seconds else 0.0

    @property
    def complaint(self) -> str | None:
        """Why the figures would not mean what they say; None when they do."""
        if self.faults or self.lost:
            return f"{self.lost} lost, faults {dict(self.faults)} of {self.sent} requests"
        if self.ran_out:
            return f"the {self.sent} requests encoded ahead were too few"
        return "no reply at all" if not self.good else None


@dataclass(slots=True)
class _Lane:
    """A chain of packets of which one is under way."""

    socket: socket.socket
    packets: Iterator[bytes]
    current: bytes = b""
    sent_at: int = 0
    """When the current packet left first: a retransmission does not make its latency shorter."""
    retry_at: int = 0
    tries: int = 0
    idle: bool = False


def measure(load: Load) -> Outcome:
    """Run one load in a fresh process, so that no other work shares its interpreter."""
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(load, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        outcome = ours.recv()
    finally:
        process.join(timeout=30)
        if process.is_alive():
            process.kill()
    if not isinstance(outcome, Outcome):
        raise RuntimeError(f"the load generator failed: {outcome}")
    return outcome


def _work(load: Load, report: Connection) -> None:
    try:
        report.send(_Run(load).run())
    except Exception as error:  # the parent raises it: this process has nobody else to tell
        report.send(repr(error))
        raise


def _accounting_chain(load: Load, pick: random.Random, ids: list[int], n: int) -> Iterator[bytes]:
    """Records of sessions served in turn, each in the order Start, Interim, Stop."""
    now = int(time.time())
    made = 0
    while True:
        members = [
            (pick.choice(load.subscribers), f"{pick.getrandbits(64):016X}")
            for _ in range(SESSIONS_PER_LANE)
        ]
        for status in (Status.START, Status.INTERIM, Status.STOP):
            for subscriber, session in members:
                if made == n:
                    return
                seconds = 0 if status is Status.START else 300 * (2 if status is Status.STOP else 1)
                report = Report(status, session, seconds, seconds * 40_000)
                identifier = ids[made % len(ids)]
                made += 1
                yield encode_accounting_request(
                    subscriber, report, load.shared_secret, identifier, now
                )


def _access_chain(load: Load, pick: random.Random, ids: list[int], n: int) -> Iterator[bytes]:
    for made in range(n):
        yield encode_access_request(
            pick.choice(load.subscribers),
            load.shared_secret,
            ids[made % len(ids)],
            pick.randbytes(16),
        )


_CHAINS = {
    "access": (_access_chain, ACCESS_ACCEPT),
    "accounting": (_accounting_chain, ACCOUNTING_RESPONSE),
}


class _Run:
    """One run's state. The two hot methods, `_receive` and `_advance`, are flat on purpose."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._verifier = Verifier(load.shared_secret)
        self._chain, self._expected = _CHAINS[load.kind]
        self._outcome = Outcome()
        self._patience = int(load.retransmit_seconds * NANOSECONDS)
        self._latencies = array("q")
        self._in_window = False
        self._sending = True
        self._sockets = [self._open_socket() for _ in range(load.sockets)]
        self._owners: dict[int, list[_Lane]] = {}
        """By file descriptor: the lane that owns each identifier."""
        self._previous: dict[int, list[bytes]] = {}
        """By file descriptor: each identifier's last answered or abandoned request."""
        self._lanes = self._make_lanes()

    def _open_socket(self) -> socket.socket:
        opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        opened.setblocking(False)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            opened.setsockopt(socket.SOL_SOCKET, option, BUFFER_OCTETS)
        opened.connect(("127.0.0.1", self._load.port))
        return opened

    def _make_lanes(self) -> list[_Lane]:
        load, lanes = self._load, []
        pick = random.Random(load.seed or int.from_bytes(os.urandom(8)))
        for index, opened in enumerate(self._sockets):
            count = len(range(index, load.outstanding, len(self._sockets)))
            mine = []
            for lane in range(count):
                ids = list(range(lane, IDENTIFIERS, count))
                chain = list(self._chain(load, pick, ids, load.most // load.outstanding))
                mine.append(_Lane(opened, iter(chain)))
            self._owners[opened.fileno()] = [mine[i % count] for i in range(IDENTIFIERS)]
            self._previous[opened.fileno()] = [b""] * IDENTIFIERS
            lanes += mine
        return lanes

    def run(self) -> Outcome:
        """Warm up, measure, then let what is under way finish."""
        gc.collect()
        gc.disable()
        poller = select.epoll()
        for opened in self._sockets:
            poller.register(opened, select.EPOLLIN)
        by_descriptor = {opened.fileno(): opened for opened in self._sockets}
        cpu = time.process_time()
        start = time.perf_counter_ns()
        opens = start + int(self._load.warm_up_seconds * NANOSECONDS)
        closes = opens + int(self._load.seconds * NANOSECONDS)
        for lane in self._lanes:
            self._advance(lane, start)
        checked = start
        while self._sending or not all(lane.idle for lane in self._lanes):
            for descriptor, _ in poller.poll(0.02):
                self._receive(by_descriptor[descriptor])
            now = time.perf_counter_ns()
            self._in_window = opens <= now < closes
            self._sending = self._sending and now < closes
            if now - checked > NANOSECONDS // 50:
                checked = now
                self._look_for_silence(now)
                if self._outcome.ran_out and now < closes:
                    closes = now
        took = (time.perf_counter_ns() - start) / NANOSECONDS
        self._outcome.generator_share = round((time.process_time() - cpu) / took, 2)
        return self._summary(max(0.0, (closes - opens) / NANOSECONDS))

    def _receive(self, opened: socket.socket) -> None:
        """Take all that has arrived on one socket; each good reply sends its lane's next packet."""
        descriptor = opened.fileno()
        owners, previous = self._owners[descriptor], self._previous[descriptor]
        outcome, fault, latencies = self._outcome, self._verifier.fault, self._latencies
        while True:
            try:
                reply = opened.recv(4096)
            except BlockingIOError:
                return
            except ConnectionRefusedError:
                outcome.faults["refused"] += 1
                return
            now = time.perf_counter_ns()
            identifier = reply[1] if len(reply) > 1 else 0
            lane = owners[identifier]
            request = lane.current
            if lane.idle or request[1] != identifier or fault(reply, request[4:20]):
                self._count_odd(reply, previous[identifier], request, lane)
                continue
            if reply[0] != self._expected:
                outcome.faults[f"code {reply[0]}"] += 1
            else:
                outcome.good += 1
                if self._in_window:
                    latencies.append(now - lane.sent_at)
            previous[identifier] = request
            self._advance(lane, now)

    def _count_odd(self, reply: bytes, previous: bytes, request: bytes, lane: _Lane) -> None:
        """A second answer is only counted; anything else is a fault of the server."""
        for known in (previous, request if lane.idle else b""):
            if known and self._verifier.fault(reply, known[4:20]) is None:
                self._outcome.late += 1
                return
        self._outcome.faults[self._verifier.fault(reply, request[4:20]) or "identifier"] += 1

    def _advance(self, lane: _Lane, now: int) -> None:
        packet = next(lane.packets, None) if self._sending else None
        if packet is None:
            lane.idle = True
            self._outcome.ran_out = self._outcome.ran_out or self._sending
            return
        lane.current, lane.sent_at, lane.tries = packet, now, 1
        lane.retry_at = now + self._patience
        self._outcome.sent += 1
        with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
            lane.socket.send(packet)  # if it did not leave, the retransmission will

    def _look_for_silence(self, now: int) -> None:
        for lane in self._lanes:
            if lane.idle or lane.retry_at > now:
                continue
            if lane.tries == TRIES:
                self._outcome.lost += 1
                self._previous[lane.socket.fileno()][lane.current[1]] = lane.current
                self._advance(lane, now)
                continue
            lane.tries, lane.retry_at = lane.tries + 1, now + self._patience
            self._outcome.retransmitted += 1
            with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
                lane.socket.send(lane.current)

    def _summary(self, window_seconds: float) -> Outcome:
        ordered = sorted(self._latencies)
        self._outcome.window_replies = len(ordered)
        self._outcome.window_seconds = window_seconds

        def percentile(share: float) -> float:
            at = min(len(ordered) - 1, int(share * len(ordered)))
            return round(ordered[at] / 1e6, 3) if ordered else 0.0

        outcome = self._outcome
        outcome.p50_ms, outcome.p95_ms, outcome.p99_ms = map(percentile, (0.5, 0.95, 0.99))
        for opened in self._sockets:
            opened.close()
        return outcome
