"""An Access-Request's life: verified, screened, decided on, answered, logged.

Facts that cannot be had are replaced by a live admission in memory; without one there is no
answer, and the NAS asks its next server.
"""

from collections.abc import Callable
from datetime import datetime
from random import SystemRandom
from typing import Final
from uuid import UUID

import structlog

from radius.access import AccessRequest, Proof, read_access_request
from radius.access_ledger import AccessAnswers, Question
from radius.ledger import Ledger
from radius.nas import Nas, verify_access_request
from radius.nas_directory import NasDirectory
from radius.outcome_rows import encode_outcome, encode_told
from radius.policy import (
    BLAMES_US,
    Accept,
    Decision,
    Discard,
    Facts,
    Reason,
    Reject,
    decide,
    decide_from_memory,
    is_sent_to_portal,
    screen,
)
from radius.protocol.numbers import (
    CHARGEABLE_USER_IDENTITY,
    CLASS,
    EAP_MESSAGE,
    PROXY_STATE,
    REPLY_MESSAGE,
    USER_NAME,
    Code,
)
from radius.protocol.packet import Packet, encode_attribute
from radius.reject_delay import RejectDelay
from radius.requests import Outline, Peer, Pending, Requests, Send, Surroundings
from radius.rights import encode_rights
from territory.errors import ProtocolError
from territory.vocabulary import MessageAuthenticatorRule

_CLASS_HEAD: Final = bytes((CLASS, 18))
_EAP_FAILURE: Final = 4
_LEARN: Final = MessageAuthenticatorRule.LEARN
_ACCEPT: Final = "access_accept"
_REJECT: Final = "access_reject"
_OVER: Final = frozenset((Reason.REVOKED, Reason.ENDED, Reason.USED_UP))
"""What ends an admission: it is not remembered for an outage."""
_CODES: Final = {_ACCEPT: 2, _REJECT: 3}
"""RFC 2865 §4.2, §4.3."""

log = structlog.get_logger()


class AccessExchange:
    """Answers Access-Requests."""

    def __init__(
        self,
        requests: Requests,
        directory: NasDirectory,
        surroundings: Surroundings,
        password_of: Callable[[str], str],
    ) -> None:
        self._requests = requests
        self._directory = directory
        self._sightings = surroundings.sightings
        self._unsigned = surroundings.counters.unsigned
        self.delay = RejectDelay(
            surroundings.reject_delay_seconds, requests.deliver, SystemRandom().random
        )
        """Where rejects wait; a device that its MAC address does not make known waits for none."""
        surroundings.counters.gauges |= {
            "rejects_waiting": ("Access-Rejects held back.", lambda: len(self.delay)),
            "rejects_not_delayed": (
                "Access-Rejects sent at once because too many waited.",
                lambda: self.delay.overflow,
            ),
        }
        self._password_of = password_of
        self._memory = surroundings.memory
        self._ledger: Ledger | None = None
        self._told: dict[tuple[str, str], bytes] = {}
        self.answers = AccessAnswers(
            self._decide, self._undecided, lambda: self._directory.house.asking
        )

    def attach(self, ledger: Ledger) -> None:
        """Use this ledger from now on; without one, only memory lets anybody in."""
        self._ledger = ledger

    def take(self, packet: Packet, nas: Nas, peer: Peer, send: Send) -> None:
        """Take one packet of a known NAS.

        Raises:
            ProtocolError: it is no Access-Request, or is not what its NAS must send.
        """
        if packet.code != Code.ACCESS_REQUEST:
            raise ProtocolError("code")
        signed = verify_access_request(packet, nas)
        pending = self._requests.begin(packet, nas, peer, send)
        if pending is None:
            return
        if not signed:
            self._count_unsigned(pending)
        elif nas.require_message_authenticator is _LEARN:
            self._directory.learn(nas, pending.received_at)
            self._sightings.of(nas.id).signed_since = pending.received_at
        request = read_access_request(packet, nas, self._password_of)
        refused = screen(request)
        if refused is not None and nas.other_secret is not None and not signed:
            request, refused = self._read_otherwise(request, refused, pending)
        if refused is not None:
            self._answer(request, refused, pending)
        elif self._ledger is not None and self._ledger.access.is_open:
            self._ledger.access.ask(Question(request, pending))
        else:
            self._decide_alone(request, pending)

    def _count_unsigned(self, pending: Pending) -> None:
        seen = self._sightings.of(pending.nas.id)
        seen.unsigned_packets += 1
        seen.last_unsigned_at = pending.received_at
        self._unsigned[pending.nas.code] += 1

    def _read_otherwise(
        self, request: AccessRequest, refused: Reject, pending: Pending
    ) -> tuple[AccessRequest, Reject | None]:
        """Read a password under the other secret of a rotation: nothing else tells which is right.

        A request without signature and without such a password is answered under the first.
        """
        other = request.nas.with_other_secret()
        again = read_access_request(pending.packet, other, self._password_of)
        if again.proof not in {Proof.RIGHT_PASSWORD, Proof.DEVICE}:
            return request, refused
        pending.nas = self._directory.prefer_other_secret(request.nas)
        return again, screen(again)

    def _decide(self, question: Question, facts: Facts | None, now: datetime) -> None:
        known = self._directory
        if self._memory.away_since is not None:
            self._memory.away_since = None
        decision = decide(question.request, facts, known.plans, now, known.house)
        self._answer(question.request, decision, question.context)

    def _undecided(self, question: Question, reason: str) -> None:
        if reason == Reason.UNAVAILABLE:
            self._decide_alone(question.request, question.context)
        else:
            self._requests.give_up(question.context, reason)

    def _decide_alone(self, request: AccessRequest, pending: Pending) -> None:
        known, now = self._directory, pending.received_at
        facts = self._memory.recall(request, now)
        decision = decide_from_memory(request, facts, known.plans, now, known.house)
        self._answer(request, decision, pending)

    def _answer(self, request: AccessRequest, decision: Decision, pending: Pending) -> None:
        seen = self._sightings.of(request.nas.id)
        seen.last_access_at = pending.received_at
        match decision:
            case Accept(reason, _, facts):
                self._memory.remember(request, facts)
                outline = Outline(_ACCEPT, reason, request.device, facts.admission_id)
                attributes = _accept(request, decision)
                if CHARGEABLE_USER_IDENTITY in pending.packet.attributes:
                    attributes += _chargeable_identity(facts)
                if self._reply(attributes, pending, outline):
                    seen.accepted(pending.received_at)
            case Reject(reason, admission_id):
                if admission_id is not None and reason in _OVER:
                    self._memory.drop(request, admission_id)
                if is_sent_to_portal(request):
                    self._send_to_portal(request, pending, admission_id)
                    return
                outline = Outline(_REJECT, reason, request.device, admission_id)
                late = request.proof is not Proof.DEVICE
                attributes = _reject(pending.packet, decision)
                if self._reply(attributes, pending, outline, late=late):
                    seen.refused(pending.received_at, is_ours=late and reason in BLAMES_US)
            case Discard(reason):
                if reason is Reason.PLAN_UNKNOWN:
                    self._directory.reload_soon()
                self._requests.give_up(pending, reason)

    def _send_to_portal(
        self, request: AccessRequest, pending: Pending, admission_id: UUID | None
    ) -> None:
        nas, device = request.nas, request.device
        if nas.central_login is None or device is None:
            return
        outline = Outline(_ACCEPT, Reason.SENT_TO_PORTAL, device, admission_id)
        try:
            attributes = nas.central_login.redirect(
                nas.id, device, request.ssid, pending.packet, pending.received_at
            )
        except ValueError:
            log.error("access.portal_address_too_long", nas=nas.code)
            self._requests.give_up(pending, "reply-length")
            return
        self._sightings.of(nas.id).accepts += self._reply(attributes, pending, outline)

    def _reply(
        self, attributes: bytes, pending: Pending, outline: Outline, *, late: bool = False
    ) -> bool:
        """Send a signed reply, maybe late, and log it; return whether it could be made."""
        packet = pending.packet
        if PROXY_STATE in packet.attributes:
            attributes += packet.echoed(PROXY_STATE)
        try:
            reply = pending.nas.secret.signed_reply(
                _CODES[outline.code], packet.identifier, packet.authenticator, attributes
            )
        except ValueError:
            self._requests.give_up(pending, "reply-length")
            return False
        if late:
            seconds = self._requests.settle(pending, outline)
            self.delay.hold((pending, reply))
        else:
            seconds = self._requests.answer(pending, reply, outline)
        self._sightings.of(pending.nas.id).answered(seconds)
        if self._ledger is not None:
            self._ledger.outcomes.add(self._outcome(pending, outline))
        return True

    def _outcome(self, pending: Pending, outline: Outline) -> bytes:
        """Return the answer's row in the security log."""
        code, reason, device, admission_id = outline
        told = self._told.get((code, reason))
        if told is None:
            told = encode_told(code.removeprefix("access_"), reason)
            self._told[code, reason] = told
        at = pending.received_at.timestamp()
        return encode_outcome(at, pending.nas.logged_as, admission_id, device, told)


def _accept(request: AccessRequest, decision: Accept) -> bytes:
    """Return an Accept's attributes: who it is from now on, and the rights.

    A device let in by its MAC address is given the opaque name of its admission, which its NAS
    should use in accounting (RFC 2865 §5.1); Class says the same to those that do not.
    """
    facts = decision.facts
    name = b""
    if request.user_name != facts.user_name:
        name = encode_attribute(USER_NAME, facts.user_name.encode())
    rights = encode_rights(decision.rights, request.nas.attribute_sets)
    return name + _CLASS_HEAD + facts.admission_id.bytes + rights


def _chargeable_identity(facts: Facts) -> bytes:
    """Return the identity a NAS asks for, to repeat in accounting (RFC 4372 §2.1).

    The admission's opaque name: it says nothing of the guest, and is another at each admission and
    place, so that no two of them can be tied together.
    """
    return encode_attribute(CHARGEABLE_USER_IDENTITY, facts.user_name.encode())


def _reject(packet: Packet, decision: Reject) -> bytes:
    """Return a Reject's attributes: words, or an EAP-Failure to who spoke EAP (RFC 3579 §2.6.5)."""
    eap = packet.attributes.get(EAP_MESSAGE)
    if eap is not None and len(eap) > 1:
        return encode_attribute(EAP_MESSAGE, bytes((_EAP_FAILURE, eap[1], 0, 4)))
    return encode_attribute(REPLY_MESSAGE, decision.message.encode("ascii"))
