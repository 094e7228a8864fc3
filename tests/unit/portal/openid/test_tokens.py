"""What is believed of a provider's word: every way a token can be somebody else's is refused."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwe, jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from portal.openid.tokens import (
    Expected,
    kept_of,
    open_token,
    read_id_token,
    read_plain_userinfo,
    read_signed_userinfo,
)
from territory.errors import ProtocolError

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
INSTANT = int(NOW.timestamp())
OURS = ECKey.generate_key("P-256", {"kid": "one"})
RSA = RSAKey.generate_key(2048, {"kid": "two"})
THEIRS = ECKey.generate_key("P-256", {"kid": "one"})
UNKNOWN = ECKey.generate_key("P-256", {"kid": "three"})
KEYS = KeySet([OURS, RSA])
EXPECTED = Expected(
    issuer="https://idp.example",
    client_id="ours",
    now=NOW,
    nonce="n" * 43,
    levels=frozenset({"eidas1", "eidas2"}),
)
CLAIMS = {
    "iss": "https://idp.example",
    "aud": "ours",
    "sub": "b6048e95",
    "nonce": "n" * 43,
    "acr": "eidas1",
    "iat": INSTANT,
    "exp": INSTANT + 60,
}


def token(alg: str = "ES256", key: Any = OURS, **changed: Any) -> str:
    """Return a signed token with other claims; None: without that one."""
    claims = {**CLAIMS, **changed}
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": alg, "kid": key.kid}, kept, key, algorithms=[alg])


@pytest.mark.parametrize(
    "good",
    [
        token(),
        token("RS256", RSA),
        token(aud=["ours"]),
        token(aud=["ours", "theirs"], azp="ours"),
        token(acr="eidas2"),
        token(exp=INSTANT - 59),
        token(iat=INSTANT + 59),
    ],
)
def test_a_providers_word_is_believed(good: str) -> None:
    """Signed by it, for us, of this sign-in, about now, give or take a minute."""
    assert read_id_token(good, KEYS, EXPECTED)["sub"] == "b6048e95"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (token(key=THEIRS), "openid-token"),
        (token(key=UNKNOWN), "openid-key"),
        (token("HS256", OctKey.import_key("x" * 32, {"kid": "one"})), "openid-token"),
        (token(iss="https://evil.example"), "openid-token"),
        (token(iss=None), "openid-token"),
        (token(aud="theirs"), "openid-token"),
        (token(aud=["theirs", "others"]), "openid-token"),
        (token(aud=["ours", "theirs"]), "openid-token"),
        (token(azp="theirs"), "openid-token"),
        (token(nonce="m" * 43), "openid-token"),
        (token(nonce=None), "openid-token"),
        (token(exp=INSTANT - 61), "openid-token"),
        (token(exp=None), "openid-token"),
        (token(exp="soon"), "openid-token"),
        (token(iat=INSTANT + 61), "openid-token"),
        (token(iat=None), "openid-token"),
        (token(sub=None), "openid-token"),
        (token(sub=""), "openid-token"),
        (token(sub="s" * 256), "openid-token"),
        (token(sub="a\nb"), "openid-token"),
        (token(sub=7), "openid-token"),
        (token(acr="eidas0"), "openid-level"),
        (token(acr=None), "openid-level"),
        (token(acr=["eidas1"]), "openid-level"),
    ],
)
def test_anothers_word_is_refused(bad: str, reason: str) -> None:
    """Another's key, audience, issuer, sign-in or time; a symmetric signature; too weak a level."""
    with pytest.raises(ProtocolError, match=reason):
        read_id_token(bad, KEYS, EXPECTED)


def test_an_unsigned_token_is_refused() -> None:
    """`alg: none`, whatever it says."""
    head = "eyJhbGciOiJub25lIn0"
    with pytest.raises(ProtocolError, match="openid-token"):
        read_id_token(f"{head}.{token().split('.')[1]}.", KEYS, EXPECTED)


def test_a_changed_token_is_refused() -> None:
    """One character of what was signed."""
    head, body, signature = token().split(".")
    with pytest.raises(ProtocolError, match="openid-token"):
        read_id_token(
            f"{head}.{'f' if body[0] != 'f' else 'e'}{body[1:]}.{signature}", KEYS, EXPECTED
        )


@given(st.text(max_size=120))
def test_any_text_is_refused(text: str) -> None:
    """Nothing but `ProtocolError` comes of it."""
    with pytest.raises(ProtocolError):
        read_id_token(text, KEYS, EXPECTED)


def encrypted(text: str, key: RSAKey) -> bytes:
    """Return a token inside an encrypted one, with the outer claims that providers repeat."""
    header = {"alg": "RSA-OAEP-256", "enc": "A256GCM", "iss": CLAIMS["iss"], "aud": "ours"}
    registry = jwe.JWERegistry(algorithms=["RSA-OAEP-256", "A256GCM"], strict_check_header=False)
    return jwe.encrypt_compact(header, text.encode(), key, registry=registry).encode()


def test_user_info_is_read_signed_and_inside_an_encrypted_one() -> None:
    """Both lead to the same claims; no `exp` is asked of user info (OpenID Connect Core §5.3.2)."""
    said = token(exp=None, iat=None, nonce=None, acr=None, email="angela@mail.example")
    for answer in (said.encode(), encrypted(said, RSA)):
        opened = open_token(answer, RSA)
        claims = read_signed_userinfo(opened, KEYS, EXPECTED, "b6048e95")
        assert claims["email"] == "angela@mail.example"


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: read_signed_userinfo(token(sub="another"), KEYS, EXPECTED, "b6048e95"),
        lambda: read_signed_userinfo(token(aud="theirs"), KEYS, EXPECTED, "b6048e95"),
        lambda: read_signed_userinfo(token(key=THEIRS), KEYS, EXPECTED, "b6048e95"),
        lambda: read_plain_userinfo(b'{"sub":"another"}', "b6048e95"),
        lambda: read_plain_userinfo(b'["b6048e95"]', "b6048e95"),
        lambda: read_plain_userinfo(b"\xff", "b6048e95"),
        lambda: open_token(encrypted(token(), RSA), None),
        lambda: open_token(encrypted(token(), RSA), RSAKey.generate_key(2048)),
        lambda: open_token(b"a.b.c.d.e", RSA),
        lambda: open_token("é".encode(), RSA),
    ],
)
def test_user_info_about_somebody_else_is_refused(attempt: Callable[[], object]) -> None:
    """Another's subject, another's audience, another's key, or not for us to open."""
    with pytest.raises(ProtocolError):
        attempt()


def test_only_text_that_is_wanted_is_kept() -> None:
    """What the territory does not keep is dropped here, whatever the provider sends."""
    told = {
        "email": "a@b.example",
        "gender": "f",
        "birthdate": 1962,
        "uid": "\0",
        "siret": "1" * 999,
    }
    kept = kept_of(told, ("email", "birthdate", "uid", "siret", "phone"))
    assert kept == {"email": "a@b.example", "siret": "1" * 300}
