"""A hold executed, offline: the second custodian takes the rows in scope out and seals them anew.

    person --> names of rights --> rows of each day --> names of rights --> accounts, identities

The case of a hold travels as any case does, and its outer layer is opened the same way. What comes
back to the server is this file's tar: the order as the archive signed it, what was resealed, signed
by the custodian that the order names, and for each new segment its key, made on this machine,
wrapped for every pair of custodians. Nothing else of the opened days is in it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from io import BytesIO
from typing import Annotated, Literal
from uuid import UUID

import pyarrow as pa
from pydantic import AwareDatetime, Field

from retention.cases.case import CASE, SIGNATURE, Case, Vouched, open_keys
from retention.cases.case_file import HoldOrder
from retention.cases.case_tar import pack
from retention.cases.opening import Opening, Told
from retention.cases.people import accounts_of, guests_of, identities_of, names_of
from retention.cases.question import PersonQuestion, Question, Record
from retention.cases.selection import Row
from retention.categories import SEALED
from retention.holds.scope import Names, Opened, in_scope, rights_used, vaults_of
from retention.keys.key_register import Custodian, encode_keys, wrap
from retention.manifests import canonical, manifest
from retention.manifests.manifest import DayLink, SealedSegment
from retention.manifests.signing import SigningKey
from retention.sealing.columns import ACCOUNT_ROWS, IDENTITY_ROWS, SOURCE_SLICES
from retention.sealing.segment import FreshSegment, open_segment, seal
from territory.database.tables.columns import Category
from territory.errors import ConfigurationError, Fault

RESEALED = "resealed.json"
RESEALED_SIGNATURE = "resealed.json.sig"
_VAULT_ROWS = {Category.ACCOUNT: ACCOUNT_ROWS, Category.IDENTITY: IDENTITY_ROWS}
_Kept = tuple[Vouched, pa.Table]
"""The rows in scope of a segment."""
_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ResealedSegment(Record):
    """The rows of one segment that are in scope, sealed anew."""

    day: date
    """The day its rows are about; of accounts that had not ended, the last one sealed by then."""
    segment: SealedSegment
    """Its part and name are the archive's to give."""


class Resealed(Record):
    """`resealed.json`: what the second custodian has sealed."""

    format: Literal["socle-resealed-1"] = "socle-resealed-1"
    hold: UUID
    case_sha256: _Sha256
    """Of the order, as the archive signed it."""
    resealed_at: AwareDatetime
    segments: tuple[ResealedSegment, ...]
    """Without any: nothing of these days was in scope, which is an answer too."""


def order_of(case: Case) -> HoldOrder:
    """Return what a case asks to preserve.

    Raises:
        ConfigurationError: it asks a question to be answered instead.
    """
    if case.file.hold is None:
        raise ConfigurationError([Fault("case", "expected the case of a hold: `case answer` it")])
    return case.file.hold


def reseal(case: Case, identity: str, key: SigningKey, now: datetime) -> bytes:
    """Return the tar file that goes back to the server.

    Args:
        case: a hold's, its outer layer open.
        identity: the second custodian's age identity.
        key: with which they sign.
        now: the present instant.

    Raises:
        ConfigurationError: not a hold's, not opened yet, or one of the keys is not theirs.
    """
    order, second = order_of(case), case.file.second
    if key.public.base64 != second.signing_key:
        raise ConfigurationError([Fault("--signing-key", f"expected {second.login}'s key")])
    keys = open_keys(case, identity)
    last = max(link.day for link in case.chain.links if isinstance(link, DayLink))
    kept = [(one.day or last, one, rows) for one, rows in _in_scope(Opening(case, keys))]
    fresh = [(day, seal(rows, day, one.category, one.part)) for day, one, rows in kept]
    resealed = Resealed(
        hold=order.hold,
        case_sha256=manifest.digest(case.beside[CASE]),
        resealed_at=now,
        segments=tuple(ResealedSegment(day=day, segment=one.record) for day, one in fresh),
    )
    octets = canonical.encode(resealed.model_dump())
    told = {
        CASE: case.beside[CASE],
        SIGNATURE: case.beside[SIGNATURE],
        RESEALED: octets,
        RESEALED_SIGNATURE: key.sign(octets),
    }
    file = BytesIO()
    pack([*told.items(), *_sealed_members(order, fresh)], now, file)
    return file.getvalue()


def _in_scope(opening: Opening) -> list[_Kept]:
    """Return the rows in scope of each segment that has some: of the days, then of accounts."""
    questions = dict(enumerate(opening.case.file.questions))
    guests = guests_of(opening, questions)
    names = names_of(opening, questions, guests)
    kept = list(_of_days(opening, names))
    reaching = {number: one for number, one in questions.items() if vaults_of([one])}
    days = [rows for one, rows in kept if one.category == Category.SOURCE]
    source = pa.concat_tables([SOURCE_SLICES.empty_table(), *days])
    accounts = accounts_of(opening, _rights(reaching, names, source), guests)
    identified = {
        number: told
        for number, told in accounts.items()
        if Category.IDENTITY in vaults_of([questions[number]])
    }
    for found in (accounts, identities_of(opening, identified)):
        kept += _tables(row for told in found.values() for row in told)
    return kept


def _of_days(opening: Opening, names: Names) -> Iterator[_Kept]:
    """Yield the rows in scope of each segment of a day that has some; one day is open at a time."""
    days: defaultdict[date, list[Vouched]] = defaultdict(list)
    for vouched in opening.case.vouched.values():
        if vouched.day and vouched.category in SEALED:
            days[vouched.day].append(vouched)
    for day in sorted(days):
        opened = [_open(opening, one) for one in days[day]]
        kept = in_scope(opened, opening.case.file.questions, names)
        yield from (each for each in zip(days[day], kept, strict=True) if each[1].num_rows)


def _open(opening: Opening, one: Vouched) -> Opened:
    sealed = opening.case.sealed(one.object)
    return Category(one.category), open_segment(sealed, opening.keys[one.object])


def _rights(
    questions: Mapping[int, Question], names: Names, source: pa.Table
) -> dict[int, frozenset[str]]:
    """Return the names of the rights that each question is about: those used, and one it names."""
    found: dict[int, frozenset[str]] = {}
    for number, one in questions.items():
        theirs = names.get(number, frozenset())
        is_named = isinstance(one, PersonQuestion) and one.identifier_kind == "user_name"
        found[number] = rights_used(source, one, theirs) | (theirs if is_named else frozenset())
    return found


def _tables(told: Iterable[Told]) -> Iterator[_Kept]:
    """Yield rows of accounts or identities by the segment that told them, each once."""
    vouched: dict[str, Vouched] = {}
    rows: defaultdict[str, dict[tuple[object, ...], Row]] = defaultdict(dict)
    for one, row in told:
        vouched[one.object] = one
        rows[one.object][tuple(row.values())] = row
    for name, one in vouched.items():
        schema = _VAULT_ROWS[Category(one.category)]
        yield one, pa.Table.from_pylist(list(rows[name].values()), schema=schema)


def _sealed_members(
    order: HoldOrder, fresh: Sequence[tuple[date, FreshSegment]]
) -> Iterator[tuple[str, bytes]]:
    custodians = [Custodian(one.login, one.recipient) for one in order.custodians]
    for _, one in fresh:
        yield f"segments/{one.record.object}", one.sealed
        pairs = encode_keys(one.record.object, wrap(one.identity, custodians))
        yield f"keys/{one.record.object}.json", pairs
