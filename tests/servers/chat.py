"""Chat and push services on loopback, which answer as their documents say, with bad days on demand.

Matrix (client-server API v1.11: `PUT .../send/m.room.message/{txnId}`, a transaction seen before is
the same event, `M_UNKNOWN_TOKEN`, `M_FORBIDDEN`, `M_LIMIT_EXCEEDED` with `retry_after_ms`),
Mattermost (incoming webhooks: `ok` in plain text), ntfy (publishing: JSON of the message, 42901
when asked too often), and anything that takes JSON.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.header import decode_header, make_header
from typing import Any

from aiohttp import web

from territory.web.server import start_site

TOKEN, ROOM, HOOK = "syt_wifi_token", "!abc:matrix.meuse.example", "xxx-generatedkey-xxx"
LARGE = 1 << 20


@dataclass
class Chat:
    """What the services took, and how they behave."""

    port: int = 0
    heard: list[dict[str, Any]] = field(default_factory=list)
    """subject, text, and what else came, in order."""
    answers: list[str] = field(default_factory=list)
    """What happens next instead: `limit`, `redirect`, `error`, `large`, `lost`."""
    attempts: int = 0
    transactions: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Where they are."""
        return f"http://127.0.0.1:{self.port}"

    async def matrix(self, request: web.Request) -> web.Response:
        """Take an event of a room."""
        if (bad := self._bad_day(request)) is not None:
            return bad
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"errcode": "M_UNKNOWN_TOKEN", "error": "no"}, status=401)
        if request.match_info["room"] != ROOM:
            return web.json_response({"errcode": "M_FORBIDDEN", "error": "no"}, status=403)
        transaction = request.match_info["transaction"]
        if transaction not in self.transactions:
            self.transactions.add(transaction)
            content = await request.json()
            subject, _, text = content["body"].partition("\n")
            self.heard.append({"subject": subject, "text": text, "type": content["msgtype"]})
        return self._lose() or web.json_response({"event_id": f"${transaction}"})

    async def mattermost(self, request: web.Request) -> web.Response:
        """Take a post."""
        if (bad := self._bad_day(request)) is not None:
            return bad
        if request.match_info["key"] != HOOK:
            return web.json_response({"id": "web.incoming_webhook.invalid.app_error"}, status=404)
        subject, _, text = (await request.json())["text"].partition("\n")
        self.heard.append({"subject": subject.strip("*"), "text": text})
        return self._lose() or web.Response(text="ok")

    async def ntfy(self, request: web.Request) -> web.Response:
        """Take a notification."""
        if (bad := self._bad_day(request)) is not None:
            return bad
        subject = str(make_header(decode_header(request.headers["Title"])))
        told = {"priority": request.headers["Priority"], "click": request.headers["Click"]}
        self.heard.append({"subject": subject, "text": await request.text(), **told})
        return self._lose() or web.json_response({"id": "x", "event": "message"})

    async def json(self, request: web.Request) -> web.Response:
        """Take anything."""
        if (bad := self._bad_day(request)) is not None:
            return bad
        self.heard.append(await request.json())
        return self._lose() or web.Response(status=204)

    def _bad_day(self, request: web.Request) -> web.Response | None:
        self.attempts += 1
        if not self.answers or self.answers[0] == "lost":
            return None
        match self.answers.pop(0):
            case "limit" if "_matrix" in request.path:
                body = {"errcode": "M_LIMIT_EXCEEDED", "error": "no", "retry_after_ms": 2000}
                return web.json_response(body, status=429)
            case "limit":
                body = {"code": 42901, "http": 429, "error": "limit reached: too many requests"}
                return web.json_response(body, status=429)
            case "redirect":
                return web.Response(status=307, headers={"Location": f"{self.url}/elsewhere"})
            case "large":
                return web.Response(body=b"x" * LARGE)
        return web.Response(status=502)

    def _lose(self) -> web.Response | None:
        """An answer that the way loses, though the message was taken."""
        if self.answers and self.answers[0] == "lost":
            self.answers.pop(0)
            return web.Response(status=504)
        return None


@asynccontextmanager
async def chat_services() -> AsyncIterator[Chat]:
    """Serve all of them until the context ends."""
    chat = Chat()
    app = web.Application()
    path = "/_matrix/client/v3/rooms/{room}/send/m.room.message/{transaction}"
    app.router.add_put(path, chat.matrix)
    app.router.add_post("/hooks/{key}", chat.mattermost)
    app.router.add_post("/wifi-astreinte", chat.ntfy)
    app.router.add_post("/anything", chat.json)
    runner = await start_site(app, "127.0.0.1", 0)
    chat.port = runner.addresses[0][1]
    try:
        yield chat
    finally:
        await runner.cleanup()
