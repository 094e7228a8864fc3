"""One request's life, from its octets to its reply, on both ports.

    octets -> NAS by source address -> packet -> signature -> seen before? -> what it says
           -> access:     screened -> facts from the ledger -> decision -> this NAS's attributes
           -> accounting: record -> committed by the ledger
           -> reply's octets

Nothing here waits: what needs the database is put into the ledger with what it takes to answer,
and the ledger calls back. Whatever is not answered is counted with its reason (the RFCs' "silently
discard").
"""

from functools import partial
from typing import Final

from radius.access_exchange import AccessExchange
from radius.accounting_exchange import AccountingExchange
from radius.ledger import Ledger
from radius.nas import WRONG_SECRET, Nas, verify_status_server
from radius.nas_directory import NasDirectory
from radius.protocol.numbers import PROXY_STATE, Code
from radius.protocol.packet import Packet, decode
from radius.requests import NO_ANSWER, Peer, Requests, Send, Surroundings
from radius.stranger import reason_against
from territory.errors import ProtocolError
from territory.keyring import Keyring
from territory.rules.credentials import credential_password

ACCESS: Final = "access"
ACCOUNTING: Final = "accounting"
_ALIVE: Final = {ACCESS: Code.ACCESS_ACCEPT, ACCOUNTING: Code.ACCOUNTING_RESPONSE}


class Exchange:
    """Takes datagrams and sends replies."""

    def __init__(
        self, url: str, keyring: Keyring, directory: NasDirectory, surroundings: Surroundings
    ) -> None:
        self._directory = directory
        self._counters = surroundings.counters
        sightings = surroundings.sightings
        self._requests = {kind: Requests(kind, surroundings) for kind in (ACCESS, ACCOUNTING)}
        password_of = partial(credential_password, keyring.derive("credential"))
        access = AccessExchange(self._requests[ACCESS], directory, surroundings, password_of)
        accounting = AccountingExchange(self._requests[ACCOUNTING], sightings, self._counters)
        self.ledger = Ledger(
            url, surroundings.clock, self._counters, (access.answers, accounting.answers)
        )
        access.attach(self.ledger)
        accounting.attach(self.ledger.accounting)
        self._take = {ACCESS: access.take, ACCOUNTING: accounting.take}
        self.release = access.delay.release
        """Send the rejects that wait: the server is about to stop."""

    def receive(self, kind: str, datagram: bytes, peer: Peer, send: Send) -> None:
        """Take one datagram of the `access` or the `accounting` port; never raises."""
        nas = self._directory.at(peer[0])
        if nas is None:
            self._counters.received[kind] += 1
            self._ignore(kind, peer, datagram)
        else:
            self.receive_from(nas, kind, datagram, peer, send)

    def receive_from(self, nas: Nas, kind: str, datagram: bytes, peer: Peer, send: Send) -> None:
        """Take one datagram of a NAS that is known already, by its certificate for instance."""
        self._counters.received[kind] += 1
        try:
            packet = decode(datagram)
            if packet.code == Code.STATUS_SERVER:
                self._answer_status(kind, packet, nas, peer, send)
            else:
                self._take[kind](packet, nas, peer, send)
        except ProtocolError as fault:
            if fault.reason not in WRONG_SECRET or not self._is_taken_otherwise(
                nas, kind, datagram, peer, send
            ):
                self._requests[kind].discard(peer, fault.reason)
                send(NO_ANSWER, peer)

    def _is_taken_otherwise(
        self, nas: Nas, kind: str, datagram: bytes, peer: Peer, send: Send
    ) -> bool:
        """Take a datagram under the other secret of a rotation; False where that is wrong too.

        The secret that was right last is tried first, so that only the first packet after a change
        comes here; every proof is made anew.
        """
        if nas.other_secret is None:
            return False
        other = self._directory.prefer_other_secret(nas)
        try:
            packet = decode(datagram)
            if packet.code == Code.STATUS_SERVER:
                self._answer_status(kind, packet, other, peer, send)
            else:
                self._take[kind](packet, other, peer, send)
        except ProtocolError:
            self._directory.prefer_other_secret(other)
            return False
        return True

    def _ignore(self, kind: str, peer: Peer, datagram: bytes) -> None:
        """Count a datagram of nobody we know; before the territory is read, everybody is."""
        if self._directory.is_loaded:
            self._requests[kind].discard(peer, reason_against(peer[0]), datagram)
        else:
            self._counters.discarded[kind, "not-ready"] += 1

    def _answer_status(self, kind: str, packet: Packet, nas: Nas, peer: Peer, send: Send) -> None:
        """Answer a Status-Server at once: it asks whether we live (RFC 5997 §4.3).

        It is counted as such, and as no request of its port.
        """
        verify_status_server(packet, nas)
        self._counters.received[kind] -= 1
        self._counters.received["status"] += 1
        spools = kind == ACCOUNTING and self.ledger.accounting.is_open
        if not (self.ledger.is_open or spools):
            raise ProtocolError("unavailable")
        reply = nas.secret.signed_reply(
            _ALIVE[kind], packet.identifier, packet.authenticator, packet.echoed(PROXY_STATE)
        )
        send(reply, peer)
