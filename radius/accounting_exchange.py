"""An Accounting-Request's life: verified, read, made durable, and only then answered."""

from datetime import datetime, timedelta

from radius.accounting import Record, Restart, read_accounting_request
from radius.accounting_ledger import AccountingAnswers, AccountingLedger, Entry, Unreadable
from radius.counters import Counters
from radius.nas import Nas, verify_accounting_request
from radius.protocol.numbers import MESSAGE_AUTHENTICATOR, PROXY_STATE, Code
from radius.protocol.packet import Packet
from radius.requests import Outline, Peer, Pending, Requests, Send
from radius.sightings import Sightings
from territory.errors import ProtocolError


class AccountingExchange:
    """Answers Accounting-Requests."""

    def __init__(self, requests: Requests, sightings: Sightings, counters: Counters) -> None:
        self._requests = requests
        self._sightings = sightings
        self._counters = counters
        self._ledger: AccountingLedger | None = None
        self.answers = AccountingAnswers(self._recorded, self._unrecorded)

    def attach(self, ledger: AccountingLedger) -> None:
        """Use this ledger from now on; without one, nothing is acknowledged."""
        self._ledger = ledger

    def take(self, packet: Packet, nas: Nas, peer: Peer, send: Send) -> None:
        """Take one packet of a known NAS.

        Raises:
            ProtocolError: it is no Accounting-Request, or is not from who shares the secret.
        """
        if packet.code != Code.ACCOUNTING_REQUEST:
            raise ProtocolError("code")
        verify_accounting_request(packet, nas)
        pending = self._requests.begin(packet, nas, peer, send)
        if pending is None:
            return
        self._sightings.of(nas.id).last_accounting_at = pending.received_at
        self._counters.last_accounting[nas.code] = pending.received_at
        if self._ledger is None or not self._ledger.is_open:
            self._requests.give_up(pending, "unavailable")
            return
        self._ledger.record(_entry(pending))

    def _recorded(self, entry: Entry) -> None:
        pending: Pending = entry.context
        self._note_clock(entry)
        packet = pending.packet
        attributes = packet.echoed(PROXY_STATE) if PROXY_STATE in packet.attributes else b""
        secret = pending.nas.secret
        signed = MESSAGE_AUTHENTICATOR in packet.attributes
        make_reply = secret.signed_reply if signed else secret.plain_reply
        reply = make_reply(
            Code.ACCOUNTING_RESPONSE, packet.identifier, packet.authenticator, attributes
        )
        self._requests.answer(
            pending, reply, Outline("accounting_response", "recorded", entry.device, None)
        )

    def _note_clock(self, entry: Entry) -> None:
        """Note how far the clock of a NAS is ahead of ours (RFC 2869 §5.3), as of this record."""
        match entry.content:
            case Record(nas_time=datetime() as told, delay_seconds=delay):
                happened_at = entry.received_at - timedelta(seconds=delay)
                ahead = (told - happened_at).total_seconds()
                self._sightings.clocks.note(entry.context.nas.id, ahead)

    def _unrecorded(self, entry: Entry, reason: str) -> None:
        if reason == "set-aside":
            self._counters.set_aside += 1
        self._requests.give_up(entry.context, reason)


def _entry(pending: Pending) -> Entry:
    """Return a pending request on its way into the ledger, readable or not."""
    packet = pending.packet
    content: Record | Restart | Unreadable
    try:
        content = read_accounting_request(packet, pending.nas, pending.received_at)
    except ProtocolError as fault:
        content = Unreadable(fault.reason)
    return Entry(content, pending.nas.id, pending.received_at, packet.octets, pending)
