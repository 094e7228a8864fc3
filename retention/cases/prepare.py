"""`case prepare`: gathers what two custodians need to answer one question; opens nothing.

Runs where the archive and the key register are, on the command line or behind the desk, and leaves
a line in the register of cases and one in the audit log.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import IO, Final
from uuid import UUID, uuid4

import pyarrow as pa
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from retention.cases.case import CASE, KEYS, SIGNATURE
from retention.cases.case_file import (
    CaseFile,
    Extract,
    Holder,
    describe_days,
    objects_of,
    opened_for,
)
from retention.cases.case_tar import pack
from retention.cases.question import Question, Requisition
from retention.keys import age
from retention.keys.key_register import Custodian, KeyRegister, WrappedKey, wrap
from retention.manifests import canonical, manifest
from retention.manifests.chain import MANIFESTS, PUBLIC_KEY, SEGMENTS, Chain
from retention.manifests.signing import SigningKey
from retention.sealing.archive import Places
from retention.sealing.segment import write_parquet
from retention.storage.port import chain_files
from territory.access.audit import Act, append
from territory.database import tables
from territory.database.tables.columns import Category
from territory.errors import ConfigurationError, Fault, Unavailable

NOTHING_HELD: Final[Mapping[Category, pa.Table]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Preparer:
    """Who prepares a case."""

    name: str
    """Login, or the account on the server."""
    operator_id: UUID | None = None
    """None on the command line."""
    service: str | None = None
    """Whose answer it is: `authorities.service` of the settings; None: not described."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a case is to be."""

    requisition: Requisition
    questions: tuple[Question, ...]
    """At least one."""
    logins: tuple[str, ...]
    """The two custodians; empty: the only two there are."""
    preparer: Preparer


@dataclass(frozen=True, slots=True)
class SealedExtract:
    """What the database still holds of accounts, sealed for one case."""

    record: Extract
    sealed: bytes
    """The octets of its file."""
    key: bytes
    """What opens it, wrapped for the case's two custodians."""


@dataclass(frozen=True, slots=True)
class PreparedCase:
    """A case ready to travel."""

    file: CaseFile
    extracts: tuple[SealedExtract, ...] = ()

    @property
    def name(self) -> str:
        """A name for the file."""
        return f"case-{self.file.case}.tar"


async def load_holders(db: AsyncConnection) -> list[Holder]:
    """Return the custodians who can open, in the order of their logins."""
    operator = tables.operator.c
    query = (
        select(operator.login, operator.age_recipient, operator.signing_key)
        .where(operator.role == "custodian", operator.disabled_at.is_(None))
        .where(operator.age_recipient.is_not(None))
        .order_by(operator.login)
    )
    return [
        Holder(login=login, recipient=recipient, signing_key=signing_key)
        for login, recipient, signing_key in (await db.execute(query)).all()
    ]


def choose(holders: Sequence[Holder], logins: Sequence[str]) -> tuple[Holder, Holder]:
    """Return the two custodians named; without names, the only two there are.

    Raises:
        ConfigurationError: not two of those who can open, or the second could not sign.
    """
    known = {holder.login: holder for holder in holders}
    names = list(dict.fromkeys(logins)) or (sorted(known) if len(known) == 2 else [])
    if len(names) != 2 or not set(names) <= known.keys():
        there = ", ".join(sorted(known)) or "none has a key"
        raise ConfigurationError([Fault("--custodian", f"expected two of: {there}")])
    first, second = (known[name] for name in sorted(names))
    if not second.signing_key:
        message = f"expected a signing_key for {second.login}, who is to answer"
        raise ConfigurationError([Fault("operators", message)])
    return first, second


async def prepare_case(
    engine: AsyncEngine,
    places: Places,
    order: Order,
    now: datetime,
    held: Mapping[Category, pa.Table] = NOTHING_HELD,
) -> PreparedCase:
    """Return a case for the questions ordered, entered in the register; `write_case` writes it.

    Args:
        engine: where the register is.
        places: where the archive and the key register are.
        order: what it is to be.
        now: the instant.
        held: what the database still holds of accounts and identities, where it may be read.

    Raises:
        ConfigurationError: the custodians cannot open what it needs.
        Unavailable: the archive cannot be read.
    """
    chain = Chain.read(places.archive)
    if not chain.links:
        raise Unavailable("no day is sealed yet: run `socle archive run` first")
    act, questions = order.requisition, order.questions
    async with engine.begin() as db:
        first, second = choose(await load_holders(db), order.logins)
        extracts = seal_extracts(held, questions, act, (first, second))
        file = CaseFile(
            case=uuid4(),
            requisition=act,
            questions=questions,
            prepared_at=now,
            prepared_by=order.preparer.name,
            service=order.preparer.service,
            first=first,
            second=second,
            days=describe_days(chain, questions, act),
            objects=objects_of(chain, questions, act),
            extracts=tuple(extract.record for extract in extracts),
            sites=await _sites(db),
        )
        _keys(places, file)
        await _register(db, file, order.preparer)
    return PreparedCase(file, extracts)


def seal_extracts(
    held: Mapping[Category, pa.Table],
    questions: Sequence[Question],
    act: Requisition,
    pair: tuple[Holder, Holder],
) -> tuple[SealedExtract, ...]:
    """Return what the database holds of the accounts that questions need, sealed for two."""
    needed = {category for question in questions for category in opened_for(question, act)}
    return tuple(
        seal_extract(category, table, *pair)
        for category, table in held.items()
        if category in needed
    )


def seal_extract(
    category: Category, table: pa.Table, first: Holder, second: Holder
) -> SealedExtract:
    """Return what the database holds of a category of accounts, sealed for two custodians."""
    identity = age.new_identity()
    sealed = age.seal(write_parquet(table), age.recipient_of(identity))
    (key,) = wrap(identity, [Custodian(one.login, one.recipient) for one in (first, second)])
    record = Extract.model_validate(
        {
            "object": f"held.{category}.parquet.age",
            "category": category,
            "sha256": manifest.digest(sealed),
            "rows": table.num_rows,
        }
    )
    return SealedExtract(record, sealed, key.sealed)


def write_case(
    places: Places, file: CaseFile, tar: IO[bytes], extracts: Sequence[SealedExtract] = ()
) -> None:
    """Write the tar file of a case: now, or again later while its segments exist.

    Raises:
        ConfigurationError: its segments are not wrapped for its two custodians.
        Unavailable: a segment it needs is gone, by now.
    """
    pack(_members(places, file, extracts), file.prepared_at, tar)


def _members(
    places: Places, file: CaseFile, extracts: Sequence[SealedExtract]
) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a case, what vouches for the segments before them, one at a time."""
    octets = canonical.encode(file.model_dump(mode="python"))
    yield CASE, octets
    yield SIGNATURE, SigningKey.read(places.signing_key).sign(octets)
    yield PUBLIC_KEY, (places.archive / PUBLIC_KEY).read_bytes()
    for name, content in sorted(chain_files(places.archive).manifests.items()):
        yield f"{MANIFESTS}/{name}", content
    for name, key in _keys(places, file).items():
        yield f"{KEYS}/{name}.age", key
    for extract in extracts:
        yield f"{KEYS}/{extract.record.object}.age", extract.key
        yield f"{SEGMENTS}/{extract.record.object}", extract.sealed
    for name in file.objects:
        yield f"{SEGMENTS}/{name}", places.storage.get(name)


def _keys(places: Places, file: CaseFile) -> dict[str, bytes]:
    return {name: _wrapped(places, file, name).sealed for name in file.objects}


def _wrapped(places: Places, file: CaseFile, object_name: str) -> WrappedKey:
    pair = [Custodian(holder.login, holder.recipient) for holder in (file.first, file.second)]
    first, second = file.first.login, file.second.login
    key = KeyRegister(places.keys).get(object_name, first, second)
    if key is None or (key.outer, key.inner) != (first, second) or not key.is_for(*pair):
        message = f"expected two for whom {object_name} was wrapped; not {first} and {second}"
        raise ConfigurationError([Fault("--custodian", message)])
    return key


async def _sites(db: AsyncConnection) -> dict[str, str]:
    site = tables.site.c
    rows = await db.execute(select(site.code, site.name))
    return {row.code: row.name for row in rows}


async def _register(db: AsyncConnection, file: CaseFile, preparer: Preparer) -> None:
    content = json.loads(canonical.encode(file.model_dump(mode="python")))
    await db.execute(
        insert(tables.case).values(
            id=file.case,
            reference=file.requisition.reference,
            opened_at=file.prepared_at,
            prepared_by=preparer.name,
            question=content,
            state="prepared",
            segments=list(file.objects),
        )
    )
    detail = {"reference": file.requisition.reference, "segments": len(file.objects)}
    act = Act("case.prepared", str(file.case), detail)
    await append(db, file.prepared_at, preparer.operator_id, preparer.name, act)
