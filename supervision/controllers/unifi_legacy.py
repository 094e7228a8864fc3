"""UniFi's access points, by the older interface: a local account.

    stat/device-basic -> state of all; stat/device {macs} -> a few whole devices at a time

A whole device takes tens of thousands of octets: all of a large site would be more than one answer
may hold, so that only those described here are asked, a few at a time. From documents:
Art-of-WiFi/UniFi-API-client `src/Client.php` (list_devices_basic, list_devices,
list_device_states).
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from itertools import islice
from typing import Annotated

from pydantic import Field

from supervision.controllers.adopted import Adopted, Radio
from supervision.controllers.reader import Number, Word
from territory.controllers.https import Conversation, Text, Told, each_that_reads, mac_of
from territory.controllers.record import ControllerRecord
from territory.controllers.unifi_legacy import LocalAccount, Said, ok

AT_ONCE = 20
"""Whole devices in one answer."""
ACCESS_POINT = "uap"
STATES: Mapping[float | None, bool] = {0: False, 1: True, 10: False}
"""Lost, connected, isolated; every other is on the way: upgrading, a heartbeat missed..."""


class _Basic(Told):
    mac: str
    name: Word = ""
    type: Text = ""
    state: Number = None
    adopted: bool = True


class _Radio(Told):
    channel: Number = None
    cu_total: Number = None


class _Load(Told):
    cpu: Number = None
    mem: Number = None


class _Device(Told):
    mac: str
    version: Word = ""
    uptime: Number = None
    num_sta: Number = None
    radio_table_stats: Annotated[tuple[_Radio, ...], each_that_reads(_Radio)] = ()
    load: _Load = Field(default=_Load(), validation_alias="system-stats")


class _Short(Said):
    data: Annotated[tuple[_Basic, ...], each_that_reads(_Basic)] = ()


class _Whole(Said):
    data: Annotated[tuple[_Device, ...], each_that_reads(_Device)] = ()


class UnifiLegacyReader:
    """A controller with an account."""

    def __init__(self, record: ControllerRecord) -> None:
        self._account = LocalAccount(record)

    def conversation(self, least_seconds: float = 0.0) -> AbstractAsyncContextManager[Conversation]:
        """Open a conversation."""
        return self._account.conversation(least_seconds)

    def forget(self) -> None:
        """Log in anew."""
        self._account.forget()

    async def listed(self, talk: Conversation, site: str) -> list[Adopted]:
        """Return a site's access points."""
        answer = await self._account.ask(talk, "GET", site, "stat/device-basic")
        found = ok(answer.checked().read(_Short)).data
        return [
            Adopted(mac, each.name, STATES.get(each.state), each.mac)
            for each in found
            if each.type == ACCESS_POINT and each.adopted and (mac := mac_of(each.mac)) is not None
        ]

    async def detailed(
        self, talk: Conversation, site: str, asked: Sequence[Adopted]
    ) -> AsyncIterator[Adopted]:
        """Yield these with clients, radios, version, uptime and load."""
        left = iter(asked)
        while batch := {each.mac: each for each in islice(left, AT_ONCE)}:
            macs = {"macs": [each.number for each in batch.values()]}
            answer = await self._account.ask(talk, "POST", site, "stat/device", macs)
            for device in ok(answer.checked().read(_Whole)).data:
                mac = mac_of(device.mac)
                if mac in batch:
                    yield _with(batch[mac], device)


def _with(adopted: Adopted, device: _Device) -> Adopted:
    return replace(
        adopted,
        version=device.version,
        uptime_seconds=device.uptime,
        clients=device.num_sta,
        cpu_percent=device.load.cpu,
        memory_percent=device.load.mem,
        radios=tuple(Radio(radio.channel, radio.cu_total) for radio in device.radio_table_stats),
    )
