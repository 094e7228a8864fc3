"""What a judgement rests on and what it says: readings, RADIUS's and SNMP's facts, a verdict."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from territory.health.reasons import Reason
from territory.health.states import State


@dataclass(frozen=True, slots=True)
class Reading:
    """What one poll gave."""

    at: datetime
    """When it ended, by the server's clock."""
    round_trip_seconds: float | None
    """None when no try was answered."""
    tries: int = 1
    """Pings it took; more than one means some were lost."""

    @property
    def perfect(self) -> bool:
        """Whether the first try was answered."""
        return self.round_trip_seconds is not None and self.tries == 1


@dataclass(frozen=True, slots=True)
class RadiusFacts:
    """What RADIUS saw of a NAS."""

    last_heard_at: datetime | None
    """Last good request of any kind; None: never."""
    open_sessions: int
    overdue_sessions: int
    """Open sessions that missed their interim records for longer than `patience`."""
    patience: timedelta
    """A longer silence than this from a NAS with guests is not normal."""
    read_at: datetime | None = None
    """When this was read: while the database is away, it is no longer of now; None: of now."""
    refused_in_row: int = 0
    """Refusals that are no guest's fault, since the last one it was told to let in."""
    refused_since: datetime | None = None
    """The first of them."""
    clock_offset_seconds: float | None = None
    """By how much its clock is ahead of ours, and not ours behind; None: it tells no time."""
    failed_log_ins: int = 0
    """Of its synthetic guest, in a row."""


@dataclass(frozen=True, slots=True)
class SnmpFacts:
    """What SNMP saw of a piece of equipment."""

    misses: int
    """Polls in a row, up to the last, without an answer."""
    answered_before: bool
    """Whether it has answered since this process began."""
    restarts: int = 0
    """In the last hour."""
    restarted_at: datetime | None = None
    """When a poll last found it restarted; None: never."""
    error_ratio: float | None = None
    """Share of packets that its interfaces threw away since the last poll; None: too few."""
    silent_since: datetime | None = None
    """When the first of these misses was; None: there is none."""


@dataclass(frozen=True, slots=True)
class ControllerFacts:
    """What its controller last said of an access point."""

    online: bool | None
    """None: neither, or the controller itself did not answer."""
    misses: int
    """Polls of the controller in a row, up to the last, that did not find it online."""
    version: str = ""
    """Of its software, where told."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The last judgement, as kept in `live.equipment_state`."""

    state: State
    answered_before: bool
    """Whether it ever answered a ping."""
    since: datetime | None = None
    """In this state since."""
    reason: Reason | None = None
    """None: not known any more."""
    consequence: bool = False
    """Not its own fault."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a piece of equipment hangs on, and what is due of it."""

    router: State | None = None
    """UP or DOWN of the NAS of its site; None for a NAS, or where nothing sure is known."""
    router_since: datetime | None = None
    """When that began."""
    tunnel: State | None = None
    """UP or DOWN of its site's tunnel, which this machine ends; None: none, or never seen."""
    may_sleep: bool = False
    """Nobody is due to be served there: the place is closed, or just about."""
    common_outage: bool = False
    """Its site fell silent together with a large part of the territory."""
    network_since: datetime | None = None
    """Our own network works since; None: it never failed."""


ALONE = Surroundings()


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a judgement rests on."""

    history: Sequence[Reading] = ()
    """The last readings, newest last; empty when it is not pinged."""
    radius: RadiusFacts | None = None
    """None for an access point: it does not speak RADIUS itself."""
    around: Surroundings = ALONE
    standing: Standing | None = None
    """None when it was never judged."""
    may_ping: bool = True
    """Whether this server can send pings at all."""
    snmp: SnmpFacts | None = None
    """None where it is not asked."""
    voids: int = 0
    """Looks in a row, up to the last, that prove nothing: our own network was silent too."""
    controller: ControllerFacts | None = None
    """None where no controller has it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `judge` found."""

    state: State
    reason: Reason
    inherited: bool = False
    """It goes on from a state that was a consequence: coming back, or coming and going."""

    @property
    def consequence(self) -> bool:
        """Not its own fault: what it hangs on is down, or we are."""
        return self.inherited or self.reason.value.consequence
