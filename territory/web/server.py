"""Listening: how large a request may be, how long it may take, and what garbage gets.

aiohttp answers an unreadable request with a text that quotes it. Here it gets one fixed page and
no line in the log: what is not HTTP did not come from a browser's visit. A connection that has
sent no whole request in time is closed.
"""

import asyncio
import ssl
from asyncio import AbstractEventLoop
from typing import Any

from aiohttp import web
from aiohttp.web_request import BaseRequest

LONGEST_LINE = 128 * 1024
"""Octets of a request line that are read at all; past 8 KiB a page says that it is too long."""
LONGEST_FIELD = 16 * 1024
MOST_HEADERS = 100
LARGEST_BODY = 64 * 1024
"""Octets of a form; goes into ``web.Application(client_max_size=...)``."""
FIRST_REQUEST_SECONDS = 20
KEEPALIVE_SECONDS = 30
SHUTDOWN_SECONDS = 5

LIMITS: dict[str, Any] = {
    "max_line_size": LONGEST_LINE,
    "max_field_size": LONGEST_FIELD,
    "max_headers": MOST_HEADERS,
    "keepalive_timeout": KEEPALIVE_SECONDS,
    "access_log": None,
}

UNREADABLE = (
    '<!doctype html><html lang="fr"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    "<title>Demande illisible</title><h1>Demande illisible</h1>"
    "<p>Fermez cette page, puis rouvrez-la depuis la liste des réseaux Wi-Fi.</p></html>"
)


class _Connection(web.RequestHandler):
    """aiohttp's connection, which quotes nothing back and does not wait for ever."""

    __slots__ = ("_deadline",)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._deadline = asyncio.get_running_loop().call_later(
            FIRST_REQUEST_SECONDS, self._close_unless_asked
        )

    def connection_lost(self, exc: BaseException | None) -> None:
        self._deadline.cancel()
        super().connection_lost(exc)

    def _close_unless_asked(self) -> None:
        if self._request_count == 0:
            self.force_close()

    def handle_error(
        self,
        request: BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """One fixed page; failures of our own were already answered by the application."""
        response = web.Response(text=UNREADABLE, status=status, content_type="text/html")
        response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.force_close()
        return response


class _Server(web.Server):
    """A server whose connections are ours."""

    def __init__(self, like: web.Server, loop: AbstractEventLoop) -> None:
        super().__init__(
            like.request_handler,
            request_factory=like.request_factory,
            handler_cancellation=like.handler_cancellation,
            loop=loop,
            **LIMITS,
        )
        self._loop_of_connections = loop

    def __call__(self) -> web.RequestHandler:
        return _Connection(self, loop=self._loop_of_connections, **LIMITS)


class _Runner(web.AppRunner):
    """aiohttp's runner with our server in the place of its own."""

    async def _make_server(self) -> web.Server:
        return _Server(await super()._make_server(), asyncio.get_running_loop())


async def start_site(
    app: web.Application, host: str, port: int, tls: ssl.SSLContext | None = None
) -> web.AppRunner:
    """Serve ``app`` until the returned runner is cleaned up; port 0 takes a free one.

    ``runner.addresses[0][1]`` is the port. Raises ``OSError`` where the port is taken.
    """
    runner = _Runner(app, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, ssl_context=tls).start()
    except BaseException:
        await runner.cleanup()
        raise
    return runner


def server_tls(certificate: str, key: str) -> ssl.SSLContext:
    """TLS 1.2 and 1.3 with forward secrecy, from PEM files (ANSSI SDE-NT-35).

    Raises ``OSError`` or ``ssl.SSLError`` where the files cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")
    context.load_cert_chain(certificate, key)
    return context
