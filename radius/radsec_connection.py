"""One site's RadSec connection after its handshake: packets in, replies out, our own questions.

    octets -> stream -> packet -> whose? -> proven -> access, accounting: the exchange's way
                                                   -> answer to our Disconnect or CoA: who asked
                                                   -> their Disconnect or CoA: NAK (RFC 6614 §2.5)

All of RADIUS shares the one connection (RFC 6614 §2.5), and the shared secret `radsec` (§2.3): the
proof of a packet is TLS, its digests are checked all the same. What is malformed or forged ends the
connection (RFC 6613 §2.6.4); what is only unwanted is counted.

A peer that does not read what it is sent is not read either: its unsent replies, its requests under
way and its unread octets are all bounded, and it is cut off when that lasts.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, cast

from radius.exchange import ACCESS, ACCOUNTING
from radius.nas import Nas
from radius.protocol.authenticators import ZEROS
from radius.protocol.numbers import ERROR_CAUSE, MESSAGE_AUTHENTICATOR, Code
from radius.protocol.packet import Packet, decode, encode_attribute
from radius.protocol.stream import PacketStream
from radius.radsec_papers import PeerCertificate, read_peer
from radius.requests import Peer, Send
from territory.errors import ProtocolError

_PACKETS_A_TURN: Final = 64
"""Then others have their turn."""
_UNDER_WAY: Final = 256
"""Requests that are worked on, answered or given up next: as many as there are identifiers."""
_HIGH_OCTETS: Final = 64 << 10
"""Unsent; above, nothing more is read."""
_MOST_OCTETS: Final = 256 << 10
"""Unsent; above, the connection ends."""
_STUCK_SECONDS: Final = 30.0
_UNANSWERED_SECONDS: Final = 30.0
"""A request nobody says anything of gives its place back after this."""

_COA_REQUEST: Final = 43
_UNSUPPORTED_EXTENSION: Final = encode_attribute(ERROR_CAUSE, (406).to_bytes(4, "big"))
_KINDS: Final = {
    Code.ACCESS_REQUEST: ACCESS,
    Code.STATUS_SERVER: ACCESS,
    Code.ACCOUNTING_REQUEST: ACCOUNTING,
}
_QUESTIONS: Final = frozenset((Code.DISCONNECT_REQUEST, _COA_REQUEST))
_ANSWERS: Final = frozenset((41, 42, 44, 45))
_DIGESTED: Final = frozenset((Code.ACCOUNTING_REQUEST, *_QUESTIONS))
"""Requests whose authenticator is a digest (RFC 2866 §3, RFC 5176 §2.3)."""

Receive = Callable[[Nas, str, bytes, Peer, Send], None]
"""What takes a packet of a NAS that is known: who, `access` or `accounting`, octets, where from."""
Answered = Callable[[bytes], None]
"""What takes the octets of an answer, once its Response Authenticator is verified."""
NasNamed = Callable[[str], Nas | None]
"""Who has this DNS name in its certificate; lower case."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What every connection relies on."""

    nas_named: NasNamed
    receive: Receive
    arrived: Callable[["Connection"], None]
    """It is known whose it is."""
    ended: Callable[["Connection", str | None], None]
    """It is over; why, where we ended it."""
    unwanted: Callable[["Connection", str], None]
    """A packet was left without an answer."""


class Connection(asyncio.Protocol):
    """One connection; its peer's certificate is verified by TLS before it begins."""

    def __init__(self, peer: Peer, desk: Desk) -> None:
        """`peer` has the address, the port and a number no other connection has."""
        self._loop = asyncio.get_running_loop()
        self._desk = desk
        self._stream = PacketStream()
        self._under_way: dict[int, float] = {}
        """Since when, in the order they came."""
        self._taken = 0
        self._asked: dict[int, tuple[bytes, Answered]] = {}
        self._stuck_since: float | None = None
        self.reads = True
        """Whether octets are taken; not while the peer is to be slowed down."""
        self._is_over = False
        self._transport: asyncio.Transport | None = None
        self.peer = peer
        self.name = ""
        """The DNS name its NAS is known by."""
        self.certificate: PeerCertificate | None = None
        """None until it is read."""
        self.heard_at = self._loop.time()
        """When octets last came, in the loop's seconds."""

    # --- The transport's calls -------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Find out whose it is."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=_HIGH_OCTETS)
        try:
            tls = self._transport.get_extra_info("ssl_object")
            self.certificate = read_peer(tls.getpeercert(binary_form=True))
            self.name = self._name_of(self.certificate)
        except ProtocolError as fault:
            self.close(fault.reason)
            return
        self._desk.arrived(self)

    def data_received(self, data: bytes) -> None:
        """Take octets, whatever packets they hold."""
        self.heard_at = self._loop.time()
        self._stream.feed(data)
        self._work()

    def pause_writing(self) -> None:
        """Remember that the peer does not read."""
        self._stuck_since = self._loop.time()

    def resume_writing(self) -> None:
        """Go on: the peer reads again."""
        self._stuck_since = None
        self._loop.call_soon(self._work)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget what was under way: nothing of it can be answered here."""
        self._under_way.clear()
        if not self._is_over:
            self._is_over = True
            self._desk.ended(self, None)

    # --- What others ask -------------------------------------------------------------------------

    @property
    def held_octets(self) -> int:
        """What is kept for this peer: not worked on yet, and not sent yet."""
        unsent = 0 if self._transport is None else self._transport.get_write_buffer_size()
        return len(self._stream) + unsent

    def nas(self) -> Nas | None:
        """Return the NAS, as the territory knows it now."""
        return self._desk.nas_named(self.name)

    def close(self, reason: str) -> None:
        """End the connection at once, for a reason that is counted."""
        if self._is_over:
            return
        self._is_over = True
        if self._transport is not None:
            self._transport.abort()
        self._desk.ended(self, reason)

    def ask(self, request: bytes, answered: Answered) -> None:
        """Send a Disconnect- or CoA-Request, once: TCP repeats it (RFC 6613 §2.6.1).

        Its identifier is the caller's to choose; chosen again, the earlier one is forgotten.
        """
        self._asked[request[1]] = request, answered
        self._write(request)

    def look_after(self, idle_seconds: float) -> None:
        """End what is silent or stuck; give back the places of requests nobody answered."""
        now = self._loop.time()
        if self._stuck_since is not None and now - self._stuck_since > _STUCK_SECONDS:
            self.close("slow-reader")
        elif now - self.heard_at > idle_seconds:
            self.close("idle")
        else:
            self._give_up(now - _UNANSWERED_SECONDS)

    # --- Packets ---------------------------------------------------------------------------------

    def _name_of(self, certificate: PeerCertificate) -> str:
        known = [name for name in certificate.names if self._desk.nas_named(name)]
        if not known:
            self.name = certificate.names[0]
            raise ProtocolError("unknown-tls-name")
        if len(known) > 1:
            raise ProtocolError("several-tls-names")
        return known[0]

    def _work(self) -> None:
        """Work off whole packets, a turn's worth; read on only when none is left."""
        if self._is_over or self._transport is None:
            return
        try:
            for _ in range(_PACKETS_A_TURN):
                if self._is_held:
                    self._read(False)
                    return
                octets = self._stream.next_packet()
                if octets is None:
                    self._read(True)
                    return
                self._take(octets)
        except ProtocolError as fault:
            self.close(fault.reason)
            return
        self._read(False)
        self._loop.call_soon(self._work)

    @property
    def _is_held(self) -> bool:
        return self._is_over or self._stuck_since is not None or len(self._under_way) >= _UNDER_WAY

    def _read(self, wanted: bool) -> None:
        if wanted is self.reads or self._is_over or self._transport is None:
            return
        self.reads = wanted
        if wanted:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def _take(self, octets: bytes) -> None:
        """Take one packet.

        Raises:
            ProtocolError: the connection must end.
        """
        nas = self.nas()
        if nas is None:
            raise ProtocolError("unknown-tls-name")
        packet = decode(octets)
        kind = _KINDS.get(cast("Code", packet.code))
        if packet.code in _ANSWERS:
            self._take_answer(packet, nas)
        elif kind is not None:
            _verify(packet, nas)
            self._taken += 1
            self._under_way[self._taken] = self._loop.time()
            self._desk.receive(nas, kind, octets, self.peer, partial(self._answer, self._taken))
        elif packet.code in _QUESTIONS:
            _verify(packet, nas)
            self._write(_refusal(packet, nas))
            self._desk.unwanted(self, "code")
        else:
            self._desk.unwanted(self, "code")

    def _answer(self, taken: int, octets: bytes, _peer: Peer) -> None:
        """Send the reply to a request, or only count it as done; lost where the connection is."""
        self._under_way.pop(taken, None)
        if octets:
            self._write(octets)
        if not self.reads:
            self._loop.call_soon(self._work)

    def _take_answer(self, packet: Packet, nas: Nas) -> None:
        request, answered = self._asked.get(packet.identifier, (b"", None))
        if answered is None or packet.code not in (request[0] + 1, request[0] + 2):
            self._desk.unwanted(self, "late-answer")
            return
        nas.secret.verify_reply(packet.octets, request[4:20])
        del self._asked[packet.identifier]
        answered(packet.octets)

    def _write(self, octets: bytes) -> None:
        if self._is_over or self._transport is None or self._transport.is_closing():
            return
        self._transport.write(octets)
        if self._transport.get_write_buffer_size() > _MOST_OCTETS:
            self.close("slow-reader")

    def _give_up(self, before: float) -> None:
        for place in [each for each, since in self._under_way.items() if since < before]:
            del self._under_way[place]
        if not self.reads:
            self._work()


def _verify(packet: Packet, nas: Nas) -> None:
    """Check whatever proves a request; what must be there besides is the exchange's to say.

    Raises:
        ProtocolError: `request-authenticator` or `message-authenticator`.
    """
    digested = packet.code in _DIGESTED
    if digested:
        nas.secret.verify_request_authenticator(packet.octets)
    if MESSAGE_AUTHENTICATOR in packet.attributes:
        signed_over = ZEROS if digested else packet.authenticator
        nas.secret.verify_message_authenticator(packet.octets, signed_over)


def _refusal(packet: Packet, nas: Nas) -> bytes:
    """Return a NAK to what only a NAS is asked (RFC 6614 §2.5, Error-Cause 406)."""
    return nas.secret.plain_reply(
        packet.code + 2, packet.identifier, packet.authenticator, _UNSUPPORTED_EXTENSION
    )
