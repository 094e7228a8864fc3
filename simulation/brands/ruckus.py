"""Ruckus Unleashed: captured browsers go to an external page, whose form comes back (shell).

    captured --POST /login, Access-Accept--> online --/logout, limit, order--> captured

The redirect is that recorded by others (splash-networks/capport); the form, its 31 characters and
the log-out are those of ZoneDirector's application note. `ip`, where the form has it, must be the
phone's own. Once in, the browser gets what it first asked for: no form names another page.
"""

from collections.abc import Mapping
from string import ascii_letters, digits
from typing import Any

from simulation.brands.external_page import ExternalPage, bare
from simulation.packets import Nas
from simulation.radius_words import RadiusWords
from simulation.subscriber import Subscriber
from simulation.talk import Answer, Asked

LONGEST = 31
"""Characters of a name, and of a password."""
FAILED = "failed"
KEPT = frozenset(f"{ascii_letters}{digits}._".encode())
"""What a redirect leaves as it is."""


class RuckusWords(RadiusWords):
    """Ruckus's attributes; Called-Station-Id names the network too."""

    vendors = ("ruckus",)

    def close_access(self, packet: Any, nas: Nas, phone: Subscriber) -> None:
        """Say the network and its VLAN."""
        packet["Ruckus-SSID"] = nas.ssid
        packet["Ruckus-VLAN-ID"] = 1

    def called(self, nas: Nas) -> str:
        """Return the access point and the network."""
        return f"{nas.mac}:{nas.ssid}"


class Unleashed(ExternalPage):
    """The master of an Unleashed network."""

    words = RuckusWords()

    @property
    def log_off_address(self) -> str:
        """Where a session is ended."""
        return f"{self.table.login_address}/logout"

    async def log_in(self, source: str, asked: Asked) -> Answer:
        """Take the form, or end the session."""
        match asked.method, asked.path:
            case "POST", "/login":
                return await self._authenticate(source, asked.form)
            case "GET", "/logout":
                return self.logged_out(source)
            case _:
                return Answer.refusal()

    async def _authenticate(self, source: str, form: Mapping[str, str]) -> Answer:
        own = self.table[source].address
        name, password = form.get("username", ""), form.get("password", "")
        fits = max(len(name), len(password)) <= LONGEST and form.get("ip", own) == own
        if not fits or not await self.admits(source, name, password):
            return self.turned_away(source, FAILED)
        return self.wanted(source)

    def location(self, source: str, error: str = "") -> str:
        """Return the page's address and what Unleashed tells."""
        phone, options = self.table[source], self.table.options
        return (
            f"{options.portal}?sip={options.address}&mac={bare(options.nasmac)}"
            f"&client_mac={bare(phone.mac)}&uip={phone.address}&lid=&dn="
            f"&url={_escaped(phone.user_url)}&ssid={_escaped(options.ssid)}&loc=&vlan=1"
            f"{f'&auth={error}' if error else ''}"
        )


def _escaped(text: str) -> str:
    """Letters, digits, dots and underscores as they are, a space as `+`, the rest in hex."""
    return "".join(
        chr(octet) if octet in KEPT else "+" if octet == ord(" ") else f"%{octet:02x}"
        for octet in text.encode()
    )
