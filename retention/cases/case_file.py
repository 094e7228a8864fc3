"""`case.json`, the first file of a case: what is asked, of whom it is opened, what travels with it.

Signed by the archive. Format 1, of a single question about an address, is read as what it says.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, model_validator

from retention.cases.question import (
    MOST_QUESTIONS,
    Askable,
    Question,
    Record,
    Requisition,
    Text,
    wanted,
)
from retention.manifests.chain import Chain
from retention.manifests.manifest import SealedSegment
from territory.database.tables.columns import Category

_BY_DAY = (Category.SOURCE, Category.TRAFFIC)


class DayState(StrEnum):
    """What the archive holds of a day."""

    SEALED = "sealed"
    PRESERVED = "preserved in part"
    """Destroyed, but for the rows in the scope of a hold."""
    UNSEALED = "not sealed yet"
    DESTROYED = "destroyed"
    ABSENT = "before the archive"


class Day(Record):
    """One day that a question touches."""

    day: date
    state: DayState
    category: Askable = Category.SOURCE


class Holder(Record):
    """A custodian as a case names them."""

    login: str
    recipient: str
    """Their age public key."""
    signing_key: str | None = None
    """Ed25519 public key with which they answer, base64 of 32 octets; None: they have none."""


class Extract(Record):
    """What the database still held of accounts, sealed for this case alone when it was prepared."""

    object: Annotated[str, Field(pattern=r"^held\.(account|identity)\.parquet\.age$")]
    """Name of its file in the folder `segments`."""
    category: Literal[Category.ACCOUNT, Category.IDENTITY]
    sha256: str
    """Of the sealed file."""
    rows: int = Field(ge=0)


class HoldOrder(Record):
    """That the rows in scope be resealed apart, with an end of their own (CPCE L34-1 III bis)."""

    hold: UUID
    ends_on: date
    """The first day on which they may not exist; the chain may move it later."""
    custodians: tuple[Holder, ...] = Field(min_length=2)
    """For each pair of whom the new keys are wrapped."""


class CaseFile(Record):
    """`case.json`: the questions, and what travels with them."""

    format: Literal["socle-case-2"] = "socle-case-2"
    case: UUID
    requisition: Requisition
    questions: tuple[Question, ...] = Field(min_length=1, max_length=MOST_QUESTIONS)
    prepared_at: AwareDatetime
    prepared_by: Text
    service: Text | None = None
    """Whose answer it is, as printed: the territory's service; None: not described."""
    first: Holder
    """Opens the outer layer."""
    second: Holder
    """Opens the inner layer, and answers."""
    days: tuple[Day, ...]
    """Of source and traffic data; accounts and identities are sealed on the day they ended."""
    objects: tuple[str, ...]
    """The segments that travel, whole: they cannot be cut without being opened."""
    extracts: tuple[Extract, ...] = ()
    """Beside them, where accounts are asked about and the database could be read."""
    sites: dict[str, str]
    """Names of the sites by their codes, for the report."""

    hold: HoldOrder | None = None
    """What is to be preserved instead of answered; None: a question to be answered."""

    @property
    def logins(self) -> list[str]:
        """Who opens it, in their order."""
        return [self.first.login, self.second.login]

    @model_validator(mode="before")
    @classmethod
    def _of_format_1(cls, content: Any) -> Any:
        if not isinstance(content, dict) or content.get("format") != "socle-case-1":
            return content
        question = dict(content.get("question") or {})
        act = {key: question.pop(key, None) for key in ("reference", "legal_ground")}
        others = {key: value for key, value in content.items() if key != "question"}
        asked = {**question, "kind": "address"}
        return {**others, "format": "socle-case-2", "requisition": act, "questions": [asked]}


def describe_days(chain: Chain, questions: Sequence[Question], act: Requisition) -> tuple[Day, ...]:
    """Return what the archive holds of each day the questions touch, by category."""
    sealed = [link.day for link in chain.days()]
    held = {(day, Category(s.category)): DayState.SEALED for day, s in chain.held()}
    apart = [s for _, s in chain.held_apart()]
    preserved = {(s.day, Category(s.category)): DayState.PRESERVED for s in apart}
    known = {**preserved, **held}
    return tuple(
        Day(day=day, state=known.get((day, category)) or _gone(day, sealed), category=category)
        for day, category in sorted(_touched(questions, act))
    )


def _touched(questions: Iterable[Question], act: Requisition) -> set[tuple[date, Askable]]:
    return {
        (day, category)
        for question in questions
        for category in opened_for(question, act)
        if category in _BY_DAY
        for day in question.days
    }


def _gone(day: date, sealed: Sequence[date]) -> DayState:
    if not sealed or day > sealed[-1]:
        return DayState.UNSEALED
    return DayState.ABSENT if day < sealed[0] else DayState.DESTROYED


def objects_of(chain: Chain, questions: Sequence[Question], act: Requisition) -> tuple[str, ...]:
    """Return the segments that hold the answers, supplements too, in the order they were sealed.

    Where a day's own are destroyed, what a hold has preserved of it is all there is.
    """
    return objects_about(chain, _touched(questions, act), dict(_since(questions, act)))


def objects_about(
    chain: Chain, touched: Set[tuple[date, Category]], since: Mapping[Category, date]
) -> tuple[str, ...]:
    """Return the segments of days and categories, in the order they were sealed.

    Args:
        chain: what is held.
        touched: days, each with a category.
        since: the first day whose segments are wanted, of categories that are wanted from then on.
    """
    return tuple(
        s.object
        for day, s in (*chain.held(), *((s.day, s) for _, s in chain.apart_alone()))
        if (day, Category(s.category)) in touched or _ended(day, s, since)
    )


def _since(questions: Iterable[Question], act: Requisition) -> Iterator[tuple[Category, date]]:
    """Yield the first day on which what a question asks of accounts may have ended."""
    latest_first = sorted(questions, key=lambda question: question.days[0], reverse=True)
    for question in latest_first:
        for category in opened_for(question, act):
            if category not in _BY_DAY:
                yield category, question.days[0]


def _ended(day: date, segment: SealedSegment, since: Mapping[Category, date]) -> bool:
    return day >= since.get(Category(segment.category), date.max)


def opened_for(question: Question, act: Requisition) -> set[Askable]:
    """Return the categories whose segments a question needs opened.

    Source data leads from an address to a session and from there to an account, the account to the
    identity, and back. What is only a step on the way does not leave.
    """
    categories = set(wanted(question, act))
    if not categories:
        return categories
    if question.kind == "person" and question.identifier_kind in ("email", "phone"):
        categories.add(Category.IDENTITY)
    if question.kind == "person" and question.identifier_kind in ("account", "ticket"):
        categories.add(Category.ACCOUNT)
    if Category.IDENTITY in categories:
        categories.add(Category.ACCOUNT)
    return categories | {Category.SOURCE}
