"""Omada's access points, by the Open API: an application that may view.

    /api/info -> authorize/token -> sites/<site>/devices -> aps/<mac>, aps/<mac>/radios

The hotspot operator who lets guests in sees no access point; an application has an identity and a
secret of its own, and a token for two hours that is kept. The API takes ten calls a second, all
together; a poll that is told to slow down keeps what it has. From documents: TP-Link's Open API
Access Guide (2.3, error codes) and its reference (site device list, AP info, AP radio detail).
"""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import Annotated, Any
from urllib.parse import quote

from supervision.controllers.adopted import Adopted, Radio
from supervision.controllers.reader import Number, Word
from territory.controllers.https import (
    Answer,
    Ask,
    Conversation,
    Count,
    Kept,
    ShapeT,
    Text,
    Told,
    each_that_reads,
    mac_of,
)
from territory.controllers.record import ControllerFault, ControllerRecord, Trouble

PAGE = 500
"""Devices of one answer; the API gives a thousand at most."""
MOST_PAGES = 10
ACCESS_POINT = "ap"
STATES: Mapping[float | None, bool] = {0: False, 1: True, 4: False}
"""Disconnected, connected, isolated; 3 missed a heartbeat: neither."""
PENDING = 2
"""Seen, and not adopted."""
_TOKEN_OVER = {-44112, -44113}
_WRONG_APPLICATION = {-44106, -44116, -44118}
_NOT_ALLOWED = {-1005, -1505}


class _Envelope(Told):
    errorCode: int  # noqa: N815


class _Controller(Told):
    omadacId: str  # noqa: N815


class _Info(Told):
    result: _Controller


class _Given(Told):
    accessToken: str  # noqa: N815


class _Token(Told):
    result: _Given


class _Device(Told):
    mac: str
    name: Word = ""
    type: Text = ""
    status: Number = None
    firmwareVersion: Word = ""  # noqa: N815
    cpuUtil: Number = None  # noqa: N815
    memUtil: Number = None  # noqa: N815


class _Devices(Told):
    totalRows: Count  # noqa: N815
    data: Annotated[tuple[_Device, ...], each_that_reads(_Device)]


class _DevicePage(Told):
    result: _Devices


class _Details(Told):
    uptimeLong: Number = None  # noqa: N815
    clientNum: Number = None  # noqa: N815


class _DetailsPage(Told):
    result: _Details


class _Radio(Told):
    actualChannel: Text = ""  # noqa: N815
    txUtil: Number = None  # noqa: N815
    rxUtil: Number = None  # noqa: N815
    interUtil: Number = None  # noqa: N815


class _Radios(Told):
    wp2g: _Radio | None = None
    wp5g: _Radio | None = None
    wp5g2: _Radio | None = None
    wp6g: _Radio | None = None


class _RadiosPage(Told):
    result: _Radios


@dataclass(frozen=True, slots=True)
class Access:
    """A token, and where it opens."""

    base: str
    """What stands before every path: the controller's own name is in it."""
    headers: Mapping[str, str] = field(repr=False)


class OmadaReader:
    """A controller with an application: its client ID is the record's user."""

    def __init__(self, record: ControllerRecord) -> None:
        self._record = record
        self._kept = Kept[Access](record)

    def conversation(self, least_seconds: float = 0.0) -> AbstractAsyncContextManager[Conversation]:
        """Open a conversation."""
        return self._kept.conversation(least_seconds)

    def forget(self) -> None:
        """Ask for a token anew."""
        self._kept.value = None

    async def listed(self, talk: Conversation, site: str) -> list[Adopted]:
        """Return a site's access points, with their version and load."""
        found: list[_Device] = []
        for number in range(1, MOST_PAGES + 1):
            path = f"{_of(site)}/devices?page={number}&pageSize={PAGE}"
            page = (await self._ask(talk, path, _DevicePage)).result
            found += page.data
            if not page.data or number * PAGE >= page.totalRows:
                break
        return [
            Adopted(
                *(mac, each.name, STATES.get(each.status), each.mac, each.firmwareVersion),
                cpu_percent=each.cpuUtil,
                memory_percent=each.memUtil,
            )
            for each in found
            if each.type == ACCESS_POINT and each.status != PENDING
            if (mac := mac_of(each.mac)) is not None
        ]

    async def detailed(
        self, talk: Conversation, site: str, asked: Sequence[Adopted]
    ) -> AsyncIterator[Adopted]:
        """Yield these with clients, radios and uptime."""
        for each in asked:
            path = f"{_of(site)}/aps/{quote(each.number, safe='')}"
            told = (await self._ask(talk, path, _DetailsPage)).result
            radios = (await self._ask(talk, f"{path}/radios", _RadiosPage)).result
            bands = (radios.wp2g, radios.wp5g, radios.wp5g2, radios.wp6g)
            yield replace(
                each,
                uptime_seconds=told.uptimeLong,
                clients=told.clientNum,
                radios=tuple(_radio(band) for band in bands if band is not None),
            )

    async def _ask(self, talk: Conversation, path: str, shape: type[ShapeT]) -> ShapeT:
        """Return what is answered to the application; a token that is over is renewed once."""
        kept = self._kept.value
        answer = await talk.ask(_shown(kept or await self._log_in(talk), path))
        if kept is not None and _code(answer) in _TOKEN_OVER:
            answer = await talk.ask(_shown(await self._log_in(talk), path))
        return _good(answer).read(shape)

    async def _log_in(self, talk: Conversation) -> Access:
        self._kept.value = None
        own = (await talk.ask(Ask("GET", "/api/info"))).checked().read(_Info).result.omadacId
        told: dict[str, Any] = {
            "omadacId": own,
            "client_id": self._record.user or "",
            "client_secret": self._record.password,
        }
        path = "/openapi/authorize/token?grant_type=client_credentials"
        answer = await talk.ask(Ask("POST", path, told))
        token = _good(answer).read(_Token).result.accessToken
        base = f"/openapi/v1/{quote(own, safe='')}"
        self._kept.value = Access(base, {"Authorization": f"AccessToken={token}"})
        return self._kept.value


def _of(site: str) -> str:
    return f"/sites/{quote(site, safe='')}"


def _shown(access: Access, path: str) -> Ask:
    return Ask("GET", f"{access.base}{path}", headers=access.headers)


def _code(answer: Answer) -> int:
    return 0 if answer.status != 200 else answer.read(_Envelope).errorCode


def _good(answer: Answer) -> Answer:
    """Return it where its envelope tells of no error.

    Raises:
        ControllerFault: it does, in words where its code is documented.
    """
    code = answer.checked().read(_Envelope).errorCode
    if code == 0:
        return answer
    if code in _WRONG_APPLICATION:
        words = "the controller refuses the application: client or client_secret is wrong"
        raise ControllerFault(Trouble.ACCOUNT, words)
    if code in _NOT_ALLOWED:
        words = "the application may not see that site: add it to its site privileges"
        raise ControllerFault(Trouble.REFUSED, words)
    raise ControllerFault(Trouble.REFUSED, f"the controller says no: error {code}")


def _radio(band: _Radio) -> Radio:
    """Return a radio; its channel is told with its frequency: `6 / 2437MHz`."""
    channel = re.match(r"\d{1,3}", band.actualChannel)
    shares = [each for each in (band.txUtil, band.rxUtil, band.interUtil) if each is not None]
    return Radio(float(channel[0]) if channel else None, min(sum(shares), 100) if shares else None)
