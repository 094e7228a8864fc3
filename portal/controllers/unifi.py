"""UniFi Network's official API: a key, and a guest that is found before it is let in.

    sites -> clients of ours, by MAC address -> on which access point -> AUTHORIZE_GUEST_ACCESS

The redirect is not signed, so anybody can name another's device: the controller must say that it
is connected, to an access point of the site. From documents: help.ui.com 31228198640023, and the
reference that Network 9.1.105 and later shows at Integrations (rx is the guest's download there,
tx the upload). The way through the API itself: `territory.controllers.unifi`.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import quote

from portal.controllers.port import ControllerGuest, Online
from portal.controllers.unifi_limits import official_limits
from portal.gateways.vocabulary import Allowance, Credential
from territory.controllers.https import (
    LOOK_SECONDS,
    Conversation,
    Count,
    Text,
    Told,
    each_that_reads,
    mac_of,
)
from territory.controllers.record import ControllerFault, ControllerRecord, Trouble
from territory.controllers.unifi import NetworkApi, Page
from territory.identifiers import MacAddress


class _Usage(Told):
    durationSec: Count = 0  # noqa: N815
    rxBytes: Count = 0  # noqa: N815
    txBytes: Count = 0  # noqa: N815


class _Authorization(Told):
    usage: _Usage | None = None


class _Access(Told):
    type: Text = ""
    authorized: bool = False
    authorization: _Authorization | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is a guest that was let in."""
        return self.type == "GUEST" and self.authorized


class _Client(Told):
    id: str
    macAddress: Text = ""  # noqa: N815
    ipAddress: Text = ""  # noqa: N815
    uplinkDeviceId: Text = ""  # noqa: N815
    access: _Access = _Access()


class _Device(Told):
    macAddress: str  # noqa: N815


class _ClientPage(Page):
    data: Annotated[tuple[_Client, ...], each_that_reads(_Client)]


class _Refusal(Told):
    code: Text = ""
    statusName: Text = ""  # noqa: N815


class UnifiOfficial:
    """A controller with an API key."""

    def __init__(self, record: ControllerRecord) -> None:
        self._record = record
        self._api = NetworkApi(record)

    async def let_in(
        self, guest: ControllerGuest, allowance: Allowance, credential: Credential
    ) -> None:
        """Authorise a guest that is connected to an access point of the site."""
        async with self._api.conversation() as talk:
            client = await self._client(talk, guest.device)
            if client is None:
                words = "the controller does not see this device: it left, or was made up"
                raise ControllerFault(Trouble.NO_SUCH_GUEST, words)
            await self._confirm_place(talk, client, guest.carried)
            action = {"action": "AUTHORIZE_GUEST_ACCESS", **official_limits(allowance)}
            await self._act(talk, client, action)

    async def put_out(self, guest: ControllerGuest) -> None:
        """Withdraw an authorisation; a device that is away cannot be told, and is shown online
        again by `online` when it comes back."""
        async with self._api.conversation() as talk:
            client = await self._client(talk, guest.device)
            if client is not None and client.access.is_open:
                await self._act(talk, client, {"action": "UNAUTHORIZE_GUEST_ACCESS"})

    async def online(self) -> Sequence[Online]:
        """Return the guests that are connected and authorised, with what they used since then."""
        async with self._api.conversation(LOOK_SECONDS) as talk:
            clients = await self._clients(talk, "access.type.eq('GUEST')")
            guests = [each for each in clients if each.access.is_open]
            found = [_online(await self._detailed(talk, guest)) for guest in guests]
        return [guest for guest in found if guest is not None]

    async def _site(self, talk: Conversation) -> str:
        return await self._api.site(talk, self._record.site)

    async def _client(self, talk: Conversation, device: MacAddress) -> _Client | None:
        found = await self._clients(talk, f"macAddress.eq('{device}')")
        return next((client for client in found if mac_of(client.macAddress) == device), None)

    async def _clients(self, talk: Conversation, only: str) -> list[_Client]:
        """Return clients; versions that know no filter give them all, so each is looked at."""
        path, more = f"{await self._site(talk)}/clients", f"&filter={quote(only, safe='')}"
        pages = await self._api.pages(talk, path, _ClientPage, more)
        return [client for page in pages for client in page.data]

    async def _detailed(self, talk: Conversation, client: _Client) -> _Client:
        """Return a client with its usage, which lists leave out."""
        if client.access.authorization is not None:
            return client
        path = f"{await self._site(talk)}/clients/{quote(client.id, safe='')}"
        answer = await self._api.ask(talk, "GET", path)
        return client if answer.status == 404 else answer.checked().read(_Client)

    async def _confirm_place(
        self, talk: Conversation, client: _Client, carried: Mapping[str, str]
    ) -> None:
        """Refuse a device that is not where the redirect says, nor on another of the site's."""
        device_id = quote(client.uplinkDeviceId, safe="")
        told = {carried.get("ap", ""), *carried.get("radios", "").split()}
        if device_id:
            path = f"{await self._site(talk)}/devices/{device_id}"
            answer = await self._api.ask(talk, "GET", path)
            if str(mac_of(answer.checked().read(_Device).macAddress)) in told:
                return
        words = "the controller sees this device elsewhere than at the site's access points"
        raise ControllerFault(Trouble.NO_SUCH_GUEST, words)

    async def _act(self, talk: Conversation, client: _Client, action: dict[str, Any]) -> None:
        path = f"{await self._site(talk)}/clients/{quote(client.id, safe='')}/actions"
        answer = await self._api.ask(talk, "POST", path, action)
        if answer.status in (400, 409, 422):
            said = answer.read(_Refusal)
            words = said.code or said.statusName or str(answer.status)
            raise ControllerFault(Trouble.REFUSED, f"the controller says no: {words[:80]}")
        answer.checked()


def _online(client: _Client) -> Online | None:
    device = mac_of(client.macAddress)
    if device is None:
        return None
    granted = client.access.authorization
    usage = (granted.usage if granted else None) or _Usage()
    return Online(device, usage.durationSec, usage.txBytes, usage.rxBytes, client.ipAddress)
