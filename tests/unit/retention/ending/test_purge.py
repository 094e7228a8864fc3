"""What a purge destroys on a day, whatever the law says of it and whatever a hold asks to keep."""

import itertools
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from retention.categories import SEALED
from retention.ending.purge import plan
from retention.holds.waiting import Waiting
from retention.manifests.chain import Chain
from retention.manifests.manifest import (
    DayLink,
    HeldSegment,
    HoldLink,
    Link,
    PurgeLink,
    SealedSegment,
)
from retention.sealing.vault import VAULTED
from territory.database.tables.columns import Category
from territory.law.durations import InjunctionState, Law, Period, end_of, load_law

BEGINS = date(2027, 11, 20)
"""A leap day, ends of months and a change of year lie in what follows."""
DAY = timedelta(days=1)
RULES = load_law().rules
HOLD = UUID(int=7)
CATEGORIES = (*SEALED, *VAULTED)
Kept = tuple[date, Category]
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class World:
    """What is sealed, what the law knows, what one authority asks for."""

    law: Law
    sealed: tuple[date, ...]
    first: date
    last: date
    """The last day in the hold's scope."""
    vaults: frozenset[Category]
    registered: date
    executed: date | None
    """On which day two custodians resealed it, after the purge; None: never."""
    ends: date
    keeps: bool
    """Counsel's setting: whole days are kept while it waits."""

    def is_about(self, kept: Kept) -> bool:
        """Whether a segment has rows in scope."""
        day, category = kept
        if category in self.vaults:
            return day >= self.first
        return category in SEALED and self.first <= day <= self.last

    def waiting(self, today: date) -> list[Waiting]:
        """What the register says to the purge of a day."""
        done = self.executed is not None and self.executed < today
        if not self.keeps or done or not self.registered <= today < self.ends:
            return []
        return [Waiting(HOLD, self.first, self.last, self.vaults)]


def after(start: date, least: int, most: int) -> st.SearchStrategy[date]:
    """Return days so many days after another."""
    return st.integers(least, most).map(lambda days: start + timedelta(days))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Draw days, decisions on injunctions, and a hold over some of them."""
    cuts = sorted(draw(st.lists(after(BEGINS, 0, 130), min_size=2, max_size=3, unique=True)))
    decided = [s for s in InjunctionState if s is not InjunctionState.UNKNOWN]
    periods = tuple(
        Period(draw(st.sampled_from(decided)), since, until, "g")
        for since, until in itertools.pairwise(cuts)
    )
    registered = draw(after(BEGINS, 3, 500))
    first = draw(after(BEGINS, -3, 130))
    return World(
        Law(RULES, periods),
        tuple(sorted(draw(st.sets(after(BEGINS, 0, 130), min_size=1, max_size=4)))),
        first,
        draw(after(first, 0, 100)),
        draw(st.sampled_from([frozenset(), frozenset({Category.ACCOUNT}), frozenset(VAULTED)])),
        registered,
        draw(st.none() | after(registered, 0, 300)),
        draw(after(registered, 1, 366)),
        draw(st.booleans()),
    )


def made(kind: type[M], **content: Any) -> M:
    """Return a record of which only that much is told."""
    construct: Any = kind.model_construct
    told: M = construct(**content)
    return told


def segment(kept: Kept, part: int) -> SealedSegment:
    """Return a segment of one row."""
    day, category = kept
    name = f"{day}.{category}.{part}"
    told: dict[str, Any] = {"category": category.value, "part": part, "object": name}
    return made(SealedSegment, **told, rows=1, octets=1)


class Life:
    """Days that go by, each with its purge."""

    def __init__(self, world: World) -> None:
        self.world = world
        links: list[Link] = [
            made(DayLink, day=day, segments=tuple(segment((day, c), 0) for c in CATEGORIES))
            for day in world.sealed
        ]
        self.chain = Chain(Path(), links)

    def purge(self, today: date) -> None:
        """Destroy what a plan names; then two custodians may reseal what is left in scope."""
        planned = plan(self.world.law, self.chain, today, self.world.waiting(today))
        self.chain.links.append(made(PurgeLink, segments=planned.ended))
        if today == self.world.executed and today < self.world.ends:
            self._reseal()

    def _reseal(self) -> None:
        about = [kept for kept in self.whole() if self.world.is_about(kept)]
        preserved = tuple(
            made(HeldSegment, **dict(segment(kept, 1)), day=kept[0]) for kept in about
        )
        told = made(HoldLink, hold=HOLD, ends_on=self.world.ends, segments=preserved)
        self.chain.links.append(told)

    def whole(self) -> set[Kept]:
        """The days and categories held whole."""
        return {(day, Category(s.category)) for day, s in self.chain.held()}

    def apart(self) -> set[Kept]:
        """Those of which the rows in scope are held apart."""
        return {(s.day, Category(s.category)) for _, s in self.chain.held_apart()}


@settings(max_examples=40)
@given(worlds())
def test_nothing_in_scope_is_lost_and_nothing_else_lives_longer(world: World) -> None:
    """Whatever a hold's days, when it is executed and how long it lasts: its rows are there from
    the day it is registered until its end; all else goes on the day the law says."""
    life = Life(world)
    every = {(day, category) for day in world.sealed for category in CATEGORIES}
    ends = {kept: end_of(world.law, kept[1], kept[0]).last or date.max for kept in every}
    turns = {*ends.values(), world.registered, world.executed or world.ends, world.ends}
    for today in sorted({turn + n * DAY for turn in turns for n in (-1, 0, 1)}):
        life.purge(today)
        whole, apart = life.whole(), life.apart()
        assert {kept for kept in every if ends[kept] > today} <= whole
        for kept in every & whole:
            is_awaited = world.is_about(kept) and bool(world.waiting(today))
            assert ends[kept] > today or (is_awaited and world.registered <= ends[kept])
        assert all(world.is_about(kept) for kept in apart)
        if today >= world.ends:
            assert not apart
        elif world.keeps and today >= world.registered:
            asked = {k for k in every if world.is_about(k) and ends[k] >= world.registered}
            assert asked <= whole | apart
