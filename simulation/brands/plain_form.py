"""Boxes whose log-in is a plain form or address: Zyxel Nebula, DrayTek Vigor (shell).

    captured --name and password, Access-Accept--> online --limit, order--> captured

From documents alone. Each tells the address it wants the credential at, and takes it nowhere else;
neither has a page where a guest logs out.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

from simulation.brands.external_page import ExternalPage, bare, colons
from simulation.talk import Answer, Asked


class Nebula(ExternalPage):
    """A Zyxel access point in Nebula: the form is posted to the address it tells."""

    def location(self, source: str, error: str = "") -> str:
        """Return the page's address with the access point, the device and where to post."""
        phone, options = self.table[source], self.table.options
        told = {
            "apmac": colons(options.nasmac),
            "usermac": colons(phone.mac),
            "apip": options.address,
            "userip": phone.address,
            "ssid_name": options.ssid,
            "apurl": f"{self.table.login_address}/agree",
        }
        return f"{options.portal}?{urlencode(told | ({'error': error} if error else {}))}"

    async def log_in(self, source: str, asked: Asked) -> Answer:
        """Take the form."""
        if (asked.method, asked.path) != ("POST", "/agree"):
            return Answer.refusal()
        return await let_in(self, source, asked.form)


class Vigor(ExternalPage):
    """A DrayTek router: the browser follows an address that holds the credential."""

    def location(self, source: str, error: str = "") -> str:
        """Return the page's address with the router, the device and where to go."""
        phone, options = self.table[source], self.table.options
        told = {
            "apmac": bare(options.nasmac),
            "client_mac": bare(phone.mac),
            "loginurl": f"{self.table.login_address}/portal/login",
            "target": phone.user_url,
        }
        return f"{options.portal}?{urlencode(told | ({'error': error} if error else {}))}"

    async def log_in(self, source: str, asked: Asked) -> Answer:
        """Take the address."""
        if (asked.method, asked.path) != ("GET", "/portal/login"):
            return Answer.refusal()
        return await let_in(self, source, asked.query)


async def let_in(box: ExternalPage, source: str, told: Mapping[str, str]) -> Answer:
    """Ask RADIUS about the credential a browser brought."""
    if await box.admits(source, told.get("username", ""), told.get("password", "")):
        return box.wanted(source)
    return box.turned_away(source, "failed")
