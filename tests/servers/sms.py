"""Doubles of two SMS providers, written from their documents: they check who asks and what, and
answer as documented. They share no code with ours: OVHcloud's signature is openssl's.
"""

import asyncio
import base64
import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

SERVICE, KEY, SECRET, CONSUMER = "sms-ab12345-1", "app-key", "app secret", "consumer"
SID, TOKEN = "AC0123456789abcdef0123456789abcdef", "auth token"
SENDER = "+33755000000"


_GONE = web.AppKey("_GONE", asyncio.Event)
"""Set once the test is over: what is silent until then."""


@dataclass
class Provider:
    """What it took, and how it behaves."""

    port: int = 0
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
        """Return `[sms]` for this double."""
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
        body, at = await request.text(), request.headers["X-Ovh-Timestamp"]
        signed = "+".join((SECRET, CONSUMER, "POST", str(request.url), body, at))
        made = await asyncio.to_thread(_sha1, signed)
        known = (request.headers["X-Ovh-Application"], request.headers["X-Ovh-Consumer"])
        if known != (KEY, CONSUMER) or request.match_info["service"] != SERVICE:
            told = {"errorCode": "INVALID_CREDENTIAL", "httpCode": "403 Forbidden"}
            return web.json_response(
                {**told, "message": "This credential is not valid"}, status=403
            )
        if request.headers["X-Ovh-Signature"] != f"$1${made}":
            return web.json_response({"message": "Invalid signature"}, status=400)
        job = json.loads(body)
        assert job["noStopClause"] is True
        assert job["sender"] == SENDER
        [number] = job["receivers"]
        is_taken = number not in self.unreachable
        if is_taken:
            self.messages.append((number, job["message"]))
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
        assert form["From"] == SENDER
        number, text = str(form["To"]), str(form["Body"])
        if number in self.unreachable:
            told = {"code": 21614, "message": f"'To' number {number} is not mobile", "status": 400}
            return web.json_response(told, status=400)
        self.messages.append((number, text))
        return web.json_response({"sid": "SM1", "status": "queued", "error_code": None}, status=201)


def _sha1(text: str) -> str:
    """Return a digest by openssl."""
    command = ["openssl", "dgst", "-sha1", "-r"]
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=True)
    return done.stdout.decode().split()[0]


@asynccontextmanager
async def sms_provider() -> AsyncIterator[Provider]:
    """Serve both dialects on loopback."""
    provider, app = Provider(), web.Application()
    app[_GONE] = asyncio.Event()
    app.router.add_post("/1.0/sms/{service}/jobs", provider.ovhcloud)
    app.router.add_post(f"/2010-04-01/Accounts/{SID}/Messages.json", provider.twilio)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    provider.port = runner.addresses[0][1]
    try:
        yield provider
    finally:
        app[_GONE].set()
        await runner.cleanup()
