"""A simulated guest's phone: browses, is captured, reads the portal's pages, goes online (shell).

    browse --captured--> the portal's pages --form--> ... --> the gateway's log-in --> browse

It knows the gateway only as the way to the Web: every name leads there. Its own address is a
loopback address, by which the gateway tells it from others. It keeps no cookie. Whoever has sent
a form looks whether the Web is open as soon as the portal is left, or has nothing more to ask.
"""

import asyncio
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from simulation.mini_browser import Form, Page, Submission, choose_form, read_page, submit
from territory.errors import Unavailable

MAX_HOPS = 12
"""Redirects followed for one page."""
MAX_PAGES = 6
"""Pages of the portal walked through before a phone gives up."""
MAX_REFRESHES = 20
"""Pages that lead on by themselves, followed in a row."""
LONGEST_REFRESH = 10
"""Seconds after which a page that leads on by itself is one to be read."""
MAX_PAGE_OCTETS = 1 << 20
USER_AGENT = "Mozilla/5.0 (simulated phone) CaptiveNetworkSupport"


@dataclass(frozen=True, slots=True)
class Sight:
    """What a phone ends up seeing after it asked for an address."""

    address: str
    """The last address, after every redirect."""
    status: int
    page: Page
    hops: tuple[str, ...]
    """Every address asked, in order."""


@dataclass(frozen=True, slots=True)
class Journey:
    """An attempt to go online."""

    online: bool
    sights: tuple[Sight, ...]
    """What the phone saw, the first page and the last among them."""


@dataclass(frozen=True, slots=True)
class Doorway:
    """Where the network's gateway catches browsing."""

    host: str
    port: int


class Phone:
    """One phone on one gateway's network; use it as an asynchronous context."""

    def __init__(
        self,
        source: str,
        doorway: Doorway,
        hosts: Mapping[str, Doorway] | None = None,
        *,
        trusts: ssl.SSLContext | None = None,
        patience_seconds: float = LONGEST_REFRESH,
    ) -> None:
        """`hosts`: names that lead elsewhere than to the gateway (the portal's, for instance).

        `trusts`: whose certificates it believes, where not the system's. `patience_seconds`: how
        long it waits at most before it follows a page that leads on by itself.
        """
        self.source = source
        self._http = session_from((source, 0), Resolver(doorway, hosts or {}), trusts)
        self._patience = patience_seconds
        self._hosts = frozenset(hosts or ())
        self._gateway = doorway.host
        self._log_off = ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close its connections."""
        await self._http.close()

    def session_to(self, _address: str) -> aiohttp.ClientSession:
        """Return what is about to ask an address: everything leaves from the phone's own."""
        return self._http

    async def browse(self, address: str) -> Sight:
        """Return what the phone sees at this address, wherever it is sent.

        Raises: Unavailable when a server on the way does not answer.
        """
        return await self._follow(Submission("GET", address, ""))

    async def go_online(self, address: str = "http://a-site.test/") -> Journey:
        """Browse; when captured, walk through the portal's pages, then browse again.

        Raises: Unavailable when a server on the way does not answer.
        """
        sights = [await self.browse(address)]
        for _ in range(MAX_PAGES):
            form = choose_form(sights[-1].page.forms, f"http://{self._gateway}")
            if sights[-1].address == address or form is None:
                break
            before = sights[-1]
            sights.append(await self.press(form, before))
            if self._left(before, sights[-1]):
                break
            open_web = await self.browse(address)
            if open_web.address == address:
                sights.append(open_web)
        if sights[-1].address != address:
            sights.append(await self.browse(address))
        online = sights[-1].address == address
        if online and sights[-1].page.links:
            self._log_off = urljoin(address, sights[-1].page.links[0])
        return Journey(online, tuple(sights))

    async def press(self, form: Form, on: Sight) -> Sight:
        """Return what the phone sees once it has sent a form of a page that it saw.

        Raises: Unavailable when a server on the way does not answer.
        """
        return await self._follow(submit(form, on.address))

    async def log_off(self) -> Sight | None:
        """Follow the open Web's link that ends the session; None when it showed none.

        Raises: Unavailable when a server on the way does not answer.
        """
        return await self.browse(self._log_off) if self._log_off else None

    def _left(self, before: Sight, after: Sight) -> bool:
        """Tell whether a form led out of the portal, to the gateway and perhaps back; the portal
        may have several names."""
        portal = urlsplit(before.address).netloc
        hops = (urlsplit(hop) for hop in after.hops)
        return any(hop.netloc != portal and hop.hostname not in self._hosts for hop in hops)

    async def _follow(self, submission: Submission) -> Sight:
        """Follow redirects, and pages that lead on by themselves."""
        sight, hops = await self._redirected(submission), tuple[str, ...]()
        for _ in range(MAX_REFRESHES):
            refresh = sight.page.refresh
            if refresh is None or refresh.seconds > LONGEST_REFRESH:
                break
            await asyncio.sleep(min(refresh.seconds, self._patience))
            hops += sight.hops
            address = urljoin(sight.address, refresh.address)
            sight = await self._redirected(Submission("GET", address, ""))
        return replace(sight, hops=(*hops, *sight.hops))

    async def _redirected(self, submission: Submission) -> Sight:
        hops: list[str] = []
        method, address, body = submission.method, submission.address, submission.body
        while len(hops) < MAX_HOPS:
            hops.append(address)
            status, location, html = await self._ask(method, address, body)
            if not location:
                return Sight(address, status, read_page(html), tuple(hops))
            address = urljoin(address, location)
            if status not in (307, 308):
                method, body = "GET", ""
        raise Unavailable(f"{submission.address} redirects without end")

    async def _ask(self, method: str, address: str, body: str) -> tuple[int, str, str]:
        """Return the status, the Location of a redirect (else empty) and the page."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        try:
            async with self.session_to(address).request(
                method,
                URL(address, encoded=True),
                data=body.encode() or None,
                headers=headers,
                allow_redirects=False,
            ) as response:
                html = (await _read(response)).decode("utf-8", "replace")
                redirected = 300 <= response.status < 400
                location = response.headers.get("Location", "") if redirected else ""
                return response.status, location, html
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(f"{urlsplit(address).netloc} does not answer") from error


def session_from(
    local: tuple[str, int] | None, resolver: AbstractResolver, trusts: ssl.SSLContext | None
) -> aiohttp.ClientSession:
    """Return what asks from one local address; None: whichever leads there."""
    connector = aiohttp.TCPConnector(
        local_addr=local, resolver=resolver, use_dns_cache=False, ssl=trusts or True
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=20),
        headers={"User-Agent": USER_AGENT},
    )


async def _read(response: aiohttp.ClientResponse) -> bytes:
    kept = bytearray()
    async for chunk in response.content.iter_chunked(1 << 16):
        if len(kept) < MAX_PAGE_OCTETS:
            kept += chunk
    return bytes(kept[:MAX_PAGE_OCTETS])


class Resolver(AbstractResolver):
    """Every name is the gateway's, except those that are listed."""

    def __init__(self, doorway: Doorway, hosts: Mapping[str, Doorway]) -> None:
        self._doorway = doorway
        self._hosts = hosts

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return one address (called by aiohttp)."""
        target = self._hosts.get(host, self._doorway)
        return [
            ResolveResult(
                hostname=host,
                host=target.host,
                port=target.port,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Release nothing (called by aiohttp)."""
