"""Requests between receipt and reply, of one port: begun once, answered once, or counted.

What both kinds of exchange share: duplicate detection, counting, the canonical log line, and the
two ends every request comes to, `answer` or `give_up`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any, Final, NamedTuple
from uuid import UUID

from radius.counters import Counters
from radius.exchange_log import ExchangeLog
from radius.memory import Memory
from radius.nas import Nas
from radius.protocol.duplicates import DuplicateCache, Entry
from radius.protocol.packet import Packet
from radius.sightings import Sightings
from territory.clock import Clock

Peer = tuple[Any, ...]
"""A source as the socket gives it: address, port and, for IPv6, two numbers more."""
Send = Callable[[bytes, Peer], None]
NO_ANSWER: Final = b""
"""Given to a `Send` where no reply will come: a connection counts that request no longer."""


class Pending:
    """What it takes to answer a verified request, now or later."""

    __slots__ = ("began", "nas", "packet", "peer", "received_at", "seen", "send")

    def __init__(self, packet: Packet, nas: Nas, peer: Peer, send: Send) -> None:
        self.packet = packet
        self.nas = nas
        self.peer = peer
        self.send = send
        self.seen: Entry
        """Its place among the duplicates, where its reply is kept."""
        self.began: float
        """Monotonic seconds."""
        self.received_at: datetime
        """By the server's clock."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an exchange relies on besides the ledger."""

    clock: Clock
    counters: Counters
    sightings: Sightings
    log: ExchangeLog
    reject_delay_seconds: float = 0.0
    """How long an Access-Reject waits at least."""
    memory: Memory = field(default_factory=Memory)
    """What is known while the database is away."""


class Outline(NamedTuple):
    """How an exchange ended, for counters and the log."""

    code: str
    """The reply's, as its metric says it: `access_accept`."""
    reason: str
    device: bytes | None
    admission_id: UUID | None


class Requests:
    """The requests of one port."""

    def __init__(self, kind: str, surroundings: Surroundings) -> None:
        self.kind = kind
        self._clock = surroundings.clock
        self._counters = surroundings.counters
        self._sightings = surroundings.sightings
        self._log = surroundings.log
        self._latency = surroundings.counters.latency[kind]
        self._duplicates = DuplicateCache()

    def begin(self, packet: Packet, nas: Nas, peer: Peer, send: Send) -> Pending | None:
        """Return a verified request's place; None if it was seen before, which is then dealt with.

        A request seen before gets the same octets again, or nothing while it is worked on
        (RFC 5080 §2.2.2).
        """
        began = monotonic()
        entry, is_new = self._duplicates.look_up(
            (peer, packet.identifier), packet.authenticator, began
        )
        if is_new:
            pending = Pending(packet, nas, peer, send)
            pending.seen, pending.began = entry, began
            pending.received_at = self._clock.now()
            return pending
        self._counters.duplicates[self.kind] += 1
        send(NO_ANSWER if entry.reply is None else entry.reply, peer)
        return None

    def answer(self, pending: Pending, reply: bytes, outline: Outline) -> float:
        """Send the reply, keep it for duplicates, count it; return how many seconds it took."""
        pending.send(reply, pending.peer)
        pending.seen.reply = reply
        return self.settle(pending, outline)

    def deliver(self, held: tuple[Pending, bytes]) -> None:
        """Send a reply that was held back, and keep it for duplicates; it is settled already."""
        pending, reply = held
        pending.send(reply, pending.peer)
        pending.seen.reply = reply

    def settle(self, pending: Pending, outline: Outline) -> float:
        """Count and log how a request ended; return the seconds until it was decided."""
        seconds = monotonic() - pending.began
        self._latency.observe(seconds)
        self._counters.answered[outline.code, outline.reason] += 1
        self._counters.by_nas_replies[pending.nas.code, outline.code] += 1
        if self._log.enabled:
            self._write(pending, outline, seconds)
        return seconds

    def give_up(self, pending: Pending, reason: str) -> None:
        """Leave a request without an answer; sent again, it is worked anew."""
        self._duplicates.forget(pending.seen)
        self.discard(pending.peer, reason)
        pending.send(NO_ANSWER, pending.peer)

    def discard(self, peer: Peer, reason: str, datagram: bytes = b"") -> None:
        """Count a datagram nobody answers; its octets tell who an unknown sender claims to be."""
        self._counters.discarded[self.kind, reason] += 1
        self._sightings.discard(peer[0], reason, datagram)

    def _write(self, pending: Pending, outline: Outline, seconds: float) -> None:
        self._log.write(
            f"{self.kind}.answered",
            pending.received_at,
            outline.device,
            nas=pending.nas.code,
            admission=outline.admission_id and str(outline.admission_id),
            code=outline.code,
            reason=outline.reason,
            seconds=round(seconds, 6),
        )
