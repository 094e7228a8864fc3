"""The server's side of a ceremony: prepare what travels, record what comes back, count what is due.

The register of keys is changed under the archive's own lock, entry by entry, and only where an
entry is still there: an answer that comes late, or twice, brings no destroyed key back. What is
taken out is overwritten. Killed anywhere, each entry is that of before or that of after, and the
same command again does what is left.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from retention.cases.case_file import Holder
from retention.cases.prepare import choose
from retention.keys import ceremony
from retention.keys.ceremony import CHALLENGE, Kind, Order, SignedAnswer, Travelling
from retention.keys.key_register import Custodian
from retention.sealing import index
from retention.sealing.archive import Runner, Step
from retention.sealing.facts import Connection
from territory.database.commands import Statements
from territory.errors import ConfigurationError, Fault

DUE = timedelta(days=92)
"""A quarter: how old a pair's last drill may be."""
_SAMPLED = 3
"""Segments whose keys a drill opens: the oldest held, one in the middle, the newest."""

_HOLDERS = """
    SELECT login, age_recipient, signing_key, created_at FROM staff.operator
    WHERE role = 'custodian' AND disabled_at IS NULL AND age_recipient IS NOT NULL ORDER BY login
"""
_DRILLS = """
    SELECT recipients, max(answered_at) AS answered_at FROM archive.key_ceremony
    WHERE kind = 'drill' AND answered_at IS NOT NULL GROUP BY recipients
"""
_ADD = """
    INSERT INTO archive.key_ceremony (id, kind, prepared_at, first_login, second_login, recipients,
        signing_key, challenge) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_ONE = "SELECT kind, signing_key, challenge, answered_at FROM archive.key_ceremony WHERE id = $1"
_ANSWERED = "UPDATE archive.key_ceremony SET answered_at = $2 WHERE id = $1"


@dataclass(frozen=True, slots=True)
class PairDrill:
    """Two custodians, and when they last proved that they can open."""

    first: str
    second: str
    """Their logins."""
    proved_at: datetime | None
    """None: never, with the keys they have now."""
    due_at: datetime

    def is_overdue(self, now: datetime) -> bool:
        """Whether a quarter has gone by."""
        return self.due_at <= now


@dataclass(frozen=True, slots=True)
class Recorded:
    """What an answer changed."""

    kind: Kind
    segments: int
    """Whose keys are now wrapped as the answer has them."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """What became of the pairs of former custodians."""

    segments: int
    """Whose keys lost such a pair."""
    without_a_pair: int
    """Left as they were, because nobody could have opened them: to be re-wrapped first."""


async def prepare(runner: Runner, kind: Kind, logins: Sequence[str]) -> Travelling:
    """Return the file for the first of two custodians, entered among the ceremonies.

    Raises:
        ConfigurationError: not two custodians who can open; or nothing to wrap.
    """
    holders = await _load_holders(runner.connection)
    first, second = choose(holders, logins)
    pair = (_custodian(first), _custodian(second))
    held = _opened_by(runner, pair)
    is_drill = kind is Kind.DRILL
    chosen = _sample(held) if is_drill else _to_wrap(runner, held, list(map(_custodian, holders)))
    order = Order(
        ceremony=uuid4(),
        kind=kind,
        prepared_at=runner.now,
        first=first,
        second=second,
        custodians=() if is_drill else tuple(holders),
        segments=dict(chosen),
    )
    layers = {name: _layer(runner, name, pair) for name, _ in chosen}
    challenge = None
    if is_drill:
        wrapped, challenge = ceremony.challenge_for(*pair)
        layers[CHALLENGE] = wrapped.sealed
    await _enter(runner, order, challenge)
    return ceremony.travel(order, layers, runner.key)


async def record(runner: Runner, signed: SignedAnswer) -> Recorded:
    """Take what the second custodian answered: note the drill, or keep the new wrappings.

    Raises:
        ConfigurationError: not an answer to a ceremony that waits, or not a right one.
    """
    asked = await runner.connection.fetchrow(_ONE, signed.answer.ceremony)
    if asked is None or asked["answered_at"]:
        raise ConfigurationError([Fault("answer", "expected one to a ceremony that waits for it")])
    ceremony.check_answer(signed, asked["signing_key"], asked["challenge"])
    changed = await _keep(runner, signed)
    async with runner.connection.transaction():
        await runner.connection.execute(_ANSWERED, signed.answer.ceremony, runner.now)
        await _note(runner, f"keys.{asked['kind']}_answered", signed.answer.ceremony, changed)
    return Recorded(Kind(asked["kind"]), changed)


async def drop_former(runner: Runner) -> Dropped:
    """Take the pairs with someone who is no custodian any more out of the key register.

    The audit log is told first: a run that is killed has told too many, never too few.

    Raises:
        ConfigurationError: fewer than two custodians are left.
    """
    custodians = await runner.apart()
    runner.register.sweep()
    entries = {name: runner.register.keys(name) for name, _ in _held(runner)}
    kept = {name: ceremony.merged(keys, (), custodians) for name, keys in entries.items() if keys}
    fewer = {name: keys for name, keys in kept.items() if 0 < len(keys) < len(entries[name])}
    await _note(runner, "keys.pairs_dropped", None, len(fewer))
    for name, keys in fewer.items():
        runner.register.change(name, keys)
        runner.progress(Step("rewrapped", detail=name))
    return Dropped(len(fewer), sum(not keys for keys in kept.values()))


async def load_pairs(database: Statements) -> list[PairDrill]:
    """Return each pair of custodians with its last drill, in the order of their logins."""
    rows = await database.fetch(_HOLDERS)
    drills = await database.fetch(_DRILLS)
    proved = {frozenset(row["recipients"]): row["answered_at"] for row in drills}
    return [
        _pair(
            first, second, proved.get(frozenset((first["age_recipient"], second["age_recipient"])))
        )
        for first, second in itertools.combinations(rows, 2)
    ]


def _pair(first: Any, second: Any, proved_at: datetime | None) -> PairDrill:
    """Return a pair's state; one that never drilled has a quarter from when both were there."""
    since = proved_at or max(first["created_at"], second["created_at"])
    return PairDrill(first["login"], second["login"], proved_at, since + DUE)


async def _load_holders(connection: Connection) -> list[Holder]:
    return [
        Holder(login=row["login"], recipient=row["age_recipient"], signing_key=row["signing_key"])
        for row in await connection.fetch(_HOLDERS)
    ]


def _custodian(holder: Holder) -> Custodian:
    return Custodian(holder.login, holder.recipient)


def _held(runner: Runner) -> list[tuple[str, str]]:
    """Return the segments that no purge names, with what each is sealed to.

    An entry that a purge has half overwritten is thus never read.
    """
    held = [segment for _, segment in runner.chain.held()]
    held += [segment for _, segment in runner.chain.held_apart()]
    return [(each.object, each.recipient) for each in held]


def _opened_by(runner: Runner, pair: tuple[Custodian, Custodian]) -> list[tuple[str, str]]:
    """Return the held segments that this pair can open."""
    return [
        (name, recipient)
        for name, recipient in _held(runner)
        if any(key.is_for(*pair) for key in runner.register.keys(name))
    ]


def _sample(held: list[tuple[str, str]]) -> list[tuple[str, str]]:
    spread = (0, len(held) // 2, len(held) - 1)
    return [held[place] for place in sorted({*spread})] if held else []


def _to_wrap(
    runner: Runner, held: list[tuple[str, str]], custodians: Sequence[Custodian]
) -> list[tuple[str, str]]:
    """Return those of `held` that some pair of `custodians` cannot open yet."""
    pairs = len(custodians) * (len(custodians) - 1) // 2
    found = [
        (name, recipient)
        for name, recipient in held
        if len(ceremony.merged(runner.register.keys(name), (), custodians)) < pairs
    ]
    if not found:
        told = "nothing to wrap: every pair opens all that these two can open"
        raise ConfigurationError([Fault("--custodian", told)])
    return found


def _layer(runner: Runner, name: str, pair: tuple[Custodian, Custodian]) -> bytes:
    return next(key.sealed for key in runner.register.keys(name) if key.is_for(*pair))


async def _keep(runner: Runner, signed: SignedAnswer) -> int:
    """Add the new wrappings to the entries still there; return how many have any by now."""
    if not signed.answer.entries:
        return 0
    custodians = await runner.apart()
    runner.register.sweep()
    wrapped = 0
    for name in [name for name, _ in _held(runner) if name in signed.answer.entries]:
        keys, new = runner.register.keys(name), ceremony.entry_of(signed, name)
        kept = ceremony.merged(keys, new, custodians)
        if keys and kept and kept != keys:
            runner.register.change(name, kept)
            runner.progress(Step("rewrapped", detail=name))
        wrapped += bool(keys) and any(key in kept for key in new)
    return wrapped


async def _enter(runner: Runner, order: Order, challenge: bytes | None) -> None:
    async with runner.connection.transaction():
        await runner.connection.execute(
            _ADD,
            *(order.ceremony, order.kind.value, order.prepared_at),
            *(order.first.login, order.second.login),
            *([order.first.recipient, order.second.recipient], order.second.signing_key),
            challenge,
        )
        await _note(runner, f"keys.{order.kind}_prepared", order.ceremony, len(order.segments))


async def _note(runner: Runner, action: str, subject: UUID | None, segments: int) -> None:
    told = {"segments": segments}
    await index.append_audit(runner.connection, runner.now, action, str(subject or ""), told)
