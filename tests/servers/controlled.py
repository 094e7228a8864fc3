"""A simulated gateway with its controller, one phone on it, and the record the base holds of it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from portal.controllers.port import ControllerGuest
from simulation.brands.controlled import Controlled
from simulation.configuration import ControllerAccount, GatewayConfiguration
from simulation.gateway import SimulatedGateway
from simulation.phone_table import PhoneTable
from simulation.subscriber import Online, Subscriber
from territory.clock import Clock
from territory.controllers.record import ControllerRecord
from territory.identifiers import MacAddress
from tests.servers.addresses import gateway_address

RADIO = "02-55-00-00-00-31"
PORTAL = "https://wifi.meuse.example"
PASSWORD = "secret-of-the-controller"
PATIENCE_SECONDS = 5.0


@dataclass
class Lab:
    """One gateway with its controller; `source` is a phone's address."""

    gateway: SimulatedGateway
    table: PhoneTable
    source: str

    @property
    def brand(self) -> Any:
        """The simulated brand, with what its tests may change."""
        return self.gateway.brand

    @property
    def phone(self) -> Subscriber:
        """The phone, as it is now."""
        return self.table[self.source]

    @property
    def online(self) -> Online:
        """Its session."""
        assert self.phone.online is not None
        return self.phone.online

    def record(self, **changes: Any) -> ControllerRecord:
        """Return what an administrator puts on record of the controller."""
        account = self.gateway.configuration.controller
        server = self.brand.server
        record = ControllerRecord(
            server.address,
            account.site,
            account.user or None,
            account.password,
            server.certificate.fingerprint,
            PATIENCE_SECONDS,
        )
        return replace(record, **changes)

    def guest(self, **changes: str) -> ControllerGuest:
        """Return the phone as a hand-back names it."""
        radio = RADIO.replace("-", ":").lower()
        told = {
            "ap": radio,
            "apMac": RADIO,
            "ssidName": "WiFi-Mairie",
            "radioId": "1",
            "clientIp": self.phone.address,
        }
        return ControllerGuest(MacAddress.parse(self.phone.mac), {**told, **changes})

    def redirect(self) -> str:
        """Return where the phone is sent that asks for a page."""
        return str(self.brand.captured(self.source, "http://a-site.test/").location)

    def told(self) -> dict[str, str]:
        """Return what that redirect tells."""
        return dict(parse_qsl(urlsplit(self.redirect()).query, keep_blank_values=True))


Opener = Callable[..., AbstractAsyncContextManager[Lab]]


@asynccontextmanager
async def open_lab(clock: Clock, brand: str, variant: str, **options: Any) -> AsyncIterator[Lab]:
    """Start a gateway of a brand, and let one phone appear."""
    address = gateway_address()
    user = options.pop("user", "")
    configuration = GatewayConfiguration(
        nasid="gw-controlled",
        address=address,
        portal=options.pop("portal", PORTAL),
        portal_secret="",
        radius=options.pop("radius", None),
        nasmac=RADIO,
        login_port=0,
        web_port=0,
        brand=brand,
        variant=variant,
        controller=ControllerAccount(user=user, password=PASSWORD, **options.pop("account", {})),
        **options,
    )
    gateway = SimulatedGateway(configuration, clock=clock)
    async with gateway:
        source = f"{address.rsplit('.', 1)[0]}.11"
        table = gateway.brand.table
        await table.appear(source)
        assert isinstance(gateway.brand, Controlled) or variant == "radius"
        yield Lab(gateway, table, source)
