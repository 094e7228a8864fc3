"""What every way of identifying oneself is: what it is sent, and what it may answer.

A method knows its own forms, codes and rows, and nothing of states: it answers with one of the
values below, and `portal.guest.identify` takes the visit on by `portal.visit.TRANSITIONS`. So no
method can let anybody in by another way than the others.

    the method's form --begin--> Proven | Sent | Lent | Again | Denied
    the proof's form  --prove--> Proven | Sent | Again | Denied
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, TypeAlias
from uuid import UUID

from portal.guest.parts import Portal
from portal.places import Gate, Plan
from portal.visit import Visit, awaiting
from territory.vocabulary import IdentificationMethod

NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Asking:
    """What a guest sends to a method."""

    visit: Visit
    """Theirs, as it stands now."""
    gate: Gate
    """Where they are."""
    form: Mapping[str, str] = field(repr=False)
    """What they typed: bounded, without NUL; nothing else is known of it."""
    source: str
    """Where it comes from, as `portal.throttle` counts it."""
    now: datetime
    """The present instant, aware, UTC."""
    language: str
    """Of the guest's pages."""


@dataclass(frozen=True, slots=True)
class Proven:
    """The guest is who this site must know: they go online."""

    guest: UUID | None = None
    """The ticket, account or contact it was proven with; None: the device alone."""
    until: datetime | None = None
    """Their right never lasts beyond (aware, UTC); None: as long as the plan says."""
    plan: Plan | None = None
    """What they are granted; None: what the place grants everybody."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Something must come back: a code, an answer. The page that takes it is next."""

    challenge: UUID
    """Its row."""
    until: datetime | None = None
    """An answer is looked at until then (aware, UTC); None: as long as the visit lasts."""


@dataclass(frozen=True, slots=True)
class Lent:
    """The same, and the guest is online at once for some minutes, to fetch it there."""

    challenge: UUID
    """Its row."""
    seconds: int
    """For how long, from now."""


@dataclass(frozen=True, slots=True)
class Again:
    """What was typed cannot be used: the same page, with what is wrong beside each field."""

    errors: Mapping[str, str]
    """By field: what to do, a French message id."""
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    """By field: what was typed, so that nothing is lost; never a secret."""


@dataclass(frozen=True, slots=True)
class Denied:
    """Not now, by this way: the first page says why."""

    notice: str
    """A word of `portal.guest.notices`."""


Step: TypeAlias = Proven | Sent | Lent | Denied
"""What takes a visit on."""
Answer: TypeAlias = Step | Again


def awaiting_answer(visit: Visit, answer: Sent | Lent, now: datetime) -> Visit:
    """Return the visit of a guest of whom something is awaited, as it stands from `now` on."""
    if isinstance(answer, Lent):
        return awaiting(visit, answer.challenge, now + timedelta(seconds=answer.seconds))
    return awaiting(visit, answer.challenge, good_until=answer.until)


class Method(Protocol):
    """One way of identifying oneself."""

    @property
    def name(self) -> IdentificationMethod:
        """As sites, admissions and addresses have it."""
        ...

    async def begin(self, portal: Portal, asking: Asking) -> Answer:
        """Take the form of a guest who chose this way.

        Raises:
            Unavailable: the database, or what sends codes, is away.
        """
        ...

    async def prove(self, portal: Portal, asking: Asking) -> Answer:
        """Take what came back; `asking.visit.challenge` says to what.

        Raises:
            Unavailable: the database is away.
        """
        ...

    async def shown(self, portal: Portal, asking: Asking) -> Mapping[str, str]:
        """Return what this method's page needs beside the form: where a code went, in part.

        Raises:
            Unavailable: the database is away.
        """
        ...
