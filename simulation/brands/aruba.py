"""Aruba's three kinds: captured browsers go to an external page, whose form comes back (shell).

    captured --POST /cgi-bin/login, Access-Accept--> online --?cmd=logout, limit, order--> captured

Instant access points and Instant On were recorded by others (splash-networks/capport), the
controller by its manual; `errmsg` and the log-out page by what public log-in programs look for.
What the form repeats must be the phone's own.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from simulation.brands.external_page import ExternalPage, bare, colons
from simulation.packets import Nas, Order, first
from simulation.radius_words import RadiusWords
from simulation.subscriber import Subscriber, TerminateCause
from simulation.talk import Answer, Asked

LOGIN = "/cgi-bin/login"
FAILED = "Authentication failed"
DENIED = "Access denied"
WELCOME = "External Welcome Page"


class ArubaWords(RadiusWords):
    """Aruba's attributes; an order names a phone by its MAC address alone."""

    vendors = ("aruba",)

    def close_access(self, packet: Any, nas: Nas, phone: Subscriber) -> None:
        """Say the network and where it is."""
        packet["Aruba-Essid-Name"] = nas.ssid
        packet["Aruba-Location-Id"] = nas.identifier
        packet["Aruba-AP-Group"] = "default"

    def concerns(self, order: Order, phone: Subscriber) -> bool:
        """Current controllers refuse an order that names a session (PacketFence, Aruba.pm)."""
        if order.session_id or first(order.packet, "NAS-IP-Address") is None:
            return False
        return super().concerns(order, phone)

    def names_session(self, order: Order) -> bool:
        """The phone, as it is written in accounting or otherwise."""
        return bool(order.station)


class InstantOnWords(ArubaWords):
    """Instant On writes addresses without separators, in lower case."""

    def station(self, phone: Subscriber) -> str:
        """f262e79963c6."""
        return bare(phone.mac)

    def called(self, nas: Nas) -> str:
        """d015a6c274d0."""
        return bare(nas.mac)


class Instant(ExternalPage):
    """An Instant access point: the access point itself takes the form."""

    words: RadiusWords = ArubaWords()
    by_tls = True
    raw: tuple[str, ...] = ("mac",)
    """Parameters whose colons it leaves as they are."""

    @property
    def log_off_address(self) -> str:
        """Where a session is ended."""
        return f"{self.table.login_address}{LOGIN}?cmd=logout"

    async def log_in(self, source: str, asked: Asked) -> Answer:
        """Take the form, or end the session."""
        if asked.path != LOGIN:
            return Answer.refusal()
        if asked.query.get("cmd") == "logout":
            return self._log_out(source)
        if asked.method != "POST" or asked.form.get("cmd") != "authenticate":
            return Answer.refusal()
        return await self._authenticate(source, asked.form)

    async def _authenticate(self, source: str, form: Mapping[str, str]) -> Answer:
        phone = self.table[source]
        if (form.get("mac"), form.get("ip")) != (colons(phone.mac), phone.address):
            return self.turned_away(source, DENIED)
        if not await self.admits(source, form.get("user", ""), form.get("password", "")):
            return self.turned_away(source, FAILED)
        wanted = form.get("url", "")
        return Answer.redirect(wanted) if wanted else Answer.page(WELCOME)

    def _log_out(self, source: str) -> Answer:
        if self.table[source].online is None:
            return Answer.page("User not logged in")
        self.table.end(source, TerminateCause.USER_REQUEST)
        return Answer.page("Logout Successful")

    def location(self, source: str, error: str = "") -> str:
        """Return the page's address and what this kind tells."""
        told = [*self.parameters(self.table[source]), *([("errmsg", error)] if error else [])]
        text = "&".join(
            f"{name}={quote(value, safe=':' if name in self.raw else '')}" for name, value in told
        )
        return f"{self.table.options.portal}?{text}"

    def parameters(self, phone: Subscriber) -> Iterable[tuple[str, str]]:
        """Give what a redirect tells, in order."""
        options = self.table.options
        radio = colons(options.nasmac)
        yield "cmd", "login"
        yield "mac", colons(phone.mac)
        yield "essid", options.ssid
        yield "ip", phone.address
        yield "apname", radio
        yield "apmac", radio
        yield "vcname", f"SetMeUp-{radio.upper()[-8:]}"
        yield "switchip", options.address
        yield "url", phone.user_url


class Controller(Instant):
    """A Mobility Controller that adds its own address to the redirect."""

    def parameters(self, phone: Subscriber) -> Iterable[tuple[str, str]]:
        """Give what a redirect tells, in order."""
        yield "cmd", "login"
        yield "mac", colons(phone.mac)
        yield "essid", self.table.options.ssid
        yield "ip", phone.address
        yield "switchip", self.table.options.address
        yield "url", phone.user_url


class InstantOn(Instant):
    """An Instant On access point: `post` and `network` in place of `switchip` and `essid`."""

    words = InstantOnWords()
    raw = ()

    def parameters(self, phone: Subscriber) -> Iterable[tuple[str, str]]:
        """Give what a redirect tells, in order."""
        options = self.table.options
        yield "cmd", "login"
        yield "mac", colons(phone.mac)
        yield "network", options.ssid
        yield "ip", phone.address
        yield "apmac", colons(options.nasmac)
        yield "site", f"{options.nasid} Site"
        yield "post", options.address
        yield "url", phone.user_url
