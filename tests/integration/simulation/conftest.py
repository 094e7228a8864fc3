"""A simulated gateway between a plain RADIUS server and a plain portal."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from hashlib import md5
from html import escape
from typing import Any
from urllib.parse import urlencode

import pytest
from aiohttp import web

from simulation.configuration import GatewayConfiguration, RadiusServer
from simulation.gateway import SimulatedGateway
from simulation.phone import Doorway, Phone
from simulation.radius_port import Patience
from tests.conftest import FixedClock
from tests.servers.addresses import gateway_address
from tests.servers.event_log import EventLog
from tests.servers.plain_radius import PASSWORD, PlainRadius

SECRET = "uamkey"


@dataclass
class PlainPortal:
    """A portal of one page and one form; it hands back what it is told to."""

    password: str = PASSWORD
    chap: bool = True
    redirects: list[str] = field(default_factory=list)
    """Every address it was called with."""

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Return the form, or the hand-back."""
        if request.method == "POST":
            return web.Response(status=303, headers={"Location": self._hand_back(request.query)})
        self.redirects.append(str(request.raw_path))
        page = (
            f"<title>{escape(request.query.get('res', ''))}</title>"
            f'<form method="post" action="?{escape(request.query_string)}">'
            '<input type="checkbox" name="agreed" required><button>Go</button></form>'
        )
        if request.query.get("res") not in ("notyet", "logoff"):
            page = page[: page.index("<form")]
        return web.Response(text=page, content_type="text/html")

    def _hand_back(self, query: Any) -> str:
        mixed = md5(bytes.fromhex(query["challenge"]) + SECRET.encode()).digest()
        proof = {"response": md5(b"\0" + self.password.encode() + mixed).hexdigest()}
        if not self.chap:
            hidden = bytes(a ^ b for a, b in zip(self.password.encode(), mixed * 8, strict=False))
            proof = {"password": hidden.hex()}
        logon = urlencode({"username": "opaque-1", **proof})
        return f"http://{query['uamip']}:{query['uamport']}/logon?{logon}"


@dataclass
class Lab:
    """Everything around one gateway."""

    portal: PlainPortal
    radius: PlainRadius
    gateway: SimulatedGateway
    clock: FixedClock
    events: EventLog
    stack: AsyncExitStack

    async def phone(self, number: int = 0) -> Phone:
        """Return a phone on the gateway's network."""
        host = self.gateway.configuration.address
        source = f"{host.rsplit('.', 1)[0]}.{11 + number}"
        door = Doorway(host, self.gateway.web_port)
        return await self.stack.enter_async_context(Phone(source, door))

    async def another(self, **options: Any) -> SimulatedGateway:
        """Start one more gateway, with other options."""
        configuration = replace(self.gateway.configuration, address=gateway_address(), **options)
        gateway = SimulatedGateway(configuration, clock=self.clock, listener=self.events)
        return await self.stack.enter_async_context(gateway)


@pytest.fixture
def patience() -> Patience:
    """So long that nothing is sent twice, but where a test is about just that."""
    return Patience(20.0, 3)


@pytest.fixture
async def lab(clock: FixedClock, patience: Patience) -> AsyncIterator[Lab]:
    """A running gateway whose accounting has begun."""
    async with AsyncExitStack() as stack:
        portal = PlainPortal()
        runner = web.ServerRunner(web.Server(portal.answer))
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        radius = await stack.enter_async_context(PlainRadius())
        configuration = GatewayConfiguration(
            nasid="lab-chilli",
            address=gateway_address(),
            portal=f"http://127.0.0.1:{runner.addresses[0][1]}/gateway/coovachilli",
            portal_secret=SECRET,
            radius=RadiusServer("testing123", "127.0.0.1", radius.port, radius.port, patience),
            web_port=0,
            tick_seconds=0.05,
            stop_seconds=1,
        )
        events = EventLog()
        gateway = SimulatedGateway(configuration, clock=clock, listener=events)
        await stack.enter_async_context(gateway)
        await radius.wait_for(7)
        yield Lab(portal, radius, gateway, clock, events, stack)
