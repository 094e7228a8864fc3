"""CoovaChilli: captures phones, and takes log-ins by GET at its UAM port (shell).

    captured --/logon, Access-Accept--> online --/logoff, limit, order--> captured

What is known of the real one, and what this one leaves out, is in the package's README.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from simulation import subscriber as states
from simulation.brand import Brand
from simulation.brands import coovachilli_redirects as redirects
from simulation.brands import uam
from simulation.brands.coovachilli_radius import CoovaChilliWords
from simulation.brands.coovachilli_redirects import NOTHING_MORE, Circumstances
from simulation.packets import MAX_TEXT_OCTETS, Reply
from simulation.radius_words import RadiusWords
from simulation.subscriber import Subscriber, TerminateCause
from simulation.talk import Answer, Asked

LOG_IN_LIFE = timedelta(seconds=1200)
"""challengetimeout2: within which a /logon has to come."""


class CoovaChilli(Brand):
    """CoovaChilli 1.7."""

    words: RadiusWords = CoovaChilliWords()

    @property
    def log_off_address(self) -> str:
        """/logoff at the UAM port."""
        return f"{self.table.login_address}/logoff"

    def captured(self, source: str, address: str) -> Answer:
        """Send a browser to the portal, with a challenge."""
        self.table.remember(source, address)
        return Answer.redirect(self._redirect(self.table.with_challenge(source), "notyet"))

    async def log_in(self, source: str, asked: Asked) -> Answer:
        """Return a redirect, or a plain refusal of what the gateway does not know."""
        location = await self._location(source, asked.path.strip("/"), asked.query)
        return Answer.refusal() if location is None else Answer.redirect(location)

    async def _location(self, source: str, path: str, query: Mapping[str, str]) -> str | None:
        user_url = query.get("userurl")
        match path:
            case "logon" | "login":
                return await self._log_on(source, query)
            case "logoff" | "logout":
                return self._log_off(source, user_url)
            case "status":
                return self._status(source)
            case "abort":
                return self._abort(source)
            case "macreauth" | "prelogin" | "":
                if path == "macreauth":
                    await self.table.authenticate_mac(source)
                return self._prelogin(source, user_url)
            case _:
                return None

    def _prelogin(self, source: str, user_url: str | None = None) -> str:
        """Return the portal's address with a challenge that is still good, or "already"."""
        if self.table.remember(source, user_url).online:
            return self._redirect(self.table[source], "already")
        return self._redirect(self.table.with_challenge(source), "notyet")

    def _status(self, source: str) -> str:
        """Return the portal's address with the times of the session."""
        phone = self.table.with_challenge(source)
        more = redirects.status_circumstances(phone, self.table.clock.now())
        return self._redirect(phone, "already" if phone.online else "notyet", more)

    def _abort(self, source: str) -> str:
        """Return the portal's address after a log-in was given up; an online phone stays so."""
        phone = self.table[source]
        if phone.online:
            return self._redirect(phone, "already")
        self.table.drop_challenge(source)
        return self._redirect(phone, "logoff")

    def _log_off(self, source: str, user_url: str | None = None) -> str:
        """End the phone's session; return the portal's address with a new challenge."""
        before = self.table.remember(source, user_url)
        self.table.end(source, TerminateCause.USER_REQUEST)
        if not before.online:
            self.table.renew_challenge(source)
        after = replace(self.table[source], session_id=before.session_id)
        return self._redirect(after, "logoff")

    async def _log_on(self, source: str, query: Mapping[str, str]) -> str | None:
        """Ask the RADIUS server; return where the browser goes, None when the query is
        unusable."""
        phone = self.table.remember(source, query.get("userurl"))
        if phone.online:
            return self._redirect(phone, "already")
        if states.challenge_expired(phone, LOG_IN_LIFE, self.table.clock.now()):
            late = replace(self.table.renew_challenge(source), user_url="")
            return self._redirect(late, "failed", Circumstances(reason="other"))
        mixed = uam.mixed_challenge(phone.challenge, self.table.options.portal_secret)
        credential = uam.read_credential(query, mixed)
        user_name = query.get("username", "")
        if credential is None or not 0 < len(user_name.encode()) <= MAX_TEXT_OCTETS:
            return None
        reply = await self.table.ask(source, user_name, credential)
        return self._conclude(source, phone, user_name, reply)

    def _conclude(self, source: str, asked: Subscriber, user_name: str, reply: Reply | None) -> str:
        if reply is not None and reply.accepted:
            rights = reply.rights
            more = Circumstances("", user_name, rights.session_seconds, rights.reply_message)
            return rights.redirection_url or self._redirect(asked, "success", more)
        after = self.table.refuse(source, asked)
        if after.online:
            return self._redirect(after, "already")
        reason = "timeout" if reply is None else "reject"
        more = Circumstances(reason, reply=reply.rights.reply_message if reply else "")
        return self._redirect(replace(after, session_id=asked.session_id), "failed", more)

    def _redirect(self, phone: Subscriber, res: str, more: Circumstances = NOTHING_MORE) -> str:
        options, port = self.table.options, self.table.login_port
        described = tuple(redirects.parameters(options, port, phone, res, more))
        self.table.tell("redirect", f"{phone.mac} is sent to the portal: {res}", described)
        return redirects.location(options, port, phone, res, more)
