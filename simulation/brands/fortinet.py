"""FortiGate: captured browsers go to an external page, whose form comes back (shell).

    captured --POST /fgtauth, Access-Accept--> online --/logout?, limit, order--> captured

The redirect is that recorded by others (splash-networks/capport). Each has a number, `magic`, that
the form must give back, good until a refusal; a form above 125 characters is not read. Once in, the
browser gets what it first asked for.
"""

from typing import Any

from simulation.brands.external_page import ExternalPage, colons
from simulation.packets import Nas, Order, first
from simulation.radius_words import RadiusWords
from simulation.subscriber import Subscriber
from simulation.talk import Answer, Asked

LONGEST_FORM = 125
"""Octets of a form that are read."""
MAGIC_OCTETS = 8
FAILED = "Failed"


class FortinetWords(RadiusWords):
    """FortiGate's attributes; an order must name the session, the user and the address."""

    vendors = ("fortinet",)

    def close_access(self, packet: Any, nas: Nas, phone: Subscriber) -> None:
        """Say that a person asks, through the captive portal, and where."""
        packet["Connect-Info"] = "web-auth"
        packet["Fortinet-SSID"] = nas.ssid
        packet["Fortinet-AP-Name"] = nas.identifier

    def names_session(self, order: Order) -> bool:
        """All three, or nothing is found."""
        address = first(order.packet, "Framed-IP-Address")
        return bool(order.user_name and order.session_id and address)

    def concerns(self, order: Order, phone: Subscriber) -> bool:
        """All three must fit."""
        address = first(order.packet, "Framed-IP-Address")
        return address == phone.address and super().concerns(order, phone)


class FortiGate(ExternalPage):
    """A firewall whose network is behind a captive portal with an external page."""

    words = FortinetWords()
    by_tls = True

    @property
    def log_off_address(self) -> str:
        """Where a session is ended."""
        return f"{self.table.login_address}/logout?"

    async def log_in(self, source: str, asked: Asked) -> Answer:
        """Take the form, or end the session."""
        match asked.method, asked.path:
            case "POST", "/fgtauth":
                return await self._authenticate(source, asked)
            case "GET", "/logout":
                return self.logged_out(source)
            case _:
                return Answer.refusal()

    async def _authenticate(self, source: str, asked: Asked) -> Answer:
        form = asked.form
        if len(asked.body) > LONGEST_FORM or form.get("magic") != _magic(self.table[source]):
            return Answer.refusal("Firewall authentication failed\n")
        if not await self.admits(source, form.get("username", ""), form.get("password", "")):
            return self.turned_away(source, FAILED)
        return self.wanted(source)

    def location(self, source: str, error: str = "") -> str:
        """Return the page's address and what FortiGate tells; it escapes nothing."""
        options, phone = self.table.options, self.table.with_challenge(source)
        return (
            f"{options.portal}?login&post={self.table.login_address}/fgtauth"
            f"&magic={_magic(phone)}&usermac={colons(phone.mac)}&apmac={colons(options.nasmac)}"
            f"&apip={options.address}&userip={phone.address}&ssid={options.ssid}"
            f"&apname={options.nasid}&bssid=00:00:00:00:00:00"
            f"{f'&Auth={error}' if error else ''}"
        )


def _magic(phone: Subscriber) -> str:
    return phone.challenge[:MAGIC_OCTETS].hex()
