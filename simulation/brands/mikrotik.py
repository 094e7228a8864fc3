r"""MikroTik's hotspot: serves its own pages, written by an administrator (shell).

    captured --302--> /login: login.html --what it says--> the portal --/login?...--> online

`login.html` is a file on the router (`GatewayConfiguration.pages`); the words in it that RouterOS
replaces are `$(name)` and `$(if name)...$(else)...$(endif)`. It offers HTTP-CHAP, an identifier and
a challenge written as octal escapes (`\371`), unless its log-in is by https.
"""

import re
from collections.abc import Mapping
from urllib.parse import quote

from simulation.brand import Brand
from simulation.brands.mikrotik_radius import MikroTikWords
from simulation.credentials import Chap, Credential, Pap
from simulation.packets import Reply
from simulation.subscriber import Subscriber, TerminateCause
from simulation.talk import Answer, Asked

FALLBACK = """<!doctype html><title>Hotspot</title>
<meta http-equiv="refresh" content="0;url=PORTAL?nasid=$(identity)&amp;mac=$(mac-esc)&amp;\
link-login-only=$(link-login-only)&amp;chap-id=$(chap-id)&amp;chap-challenge=$(chap-challenge)\
$(if error)&amp;failed=1$(endif)">
"""
"""`login.html` of a router that nobody has given one: leads to PORTAL."""
NO_ANSWER = "RADIUS server is not responding"
REJECTED = "invalid username or password"

_IF = re.compile(r"\$\(if ([a-z-]+)\)(.*?)(?:\$\(else\)(.*?))?\$\(endif\)", re.DOTALL)
_NAME = re.compile(r"\$\(([a-z-]+)\)")


class MikroTik(Brand):
    """A hotspot of RouterOS."""

    words = MikroTikWords()

    @property
    def log_off_address(self) -> str:
        """/logout of its own web server."""
        return f"{self.table.login_address}/logout"

    def captured(self, source: str, address: str) -> Answer:
        """Send a browser to the router's own page."""
        self.table.remember(source, address)
        return self.redirect(source, f"{self.table.login_address}/login?dst={quote(address)}")

    async def log_in(self, source: str, asked: Asked) -> Answer:
        """Serve the page, take a log-in by GET or POST, or end the session."""
        told = asked.form if asked.method == "POST" else asked.query
        match asked.path:
            case "/login" if "username" in told:
                return await self._authenticate(source, told)
            case "/login" | "/":
                return self._page(source)
            case "/logout":
                self.table.end(source, TerminateCause.USER_REQUEST)
                return Answer.page("Logged out")
            case "/status":
                return Answer.page("Online" if self.table[source].online else "Offline")
            case _:
                return Answer(404, "Not Found\n", "text/plain")

    async def _authenticate(self, source: str, told: Mapping[str, str]) -> Answer:
        phone = self.table[source]
        if phone.online is None:
            shown = self._credential(phone, told.get("password", ""))
            reply = await self.table.ask(source, told["username"], shown)
            if reply is None or not reply.accepted:
                self.table.refuse(source, phone)
                return self._page(source, _error(reply))
        return Answer.page("Logged in", refresh=told.get("dst") or phone.user_url)

    def _credential(self, phone: Subscriber, password: str) -> Credential:
        """What goes to RADIUS: the answer to the challenge where one was offered."""
        if self._offers_chap and re.fullmatch(r"[0-9a-f]{32}", password):
            return Chap(phone.challenge[0], bytes.fromhex(password), phone.challenge)
        return Pap(password.encode())

    @property
    def _offers_chap(self) -> bool:
        return self.table.options.certificate is None

    def _page(self, source: str, error: str = "") -> Answer:
        options, phone = self.table.options, self.table.with_challenge(source)
        told = {
            "mac": phone.mac.replace("-", ":"),
            "mac-esc": quote(phone.mac.replace("-", ":"), safe=""),
            "ip": phone.address,
            "identity": options.nasid,
            "link-login-only": f"{self.table.login_address}/login",
            "link-orig": phone.user_url,
            "link-orig-esc": quote(phone.user_url, safe=""),
            "chap-id": _octal(phone.challenge[:1]) if self._offers_chap else "",
            "chap-challenge": _octal(phone.challenge) if self._offers_chap else "",
            "error": error,
        }
        page = options.pages.get("login.html") or FALLBACK.replace("PORTAL", options.portal)
        return Answer(text=filled(page, told))


def filled(page: str, told: Mapping[str, str]) -> str:
    """Return a page as the router serves it: conditions first, then names; an unknown one is
    nothing."""
    chosen = _IF.sub(lambda found: (found[2] if told.get(found[1]) else found[3]) or "", page)
    return _NAME.sub(lambda found: told.get(found[1], ""), chosen)


def _octal(octets: bytes) -> str:
    return "".join(f"\\{octet:03o}" for octet in octets)


def _error(reply: Reply | None) -> str:
    if reply is None:
        return NO_ANSWER
    return reply.rights.reply_message or REJECTED
