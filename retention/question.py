"""What an authority asks, and what the archive can say of those days; the first file of a case.

One question: who had this public address and port at this time. Kept exactly as it was asked,
zone included, because the answer must say what it answers.
"""

import ipaddress
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator

from retention.chain import Chain
from territory.errors import ConfigurationError, Fault

_LONGEST_UNCERTAINTY_SECONDS = 24 * 3600
_FIRST_YEAR, _LAST_YEAR = 1990, 2200
_SOURCE = "source"

_Text = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f]+$")]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class DayState(StrEnum):
    """What the archive holds of a day."""

    SEALED = "sealed"
    UNSEALED = "not sealed yet"
    DESTROYED = "destroyed"
    ABSENT = "before the archive"


class Day(_Record):
    """One day that the question touches."""

    day: date
    state: DayState


class Question(_Record):
    """Who had this public address, from this port, at this time?"""

    public_address: str
    """IPv4 or IPv6, in its canonical form."""
    port: int | None = Field(default=None, ge=1, le=65535)
    """Source port that was seen; None: not known."""
    at: AwareDatetime
    uncertainty_seconds: int = Field(default=0, ge=0, le=_LONGEST_UNCERTAINTY_SECONDS)
    """The instant may be as much earlier or later."""
    at_as_asked: _Text
    """The instant as the authority wrote it, zone included."""
    reference: _Text
    """The authority's own number."""
    legal_ground: _Text
    """The text it relies on, such as `CPP 77-1-1`."""

    @field_validator("public_address")
    @classmethod
    def _canonical(cls, text: str) -> str:
        return str(ipaddress.ip_address(text))

    @field_validator("at")
    @classmethod
    def _in_our_times(cls, at: datetime) -> datetime:
        if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
            raise ValueError("not in our times")
        return at

    @property
    def window(self) -> tuple[datetime, datetime]:
        """The earliest instant meant, and the first after all those meant, in UTC.

        An instant given to the second is any of that second; one given finer is that one.
        """
        margin = timedelta(seconds=self.uncertainty_seconds)
        at = self.at.astimezone(UTC)
        width = timedelta(microseconds=1) if at.microsecond else timedelta(seconds=1)
        return at - margin, at + width + margin

    @property
    def days(self) -> tuple[date, ...]:
        """The UTC days it touches."""
        start, end = self.window
        first, last = start.date(), (end - timedelta(microseconds=1)).date()
        return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))


class Holder(_Record):
    """A custodian as a case names them."""

    login: str
    recipient: str
    """Their age public key."""
    signing_key: str | None = None
    """Ed25519 public key with which they answer, base64 of 32 octets; None: they have none."""


class CaseFile(_Record):
    """`case.json`, signed by the archive: the question, and what travels with it."""

    format: Literal["socle-case-1"] = "socle-case-1"
    case: UUID
    question: Question
    prepared_at: AwareDatetime
    prepared_by: _Text
    first: Holder
    """Opens the outer layer."""
    second: Holder
    """Opens the inner layer, and answers."""
    days: tuple[Day, ...]
    objects: tuple[str, ...]
    """The segments that travel, whole: they cannot be cut without being opened."""
    sites: dict[str, str]
    """Names of the sites by their codes, for the report."""


def ask(now: datetime, **asked: Any) -> Question:
    """Return the question asked at `now`; `at` is the authority's text, its zone included.

    `at_as_asked` may be given beside it, where the authority wrote the instant in another way.

    Raises:
        ConfigurationError: every part that cannot be used, with what is expected.
    """
    try:
        question = Question(**{"at_as_asked": asked.get("at", ""), **asked})
    except ValidationError as error:
        faults = [
            Fault(_PARTS.get(str(e["loc"][0]), str(e["loc"][0])), _expected(str(e["loc"][0])))
            for e in error.errors()
            if e["loc"][0] != "at_as_asked"
        ]
        raise ConfigurationError(faults) from error
    if question.window[0] > now:
        raise ConfigurationError([Fault("at", "expected an instant that has passed")])
    return question


_PARTS = {"public_address": "public address", "uncertainty_seconds": "uncertainty"}
_EXPECTED = {
    "public_address": "expected an IPv4 or IPv6 address",
    "port": "expected a port, 1 to 65535",
    "at": "expected an instant with its zone, such as 2026-11-20T14:03:00+01:00",
    "uncertainty_seconds": "expected at most 24 hours",
    "reference": "expected the authority's number, at most 300 characters",
    "legal_ground": "expected the legal text relied on, at most 300 characters",
}


def _expected(part: str) -> str:
    return _EXPECTED.get(part, "not understood")


def describe_days(chain: Chain, question: Question) -> tuple[Day, ...]:
    """Return what the archive holds of each day the question touches."""
    sealed = [link.day for link in chain.days()]
    held = {day for day, s in chain.held() if s.category == _SOURCE}
    return tuple(Day(day=day, state=_state(day, sealed, held)) for day in question.days)


def _state(day: date, sealed: Sequence[date], held: set[date]) -> DayState:
    if day in held:
        return DayState.SEALED
    if not sealed or day > sealed[-1]:
        return DayState.UNSEALED
    return DayState.ABSENT if day < sealed[0] else DayState.DESTROYED


def objects_of(chain: Chain, question: Question) -> tuple[str, ...]:
    """Return the segments that hold the answer: source data of those days, supplements too."""
    days = set(question.days)
    return tuple(s.object for d, s in chain.held() if d in days and s.category == _SOURCE)
