"""What a provider says of a guest, believed only where it is signed, for us, and about now. Pure.

id_token: OpenID Connect Core 1.0 §3.1.3.7, signed in ES256 or RS256 and nothing else; user info:
§5.3, in JSON, or as a signed JWT, or as a signed JWT inside an encrypted one (JWE). A library
checks signatures, what is here decides what they must cover.
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc import jwe, jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet, RSAKey

from territory.errors import ProtocolError

SIGNATURES = ("ES256", "RS256")
ENCRYPTIONS = ("RSA-OAEP-256", "RSA-OAEP", "A256GCM", "A128GCM")
LEEWAY_SECONDS = 60
"""Between the provider's clock and ours."""
LONGEST_SUBJECT = 255
"""Characters (OpenID Connect Core 1.0 §2)."""
LONGEST_CLAIM = 300
_JWE_PARTS = 5

Claims = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Expected:
    """What a provider's word must be about."""

    issuer: str
    """The provider's identifier."""
    client_id: str
    """Ours there."""
    now: datetime
    """The present instant, aware, UTC."""
    nonce: str = ""
    """Of this very sign-in."""
    levels: frozenset[str] = frozenset()
    """The `acr` that will do; empty: any, or none."""


def read_id_token(token: str, keys: KeySet, expected: Expected) -> Claims:
    """Return the claims of an id_token.

    Raises:
        ProtocolError: `openid-key`: signed with a key that is not among `keys`; `openid-token`: not
            signed, another's, for another, over, or of another sign-in; `openid-level`: the guest
            signed in, but not as firmly as asked.
    """
    claims = _signed(token, keys, expected)
    audience = claims["aud"]
    several = isinstance(audience, list) and len(audience) > 1
    if (several or "azp" in claims) and claims.get("azp") != expected.client_id:
        raise ProtocolError("openid-token")
    nonce = str(claims.get("nonce", ""))
    if not hmac.compare_digest(nonce.encode(), expected.nonce.encode()) or not nonce:
        raise ProtocolError("openid-token")
    if expected.levels and str(claims.get("acr")) not in expected.levels:
        raise ProtocolError("openid-level")
    _subject(claims)
    return claims


def read_signed_userinfo(token: str, keys: KeySet, expected: Expected, subject: str) -> Claims:
    """Return the claims of a signed answer about the person whose id_token named `subject`.

    Raises:
        ProtocolError: `openid-key`, `openid-token` as above; `openid-userinfo`: about somebody else
            (§5.3.2).
    """
    return _about(subject, _signed(token, keys, expected, has_end=False))


def read_plain_userinfo(body: bytes, subject: str) -> Claims:
    """Return the claims of an answer in clear, which only its connection vouches for.

    Raises:
        ProtocolError: `openid-userinfo`: unreadable, or about somebody else.
    """
    try:
        claims = json.loads(body)
    except ValueError as fault:
        raise ProtocolError("openid-userinfo") from fault
    return _about(subject, claims)


def open_token(body: bytes, key: RSAKey | None) -> str:
    """Return the signed token inside an answer, which may be encrypted to us.

    Raises:
        ProtocolError: `openid-userinfo`: it cannot be opened.
    """
    try:
        token = body.decode("ascii").strip()
        if token.count(".") != _JWE_PARTS - 1:
            return token
        if key is None:
            raise ProtocolError("openid-userinfo")
        # Providers repeat `iss` and `aud` in the outer header (RFC 7519 §5.3).
        registry = jwe.JWERegistry(algorithms=ENCRYPTIONS, strict_check_header=False)
        opened = jwe.decrypt_compact(token, key, registry=registry)
        return (opened.plaintext or b"").decode("ascii")
    except (ValueError, JoseError) as fault:
        raise ProtocolError("openid-userinfo") from fault


def kept_of(claims: Claims, names: tuple[str, ...]) -> Mapping[str, str]:
    """Return the claims that are kept, those that are text, each cut where it is far too long."""
    told = {name: claims.get(name) for name in names}
    return {
        name: value[:LONGEST_CLAIM]
        for name, value in told.items()
        if isinstance(value, str) and value and "\0" not in value
    }


def _about(subject: str, claims: object) -> Claims:
    if not isinstance(claims, dict) or claims.get("sub") != subject:
        raise ProtocolError("openid-userinfo")
    return claims


def _signed(token: str, keys: KeySet, expected: Expected, *, has_end: bool = True) -> Claims:
    """Return what is signed, by the issuer, for us; `has_end`: whether it must say how long."""
    now = int(expected.now.timestamp())
    registry = jwt.JWTClaimsRegistry(
        now=now,
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": expected.issuer},
        aud={"essential": True, "value": expected.client_id},
        sub={"essential": True},
        exp={"essential": has_end},
        iat={"essential": has_end},
    )
    try:
        claims = jwt.decode(token, keys, algorithms=list(SIGNATURES)).claims
        registry.validate(claims)
    except InvalidKeyIdError as fault:
        raise ProtocolError("openid-key") from fault
    except (JoseError, ValueError) as fault:
        raise ProtocolError("openid-token") from fault
    return claims


def _subject(claims: Claims) -> None:
    subject = claims["sub"]
    if not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
        raise ProtocolError("openid-token")
