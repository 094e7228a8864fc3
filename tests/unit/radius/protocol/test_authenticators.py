"""Authenticators against the RFCs' examples, a recorded gateway, and forgeries."""

import hashlib
import hmac
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius.protocol.authenticators import ZEROS, SharedSecret, md5, openssl_md5
from radius.protocol.numbers import MESSAGE_AUTHENTICATOR, Code
from radius.protocol.packet import decode, encode, encode_attribute
from territory.errors import ProtocolError

DATA = Path(__file__).parents[3] / "data/radius"
RFC = SharedSecret(b"xyzzy5461")
LAB = SharedSecret(b"testing123")


def lines(name: str) -> list[list[str]]:
    """Return the fields of each line of a data file."""
    text = (DATA / name).read_text()
    return [line.split() for line in text.splitlines() if not line.startswith("#")]


def recorded(*kinds: str) -> list[bytes]:
    """Return the packets of these kinds of the recorded CoovaChilli exchange, in order."""
    return [bytes.fromhex(line[-1]) for line in lines("coovachilli-1.7.txt") if line[0] in kinds]


@pytest.mark.parametrize(("name", "request_", "reply"), lines("rfc2865.txt"))
def test_rfc_2865_replies_verify_and_are_made_alike(name: str, request_: str, reply: str) -> None:
    """RFC 2865 §7: the example's Response Authenticator is the one we make."""
    authenticator = bytes.fromhex(request_)[4:20]
    octets = bytes.fromhex(reply)
    RFC.verify_reply(octets, authenticator)
    assert RFC.plain_reply(octets[0], octets[1], authenticator, octets[20:]) == octets, name


@pytest.mark.parametrize(("name", "request_", "reply"), lines("rfc5997.txt"))
def test_rfc_5997_status_server_verifies(name: str, request_: str, reply: str) -> None:
    """RFC 5997 §6: Status-Server's Message-Authenticator and its reply."""
    octets = bytes.fromhex(request_)
    packet = decode(octets)
    assert packet.code == Code.STATUS_SERVER, name
    RFC.verify_message_authenticator(octets, packet.authenticator)
    RFC.verify_reply(bytes.fromhex(reply), packet.authenticator)


def test_a_recorded_gateway_s_access_requests_verify() -> None:
    """CoovaChilli 1.7 signs each Access-Request as RFC 3579 §3.2 says."""
    requests = recorded("access-request")
    assert requests
    for octets in requests:
        LAB.verify_message_authenticator(octets, octets[4:20])


def test_a_recorded_gateway_s_accounting_requests_verify() -> None:
    """CoovaChilli 1.7's accounting digests verify as RFC 2866 §3 says."""
    requests = recorded("accounting-request")
    assert requests
    for octets in requests:
        LAB.verify_request_authenticator(octets)
        assert LAB.digest_request(octets[0], octets[1], octets[20:]) == octets


def test_a_recorded_gateway_answers_disconnects_as_we_verify() -> None:
    """RFC 5176 §2.3: an ACK and a NAK, each for its own request."""
    requests, replies = recorded("disconnect-request"), recorded("disconnect-reply")
    for request, reply in zip(requests, replies, strict=True):
        LAB.verify_reply(reply, request[4:20])
        assert LAB.digest_request(request[0], request[1], request[20:]) == request


@given(st.binary(min_size=1, max_size=100), st.binary(max_size=300))
def test_sign_is_hmac_md5(secret: bytes, octets: bytes) -> None:
    """The pre-keyed states give what the standard library's HMAC gives, for any secret's length."""
    assert SharedSecret(secret).sign(octets) == hmac.digest(secret, octets, "md5")


@given(st.binary(max_size=300))
def test_both_md5_agree(octets: bytes) -> None:
    """Where CPython's own MD5 is missing, hashlib's takes its place."""
    assert md5(octets).digest() == openssl_md5(octets).digest() == hashlib.md5(octets).digest()


@given(st.binary(min_size=1, max_size=40), st.binary(min_size=16, max_size=16))
def test_signed_replies_start_with_their_signature(secret: bytes, authenticator: bytes) -> None:
    """CVE-2024-3596: octet 20 of every signed reply is 80, and both authenticators verify."""
    shared = SharedSecret(secret)
    reply = shared.signed_reply(
        Code.ACCESS_ACCEPT, 3, authenticator, encode_attribute(18, b"bonjour")
    )
    assert reply[20] == MESSAGE_AUTHENTICATOR
    assert decode(reply).octets == reply
    shared.verify_reply(reply, authenticator)
    shared.verify_message_authenticator(reply, authenticator)


@pytest.mark.parametrize("at", [0, 1, 3, 5, 22, 30, -1])
def test_one_changed_octet_is_noticed(at: int) -> None:
    """Whatever octet of a signed request changes, it no longer verifies."""
    octets = bytearray(recorded("access-request")[0])
    octets[at] ^= 1
    with pytest.raises(ProtocolError):
        LAB.verify_message_authenticator(bytes(octets), bytes(octets[4:20]))


@pytest.mark.parametrize("at", [0, 1, 5, 25, -1])
def test_one_changed_octet_of_accounting_is_noticed(at: int) -> None:
    """RFC 5080 §2.3.3: a wrong Request Authenticator is found."""
    octets = bytearray(recorded("accounting-request")[0])
    octets[at] ^= 1
    with pytest.raises(ProtocolError, match="request-authenticator"):
        LAB.verify_request_authenticator(bytes(octets))


def test_another_secret_does_not_verify() -> None:
    """A packet signed with another secret is a forgery."""
    octets = recorded("access-request")[0]
    with pytest.raises(ProtocolError, match="message-authenticator"):
        RFC.verify_message_authenticator(octets, octets[4:20])


@pytest.mark.parametrize("size", [0, 15, 17])
def test_a_signature_of_another_length_is_refused(size: int) -> None:
    """Message-Authenticator has 16 octets (RFC 3579 §3.2)."""
    body = bytes((MESSAGE_AUTHENTICATOR, size + 2)) + bytes(size)
    octets = encode(1, 0, ZEROS, body)
    with pytest.raises(ProtocolError, match="message-authenticator"):
        LAB.verify_message_authenticator(octets, ZEROS)


def test_a_reply_to_another_request_is_refused() -> None:
    """The Response Authenticator ties a reply to its request."""
    reply = recorded("accounting-response")[0]
    with pytest.raises(ProtocolError, match="response-authenticator"):
        LAB.verify_reply(reply, ZEROS)


def test_an_empty_secret_is_refused() -> None:
    """RFC 2865 §3: a secret must not be empty."""
    with pytest.raises(ValueError, match="one octet"):
        SharedSecret(b"")
