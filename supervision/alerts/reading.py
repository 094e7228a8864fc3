"""Gathers the facts: the fleet from the database, measures from each component's own /metrics.

The shell below `questions`: it decides nothing. A component has a few seconds to answer and may say
so much and no more; our own measures are read where they are, without asking ourselves.
"""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any, Final

import aiohttp
from prometheus_client import CollectorRegistry
from sqlalchemy import Row, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.stack.scraping import as_in_url, processes
from supervision.alerts.facts import Facts, Fleet, Piece, Place
from supervision.alerts.measures import Labels, Measures, labels_of, read_samples, samples_of
from supervision.alerts.questions import WANTED, WINDOWS
from territory.database.connect import transaction
from territory.database.tables import access_point, equipment_state, maintenance, nas, site
from territory.errors import Unavailable
from territory.health.states import State
from territory.settings import Settings

_ANSWER: Final = aiohttp.ClientTimeout(total=5.0)
_LARGEST_EXPOSITION: Final = 32 << 20
"""Octets: some thousand NAS."""
_OURS: Final = "supervision"
_LAST_ROUND: Final = "socle_supervision_last_round_timestamp_seconds"
_START: Final = timedelta(minutes=2)
"""What has not been heard since we began is not silent before that: a base starts all at once."""
_NOT_WELL: Final = (State.DOWN, State.DEGRADED)


@dataclass(frozen=True, slots=True)
class Target:
    """A process whose measures are read."""

    labels: Labels
    url: str


def targets_of(settings: Settings) -> tuple[Target, ...]:
    """Return the other processes of this base, as the settings say that they run here."""
    return tuple(
        Target(
            labels_of(labels),
            f"http://{as_in_url(_reached_at(settings.metrics.host))}:{port}/metrics",
        )
        for labels, port in processes(settings)
        if labels["component"] in settings.alerts.components
    )


class Reader:
    """Reads all that rules ask of, and remembers what their windows need."""

    def __init__(
        self, engine: AsyncEngine, targets: tuple[Target, ...], ours: CollectorRegistry
    ) -> None:
        """`ours`: this process's own measures."""
        self._engine = engine
        self._targets = targets
        self._ours = ours
        self._measures = Measures(WINDOWS)
        self._starting = set(targets)
        self._began_at: datetime | None = None

    async def read(self, now: datetime) -> Facts:
        """Return what is known now; what does not answer is known to be silent."""
        async with aiohttp.ClientSession(timeout=_ANSWER) as http:
            texts = await asyncio.gather(*(_fetch(http, each.url) for each in self._targets))
        silent = {each for each, text in zip(self._targets, texts, strict=True) if text is None}
        for target, text in zip(self._targets, texts, strict=True):
            await self._keep(target, text, now)
        self._began_at = self._began_at or now
        self._starting &= silent if now - self._began_at < _START else set()
        ours = samples_of(self._ours.collect(), WANTED, {"component": _OURS})
        self._measures.take(_OURS, ours, now)
        self._measures.forget(now - max(WINDOWS.values()))
        # What the last process left is old: of the fleet nothing is known before our first round.
        has_looked = any(each.name == _LAST_ROUND and each.value for each in ours)
        fleet = await self._load_fleet(now) if has_looked else None
        starting = _names(self._starting)
        return Facts(now, fleet, self._measures, _names(silent) - starting, starting)

    async def _keep(self, target: Target, text: str | None, now: datetime) -> None:
        """Keep what a process shows; of a large base it is read in a thread."""
        samples = None
        if text is not None:
            samples = await asyncio.to_thread(read_samples, text, WANTED, dict(target.labels))
        self._measures.take(target.url, samples, now)

    async def _load_fleet(self, now: datetime) -> Fleet | None:
        try:
            return await load_fleet(self._engine, now)
        except Unavailable:
            return None


async def load_fleet(engine: AsyncEngine, now: datetime) -> Fleet:
    """Return every site, how its NAS are, which access points are not well, and where work goes on.

    Raises:
        Unavailable: the database does not answer.
    """
    work = select(site.c.code).join(
        maintenance, or_(maintenance.c.site_id.is_(None), maintenance.c.site_id == site.c.id)
    )
    going_on = (maintenance.c.begins_at <= now) & (maintenance.c.ends_at > now)
    async with transaction(engine) as db:
        sites = await db.execute(select(site.c.id, site.c.code, site.c.name))
        places = {row.code: Place(row.id, row.code, row.name) for row in sites}
        pieces = [_piece(row) for query in _PIECES for row in await db.execute(query)]
        at_work = (await db.execute(work.where(going_on))).scalars().all()
    return Fleet(places, tuple(pieces), frozenset(at_work))


def _names(targets: Iterable[Target]) -> frozenset[Labels]:
    return frozenset(each.labels for each in targets)


def _pieces() -> Iterator[Any]:
    for kind, table in (("nas", nas), ("access_point", access_point)):
        query = (
            select(
                equipment_state.c.kind,
                table.c.code,
                site.c.code.label("site"),
                equipment_state.c.state,
                equipment_state.c.reason,
                equipment_state.c.since,
                equipment_state.c.consequence,
            )
            .join(table, table.c.id == equipment_state.c.equipment_id)
            .join(site, site.c.id == table.c.site_id)
            .where(equipment_state.c.kind == kind)
            .order_by(table.c.code)
        )
        yield query if kind == "nas" else query.where(equipment_state.c.state.in_(_NOT_WELL))


_PIECES: Final = tuple(_pieces())


def _piece(row: Row[Any]) -> Piece:
    return Piece(row.kind, row.code, row.site, row.state, row.reason, row.since, row.consequence)


async def _fetch(http: aiohttp.ClientSession, url: str) -> str | None:
    """Return an exposition; None: it does not answer, not well, or too much."""
    try:
        async with http.get(url, allow_redirects=False) as answer:
            body = await _read_capped(answer)
            return body if answer.status == HTTPStatus.OK else None
    except (aiohttp.ClientError, OSError, TimeoutError, UnicodeDecodeError):
        return None


async def _read_capped(answer: aiohttp.ClientResponse) -> str | None:
    found = bytearray()
    async for part in answer.content.iter_chunked(1 << 16):
        found += part
        if len(found) > _LARGEST_EXPOSITION:
            return None
    return found.decode()


def _reached_at(host: str) -> str:
    """Return where a server that listens on `host` is reached from this machine."""
    try:
        listening = ip_address(host)
    except ValueError:
        return host
    if not listening.is_unspecified:
        return host
    return "127.0.0.1" if listening.version == 4 else "::1"
