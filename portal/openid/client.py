"""The calls to one provider: its description, its keys, a code for a person. Few, short, capped.

Redirects are answers like others and are not followed; what comes back is capped; one deadline a
call. Description and keys are kept for an hour; a key that is not known has them asked again once,
as a provider that changes its keys expects. User info is asked only where something of it is kept.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote

import aiohttp
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from portal.openid.asking import Secrets
from portal.openid.metadata import Metadata, read_metadata
from portal.openid.tokens import (
    Claims,
    Expected,
    kept_of,
    open_token,
    read_id_token,
    read_plain_userinfo,
    read_signed_userinfo,
)
from territory.errors import ProtocolError, Unavailable
from territory.openid_providers import Provider

LARGEST_ANSWER = 256 * 1024
CALL_SECONDS = 5.0
KEPT = timedelta(hours=1)
KEYS_AGAIN = timedelta(seconds=30)
"""Unknown keys do not have a provider asked more often than that."""
_TOKEN_TYPE = "application/jwt"  # noqa: S105 - a media type
OK, _SERVER_FAULT = 200, 500

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom a provider vouches for."""

    subject: str
    """The provider's own name for the person; never changes."""
    kept: Mapping[str, str] = field(repr=False)
    """Claims that the territory keeps."""
    id_token: str = field(repr=False)
    """Signs the person out again; never stored."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read of a provider, and when."""

    metadata: Metadata
    keys: KeySet
    read_at: datetime


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    media_type: str
    body: bytes = field(repr=False)


class ProviderClient:
    """Our client at one provider."""

    def __init__(self, provider: Provider, return_address: str) -> None:
        self.provider = provider
        self.return_address = return_address
        self._known: _Known | None = None

    async def metadata(self, now: datetime) -> Metadata:
        """Return the provider's description.

        Raises:
            Unavailable: the provider is away, or does not describe itself as it must.
        """
        return (await self._read(now)).metadata

    async def redeem(self, code: str, secrets: Secrets, now: datetime) -> Vouched:
        """Return whom the provider vouches for by a code of ours.

        Raises:
            ProtocolError: it refuses the code, or what it says cannot be believed.
            Unavailable: it is away.
        """
        known = await self._read(now)
        told = await self._exchange(known.metadata, code, secrets)
        token, access = told.get("id_token"), told.get("access_token")
        if not isinstance(token, str) or not isinstance(access, str):
            raise ProtocolError("openid-token")
        expected = self._expected(known.metadata, secrets, now)
        try:
            claims = read_id_token(token, known.keys, expected)
        except ProtocolError as fault:
            if fault.reason != "openid-key" or now - known.read_at < KEYS_AGAIN:
                raise
            known = await self._read(now, anew=True)
            claims = read_id_token(token, known.keys, expected)
        subject = str(claims["sub"])
        kept = await self._claims(known, access, expected, subject) if self.provider.keeps else {}
        return Vouched(subject, kept_of(kept, self.provider.keeps), token)

    def _expected(self, metadata: Metadata, secrets: Secrets, now: datetime) -> Expected:
        return Expected(
            issuer=metadata.issuer,
            client_id=self.provider.client_id,
            now=now,
            nonce=secrets.nonce,
            levels=self.provider.accepted_levels,
        )

    async def _read(self, now: datetime, *, anew: bool = False) -> _Known:
        known = self._known
        if known is not None and not anew and now - known.read_at < KEPT:
            return known
        address = self.provider.document
        try:
            metadata = read_metadata((await self._get(address)).body, self.provider.issuer)
            told = json.loads((await self._get(metadata.jwks_uri)).body)
            keys = KeySet.import_key_set(told)
        except (ProtocolError, JoseError, ValueError, KeyError, TypeError) as fault:
            raise self._away(fault) from fault
        self._known = _Known(metadata, keys, now)
        return self._known

    async def _exchange(self, metadata: Metadata, code: str, secrets: Secrets) -> Claims:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.return_address,
            "code_verifier": secrets.verifier,
        }
        headers = {"Accept": "application/json"}
        client_id, secret = self.provider.client_id, self.provider.client_secret
        if self.provider.profile.has_secret_in_body:
            form |= {"client_id": client_id, "client_secret": secret}
        else:
            # RFC 6749 §2.3.1: each is encoded as in a form before they are joined.
            account = (quote(client_id, safe=""), quote(secret, safe=""))
            headers["Authorization"] = aiohttp.encode_basic_auth(*account)
        answer = await self._call("POST", metadata.token_endpoint, headers, form)
        if answer.status != OK:
            raise ProtocolError("openid-code")
        return _object(answer.body)

    async def _claims(self, known: _Known, access: str, expected: Expected, subject: str) -> Claims:
        headers = {
            "Authorization": f"Bearer {access}",
            "Accept": f"{_TOKEN_TYPE}, application/json;q=0.5",
        }
        answer = await self._call("GET", known.metadata.userinfo_endpoint, headers)
        is_token = answer.media_type == _TOKEN_TYPE
        if answer.status != OK or (self.provider.profile.signs_userinfo and not is_token):
            raise ProtocolError("openid-userinfo")
        if not is_token:
            return read_plain_userinfo(answer.body, subject)
        token = open_token(answer.body, self.provider.decryption_key)
        return read_signed_userinfo(token, known.keys, expected, subject)

    async def _get(self, address: str) -> _Answer:
        answer = await self._call("GET", address, {"Accept": "application/json"})
        if answer.status != OK:
            raise ProtocolError("provider-document")
        return answer

    async def _call(
        self,
        method: str,
        address: str,
        headers: Mapping[str, str],
        form: Mapping[str, str] | None = None,
    ) -> _Answer:
        """Return an answer of at most `LARGEST_ANSWER` octets, whatever its status below 500."""
        limit = aiohttp.ClientTimeout(total=CALL_SECONDS)
        sent = {**headers, "User-Agent": "Socle", "Accept-Encoding": "identity"}
        try:
            async with (
                aiohttp.ClientSession(
                    timeout=limit, cookie_jar=aiohttp.DummyCookieJar()
                ) as session,
                session.request(
                    method, address, headers=sent, data=form, allow_redirects=False
                ) as response,
            ):
                body = await response.content.read(LARGEST_ANSWER + 1)
                while len(body) <= LARGEST_ANSWER and not response.content.at_eof():
                    body += await response.content.read(LARGEST_ANSWER + 1 - len(body))
                answer = _Answer(response.status, response.content_type, body)
        except (aiohttp.ClientError, TimeoutError, ValueError) as fault:
            raise self._away(fault) from fault
        if answer.status >= _SERVER_FAULT or len(body) > LARGEST_ANSWER:
            raise self._away(ProtocolError("provider-answer"))
        return answer

    def _away(self, fault: Exception) -> Unavailable:
        log.warning("openid.away", provider=self.provider.code, cause=type(fault).__name__)
        return Unavailable(f"the identity provider {self.provider.code} does not answer")


def _object(body: bytes) -> Claims:
    try:
        told = json.loads(body)
    except ValueError as fault:
        raise ProtocolError("openid-token") from fault
    if not isinstance(told, dict):
        raise ProtocolError("openid-token")
    return told
