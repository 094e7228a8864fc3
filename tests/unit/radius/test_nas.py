"""Whether a NAS's packet may be trusted: one table of the flags and what came."""

import pytest

from radius.nas import (
    verify_access_request,
    verify_accounting_request,
    verify_status_server,
)
from radius.protocol.authenticators import SharedSecret
from territory.errors import ProtocolError
from territory.vocabulary import MessageAuthenticatorRule
from tests.unit.radius.sample import NAS, accounting, attribute, nas, request

ALWAYS, LEARN, WHEN_PRESENT = MessageAuthenticatorRule
STATE = attribute(33, b"proxy")
EAP = attribute(79, b"\x02\x01\x00\x05\x01")
WRONG = attribute(80, bytes(16))


@pytest.mark.parametrize("limit", [True, False])
@pytest.mark.parametrize("rule", list(MessageAuthenticatorRule))
@pytest.mark.parametrize("body", [b"", STATE, EAP, STATE + EAP])
def test_a_rightly_signed_request_is_always_trusted(
    rule: MessageAuthenticatorRule, limit: bool, body: bytes
) -> None:
    """The flags are about what is not signed (CVE-2024-3596)."""
    trusting = nas(require_message_authenticator=rule, limit_proxy_state=limit)
    assert verify_access_request(request(body, signed=True), trusting) is True


@pytest.mark.parametrize("limit", [True, False])
@pytest.mark.parametrize("rule", list(MessageAuthenticatorRule))
def test_a_wrong_signature_is_never_trusted(rule: MessageAuthenticatorRule, limit: bool) -> None:
    """Whatever the flags: a wrong Message-Authenticator is a forgery."""
    trusting = nas(require_message_authenticator=rule, limit_proxy_state=limit)
    with pytest.raises(ProtocolError, match="message-authenticator"):
        verify_access_request(request(WRONG), trusting)


@pytest.mark.parametrize(
    ("rule", "limit", "body", "reason"),
    [
        (ALWAYS, True, b"", "unsigned"),
        (ALWAYS, False, b"", "unsigned"),
        (ALWAYS, True, STATE, "unsigned"),
        (ALWAYS, True, EAP, "unsigned-eap"),
        (WHEN_PRESENT, True, EAP, "unsigned-eap"),
        (WHEN_PRESENT, False, EAP, "unsigned-eap"),
        (WHEN_PRESENT, True, STATE, "unsigned-proxy-state"),
        (WHEN_PRESENT, False, STATE, None),
        (LEARN, True, EAP, "unsigned-eap"),
        (LEARN, True, STATE, "unsigned-proxy-state"),
        (LEARN, False, STATE, None),
        (LEARN, True, b"", None),
        (WHEN_PRESENT, True, b"", None),
        (WHEN_PRESENT, False, b"", None),
    ],
)
def test_unsigned_requests_follow_the_flags(
    rule: MessageAuthenticatorRule, limit: bool, body: bytes, reason: str | None
) -> None:
    """require_message_authenticator and limit_proxy_state; EAP is never taken unsigned."""
    asked = nas(require_message_authenticator=rule, limit_proxy_state=limit)
    if reason is None:
        assert verify_access_request(request(body), asked) is False
        return
    with pytest.raises(ProtocolError) as fault:
        verify_access_request(request(body), asked)
    assert fault.value.reason == reason


def test_the_signature_may_stand_anywhere_in_a_request() -> None:
    """Its position is no reason to discard (draft-ietf-radext-deprecating-radius)."""
    signed = request(attribute(1, b"nemo"), signed=True)
    assert signed.octets[20] == 80
    verify_access_request(signed, NAS)


def test_accounting_is_trusted_for_its_digest() -> None:
    """RFC 5080 §2.3.3: a wrong digest is silently discarded, so is a wrong signature."""
    body = attribute(40, 1)
    verify_accounting_request(accounting(body), NAS)
    with pytest.raises(ProtocolError, match="request-authenticator"):
        verify_accounting_request(accounting(body), nas(secret=SharedSecret(b"other")))
    with pytest.raises(ProtocolError, match="message-authenticator"):
        verify_accounting_request(accounting(body, WRONG), NAS)


def test_status_server_must_be_signed() -> None:
    """RFC 5997 §3, whatever the NAS's flags."""
    trusting = nas(require_message_authenticator=WHEN_PRESENT)
    verify_status_server(request(code=12, signed=True), trusting)
    with pytest.raises(ProtocolError, match="unsigned"):
        verify_status_server(request(code=12), trusting)
    with pytest.raises(ProtocolError, match="message-authenticator"):
        verify_status_server(request(WRONG, code=12), trusting)


def test_who_has_signed_must_sign() -> None:
    """`learn`: nothing unsigned is taken any more, whatever an attacker sends."""
    learning = nas(require_message_authenticator=LEARN)
    assert learning.learns
    known = learning.having_signed()
    assert not known.learns
    with pytest.raises(ProtocolError, match="unsigned"):
        verify_access_request(request(), known)


def test_two_secrets_change_places_during_a_rotation() -> None:
    """The first tried is the last that was right; exchanged twice, nothing has changed."""
    with pytest.raises(ValueError, match="one secret"):
        NAS.with_other_secret()
    rotating = nas(secret=SharedSecret(b"the secret of yesterday"), other_secret=NAS.secret)
    signed = request(signed=True)
    with pytest.raises(ProtocolError, match="message-authenticator"):
        verify_access_request(signed, rotating)
    exchanged = rotating.with_other_secret()
    assert verify_access_request(signed, exchanged)
    assert exchanged.uses_next_secret
    back = exchanged.with_other_secret()
    assert (back.secret, back.uses_next_secret) == (rotating.secret, False)
