"""Way 3, a year and two months of it: each day sealed, verified, asked about, gone on its day.

A small territory lives from 25 November 2027 to 31 January 2029, over a 29 February and three
changes of hour. On every single day the purge is planned; around the days that matter and each
Monday `archive purge` and `archive run` do their work, as after a server was off for some days.
When each thing must go is told by PostgreSQL's calendar and by the tables below, never by the
product's own arithmetic.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import asyncpg
import pytest

from retention.cases.case import open_case, open_keys, read_case
from retention.cases.lookup import Outcome
from retention.cases.prepare import Order, Preparer, load_holders, prepare_case, write_case
from retention.cases.question import Question, ask, require
from retention.cases.replies import Reply, reply_to
from retention.ending.purge import plan
from retention.holds.register import Execution, load_holds, register, write_hold
from retention.holds.reseal import reseal
from retention.holds.take_in import read_resealed, take_in
from retention.keys import age
from retention.manifests.chain import SEGMENTS, Chain
from retention.manifests.signing import SigningKey
from retention.manifests.verify import Verdict, verify_folder
from retention.sealing.archive import Places, only_runner, unwatched
from retention.sealing.clock_guard import ClockGuard
from retention.standing import look
from territory.database.connect import open_engine
from territory.law.durations import load_law
from tests.evidence import CUSTODIANS, Evidence, places_in, run_archive, run_purge
from tests.small_territory import (
    BLOCKS,
    DAY,
    NAT_LOGS,
    NAT_PORT,
    NEITHER,
    SHARED_OUT,
    SLOTS,
    SmallTerritory,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

FIRST, LAST = date(2027, 11, 25), date(2029, 1, 31)
MORNING = time(0, 5, tzinfo=UTC)
Held = tuple[date, str, int]
"""A segment: its day, its category and its part."""
EACH_MORNING: Final = (
    (FIRST, date(2027, 12, 2)),
    (date(2028, 2, 22), date(2028, 3, 12)),
    (date(2028, 10, 28), date(2028, 11, 3)),
    (date(2028, 12, 20), date(2028, 12, 24)),
    (date(2029, 1, 18), date(2029, 1, 22)),
)
"""When purge and seal run each morning: leap day, decrees, summer time's end, a hold's two ends."""

DECISIONS: Final = {
    FIRST: """
        [[no_injunction]]
        from = 2026-10-21
        until = 2027-12-15
        source = "Décision du DPO"
        [[injunction]]
        decree = "2028-1"
        from = 2028-01-05
        until = 2028-06-01
        source = "Décret 2028-1"
    """,
    date(2028, 3, 5): """
        [[injunction]]
        decree = "2028-140"
        from = 2027-11-22
        until = 2027-12-15
        source = "Décret 2028-140, publié après coup"
    """,
    date(2028, 10, 15): """
        [[injunction]]
        decree = "2028-900"
        from = 2028-06-01
        until = 2028-09-01
        source = "Décret 2028-900, publié après coup"
        [[no_injunction]]
        from = 2028-09-01
        until = 2030-01-01
        source = "Décision du DPO"
    """,
}
"""What is entered in the law's dated data, and on which morning."""
TRAFFIC: Final = (
    (date(2027, 11, 25), "3 months"),  # decided that no injunction covers them, and gone by March
    (date(2027, 12, 4), "1 year"),  # still held when a decree that covers them was entered
    (date(2027, 12, 15), "1 year"),  # never decided: kept no longer than an injunction would have
    (date(2028, 1, 5), "1 year"),  # an injunction
    (date(2028, 6, 1), "1 year"),  # undecided until October, then an injunction
    (date(2028, 9, 1), "3 months"),  # undecided until October, then none
)
"""For how long the traffic data of the days from each date on is kept."""


@dataclass(slots=True)
class Diary:
    """What was seen on the disk, day after day."""

    evidence: Evidence
    places: Places
    folder: Path
    """Where cases travel."""
    identities: dict[str, str]
    """The custodians' own, by login."""
    signers: dict[str, SigningKey]
    chain: Chain
    """As it was after the last run."""
    due: dict[Held, date] = field(default_factory=dict)
    """The first day whose plan named a segment."""
    came: dict[Held, date] = field(default_factory=dict)
    """The first morning on which a segment's object and key were there."""
    gone: dict[Held, date] = field(default_factory=dict)
    """The first morning on which neither was."""
    mornings: list[date] = field(default_factory=list)
    """When purge and seal ran."""
    verdicts: dict[date, Verdict] = field(default_factory=dict)
    """What an offline verification found, each month."""
    replies: dict[date, tuple[Reply, ...]] = field(default_factory=dict)
    """What was answered to the questions asked on a day."""
    faults: list[str] = field(default_factory=list)
    """What must never be seen."""

    def see(self, today: date) -> None:
        """Note what came and what went; an object and its key come and go together."""
        self.chain = Chain.read(self.places.archive)
        there = {_held(path.name) for path in (self.places.archive / SEGMENTS).rglob("*.age")}
        keys = {_held(path.name) for path in self.places.keys.rglob("*.json")}
        if there != keys:
            self.faults.append(f"{today}: objects without keys, or the reverse: {there ^ keys}")
        known = self.came.keys() - self.gone.keys()
        self.came |= dict.fromkeys(there - known, today)
        self.gone |= dict.fromkeys(known - there, today)

    def foresee(self, today: date) -> None:
        """Plan the day's purge, and note what it names for the first time."""
        planned = plan(load_law(self.places.law), self.chain, today)
        for each in planned.ended:
            self.due.setdefault((each.day, each.category, each.part), today)

    def verify(self, today: date) -> None:
        """Verify all of it, and count what is missing or overdue."""
        self.verdicts[today] = verify_folder(self.places.archive)
        standing = look(self.places, load_law(self.places.law), _morning(today))
        for category, found in standing.categories.items():
            if found.missing_days or found.overdue_records:
                self.faults.append(f"{today}: {category}: {found}")

    async def ask(self, today: date, questions: tuple[Question, ...]) -> None:
        """Have a case travel through both custodians' hands."""
        engine = open_engine(self.evidence.owner_url)
        order = Order(ACT, questions, CUSTODIANS, Preparer("anne"))
        made = await prepare_case(engine, self.places, order, _morning(today))
        await engine.dispose()
        case, opened = self.folder / f"{today}.tar", self.folder / f"{today}.opened.tar"
        first, second = (self.identities[login] for login in CUSTODIANS)
        with case.open("wb") as tar:
            write_case(self.places, made.file, tar)
        with opened.open("wb") as tar:
            open_case(read_case(case), first, _morning(today), tar)
        travelled = read_case(opened)
        self.replies[today] = reply_to(travelled, open_keys(travelled, second))

    async def hold(self, today: date, question: Question, ends_on: date) -> None:
        """Preserve what an authority asks for, executed by both custodians on the same day."""
        engine = open_engine(self.evidence.owner_url)
        async with engine.begin() as db:
            order = Order(ACT, (question,), CUSTODIANS, Preparer("anne"))
            await register(db, order, ends_on, _morning(today))
            [hold] = await load_holds(db)
            by = Execution(await load_holders(db), _morning(today))
        await engine.dispose()
        case, opened, back = (self.folder / f"hold.{step}" for step in ("case", "opened", "back"))
        first, second = CUSTODIANS
        with case.open("wb") as tar:
            write_hold(self.places, hold, by, tar)
        with opened.open("wb") as tar:
            open_case(read_case(case), self.identities[first], _morning(today), tar)
        identity, signer = self.identities[second], self.signers[second]
        back.write_bytes(reseal(read_case(opened), identity, signer, _morning(today)))
        resealed = read_resealed(back, SigningKey.read(self.places.signing_key).public)
        url, now = self.evidence.retention_url, _morning(today)
        async with only_runner(url, self.places, now, unwatched, ClockGuard.NONE) as runner:
            await take_in(runner, resealed)


def _held(name: str) -> Held:
    day, category, part, *_ = name.split(".")
    return date.fromisoformat(day), category, int(part)


def _morning(day: date) -> datetime:
    return datetime.combine(day, MORNING)


# --- What is asked, and what the answer is known to be --------------------------------------------

ACT: Final = require(reference="PV 2028/12", legal_ground="CPCE L34-1 III bis")
LEAP, AUTUMN = date(2028, 2, 29), date(2028, 10, 29)
HELD_DAY, HELD_SLOT, HOLD_ENDS = date(2027, 12, 20), SLOTS[4], date(2029, 1, 20)


def _asked(address: str, at: str, port: int | None = None) -> Question:
    return ask(_morning(LAST), public_address=address, port=port, at=at)


def _port(number: int) -> int:
    lease = SHARED_OUT.lease_of(SLOTS[number].address)
    assert lease
    return lease.port_first + 7


QUESTIONS: Final[dict[date, list[tuple[Question, Outcome, set[str]]]]] = {
    date(2028, 3, 8): [
        (
            _asked(BLOCKS.public_address, f"{LEAP}T09:20:00Z", _port(1)),
            Outcome.ONE,
            {SLOTS[1].device(LEAP)},
        ),
        (
            _asked(BLOCKS.public_address, f"{LEAP}T10:20:00+01:00", _port(0)),
            Outcome.ONE,
            {SLOTS[0].device(LEAP)},
        ),
        (_asked(BLOCKS.public_address, f"{LEAP}T09:20:00Z", _port(5)), Outcome.NOTHING, set()),
        (
            _asked(BLOCKS.public_address, "2028-03-01T00:10:00Z", _port(6)),
            Outcome.ONE,
            {SLOTS[6].device(LEAP)},
        ),
        (
            _asked(NEITHER.public_address, f"{LEAP}T11:20:00Z", 40_000),
            Outcome.AMBIGUOUS,
            {SLOTS[4].device(LEAP), SLOTS[5].device(LEAP)},
        ),
        (_asked(NEITHER.public_address, f"{LEAP}T14:00:00Z", 40_000), Outcome.NOTHING, set()),
    ],
    date(2028, 11, 2): [
        (
            _asked(NAT_LOGS.public_address, f"{AUTUMN}T02:30:00+02:00", NAT_PORT),
            Outcome.ONE,
            {SLOTS[2].device(AUTUMN)},
        ),
        (
            _asked(NAT_LOGS.public_address, f"{AUTUMN}T02:30:00+01:00", NAT_PORT),
            Outcome.ONE,
            {SLOTS[3].device(AUTUMN)},
        ),
    ],
    date(2029, 1, 19): [
        (
            _asked(NEITHER.public_address, f"{HELD_DAY}T11:05:00Z"),
            Outcome.POSSIBLE,  # what was preserved is left of that day, and nobody else
            {HELD_SLOT.device(HELD_DAY)},
        ),
    ],
}
"""By the day they are asked on; the second hour of an autumn night comes twice."""


# --- Living through it ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def diary(module_database_url: str) -> Iterator[Diary]:
    """Live through all of it, once for all the tests; in memory, where there is some.

    Its four thousand files are each made sure of on the disk before the next, and no test cuts
    the power.
    """
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield asyncio.run(_live(Evidence(module_database_url), Path(folder)))


async def _live(evidence: Evidence, folder: Path) -> Diary:
    identities = {login: age.new_identity() for login in CUSTODIANS}
    signers = {login: SigningKey.generate() for login in CUSTODIANS}
    places = places_in(folder)
    diary = Diary(evidence, places, folder, identities, signers, Chain(places.archive))
    diary.places.law.parent.mkdir()
    for login, identity in identities.items():
        signer = signers[login].public.base64
        await evidence.custodian(login, age.recipient_of(identity), signer)
    async with SmallTerritory.laid(evidence, FIRST) as territory:
        today = FIRST
        while today <= LAST:
            await _pass(diary, territory, today)
            today += DAY
    return diary


async def _pass(diary: Diary, territory: SmallTerritory, today: date) -> None:
    """Let a day go by: what is decided, the plan, the morning's runs, what is asked, sessions."""
    if decided := DECISIONS.get(today):
        with diary.places.law.open("a") as law:
            law.write(decided)
    diary.foresee(today)
    each_morning = any(first <= today <= last for first, last in EACH_MORNING)
    if each_morning or today.weekday() == 0 or today == LAST:
        diary.mornings.append(today)
        await run_purge(diary.evidence.retention_url, diary.places, _morning(today))
        await run_archive(diary.evidence.retention_url, diary.places, _morning(today))
        diary.see(today)
        if today.day <= 7 or today == LAST:
            diary.verify(today)
    if asked := QUESTIONS.get(today):
        await diary.ask(today, tuple(question for question, *_ in asked))
    if today == date(2028, 11, 1):
        await diary.hold(today, _preserved(), HOLD_ENDS)
    if each_morning or today.weekday() == 0:
        await territory.record(today)


def _preserved() -> Question:
    day = f"{HELD_DAY}T00:00:00Z"
    device = HELD_SLOT.device(HELD_DAY)
    until = f"{HELD_DAY + DAY}T00:00:00Z"
    return ask(_morning(LAST), kind="device", device=device, since=day, until=until)


@pytest.fixture(scope="module")
def ends(module_database_url: str) -> dict[tuple[date, str], date]:
    """The first day on which each day's segment may not exist, by PostgreSQL's calendar."""
    found: dict[tuple[date, str], date] = {}
    for day, in_3_months, in_1_year in asyncio.run(_calendar(module_database_url)):
        term = next(term for since, term in reversed(TRAFFIC) if day >= since)
        found[day, "security"] = in_3_months
        found[day, "traffic"] = in_3_months if term == "3 months" else in_1_year
        found[day, "source"] = in_1_year
    return found


async def _calendar(url: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(
            "SELECT day::date, (day + interval '3 months' + interval '1 day')::date,"
            " (day + interval '1 year' + interval '1 day')::date"
            " FROM generate_series($1::date::timestamp, $2::date, interval '1 day') AS day",
            *(FIRST, LAST),
        )
    finally:
        await connection.close()


# --- What must be so ------------------------------------------------------------------------------


def test_every_day_is_sealed_once_its_grace_is_over(diary: Diary) -> None:
    """Source, traffic and security data of each day, without a gap, on its first morning."""
    own = {held: morning for held, morning in diary.came.items() if held[2] == 0}
    days = [FIRST + n * DAY for n in range((LAST - FIRST).days - 2)]
    assert own == {
        (day, category, 0): next(m for m in diary.mornings if m >= day + 3 * DAY)
        for day in days
        for category in ("source", "traffic", "security")
    }


def test_each_is_due_on_its_calendar_day_and_goes_then(
    diary: Diary, ends: dict[tuple[date, str], date]
) -> None:
    """Planned on the first day it may not exist, on none before, and gone at the next purge."""
    expected = {
        held: ends[held[:2]] for held in diary.came if held[2] == 0 and ends[held[:2]] <= LAST
    }
    assert {held: day for held, day in diary.due.items() if held[2] == 0} == expected
    gone = {held: day for held, day in diary.gone.items() if held[2] == 0}
    assert gone == {
        held: next(morning for morning in diary.mornings if morning >= end)
        for held, end in expected.items()
    }
    assert {diary.gone[date(2027, 11, day), "security", 0] for day in (29, 30)} == {
        date(2028, 3, 1)
    }


def test_a_decree_entered_late_extends_what_is_still_held(diary: Diary) -> None:
    """What the DPO's finding had not destroyed by 5 March 2028 lives out the decree's year."""
    lost, saved = (date(2027, 12, 3), "traffic", 0), (date(2027, 12, 4), "traffic", 0)
    assert diary.gone[lost] == date(2028, 3, 4)
    assert diary.due[saved] == date(2028, 12, 5)


@pytest.mark.parametrize("today", QUESTIONS)
def test_cases_are_answered_exactly(diary: Diary, today: date) -> None:
    """The right device, all that cannot be told apart, or nobody: as it was known beforehand."""
    for reply, (question, outcome, devices) in zip(
        diary.replies[today], QUESTIONS[today], strict=True
    ):
        found = {each.device for each in reply.found.attributions}
        assert (reply.found.outcome, found, reply.found.devices) == (
            outcome,
            devices,
            len(devices),
        ), question


def test_a_hold_outlives_its_day_alone_and_ends_on_its_own(diary: Diary) -> None:
    """The day's segment dies on its day; what was resealed of it, on the hold's."""
    assert diary.gone[HELD_DAY, "source", 0] == date(2028, 12, 21)
    held = {each: morning for each, morning in diary.gone.items() if each[2] > 0}
    assert {(day, category) for day, category, _ in held} == {
        (HELD_DAY, "source"),
        (HELD_DAY, "traffic"),
    }
    assert set(held.values()) == {HOLD_ENDS}


def test_it_verifies_offline_all_along(diary: Diary) -> None:
    """Each month, without a database or a key: whole, and nothing left of what was destroyed."""
    assert len(diary.verdicts) >= 15
    for morning, verdict in diary.verdicts.items():
        assert verdict.is_whole, (morning, verdict.faults)
        assert verdict.notices == ()
    assert diary.verdicts[LAST].days == (LAST - FIRST).days - 2


def test_nothing_is_ever_missing_or_overdue(diary: Diary) -> None:
    """Neither a day too few nor a row too many (CPCE L39-3), and no key outlives its object."""
    assert diary.faults == []
