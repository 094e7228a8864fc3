"""Proof that a form was sent from our own page by this browser (against CSRF). Pure but the nonce.

Two checks, both needed: the browser's own word on where the request comes from
(``Sec-Fetch-Site``, else ``Origin``), and a signed token in the form, bound to the sign-in it was
shown to. The token is new on each page, so compressing pages with it gives nothing away.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from itsdangerous import BadData, URLSafeSerializer

FIELD = "csrf"
FORM_LIFE = timedelta(hours=10)


class FormTokens:
    """Makes and checks the tokens of one application's forms."""

    def __init__(self, key: bytes, application: str) -> None:
        self._serializer = URLSafeSerializer(key, salt=f"form of {application}")

    def make(self, token_digest: bytes, now: datetime) -> str:
        """A token for whoever holds the sign-in of that digest (empty: nobody signed in)."""
        ends = int((now + FORM_LIFE).timestamp())
        return str(self._serializer.dumps([token_digest.hex(), ends, secrets.token_hex(8)]))

    def check(self, token: str, token_digest: bytes, now: datetime) -> bool:
        """Whether the token is ours, of this sign-in, and not past its ten hours."""
        try:
            holder, ends, _ = self._serializer.loads(token)
        except (BadData, ValueError, TypeError):
            return False
        return bool(holder == token_digest.hex() and now.timestamp() < ends)


def is_same_origin(headers: Mapping[str, str], https: bool) -> bool:
    """Whether the browser says that the request comes from one of our own pages.

    A browser that says nothing at all (older than 2020) is left to the form's token.
    """
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("Origin")
    if origin is None:
        return True
    parts = urlsplit(origin)
    expected = "https" if https else "http"
    return parts.scheme == expected and parts.netloc == headers.get("Host")
