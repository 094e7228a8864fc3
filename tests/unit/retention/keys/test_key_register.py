"""Wrapped keys: two custodians in turn, never one; destroyed means gone."""

from pathlib import Path

import pytest

from retention.keys import age
from retention.keys.key_register import Custodian, KeyRegister, check_custodians, unwrap, wrap
from territory.errors import ConfigurationError

IDENTITIES = {login: age.new_identity() for login in ("anne", "bruno", "chloe")}
CUSTODIANS = [Custodian(login, age.recipient_of(i)) for login, i in IDENTITIES.items()]
SECRET = age.new_identity()
OBJECT = "2026-11-17.source.0.0123456789abcdef.parquet.age"


def test_every_pair_can_open_in_its_order() -> None:
    """Three custodians make three pairs; the first of a pair opens the outer layer."""
    keys = wrap(SECRET, CUSTODIANS)
    assert [(k.outer, k.inner) for k in keys] == [
        ("anne", "bruno"),
        ("anne", "chloe"),
        ("bruno", "chloe"),
    ]
    for key in keys:
        inner = unwrap(key.sealed, IDENTITIES[key.outer])
        assert unwrap(inner, IDENTITIES[key.inner]).decode().strip() == SECRET


def test_one_custodian_alone_opens_nothing() -> None:
    """The outer layer holds only another sealed layer; the inner key does not open the outer."""
    for key in wrap(SECRET, CUSTODIANS):
        inner = unwrap(key.sealed, IDENTITIES[key.outer])
        assert SECRET.encode() not in inner
        with pytest.raises(age.CannotOpen):
            unwrap(inner, IDENTITIES[key.outer])
        with pytest.raises(age.CannotOpen):
            unwrap(key.sealed, IDENTITIES[key.inner])


def test_the_register_keeps_and_destroys(tmp_path: Path) -> None:
    """Found whichever custodian is named first; after destruction, twice if need be, nothing."""
    register = KeyRegister(tmp_path)
    register.add(OBJECT, wrap(SECRET, CUSTODIANS))
    found = register.get(OBJECT, "chloe", "anne")
    assert found
    assert (found.outer, found.inner) == ("anne", "chloe")
    assert register.get(OBJECT, "anne", "nobody") is None
    assert register.names() == {OBJECT}
    (file,) = tmp_path.rglob("*.json")
    assert file.stat().st_mode & 0o077 == 0

    (file.parent / f".{file.name}.0a1b2c3d.unfinished").write_bytes(file.read_bytes())
    for _ in range(2):
        register.destroy(OBJECT)
    assert not register.has(OBJECT)
    assert register.get(OBJECT, "anne", "bruno") is None
    assert register.names() == set()
    assert [*file.parent.iterdir()] == [], "what a killed process left of it is gone too"


@pytest.mark.parametrize(
    "custodians",
    [
        [],
        CUSTODIANS[:1],
        [CUSTODIANS[0], Custodian("double", CUSTODIANS[0].recipient)],
        [*CUSTODIANS, Custodian("wrong", "age1wrong")],
    ],
)
def test_sealing_to_nobody_is_refused(custodians: list[Custodian]) -> None:
    """At least two, each with a key of their own, and every key a real one."""
    with pytest.raises(ConfigurationError):
        check_custodians(custodians)
    check_custodians(CUSTODIANS)
