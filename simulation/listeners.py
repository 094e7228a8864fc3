"""The two HTTP listeners of a simulated gateway, and a server of its own for a controller (shell).

At the log-in port the portal's pages send the browser. At the web port the gateway catches all
browsing: a phone that is not let through is captured, another sees the open Web. Requests are
bounded: 8 KiB of line and headers, 1 MiB of body.
"""

import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Self
from urllib.parse import parse_qsl

from aiohttp import web

from simulation import open_web
from simulation.brand import Brand
from simulation.certificate import ServerCertificate
from simulation.phone_table import PhoneTable
from simulation.talk import Answer, Asked

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
PhoneHandler = Callable[[str, web.BaseRequest], Awaitable[web.StreamResponse]]
"""Takes the phone's source address and its request."""

CLOSE_SECONDS = 0.2
HEADER_OCTETS = 200
"""What a response's status line and headers weigh, about."""
FORM = "application/x-www-form-urlencoded"


class Listeners:
    """The open listeners of one gateway."""

    def __init__(self, log_in: web.ServerRunner, browsing: web.ServerRunner) -> None:
        self._runners = (log_in, browsing)

    @classmethod
    async def open(cls, table: PhoneTable, brand: Brand) -> Self:
        """Bind both ports at the gateway's address, and tell the table its log-in port.

        Raises: OSError when one is taken.
        """
        options = table.options

        async def pages(source: str, request: web.BaseRequest) -> web.StreamResponse:
            return response_of(await brand.log_in(source, await asked_of(request)))

        tls = options.certificate.server_context() if options.certificate else None
        own = _of_a_phone(table, pages)
        log_in = await listen(own, options.address, options.login_port, tls)
        try:
            caught = _of_a_phone(table, Browsing(table, brand).answer)
            browsing = await listen(caught, options.address, options.web_port)
        except OSError:
            await log_in.cleanup()
            raise
        table.login_port = int(log_in.addresses[0][1])
        return cls(log_in, browsing)

    async def close(self) -> None:
        """Close both, and the connections that are open."""
        for runner in self._runners:
            await runner.cleanup()

    @property
    def web_port(self) -> int:
        """The TCP port at which browsing is caught."""
        return int(self._runners[1].addresses[0][1])


class Browsing:
    """What a phone sees when it browses through the gateway."""

    def __init__(self, table: PhoneTable, brand: Brand) -> None:
        self._table = table
        self._brand = brand

    async def answer(self, source: str, request: web.BaseRequest) -> web.StreamResponse:
        """Return the way to the portal, or the open Web to a phone that is let through."""
        address = _address_asked(request)
        if self._table[source].online is None:
            return response_of(self._brand.captured(source, address))
        upload = len(await request.read()) + _head_octets(request)
        body = self._open_web(request.path, address)
        self._table.carry(source, upload, len(body) + HEADER_OCTETS)
        kind = "text/html" if open_web.octets_asked(request.path) is None else "text/plain"
        headers = {"Cache-Control": "no-store", "Content-Type": f"{kind}; charset=utf-8"}
        return web.Response(body=body, headers=headers)

    def _open_web(self, path: str, address: str) -> bytes:
        octets = open_web.octets_asked(path)
        if octets is not None:
            return b"0" * octets
        nasid, log_off = self._table.options.nasid, self._brand.log_off_address
        return open_web.page(address, nasid, log_off).encode()


class ControllerServer:
    """An https server of its own, for a controller that the portal calls."""

    def __init__(self, runner: web.ServerRunner, certificate: ServerCertificate) -> None:
        self._runner = runner
        self.certificate = certificate
        """What it shows; its `fingerprint` is what an administrator pins."""

    @classmethod
    async def open(
        cls,
        answer: Callable[[Asked], Awaitable[Answer]],
        host: str,
        port: int,
        certificate: ServerCertificate,
    ) -> Self:
        """Listen for https; port 0 takes any free one.

        Raises: OSError when the address is taken.
        """

        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            return response_of(await answer(await asked_of(request)))

        runner = await listen(handle, host, port, certificate.server_context())
        return cls(runner, certificate)

    @property
    def address(self) -> str:
        """https://127.10.1.1:8443."""
        host, port = self._runner.addresses[0][:2]
        return f"https://{host}:{port}"

    async def close(self) -> None:
        """Close it, and the connections that are open."""
        await self._runner.cleanup()


async def listen(
    handler: Handler, host: str, port: int, tls: ssl.SSLContext | None = None
) -> web.ServerRunner:
    """Serve at an address until the runner is cleaned up.

    Raises: OSError when it is taken.
    """
    runner = web.ServerRunner(web.Server(handler), shutdown_timeout=CLOSE_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, ssl_context=tls).start()
    except OSError:
        await runner.cleanup()
        raise
    return runner


async def asked_of(request: web.BaseRequest) -> Asked:
    """Return a request as a value, its body read."""
    body = await request.read()
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    form = body.decode("utf-8", "replace") if kind == FORM else ""
    return Asked(
        method=request.method,
        path=request.path,
        raw_query=request.raw_path.partition("?")[2],
        query=_first_of_each(list(request.query.items())),
        form=_first_of_each(parse_qsl(form, keep_blank_values=True)),
        body=body,
        headers={name.lower(): value for name, value in request.headers.items()},
    )


def response_of(answer: Answer) -> web.Response:
    """Return what goes on the wire."""
    headers = {"Cache-Control": "no-store", "Connection": "close", **answer.headers}
    if answer.location:
        headers["Location"] = answer.location
    response = web.Response(
        status=answer.status, headers=headers, text=answer.text, content_type=answer.content_type
    )
    response.force_close()
    return response


def _of_a_phone(table: PhoneTable, answer: PhoneHandler) -> Handler:
    """Return a handler that lets the phone appear on the network before it is answered."""

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        source = request.remote or ""
        try:
            await table.appear(source)
        except OverflowError:
            return web.Response(status=503, text="The gateway holds no more phones.\n")
        return await answer(source, request)

    return handle


def _first_of_each(pairs: list[tuple[str, str]]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name, value)
    return found


def _address_asked(request: web.BaseRequest) -> str:
    """Return the address as the browser wrote it, whether or not it believes in a proxy."""
    if request.raw_path.startswith("http://"):
        return request.raw_path
    return f"http://{request.host}{request.raw_path}"


def _head_octets(request: web.BaseRequest) -> int:
    lines = sum(len(name) + len(value) + 4 for name, value in request.raw_headers)
    return lines + len(request.raw_path) + 16
