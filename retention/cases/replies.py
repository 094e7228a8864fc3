"""From a case's opened segments to what the archive says to each question, a segment at a time.

    person --> identity --> account --> names of rights --+
    address, device, site --------------------------------+--> source slices
                                    source slices --> sessions --> traffic
                                    source slices --> names of rights --> account --> identity

One pass through each category opens each segment once, for all the questions (the source's twice
where a port was told late), and forgets it before the next: memory holds one segment and what was
found. What is only a step on the way is dropped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from retention.cases.case import Case
from retention.cases.case_file import DayState, opened_for
from retention.cases.late_ports import lead_to, whose
from retention.cases.lookup import WHERE_AND_WHEN, Found, Outcome, criterion, find, places
from retention.cases.opening import Opening, Told
from retention.cases.people import accounts_of, guests_of, identities_of, names_of
from retention.cases.question import AddressQuestion, Askable, Question, wanted
from retention.cases.selection import Criterion, Row, where_null
from territory.database.tables.columns import Category

_NOBODY: frozenset[str] = frozenset()
_WITH_OPEN_ROWS: tuple[Askable, ...] = (Category.ACCOUNT, Category.IDENTITY)
"""Sealed on the day they end: until then they lie in the database alone."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the archive says to one question."""

    question: Question
    given: tuple[Askable, ...]
    """The categories that leave."""
    withheld: tuple[Askable, ...]
    """Those asked that the act's ground does not allow."""
    complete: bool
    """Whether all was looked at: every day, of every category, that the question touches."""
    unseen: tuple[Askable, ...]
    """Categories needed, of which only what had ended travelled: an account or a contact that is
    still open may answer the question."""
    unplaced: int
    """Where an IPv4 address led to nobody: how many sites had devices then, and no public address
    that is known."""
    found: Found
    """Also where source data is not given: what led to the rest."""
    traffic: tuple[Row, ...] = ()
    """Of the sessions found; each row with its `day`."""
    accounts: tuple[Row, ...] = ()
    identities: tuple[Row, ...] = ()


def reply_to(case: Case, keys: Mapping[str, str]) -> tuple[Reply, ...]:
    """Return the replies to a case's questions, in their order; `keys` open its segments.

    Raises:
        ConfigurationError: a segment, or its key, is not what it should be.
    """
    opening = Opening(case, keys)
    act, questions = case.file.requisition, dict(enumerate(case.file.questions))
    guests = guests_of(opening, questions)
    names = names_of(opening, questions, guests)
    asked = {
        number: criterion(question, names.get(number, _NOBODY))
        for number, question in questions.items()
        if wanted(question, act)
    }
    source = _slices(opening, questions, asked)
    found = {
        number: _as_sure_as_held(find(source.get(number, ()), question), case, question)
        for number, question in questions.items()
    }
    unplaced = {n: _unplaced(opening, questions[n], found[n]) for n in questions}
    traffic = _traffic(opening, found)
    accounts = accounts_of(opening, _used(opening, found), guests)
    identities = identities_of(opening, _giving(opening, accounts, Category.IDENTITY))
    return tuple(
        Reply(
            question=question,
            given=wanted(question, act),
            withheld=tuple(c for c in question.categories if c not in act.allowed),
            complete=_is_complete(case, question),
            unseen=_unseen(case, question),
            unplaced=unplaced[number],
            found=found[number],
            traffic=tuple(traffic.get(number, ())),
            accounts=_rows(_giving(opening, accounts, Category.ACCOUNT).get(number, ())),
            identities=_rows(identities.get(number, ())),
        )
        for number, question in questions.items()
    )


def _slices(
    opening: Opening, questions: Mapping[int, Question], asked: Mapping[int, Criterion]
) -> dict[int, list[tuple[int, Row]]]:
    """Return the slices that meet each criterion, by the question's number, with their parts.

    A translation told late leads to its device by the private address: a second look, where one
    matters.
    """
    source = _parts(opening.gather(Category.SOURCE, asked))
    led = {number: whose(rows, questions[number]) for number, rows in source.items()}
    known = _parts(opening.gather(Category.SOURCE, {n: one for n, one in led.items() if one}))
    return {number: lead_to(rows, known.get(number, ())) for number, rows in source.items()}


def _parts(gathered: Mapping[int, Sequence[Told]]) -> dict[int, list[tuple[int, Row]]]:
    return {number: [(v.part, row) for v, row in rows] for number, rows in gathered.items()}


def _as_sure_as_held(found: Found, case: Case, question: Question) -> Found:
    """Call nobody the only one where a part of their days is not held whole.

    What an order preserved is what it was about: whoever shared the address is gone with the day.
    """
    told = (d for d in case.file.days if d.day in question.days and d.category is Category.SOURCE)
    states = {day.state for day in told}
    if found.outcome is Outcome.ONE and states != {DayState.SEALED}:
        return replace(found, outcome=Outcome.POSSIBLE)
    return found


def _giving(
    opening: Opening, accounts: Mapping[int, Sequence[Told]], category: Category
) -> dict[int, Sequence[Told]]:
    """Return the accounts of the questions that are given `category`: more than a step then."""
    return {n: rows for n, rows in accounts.items() if _gives(opening, n, category)}


def _rows(told: Sequence[Told]) -> tuple[Row, ...]:
    return tuple(row for _, row in told)


def _is_complete(case: Case, question: Question) -> bool:
    days, act = set(question.days), case.file.requisition
    needed = opened_for(question, act)
    told = [d for d in case.file.days if d.day in days and d.category in needed]
    is_held = bool(told) and all(day.state is DayState.SEALED for day in told)
    return is_held and not _unseen(case, question)


def _unseen(case: Case, question: Question) -> tuple[Askable, ...]:
    """Return the categories needed whose open rows, in the database, did not travel."""
    needed = opened_for(question, case.file.requisition)
    travelled = {extract.category for extract in case.file.extracts}
    return tuple(one for one in _WITH_OPEN_ROWS if one in needed - travelled)


def _unplaced(opening: Opening, question: Question, found: Found) -> int:
    """Return how many sites the address may have been at, of those whose own is not known."""
    if found.outcome is not Outcome.NOTHING or not isinstance(question, AddressQuestion):
        return 0
    if ":" in question.public_address:
        return 0
    segments = opening.through(Category.SOURCE, frozenset(question.days))
    slices = (where_null(parquet, "public_address", WHERE_AND_WHEN) for _, parquet in segments)
    return len({site for each in slices for site in places(each, question)})


def _gives(opening: Opening, number: int, category: Category) -> bool:
    file = opening.case.file
    return category in wanted(file.questions[number], file.requisition)


def _traffic(opening: Opening, found: Mapping[int, Found]) -> dict[int, list[Row]]:
    """Return what is given of how long and how much, of the sessions found."""
    sessions = {
        number: Criterion("session", frozenset(a.session for a in one.attributions))
        for number, one in found.items()
        if _gives(opening, number, Category.TRAFFIC)
    }
    gathered = opening.gather(Category.TRAFFIC, sessions)
    return {n: [{"day": v.day, **row} for v, row in rows] for n, rows in gathered.items()}


def _used(opening: Opening, found: Mapping[int, Found]) -> dict[int, frozenset[str]]:
    """Return the names of the rights found, of the questions that are given whose they were."""
    return {
        number: frozenset(a.user_name for a in one.attributions if a.user_name)
        for number, one in found.items()
        if _gives(opening, number, Category.ACCOUNT) or _gives(opening, number, Category.IDENTITY)
    }
