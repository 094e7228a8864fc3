"""One poll of one piece of equipment: asked, remembered, judged, counted.

What is remembered is in memory and short: the last readings of each. All that has to outlive this
process is in the finding, which the caller keeps.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from uuid import UUID

import structlog

from supervision.fleet import Equipment, Finding, Kind
from supervision.health import HISTORY, Evidence, Reading, State, judge
from supervision.metrics import Metrics
from supervision.poll import Pinger, PingNotAllowed
from territory.clock import Clock

Key = tuple[Kind, UUID]

log = structlog.get_logger()


class Watch:
    """The last readings of the fleet, and what to do with the next one."""

    def __init__(self, pinger: Pinger, clock: Clock, metrics: Metrics) -> None:
        self._pinger = pinger
        self._clock = clock
        self._metrics = metrics
        self._history: dict[Key, deque[Reading]] = {}

    def forget_gone(self, fleet: Sequence[Equipment]) -> None:
        """Drop the readings of equipment that is no longer described, or now lives elsewhere."""
        pinged = {each.key for each in fleet if each.address is not None}
        self._history = {key: kept for key, kept in self._history.items() if key in pinged}

    async def look(self, equipment: Equipment, router: State | None) -> Finding | None:
        """Poll and judge one; None when there is too little to say anything new.

        `router` is how the site's NAS are, for an access point.
        """
        may_ping, reading = await self._read(equipment)
        history = self._history.setdefault(equipment.key, deque(maxlen=HISTORY))
        if reading is not None:
            history.append(reading)
        now = self._clock.now()
        evidence = Evidence(tuple(history), equipment.radius, router, equipment.standing, may_ping)
        verdict = judge(evidence, now)
        if verdict is None:
            return None
        round_trip_seconds = reading.round_trip_seconds if reading else None
        finding = Finding(equipment, verdict, now, round_trip_seconds)
        if finding.changed:
            self._tell_change(finding)
        return finding

    async def _read(self, equipment: Equipment) -> tuple[bool, Reading | None]:
        if equipment.address is None:
            return True, None
        try:
            reading = await self._pinger.read(equipment.address)
        except PingNotAllowed:
            return False, None
        self._metrics.count_reading(equipment.kind, reading)
        return True, reading

    def _tell_change(self, finding: Finding) -> None:
        equipment, verdict = finding.equipment, finding.verdict
        self._metrics.count_change(equipment.kind, verdict.state)
        log.info(
            "equipment_state_changed",
            kind=equipment.kind.value,
            code=equipment.code,
            site=equipment.site_code,
            was=equipment.standing.state.value if equipment.standing else None,
            state=verdict.state.value,
            reason=verdict.reason.name.lower(),
        )


def routers(fleet: Iterable[Equipment]) -> dict[str, State]:
    """How each site's way out is: up while one NAS of it works, down when all are down.

    Sites of which nothing sure is known are left out.
    """
    by_site: dict[str, list[State]] = {}
    for each in fleet:
        if each.kind is Kind.NAS and each.standing:
            by_site.setdefault(each.site_code, []).append(each.standing.state)
    known = {}
    for site_code, states in by_site.items():
        if State.UP in states or State.DEGRADED in states:
            known[site_code] = State.UP
        elif all(state is State.DOWN for state in states):
            known[site_code] = State.DOWN
    return known
