"""Every NAS and plan in memory, kept in step with the database.

The hot path looks a NAS up by source address in a dictionary. The territory changes rarely: it is
read at the start, when `socle apply` notifies, when a plan is met that is not known yet, and every
minute in case a notification was lost. While the database is away, what was read stays valid.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

import asyncpg
import structlog

from radius.nas import Nas
from radius.outages import Outage
from radius.protocol.authenticators import SharedSecret
from radius.rights import Plan
from territory.errors import ConfigurationError
from territory.keyring import Keyring
from territory.vocabulary import MessageAuthenticatorRule

CHANNEL: Final = "territory"
_MAPPED: Final = "::ffff:"
_RELOAD_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 1.0
_TIMEOUT_SECONDS: Final = 10.0

_NAS: Final = """
select nas.id, nas.site_id, nas.code, host(nas.source_address) as address,
    nas.shared_secret_sealed, nas.require_message_authenticator, nas.limit_proxy_state,
    nas.coa_port, gateway.brand, nas.attribute_sets
from territory.nas join territory.gateway on gateway.id = nas.gateway_id
"""
_PLAN: Final = """
select id, idle_seconds, interim_seconds, upload_bps, download_bps, session_octets,
    mac_authentication
from territory.plan
"""

log = structlog.get_logger()


class NasDirectory:
    """Who may speak to us, and what plans grant."""

    def __init__(self, url: str, keyring: Keyring) -> None:
        self._url = url
        self._keyring = keyring
        self._by_address: dict[str, Nas] = {}
        self._by_id: dict[UUID, Nas] = {}
        self._secrets: dict[bytes, SharedSecret] = {}
        self._stale = asyncio.Event()
        self._outage = Outage("nas_directory")
        self.plans: Mapping[UUID, Plan] = {}
        self.is_loaded = False
        """Whether it was read once; before, nobody is unknown."""

    def __len__(self) -> int:
        return len(self._by_address)

    def at(self, address: str) -> Nas | None:
        """Return the NAS whose packets come from `address`, IPv4 in IPv6 or not."""
        known = self._by_address
        return known.get(address) or known.get(address.removeprefix(_MAPPED))

    def by_id(self, nas_id: UUID) -> Nas | None:
        """Return a NAS by its id."""
        return self._by_id.get(nas_id)

    def hold(self, known: Iterable[Nas]) -> None:
        """Know these NAS and no others from now on."""
        every = list(known)
        self._by_address = {nas.address: nas for nas in every}
        self._by_id = {nas.id: nas for nas in every}
        self.is_loaded = True

    def reload_soon(self) -> None:
        """Ask for a reload: something was met that is not known."""
        self._stale.set()

    async def run(self) -> None:
        """Stay in step until cancelled; an outage leaves everything as it was."""
        while True:
            try:
                await self._follow()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as fault:
                self._outage.lasts(fault)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _follow(self) -> None:
        connection = await asyncpg.connect(
            self._url, timeout=_TIMEOUT_SECONDS, command_timeout=_TIMEOUT_SECONDS
        )
        connection.add_termination_listener(lambda _: self._stale.set())
        try:
            await connection.add_listener(CHANNEL, lambda *_: self._stale.set())
            while True:
                self._stale.clear()
                await self._read(connection)
                self._outage.is_over()
                try:
                    async with asyncio.timeout(_RELOAD_SECONDS):
                        await self._stale.wait()
                except TimeoutError:
                    continue
        finally:
            connection.terminate()

    async def _read(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        rows = await connection.fetch(_NAS)
        self.plans = {row["id"]: Plan(**row) for row in await connection.fetch(_PLAN)}
        self.hold(nas for row in rows if (nas := self._nas(row)))
        self._secrets = {
            sealed: self._secrets[sealed]
            for row in rows
            if (sealed := row["shared_secret_sealed"]) in self._secrets
        }

    def _nas(self, row: asyncpg.Record) -> Nas | None:
        try:
            secret = self._secret(row["shared_secret_sealed"])
        except (ConfigurationError, ValueError):
            log.error("nas_directory.secret_unreadable", nas=row["code"])
            return None
        return Nas(
            id=row["id"],
            site_id=row["site_id"],
            code=row["code"],
            address=row["address"],
            secret=secret,
            require_message_authenticator=MessageAuthenticatorRule(
                row["require_message_authenticator"]
            ),
            limit_proxy_state=row["limit_proxy_state"],
            coa_port=row["coa_port"],
            brand=row["brand"],
            attribute_sets=frozenset(row["attribute_sets"]),
        )

    def _secret(self, sealed: bytes) -> SharedSecret:
        """Return the secret; opened once, because that costs more than a reload of all the rest."""
        known = self._secrets.get(sealed)
        if known is None:
            known = self._secrets[sealed] = SharedSecret(self._keyring.open(sealed).encode())
        return known
