"""A provider's description of itself: believed where it is the provider's own, and safe."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.openid.metadata import Metadata, read_metadata
from territory.errors import ProtocolError

ISSUER = "https://idp.example/api/v2"
DOCUMENT = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": "https://keys.idp.example/jwks",
    "userinfo_endpoint": f"{ISSUER}/userinfo",
    "end_session_endpoint": f"{ISSUER}/session/end",
    "authorization_response_iss_parameter_supported": True,
    "scopes_supported": ["openid"],
}


def document(**changed: Any) -> bytes:
    """Return the document with other values; None: without that one."""
    told = {**DOCUMENT, **changed}
    return json.dumps({name: value for name, value in told.items() if value is not None}).encode()


def test_a_description_is_read() -> None:
    """What we use of it comes back; an address on another name of the provider's will do."""
    assert read_metadata(document(), ISSUER) == Metadata(
        issuer=ISSUER,
        authorization_endpoint=f"{ISSUER}/authorize",
        token_endpoint=f"{ISSUER}/token",
        jwks_uri="https://keys.idp.example/jwks",
        userinfo_endpoint=f"{ISSUER}/userinfo",
        end_session_endpoint=f"{ISSUER}/session/end",
        names_itself=True,
    )


def test_what_is_optional_may_be_absent() -> None:
    """A provider without user info or log-out is a provider."""
    read = read_metadata(document(userinfo_endpoint=None, end_session_endpoint=None), ISSUER)
    assert (read.userinfo_endpoint, read.end_session_endpoint) == ("", "")


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "https://evil.example"},
        {"issuer": f"{ISSUER}/"},
        {"token_endpoint": None},
        {"token_endpoint": 7},
        {"token_endpoint": "http://idp.example/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "https:///authorize"},
        {"authorization_endpoint": "https://idp.example@evil.example/"},
        {"authorization_endpoint": "https://idp.example/\r\nSet-Cookie: a=b"},
        {"end_session_endpoint": "https://idp.example/ x"},
        {"jwks_uri": "https://[idp/"},
    ],
)
def test_what_is_not_the_providers_or_not_safe_is_refused(changed: dict[str, Any]) -> None:
    """Mix-up (another issuer), clear text, scripts and header injection get one word."""
    with pytest.raises(ProtocolError, match="provider-document"):
        read_metadata(document(**changed), ISSUER)


@given(st.binary(max_size=200))
def test_anything_else_is_refused(octets: bytes) -> None:
    """No octets raise anything but `ProtocolError`."""
    with pytest.raises(ProtocolError, match="provider-document"):
        read_metadata(octets, ISSUER)
