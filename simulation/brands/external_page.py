"""A gateway with an external log-in page, whose form comes back to the gateway itself (shell).

    captured --form with a name and a password, Access-Accept--> online --log-out--> captured

What is common to the brands that work so; each adds the words of its redirects and forms.
"""

from abc import abstractmethod

from simulation.brand import Brand
from simulation.credentials import Pap
from simulation.subscriber import TerminateCause
from simulation.talk import Answer


class ExternalPage(Brand):
    """A gateway that sends browsers to a page elsewhere."""

    @abstractmethod
    def location(self, source: str, error: str = "") -> str:
        """Return the page's address with what this brand tells in it.

        `error`: why the guest comes back; empty: a first visit.
        """

    def captured(self, source: str, address: str) -> Answer:
        """Send a browser to the portal."""
        self.table.remember(source, address)
        return self.redirect(source, self.location(source))

    async def admits(self, source: str, user_name: str, password: str) -> bool:
        """Tell whether RADIUS lets the phone in; one that is in already is not asked about."""
        phone = self.table[source]
        if phone.online is not None:
            return True
        reply = await self.table.ask(source, user_name, Pap(password.encode()))
        if reply is not None and reply.accepted:
            return True
        self.table.refuse(source, phone)
        return False

    def turned_away(self, source: str, error: str) -> Answer:
        """Send a browser to the portal again, with the reason."""
        return self.redirect(source, self.location(source, error))

    def wanted(self, source: str) -> Answer:
        """Send a browser that came in to what it first asked for."""
        return Answer.redirect(self.table[source].user_url or self.table.login_address)

    def logged_out(self, source: str) -> Answer:
        """End the phone's session and say so."""
        self.table.end(source, TerminateCause.USER_REQUEST)
        return Answer.page("Logged out")


def colons(mac: str) -> str:
    """Return 8a:56:7e:f9:10:e4."""
    return mac.replace("-", ":").lower()


def bare(mac: str) -> str:
    """Return 8a567ef910e4."""
    return mac.replace("-", "").lower()
