"""UniFi Network's official API: a key, and a guest that is found before it is let in.

    sites -> clients of ours, by MAC address -> on which access point -> AUTHORIZE_GUEST_ACCESS

The redirect is not signed, so anybody can name another's device: the controller must say that it
is connected, to an access point of the site. The API stands below `/proxy/network/integration` on
a console, below `/integration` where Network runs by itself; what is found once is kept. From
documents: help.ui.com 31228198640023, and the reference that Network 9.1.105 and later shows at
Integrations (rx is the guest's download there, tx the upload).
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

from portal.controllers.https import (
    LOOK_SECONDS,
    Ask,
    Conversation,
    Count,
    Kept,
    Text,
    Told,
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
from portal.controllers.unifi_limits import official_limits
from portal.gateways.vocabulary import Allowance, Credential
from territory.identifiers import MacAddress

PAGE = 200
"""Entries of one answer; the API gives no more."""
MOST_PAGES = 25
"""Looked through; 5 000 clients of one site."""
_PLACES = ("/proxy/network/integration/v1", "/integration/v1")


class _Site(Told):
    id: str
    internalReference: Text = ""  # noqa: N815
    name: Text = ""


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


class _SitePage(Told):
    data: tuple[_Site, ...]
    totalCount: Count  # noqa: N815


class _ClientPage(Told):
    data: Annotated[tuple[_Client, ...], each_that_reads(_Client)]
    totalCount: Count  # noqa: N815


class _Refusal(Told):
    code: Text = ""
    statusName: Text = ""  # noqa: N815


PageT = TypeVar("PageT", _SitePage, _ClientPage)


class UnifiOfficial:
    """A controller with an API key."""

    def __init__(self, record: ControllerRecord) -> None:
        self._record = record
        self._kept = Kept[str](record)
        """The path of the site's own part of the API."""

    async def let_in(
        self, guest: ControllerGuest, allowance: Allowance, credential: Credential
    ) -> None:
        """Authorise a guest that is connected to an access point of the site."""
        async with self._kept.conversation() as talk:
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
        async with self._kept.conversation() as talk:
            client = await self._client(talk, guest.device)
            if client is not None and client.access.is_open:
                await self._act(talk, client, {"action": "UNAUTHORIZE_GUEST_ACCESS"})

    async def online(self) -> Sequence[Online]:
        """Return the guests that are connected and authorised, with what they used since then."""
        async with self._kept.conversation(LOOK_SECONDS) as talk:
            clients = await self._clients(talk, "access.type.eq('GUEST')")
            guests = [each for each in clients if each.access.is_open]
            found = [_online(await self._detailed(talk, guest)) for guest in guests]
        return [guest for guest in found if guest is not None]

    async def _site(self, talk: Conversation) -> str:
        """Return the path of the site's own part of the API, asked for once."""
        if self._kept.value is not None:
            return self._kept.value
        path = f"{await self._place(talk)}/sites"
        for page in await self._pages(talk, path, _SitePage):
            for site in page.data:
                if self._record.site in (site.internalReference, site.id, site.name):
                    self._kept.value = f"{path}/{quote(site.id, safe='')}"
                    return self._kept.value
        words = f"the controller has no site {self._record.site} that this key may see"
        raise ControllerFault(Trouble.REFUSED, words)

    async def _place(self, talk: Conversation) -> str:
        """Return where the API stands on this product."""
        first, second = _PLACES
        answer = await talk.ask(self._signed("GET", f"{first}/sites?limit=1"))
        return second if answer.status in (302, 404) else first

    async def _client(self, talk: Conversation, device: MacAddress) -> _Client | None:
        found = await self._clients(talk, f"macAddress.eq('{device}')")
        return next((client for client in found if mac_of(client.macAddress) == device), None)

    async def _clients(self, talk: Conversation, only: str) -> list[_Client]:
        """Return clients; versions that know no filter give them all, so each is looked at."""
        path, more = f"{await self._site(talk)}/clients", f"&filter={quote(only, safe='')}"
        pages = await self._pages(talk, path, _ClientPage, more)
        return [client for page in pages for client in page.data]

    async def _pages(
        self, talk: Conversation, path: str, shape: type[PageT], more: str = ""
    ) -> list[PageT]:
        pages: list[PageT] = []
        for offset in range(0, MOST_PAGES * PAGE, PAGE):
            query = f"?offset={offset}&limit={PAGE}{more}"
            answer = await talk.ask(self._signed("GET", f"{path}{query}"))
            pages.append(answer.checked().read(shape))
            if offset + PAGE >= pages[-1].totalCount or not pages[-1].data:
                break
        return pages

    async def _detailed(self, talk: Conversation, client: _Client) -> _Client:
        """Return a client with its usage, which lists leave out."""
        if client.access.authorization is not None:
            return client
        path = f"{await self._site(talk)}/clients/{quote(client.id, safe='')}"
        answer = await talk.ask(self._signed("GET", path))
        return client if answer.status == 404 else answer.checked().read(_Client)

    async def _confirm_place(
        self, talk: Conversation, client: _Client, carried: Mapping[str, str]
    ) -> None:
        """Refuse a device that is not where the redirect says, nor on another of the site's."""
        device_id = quote(client.uplinkDeviceId, safe="")
        told = {carried.get("ap", ""), *carried.get("radios", "").split()}
        if device_id:
            path = f"{await self._site(talk)}/devices/{device_id}"
            answer = await talk.ask(self._signed("GET", path))
            if str(mac_of(answer.checked().read(_Device).macAddress)) in told:
                return
        words = "the controller sees this device elsewhere than at the site's access points"
        raise ControllerFault(Trouble.NO_SUCH_GUEST, words)

    async def _act(self, talk: Conversation, client: _Client, action: dict[str, Any]) -> None:
        path = f"{await self._site(talk)}/clients/{quote(client.id, safe='')}/actions"
        answer = await talk.ask(self._signed("POST", path, action))
        if answer.status in (400, 409, 422):
            said = answer.read(_Refusal)
            words = said.code or said.statusName or str(answer.status)
            raise ControllerFault(Trouble.REFUSED, f"the controller says no: {words[:80]}")
        answer.checked()

    def _signed(self, method: str, path: str, body: dict[str, Any] | None = None) -> Ask:
        """Return a call with the key; every one of ours sets a state, so may be repeated."""
        return Ask(method, path, body, {"X-API-KEY": self._record.password})


def _online(client: _Client) -> Online | None:
    device = mac_of(client.macAddress)
    if device is None:
        return None
    granted = client.access.authorization
    usage = (granted.usage if granted else None) or _Usage()
    return Online(device, usage.durationSec, usage.txBytes, usage.rxBytes, client.ipAddress)
