"""A phone that goes back by a form, and one that waits for its gateway to come and ask."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from simulation.listeners import listen
from simulation.phone import Doorway, Phone
from tests.servers.addresses import gateway_address

Page = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def html(text: str) -> web.Response:
    """Return a page."""
    return web.Response(text=text, content_type="text/html")


@asynccontextmanager
async def served(page: Page, host: str) -> AsyncIterator[str]:
    """Serve a page; give its address."""
    runner = await listen(page, host, 0)
    try:
        yield f"http://{host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class Base:
    """A portal with one form, and a gateway that lets through who was `let_in`."""

    def __init__(self) -> None:
        self.let_in = False
        self.waited = 0
        self.portal = ""
        self.login = ""
        self.posted = ""

    async def caught(self, request: web.BaseRequest) -> web.StreamResponse:
        """Catch browsing."""
        if self.let_in:
            return html(f'<title>Web</title><a href="{self.login}/logout">Out</a>')
        return web.Response(status=302, headers={"Location": f"{self.portal}/{request.host}"})

    async def gateway(self, request: web.BaseRequest) -> web.StreamResponse:
        """Take the log-in form."""
        self.let_in = request.path != "/logout"
        self.posted = (await request.read()).decode()
        return html("<title>At the gateway</title>")

    async def with_a_button(self, request: web.BaseRequest) -> web.StreamResponse:
        """The portal's page, then one button that posts to the gateway."""
        if request.method == "GET":
            return html('<form method="post" action="/visite"><button>Accept</button></form>')
        return html(
            f'<form method="post" action="{self.login}/login">'
            '<input type="hidden" name="username" value="opaque"><button>Go</button></form>'
        )

    async def with_patience(self, request: web.BaseRequest) -> web.StreamResponse:
        """The portal's page, then one that waits; "connected" has a form of its own."""
        if request.path not in ("/visite", "/ma-connexion"):
            return html('<form method="post" action="/visite"><button>Accept</button></form>')
        self.waited += 1
        if self.waited < 4:
            return html('<meta http-equiv="refresh" content="3;url=/ma-connexion">Un instant')
        self.let_in = True
        return html('<form method="post" action="/deconnexion"><button>Out</button></form>')


async def test_a_button_that_posts_to_the_gateway() -> None:
    """Page, page with a button, gateway, open Web; its link logs off."""
    base, host = Base(), gateway_address()
    async with (
        served(base.caught, host) as door,
        served(base.gateway, host) as base.login,
        served(base.with_a_button, "127.0.0.1") as base.portal,
        Phone(f"{host.rsplit('.', 1)[0]}.11", Doorway(host, int(door.rpartition(":")[2]))) as phone,
    ):
        journey = await phone.go_online()
        assert journey.online
        assert base.posted == "username=opaque"
        assert [sight.page.title for sight in journey.sights] == ["", "", "At the gateway", "Web"]
        await phone.log_off()
        assert not base.let_in


async def test_a_page_that_waits_for_the_gateway() -> None:
    """The refresh is followed until it ends; the log-out button of "connected" is not pressed."""
    base, host = Base(), gateway_address()
    async with (
        served(base.caught, host) as door,
        served(base.with_patience, "127.0.0.1") as base.portal,
        Phone(
            f"{host.rsplit('.', 1)[0]}.11",
            Doorway(host, int(door.rpartition(":")[2])),
            patience_seconds=0,
        ) as phone,
    ):
        journey = await phone.go_online()
    assert journey.online
    assert base.waited == 4
