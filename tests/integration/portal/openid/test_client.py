"""Our client and a real provider: every form of answer, and what is not for us.

npm's oidc-provider on loopback; a person with a browser of their own signs in there.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from aiohttp import web
from joserfc.jwk import RSAKey

from portal.openid.asking import Secrets, authorization_address, departure_address, secrets_of
from portal.openid.client import ProviderClient, Vouched
from territory.errors import ProtocolError, Unavailable
from territory.openid_providers import PROFILES, Provider
from territory.web.server import start_site
from tests.servers.openid_provider import NEXT, RETURN, SECRET, client, openid_provider, person

KEY = bytes(range(32))
OURS = RSAKey.generate_key(2048)
NESTED = {
    "id_token_signed_response_alg": "RS256",
    "userinfo_signed_response_alg": "RS256",
    "userinfo_encrypted_response_alg": "RSA-OAEP-256",
    "userinfo_encrypted_response_enc": "A256GCM",
    "token_endpoint_auth_method": "client_secret_post",
    "jwks": {
        "keys": [{**OURS.as_dict(private=False), "use": "enc", "alg": "RSA-OAEP-256"}],
    },
}
SIGNED = {
    "userinfo_signed_response_alg": "ES256",
    "token_endpoint_auth_method": "client_secret_post",
}
CLIENTS = [client("plain"), client("signed", **SIGNED), client("nested", **NESTED)]
PLAIN = Provider("plain", "Essai", "", "plain", SECRET, PROFILES["plain"], keeps=("email",))
FRANCECONNECT = replace(
    PLAIN, client_id="signed", profile=PROFILES["franceconnect"], level="eidas1"
)


@pytest.fixture(scope="module", name="issuer")
def _issuer() -> Iterator[str]:
    with openid_provider(CLIENTS) as issuer:
        yield issuer


def now() -> datetime:
    """Return the instant by the provider's clock, which is this machine's."""
    return datetime.now(UTC)


async def code_for(ours: ProviderClient, secrets: Secrets, level: str = "eidas1") -> str:
    """Have somebody sign in, and return the code that came back."""
    metadata = await ours.metadata(now())
    address = authorization_address(ours.provider, metadata, secrets, RETURN, "fr")
    async with person(level=level) as somebody:
        back = await somebody.sign_in(address)
    assert (back.query["state"], back.query["iss"]) == (secrets.state, ours.provider.issuer)
    return back.query["code"]


async def sign_in(provider: Provider, level: str = "eidas1") -> Vouched:
    """Have somebody sign in, and return whom the provider vouches for."""
    ours, secrets = ProviderClient(provider, RETURN), secrets_of(uuid4(), KEY)
    return await ours.redeem(await code_for(ours, secrets, level), secrets, now())


@pytest.mark.parametrize(
    "provider",
    [
        PLAIN,
        FRANCECONNECT,
        replace(FRANCECONNECT, client_id="nested", decryption_key=OURS),
    ],
    ids=["in clear", "signed", "signed inside encrypted"],
)
async def test_every_form_of_answer(issuer: str, provider: Provider) -> None:
    """ES256 and RS256, secret in header and in body, user info in its three forms."""
    vouched = await sign_in(replace(provider, issuer=issuer))
    assert vouched.subject == "angela"
    assert vouched.kept == {"email": "angela@mail.example"}
    assert "angela@" not in repr(vouched)
    assert vouched.id_token not in repr(vouched)


async def test_where_nothing_is_kept_nothing_is_asked(issuer: str) -> None:
    """No claim, no user info: the subject alone comes back."""
    vouched = await sign_in(replace(FRANCECONNECT, issuer=issuer, keeps=()))
    assert (vouched.subject, vouched.kept) == ("angela", {})


async def test_user_info_in_clear_is_refused_of_a_federation_that_signs_it(issuer: str) -> None:
    """FranceConnect signs; an answer that is not signed is somebody else's."""
    provider = replace(
        FRANCECONNECT,
        issuer=issuer,
        client_id="plain",
        profile=replace(PROFILES["franceconnect"], has_secret_in_body=False),
    )
    with pytest.raises(ProtocolError, match="openid-userinfo"):
        await sign_in(provider)


async def test_too_weak_a_sign_in_is_refused(issuer: str) -> None:
    """The guest signed in, at a level below the one that was asked."""
    with pytest.raises(ProtocolError, match="openid-level"):
        await sign_in(replace(FRANCECONNECT, issuer=issuer, level="eidas2"), level="eidas1")


async def test_a_code_serves_once_and_for_its_own_sign_in(issuer: str) -> None:
    """Shown again, or with another sign-in's verifier (PKCE): the provider refuses it."""
    ours, secrets = ProviderClient(replace(PLAIN, issuer=issuer), RETURN), secrets_of(uuid4(), KEY)
    code = await code_for(ours, secrets)
    with pytest.raises(ProtocolError, match="openid-code"):
        await ours.redeem(code, secrets_of(uuid4(), KEY), now())
    code = await code_for(ours, secrets)
    await ours.redeem(code, secrets, now())
    with pytest.raises(ProtocolError, match="openid-code"):
        await ours.redeem(code, secrets, now())


async def test_an_answer_of_another_sign_in_is_refused(issuer: str) -> None:
    """A code with the right verifier and another nonce: an id_token put in from elsewhere."""
    ours, secrets = ProviderClient(replace(PLAIN, issuer=issuer), RETURN), secrets_of(uuid4(), KEY)
    code = await code_for(ours, secrets)
    with pytest.raises(ProtocolError, match="openid-token"):
        await ours.redeem(code, replace(secrets, nonce="n" * 43), now())


async def test_a_wrong_secret_is_refused(issuer: str) -> None:
    """The provider does not know us; no guest is vouched for."""
    with pytest.raises(ProtocolError, match="openid-code"):
        await sign_in(replace(PLAIN, issuer=issuer, client_secret="another"))


async def test_a_guest_is_signed_out_and_sent_back(issuer: str) -> None:
    """The provider takes our hint, and sends back the state (RP-Initiated Logout 1.0 §3)."""
    ours, secrets = ProviderClient(replace(PLAIN, issuer=issuer), RETURN), secrets_of(uuid4(), KEY)
    metadata = await ours.metadata(now())
    async with person() as somebody:
        address = authorization_address(ours.provider, metadata, secrets, RETURN, "fr")
        back = await somebody.sign_in(address)
        vouched = await ours.redeem(back.query["code"], secrets, now())
        left = await somebody.sign_out(departure_address(metadata, secrets, vouched.id_token, NEXT))
    assert str(left) == f"{NEXT}?state={secrets.farewell}"


async def test_a_provider_that_is_away_is_said_to_be() -> None:
    """Nobody listens: `Unavailable`, for a page in words."""
    ours = ProviderClient(replace(PLAIN, issuer="http://127.0.0.1:9"), RETURN)
    with pytest.raises(Unavailable, match="plain"):
        await ours.metadata(now())


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"x" * (300 * 1024)),
        (200, b"<html>"),
        (200, b'{"issuer": "https://evil.example"}'),
        (302, b""),
        (500, b""),
    ],
    ids=["endless", "a page", "another's", "a redirect", "broken"],
)
async def test_a_description_that_is_none(status: int, body: bytes) -> None:
    """Too long, unreadable, another's, elsewhere: the provider counts as away."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, body=body, headers={"Location": "http://evil.example/"})

    app = web.Application()
    app.router.add_get("/.well-known/openid-configuration", answer)
    runner = await start_site(app, "127.0.0.1", 0)
    try:
        issuer = f"http://127.0.0.1:{runner.addresses[0][1]}"
        with pytest.raises(Unavailable):
            await ProviderClient(replace(PLAIN, issuer=issuer), RETURN).metadata(now())
    finally:
        await runner.cleanup()


async def test_new_keys_are_fetched_once_they_are_used(issuer: str) -> None:
    """A provider that has changed its keys is asked for them again, and no oftener than needed."""
    ours, secrets = ProviderClient(replace(PLAIN, issuer=issuer), RETURN), secrets_of(uuid4(), KEY)
    await ours.metadata(now() - timedelta(minutes=5))
    known = ours._known
    assert known is not None
    other = RSAKey.generate_key(2048, {"kid": "retired"})
    ours._known = replace(known, keys=type(known.keys)([other]))
    vouched = await ours.redeem(await code_for(ours, secrets), secrets, now())
    assert vouched.subject == "angela"
    ours._known = replace(known, keys=type(known.keys)([other]), read_at=now())
    with pytest.raises(ProtocolError, match="openid-key"):
        await ours.redeem(await code_for(ours, secrets), secrets, now())
