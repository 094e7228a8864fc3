"""TP-Link Omada's external portal: a hotspot operator logs in, and says who may pass.

    /api/info -> hotspot/login -> hotspot/extPortal/auth        is what a log-in takes
    hotspot/sites/<site>/clients, cmd/clients/<id>/disconnect   what the keeper takes

From version 5 every path begins with the controller's own name and every call shows a Csrf-Token;
version 4 has neither. How long a guest may pass is told in milliseconds by the documents and in
microseconds by several who use it (docs/decisions/omada-time-unit.md): so the controller is asked
afterwards what it understood, once, and told again in the other unit where it was wrong. Rates
cannot be told here, nor data: rates are set at the network, data is counted by the keeper.

From documents: TP-Link FAQ 2907 (version 4), 3231 and 13080 (5), 132060 (6.2.10: `clientIp`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import quote

from pydantic import AliasChoices, Field

from portal.controllers.port import ControllerGuest, Online
from portal.gateways.vocabulary import Allowance, Credential
from territory.controllers.https import (
    LOOK_SECONDS,
    Answer,
    Ask,
    Conversation,
    Count,
    Kept,
    ShapeT,
    Text,
    Told,
    cookie_header,
    each_that_reads,
    mac_of,
)
from territory.controllers.record import ControllerFault, ControllerRecord, Trouble
from territory.identifiers import MacAddress

EXTERNAL_PORTAL = 4
"""authType."""
MOST_CLIENTS = 1000
"""Of one site, in one answer."""
MILLISECONDS, MICROSECONDS = 1_000, 1_000_000
"""Units of a second in which a controller may count."""
_FAR = 30
"""Times too long or too short: not the time between two calls, but another unit."""
_MEASURABLE_SECONDS = 60
"""A shorter pass says nothing of the unit."""
_HERE = ("apMac", "gatewayMac", "ssidName", "radioId", "vid", "clientIp")


class _Envelope(Told):
    errorCode: int  # noqa: N815


class _Version(Told):
    omadacId: Text = ""  # noqa: N815
    controllerVer: Text = ""  # noqa: N815


class _Info(_Envelope):
    result: _Version = _Version()


class _Token(Told):
    token: Text = ""


class _LoggedIn(_Envelope):
    result: _Token = _Token()


class _Pass(Told):
    id: str
    mac: Text = ""
    ip: Text = ""
    start: Count = 0
    """Milliseconds since the epoch."""
    end: Count = 0
    """The same."""
    valid: bool = True
    duration: Count = 0
    """Seconds online."""
    upload: Count = Field(default=0, validation_alias=AliasChoices("trafficUp", "upload"))
    download: Count = Field(default=0, validation_alias=AliasChoices("trafficDown", "download"))


class _Passes(Told):
    data: Annotated[tuple[_Pass, ...], each_that_reads(_Pass)] = ()


class _PassList(_Envelope):
    result: _Passes = _Passes()


@dataclass(frozen=True, slots=True)
class LogIn:
    """An operator's session."""

    base: str
    """What stands before every path of the hotspot's part."""
    headers: dict[str, str] = field(repr=False)
    """What shows it again."""


class OmadaController:
    """A controller with a hotspot operator's account."""

    def __init__(self, record: ControllerRecord) -> None:
        self._record = record
        self._kept = Kept[LogIn](record)
        self._unit = MILLISECONDS
        self._is_measured = False

    async def let_in(
        self, guest: ControllerGuest, allowance: Allowance, credential: Credential
    ) -> None:
        """Let a guest pass for so long, in the unit that this controller counts in."""
        async with self._kept.conversation() as talk:
            unit = self._unit
            await self._authorise(talk, guest, allowance, unit)
            if not self._is_measured and allowance.seconds >= _MEASURABLE_SECONDS:
                await self._measure(talk, guest, allowance, unit)

    async def put_out(self, guest: ControllerGuest) -> None:
        """End every pass of a device, also of one that is away."""
        async with self._kept.conversation() as talk:
            for held in await self._passes(talk):
                if held.valid and mac_of(held.mac) == guest.device:
                    await self._end(talk, held)

    async def online(self) -> Sequence[Online]:
        """Return who holds a pass; octets only where this version tells them."""
        async with self._kept.conversation(LOOK_SECONDS) as talk:
            passes = await self._passes(talk)
        found = ((mac_of(held.mac), held) for held in passes if held.valid)
        return [
            Online(device, held.duration, held.upload, held.download, held.ip)
            for device, held in found
            if device is not None
        ]

    async def _authorise(
        self, talk: Conversation, guest: ControllerGuest, allowance: Allowance, unit: int
    ) -> None:
        asked = {
            **{name: guest.carried[name] for name in _HERE if guest.carried.get(name)},
            "clientMac": guest.device.rfc3580,
            "site": self._record.site,
            "time": allowance.seconds * unit,
            "authType": EXTERNAL_PORTAL,
        }
        said = await self._ask(talk, Ask("POST", "/extPortal/auth", asked), _Envelope)
        if said.errorCode:
            words = f"the controller does not let the guest pass: error {said.errorCode}"
            advice = "are its site, its access point and its network the ones on record?"
            raise ControllerFault(Trouble.REFUSED, f"{words}: {advice}")

    async def _measure(
        self, talk: Conversation, guest: ControllerGuest, allowance: Allowance, sent: int
    ) -> None:
        """Find out in which unit this controller counts; one that does not tell is believed.

        `sent` is the unit this guest's time went in: another guest may have found the right one
        since.
        """
        granted = await self._granted_seconds(talk, guest.device)
        if granted is None:
            return
        unit = unit_understood(sent, allowance.seconds, granted)
        if unit is None:
            words = f"the controller grants {granted} s where {allowance.seconds} s were asked"
            raise ControllerFault(Trouble.UNREADABLE, f"{words}: its version counts otherwise")
        self._is_measured = True
        self._unit = unit
        if unit != sent:
            await self._authorise(talk, guest, allowance, unit)

    async def _granted_seconds(self, talk: Conversation, device: MacAddress) -> int | None:
        try:
            passes = await self._passes(talk)
        except ControllerFault as fault:
            if fault.trouble is Trouble.SILENT:
                raise
            return None
        ends = [held for held in passes if mac_of(held.mac) == device and held.valid and held.end]
        latest = max(ends, key=lambda held: held.start, default=None)
        return None if latest is None else (latest.end - latest.start) // 1000

    async def _passes(self, talk: Conversation) -> tuple[_Pass, ...]:
        path = f"{self._site}/clients?currentPage=1&currentPageSize={MOST_CLIENTS}"
        said = await self._ask(talk, Ask("GET", path), _PassList)
        if said.errorCode:
            words = f"the controller does not say who is online: error {said.errorCode}"
            advice = "`site` must be the site's identifier, as the redirect tells it"
            raise ControllerFault(Trouble.REFUSED, f"{words}: {advice}")
        return said.result.data

    async def _end(self, talk: Conversation, held: _Pass) -> None:
        path = f"{self._site}/cmd/clients/{quote(held.id, safe='')}/disconnect"
        said = await self._ask(talk, Ask("POST", path, {}), _Envelope)
        if said.errorCode:
            words = f"the controller does not end the pass: error {said.errorCode}"
            raise ControllerFault(Trouble.REFUSED, words)

    @property
    def _site(self) -> str:
        return f"/sites/{quote(self._record.site, safe='')}"

    async def _ask(self, talk: Conversation, ask: Ask, shape: type[ShapeT]) -> ShapeT:
        """Return what the hotspot's part answers; a kept session that lapsed is renewed once."""
        kept = self._kept.value
        answer = await talk.ask(_shown(kept or await self._log_in(talk), ask))
        if kept is not None and _is_lapsed(answer):
            answer = await talk.ask(_shown(await self._log_in(talk), ask))
        return answer.checked().read(shape)

    async def _log_in(self, talk: Conversation) -> LogIn:
        self._kept.value = None
        info = (await talk.ask(Ask("GET", "/api/info"))).checked().read(_Info)
        own = info.result.omadacId if _major(info.result.controllerVer) >= 5 else ""
        base = f"{'/' if own else ''}{quote(own, safe='')}/api/v2/hotspot"
        account = {"name": self._record.user or "", "password": self._record.password}
        answer = await talk.ask(Ask("POST", f"{base}/login", account))
        said = answer.checked().read(_LoggedIn)
        if said.errorCode:
            words = f"the controller refuses the hotspot operator: error {said.errorCode}"
            raise ControllerFault(Trouble.ACCOUNT, words)
        token = {"Csrf-Token": said.result.token} if own and said.result.token else {}
        self._kept.value = LogIn(base, {**cookie_header(answer.cookies), **token})
        return self._kept.value


def unit_understood(unit: int, asked_seconds: int, granted_seconds: int) -> int | None:
    """Return in which unit of a second a controller counts that was asked in `unit`.

    None: in neither of the two that are known.
    """
    for candidate in (MILLISECONDS, MICROSECONDS):
        meant = asked_seconds * unit / candidate
        if meant / _FAR <= granted_seconds + 1 and granted_seconds <= (meant + 1) * _FAR:
            return candidate
    return None


def _shown(log_in: LogIn, ask: Ask) -> Ask:
    """Return a call of that session; every one of ours sets a state, so may be repeated."""
    return Ask(ask.method, f"{log_in.base}{ask.path}", ask.body, log_in.headers)


def _is_lapsed(answer: Answer) -> bool:
    """Whether a session may be over: any refusal of one that was kept; documents list no code."""
    return not 200 <= answer.status < 300 or answer.read(_Envelope).errorCode != 0


def _major(version: str) -> int:
    first = version.partition(".")[0]
    return int(first) if first.isascii() and first.isdigit() else 0
