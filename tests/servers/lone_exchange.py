"""An exchange without sockets and without a database, for octets that need neither.

Real parts throughout: one NAS on loopback is known, nothing can be recorded, and what would need
facts is discarded as `unavailable`. What is refused or malformed is dealt with as in the server.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg

from radius.counters import Counters
from radius.exchange import Exchange
from radius.exchange_log import ExchangeLog
from radius.nas import Nas
from radius.nas_directory import NasDirectory
from radius.protocol.authenticators import SharedSecret
from radius.requests import NO_ANSWER, Surroundings
from radius.sightings import Sightings
from territory.clock import SystemClock
from territory.keyring import Keyring
from territory.vocabulary import Brand, MessageAuthenticatorRule
from tests.servers.territory import SHARED_SECRET

_NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"
PEER = ("127.0.0.1", 40_000)


def lone_nas(**changes: Any) -> Nas:
    """Return the one NAS that is known."""
    values: dict[str, Any] = {
        "id": UUID(int=1),
        "site_id": UUID(int=2),
        "code": "lone",
        "address": PEER[0],
        "secret": SharedSecret(SHARED_SECRET.encode()),
        "require_message_authenticator": MessageAuthenticatorRule.ALWAYS,
        "limit_proxy_state": True,
        "coa_port": 3799,
        "brand": Brand.COOVACHILLI,
        "attribute_sets": frozenset({"standard"}),
    }
    return Nas(**{**values, **changes})


@dataclass
class LoneExchange:
    """The exchange, what it counted and what it sent; to be made in a running loop."""

    nas: Nas = field(default_factory=lone_nas)
    sent: list[bytes] = field(default_factory=list)
    counters: Counters = field(default_factory=Counters)

    def __post_init__(self) -> None:
        keyring, clock = Keyring(bytes(range(32))), SystemClock()
        self.directory = NasDirectory(_NOWHERE, keyring)
        self.directory.hold([self.nas])
        self.sightings = Sightings(asyncpg.create_pool(_NOWHERE, min_size=0), clock)
        around = Surroundings(
            clock, self.counters, self.sightings, ExchangeLog(bytes(32), enabled=False)
        )
        self._exchange = Exchange(_NOWHERE, keyring, self.directory, around)

    def receive(self, kind: str, datagram: bytes, port: int = PEER[1]) -> str:
        """Take one datagram and return what became of it: a reason to discard, or of the reply.

        Raises:
            AssertionError: it was counted nowhere, or more than once.
        """
        before = self._outcomes()
        self._exchange.receive(kind, datagram, (PEER[0], port), self._send)
        (outcome,) = (self._outcomes() - before).elements()
        return outcome

    def _send(self, octets: bytes, peer: tuple[Any, ...]) -> None:
        if octets != NO_ANSWER:
            self.sent.append(octets)

    def _outcomes(self) -> Counter[str]:
        counted: Counter[str] = Counter()
        for (_, reason), number in (self.counters.discarded + self.counters.answered).items():
            counted[str(reason)] += number
        counted["duplicate"] = sum(self.counters.duplicates.values())
        return counted
