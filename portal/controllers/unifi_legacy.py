"""UniFi's older interface, with a local account: for Network before 9.1.105.

A console (UniFi OS) is told from Network that runs by itself by an address that only a console
guards: it logs in elsewhere, puts everything below `/proxy/network`, and asks for the token that
its cookie carries. A session is kept and shown again, since consoles refuse an account that logs
in often; one that lapsed is renewed once. From documents: PacketFence `Ubiquiti/Unifi.pm`,
Art-of-WiFi/UniFi-API-client `src/Client.php` (tx is what the access point sent: the download).
"""

import binascii
import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

from portal.controllers.https import (
    LOOK_SECONDS,
    Answer,
    Ask,
    Conversation,
    Count,
    Kept,
    Text,
    Told,
    cookie_header,
    each_that_reads,
    mac_of,
)
from portal.controllers.port import (
    ControllerFault,
    ControllerGuest,
    ControllerRecord,
    Online,
    Trouble,
)
from portal.controllers.unifi_limits import legacy_limits
from portal.gateways.vocabulary import Allowance, Credential
from territory.identifiers import MacAddress

_CONSOLE = "/proxy/network"
_CONSOLE_COOKIE = "TOKEN"
_LAPSED = 401


class _Meta(Told):
    rc: str
    msg: Text = ""


class _Station(Told):
    mac: str
    ap_mac: Text = ""
    is_guest: bool = False
    authorized: bool = False
    uptime: Count = 0
    rx_bytes: Count = 0
    tx_bytes: Count = 0
    ip: Text = ""


class _Said(Told):
    meta: _Meta


class _Stations(Told):
    meta: _Meta
    data: Annotated[tuple[_Station, ...], each_that_reads(_Station)] = ()


SaidT = TypeVar("SaidT", _Said, _Stations)


@dataclass(frozen=True, slots=True)
class LogIn:
    """A session at a controller."""

    prefix: str
    """What stands before every path: a console's, or nothing."""
    headers: Mapping[str, str] = field(repr=False)
    """What shows it again."""


class UnifiLegacy:
    """A controller with an account."""

    def __init__(self, record: ControllerRecord) -> None:
        self._record = record
        self._kept = Kept[LogIn](record)

    async def let_in(
        self, guest: ControllerGuest, allowance: Allowance, credential: Credential
    ) -> None:
        """Authorise a guest that is connected to an access point of the site."""
        async with self._kept.conversation() as talk:
            station = await self._station(talk, guest.device)
            told = {guest.carried.get("ap", ""), *guest.carried.get("radios", "").split()}
            if station is None or str(mac_of(station.ap_mac)) not in told:
                words = "the controller does not see this device at the site's access points"
                raise ControllerFault(Trouble.NO_SUCH_GUEST, words)
            place = {"ap_mac": str(mac_of(station.ap_mac))}
            command = {"cmd": "authorize-guest", "mac": str(guest.device)}
            await self._command(talk, command | place | legacy_limits(allowance))

    async def put_out(self, guest: ControllerGuest) -> None:
        """Withdraw an authorisation, also of a device that is away."""
        async with self._kept.conversation() as talk:
            command = {"cmd": "unauthorize-guest", "mac": str(guest.device)}
            await self._command(talk, command, may_be_unknown=True)

    async def online(self) -> Sequence[Online]:
        """Return the guests connected and authorised; seconds and octets of this association."""
        async with self._kept.conversation(LOOK_SECONDS) as talk:
            answer = await self._ask(talk, "GET", "stat/sta")
            stations = _ok(answer.checked().read(_Stations)).data
        found = (_online(each) for each in stations if each.is_guest and each.authorized)
        return [guest for guest in found if guest is not None]

    async def _station(self, talk: Conversation, device: MacAddress) -> _Station | None:
        answer = await self._ask(talk, "GET", f"stat/sta/{device}")
        if answer.status == 400 and _is_unknown(answer.read(_Said)):
            return None
        stations = _ok(answer.checked().read(_Stations)).data
        return next((each for each in stations if mac_of(each.mac) == device), None)

    async def _command(
        self, talk: Conversation, command: dict[str, Any], *, may_be_unknown: bool = False
    ) -> None:
        answer = await self._ask(talk, "POST", "cmd/stamgr", command)
        said = (answer if answer.status == 400 else answer.checked()).read(_Said)
        if not (may_be_unknown and _is_unknown(said)):
            _ok(said)

    async def _ask(
        self, talk: Conversation, method: str, path: str, body: dict[str, Any] | None = None
    ) -> Answer:
        """Return what the site's part of the interface answers, logged in."""
        kept = self._kept.value
        log_in = kept or await self._log_in(talk)
        answer = await talk.ask(self._call(log_in, method, path, body))
        if answer.status == _LAPSED and kept is not None:
            log_in = await self._log_in(talk)
            answer = await talk.ask(self._call(log_in, method, path, body))
        return answer

    def _call(self, log_in: LogIn, method: str, path: str, body: dict[str, Any] | None) -> Ask:
        """Return a call of that session; every one of ours sets a state, so may be repeated."""
        site = quote(self._record.site, safe="")
        return Ask(method, f"{log_in.prefix}/api/s/{site}/{path}", body, log_in.headers)

    async def _log_in(self, talk: Conversation) -> LogIn:
        self._kept.value = None
        probe = await talk.ask(Ask("GET", f"{_CONSOLE}/status"))
        on_console = probe.status in (401, 403)
        path = "/api/auth/login" if on_console else "/api/login"
        account = {"username": self._record.user or "", "password": self._record.password}
        answer = await talk.ask(Ask("POST", path, account))
        if answer.status in (400, 401, 403, 499):
            words = "the controller refuses the account: a local one, without a second factor?"
            raise ControllerFault(Trouble.ACCOUNT, words)
        self._kept.value = log_in_of(answer.checked(), _CONSOLE if on_console else "")
        return self._kept.value


def log_in_of(answer: Answer, prefix: str) -> LogIn:
    """Return the session that a good log-in opens.

    Raises:
        ControllerFault: it sets no cookie.
    """
    if not answer.cookies:
        raise ControllerFault(Trouble.UNREADABLE, "the controller's log-in opens no session")
    token = (
        answer.headers.get("X-CSRF-Token")
        or _token_in(answer.cookies.get(_CONSOLE_COOKIE, ""))
        or answer.cookies.get("csrf_token", "")
    )
    more = {"X-CSRF-Token": token} if token else {}
    return LogIn(prefix, {**cookie_header(answer.cookies), **more})


def _token_in(cookie: str) -> str:
    """Return `csrfToken` of a console's cookie, a JSON Web Token; nothing where there is none."""
    _, _, rest = cookie.partition(".")
    payload = rest.partition(".")[0]
    try:
        claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return ""
    token = claims.get("csrfToken", "") if isinstance(claims, dict) else ""
    return token if isinstance(token, str) else ""


def _is_unknown(said: _Said) -> bool:
    return said.meta.rc != "ok" and said.meta.msg.startswith("api.err.Unknown")


def _ok(said: SaidT) -> SaidT:
    """Return it where its envelope says ok.

    Raises:
        ControllerFault: it does not.
    """
    if said.meta.rc == "ok":
        return said
    if said.meta.msg in ("api.err.LoginRequired", "api.err.NoPermission"):
        raise ControllerFault(Trouble.ACCOUNT, "the account may not do this at that site")
    raise ControllerFault(Trouble.REFUSED, f"the controller says no: {said.meta.msg[:80]}")


def _online(station: _Station) -> Online | None:
    device = mac_of(station.mac)
    if device is None:
        return None
    return Online(
        device,
        station.uptime,
        station.rx_bytes,
        station.tx_bytes,
        station.ip,
        counts_on=False,
    )
