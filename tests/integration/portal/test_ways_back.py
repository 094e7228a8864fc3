"""From an https portal back to gateways in clear, in Chromium: nothing is blocked unseen, and the
browser's full-page warning comes only where the portal has no page in clear."""

import re
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol
from urllib.parse import urlencode
from uuid import uuid4

import aiohttp
import asyncpg
import pytest
from aiohttp import web
from playwright.async_api import Page

from portal.app import create_app
from portal.guest.parts import Portal
from simulation.mini_browser import read_page
from territory.web.server import server_tls, start_site
from tests.conftest import FixedClock
from tests.integration.portal.conftest import PHONE, PUBLIC_URL, Guest, Seed
from tests.integration.portal.test_bad_input import fas
from tests.servers.accessibility import look
from tests.servers.browser import go, phone_window, press

pytestmark = pytest.mark.browser

NAME, PLAIN_NAME, BOX = "wifi.meuse.example", "remise.meuse.example", "10.1.0.9"
REFRESH = re.compile('<meta http-equiv="refresh"[^>]*>')
"""What would take a page away while it is looked at."""
WARNING = re.compile("not secure|pas sécurisé")
"""Of the page that Chromium puts before a form in clear."""


@dataclass
class Gateway:
    """A gateway in clear on this machine: it keeps what browsers send it."""

    port: int = 0
    heard: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        """Let in whoever asks."""
        if request.path != "/favicon.ico":
            sent = await request.post() if request.method == "POST" else request.query
            self.heard.append((request.method, {name: str(v) for name, v in sent.items()}))
        return web.Response(text="<h1>Let in</h1>", content_type="text/html")


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    """One gateway, listening."""
    gateway, app = Gateway(), web.Application()
    app.router.add_route("*", "/{tail:.*}", gateway.answer)
    runner = await start_site(app, "127.0.0.1", 0)
    gateway.port = runner.addresses[0][1]
    await web.TCPSite(runner, "::1", gateway.port).start()
    yield gateway
    await runner.cleanup()


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A certificate for the portal's name, signed by itself."""
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "portal.pem", folder / "portal.key"
    making = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1"
    subprocess.run(
        [*making.split(), "-subj", f"/CN={NAME}", "-out", certificate, "-keyout", key],
        check=True,
        capture_output=True,
    )
    return server_tls(str(certificate), str(key))


class Arrive(Protocol):
    """What takes a browser to the first page, as a gateway of a description sends it."""

    def __call__(
        self, variant: str, in_clear: bool, box: str = BOX, *, scripts: bool = False
    ) -> AbstractAsyncContextManager[Page]:
        """Give the browser's window; `in_clear`: whether the portal has a page in clear."""


@pytest.fixture
def arrive(
    portal: Portal,
    seed: Seed,
    gateway: Gateway,
    tls: ssl.SSLContext,
    owner: "asyncpg.Connection[asyncpg.Record]",
) -> Arrive:
    """Return what takes a browser to the first page."""

    @asynccontextmanager
    async def on_first_page(
        variant: str, in_clear: bool, box: str = BOX, *, scripts: bool = False
    ) -> AsyncIterator[Page]:
        await owner.execute(
            "INSERT INTO territory.gateway (id, site_id, code, brand, variant, login_address)"
            " VALUES ($1, $2, 'gw-box', 'generic', $3, $4)",
            *(uuid4(), seed.library, variant, f"{box}:{gateway.port}"),
        )
        await portal.directory.refresh()
        plain = socket.create_server(("127.0.0.1", 0))
        plain_url = f"http://{PLAIN_NAME}:{plain.getsockname()[1]}" if in_clear else ""
        runner = await start_site(
            create_app(replace(portal, plain_url=plain_url)), "127.0.0.1", 0, tls
        )
        await web.SockSite(runner, plain).start()
        address = f"http://{box}:{gateway.port}/agree"
        told = dict.fromkeys(("usermac", "client_mac", "mac"), PHONE)
        told |= dict.fromkeys(("apurl", "loginurl", "login_url"), address)
        port = runner.addresses[0][1]
        names = ",".join(f"MAP {name} 127.0.0.1" for name in (NAME, PLAIN_NAME, BOX))
        try:
            async with phone_window(hosts=names, scripts=scripts, any_certificate=True) as window:
                await go(window, f"https://{NAME}:{port}/gateway/generic/gw-box?{urlencode(told)}")
                yield window
        finally:
            await runner.cleanup()

    return on_first_page


async def press_for_page_in_clear(window: Page) -> None:
    """Press the page's button, and wait until the page in clear stands there."""
    await press(window)
    await window.wait_for_url(re.compile(f"^http://{PLAIN_NAME}"))


async def test_an_address_is_followed_unseen(arrive: Arrive, gateway: Gateway) -> None:
    """A 303 from https to a gateway in clear passes without a question."""
    async with arrive("draytek", False) as window:
        await press(window)
        await window.get_by_role("heading", name="Let in").wait_for()
    ((method, sent),) = gateway.heard
    assert method == "GET"
    assert sent.keys() == {"username", "password"}


async def test_a_form_in_clear_is_warned_of(arrive: Arrive, gateway: Gateway) -> None:
    """Without a page in clear Chromium covers the form with a page of its own, as the matrix of
    brands and links says; nothing has been sent by then."""
    async with arrive("zyxel", False) as window:
        await press(window)
        await press(window)
        await window.get_by_text(WARNING).first.wait_for()
        assert gateway.heard == []


async def test_a_form_in_clear_from_the_page_in_clear(arrive: Arrive, gateway: Gateway) -> None:
    """The first button leads there, the second lets in; no warning between them."""
    async with arrive("zyxel", True) as window:
        await press_for_page_in_clear(window)
        await press(window)
        await window.get_by_role("heading", name="Let in").wait_for()
    ((method, sent),) = gateway.heard
    assert method == "POST"
    assert sent.keys() == {"username", "password"}


async def test_a_form_to_an_ipv6_address(arrive: Arrive, gateway: Gateway) -> None:
    """A content policy has no word for such an address, and Chromium passes over one that is there:
    the last page's form may then lead anywhere, and gets through."""
    async with arrive("dlink", True, "[::1]") as window:
        await press_for_page_in_clear(window)
        await press(window)
        await window.get_by_role("heading", name="Let in").wait_for()
        assert window.url.startswith(f"http://[::1]:{gateway.port}/")
    ((method, sent),) = gateway.heard
    assert method == "POST"
    assert sent["continue_url"].startswith("https://")


async def test_an_ipv6_address_is_followed_by_a_page_that_leads_on(
    portal: Portal, seed: Seed, guest: Guest, owner: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """The first page is not opened to the whole Web for it: its form ends at a page of ours."""
    await owner.execute(
        "INSERT INTO territory.gateway (id, site_id, code, brand, login_address)"
        " VALUES ($1, $2, 'gw-box', 'mikrotik', '[2001:db8::1]:8443')",
        *(uuid4(), seed.library),
    )
    await portal.directory.refresh()
    told = {"mac": PHONE, "link-login-only": "http://[2001:db8::1]:8443/login"}
    first = await guest.get(f"/gateway/mikrotik/gw-box?{urlencode(told)}")
    assert f"form-action 'self' {PUBLIC_URL};" in first.headers["Content-Security-Policy"]
    page = read_page((await guest.post("/visite", visit=first.visit)).text)
    assert page.refresh is not None
    assert page.refresh.seconds == 0
    assert page.refresh.address.startswith("http://[2001:db8::1]:8443/login?username=")
    assert page.refresh.address in page.links


async def test_the_page_in_clear_is_fit_to_be_seen(arrive: Arrive) -> None:
    """At a phone's width and at a desk's: axe finds nothing, nothing is wider."""
    async with arrive("zyxel", True, scripts=True) as window:
        await press_for_page_in_clear(window)
        await look(window, "page-in-clear")


async def test_the_pages_on_the_way_back_are_fit_to_be_seen(
    portal: Portal, seed: Seed, guest: Guest, owner: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """The last button, the page that leads on, the one that waits: the same."""
    await owner.execute("UPDATE territory.gateway SET variant = 'fas4' WHERE brand = 'opennds'")
    await owner.executemany(
        "INSERT INTO territory.gateway (id, site_id, code, brand, variant, login_address)"
        " VALUES ($1, $2, $3, 'generic', $3, '10.1.0.9')",
        [(uuid4(), seed.library, variant) for variant in ("zyxel", "draytek")],
    )
    await portal.directory.refresh()
    told = dict.fromkeys(("usermac", "client_mac"), PHONE)
    told |= dict.fromkeys(("apurl", "loginurl"), f"http://{BOX}/agree")
    async with phone_window(scripts=True) as window:
        for name, address in {
            "last-button": f"/gateway/generic/zyxel?{urlencode(told)}",
            "leads-on": f"/gateway/generic/draytek?{urlencode(told)}",
            "waits": f"/gateway/opennds?{fas()}",
        }.items():
            answer = await guest.post("/visite", visit=(await guest.get(address)).visit)
            if answer.status == 303:
                answer = await guest.get(answer.location.removeprefix(PUBLIC_URL))
            await window.set_content(REFRESH.sub("", answer.text))
            await look(window, name)


async def test_only_one_page_is_in_clear(portal: Portal) -> None:
    """Under its other name the portal serves nothing else, and that page only as it signed it."""
    app = create_app(replace(portal, plain_url=f"http://{PLAIN_NAME}"))
    runner = await start_site(app, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        guest = Guest(url, session, {"Host": PLAIN_NAME})
        assert (await guest.get("/")).status == 308
        assert (await guest.get("/gateway/coovachilli")).status == 308
        for forged in ("", "x", "x" * 5000, "Imd3Ig.c2lnbmF0dXJl"):
            assert (await guest.get(f"/remise?x={forged}")).status == 400
        assert (await Guest(url, session, {"Host": NAME}).get("/remise")).status == 308
    await runner.cleanup()


async def test_the_page_in_clear_is_soon_over(
    arrive: Arrive, gateway: Gateway, clock: FixedClock
) -> None:
    """Two minutes later its address is worth nothing."""
    async with arrive("zyxel", True) as window:
        await press_for_page_in_clear(window)
        clock.advance(minutes=3)
        answer = await window.reload()
        assert answer
        assert answer.status == 400
    assert gateway.heard == []
