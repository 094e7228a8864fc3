"""A Cisco controller: local web authentication, or central (shell).

    local     captured --POST /login.html, Access-Accept--> online --Disconnect, limit--> captured
    central   MAB, Access-Accept --url-redirect--> held --CoA, MAB, Access-Accept--> online

Locally, the redirect has the names and the order of Cisco's document on web authentication, and a
`statusCode` after a failure. Centrally, each phone is presented by its MAC address as soon as it is
there, and again whenever a CoA-Request asks for that; the page that RADIUS names gets `&redirect=`
after it, whether it has a query or not. From documents: no real controller has been heard.
"""

from typing import Any

from simulation.brand import Brand
from simulation.brands.external_page import ExternalPage, bare, colons
from simulation.packets import Nas, Order
from simulation.radius_words import RadiusWords
from simulation.subscriber import Rights, Subscriber, TerminateCause
from simulation.talk import Answer, Asked

ALREADY = "1"
FAILED = "5"
SUBMITTED = "4"
"""`buttonClicked` of a form that is to be looked at."""
REAUTHENTICATE = "subscriber:command=reauthenticate"
_SESSION = "audit-session-id="
_PAGE = "url-redirect="
_ACL = "url-redirect-acl="


class CiscoWords(RadiusWords):
    """A controller's attributes; an order must name the phone."""

    vendors = ("cisco",)

    def close_access(self, packet: Any, nas: Nas, phone: Subscriber) -> None:
        """Say the session's own name, how the guest comes in, and the network."""
        method = "mab" if packet["User-Name"][0] == bare(phone.mac) else "webauth"
        packet["Cisco-AVPair"] = [
            f"{_SESSION}{audit_session(phone)}",
            f"method={method}",
            f"cisco-wlan-ssid={nas.ssid}",
        ]

    def called(self, nas: Nas) -> str:
        """Return the access point and the network."""
        return f"{nas.mac}:{nas.ssid}"

    def mac_user_name(self, phone: Subscriber) -> str:
        """Return twelve lower-case digits."""
        return bare(phone.mac)

    def service_type(self, phone: Subscriber, user_name: str) -> str:
        """A phone is presented with Call-Check, a person comes with Outbound."""
        return "Call-Check" if user_name == bare(phone.mac) else "Outbound"

    def names_session(self, order: Order) -> bool:
        """Without Calling-Station-Id nothing is found."""
        return bool(order.station)

    def concerns(self, order: Order, phone: Subscriber) -> bool:
        """The phone, online or held, and the very session where the order names one."""
        named = [pair for pair in _pairs(order.packet) if pair.startswith(_SESSION)]
        same = not named or named == [f"{_SESSION}{audit_session(phone)}"]
        return same and bare(order.station.replace(":", "-")) == bare(phone.mac)


class CentralWords(CiscoWords):
    """The same, where RADIUS sends phones to the portal."""

    presents_phones = True

    def rights(self, packet: Any, present: Rights) -> Rights:
        """A redirect counts only with the name of its ACL."""
        found, pairs = super().rights(packet, present), _pairs(packet)
        pages = [pair.removeprefix(_PAGE) for pair in pairs if pair.startswith(_PAGE)]
        has_acl = any(pair.startswith(_ACL) for pair in pairs)
        page = pages[0] if pages and has_acl else ""
        return Rights(redirection_url=page) if page else found

    def page_of(self, rights: Rights) -> str:
        """Return the page of a redirect."""
        return rights.redirection_url

    def asks_again(self, order: Order) -> bool:
        """`subscriber:command=reauthenticate`."""
        return not order.disconnect and REAUTHENTICATE in _pairs(order.packet)


class Controller(ExternalPage):
    """Local web authentication with an external page."""

    words = CiscoWords()

    async def log_in(self, source: str, asked: Asked) -> Answer:
        """Take the form."""
        if asked.path != "/login.html":
            return Answer.refusal()
        if asked.method != "POST":
            return self.captured(source, "")
        form = asked.form
        if form.get("buttonClicked") != SUBMITTED or form.get("err_flag") != "0":
            return Answer.refusal()
        if self.table[source].online is not None:
            return self.turned_away(source, ALREADY)
        if not await self.admits(source, form.get("username", ""), form.get("password", "")):
            return self.turned_away(source, FAILED)
        return Answer.page("Login Successful", refresh=form.get("redirect_url", ""))

    def location(self, source: str, error: str = "") -> str:
        """Return the page's address and what a controller tells; it escapes nothing."""
        phone, options = self.table[source], self.table.options
        return (
            f"{options.portal}?switch_url={self.table.login_address}/login.html"
            f"{f'&statusCode={error}' if error else ''}&ap_mac={colons(options.nasmac)}"
            f"&client_mac={colons(phone.mac)}&wlan={options.ssid}"
            f"&redirect={phone.user_url.removeprefix('http://')}"
        )


class CentralController(Brand):
    """Central web authentication: RADIUS names the page."""

    words = CentralWords()

    def captured(self, source: str, address: str) -> Answer:
        """Send a browser to the page that RADIUS has named for its phone."""
        page = self.table.remember(source, address).page
        if not page:
            return Answer(403, "No page is named for this phone.\n", "text/plain")
        return self.redirect(source, f"{page}&redirect={address}")

    async def log_in(self, source: str, asked: Asked) -> Answer:
        """Catch what is asked of the virtual address like anything else."""
        address = f"{self.table.login_address}{asked.path}"
        if self.table[source].online is not None:
            return Answer.page("Logged in")
        return self.captured(source, address)

    def ended(self, phone: Subscriber, cause: TerminateCause) -> None:
        """A phone that is cut off comes back at once, and is presented anew."""
        source = self.table.source_of(phone.mac)
        if source is not None and cause is not TerminateCause.NAS_REBOOT:
            self.table.present(source)


def audit_session(phone: Subscriber) -> str:
    """Return 24 hexadecimal digits, another number for another session."""
    return f"{int(phone.session_id, 16):024X}"[-24:]


def _pairs(packet: Any) -> list[str]:
    return [str(pair) for pair in packet.get("Cisco-AVPair", ())]
