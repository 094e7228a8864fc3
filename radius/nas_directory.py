"""Every NAS and plan in memory, kept in step with the database.

The hot path looks a NAS up by source address in a dictionary. The territory changes rarely: it is
read at the start, when `socle apply` notifies, when a plan is met that is not known yet, and every
minute in case a notification was lost. While the database is away, what was read stays valid.

What packets teach of a NAS is held here until it is read back: that it signs (`learn`; sightings
makes it durable, and only a technician goes back on it), and which of its two secrets was right
last. Both replace a frozen `Nas` by another, so the hot path reads one attribute as ever.
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg
import structlog

from radius.central_login import CentralLogin
from radius.house import OPEN_HOUSE, House
from radius.house_reading import read_house
from radius.mac_authentication import mac_authentication
from radius.nas import Nas
from radius.outages import AWAY, Outage
from radius.protocol.authenticators import SharedSecret
from radius.rights import Plan
from territory.errors import ConfigurationError, ProtocolError
from territory.gateway_dialects import dialect_of
from territory.keyring import Keyring
from territory.probes import probe_code, probe_secret
from territory.rules import central_login
from territory.rules.mac_form import MacForm
from territory.vocabulary import COA_PORT, MacPassword, MacUserName, MessageAuthenticatorRule

CHANNEL: Final = "territory"
_MAPPED: Final = "::ffff:"
_RELOAD_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 1.0
_TIMEOUT_SECONDS: Final = 10.0

_NAS: Final = """
select nas.id, nas.site_id, nas.code, host(nas.source_address) as address, nas.tls_name,
    nas.shared_secret_sealed, nas.require_message_authenticator, nas.limit_proxy_state,
    nas.coa_port, gateway.brand, nas.attribute_sets, nas.next_secret_sealed,
    gateway.variant, gateway.code as gateway, gateway.portal_base,
    nas.mac_user_name, nas.mac_password, seen.signed_since, seen.unlearned_at
from territory.nas join territory.gateway on gateway.id = nas.gateway_id
left join live.nas_seen seen on seen.nas_id = nas.id
"""
_PROBE: Final = """
select probe.id, nas.site_id, nas.code, host(probe.source_address) as address, gateway.brand,
    nas.attribute_sets
from territory.probe join territory.nas on nas.id = probe.nas_id
join territory.gateway on gateway.id = nas.gateway_id
"""
_SEALED: Final = ("shared_secret_sealed", "next_secret_sealed")
_PLAN: Final = """
select id, idle_seconds, interim_seconds, upload_bps, download_bps, session_octets,
    mac_authentication, vlan, role, at_end = 'slow' as reauthenticate
from territory.plan
"""
_RADSEC: Final = SharedSecret(b"radsec")
"""Of every NAS inside TLS (RFC 6614 §2.3); its own is between it and its proxy, if it has one."""

log = structlog.get_logger()


class _Secret(NamedTuple):
    """A shared secret, opened."""

    text: str
    keyed: SharedSecret


class NasDirectory:
    """Who may speak to us, and what plans grant."""

    def __init__(self, url: str, keyring: Keyring, portal_url: str = "") -> None:
        """`portal_url`: how phones reach the portal, without a final slash."""
        self._url = url
        self._keyring = keyring
        self._portal_url = portal_url
        self._central_key = keyring.derive(central_login.PURPOSE).hex()
        self._by_address: dict[str, Nas] = {}
        self._by_id: dict[UUID, Nas] = {}
        self._by_tls_name: dict[str, Nas] = {}
        self._secrets: dict[bytes, _Secret] = {}
        self._probe_secrets: dict[UUID, SharedSecret] = {}
        self._learned: dict[UUID, datetime] = {}
        self._stale = asyncio.Event()
        self._outage = Outage("nas_directory")
        self._unreadable = Outage("nas_directory.reading")
        self.plans: Mapping[UUID, Plan] = {}
        self.house: House = OPEN_HOUSE
        """Limits, hours, blocks."""
        self.is_loaded = False
        """Whether it was read once; before, nobody is unknown."""
        self.loaded = asyncio.Event()
        """The same, to wait for."""

    def __len__(self) -> int:
        return len(self._by_id)

    def at(self, address: str) -> Nas | None:
        """Return the NAS whose packets come from `address`, IPv4 in IPv6 or not."""
        known = self._by_address
        return known.get(address) or known.get(address.removeprefix(_MAPPED))

    def by_tls_name(self, name: str) -> Nas | None:
        """Return the NAS with this DNS name, in lower case, in its certificate (RadSec)."""
        return self._by_tls_name.get(name)

    def by_id(self, nas_id: UUID) -> Nas | None:
        """Return a NAS by its id."""
        return self._by_id.get(nas_id)

    def hold(self, known: Iterable[Nas]) -> None:
        """Know these NAS and no others from now on."""
        every = list(known)
        self._by_address = {nas.address: nas for nas in every if nas.tls_name is None}
        self._by_tls_name = {nas.tls_name: nas for nas in every if nas.tls_name is not None}
        self._by_id = {nas.id: nas for nas in every}
        self.is_loaded = True
        self.loaded.set()

    def learn(self, nas: Nas, now: datetime) -> None:
        """Hold that a NAS signs, from its first signed Access-Request on."""
        self._learned[nas.id] = now
        self._replace(nas, nas.having_signed())

    def prefer_other_secret(self, nas: Nas) -> Nas:
        """Try the other secret of a NAS first from now on: it has just been right.

        Returns:
            The NAS as it is known now.
        """
        return self._replace(nas, nas.with_other_secret())

    def uses_next_secret(self, nas_id: UUID) -> bool | None:
        """Return whether a NAS was last right under its next secret; None: no rotation."""
        nas = self._by_id.get(nas_id)
        return None if nas is None or nas.other_secret is None else nas.uses_next_secret

    def codes(self) -> list[str]:
        """Return the code of each NAS that is known."""
        return [nas.code for nas in self._by_id.values()]

    def old_secrets(self) -> dict[str, float]:
        """Return, by code, 1 for each NAS in a rotation that still uses its old secret, else 0."""
        rotating = (nas for nas in self._by_id.values() if nas.other_secret is not None)
        return {nas.code: float(not nas.uses_next_secret) for nas in rotating}

    def by_code(self, levels: Mapping[UUID, float]) -> dict[str, float]:
        """Return levels of NAS by their codes; what is of none that is known is left out."""
        known = self._by_id
        return {known[key].code: level for key, level in levels.items() if key in known}

    def _replace(self, nas: Nas, changed: Nas) -> Nas:
        """Know a NAS otherwise, unless it was read anew meanwhile."""
        if self._by_id.get(nas.id) is nas:
            self._by_id[nas.id] = changed
            by_proof = self._by_address if nas.tls_name is None else self._by_tls_name
            by_proof[nas.tls_name or nas.address] = changed
        return changed

    def reload_soon(self) -> None:
        """Ask for a reload: something was met that is not known."""
        self._stale.set()

    async def run(self) -> None:
        """Stay in step until cancelled; an outage leaves everything as it was.

        So does what this version cannot read, where it is not of one NAS alone.
        """
        while True:
            try:
                await self._follow()
            except AWAY as fault:
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
                await self._read_or_keep(connection)
                self._outage.is_over()
                try:
                    async with asyncio.timeout(_RELOAD_SECONDS):
                        await self._stale.wait()
                except TimeoutError:
                    continue
        finally:
            connection.terminate()

    async def _read_or_keep(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Read the territory; where this version cannot, what was read before stays."""
        try:
            await self._read(connection)
        except (ValueError, ProtocolError) as fault:
            self._unreadable.lasts(fault)
        else:
            self._unreadable.is_over()

    async def _read(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        rows = await connection.fetch(_NAS)
        plans = {row["id"]: Plan(**row) for row in await connection.fetch(_PLAN)}
        house = await read_house(connection)
        probes = await connection.fetch(_PROBE)
        known = [self._probe(row) for row in probes]
        known += [nas for row in rows if (nas := self._nas(row))]
        self.plans, self.house = plans, house
        self.hold(known)
        sealed = {row[name] for row in rows for name in _SEALED}
        self._secrets = {key: kept for key, kept in self._secrets.items() if key in sealed}
        self._probe_secrets = {row["id"]: self._probe_secrets[row["id"]] for row in probes}

    def _nas(self, row: asyncpg.Record) -> Nas | None:
        """Return a NAS, or None for one that cannot be read: it alone is not known."""
        try:
            secret = self._secret(row["shared_secret_sealed"])
            coming = self._coming(row)
        except (ConfigurationError, ValueError):
            log.error("nas_directory.secret_unreadable", nas=row["code"])
            return None
        try:
            return self._made(row, secret, coming)
        except ValueError:  # a word of a newer version
            log.error("nas_directory.nas_unreadable", nas=row["code"])
            return None

    def _made(self, row: asyncpg.Record, secret: _Secret, coming: _Secret | None) -> Nas:
        tls_name = row["tls_name"]
        form = MacForm(MacUserName(row["mac_user_name"]), MacPassword(row["mac_password"]))
        nas = Nas(
            id=row["id"],
            site_id=row["site_id"],
            code=row["code"],
            address=row["address"] or tls_name,
            secret=_RADSEC if tls_name else secret.keyed,
            require_message_authenticator=self._rule(row),
            limit_proxy_state=row["limit_proxy_state"] and not tls_name,
            coa_port=row["coa_port"],
            brand=row["brand"],
            attribute_sets=frozenset(row["attribute_sets"]),
            mac_authentication=mac_authentication(form, secret.text),
            other_secret=coming and coming.keyed,
            other_mac_authentication=coming and mac_authentication(form, coming.text),
            central_login=self._central_login(row),
            tls_name=tls_name,
        )
        before = self._by_id.get(nas.id)
        if before is not None and coming is not None and before.secret is coming.keyed:
            return nas.with_other_secret()
        return nas

    def _probe(self, row: asyncpg.Record) -> Nas:
        """Return a synthetic guest's own NAS: it signs always, and presents no device."""
        secret = self._probe_secrets.get(row["id"])
        if secret is None:
            text = probe_secret(self._keyring, "radius", row["id"])
            secret = self._probe_secrets[row["id"]] = SharedSecret(text.encode())
        return Nas(
            id=row["id"],
            site_id=row["site_id"],
            code=probe_code(row["code"]),
            address=row["address"],
            secret=secret,
            require_message_authenticator=MessageAuthenticatorRule.ALWAYS,
            limit_proxy_state=True,
            coa_port=COA_PORT,
            brand=row["brand"],
            attribute_sets=frozenset(row["attribute_sets"]),
            is_probe=True,
        )

    def _central_login(self, row: asyncpg.Record) -> CentralLogin | None:
        dialect = dialect_of(row["brand"], row["variant"])
        if dialect is None or not dialect.is_central:
            return None
        gateway = row["gateway"]
        page = central_login.portal_page(
            row["portal_base"], self._portal_url, row["brand"], gateway
        )
        return CentralLogin(page, gateway, self._central_key)

    def _rule(self, row: asyncpg.Record) -> MessageAuthenticatorRule:
        """Return whether a NAS must sign: `learn` becomes `always` once it has, here or elsewhere.

        What this process has learnt holds until it is durable; a technician's later word undoes
        it. Inside TLS the proof is the certificate (draft-ietf-radext-deprecating-radius).
        """
        if row["tls_name"]:
            return MessageAuthenticatorRule.WHEN_PRESENT
        rule = MessageAuthenticatorRule(row["require_message_authenticator"])
        if rule is not MessageAuthenticatorRule.LEARN:
            return rule
        here, undone = self._learned.get(row["id"]), row["unlearned_at"]
        still = here is not None and (undone is None or here > undone)
        signs = row["signed_since"] is not None or still
        return MessageAuthenticatorRule.ALWAYS if signs else rule

    def _coming(self, row: asyncpg.Record) -> _Secret | None:
        """Return the secret that a rotation brings in; inside TLS there is nothing to rotate."""
        sealed = row["next_secret_sealed"]
        return None if sealed is None or row["tls_name"] else self._secret(sealed)

    def _secret(self, sealed: bytes) -> _Secret:
        """Return the secret; opened once, because that costs more than a reload of all the rest."""
        known = self._secrets.get(sealed)
        if known is None:
            text = self._keyring.open(sealed)
            known = self._secrets[sealed] = _Secret(text, SharedSecret(text.encode()))
        return known
