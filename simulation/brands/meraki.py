"""Meraki's cloud and its access points as one gateway: two kinds of splash page (shell).

    sign-on        captured --POST /splash/login, Access-Accept--> online --Disconnect--> captured
    click-through  captured --GET /splash/grant--> online --duration--> captured

Names and order of what the redirects tell are those of Meraki's captive portal API; both pages are
at the cloud, over TLS. A success goes to `success_url`, with where to log out; a refusal comes back
with `error_message`. A click-through asks no RADIUS. From documents: no real cloud has been heard.
"""

from typing import Any
from urllib.parse import quote

from simulation.brands.external_page import ExternalPage, colons
from simulation.packets import Nas, Order
from simulation.radius_words import RadiusWords
from simulation.subscriber import Rights, Subscriber
from simulation.talk import Answer, Asked

MAUTH_OCTETS = 8
_DENIED = "Access denied"


class MerakiWords(RadiusWords):
    """The cloud's attributes; it takes a Disconnect-Request, and no CoA."""

    vendors = ("meraki",)

    def close_access(self, packet: Any, nas: Nas, phone: Subscriber) -> None:
        """Say the network."""
        packet["Meraki-Network-Name"] = f"{nas.identifier} - wireless"

    def called(self, nas: Nas) -> str:
        """Return the access point and the network."""
        return f"{nas.mac}:{nas.ssid}"

    def concerns(self, order: Order, phone: Subscriber) -> bool:
        """Only what is to be disconnected."""
        return order.disconnect and super().concerns(order, phone)


class SignOn(ExternalPage):
    """The page whose form goes to the cloud."""

    words = MerakiWords()

    @property
    def log_off_address(self) -> str:
        """What `success_url` is told, for whoever is online."""
        return f"{self.table.login_address}/splash/logout"

    async def log_in(self, source: str, asked: Asked) -> Answer:
        """Take the form, or end the session."""
        match asked.method, asked.path:
            case "POST", "/splash/login":
                return await self._sign_on(source, asked)
            case "GET", "/splash/logout":
                return self.logged_out(source)
            case _:
                return Answer.refusal()

    async def _sign_on(self, source: str, asked: Asked) -> Answer:
        form = asked.form
        if asked.query.get("mauth") != self._mauth(source):
            return Answer.refusal("This log-in is not known any more.\n")
        name, password = form.get("username", ""), form.get("password", "")
        if not await self.admits(source, name, password):
            return self.turned_away(source, _DENIED)
        page = form.get("success_url", "")
        joined = "&" if "?" in page else "?"
        return Answer.redirect(f"{page}{joined}logout_url={quote(self.log_off_address, safe='')}")

    def location(self, source: str, error: str = "") -> str:
        """Return the page's address and what the access point tells."""
        phone, options = self.table[source], self.table.options
        log_in = f"{self.table.login_address}/splash/login?mauth={self._mauth(source)}"
        told = {
            "login_url": log_in,
            "continue_url": phone.user_url,
            "ap_mac": colons(options.nasmac),
            "ap_name": options.nasid,
            "ap_tags": "",
            "client_mac": colons(phone.mac),
            "client_ip": phone.address,
        }
        if error:
            told["error_message"] = error
        return _address(options.portal, told)

    def _mauth(self, source: str) -> str:
        """Return the cloud's name of the visit, another one after a refusal."""
        return self.table.with_challenge(source).challenge[:MAUTH_OCTETS].hex()


class ClickThrough(ExternalPage):
    """The page that leads to an address which lets the phone through."""

    async def log_in(self, source: str, asked: Asked) -> Answer:
        """Let a phone through for as long as the portal says, at most a day."""
        page, seconds = asked.query.get("continue_url", ""), asked.query.get("duration", "")
        if asked.path != "/splash/grant" or not page or not seconds.isdecimal():
            return Answer.refusal()
        self.table.admit(source, "", Rights(session_seconds=int(seconds)))
        return Answer.redirect(page)

    def location(self, source: str, error: str = "") -> str:
        """Return the page's address and what the access point tells."""
        phone, options = self.table[source], self.table.options
        number = str(int(options.nasmac.replace("-", ""), 16))
        told = {
            "base_grant_url": f"{self.table.login_address}/splash/grant",
            "user_continue_url": phone.user_url,
            "node_id": number,
            "node_mac": colons(options.nasmac),
            "gateway_id": number,
            "client_ip": phone.address,
            "client_mac": colons(phone.mac),
        }
        return _address(options.portal, told)


def _address(portal: str, told: dict[str, str]) -> str:
    return f"{portal}?" + "&".join(f"{name}={quote(text, safe='')}" for name, text in told.items())
