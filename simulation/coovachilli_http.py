"""The two HTTP listeners of a simulated CoovaChilli gateway (shell).

At the UAM port the portal's pages send the browser to /logon, /logoff and their kin. At the web
port the gateway catches all browsing: a phone that is not let through is sent to the portal,
another sees the open Web. Requests are bounded: 8 KiB of line and headers, 1 MiB of body.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Self

from aiohttp import web

from simulation import open_web
from simulation.phone_table import PhoneTable

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
PhoneHandler = Callable[[str, web.BaseRequest], Awaitable[web.StreamResponse]]
"""Takes the phone's source address and its request."""

CLOSE_SECONDS = 0.2
HEADER_OCTETS = 200
"""What a response's status line and headers weigh, about."""


class Listeners:
    """The open listeners of one gateway."""

    def __init__(self, uam: web.ServerRunner, browsing: web.ServerRunner) -> None:
        self._runners = (uam, browsing)

    @classmethod
    async def open(cls, table: PhoneTable) -> Self:
        """Bind both ports at the gateway's address, and tell the table its UAM port.

        Raises: OSError when one is taken.
        """
        options = table.options
        pages = _of_a_phone(table, UamPages(table).answer)
        uam = await _listen(pages, options.uamlisten, options.uamport)
        try:
            caught = _of_a_phone(table, Browsing(table).answer)
            browsing = await _listen(caught, options.uamlisten, options.web_port)
        except OSError:
            await uam.cleanup()
            raise
        table.uam_port = int(uam.addresses[0][1])
        return cls(uam, browsing)

    async def close(self) -> None:
        """Close both, and the connections that are open."""
        for runner in self._runners:
            await runner.cleanup()

    @property
    def web_port(self) -> int:
        """The TCP port at which browsing is caught."""
        return int(self._runners[1].addresses[0][1])


class UamPages:
    """What the gateway answers at its own address."""

    def __init__(self, table: PhoneTable) -> None:
        self._table = table

    async def answer(self, source: str, request: web.BaseRequest) -> web.StreamResponse:
        """Return a redirect, or a plain refusal of what the gateway does not know."""
        location = await self._location(source, request.path.strip("/"), request.query)
        if location is None:
            return web.Response(status=400, text="The gateway cannot read this request.\n")
        return _redirect(location)

    async def _location(self, source: str, path: str, query: Mapping[str, str]) -> str | None:
        table, user_url = self._table, query.get("userurl")
        match path:
            case "logon" | "login":
                return await table.log_on(source, query)
            case "logoff" | "logout":
                return table.log_off(source, user_url)
            case "status":
                return table.status(source)
            case "abort":
                return table.abort(source)
            case "macreauth" | "prelogin" | "":
                if path == "macreauth":
                    await table.authenticate_mac(source)
                return table.prelogin(source, user_url)
            case _:
                return None


class Browsing:
    """What a phone sees when it browses through the gateway."""

    def __init__(self, table: PhoneTable) -> None:
        self._table = table

    async def answer(self, source: str, request: web.BaseRequest) -> web.StreamResponse:
        """Return a redirect to the portal, or the open Web to a phone that is let through."""
        address = _address_asked(request)
        if self._table[source].online is None:
            return _redirect(self._table.capture(source, address))
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
        log_off = f"{self._table.uam_address}/logoff"
        return open_web.page(address, self._table.options.nasid, log_off).encode()


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


async def _listen(handler: Handler, host: str, port: int) -> web.ServerRunner:
    runner = web.ServerRunner(web.Server(handler), shutdown_timeout=CLOSE_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError:
        await runner.cleanup()
        raise
    return runner


def _address_asked(request: web.BaseRequest) -> str:
    """Return the address as the browser wrote it, whether or not it believes in a proxy."""
    if request.raw_path.startswith("http://"):
        return request.raw_path
    return f"http://{request.host}{request.raw_path}"


def _head_octets(request: web.BaseRequest) -> int:
    lines = sum(len(name) + len(value) + 4 for name, value in request.raw_headers)
    return lines + len(request.raw_path) + 16


def _redirect(location: str) -> web.Response:
    headers = {"Location": location, "Cache-Control": "no-store", "Connection": "close"}
    return web.Response(status=302, headers=headers, text="Moved\n")
