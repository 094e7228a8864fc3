"""Ruckus's northbound portal interface: SmartZone's controllers and Ruckus One's cloud.

One address, `/portalintf`, takes JSON. A log-in carries the guest's one-shot credential, which the
controller or the access point then shows to RADIUS: rights and sessions are RADIUS's. A log-in is
not repeated where its answer was lost, since a first one is answered once only; the guest's status
is asked instead. Ruckus One knows Login and Decrypt alone.

The redirect names a device encrypted unless that was switched off; `open_device` has it opened.
Its `nbiIP` is never used: the address is the record's.

From documents: Ruckus "Hotspot WISPr Reference Guide" SmartZone 3.4 to 3.6, RUCKUS One WISPr API
guide (response codes), PacketFence `Ruckus/SmartZone.pm`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from portal.controllers.port import ControllerGuest, Online
from portal.gateways.vocabulary import Allowance, Credential
from territory.controllers.https import Ask, Conversation, Told, conversation, mac_of
from territory.controllers.record import ControllerFault, ControllerRecord, Trouble
from territory.identifiers import MacAddress

PATH = "/portalintf"
_ONLINE = frozenset({101, 201})
"""Authorised already; log-in succeeded."""
_OUT = frozenset({100, 200, 300})
"""Unauthorised already; done; unknown."""
_TROUBLES: Mapping[int, tuple[Trouble, str]] = {
    100: (Trouble.REFUSED, "the guest is not authorised"),
    202: (Trouble.SILENT, "its RADIUS server has not answered yet"),
    300: (Trouble.NO_SUCH_GUEST, "it does not know this device"),
    301: (Trouble.REFUSED, "RADIUS refused the guest: does the request reach the base?"),
    302: (Trouble.UNREADABLE, "it cannot read the request"),
    303: (Trouble.UNREADABLE, "it speaks another version of the interface"),
    304: (Trouble.UNREADABLE, "it does not know this command"),
    305: (Trouble.UNREADABLE, "it does not know this category of commands"),
    306: (Trouble.ACCOUNT, "it refuses the password of the northbound interface"),
    400: (Trouble.REFUSED, "it has an internal error"),
    401: (Trouble.REFUSED, "its RADIUS server does not answer it"),
}


class _Reply(Told):
    ResponseCode: int
    Data: str = ""


class SmartZone:
    """A controller with the password of its northbound interface."""

    def __init__(self, record: ControllerRecord, *, logs_out: bool = True) -> None:
        self._record = record
        self._logs_out = logs_out

    async def let_in(
        self, guest: ControllerGuest, allowance: Allowance, credential: Credential
    ) -> None:
        """Log a guest in with their one-shot credential, which RADIUS will judge."""
        shown = {"UE-Username": credential.user_name, "UE-Password": credential.password}
        async with conversation(self._record) as talk:
            try:
                reply = await self._user(talk, "Login", guest, shown)
            except ControllerFault as fault:
                if fault.trouble is not Trouble.SILENT and fault.trouble is not Trouble.UNREADABLE:
                    raise
                if not self._logs_out:
                    raise
                reply = await self._user(talk, "Status", guest, {})
        if reply.ResponseCode not in _ONLINE:
            raise _fault_of(reply)

    async def put_out(self, guest: ControllerGuest) -> None:
        """Log a guest out; Ruckus One has no such command, RADIUS ends its sessions."""
        if not self._logs_out:
            words = "Ruckus One logs nobody out here: ask its RADIUS client for a Disconnect"
            raise ControllerFault(Trouble.REFUSED, words)
        async with conversation(self._record) as talk:
            reply = await self._user(talk, "Logout", guest, {})
        if reply.ResponseCode not in _OUT:
            raise _fault_of(reply)

    async def online(self) -> Sequence[Online]:
        """Return nobody: RADIUS accounting tells who is online."""
        return ()

    async def open_device(self, sealed: str) -> MacAddress:
        """Return the device that a redirect names encrypted.

        Raises:
            ControllerFault: the controller does not open it.
        """
        async with conversation(self._record) as talk:
            reply = await self._ask(talk, "GetConfig", "Decrypt", {"Data": sealed})
        if reply.ResponseCode != 200:
            raise _fault_of(reply)
        device = mac_of(reply.Data)
        if device is None or not device.is_device:
            raise ControllerFault(Trouble.UNREADABLE, "the controller opens no MAC address")
        return device

    async def _user(
        self, talk: Conversation, kind: str, guest: ControllerGuest, more: Mapping[str, str]
    ) -> _Reply:
        told = {
            "UE-MAC": guest.carried.get("client_mac") or guest.device.rfc3580,
            "UE-IP": guest.carried.get("uip", ""),
            "UE-Proxy": guest.carried.get("proxy") or "0",
        }
        return await self._ask(talk, "UserOnlineControl", kind, {**told, **more})

    async def _ask(
        self, talk: Conversation, category: str, kind: str, more: Mapping[str, str]
    ) -> _Reply:
        body: dict[str, Any] = {
            "Vendor": "ruckus",
            "APIVersion": "1.0",
            "RequestPassword": self._record.password,
            "RequestCategory": category,
            "RequestType": kind,
            **more,
        }
        if self._record.user is not None:
            body["RequestUserName"] = self._record.user
        answer = await talk.ask(Ask("POST", PATH, body, repeats=kind != "Login"))
        return answer.checked().read(_Reply)


def ruckus_one(record: ControllerRecord) -> SmartZone:
    """Return what speaks with Ruckus One, which knows Login and Decrypt alone."""
    return SmartZone(record, logs_out=False)


def _fault_of(reply: _Reply) -> ControllerFault:
    code = reply.ResponseCode
    trouble, words = _TROUBLES.get(code, (Trouble.UNREADABLE, "a code its documents do not list"))
    return ControllerFault(trouble, f"the controller answers {code}: {words}")
