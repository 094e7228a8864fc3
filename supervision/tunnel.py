"""The hub: every few seconds, the tunnels as described are made so, and what they tell is kept.

    territory.tunnel_peer -> configuration -> wg syncconf    (only where something changed)
    wg show dump -> last handshakes, where each site calls from -> live.tunnel_seen, by interval

A change, a new key for instance, is in force within one round, and no other tunnel feels it. Where
it fails: the database away, the tunnels stay as they are; no right to make an interface, or none
to be had, is said at /healthz, in /metrics, and once in the log; a site whose key another master
key sealed has no tunnel, which the log says, and the others keep theirs. A site that moves to
another public address is followed by WireGuard itself; here it is only told.
"""

import asyncio
from datetime import datetime
from ipaddress import IPv4Address, IPv4Interface
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from supervision.metrics import Metrics
from supervision.tunnel_interface import TunnelInterface
from supervision.tunnel_records import Sighting, Tunnel, load_tunnels, record_sightings
from territory.clock import Clock
from territory.errors import ConfigurationError, Fault, ProtocolError, Unavailable
from territory.health.states import State
from territory.keyring import Keyring
from territory.settings.radius import TunnelSettings
from territory.wireguard.hub import SILENT, Heard, configuration, parse_dump
from territory.wireguard.keys import parse_key, public_of

ROUND_SECONDS: Final = 3.0

log = structlog.get_logger()


class Hub:
    """This machine's end of every tunnel."""

    def __init__(
        self,
        engine: AsyncEngine,
        keyring: Keyring,
        clock: Clock,
        settings: TunnelSettings,
        metrics: Metrics,
    ) -> None:
        """Read the private key; `engine` is supervision's own.

        Raises:
            ConfigurationError: no private key is where the settings say, or another than theirs.
        """
        self._engine, self._keyring, self._clock = engine, keyring, clock
        self._settings, self._metrics = settings, metrics
        self._private_key = read_private_key(settings)
        length = settings.network.prefixlen
        address = IPv4Interface(f"{settings.base_address}/{length}")
        self._interface = TunnelInterface(settings.interface, address)
        self._applied: str | None = None
        self._failing: Unavailable | None = None
        self._noted: dict[UUID, Sighting] = {}
        self._links: dict[UUID, State] = {}
        self._unreadable: frozenset[UUID] = frozenset()

    async def run(self) -> None:
        """Keep the tunnels until cancelled; they stand on without us."""
        while True:
            await self.once()
            await asyncio.sleep(ROUND_SECONDS)

    async def once(self) -> None:
        """One round; what fails is told, and tried again in the next."""
        try:
            await self._round()
        except Unavailable as fault:
            self._applied = None
            self._tell(fault)
        else:
            self._tell(None)

    async def check(self) -> None:
        """Return if the last round was carried out.

        Raises:
            Unavailable: why it was not.
        """
        if self._failing is not None:
            raise self._failing

    def link(self, site_id: UUID) -> State | None:
        """How a site's tunnel is: UP or DOWN; None where it never stood, or we cannot tell."""
        return None if self._failing else self._links.get(site_id)

    async def _round(self) -> None:
        network = self._settings.network
        tunnels, unreadable = await load_tunnels(self._engine, self._keyring, network)
        self._tell_unreadable(unreadable)
        if self._applied is None:
            await self._interface.ensure()
        heard = await self._read()
        peers = [each.peer for each in tunnels]
        wanted = configuration(self._private_key, self._settings.listen_port, peers, heard)
        if wanted != self._applied:
            await self._interface.configure(wanted)
            self._applied = wanted
            log.info("tunnels_configured", sites=len(tunnels))
        await self._keep(tunnels, heard, len(unreadable))

    async def _read(self) -> dict[str, Heard]:
        try:
            return parse_dump(await self._interface.dump())
        except ProtocolError as fault:
            raise Unavailable(f"wg show: {fault}") from fault

    async def _keep(
        self, tunnels: tuple[Tunnel, ...], heard: dict[str, Heard], unreadable: int
    ) -> None:
        now = self._clock.now()
        seen = {each.site_id: sighting(each, heard, now) for each in tunnels}
        news = [each for site_id, each in seen.items() if self._noted.get(site_id) != each]
        if news:
            for _ in await record_sightings(self._engine, news, now):
                log.info("site_public_address_changed", by="tunnel")
        self._noted = seen
        self._links = {
            each.site_id: State.UP if _is_up(each, heard, now) else State.DOWN
            for each in tunnels
            if seen[each.site_id].handshake_at or seen[each.site_id].next_handshake_at
        }
        up = sum(_is_up(each, heard, now) for each in tunnels)
        self._metrics.show_tunnels(up=up, down=len(tunnels) - up + unreadable)

    def _tell_unreadable(self, sites: frozenset[UUID]) -> None:
        """Say once which tunnels cannot be, for want of the master key that sealed theirs."""
        for site_id in sorted(sites - self._unreadable):
            log.warning("tunnel_key_unreadable", site_id=str(site_id))
        self._unreadable = sites

    def _tell(self, fault: Unavailable | None) -> None:
        """Say a failure once when it begins, and once when it ends."""
        self._metrics.show_failure("tunnel", fault is not None)
        if fault is not None and self._failing is None:
            log.warning("tunnels_hindered", cause=str(fault))
        elif fault is None and self._failing is not None:
            log.info("tunnels_no_longer_hindered")
        self._failing = fault


def sighting(tunnel: Tunnel, heard: dict[str, Heard], now: datetime) -> Sighting:
    """Return what one tunnel tells: its handshakes, and where it calls from while it lives."""
    peer = tunnel.peer
    present = heard.get(peer.key.public, SILENT)
    coming = heard.get(peer.next_key.public, SILENT) if peer.next_key else SILENT
    alive = [each for each in (present, coming) if each.is_alive(now) and each.handshake_at]
    latest = max(alive, key=lambda each: each.handshake_at or now, default=SILENT)
    return Sighting(
        tunnel.site_id,
        present.handshake_at,
        coming.handshake_at,
        _shared(latest),
    )


def _shared(heard: Heard) -> IPv4Address | None:
    """Return the address a site shares towards the Internet, as far as one was heard."""
    address = heard.endpoint
    return address if isinstance(address, IPv4Address) and address.is_global else None


def _is_up(tunnel: Tunnel, heard: dict[str, Heard], now: datetime) -> bool:
    keys = filter(None, (tunnel.peer.key, tunnel.peer.next_key))
    return any(heard.get(key.public, SILENT).is_alive(now) for key in keys)


def read_private_key(settings: TunnelSettings) -> str:
    """Return the hub's private key.

    Raises:
        ConfigurationError: there is none in that file, or the public key that sites are given is
            another's.
    """
    file = settings.private_key_file
    try:
        private = parse_key(file.read_text() if file else "")
    except (OSError, ValueError) as fault:
        expected = f"expected a file with a WireGuard key, as `socle link prepare` makes: {fault}"
        raise ConfigurationError([Fault("tunnel.private_key_file", expected)]) from fault
    if settings.public_key not in (None, public_of(private)):
        expected = f"expected {public_of(private)}, that of {file}: no site could connect"
        raise ConfigurationError([Fault("tunnel.public_key", expected)])
    return private
