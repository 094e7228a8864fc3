"""Passwords as they travel: the RFC's examples, a recorded gateway, and any password at all."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius.protocol.authenticators import SharedSecret
from radius.protocol.numbers import CHAP_CHALLENGE, CHAP_PASSWORD, USER_PASSWORD
from radius.protocol.packet import decode
from radius.protocol.passwords import chap_matches, chap_response, hide, reveal
from territory.errors import ProtocolError

DATA = Path(__file__).parents[3] / "data/radius"
RFC = SharedSecret(b"xyzzy5461")
LAB = SharedSecret(b"testing123")
PAP, CHAP = (
    decode(bytes.fromhex(line.split()[1]))
    for line in (DATA / "rfc2865.txt").read_text().splitlines()
    if not line.startswith("#")
)
RECORDED = [
    decode(bytes.fromhex(line.split()[-1]))
    for line in (DATA / "coovachilli-1.7.txt").read_text().splitlines()
    if line.startswith("access-request")
]
authenticators = st.binary(min_size=16, max_size=16)


def test_the_rfc_s_user_password_is_revealed_and_hidden_alike() -> None:
    """RFC 2865 §7.1: "arctangent", both ways."""
    hidden = PAP.attributes[USER_PASSWORD]
    assert reveal(hidden, RFC, PAP.authenticator) == b"arctangent"
    assert hide(b"arctangent", RFC, PAP.authenticator) == hidden


def test_the_rfc_s_chap_password_matches() -> None:
    """RFC 2865 §7.2: without CHAP-Challenge, the Request Authenticator is the challenge."""
    assert chap_matches(CHAP.attributes[CHAP_PASSWORD], b"arctangent", CHAP.authenticator)
    assert not chap_matches(CHAP.attributes[CHAP_PASSWORD], b"arctangenT", CHAP.authenticator)


def test_a_recorded_gateway_s_passwords_are_read() -> None:
    """CoovaChilli 1.7: one refused and one right CHAP answer, one PAP password."""
    refused, chap, pap = RECORDED
    wrong, right = b"wrong", b"one-shot-secret"
    for packet, password in ((refused, wrong), (chap, right)):
        challenge = packet.attributes[CHAP_CHALLENGE]
        assert chap_matches(packet.attributes[CHAP_PASSWORD], password, challenge)
    assert reveal(pap.attributes[USER_PASSWORD], LAB, pap.authenticator) == right


@given(st.binary(max_size=128).filter(lambda p: not p.endswith(b"\0")), authenticators)
def test_any_password_is_revealed_as_hidden(password: bytes, authenticator: bytes) -> None:
    """RFC 2865 §5.2: up to 128 octets, in blocks of 16."""
    hidden = hide(password, RFC, authenticator)
    assert len(hidden) % 16 == 0
    assert 16 <= len(hidden) <= 128
    assert reveal(hidden, RFC, authenticator) == password


@pytest.mark.parametrize("size", [0, 1, 15, 17, 129, 144])
def test_a_hidden_password_of_another_length_is_refused(size: int) -> None:
    """RFC 2865 §5.2: 16 to 128 octets in blocks of 16."""
    with pytest.raises(ProtocolError, match="user-password-length"):
        reveal(bytes(size), RFC, bytes(16))


def test_a_password_too_long_is_not_hidden() -> None:
    """What cannot be sent is an error of ours, not of the peer."""
    with pytest.raises(ValueError, match="128"):
        hide(bytes(129), RFC, bytes(16))


@given(st.integers(0, 255), st.binary(max_size=64), st.binary(min_size=1, max_size=64))
def test_a_chap_answer_matches_its_password_only(
    identifier: int, password: bytes, challenge: bytes
) -> None:
    """RFC 1994 §4.1: MD5 of identifier, password and challenge."""
    response = chap_response(identifier, password, challenge)
    assert chap_matches(response, password, challenge)
    assert not chap_matches(response, password + b"x", challenge)
    assert not chap_matches(response, password, challenge + b"x")


@pytest.mark.parametrize("size", [0, 16, 18])
def test_a_chap_answer_of_another_length_is_refused(size: int) -> None:
    """RFC 2865 §5.3: 17 octets."""
    with pytest.raises(ProtocolError, match="chap-password-length"):
        chap_matches(bytes(size), b"", b"")
