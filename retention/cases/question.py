"""What an authority asks: one of four kinds of question, and the act it stands on.

Kept exactly as it was asked, zone included, because the answer must say what it answers. A question
names the legal categories it wants: what it does not name, or what the act's ground does not allow,
never leaves an opened segment (CPP 60-1-2, CJEU C-470/21).
"""

import ipaddress
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from territory.database.tables.columns import Category
from territory.errors import ConfigurationError, Fault, ProtocolError
from territory.identifiers import MacAddress

MOST_QUESTIONS = 20
"""In one case."""
LONGEST_DAYS = 366
"""Of an interval asked about."""
_LONGEST_UNCERTAINTY_SECONDS = 24 * 3600
_FIRST_YEAR, _LAST_YEAR = 1990, 2200
_INSTANT_TICK = timedelta(microseconds=1)
_WITHOUT_SECONDS = re.compile(r"[T ]\d\d:\d\d(?!:)", re.IGNORECASE)

Text = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f]+$")]
Askable = Literal[Category.SOURCE, Category.TRAFFIC, Category.ACCOUNT, Category.IDENTITY]
"""The categories one may ask for: who had which address; how long and how much; by which account;
under which civil identity."""
ASKABLE: tuple[Askable, ...] = (
    Category.SOURCE,
    Category.TRAFFIC,
    Category.ACCOUNT,
    Category.IDENTITY,
)
Categories = Annotated[tuple[Askable, ...], Field(min_length=1)]


class Record(BaseModel):
    """What is read strictly and never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Requisition(Record):
    """The act that all the questions of a case stand on."""

    reference: Text
    """The authority's own number."""
    legal_ground: Text
    """The text it relies on, such as `CPP 77-1-1`."""
    authority: Text | None = None
    """Who asks, as the answer is addressed; None: not entered."""
    number: Text | None = None
    """The number in the register of the desk; None: made on the command line."""
    allowed: tuple[Askable, ...] = (Category.SOURCE,)
    """What its ground allows: nothing else leaves, whatever is asked."""


class _Question(Record, ABC):
    categories: Categories = (Category.SOURCE,)
    """What is wanted, each once, in the order of the law's own list."""

    @field_validator("categories")
    @classmethod
    def _each_once(cls, categories: tuple[Askable, ...]) -> tuple[Askable, ...]:
        return tuple(one for one in ASKABLE if one in categories)

    @property
    @abstractmethod
    def window(self) -> tuple[datetime, datetime]:
        """The earliest instant meant, and the first after all those meant, in UTC."""

    @property
    def days(self) -> tuple[date, ...]:
        """The UTC days it touches."""
        start, end = self.window
        first, last = start.date(), (end - _INSTANT_TICK).date()
        return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))


class AddressQuestion(_Question):
    """Who had this public address, from this port, at this time?"""

    kind: Literal["address"] = "address"
    public_address: str
    """IPv4 or IPv6, in its canonical form; IPv4 as an IPv6 socket logs it (`::ffff:192.0.2.10`,
    RFC 4291 §2.5.5.2) is IPv4."""
    port: int | None = Field(default=None, ge=1, le=65535)
    """Source port that was seen; None: not known."""
    protocol: Literal["tcp", "udp"] | None = None
    """Of that port; None: not known."""
    at: AwareDatetime
    uncertainty_seconds: int = Field(default=0, ge=0, le=_LONGEST_UNCERTAINTY_SECONDS)
    """The instant may be as much earlier or later."""
    to_the_minute: bool = False
    """The instant was written without seconds: any of that minute."""
    at_as_asked: Text
    """The instant as the authority wrote it, zone included."""

    @field_validator("public_address")
    @classmethod
    def _canonical(cls, text: str) -> str:
        found = ipaddress.ip_address(text)
        mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
        return str(mapped or found)

    @field_validator("at")
    @classmethod
    def _in_our_times(cls, at: datetime) -> datetime:
        return _in_our_times(at)

    @property
    def window(self) -> tuple[datetime, datetime]:
        """The earliest instant meant, and the first after all those meant, in UTC.

        An instant given to the minute or to the second is any of that minute or second; one given
        finer is that one.
        """
        margin = timedelta(seconds=self.uncertainty_seconds)
        at = self.at.astimezone(UTC)
        return at - margin, at + self._width + margin

    @property
    def _width(self) -> timedelta:
        if self.to_the_minute:
            return timedelta(minutes=1)
        return _INSTANT_TICK if self.at.microsecond else timedelta(seconds=1)


class _IntervalQuestion(_Question):
    since: AwareDatetime
    until: AwareDatetime
    """Not included."""
    interval_as_asked: Text
    """As the authority wrote it, zone included."""

    @field_validator("since", "until")
    @classmethod
    def _in_our_times(cls, at: datetime) -> datetime:
        return _in_our_times(at)

    @model_validator(mode="after")
    def _of_a_length(self) -> Self:
        if not timedelta(0) < self.until - self.since <= timedelta(days=LONGEST_DAYS):
            raise ValueError("length of the interval")
        return self

    @property
    def window(self) -> tuple[datetime, datetime]:
        """The interval, in UTC."""
        return self.since.astimezone(UTC), self.until.astimezone(UTC)


class DeviceQuestion(_IntervalQuestion):
    """Where was this device, with which addresses, during this interval?"""

    kind: Literal["device"] = "device"
    device: str
    """MAC address, `aa:bb:cc:dd:ee:ff`."""

    @field_validator("device")
    @classmethod
    def _canonical(cls, text: str) -> str:
        try:
            return str(MacAddress.parse(text))
        except ProtocolError as error:
            raise ValueError("device") from error


class PersonQuestion(_IntervalQuestion):
    """Which addresses had who used this identifier, during this interval?"""

    kind: Literal["person"] = "person"
    identifier_kind: Literal["user_name", "account", "ticket", "email", "phone"]
    """`user_name`: the opaque name of a right, as an earlier answer gave it; `account`: the opaque
    identifier of an account, a contact or a ticket; `ticket`: the code printed on one; else what
    the person typed."""
    identifier: Text
    """As the authority wrote it; of a ticket's code, its last digits."""
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    """Keyed digest of a ticket's code, by which the archive knows it; None: no ticket."""

    @model_validator(mode="after")
    def _a_ticket_can_be_found(self) -> Self:
        if (self.identifier_kind == "ticket") != (self.digest is not None):
            raise ValueError("digest of a ticket")
        return self


class SiteQuestion(_IntervalQuestion):
    """Which devices were online at this site, during this interval?"""

    kind: Literal["site"] = "site"
    site: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    """Its code."""


Question = Annotated[
    AddressQuestion | DeviceQuestion | PersonQuestion | SiteQuestion, Field(discriminator="kind")
]
_QUESTION: TypeAdapter[Question] = TypeAdapter(Question)


def _in_our_times(at: datetime) -> datetime:
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        raise ValueError("not in our times")
    return at


def wanted(question: Question, requisition: Requisition) -> tuple[Askable, ...]:
    """Return the categories that may leave: those asked that the act's ground allows."""
    return tuple(one for one in question.categories if one in requisition.allowed)


def ask(now: datetime, **asked: Any) -> Question:
    """Return the question asked at `now`; times are the authority's text, their zone included.

    `at_as_asked` or `interval_as_asked` may be given beside them, where the authority wrote the
    time in another way. Without a `kind` it is about an address.

    Raises:
        ConfigurationError: every part that cannot be used, with what is expected.
    """
    try:
        question = _QUESTION.validate_python({"kind": "address", **_as_written(asked), **asked})
    except ValidationError as error:
        raise ConfigurationError(_faults(error)) from error
    if question.window[0] > now:
        part = "at" if question.kind == "address" else "since"
        raise ConfigurationError([Fault(part, "expected an instant that has passed")])
    return question


def _as_written(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the text of a question's times tells beside the times themselves."""
    if asked.get("kind", "address") != "address":
        return {"interval_as_asked": f"du {asked.get('since')} au {asked.get('until')}"}
    at = asked.get("at", "")
    return {"at_as_asked": at, "to_the_minute": bool(_WITHOUT_SECONDS.search(str(at)))}


def summary(question: Question) -> str:
    """Return a question in one line, for whoever is about to open a case."""
    match question:
        case AddressQuestion(public_address=address, port=port, at_as_asked=at):
            return f"{address}{f' port {port}' if port else ''}, {at}"
        case DeviceQuestion(device=who, interval_as_asked=when):
            return f"device {who}, {when}"
        case PersonQuestion(identifier_kind=kind, identifier=who, interval_as_asked=when):
            return f"{kind} {who}, {when}"
        case SiteQuestion(site=who, interval_as_asked=when):
            return f"site {who}, {when}"


def require(**act: Any) -> Requisition:
    """Return the act the questions stand on.

    Raises:
        ConfigurationError: every part that cannot be used, with what is expected.
    """
    try:
        return Requisition.model_validate(act)
    except ValidationError as error:
        raise ConfigurationError(_faults(error)) from error


_EXPECTED = {
    "kind": "expected address, device, person or site",
    "public_address": "expected an IPv4 or IPv6 address",
    "port": "expected a port, 1 to 65535",
    "protocol": "expected tcp or udp",
    "at": "expected an instant with its zone, such as 2026-11-20T14:03:00+01:00",
    "uncertainty_seconds": "expected at most 24 hours",
    "since": "expected an instant with its zone, that has passed",
    "until": f"expected an instant with its zone, after the first, {LONGEST_DAYS} days at most",
    "device": "expected a MAC address, such as aa:bb:cc:dd:ee:ff",
    "identifier_kind": "expected user_name, account, ticket, email or phone",
    "identifier": "expected what the person is known by, at most 300 characters",
    "site": "expected the code of a site",
    "categories": "expected source, traffic, account or identity",
    "reference": "expected the authority's number, at most 300 characters",
    "legal_ground": "expected the legal text relied on, at most 300 characters",
}
_KINDS = frozenset({"address", "device", "person", "site"})


def _faults(error: ValidationError) -> list[Fault]:
    """Return the faults, one a part; what is only kept as written is the fault of what it tells."""
    parts = dict.fromkeys(_part([str(one) for one in e["loc"]]) for e in error.errors())
    said = [part for part in parts if not part.endswith("_as_asked")]
    return [Fault(part, _EXPECTED.get(part, "not understood")) for part in said]


def _part(place: Iterable[str]) -> str:
    """Return the part of a question, or of an act, that a fault is in."""
    names = [*place, ""]
    return (names[1] or "until") if names[0] in _KINDS else names[0] or "kind"
