"""What we send a guest to a provider with, and how its answer is known to be that guest's. Pure.

State, nonce and PKCE verifier are derived from the challenge's identifier with a key of this base
(HMAC-SHA256), so no row holds them and none can be made up: an answer whose state is not ours costs
no query. Sources: OpenID Connect Core 1.0 §3.1.2.1, RFC 7636 §4, RFC 9207.
"""

import hmac
from base64 import b32encode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import urlencode
from uuid import UUID

from portal.openid.metadata import Metadata
from territory.errors import ProtocolError
from territory.openid_providers import Provider

_STATE_LENGTH = 32 + 43
"""Characters: a UUID in hex, then 32 octets in base64."""
PLAIN_CHARACTERS = 8
"""Of the plain address: 40 bits, alive for ten minutes, and worth no more than its page."""
CODE_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Secrets:
    """What only we and, in part, the provider know of one challenge."""

    state: str
    """Comes back with the answer; whoever begins knows it."""
    farewell: str = field(repr=False)
    """Brings back whoever gave the answer, and nobody else knows it."""
    nonce: str = field(repr=False)
    """Comes back inside the id_token."""
    verifier: str = field(repr=False)
    """Shown when the code is exchanged: 43 characters (RFC 7636 §4.1)."""
    plain: str
    """The word of the plain address a guest can type in a real browser."""
    code: str = field(repr=False)
    """Six digits that bring a sign-in made in another browser back to the log-in window."""


def secrets_of(challenge: UUID, key: bytes) -> Secrets:
    """Return the secrets of a challenge; `key` is the keyring's "openid"."""
    number = int.from_bytes(_derive(challenge, key, b"code")[:8])
    return Secrets(
        state=challenge.hex + _text(_derive(challenge, key, b"state")),
        farewell=challenge.hex + _text(_derive(challenge, key, b"farewell")),
        nonce=_text(_derive(challenge, key, b"nonce")),
        verifier=_text(_derive(challenge, key, b"verifier")),
        plain=b32encode(_derive(challenge, key, b"plain")[:5]).decode(),
        code=f"{number % 10**CODE_DIGITS:0{CODE_DIGITS}}",
    )


def challenge_of(state: str, key: bytes) -> UUID:
    """Return the challenge that a provider's answer belongs to.

    Raises:
        ProtocolError: `openid-state`: not one of ours.
    """
    challenge = _named(state)
    _hold_equal(secrets_of(challenge, key).state, state)
    return challenge


def challenge_left(farewell: str, key: bytes) -> UUID:
    """Return the challenge of whoever has just come from a provider with an answer.

    Raises:
        ProtocolError: `openid-state`: not one of ours.
    """
    challenge = _named(farewell)
    _hold_equal(secrets_of(challenge, key).farewell, farewell)
    return challenge


def _named(text: str) -> UUID:
    try:
        if len(text) == _STATE_LENGTH:
            return UUID(hex=text[:32])
    except ValueError:
        pass
    raise ProtocolError("openid-state")


def _hold_equal(ours: str, theirs: str) -> None:
    if not hmac.compare_digest(ours.encode(), theirs.encode()):
        raise ProtocolError("openid-state")


def authorization_address(
    provider: Provider, metadata: Metadata, secrets: Secrets, return_address: str, language: str
) -> str:
    """Return where a guest is sent to sign in."""
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": return_address,
        "scope": " ".join(provider.scopes),
        "state": secrets.state,
        "nonce": secrets.nonce,
        "code_challenge": pkce_challenge(secrets.verifier),
        "code_challenge_method": "S256",
        "ui_locales": language,
    }
    if provider.level:
        asked["acr_values"] = provider.level
    return _with(metadata.authorization_endpoint, asked)


def pkce_challenge(verifier: str) -> str:
    """Return what is sent of a verifier before it is shown (S256, RFC 7636 §4.2)."""
    return _text(sha256(verifier.encode()).digest())


def departure_address(
    metadata: Metadata, secrets: Secrets, id_token: str, return_address: str
) -> str:
    """Return where a guest is signed out of the provider, which sends them back."""
    asked = {
        "id_token_hint": id_token,
        "post_logout_redirect_uri": return_address,
        "state": secrets.farewell,
    }
    return _with(metadata.end_session_endpoint, asked)


def check_issuer(named: str | None, metadata: Metadata) -> None:
    """Refuse an answer that another provider may have given (RFC 9207 §2.4).

    Raises:
        ProtocolError: `openid-issuer`: it names another issuer, or none where it must.
    """
    if named is None and not metadata.names_itself:
        return
    if named != metadata.issuer:
        raise ProtocolError("openid-issuer")


def _with(address: str, asked: dict[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"


def _derive(challenge: UUID, key: bytes, purpose: bytes) -> bytes:
    return hmac.new(key, purpose + b"\0" + challenge.bytes, sha256).digest()


def _text(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()
