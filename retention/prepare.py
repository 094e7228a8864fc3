"""`case prepare`: gathers what two custodians need to answer one question; opens nothing.

Runs where the archive and the key register are, on the command line or behind the desk, and leaves
a line in the register of cases and one in the audit log.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from retention import canonical
from retention.archive import Places
from retention.case import CASE, KEYS, SIGNATURE, pack
from retention.chain import MANIFESTS, PUBLIC_KEY, SEGMENTS, Chain, segment_path
from retention.key_register import KeyRegister, WrappedKey
from retention.question import CaseFile, Holder, Question, describe_days, objects_of
from retention.signing import SigningKey
from territory.access.audit import Act, append
from territory.database import tables
from territory.errors import ConfigurationError, Fault, Unavailable


@dataclass(frozen=True, slots=True)
class Preparer:
    """Who prepares a case."""

    name: str
    """Login, or the account on the server."""
    operator_id: UUID | None = None
    """None on the command line."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a case is to be."""

    question: Question
    logins: tuple[str, ...]
    """The two custodians; empty: the only two there are."""
    preparer: Preparer


@dataclass(frozen=True, slots=True)
class PreparedCase:
    """A case ready to travel."""

    file: CaseFile
    octets: bytes
    """The tar file."""

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
    engine: AsyncEngine, places: Places, order: Order, now: datetime
) -> PreparedCase:
    """Return a case for the question ordered, entered in the register.

    Raises:
        ConfigurationError: the custodians cannot open what it needs.
        Unavailable: the archive cannot be read.
    """
    chain = Chain.read(places.archive)
    if not chain.links:
        raise Unavailable("no day is sealed yet: run `socle archive run` first")
    async with engine.begin() as db:
        first, second = choose(await load_holders(db), order.logins)
        file = CaseFile(
            case=uuid4(),
            question=order.question,
            prepared_at=now,
            prepared_by=order.preparer.name,
            first=first,
            second=second,
            days=describe_days(chain, order.question),
            objects=objects_of(chain, order.question),
            sites=await _sites(db),
        )
        octets = pack_case(places, file)
        await _register(db, file, order.preparer)
    return PreparedCase(file, octets)


def pack_case(places: Places, file: CaseFile) -> bytes:
    """Return the tar file of a case: now, or again later while its segments exist.

    Raises:
        ConfigurationError: its segments are not wrapped for its two custodians.
        Unavailable: a segment it needs is gone, by now.
    """
    try:
        return pack(_members(places, file), file.prepared_at)
    except FileNotFoundError as fault:
        raise Unavailable(f"{fault.filename}: not there any more") from fault


def _members(places: Places, file: CaseFile) -> dict[str, bytes]:
    octets = canonical.encode(file.model_dump(mode="python"))
    manifests = (places.archive / MANIFESTS).iterdir()
    members = {
        CASE: octets,
        SIGNATURE: SigningKey.read(places.signing_key).sign(octets),
        PUBLIC_KEY: (places.archive / PUBLIC_KEY).read_bytes(),
        **{f"{MANIFESTS}/{path.name}": path.read_bytes() for path in manifests},
    }
    for name in file.objects:
        members[f"{SEGMENTS}/{name}"] = segment_path(places.archive, name).read_bytes()
        members[f"{KEYS}/{name}.age"] = _wrapped(places, file, name).sealed
    return members


def _wrapped(places: Places, file: CaseFile, object_name: str) -> WrappedKey:
    first, second = file.first.login, file.second.login
    key = KeyRegister(places.keys).get(object_name, first, second)
    if key is None or (key.outer, key.inner) != (first, second):
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
            reference=file.question.reference,
            opened_at=file.prepared_at,
            prepared_by=preparer.name,
            question=content,
            state="prepared",
            segments=list(file.objects),
        )
    )
    detail = {"reference": file.question.reference, "segments": len(file.objects)}
    act = Act("case.prepared", str(file.case), detail)
    await append(db, file.prepared_at, preparer.operator_id, preparer.name, act)
