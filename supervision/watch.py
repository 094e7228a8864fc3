"""One poll of one piece of equipment: asked, remembered, judged, counted.

What is remembered is in memory and short: the last readings of each, its turns, since when it is
silent. All that has to outlive this process is in the finding, which the caller keeps.
"""

from collections import deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from supervision.controllers.poller import Controllers
from supervision.facts import Evidence, Reading, SnmpFacts, Standing, Surroundings
from supervision.findings import Finding
from supervision.flapping import Turns, remembered, settle
from supervision.fleet import Equipment, Key, Kind
from supervision.health import judge
from supervision.landmarks import Landmarks
from supervision.metrics import Metrics
from supervision.poll import Pinger, PingNotAllowed
from supervision.signs import HISTORY
from supervision.snmp.exposition import Name
from supervision.snmp.poller import Poller
from territory.clock import Clock
from territory.health.states import State

WORKING = (State.UP, State.DEGRADED)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Askers:
    """What asks the fleet."""

    pinger: Pinger
    poller: Poller
    landmarks: Landmarks
    controllers: Controllers

    @property
    def longest_seconds(self) -> float:
        """How long what does not answer keeps pings and SNMP; controllers are asked apart."""
        return self.pinger.longest_poll_seconds + self.poller.longest_poll_seconds


@dataclass(slots=True)
class _Memory:
    """What is remembered of one piece of equipment."""

    turns: Turns
    history: deque[Reading] = field(default_factory=lambda: deque(maxlen=HISTORY))
    voids: int = 0
    """Looks in a row that prove nothing: our own network was silent too."""
    answered: bool = False
    """Whether it has answered, pings or SNMP: since this process began, or just before."""
    silent_since: datetime | None = None
    """When a look first found nothing of it; None: it answers, or is not asked."""
    silences: int = 0
    """Looks in a row that found nothing of it."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one look gave."""

    may_ping: bool
    reading: Reading | None
    snmp: SnmpFacts | None

    @property
    def asked(self) -> bool:
        """Whether anything was sent to it."""
        return self.reading is not None or self.snmp is not None

    @property
    def round_trip_seconds(self) -> float | None:
        """None where it did not answer, or was not pinged."""
        return self.reading.round_trip_seconds if self.reading else None

    @property
    def answered(self) -> bool:
        """Whether it answered in any way."""
        by_snmp = self.snmp is not None and self.snmp.misses == 0
        return by_snmp or self.round_trip_seconds is not None


class Watch:
    """The last readings of the fleet, and what to do with the next one."""

    def __init__(self, askers: Askers, clock: Clock, metrics: Metrics) -> None:
        self.askers = askers
        self.clock = clock
        self.metrics = metrics
        self._memories: dict[Key, _Memory] = {}

    def follow(self, fleet: Sequence[Equipment]) -> None:
        """Drop what is remembered of equipment that is no longer described, or lives elsewhere."""
        known = {each.key: each for each in fleet}
        self._memories = {key: kept for key, kept in self._memories.items() if key in known}
        for key, kept in self._memories.items():
            if known[key].address is None:
                kept.history.clear()
        names = {each.key: Name(each.site_code, each.kind.value, each.code) for each in fleet}
        asked: dict[Hashable, Name] = {
            each.key: names[each.key] for each in fleet if each.snmp is not None
        }
        self.askers.poller.follow(asked)
        self.askers.controllers.follow({each.mac: names[each.key] for each in fleet if each.mac})

    def fell_silent_at(self, key: Key) -> datetime | None:
        """Since when it no longer answers; None: it does, or never has."""
        memory = self._memories.get(key)
        return memory.silent_since if memory and memory.answered else None

    def fell_silent_just_now(self, key: Key) -> bool:
        """Whether it answered until its last look, which found nothing of it."""
        memory = self._memories.get(key)
        return memory is not None and memory.answered and memory.silences == 1

    def has_answered(self, key: Key) -> bool:
        """Whether it ever answered, as far as is remembered."""
        memory = self._memories.get(key)
        return memory is not None and memory.answered

    def round_trip_seconds(self, key: Key) -> float | None:
        """Of its last reading; None: it did not answer, or is not pinged."""
        memory = self._memories.get(key)
        return memory.history[-1].round_trip_seconds if memory and memory.history else None

    async def look(
        self, equipment: Equipment, around: Callable[[], Surroundings], *, planned: bool = False
    ) -> Finding | None:
        """Poll and judge one; None when there is too little to say anything new.

        `around` tells, once it was asked, what it hangs on; `planned`: work on it is announced.
        """
        seen = await self._ask(equipment)
        memory = self._memories.get(equipment.key)
        if memory is None:
            memory = self._memories[equipment.key] = _remember(equipment, self.clock.now())
        answers_pings = equipment.standing is not None and equipment.standing.answered_before
        if seen.reading is not None and answers_pings:
            self.askers.landmarks.note(answered=seen.round_trip_seconds is not None)
        in_the_dark = not seen.answered and not await self.askers.landmarks.works()
        now = self.clock.now()
        _take_in(memory, seen, now, in_the_dark=in_the_dark)
        evidence = Evidence(
            tuple(memory.history),
            equipment.radius,
            around(),
            memory.turns.standing(equipment.standing),
            seen.may_ping,
            seen.snmp,
            memory.voids,
            self.askers.controllers.facts(equipment.mac),
        )
        verdict = judge(evidence, now)
        if verdict is None:
            return None
        verdict, memory.turns = settle(memory.turns, verdict, now)
        finding = Finding(equipment, verdict, now, seen.round_trip_seconds, evidence, planned)
        if finding.changed:
            self._tell_change(finding)
        return finding

    async def _ask(self, equipment: Equipment) -> _Seen:
        may_ping, reading = await self._ping(equipment)
        standing = equipment.standing
        pings = standing is not None and standing.answered_before
        silent = reading is not None and reading.round_trip_seconds is None
        return _Seen(may_ping, reading, await self._ask_snmp(equipment, brief=pings and silent))

    async def _ping(self, equipment: Equipment) -> tuple[bool, Reading | None]:
        if equipment.address is None:
            return True, None
        try:
            reading = await self.askers.pinger.read(equipment.address)
        except PingNotAllowed:
            return False, None
        self.metrics.count_reading(equipment.kind, reading)
        return True, reading

    async def _ask_snmp(self, equipment: Equipment, *, brief: bool) -> SnmpFacts | None:
        """Ask by SNMP; briefly what no longer answers pings: it is not to keep others waiting."""
        if equipment.snmp is None:
            return None
        door = equipment.snmp
        poller = self.askers.poller
        facts = await poller.poll(equipment.key, door.address, door.sealed, brief=brief)
        if facts is not None:
            self.metrics.count_snmp(equipment.kind, answered=facts.misses == 0)
        return facts

    def _tell_change(self, finding: Finding) -> None:
        equipment, verdict = finding.equipment, finding.verdict
        self.metrics.count_change(equipment.kind, verdict.state)
        log.info(
            "equipment_state_changed",
            kind=equipment.kind.value,
            code=equipment.code,
            site=equipment.site_code,
            was=equipment.standing.state.value if equipment.standing else None,
            state=verdict.state.value,
            reason=verdict.reason.code,
        )


def _remember(equipment: Equipment, now: datetime) -> _Memory:
    """What is known of a piece of equipment before its first look."""
    standing = equipment.standing
    worked = standing is not None and standing.answered_before and standing.state in WORKING
    return _Memory(remembered(standing, now), answered=worked)


def _take_in(memory: _Memory, seen: _Seen, now: datetime, *, in_the_dark: bool) -> None:
    """Remember one look; one in the dark proves nothing, and leaves everything as it was."""
    if in_the_dark:
        memory.voids += 1
        return
    memory.voids = 0
    if seen.reading is not None:
        memory.history.append(seen.reading)
    if seen.answered or not seen.asked:
        memory.answered |= seen.answered
        memory.silent_since, memory.silences = None, 0
    else:
        memory.silent_since, memory.silences = memory.silent_since or now, memory.silences + 1


class WaysOut:
    """How each site's way out is, from its NAS: their states, and whether they answered last."""

    def __init__(self, fleet: Sequence[Equipment], watch: Watch) -> None:
        self._watch = watch
        self._nas: dict[str, list[Key]] = {}
        for each in fleet:
            if each.kind is Kind.NAS:
                self._nas.setdefault(each.site_code, []).append(each.key)

    def around(
        self, equipment: Equipment, standings: Mapping[Key, Standing]
    ) -> tuple[State | None, datetime | None]:
        """UP or DOWN and since when, for an access point; else, or where nothing is sure, None.

        A NAS that missed its last look counts as down: what stands behind it and misses its
        second is not to blame before it is known.
        """
        if equipment.kind is Kind.NAS:
            return None, None
        known = [
            (key, standings[key])
            for key in self._nas.get(equipment.site_code, ())
            if key in standings
        ]
        working = [
            standing.since
            for key, standing in known
            if standing.state in WORKING and not self._watch.fell_silent_at(key)
        ]
        if working:
            return State.UP, min((each for each in working if each), default=None)
        if known and all(standing.state in (*WORKING, State.DOWN) for _, standing in known):
            return State.DOWN, None
        return None, None
