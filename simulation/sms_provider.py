"""Two SMS providers on a loopback port, written from their documents: no phone rings.

They check who asks and what, and answer as documented; they share no code with the base's dialects.
The demonstration reads its guests' messages from one, the tests hold both dialects to one contract.
"""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web

SERVICE, KEY, SECRET, CONSUMER = "sms-ab12345-1", "app-key", "app secret", "consumer"
"""OVHcloud: the service, and the application's keys."""
SID, TOKEN = "AC0123456789abcdef0123456789abcdef", "auth token"
"""Twilio: the account, and its token."""
SENDER: Final = "+33755000000"
"""The number messages come from; French, and nobody's."""
_GONE = web.AppKey("_GONE", asyncio.Event)
"""Set once the double ends: what is silent until then."""


def _ignore(number: str, text: str) -> None:
    """Nobody listens."""


@dataclass
class Provider:
    """What it took, and how it behaves."""

    port: int = 0
    """Where it listens; 0: any that is free, known once it is up."""
    on_message: Callable[[str, str], None] = _ignore
    """Hears each message that was taken: number and text."""
    messages: list[tuple[str, str]] = field(default_factory=list)
    """Number and text."""
    unreachable: set[str] = field(default_factory=set)
    """Numbers it refuses for good."""
    answers: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    """Answers to the next requests, instead of its own."""
    is_silent: bool = False
    """Whether it takes requests and says nothing."""
    requests: int = 0

    def settings(self, provider: str) -> dict[str, Any]:
        """Return `[sms]` for this double, `ovhcloud` or `twilio`."""
        common = {"provider": provider, "sender": SENDER}
        if provider == "twilio":
            url = f"http://127.0.0.1:{self.port}"
            return {**common, "url": url, "account": SID, "secret": TOKEN}
        return {
            **common,
            "url": f"http://127.0.0.1:{self.port}/1.0",
            "account": SERVICE,
            "key": KEY,
            "secret": SECRET,
            "consumer_key": CONSUMER,
        }

    def _take(self, number: str, text: str) -> bool:
        if number in self.unreachable:
            return False
        self.messages.append((number, text))
        self.on_message(number, text)
        return True

    async def _instead(self, request: web.Request) -> web.Response | None:
        self.requests += 1
        if self.is_silent:
            await request.read()
            await request.app[_GONE].wait()
        if self.answers:
            status, told = self.answers.pop(0)
            return web.json_response(told, status=status)
        return None

    async def ovhcloud(self, request: web.Request) -> web.Response:
        """`POST /1.0/sms/{service}/jobs`."""
        if instead := await self._instead(request):
            return instead
        body = await request.text()
        if refused := _ovh_refusal(request, body):
            return refused
        job = json.loads(body)
        if not job["noStopClause"] or job["sender"] != SENDER:
            return web.json_response({"message": "Invalid job"}, status=400)
        [number] = job["receivers"]
        is_taken = self._take(number, job["message"])
        return web.json_response(
            {
                "totalCreditsRemoved": int(is_taken),
                "ids": [1] if is_taken else [],
                "validReceivers": [number] if is_taken else [],
                "invalidReceivers": [] if is_taken else [number],
            }
        )

    async def twilio(self, request: web.Request) -> web.Response:
        """`POST /2010-04-01/Accounts/{sid}/Messages.json`."""
        if instead := await self._instead(request):
            return instead
        known = base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()
        if request.headers["Authorization"] != f"Basic {known}":
            return web.json_response({"code": 20003, "message": "Authenticate"}, status=401)
        form = await request.post()
        number, text = str(form["To"]), str(form["Body"])
        if form["From"] != SENDER:
            told = {"code": 21606, "message": "'From' is not yours", "status": 400}
            return web.json_response(told, status=400)
        if not self._take(number, text):
            told = {"code": 21614, "message": f"'To' number {number} is not mobile", "status": 400}
            return web.json_response(told, status=400)
        return web.json_response({"sid": "SM1", "status": "queued", "error_code": None}, status=201)


def _ovh_refusal(request: web.Request, body: str) -> web.Response | None:
    """Refuse a request whose keys or signature are not the application's."""
    known = (request.headers["X-Ovh-Application"], request.headers["X-Ovh-Consumer"])
    if known != (KEY, CONSUMER) or request.match_info["service"] != SERVICE:
        told = {"errorCode": "INVALID_CREDENTIAL", "httpCode": "403 Forbidden"}
        return web.json_response({**told, "message": "This credential is not valid"}, status=403)
    at = request.headers["X-Ovh-Timestamp"]
    signed = "+".join((SECRET, CONSUMER, "POST", str(request.url), body, at))
    made = "$1$" + hashlib.sha1(signed.encode(), usedforsecurity=False).hexdigest()
    if not hmac.compare_digest(request.headers["X-Ovh-Signature"], made):
        return web.json_response({"message": "Invalid signature"}, status=400)
    return None


@asynccontextmanager
async def sms_provider(
    port: int = 0, on_message: Callable[[str, str], None] = _ignore
) -> AsyncIterator[Provider]:
    """Serve both dialects on loopback."""
    provider, app = Provider(port, on_message), web.Application()
    app[_GONE] = asyncio.Event()
    app.router.add_post("/1.0/sms/{service}/jobs", provider.ovhcloud)
    app.router.add_post(f"/2010-04-01/Accounts/{SID}/Messages.json", provider.twilio)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    provider.port = runner.addresses[0][1]
    try:
        yield provider
    finally:
        app[_GONE].set()
        await runner.cleanup()
