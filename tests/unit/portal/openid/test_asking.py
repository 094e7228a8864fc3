"""What is sent to a provider, and how its answer is known."""

import re
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.openid.asking import (
    authorization_address,
    challenge_left,
    challenge_of,
    check_issuer,
    departure_address,
    pkce_challenge,
    secrets_of,
)
from portal.openid.metadata import Metadata
from territory.errors import ProtocolError
from territory.openid_providers import PROFILES, Provider

KEY = bytes(range(32))
OTHER_KEY = bytes(32)
CHALLENGE = UUID("5a04e467-2e40-48ec-a8b4-6e4ac1d595f3")
RETURN = "https://wifi.example/retour"
METADATA = Metadata(
    issuer="https://idp.example",
    authorization_endpoint="https://idp.example/authorize?tenant=7",
    token_endpoint="https://idp.example/token",
    jwks_uri="https://idp.example/jwks",
    end_session_endpoint="https://idp.example/end",
)
PROVIDER = Provider(
    code="franceconnect",
    name="FranceConnect",
    issuer=METADATA.issuer,
    client_id="ours",
    client_secret="secret",
    profile=PROFILES["franceconnect"],
    level="eidas1",
    keeps=("email",),
)


def test_a_guest_is_sent_with_all_that_binds_the_answer() -> None:
    """State, nonce and PKCE S256 go along (RFC 7636 §4.2), the level too, and no secret."""
    secrets = secrets_of(CHALLENGE, KEY)
    address = authorization_address(PROVIDER, METADATA, secrets, RETURN, "fr")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert address.startswith("https://idp.example/authorize?tenant=7&")
    assert asked.pop("code_challenge") == pkce_challenge(secrets.verifier)
    assert asked == {
        "tenant": "7",
        "response_type": "code",
        "client_id": "ours",
        "redirect_uri": RETURN,
        "scope": "openid email",
        "state": secrets.state,
        "nonce": secrets.nonce,
        "code_challenge_method": "S256",
        "ui_locales": "fr",
        "acr_values": "eidas1",
    }
    assert secrets.verifier not in address
    assert secrets.code not in address


def test_pkce_derives_what_the_rfc_derives() -> None:
    """RFC 7636, appendix B: that verifier has that challenge."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert pkce_challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_no_secret_serves_two_purposes_or_two_challenges() -> None:
    """All of one challenge differ, and none is the next one's; their shape is what pages expect."""
    first, second = secrets_of(CHALLENGE, KEY), secrets_of(uuid4(), KEY)
    values = [first.state, first.farewell, first.nonce, first.verifier, first.plain, first.code]
    assert len(set(values)) == len(values)
    assert not set(values) & {second.state, second.nonce, second.verifier, second.plain}
    assert re.fullmatch(r"[A-Z2-7]{8}", first.plain)
    assert re.fullmatch(r"\d{6}", first.code)
    assert len(first.verifier) == 43
    assert first == secrets_of(CHALLENGE, KEY)


def test_a_state_of_ours_leads_to_its_challenge() -> None:
    """And it is never shown in a repr, as the nonce, the verifier and the code are not."""
    secrets = secrets_of(CHALLENGE, KEY)
    assert challenge_of(secrets.state, KEY) == CHALLENGE
    assert challenge_left(secrets.farewell, KEY) == CHALLENGE
    assert secrets.nonce not in repr(secrets)
    assert secrets.verifier not in repr(secrets)


@pytest.mark.parametrize(
    "state",
    [
        "",
        CHALLENGE.hex,
        secrets_of(CHALLENGE, OTHER_KEY).state,
        secrets_of(CHALLENGE, KEY).state + "A",
        secrets_of(CHALLENGE, KEY).state[:-1] + "é",
        "z" * 75,
        UUID(int=99).hex + secrets_of(CHALLENGE, KEY).state[32:],
    ],
)
def test_a_state_that_is_not_ours_is_refused(state: str) -> None:
    """Made up, cut, another base's, or another challenge's."""
    with pytest.raises(ProtocolError, match="openid-state"):
        challenge_of(state, KEY)


def test_whoever_began_cannot_come_back_for_another() -> None:
    """The state, which the one who began knows, is not what brings back the one who signed in."""
    secrets = secrets_of(CHALLENGE, KEY)
    with pytest.raises(ProtocolError, match="openid-state"):
        challenge_left(secrets.state, KEY)
    with pytest.raises(ProtocolError, match="openid-state"):
        challenge_of(secrets.farewell, KEY)
    assert secrets.farewell not in repr(secrets)


@given(st.text(max_size=100))
def test_any_text_is_a_state_that_is_refused(state: str) -> None:
    """Nothing but `ProtocolError` comes of it."""
    with pytest.raises(ProtocolError, match="openid-state"):
        challenge_of(state, KEY)


@pytest.mark.parametrize(
    ("named", "must", "is_good"),
    [
        ("https://idp.example", True, True),
        ("https://idp.example", False, True),
        (None, False, True),
        (None, True, False),
        ("https://evil.example", False, False),
        ("", False, False),
    ],
)
def test_an_answer_names_its_issuer(named: str | None, must: bool, is_good: bool) -> None:
    """RFC 9207 §2.4: another provider's answer is refused, and none where one is announced."""
    metadata = Metadata("https://idp.example", "", "", "", names_itself=must)
    if is_good:
        check_issuer(named, metadata)
        return
    with pytest.raises(ProtocolError, match="openid-issuer"):
        check_issuer(named, metadata)


def test_a_guest_is_signed_out_again() -> None:
    """The provider is told whose session ends, and where to send them back."""
    secrets = secrets_of(CHALLENGE, KEY)
    address = departure_address(METADATA, secrets, "e.y.J", RETURN)
    assert parse_qs(urlsplit(address).query) == {
        "id_token_hint": ["e.y.J"],
        "post_logout_redirect_uri": [RETURN],
        "state": [secrets.farewell],
    }
