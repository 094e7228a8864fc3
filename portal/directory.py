"""Keeps the territory in memory, and current: read at start, when it changes, and every minute.

`socle apply` notifies the channel `territory`; the minute is for a notification that was lost.
While the database is away the last reading stands, so the pages still say where one is.
"""

import asyncio
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from uuid import UUID

import asyncpg
import structlog

from portal.gateways.authmon import gateway_hash
from portal.gateways.brands import ADAPTERS
from portal.gateways.vocabulary import Registration
from portal.places import NOWHERE, Gate, Place, Territory, publisher_of
from portal.probes import probe_gate
from portal.records import (
    AWAY,
    Pool,
    Row,
    load_blocked_devices,
    load_gateways,
    load_networks,
    load_organisations,
    load_periods,
    load_places,
    load_probes,
)
from territory.communes.national_list import national_list
from territory.controllers.record import ControllerRecord
from territory.errors import ConfigurationError, Unavailable
from territory.gateway_dialects import Return, dialect_of
from territory.keyring import Keyring
from territory.law.durations import Law, load_law
from territory.probes import probe_secret
from territory.rules import central_login

CHANNEL = "territory"
REFRESH_SECONDS = 60.0
AWAY_SECONDS = 2.0
"""Pause before the database is tried again."""

_log = structlog.get_logger()


class Directory:
    """The territory as it was last read."""

    def __init__(
        self, pool: Pool, keyring: Keyring, public_url: str, law_file: Path | None = None
    ) -> None:
        self._pool = pool
        self._keyring = keyring
        self._public_url = public_url
        self._changed = asyncio.Event()
        self._is_away = False
        self._law_files = (law_file,) if law_file else ()
        self._filed: Law = load_law()
        self.current: Territory = NOWHERE
        self.law: Law = load_law()
        """The durations in force, with the territory's own decisions; read again like the rest."""

    async def refresh(self) -> None:
        """Read everything again.

        Raises:
            Unavailable: the database is away; the last reading then stands.
        """
        communes = await asyncio.to_thread(national_list)

        def commune_name(code: str) -> str:
            commune = communes.find(code) or communes.successor(code)
            return commune.name if commune else ""

        organisations = await load_organisations(self._pool)
        places = await load_places(self._pool, organisations, commune_name)
        networks = await load_networks(self._pool)
        rows = await load_gateways(self._pool)
        every = chain(
            self._probes(await load_probes(self._pool), places),
            self._gates(rows, places, networks),
        )
        gates = {gate.code: gate for gate in every}
        periods = await load_periods(self._pool)
        self._filed = await asyncio.to_thread(self._read_law)
        self.law = self._filed.with_periods(periods)
        self.current = Territory(
            gates=gates,
            names=_names(rows) | {code: code for code, gate in gates.items() if gate.is_probe},
            radios=_radios(rows),
            hashes=_hashes(gates.values()),
            places=tuple(places.values()),
            publisher=publisher_of(list(organisations.values())),
            blocked=await load_blocked_devices(self._pool),
        )

    def _read_law(self) -> Law:
        """The law as filed now; a file with a fault in it changes nothing, and is logged."""
        try:
            return load_law(*self._law_files)
        except ConfigurationError as fault:
            _log.error("directory.law", faults=[str(one) for one in fault.faults])
            return self._filed

    async def follow(self) -> None:
        """Keep `current` current until cancelled; an outage is logged once, and its end."""
        while True:
            try:
                async with self._pool.acquire(timeout=AWAY_SECONDS) as connection:
                    await self._follow_on(connection)
            except (*AWAY, Unavailable) as fault:
                if not self._is_away:
                    _log.warning("directory.away", cause=type(fault).__name__)
                self._is_away = True
                await asyncio.sleep(AWAY_SECONDS)

    async def _follow_on(self, connection: "asyncpg.pool.PoolConnectionProxy[Row]") -> None:
        """Refresh at each notification and each minute, as long as the connection lives."""
        await connection.add_listener(CHANNEL, self._notified)
        try:
            while not connection.is_closed():
                self._changed.clear()
                await self.refresh()
                if self._is_away:
                    _log.info("directory.back")
                self._is_away = False
                await self._wait()
        finally:
            if not connection.is_closed():
                await connection.remove_listener(CHANNEL, self._notified)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(REFRESH_SECONDS):
                await self._changed.wait()
        except TimeoutError:
            return

    def _notified(self, *_notification: object) -> None:
        self._changed.set()

    def _gates(
        self,
        rows: Iterable[Row],
        places: dict[UUID, Place],
        networks: dict[UUID, dict[str, UUID]],
    ) -> Iterable[Gate]:
        for row in rows:
            place = places.get(row["site_id"])
            registration = self._registration(row)
            dialect = dialect_of(row["brand"], row["variant"])
            if place and registration and dialect and (dialect.brand, dialect.variant) in ADAPTERS:
                yield Gate(
                    row["code"],
                    registration,
                    place,
                    dialect,
                    networks.get(row["site_id"], {}),
                    self._controller(row),
                    row["id"],
                    frozenset(row["seen_from"]),
                )

    def _probes(self, rows: Iterable[Row], places: dict[UUID, Place]) -> Iterable[Gate]:
        for row in rows:
            place, base = places.get(row["site_id"]), default_base(self._public_url, row["brand"])
            secret = probe_secret(self._keyring, "portal", row["id"])
            if place and (gate := probe_gate(dict(row), place, secret, base)):
                yield gate

    def _registration(self, row: Row) -> Registration | None:
        """The gateway's own record, opened; a secret that does not open shuts that gateway only."""
        sealed = row["portal_secret_sealed"]
        dialect = dialect_of(row["brand"], row["variant"])
        try:
            secret = self._keyring.open(sealed) if sealed else None
        except ConfigurationError:
            _log.error("directory.secret", gateway=row["code"])
            return None
        if dialect is not None and dialect.is_central:
            secret = self._keyring.derive(central_login.PURPOSE).hex()
        base = row["portal_base"] or default_base(self._public_url, row["brand"])
        return Registration(
            row["login_address"],
            base,
            secret,
            row["code"],
            row["variant"],
            frozenset(row["access_point_addresses"]),
            frozenset(row["access_points"]),
        )

    def _controller(self, row: Row) -> ControllerRecord | None:
        """The gateway's controller; one whose password does not open lets nobody in."""
        if not row["controller_url"]:
            return None
        try:
            password = self._keyring.open(row["controller_password_sealed"])
        except ConfigurationError:
            _log.error("directory.controller", gateway=row["code"])
            return None
        return ControllerRecord(
            row["controller_url"],
            row["controller_site"],
            row["controller_user"],
            password,
            row["controller_certificate"],
        )


def default_base(public_url: str, brand: str) -> str:
    """Return the portal address of a brand's gateways; uspot's ends in a slash."""
    return f"{public_url}/gateway/{brand}" + ("/" if brand == "uspot" else "")


def _hashes(gates: Iterable[Gate]) -> dict[str, str]:
    return {gateway_hash(g.code): g.code for g in gates if g.dialect.returns is Return.POLL}


def _names(rows: Sequence[Row]) -> dict[str, str]:
    """Code by name: a gateway's own code first, then its NAS's identifiers."""
    names: dict[str, str] = {}
    for row in rows:
        for name in row["identifiers"]:
            names.setdefault(name, row["code"])
    return names | {row["code"]: row["code"] for row in rows}


def _radios(rows: Sequence[Row]) -> dict[str, tuple[str, ...]]:
    """Codes of a site's gateways by the MAC address of each of its access points."""
    radios: dict[str, tuple[str, ...]] = {}
    for row in rows:
        for mac in row["access_points"]:
            radios[mac] = (*radios.get(mac, ()), row["code"])
    return radios
