"""Rounds over the fleet: loaded, each piece looked at in its own moment, findings written.

    backlog written -> fleet, places loaded -> looks, spread over the interval -> findings
                                                    every second: written, common outage?

What has just fallen silent is looked at once more, soon, so that an outage is known well within two
intervals; not where many did together.

While the database is away rounds go on over the fleet as last known, with what RADIUS had seen by
then; findings wait, and are written before anything is read again. Before a fleet was ever read
there is no round.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from statistics import median
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from supervision.common_outage import CommonOutage, watch
from supervision.facts import Standing, Surroundings
from supervision.findings import Backlog, Batch
from supervision.fleet import Equipment, Key, Kind, load_fleet
from supervision.places import Places
from supervision.poll import PingNotAllowed
from supervision.records import Refused, Sample, forget_strangers, forget_unwatched, record
from supervision.schedule import moment, span
from supervision.watch import Watch, WaysOut
from territory.errors import Unavailable
from territory.health.states import State, site_state

WRITE_SECONDS = 1.0
COMMON_SECONDS = 5.0
"""How often the whole fleet is looked through for a common outage."""
SECOND_LOOK = 1 / 6
"""Of an interval: how soon what has just fallen silent is looked at again."""
FEW, FEW_OF = 50, 10
"""So many at once, or one of so many: more fell silent together, and wait for the next round."""
LEAST_GAP = timedelta(minutes=5)
"""What was last judged longer ago than this, or three intervals, was not watched."""

log = structlog.get_logger()

Tunnels = Callable[[UUID], State | None]
"""How a site's tunnel is: UP or DOWN; None where it has none, or nothing is known of it."""


def no_tunnel(_: UUID) -> State | None:
    """Where this machine ends no tunnel."""
    return None


class Rounds:
    """Carries out rounds one after another, and holds the findings not yet written."""

    def __init__(
        self, engine: AsyncEngine, watch: Watch, tunnels: Tunnels, interval: timedelta
    ) -> None:
        self._engine = engine
        self._watch = watch
        self._clock, self._metrics = watch.clock, watch.metrics
        self._landmarks = watch.askers.landmarks
        self._tunnels = tunnels
        self._places = Places()
        self._interval = interval
        self._room = span(interval, timedelta(seconds=watch.askers.longest_seconds))
        self._backlog = Backlog()
        self._fleet: tuple[Equipment, ...] = ()
        self._standings: dict[Key, Standing] = {}
        self._outage: CommonOutage | None = None
        self._second_looks = 0
        self._failing: set[str] = set()
        self._metrics.show_backlog(self._backlog)

    async def once(self) -> None:
        """One round over the whole fleet, as far as it is known."""
        began = asyncio.get_running_loop().time()
        await self._load()
        await self._try_what_asks()
        self._watch.follow(self._fleet)
        await self._look_at_all()
        self._metrics.show(
            (each.site_code, each.kind, self._state(each.key)) for each in self._fleet
        )
        now = self._clock.now()
        self._metrics.show_maintenance(
            {each.site_code for each in self._fleet if self._places.planned(each.site_id, now)}
        )
        duration = asyncio.get_running_loop().time() - began
        self._metrics.count_round(now, duration)
        log.info("fleet_polled", pieces=len(self._fleet), seconds=round(duration, 3))

    def samples(self) -> tuple[Sample, ...]:
        """How each site is now, its sessions not counted."""
        by_site: dict[UUID, list[Equipment]] = {}
        for each in self._fleet:
            by_site.setdefault(each.site_id, []).append(each)
        return tuple(self._sample(site_id, here) for site_id, here in by_site.items())

    def _sample(self, site_id: UUID, here: Sequence[Equipment]) -> Sample:
        states: dict[Kind, list[State]] = {kind: [] for kind in Kind}
        for each in here:
            states[each.kind].append(self._state(each.key) or State.UNKNOWN)
        times = [self._watch.round_trip_seconds(each.key) for each in here]
        answered = [seconds for seconds in times if seconds is not None]
        state = site_state(states[Kind.NAS], states[Kind.ACCESS_POINT])
        return Sample(site_id, 0, median(answered) if answered else None, state)

    def _state(self, key: Key) -> State | None:
        standing = self._standings.get(key)
        return standing.state if standing else None

    async def _load(self) -> None:
        """Take the fleet as it is described now; where the database is away, as it was."""
        now = self._clock.now()
        try:
            await self._write()
            if not self._fleet:
                await self._forget_the_gap(now)
            await forget_strangers(self._engine)
            fleet = await load_fleet(self._engine, now)
            await self._places.load(self._engine, now)
        except Unavailable as fault:
            self._note("database", fault)
        else:
            self._note("database", None)
            self._fleet = fleet
            kept = {each.key: each.standing for each in fleet if each.standing}
            self._standings = kept | self._backlog.standings()

    async def _forget_the_gap(self, now: datetime) -> None:
        """Say of what nobody watched before this process began that nobody knows."""
        unwatched = max(LEAST_GAP, 3 * self._interval)
        await forget_unwatched(self._engine, now - unwatched, self._interval)

    async def _look_at_all(self) -> None:
        ways_out, done = WaysOut(self._fleet, self._watch), asyncio.Event()
        self._second_looks = 0
        async with asyncio.TaskGroup() as writing:
            writing.create_task(self._write_until(done))
            async with asyncio.TaskGroup() as looks:
                looks.create_task(self._landmarks.prove())
                for each in self._fleet:
                    looks.create_task(self._look(each, ways_out))
            done.set()

    async def _look(self, described: Equipment, ways_out: WaysOut) -> None:
        await asyncio.sleep(moment(described.id, self._room).total_seconds())
        await self._look_now(described, ways_out)
        if self._watch.fell_silent_just_now(described.key) and self._second_looks < self._few:
            self._second_looks += 1
            await asyncio.sleep(SECOND_LOOK * self._interval.total_seconds())
            await self._look_now(described, ways_out)

    @property
    def _few(self) -> int:
        return max(FEW, len(self._fleet) // FEW_OF)

    async def _look_now(self, described: Equipment, ways_out: WaysOut) -> None:
        equipment = replace(described, standing=self._standings.get(described.key))
        now = self._clock.now()
        planned = self._places.planned(equipment.site_id, now)
        finding = await self._watch.look(
            equipment, lambda: self._around(equipment, ways_out), planned=planned
        )
        if finding:
            self._standings[equipment.key] = finding.standing
            if not self._backlog.add(finding):
                self._metrics.count_lost_change()

    def _around(self, equipment: Equipment, ways_out: WaysOut) -> Surroundings:
        router, router_since = ways_out.around(equipment, self._standings)
        outage = self._outage
        return Surroundings(
            router=router,
            router_since=router_since,
            tunnel=self._tunnels(equipment.site_id),
            may_sleep=self._places.may_sleep(equipment.site_id, self._clock.now()),
            common_outage=outage is not None and equipment.site_code in outage.sites,
            network_since=self._landmarks.since,
        )

    async def _write_until(self, done: asyncio.Event) -> None:
        time = asyncio.get_running_loop().time
        looked_at = time()
        while not done.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), WRITE_SECONDS)
            if time() - looked_at >= min(COMMON_SECONDS, self._interval.total_seconds() / 12):
                self._look_for_a_common_outage()
                looked_at = time()
            try:
                await self._write()
            except Unavailable as fault:
                self._note("database", fault)

    async def _write(self) -> None:
        """Write what waits; all of it waits on where that fails."""
        await self._write_batch(self._backlog.batch())

    async def _write_batch(self, batch: Batch) -> None:
        """Write a batch; where the database refuses a row, all but that row."""
        try:
            await record(self._engine, batch)
        except Refused as fault:
            halves = batch.halves()
            for half in halves:
                await self._write_batch(half)
            if halves:
                return
            self._metrics.count_lost_change()
            log.error("finding_refused", cause=str(fault))
        self._backlog.written(batch)

    def _look_for_a_common_outage(self) -> None:
        now = self._clock.now()
        before = self._outage
        self._outage = watch(before, self._silences(now), self._interval, now)
        self._metrics.show_common_outage(len(self._outage.sites) if self._outage else 0)
        if self._outage and not before:
            log.warning("common_outage_began", sites=len(self._outage.sites))
        elif before and not self._outage:
            log.info("common_outage_over", sites=len(before.sites))

    def _silences(self, now: datetime) -> Mapping[str, datetime | None]:
        """Since when each site is silent that ever answered and is due to; None: it answers."""
        silences: dict[str, datetime | None] = {}
        for each in self._fleet:
            if self._watch.has_answered(each.key):
                since = self._watch.fell_silent_at(each.key)
                known = silences.get(each.site_code, since)
                silences[each.site_code] = max(since, known) if since and known else None
        sites = {each.site_code: each.site_id for each in self._fleet}
        return {
            code: since
            for code, since in silences.items()
            if since is None or not self._is_excused(sites[code], now)
        }

    async def _try_what_asks(self) -> None:
        """Say whether pings may leave, and whether our own network works."""
        try:
            await self._watch.askers.pinger.check()
        except PingNotAllowed as fault:
            self._note("ping", fault)
        else:
            self._note("ping", None)
        works = await self._landmarks.works()
        self._note("network", None if works else Unavailable("no landmark answers any more"))

    def _is_excused(self, site: UUID, now: datetime) -> bool:
        return self._places.planned(site, now) or self._places.may_sleep(site, now)

    def _note(self, what: str, fault: Unavailable | None) -> None:
        """Count a failure, and log it only when it begins and when it ends."""
        self._metrics.show_failure(what, fault is not None)
        if fault is not None and what not in self._failing:
            self._failing.add(what)
            log.warning("supervision_hindered", by=what, cause=str(fault))
        elif fault is None and what in self._failing:
            self._failing.remove(what)
            log.info("supervision_no_longer_hindered", by=what)
