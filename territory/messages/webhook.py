"""A short message to a chat or push service: `write` and `read` are pure, `Webhook` is the shell.

Matrix: PUT /_matrix/client/v3/rooms/{room}/send/m.room.message/{transaction}, a Bearer token; the
same transaction twice is one event. Mattermost: an incoming webhook, whose address is the secret,
takes JSON with `text`. ntfy: POST to the topic, Title, Priority, Tags and Click as headers (RFC
2047 where they are no ASCII); over 4 096 octets it would become a file. Any other: JSON.

Somebody is to be told, so an answer that is no success is `Unavailable`, with how long to wait
where the service says so (429); whoever sends decides when to try again. There is a deadline, an
answer is capped, a redirect is an answer and not followed: the secret goes where it was meant to.
"""

import asyncio
import json
import math
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.header import Header
from typing import Final
from urllib.parse import quote
from uuid import UUID

import aiohttp
from yarl import URL

from territory.errors import Unavailable

LARGEST_ANSWER: Final = 1 << 14
"""Octets of an answer that are read."""
LONGEST_WAIT_SECONDS: Final = 3600.0
"""However long a service asks us to stay away."""
_NTFY_OCTETS: Final = 4000
_MATTERMOST_CHARACTERS: Final = 16_000
_PRIORITIES: Final = {"critical": "5", "warning": "3", "mended": "3"}
_TAGS: Final = {"critical": "rotating_light", "warning": "warning", "mended": "white_check_mark"}
_TOO_MANY: Final = 429
_A_MINUTE: Final = 60.0


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to one service."""

    id: UUID
    """The same at each attempt."""
    subject: str
    """One line."""
    text: str
    """In lines."""
    urgency: str
    """critical, warning or mended."""
    link: str
    """The page about it."""


@dataclass(frozen=True, slots=True)
class Door:
    """A service, and how it is spoken with."""

    kind: str
    """matrix, mattermost, ntfy or json."""
    address: str = field(repr=False)
    """As the settings say."""
    secret: str = field(default="", repr=False)
    """Its access token, where it asks for one."""
    room: str = ""
    """matrix: which."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a service."""

    method: str
    url: str = field(repr=False)
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


class AskedToWait(Unavailable):
    """A service takes no more for now, and says for how long."""

    def __init__(self, words: str, seconds: float) -> None:
        super().__init__(words)
        self.seconds = seconds


def write(door: Door, notice: Notice) -> Call:
    """Return what tells a service."""
    return _DIALECTS[door.kind](door, notice)


def read(status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Return where an answer says that the message is taken.

    Raises:
        AskedToWait: not now, and when again.
        Unavailable: it is not taken; the words hold no secret.
    """
    if 200 <= status < 300:
        return
    if status == _TOO_MANY:
        seconds = min(max(_wait_seconds(headers, body), 1.0), LONGEST_WAIT_SECONDS)
        raise AskedToWait(f"the service asks to wait {seconds:.0f} s (429)", seconds)
    raise Unavailable(f"{_MEANINGS.get(status, 'the service answers')} ({status})")


_MEANINGS: Final[Mapping[int, str]] = {
    301: "the service is elsewhere, and a redirect is not followed",
    302: "the service is elsewhere, and a redirect is not followed",
    307: "the service is elsewhere, and a redirect is not followed",
    308: "the service is elsewhere, and a redirect is not followed",
    400: "the service does not understand the message",
    401: "the service refuses the secret",
    403: "the service refuses the secret, or writing there",
    404: "the service knows no such address, room or topic",
    413: "the service finds the message too long",
}


class Webhook:
    """Tells one service."""

    def __init__(
        self, door: Door, patience_seconds: float, tls: ssl.SSLContext | None = None
    ) -> None:
        """Prepare it; nothing is opened before a message is sent. `tls`: None for the usual."""
        self._door = door
        self._patience_seconds = patience_seconds
        self._tls = tls

    async def send(self, notice: Notice) -> None:
        """Hand a message over, in one attempt.

        Raises:
            Unavailable: it was not taken in time; where only the answer is missing, it may have
                been. `AskedToWait` where the service says when to come again.
        """
        call = write(self._door, notice)
        try:
            async with asyncio.timeout(self._patience_seconds):
                status, headers, body = await self._ask(call)
        except TimeoutError as fault:
            raise Unavailable("the service did not answer in time") from fault
        except aiohttp.ClientConnectorCertificateError as fault:
            raise Unavailable("the service's certificate is refused") from fault
        except (aiohttp.ClientError, OSError, ValueError) as fault:
            raise Unavailable(f"no connection to the service: {type(fault).__name__}") from fault
        read(status, headers, body)

    async def _ask(self, call: Call) -> tuple[int, Mapping[str, str], bytes]:
        async with (
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.request(
                call.method,
                URL(call.url, encoded=True),
                data=call.body,
                headers=dict(call.headers),
                allow_redirects=False,
                ssl=self._tls or True,
            ) as answer,
        ):
            return answer.status, answer.headers, await answer.content.read(LARGEST_ANSWER)


def _matrix(door: Door, notice: Notice) -> Call:
    base, room = door.address.rstrip("/"), quote(door.room, safe="")
    url = f"{base}/_matrix/client/v3/rooms/{room}/send/m.room.message/{notice.id}"
    # m.text and not m.notice: the push rules every client begins with keep notices silent.
    content = {"msgtype": "m.text", "body": _whole(notice)}
    return Call("PUT", url, _json(content), _JSON | _bearer(door))


def _mattermost(door: Door, notice: Notice) -> Call:
    content = {"text": _cut(f"**{notice.subject}**\n{_body(notice)}", _MATTERMOST_CHARACTERS)}
    return Call("POST", door.address, _json(content), _JSON)


def _ntfy(door: Door, notice: Notice) -> Call:
    body = notice.text.encode()[:_NTFY_OCTETS].decode(errors="ignore").encode()
    headers = {
        "Content-Type": "text/plain; charset=utf-8",
        "Title": Header(notice.subject, "utf-8").encode(maxlinelen=0),
        "Priority": _PRIORITIES[notice.urgency],
        "Tags": _TAGS[notice.urgency],
        "Click": notice.link,
    }
    return Call("POST", door.address, body, headers | _bearer(door))


def _any(door: Door, notice: Notice) -> Call:
    content = {
        "id": str(notice.id),
        "urgency": notice.urgency,
        "subject": notice.subject,
        "text": notice.text,
        "link": notice.link,
    }
    return Call("POST", door.address, _json(content), _JSON | _bearer(door))


_DIALECTS: Final[Mapping[str, Callable[[Door, Notice], Call]]] = {
    "matrix": _matrix,
    "mattermost": _mattermost,
    "ntfy": _ntfy,
    "json": _any,
}
_JSON: Final = {"Content-Type": "application/json"}


def _bearer(door: Door) -> dict[str, str]:
    return {"Authorization": f"Bearer {door.secret}"} if door.secret else {}


def _json(content: Mapping[str, str]) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


def _whole(notice: Notice) -> str:
    return f"{notice.subject}\n{_body(notice)}"


def _body(notice: Notice) -> str:
    return f"{notice.text}\n{notice.link}"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


def _wait_seconds(headers: Mapping[str, str], body: bytes) -> float:
    """Return how long a service asks to stay away: RFC 9110 §10.2.3, Mattermost's or Matrix's way;
    a minute where it does not say."""
    found = headers.get("Retry-After", "") or headers.get("X-Ratelimit-Reset", "")
    if found.isdecimal():
        return float(found[:6])
    try:
        told = json.loads(body)
        seconds = float(told["retry_after_ms"]) / 1000 if isinstance(told, dict) else _A_MINUTE
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return _A_MINUTE
    return seconds if math.isfinite(seconds) else _A_MINUTE
