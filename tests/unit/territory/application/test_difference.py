"""What separates the database from a description, told before anything is done."""

from collections.abc import Mapping, Set
from typing import Any

import pytest

from territory.application.difference import (
    Action,
    Change,
    Difference,
    FieldChange,
    conflicts,
    difference,
)
from territory.application.state import ENABLED, Kind, Secret, State, Values, with_secrets

PLAN: dict[str, Any] = {"name": "Libre", "session_seconds": 3600}
NAS: dict[str, Any] = {
    "site": "a",
    "source_address": "10.0.0.1",
    "tls_name": None,
    "shared_secret": Secret("s" * 24),
}


def state(**things: Mapping[str, Mapping[str, Any]]) -> dict[Kind, dict[str, Values]]:
    """Return a state that holds only these, by the kind's name."""
    return {kind: dict(things.get(kind.name.lower(), {})) for kind in Kind}


def compare(
    held: State, described: State, *, prune: bool = False, stated: Set[str] = frozenset()
) -> Difference:
    """Return the difference, without pruning unless asked."""
    return difference(held, described, prune=prune, stated_addresses=stated)


def test_nothing_differs_from_itself() -> None:
    """Applying what is already there changes nothing."""
    same = state(plan={"libre": PLAN}, nas={"n": NAS})
    assert compare(same, same) == Difference((), ())


def test_other_blocks_of_ports_end_those_before() -> None:
    """What a described site no longer says ends now, unasked; its interval is kept, never changed.

    Of a site that the description does not name, it stays until that is pruned.
    """
    held = state(port_blocks={"a/old": {"site": "a"}, "b/old": {"site": "b"}})
    described = state(site={"a": {}}, port_blocks={"a/new": {"site": "a"}})
    changes = [
        (change.action, change.key)
        for change in compare({**held, Kind.SITE: {"a": {}, "b": {}}}, described).changes
    ]
    assert changes == [(Action.REMOVE, "a/old"), (Action.ADD, "a/new")]


def test_what_is_new_and_what_changed() -> None:
    """An added thing shows all its values, a changed one only those that differ."""
    held = state(plan={"libre": PLAN})
    described = state(
        plan={"libre": {**PLAN, "session_seconds": 60}, "bref": PLAN},
    )
    assert compare(held, described).changes == (
        Change(Action.CHANGE, Kind.PLAN, "libre", (FieldChange("session_seconds", 3600, 60),)),
        Change(
            Action.ADD,
            Kind.PLAN,
            "bref",
            (FieldChange("name", None, "Libre"), FieldChange("session_seconds", None, 3600)),
        ),
    )


def test_parents_are_made_first_and_unmade_last() -> None:
    """A site is made after its plan, and goes before it; a NAS's address is freed at once."""
    kinds = ("organisation", "plan", "site", "gateway", "nas")
    full = state(**{kind: {"x": {"name": "x", "source_address": "10.0.0.1"}} for kind in kinds})
    made = [change.kind for change in compare(state(), full).changes]
    gone = [change.kind for change in compare(full, state(), prune=True).changes]
    assert made == [Kind(kind) for kind in kinds]
    assert gone == [Kind.NAS, Kind.GATEWAY, Kind.SITE, Kind.PLAN, Kind.ORGANISATION]


def test_what_is_absent_stays_unless_pruned() -> None:
    """Leaving something out of the file is not yet asking to take it away."""
    held = state(plan={"libre": PLAN})
    removal = Change(Action.REMOVE, Kind.PLAN, "libre")
    assert compare(held, state()) == Difference((), (removal,))
    assert compare(held, state(), prune=True) == Difference((removal,), ())


@pytest.mark.parametrize(("stated", "ended"), [({"mairie"}, 1), (set(), 0), ({"autre"}, 0)])
def test_a_public_address_ends_where_the_file_gives_another(stated: set[str], ended: int) -> None:
    """A stated address replaces the one before; where none is stated, what was observed stays."""
    address = {"site": "mairie", "address": "198.51.100.1", "origin": "observed"}
    held = state(public_address={"mairie/198.51.100.1": address})
    found = compare(held, state(), stated=stated)
    assert (found.count(Action.REMOVE), found.kept) == (ended, ())


def test_an_address_that_is_no_longer_stated_is_observed() -> None:
    """It stays, without a gap, until guests are seen elsewhere; a site left out is left alone."""
    held = state(public_address={"mairie/198.51.100.1": {"site": "mairie", "origin": "stated"}})
    field = FieldChange("origin", "stated", "observed")
    change = Change(Action.CHANGE, Kind.PUBLIC_ADDRESS, "mairie/198.51.100.1", (field,))
    mairie = {"name": "Mairie"}
    held[Kind.SITE] = {"mairie": mairie}
    assert compare(held, state(site={"mairie": mairie})) == Difference((change,), ())
    assert compare(held, state()).changes == ()


def test_a_pruned_site_leaves_its_address() -> None:
    """Nobody can be asked about an address after the site has left it."""
    held = state(
        site={"mairie": {"name": "Mairie"}},
        public_address={"mairie/198.51.100.1": {"site": "mairie", "origin": "stated"}},
    )
    gone = [change.kind for change in compare(held, state(), prune=True).changes]
    assert gone == [Kind.PUBLIC_ADDRESS, Kind.SITE]


def test_a_disabled_operator_stays_out() -> None:
    """Whoever was disabled is not removed again, and no file lets them back in by itself."""
    person = {"display_name": "A"}
    held = state(operator={"a@b.example": {**person, ENABLED: False}})
    assert compare(held, state(), prune=True) == Difference((), ())
    assert compare(held, state(operator={"a@b.example": person})) == Difference((), ())


def test_keys_and_secrets_left_out_stay() -> None:
    """A file without a custodian's key or a secret does not take them away."""
    held = state(operator={"a@b.example": {"age_recipient": "age1", ENABLED: True}})
    described = state(operator={"a@b.example": {"age_recipient": None}})
    assert compare(held, described) == Difference((), ())


def test_secrets_are_kept_or_made() -> None:
    """A secret that is not given is the one that is held, else a new one; a given one counts."""
    held = state(nas={"old": NAS})
    given = {**NAS, "shared_secret": Secret("g" * 24)}
    absent = {**NAS, "shared_secret": None}
    described = state(nas={"old": absent, "new": absent, "given": given})
    complete, made = with_secrets(described, held, lambda: "m" * 32)
    secrets = {code: values["shared_secret"] for code, values in complete[Kind.NAS].items()}
    assert secrets == {
        "old": Secret("s" * 24),
        "new": Secret("m" * 32),
        "given": Secret("g" * 24),
    }
    assert made == [(Kind.NAS, "new")]


def test_a_secret_never_shows_itself() -> None:
    """Neither in a difference that is printed nor in a log."""
    secret = Secret("unspeakable-unspeakable-x")
    assert "unspeak" not in f"{secret} {secret!r} {FieldChange('shared_secret', None, secret)!r}"


def test_an_address_that_a_kept_nas_still_holds() -> None:
    """Replacing a NAS without --prune is a fault in words, not an error of the database."""
    held = state(nas={"old": NAS})
    described = state(nas={"new": NAS})
    found = compare(held, described)
    (fault,) = conflicts(held, described, found.kept)
    assert "10.0.0.1 is held by old" in fault.expected
    assert conflicts(held, described, compare(held, described, prune=True).kept) == []


def test_a_tls_name_that_a_kept_nas_still_holds() -> None:
    """The same over RadSec, where an address that both lack is no conflict."""
    by_tls = {**NAS, "source_address": None, "tls_name": "nas.meuse.example"}
    held, described = state(nas={"old": by_tls}), state(nas={"new": by_tls})
    found = compare(held, described)
    (fault,) = conflicts(held, described, found.kept)
    assert "nas.meuse.example is held by old" in fault.expected
