"""Ruckus SmartZone and Ruckus One: a northbound interface that logs guests in (shell).

    captured --the portal's Login, Access-Accept--> online --Logout, limit, order--> captured

The redirect names the phone encrypted unless that was switched off; the interface opens it, and
wants a Login to name the phone as the redirect did. It answers 200 to HTTP whatever it thinks, and
says what it thinks in ResponseCode. Ruckus One knows Login and Decrypt alone, and its user "api".
"""

from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode

from simulation.brands.controlled import Controlled, said, told_in
from simulation.brands.external_page import bare
from simulation.brands.ruckus import RuckusWords
from simulation.credentials import Pap
from simulation.phone_table import PhoneTable
from simulation.subscriber import TerminateCause
from simulation.talk import Answer, Asked

CODES = {
    100: "Client unauthorized",
    101: "Client authorized",
    200: "OK",
    201: "Login succeeded",
    300: "Not found",
    301: "Login failed",
    302: "Bad request",
    304: "Command not supported",
    305: "Category not supported",
    306: "Wrong request password",
    401: "Authentication server error",
}
NOBODY = "203.0.113.66"
"""What `nbiIP` tells: never where an interface is asked."""


class SmartZone(Controlled):
    """A controller on its own premises."""

    words = RuckusWords()
    commands = frozenset({"Login", "Logout", "Status", "Disconnect"})

    def __init__(self, table: PhoneTable) -> None:
        super().__init__(table)
        self.encrypts = True
        """Whether redirects name phones encrypted (`no encrypt-mac-ip` ends it)."""

    def captured(self, source: str, address: str) -> Answer:
        """Send a browser to the portal."""
        options, phone = self.table.options, self.table.remember(source, address)
        told = {
            "nbiIP": NOBODY,
            "client_mac": self._written(bare(phone.mac)),
            "reason": "Un-Auth-Captive",
            "wlanName": options.ssid,
            "dn": "",
            "ssid": options.ssid,
            "mac": bare(options.nasmac),
            "url": phone.user_url,
            "proxy": "0",
            "vlan": "1",
            "wlan": "1",
            "sip": options.address,
            "zoneName": "Mairies",
            "uip": self._written(phone.address),
            "StartURL": "",
        }
        return self.redirect(source, f"{options.portal}?{urlencode(told, quote_via=quote)}")

    async def answer(self, asked: Asked) -> Answer:
        """Return what the interface says."""
        told = told_in(asked)
        if asked.method != "POST" or asked.path != "/portalintf":
            return Answer(404, "", "text/plain")
        if str(told.get("Vendor")).lower() != "ruckus" or told.get("APIVersion") != "1.0":
            return _reply(302)
        account = self.table.options.controller
        if told.get("RequestPassword") != account.password or (
            account.user and told.get("RequestUserName") != account.user
        ):
            return _reply(306)
        match told.get("RequestCategory"):
            case "GetConfig":
                return self._open(told)
            case "UserOnlineControl":
                return await self._user(told)
        return _reply(305)

    def _open(self, told: dict[str, Any]) -> Answer:
        if told.get("RequestType") != "Decrypt":
            return _reply(304)
        for phone in self.table.by_source().values():
            for plain in (bare(phone.mac), phone.address):
                if _sealed(plain) == told.get("Data"):
                    return _reply(200, Data=plain)
        return _reply(302)

    async def _user(self, told: dict[str, Any]) -> Answer:
        kind = str(told.get("RequestType"))
        if kind not in self.commands:
            return _reply(304)
        source = self._source(str(told.get("UE-MAC", "")))
        if source is None:
            return _reply(300)
        is_online = self.table[source].online is not None
        match kind:
            case "Login" if not is_online:
                return await self._log_guest_in(source, told)
            case "Login" | "Status":
                return _reply(101 if is_online else 100)
        self.table.end(source, TerminateCause.USER_REQUEST)
        return _reply(200)

    async def _log_guest_in(self, source: str, told: dict[str, Any]) -> Answer:
        name, password = str(told.get("UE-Username", "")), str(told.get("UE-Password", ""))
        reply = await self.table.ask(source, name, Pap(password.encode()))
        if reply is None:
            return _reply(401)
        return _reply(201 if reply.accepted else 301)

    def _source(self, named: str) -> str | None:
        """Return the phone a command names, as the redirect wrote it or in clear."""
        for source, phone in self.table.by_source().items():
            if named == _sealed(bare(phone.mac)):
                return source
        return self.table.source_of(named)

    def _written(self, plain: str) -> str:
        return _sealed(plain) if self.encrypts else plain


class RuckusOne(SmartZone):
    """The cloud."""

    commands = frozenset({"Login"})


def _sealed(plain: str) -> str:
    """Return what stands for an address in a redirect."""
    return f"ENC{sha256(plain.encode()).hexdigest()[:48]}"


def _reply(code: int, **more: str) -> Answer:
    return said(
        {
            "Vendor": "Ruckus",
            "APIVersion": "1.0",
            "ResponseCode": code,
            "ReplyMessage": CODES[code],
            **more,
        }
    )
