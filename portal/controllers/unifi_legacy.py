"""UniFi's older interface, with a local account: for Network before 9.1.105.

From documents: PacketFence `Ubiquiti/Unifi.pm`, Art-of-WiFi/UniFi-API-client `src/Client.php` (tx
is what the access point sent: the download). Logging in: `territory.controllers.unifi_legacy`.
"""

from collections.abc import Sequence
from typing import Annotated, Any

from portal.controllers.port import ControllerGuest, Online
from portal.controllers.unifi_limits import legacy_limits
from portal.gateways.vocabulary import Allowance, Credential
from territory.controllers.https import (
    LOOK_SECONDS,
    Answer,
    Conversation,
    Count,
    Text,
    Told,
    each_that_reads,
    mac_of,
)
from territory.controllers.record import ControllerFault, ControllerRecord, Trouble
from territory.controllers.unifi_legacy import LocalAccount, Said, ok
from territory.identifiers import MacAddress


class _Station(Told):
    mac: str
    ap_mac: Text = ""
    is_guest: bool = False
    authorized: bool = False
    uptime: Count = 0
    rx_bytes: Count = 0
    tx_bytes: Count = 0
    ip: Text = ""


class _Stations(Said):
    data: Annotated[tuple[_Station, ...], each_that_reads(_Station)] = ()


class UnifiLegacy:
    """A controller with an account."""

    def __init__(self, record: ControllerRecord) -> None:
        self._record = record
        self._account = LocalAccount(record)

    async def let_in(
        self, guest: ControllerGuest, allowance: Allowance, credential: Credential
    ) -> None:
        """Authorise a guest that is connected to an access point of the site."""
        async with self._account.conversation() as talk:
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
        async with self._account.conversation() as talk:
            command = {"cmd": "unauthorize-guest", "mac": str(guest.device)}
            await self._command(talk, command, may_be_unknown=True)

    async def online(self) -> Sequence[Online]:
        """Return the guests connected and authorised; seconds and octets of this association."""
        async with self._account.conversation(LOOK_SECONDS) as talk:
            answer = await self._ask(talk, "GET", "stat/sta")
            stations = ok(answer.checked().read(_Stations)).data
        found = (_online(each) for each in stations if each.is_guest and each.authorized)
        return [guest for guest in found if guest is not None]

    async def _station(self, talk: Conversation, device: MacAddress) -> _Station | None:
        answer = await self._ask(talk, "GET", f"stat/sta/{device}")
        if answer.status == 400 and answer.read(Said).names_nobody_known:
            return None
        stations = ok(answer.checked().read(_Stations)).data
        return next((each for each in stations if mac_of(each.mac) == device), None)

    async def _command(
        self, talk: Conversation, command: dict[str, Any], *, may_be_unknown: bool = False
    ) -> None:
        answer = await self._ask(talk, "POST", "cmd/stamgr", command)
        said = (answer if answer.status == 400 else answer.checked()).read(Said)
        if not (may_be_unknown and said.names_nobody_known):
            ok(said)

    async def _ask(
        self, talk: Conversation, method: str, path: str, body: dict[str, Any] | None = None
    ) -> Answer:
        return await self._account.ask(talk, method, self._record.site, path, body)


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
