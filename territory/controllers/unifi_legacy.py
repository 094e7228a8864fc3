"""UniFi's older interface, as whoever has a local account there finds a way through it.

A console (UniFi OS) is told from Network that runs by itself by an address that only a console
guards: it logs in elsewhere, puts everything below `/proxy/network`, and asks for the token that
its cookie carries. A session is kept and shown again, since consoles refuse an account that logs
in often; one that lapsed is renewed once. From documents: PacketFence `Ubiquiti/Unifi.pm`,
Art-of-WiFi/UniFi-API-client `src/Client.php`.
"""

import binascii
import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

from territory.controllers.https import (
    Answer,
    Ask,
    Conversation,
    Kept,
    Text,
    Told,
    cookie_header,
)
from territory.controllers.record import ControllerFault, ControllerRecord, Trouble

_CONSOLE = "/proxy/network"
_CONSOLE_COOKIE = "TOKEN"
_REFUSED = 401
_NO_SITE = b"api.err.NoSiteContext"
"""What a refusal says of a site that is not there for this account: logging in changes nothing."""


class _Meta(Told):
    rc: str
    msg: Text = ""


class Said(Told):
    """The envelope that every answer comes in."""

    meta: _Meta

    @property
    def names_nobody_known(self) -> bool:
        """Whether it refuses since it does not know whom it was asked about."""
        return self.meta.rc != "ok" and self.meta.msg.startswith("api.err.Unknown")


SaidT = TypeVar("SaidT", bound=Said)


@dataclass(frozen=True, slots=True)
class LogIn:
    """A session at a controller."""

    prefix: str
    """What stands before every path: a console's, or nothing."""
    headers: Mapping[str, str] = field(repr=False)
    """What shows it again."""


class LocalAccount:
    """One controller, with one account that is its own."""

    def __init__(self, record: ControllerRecord) -> None:
        self._record = record
        self._kept = Kept[LogIn](record)

    def conversation(self, least_seconds: float = 0.0) -> AbstractAsyncContextManager[Conversation]:
        """Open a conversation that forgets its session when it fails oddly."""
        return self._kept.conversation(least_seconds)

    def forget(self) -> None:
        """Forget the session: it is asked anew."""
        self._kept.value = None

    async def ask(
        self,
        talk: Conversation,
        method: str,
        site: str,
        path: str,
        body: Mapping[str, Any] | None = None,
    ) -> Answer:
        """Return what a site's part of the interface answers, logged in.

        Raises:
            ControllerFault: the account is refused, or has no such site.
        """
        below = f"/api/s/{quote(site, safe='')}/{path}"
        kept = self._kept.value
        answer = await talk.ask(_call(kept or await self._log_in(talk), method, below, body))
        if answer.status == _REFUSED and kept is not None and _NO_SITE not in answer.body:
            answer = await talk.ask(_call(await self._log_in(talk), method, below, body))
        if answer.status == _REFUSED and _NO_SITE in answer.body:
            words = f"the controller has no site {site} that this account may see"
            raise ControllerFault(Trouble.REFUSED, words)
        return answer

    async def _log_in(self, talk: Conversation) -> LogIn:
        self._kept.value = None
        probe = await talk.ask(Ask("GET", f"{_CONSOLE}/status"))
        on_console = probe.status in (401, 403)
        path = "/api/auth/login" if on_console else "/api/login"
        account = {"username": self._record.user or "", "password": self._record.password}
        answer = await talk.ask(Ask("POST", path, account))
        if answer.status in (400, 401, 403, 499):
            words = "the controller refuses the account: a local one, without a second factor?"
            raise ControllerFault(Trouble.ACCOUNT, words)
        self._kept.value = log_in_of(answer.checked(), _CONSOLE if on_console else "")
        return self._kept.value


def _call(log_in: LogIn, method: str, path: str, body: Mapping[str, Any] | None) -> Ask:
    """Return a call of that session; every one of ours sets a state, so may be repeated."""
    return Ask(method, f"{log_in.prefix}{path}", body, log_in.headers)


def log_in_of(answer: Answer, prefix: str) -> LogIn:
    """Return the session that a good log-in opens.

    Raises:
        ControllerFault: it sets no cookie.
    """
    if not answer.cookies:
        raise ControllerFault(Trouble.UNREADABLE, "the controller's log-in opens no session")
    token = (
        answer.headers.get("X-CSRF-Token")
        or _token_in(answer.cookies.get(_CONSOLE_COOKIE, ""))
        or answer.cookies.get("csrf_token", "")
    )
    more = {"X-CSRF-Token": token} if token else {}
    return LogIn(prefix, {**cookie_header(answer.cookies), **more})


def _token_in(cookie: str) -> str:
    """Return `csrfToken` of a console's cookie, a JSON Web Token; nothing where there is none."""
    _, _, rest = cookie.partition(".")
    payload = rest.partition(".")[0]
    try:
        claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return ""
    token = claims.get("csrfToken", "") if isinstance(claims, dict) else ""
    return token if isinstance(token, str) else ""


def ok(said: SaidT) -> SaidT:
    """Return it where its envelope says ok.

    Raises:
        ControllerFault: it does not.
    """
    if said.meta.rc == "ok":
        return said
    if said.meta.msg in ("api.err.LoginRequired", "api.err.NoPermission"):
        raise ControllerFault(Trouble.ACCOUNT, "the account may not do this at that site")
    raise ControllerFault(Trouble.REFUSED, f"the controller says no: {said.meta.msg[:80]}")
