"""What has to change for the database to hold what a description says; pure.

Things that the database holds and the description does not are told apart from the rest, because
they are only taken away when that is asked for (`--prune`).
"""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum

from territory.application.state import (
    BY_INTERVAL,
    ENABLED,
    LEFT_ALONE_WHEN_ABSENT,
    Kind,
    State,
    Value,
    Values,
)
from territory.errors import Fault
from territory.vocabulary import AddressOrigin

Things = Mapping[str, Values]


class Action(StrEnum):
    """What happens to one thing; the value is its mark in a difference."""

    ADD = "+"
    CHANGE = "~"
    REMOVE = "-"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value that differs."""

    name: str
    """As the column is called."""
    before: Value
    """What the database holds; None when added."""
    after: Value
    """What the description says; None when removed."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is added, changed or taken away."""

    action: Action
    kind: Kind
    key: str
    """Its code, login, or `site/...`."""
    fields: tuple[FieldChange, ...] = ()
    """Every value of an added thing, the differing ones of a changed one."""


@dataclass(frozen=True, slots=True)
class Difference:
    """All that separates the database from a description."""

    changes: tuple[Change, ...]
    """What is to be done, in an order that can be done."""
    kept: tuple[Change, ...]
    """What only the database holds and nobody asked to take away."""

    def count(self, action: Action) -> int:
        """Return how many things this happens to."""
        return sum(change.action is action for change in self.changes)


PROOFS = {"source_address": "an address", "tls_name": "a TLS name"}
"""What a NAS is known by: one of these, which no other has."""


def difference(
    held: State, described: State, *, prune: bool, stated_addresses: Set[str]
) -> Difference:
    """Return what turns `held` into `described`.

    Args:
        held: what the database holds.
        described: what a description says, with its secrets.
        prune: whether to take away what is not described.
        stated_addresses: codes of the sites whose public addresses the description gives. There,
            an address that is no longer given ends now, asked or not: it is a changed value.
            A site whose description no longer gives any keeps its last one, to be observed from
            now on.
    """
    made = [c for kind in Kind for c in _made(kind, held[kind], described[kind])]
    gone = [c for kind in reversed(Kind) for c in _gone(kind, held[kind], described[kind])]
    absent = [c for c in gone if c.kind not in BY_INTERVAL]
    removed = absent if prune else []
    leaving = {c.key for c in removed if c.kind is Kind.SITE}
    sites = set(described[Kind.SITE])
    ending = {
        Kind.PUBLIC_ADDRESS: stated_addresses | leaving,
        Kind.PORT_BLOCKS: sites | leaving,
    }
    ended = [c for c in gone if c.key.split("/")[0] in ending.get(c.kind, frozenset())]
    observed = sites - stated_addresses
    left = _left_to_observation(held[Kind.PUBLIC_ADDRESS], observed)
    first = [c for c in removed if c.kind is Kind.NAS]  # another may take its address
    last = [c for c in removed if c.kind is not Kind.NAS]  # others may have left it for another
    return Difference((*ended, *left, *first, *made, *last), kept=() if prune else tuple(absent))


def conflicts(held: State, described: State, kept: tuple[Change, ...]) -> list[Fault]:
    """Return the addresses and TLS names that a described NAS and one kept would both have."""
    left = sorted(change.key for change in kept if change.kind is Kind.NAS)
    holders = {(name, held[Kind.NAS][code][name]): code for code in left for name in PROOFS}
    return [
        Fault(
            f"nas {code}",
            f"expected {word} of its own: {values[name]} is held by"
            f" {holders[name, values[name]]}, which the file does not name (--prune)",
        )
        for code, values in described[Kind.NAS].items()
        for name, word in PROOFS.items()
        if values[name] is not None and (name, values[name]) in holders
    ]


def _made(kind: Kind, held: Things, described: Things) -> Iterator[Change]:
    for name, values in described.items():
        known = held.get(name)
        if known is None:
            fields = tuple(FieldChange(field, None, value) for field, value in values.items())
            yield Change(Action.ADD, kind, name, fields)
        elif fields := tuple(_changed(kind, known, values)):
            yield Change(Action.CHANGE, kind, name, fields)


def _changed(kind: Kind, known: Values, values: Values) -> Iterator[FieldChange]:
    left_alone = LEFT_ALONE_WHEN_ABSENT.get(kind, frozenset())
    for name, value in values.items():
        if value is None and name in left_alone:
            continue
        if known[name] != value:
            yield FieldChange(name, known[name], value)


def _gone(kind: Kind, held: Things, described: Things) -> Iterator[Change]:
    for name, values in held.items():
        if name not in described and values.get(ENABLED, True):
            yield Change(Action.REMOVE, kind, name)


def _left_to_observation(held: Things, observed: Set[str]) -> Iterator[Change]:
    """Yield the stated addresses of sites that are observed from now on."""
    stated, origin = AddressOrigin.STATED.value, AddressOrigin.OBSERVED.value
    for name, values in held.items():
        if values["site"] in observed and values["origin"] == stated:
            field = FieldChange("origin", stated, origin)
            yield Change(Action.CHANGE, Kind.PUBLIC_ADDRESS, name, (field,))
