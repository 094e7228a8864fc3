"""Disconnect-Requests against the recorded gateway, and the schedule of RFC 5080."""

from ipaddress import IPv4Address
from pathlib import Path

import pytest

from radius.disconnect import (
    WORDS,
    Answer,
    SessionNames,
    encode_disconnect,
    read_answer,
    waits,
)
from radius.protocol.attributes import attributes
from radius.protocol.authenticators import SharedSecret
from radius.protocol.numbers import ERROR_CAUSE, Code
from radius.protocol.packet import decode
from territory.errors import ProtocolError
from territory.vocabulary import Brand
from tests.unit.radius.sample import DEVICE, attribute

LAB = SharedSecret(b"testing123")
RECORDED = [
    bytes.fromhex(line.split()[-1])
    for line in (Path(__file__).parents[2] / "data/radius/coovachilli-1.7.txt")
    .read_text()
    .splitlines()
    if line.startswith("disconnect")
]
NAMES = SessionNames("opaque-9b1c", "179529832200000001", DEVICE, IPv4Address("10.1.0.2"), "lab")


@pytest.mark.parametrize(
    ("request_", "reply", "answer"),
    [
        (RECORDED[0], RECORDED[1], Answer(acknowledged=True, error_cause=None)),
        (RECORDED[2], RECORDED[3], Answer(acknowledged=False, error_cause=None)),
    ],
)
def test_a_recorded_gateway_s_answers_are_read(
    request_: bytes, reply: bytes, answer: Answer
) -> None:
    """CoovaChilli 1.7 acknowledges who is online, and refuses who is not without a cause."""
    assert read_answer(reply, request_, LAB) == answer


def test_an_answer_to_another_request_is_refused() -> None:
    """Forged, for another identifier, or no answer at all."""
    with pytest.raises(ProtocolError, match="response-authenticator"):
        read_answer(RECORDED[1], RECORDED[2], LAB)
    with pytest.raises(ProtocolError, match="identifier"):
        read_answer(RECORDED[1], bytes((40, 8)) + RECORDED[0][2:], LAB)
    reply = LAB.plain_reply(Code.ACCESS_ACCEPT, 7, RECORDED[0][4:20], b"")
    with pytest.raises(ProtocolError, match="code"):
        read_answer(reply, RECORDED[0], LAB)


@pytest.mark.parametrize(
    ("brand", "names"),
    [
        (Brand.COOVACHILLI, {"User-Name", "Acct-Session-Id"}),
        (
            "another",
            {
                "User-Name",
                "Acct-Session-Id",
                "Calling-Station-Id",
                "Framed-IP-Address",
                "NAS-Identifier",
            },
        ),
    ],
)
def test_each_brand_is_told_what_it_knows_sessions_by(brand: str, names: set[str]) -> None:
    """CoovaChilli: User-Name and Acct-Session-Id (src/chilli.c, cb_radius_coa_ind)."""
    octets = encode_disconnect(NAMES, brand, LAB, 7)
    LAB.verify_request_authenticator(octets)
    told = dict(attributes().describe(decode(octets)))
    assert set(told) == names
    assert told["Acct-Session-Id"] == NAMES.acct_session_id


def test_what_is_not_known_is_left_out() -> None:
    """An attribute is never empty (RFC 2865 §5)."""
    octets = encode_disconnect(SessionNames(None, "1", None, None, "lab"), "another", LAB, 7)
    assert set(decode(octets).attributes) == {44, 32}


def test_an_error_cause_is_told_in_words() -> None:
    """RFC 5176 §3.5, for an operator who reads French."""
    reply = LAB.plain_reply(Code.DISCONNECT_NAK, 7, RECORDED[0][4:20], attribute(ERROR_CAUSE, 503))
    answer = read_answer(reply, RECORDED[0], LAB)
    assert answer.words == WORDS[503]
    assert Answer(acknowledged=True, error_cause=None).words.startswith("session fermée")
    assert "sans dire" in Answer(acknowledged=False, error_cause=None).words
    assert "999" in Answer(acknowledged=False, error_cause=999).words


@pytest.mark.parametrize("spread", [-0.1, 0.0, 0.1])
def test_retransmissions_follow_rfc_5080(spread: float) -> None:
    """§2.2.1: 2 s, doubled up to 16, five times, give or take a tenth."""
    assert list(waits(spread)) == [pytest.approx(n * (1 + spread)) for n in (2, 4, 8, 16, 16)]
