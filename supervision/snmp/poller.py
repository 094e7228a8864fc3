"""Polls devices by SNMP: what each of them has, its last values, its totals since we began.

    first look (`_look`)  ->  plan: the cells it has  ->  every poll one GET of them  ->  Poll
    Poll and the one before  ->  totals, restarts, share of errors  ->  SnmpFacts, for health

In memory alone: a restart of this process begins the totals at nought, as counters may. Nothing
that a device answers raises out of here; a device that stops half-way keeps what it did say.
"""

import asyncio
import resource
from collections import deque
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from supervision.facts import SnmpFacts
from supervision.snmp.exposition import Lines, Name, lines, page
from supervision.snmp.objects import (
    CPU,
    IF_NAME,
    IF_TYPE,
    SENSOR_PRECISION,
    SENSOR_SCALE,
    SENSOR_TYPE,
    STORAGE_TYPE,
    SYS_OBJECT_ID,
    SYS_UP_TIME,
    WIDE_COUNTERS,
    Quantity,
    radio_columns,
)
from supervision.snmp.plan import UPTIME_ALONE, Look, Plan, Sensor, Value, cells, plan_of
from supervision.snmp.samples import Poll, error_ratio, has_restarted, moved, sample
from supervision.snmp.session import TRIES, Session, Unanswered
from territory.clock import Clock
from territory.errors import ConfigurationError
from territory.keyring import Keyring
from territory.model import SnmpEntry

AT_ONCE: Final = 200
"""Devices asked at the same time."""
BRIEF_AT_ONCE: Final = 1000
"""Beside them, those that are most likely off: they mostly wait."""
LONGEST_TIMEOUT_SECONDS: Final = 1.5
_PLAN_POLLS: Final = 60
"""Polls after which a device is looked at anew."""
_PLAN_AGAIN_POLLS: Final = 10
"""Polls after which a missing cell has it looked at anew."""
_RESTARTS_WINDOW: Final = timedelta(hours=1)
_MOST_RESTARTS: Final = 8
_OTHER_FILES: Final = 1024
"""What this process opens besides: pings, database, scrapes, and polls under way."""

_NONE: Final[Mapping[Name, Lines]] = {}

log = structlog.get_logger()


@dataclass(slots=True)
class Device:
    """One device, as far as it is known."""

    sealed: bytes
    """Its access, as the database keeps it."""
    address: str
    session: Session
    plan: Plan | None = None
    """None: not looked at, or to be looked at anew."""
    polls: int = 0
    """Since it was looked at."""
    last: Poll | None = None
    misses: int = 0
    """Polls in a row without an answer."""
    silent_since: datetime | None = None
    """When the first of these was."""
    totals: dict[Quantity, int] = field(default_factory=dict)
    """Of its counters, since this process first saw it."""
    restarts: deque[Poll] = field(default_factory=lambda: deque(maxlen=_MOST_RESTARTS))
    """The first poll after each."""
    error_ratio: float | None = None
    lines: Lines = ()
    """What /metrics shows of it; none while it does not answer."""


class Poller:
    """The devices of one event loop."""

    def __init__(
        self, keyring: Keyring, clock: Clock, timeout_seconds: float = LONGEST_TIMEOUT_SECONDS
    ) -> None:
        self._keyring = keyring
        self._clock = clock
        self._timeout_seconds = timeout_seconds
        self._room = asyncio.Semaphore(AT_ONCE)
        self._brief_room = asyncio.Semaphore(BRIEF_AT_ONCE)
        self._devices: dict[Hashable, Device] = {}
        self._names: Mapping[Hashable, Name] = {}
        self._keeps_open = False
        """Whether each device may keep its socket between polls."""
        self._unreadable: set[Hashable] = set()

    @property
    def longest_poll_seconds(self) -> float:
        """How long `poll` takes for what does not answer, or never ends."""
        return (TRIES + 1) * self._timeout_seconds

    def page(self, open_metrics: bool, beside: Mapping[Name, Lines] = _NONE) -> str:
        """Return what /metrics shows of all, and `beside` of what says nothing itself.

        Other threads than the poller's may ask too.
        """
        names = self._names
        told = {
            names[key]: device.lines
            for key, device in list(self._devices.items())
            if device.lines and key in names
        }
        return page({**beside, **told}.values(), open_metrics)

    def follow(self, names: Mapping[Hashable, Name]) -> None:
        """Know these devices alone, and forget all others."""
        self._names = names
        self._devices = {key: each for key, each in self._devices.items() if key in names}
        self._unreadable &= names.keys()
        self._keeps_open = len(names) + _OTHER_FILES <= _allowed_files()

    async def poll(
        self, key: Hashable, address: str, sealed: bytes, *, brief: bool = False
    ) -> SnmpFacts | None:
        """Ask one device and return what health needs; None where its access cannot be opened.

        `brief`: it was silent to a ping, and most likely is off. One question, one timeout, a place
        of its own: were thousands off at once, the living would wait for their turn, and the last
        of them be known a round too late.
        """
        device = self._device(key, address, sealed)
        if device is None:
            return None
        async with self._brief_room if brief else self._room:
            found = await self._ask(device, brief=brief)
        if not self._keeps_open:
            device.session.forget()
        if found is None:
            device.misses += 1
            device.silent_since = device.silent_since or self._clock.now()
            device.lines = ()
        else:
            _take_in(device, found)
            if name := self._names.get(key):
                device.lines = lines(name, sample(found), device.totals)
        return self._facts(device)

    def _device(self, key: Hashable, address: str, sealed: bytes) -> Device | None:
        device = self._devices.get(key)
        if device and device.address == address and device.sealed == sealed:
            return device
        try:
            access = SnmpEntry.model_validate_json(self._keyring.open(sealed))
        except ConfigurationError:
            if key not in self._unreadable:
                log.warning("snmp_access_unreadable", equipment=str(key))
            self._unreadable.add(key)
            return None
        session = Session(address, access, self._timeout_seconds)
        self._devices[key] = device = Device(sealed, address, session)
        return device

    async def _ask(self, device: Device, *, brief: bool) -> Poll | None:
        """Return what it says before its time is up; the uptime at least, or None."""
        found: dict[str, Value] = {}
        try:
            async with asyncio.timeout(
                self._timeout_seconds if brief else self.longest_poll_seconds
            ):
                if device.plan is None and not brief:
                    found = await device.session.get((SYS_OBJECT_ID, SYS_UP_TIME.oid))
                    device.plan = plan_of(cells(await _look(device.session, found)))
                    device.polls = 0
                found = await device.session.get((device.plan or UPTIME_ALONE).oids)
        except (Unanswered, TimeoutError):
            device.session.forget()
        values = {oid: value for oid, value in found.items() if isinstance(value, int)}
        uptime = values.get(SYS_UP_TIME.oid)
        if uptime is None:
            return None
        plan = device.plan or UPTIME_ALONE
        return Poll(self._clock.now(), plan, values, uptime * SYS_UP_TIME.scale)

    def _facts(self, device: Device) -> SnmpFacts:
        now = self._clock.now()
        restarts = sum(now - poll.at <= _RESTARTS_WINDOW for poll in device.restarts)
        last = device.restarts[-1].at if device.restarts else None
        answered = device.last is not None
        return SnmpFacts(
            device.misses, answered, restarts, last, device.error_ratio, device.silent_since
        )


def _take_in(device: Device, found: Poll) -> None:
    """Add one answer to what is known of a device, and see whether to look at it anew."""
    previous, device.last = device.last, found
    device.misses, device.silent_since = 0, None
    device.polls += 1
    if previous is not None:
        grown = moved(previous, found)
        for quantity, increase in grown.items():
            device.totals[quantity] = device.totals.get(quantity, 0) + increase
        device.error_ratio = error_ratio(grown)
        if has_restarted(previous, found):
            device.restarts.append(found)
            device.plan = None
    missing = device.plan is not None and len(found.values) < len(device.plan.oids)
    if device.polls >= (_PLAN_AGAIN_POLLS if missing else _PLAN_POLLS):
        device.plan = None


def _allowed_files() -> int:
    """Return how many files this process may open, after asking for as many as it is granted."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


async def _look(session: Session, known: Mapping[str, Value]) -> Look:
    """Return what walking finds.

    Raises:
        Unanswered: it stopped answering meanwhile.
    """
    vendor = known.get(SYS_OBJECT_ID)
    columns = radio_columns(vendor if isinstance(vendor, str) else "")
    kinds = await session.walk(SENSOR_TYPE)
    scales = await session.walk(SENSOR_SCALE) if kinds else {}
    precisions = await session.walk(SENSOR_PRECISION) if kinds else {}
    return Look(
        names=await session.walk(IF_NAME),
        types=await session.walk(IF_TYPE),
        wide=await session.walk(WIDE_COUNTERS[0].oid),
        processors=await session.walk(CPU.oid),
        storage=await session.walk(STORAGE_TYPE),
        sensors={
            index: Sensor(kind, scales.get(index), precisions.get(index))
            for index, kind in kinds.items()
        },
        radios={column: await session.walk(column.oid) for column in columns},
    )
