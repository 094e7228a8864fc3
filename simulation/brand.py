"""What a brand of gateway does in its own way: the port that `brands/` fills (shell).

    a phone browses         -> captured(source, address)  -> Answer: a redirect, or a page
    a browser at its log-in -> log_in(source, asked)      -> Answer; RADIUS is asked, or nobody
    open, close             -> what it runs beside: a controller, a loop that polls the portal
    ended                   -> a session is over, for whatever reason

All else is the same for every brand: phones, limits, accounting, orders (`phone_table.py`).
"""

from abc import ABC, abstractmethod

from simulation.phone_table import PhoneTable
from simulation.radius_words import RadiusWords
from simulation.subscriber import Subscriber, TerminateCause
from simulation.talk import Answer, Asked


class Brand(ABC):
    """One dialect of one brand, at work in one gateway."""

    words: RadiusWords = RadiusWords()
    """How it speaks RADIUS."""
    by_tls: bool = False
    """Whether log-ins are taken by TLS alone."""

    def __init__(self, table: PhoneTable) -> None:
        self.table = table
        table.on_end = self.ended

    @property
    def log_off_address(self) -> str:
        """Where a guest logs off by following a link; empty: nowhere."""
        return ""

    async def open(self) -> None:  # noqa: B027 - most brands run nothing beside
        """Start what runs beside the listeners, which are open.

        Raises: OSError when an address or a port is taken.
        """

    async def close(self) -> None:  # noqa: B027 - the same
        """End what `open` started; harmless where nothing runs."""

    @abstractmethod
    def captured(self, source: str, address: str) -> Answer:
        """Return what a browser gets that is not let through yet and asked for `address`."""

    @abstractmethod
    async def log_in(self, source: str, asked: Asked) -> Answer:
        """Return what a browser gets at the gateway's own address."""

    def ended(self, phone: Subscriber, cause: TerminateCause) -> None:  # noqa: B027 - the same
        """Take note of a session's end; `phone` is as it was before."""

    def redirect(self, source: str, location: str) -> Answer:
        """Send a browser to the portal, and tell the listener."""
        self.table.tell("redirect", f"{self.table[source].mac} is sent to the portal")
        return Answer.redirect(location)
