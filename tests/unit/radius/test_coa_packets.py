"""Disconnect- and CoA-Requests against the recorded gateway, openssl's HMAC and RFC 5080."""

import hashlib
import hmac
from itertools import repeat
from pathlib import Path

import pytest

from radius.coa_packets import Answer, Ask, read_answer, sealed_request, waits
from radius.error_causes import WORDS
from radius.protocol.authenticators import SharedSecret
from radius.protocol.numbers import ERROR_CAUSE, MESSAGE_AUTHENTICATOR, PROXY_STATE, STATE, Code
from radius.protocol.packet import decode
from territory.errors import ProtocolError
from tests.unit.radius.sample import NOW, attribute

LAB = SharedSecret(b"testing123")
RECORDED = [
    bytes.fromhex(line.split()[-1])
    for line in (Path(__file__).parents[2] / "data/radius/coovachilli-1.7.txt")
    .read_text()
    .splitlines()
    if line.startswith("disconnect")
]
DISCONNECT = RECORDED[0]
CHANGE = sealed_request(Ask.CHANGE, 9, attribute(1, b"u"), LAB, None)


def reply(code: int, attributes: bytes = b"", request: bytes = DISCONNECT) -> bytes:
    """Return a reply whose digest is right."""
    return LAB.plain_reply(code, request[1], request[4:20], attributes)


@pytest.mark.parametrize(
    ("request_", "reply_", "answer"),
    [
        (RECORDED[0], RECORDED[1], Answer(acknowledged=True)),
        (RECORDED[2], RECORDED[3], Answer(acknowledged=False)),
    ],
)
def test_a_recorded_gateway_s_answers_are_read(
    request_: bytes, reply_: bytes, answer: Answer
) -> None:
    """CoovaChilli 1.7 acknowledges who is online, and refuses who is not without a cause."""
    assert read_answer(reply_, request_, LAB) == answer


def test_the_recorded_request_is_the_one_made() -> None:
    """Octet for octet: `radclient`'s Disconnect-Request of the same user (RFC 5176 §2.3)."""
    name = decode(DISCONNECT).attributes[1]
    made = sealed_request(Ask.DISCONNECT, 7, attribute(1, name), LAB, None)
    assert made == DISCONNECT


@pytest.mark.parametrize(
    ("reason", "reply_", "request_"),
    [
        ("response-authenticator", RECORDED[1], RECORDED[2]),
        ("identifier", RECORDED[1], bytes((40, 8)) + RECORDED[0][2:]),
        ("code", reply(Code.ACCESS_ACCEPT), DISCONNECT),
        ("code", reply(Code.COA_ACK), DISCONNECT),
        ("code", reply(Code.DISCONNECT_NAK, request=CHANGE), CHANGE),
        ("proxy-state", reply(Code.DISCONNECT_ACK, attribute(PROXY_STATE, b"x")), DISCONNECT),
        ("authorize-only", reply(Code.COA_ACK, attribute(STATE, b"x"), CHANGE), CHANGE),
        ("authorize-only", reply(Code.COA_ACK, attribute(6, 17), CHANGE), CHANGE),
        ("message-authenticator", reply(41, attribute(80, bytes(16))), DISCONNECT),
    ],
)
def test_what_answers_nothing_is_discarded(reason: str, reply_: bytes, request_: bytes) -> None:
    """Forged, for another request, of another kind, or an authorisation of its own (§3.2)."""
    with pytest.raises(ProtocolError, match=reason):
        read_answer(reply_, request_, LAB)


def test_a_proxy_state_sent_must_come_back() -> None:
    """RFC 5176 §3.1: all of them, in order."""
    state = attribute(PROXY_STATE, b"a") + attribute(PROXY_STATE, b"b")
    request = sealed_request(Ask.DISCONNECT, 3, state, LAB, None)
    assert read_answer(reply(41, state, request), request, LAB).acknowledged
    with pytest.raises(ProtocolError, match="proxy-state"):
        read_answer(reply(41, b"", request), request, LAB)


def test_a_signed_request() -> None:
    """Message-Authenticator first, over zeros (RFC 5176 §3.4); the digest covers it (§2.3)."""
    octets = sealed_request(Ask.CHANGE, 9, attribute(1, b"u"), LAB, NOW)
    packet = decode(octets)
    assert list(packet.attributes) == [MESSAGE_AUTHENTICATOR, 1, 55]
    assert packet.attributes[55] == int(NOW.timestamp()).to_bytes(4, "big")
    head, signature, rest = octets[:4], octets[22:38], octets[38:]
    blank = head + bytes(16) + octets[20:22] + bytes(16) + rest
    assert hmac.digest(b"testing123", blank, "md5") == signature
    digest = hashlib.md5(head + bytes(16) + octets[20:] + b"testing123").digest()
    assert octets[4:20] == digest


def test_a_signed_answer_is_read() -> None:
    """Its Message-Authenticator is made over the request's authenticator (RFC 3579 §3.2)."""
    signed = LAB.signed_reply(Code.COA_ACK, 9, CHANGE[4:20], b"")
    assert read_answer(signed, CHANGE, LAB) == Answer(acknowledged=True)


@pytest.mark.parametrize(
    ("answer", "ask", "words"),
    [
        (Answer(True), Ask.DISCONNECT, "session fermée par la passerelle"),
        (Answer(True), Ask.CHANGE, "droits changés par la passerelle"),
        (Answer(True, 201), Ask.DISCONNECT, WORDS[201]),
        (Answer(False, 503), Ask.DISCONNECT, WORDS[503]),
        (Answer(False), Ask.CHANGE, "sans dire pourquoi"),
        (Answer(False, 507), Ask.CHANGE, WORDS[507]),
    ],
)
def test_an_answer_in_words(answer: Answer, ask: Ask, words: str) -> None:
    """RFC 5176 §3.5, for an operator who reads French."""
    assert words in answer.words_for(ask)


def test_a_cause_that_is_no_number_is_none() -> None:
    """RFC 2865 §5: a number has four octets."""
    answer = read_answer(reply(42, attribute(ERROR_CAUSE, b"\x01")), DISCONNECT, LAB)
    assert answer == Answer(acknowledged=False)


def test_retransmissions_follow_rfc_5080() -> None:
    """§2.2.1: 2 s, doubled up to 16, 30 s in all."""
    assert list(waits(repeat(0.0))) == [2, 4, 8, 16]


@pytest.mark.parametrize("spread", [-0.1, 0.1])
def test_each_wait_has_a_spread_of_its_own(spread: float) -> None:
    """RT = 2 RTprev + RAND RTprev, and never more than 30 s in all, nor five sendings."""
    found = list(waits(repeat(spread)))
    assert found[0] == pytest.approx(2 * (1 + spread))
    assert found[1] == pytest.approx(found[0] * (2 + spread))
    assert sum(found) <= 30
    assert len(found) <= 5
