"""UniFi Network's access points, by the official API: a key.

    devices -> state; clients -> how many at which device; a device, its latest statistics -> more

What the API does not tell: how much a channel is used. Clients are counted where they are read and
nothing else of them is kept. From documents: the reference that Network 9.1.105 and later shows at
Integrations (list, details and latest statistics of devices; connected clients).
"""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Annotated
from urllib.parse import quote

from pydantic import Field

from supervision.controllers.adopted import Adopted, Radio
from supervision.controllers.reader import Number, Word
from territory.controllers.https import Conversation, Text, Told, each_that_reads, mac_of
from territory.controllers.record import ControllerRecord
from territory.controllers.unifi import NetworkApi, Page

ACCESS_POINT = "accessPoint"
STATES = {"ONLINE": True, "OFFLINE": False, "CONNECTION_INTERRUPTED": False, "ISOLATED": False}
"""Every other state is on the way from one of these to another."""


class _Device(Told):
    id: str
    macAddress: str  # noqa: N815
    name: Word = ""
    state: Text = ""
    features: Annotated[tuple[Text, ...], Field(strict=False)] = ()


class _DevicePage(Page):
    data: Annotated[tuple[_Device, ...], each_that_reads(_Device)]


class _Client(Told):
    uplinkDeviceId: Text = ""  # noqa: N815


class _ClientPage(Page):
    data: Annotated[tuple[_Client, ...], each_that_reads(_Client)]


class _Radio(Told):
    channel: Number = None


class _Interfaces(Told):
    radios: Annotated[tuple[_Radio, ...], each_that_reads(_Radio)] = ()


class _Details(Told):
    firmwareVersion: Word = ""  # noqa: N815
    interfaces: _Interfaces = _Interfaces()


class _Statistics(Told):
    uptimeSec: Number = None  # noqa: N815
    cpuUtilizationPct: Number = None  # noqa: N815
    memoryUtilizationPct: Number = None  # noqa: N815


class UnifiReader:
    """A controller with an API key."""

    def __init__(self, record: ControllerRecord) -> None:
        self._api = NetworkApi(record)

    def conversation(self, least_seconds: float = 0.0) -> AbstractAsyncContextManager[Conversation]:
        """Open a conversation."""
        return self._api.conversation(least_seconds)

    def forget(self) -> None:
        """Look for its sites anew."""
        self._api.forget()

    async def listed(self, talk: Conversation, site: str) -> list[Adopted]:
        """Return a site's access points, and how many devices are on each."""
        path = await self._api.site(talk, site)
        devices = await self._api.pages(talk, f"{path}/devices", _DevicePage)
        clients = await self._api.pages(talk, f"{path}/clients", _ClientPage)
        at = Counter(each.uplinkDeviceId for page in clients for each in page.data)
        found = (each for page in devices for each in page.data if ACCESS_POINT in each.features)
        return [
            Adopted(mac, each.name, STATES.get(each.state), each.id, clients=at[each.id])
            for each in found
            if (mac := mac_of(each.macAddress)) is not None
        ]

    async def detailed(
        self, talk: Conversation, site: str, asked: Sequence[Adopted]
    ) -> AsyncIterator[Adopted]:
        """Yield these with their channels, version, uptime and load."""
        path = await self._api.site(talk, site)
        for each in asked:
            place = f"{path}/devices/{quote(each.number, safe='')}"
            told = (await self._api.ask(talk, "GET", place)).checked().read(_Details)
            answer = await self._api.ask(talk, "GET", f"{place}/statistics/latest")
            now = answer.checked().read(_Statistics)
            yield replace(
                each,
                version=told.firmwareVersion,
                uptime_seconds=now.uptimeSec,
                cpu_percent=now.cpuUtilizationPct,
                memory_percent=now.memoryUtilizationPct,
                radios=tuple(Radio(radio.channel) for radio in told.interfaces.radios),
            )
