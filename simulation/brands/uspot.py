"""uspot: CoovaChilli's words, written in its own way (shell).

From its sources: values are not escaped, the challenge is told every time, `uid` never; a refusal
of whatever kind is `reject`, who is online already reads `success`. Addresses are lower case with
colons. Its dynamic authorization refuses what it does not know, and says no cause.
"""

from collections.abc import Iterator

from simulation.brands import uam
from simulation.brands.coovachilli import CoovaChilli
from simulation.brands.coovachilli_redirects import NOTHING_MORE, Circumstances
from simulation.packets import Order
from simulation.radius_words import RadiusWords
from simulation.subscriber import Subscriber

RES = {"failed": "reject", "already": "success"}
"""What it says where CoovaChilli says otherwise."""
REFUSED = frozenset({"Message-Authenticator", "Service-Type", "NAS-Port", "Event-Timestamp"})
"""Attributes of an order that it answers with a NAK."""


class UspotWords(RadiusWords):
    """RADIUS as uspot speaks it."""

    error_cause = None

    def station(self, phone: Subscriber) -> str:
        """8a:56:7e:f9:10:e4."""
        return _colons(phone.mac)

    def mac_user_name(self, phone: Subscriber) -> str:
        """The same."""
        return _colons(phone.mac)

    def concerns(self, order: Order, phone: Subscriber) -> bool:
        """All that is named must fit, and be known."""
        return not self._refuses(order) and super().concerns(order, phone)

    def _refuses(self, order: Order) -> bool:
        named = set(order.packet.keys())
        return bool(named & REFUSED) or (order.disconnect and "Framed-IP-Address" in named)


class Uspot(CoovaChilli):
    """uspot, in `uam` mode."""

    words = UspotWords()

    def _redirect(self, phone: Subscriber, res: str, more: Circumstances = NOTHING_MORE) -> str:
        options = self.table.options
        fields = list(self._fields(phone, RES.get(res, res), more))
        self.table.tell("redirect", f"{phone.mac} is sent to the portal: {res}", tuple(fields))
        query = "&".join(f"{name}={value}" for name, value in fields if value)
        address = f"{options.portal}{'&' if '?' in options.portal else '?'}{query}"
        return f"{address}&md={uam.signature(address, options.portal_secret)}"

    def _fields(
        self, phone: Subscriber, res: str, more: Circumstances
    ) -> Iterator[tuple[str, str]]:
        options = self.table.options
        yield "res", res
        yield "uamip", options.address
        yield "uamport", str(self.table.login_port)
        yield "challenge", phone.challenge.hex()
        yield "called", _colons(options.nasmac)
        yield "mac", _colons(phone.mac)
        yield "ip", phone.address
        yield "reply", more.reply
        yield "nasid", options.nasid
        yield "sessionid", phone.session_id
        yield "userurl", phone.user_url


def _colons(mac: str) -> str:
    return mac.replace("-", ":").lower()
