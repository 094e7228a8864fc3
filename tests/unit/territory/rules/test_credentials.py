"""The credential is opaque, derived, and the same on both sides."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from territory.rules.credentials import (
    credential_password,
    is_probe_name,
    is_user_name,
    new_probe_name,
    new_user_name,
)

KEY = bytes(range(32))


def test_a_name_is_its_chance_in_base32() -> None:
    """RFC 4648 §6, lower case, without padding; computed with `base32` of coreutils."""
    assert new_user_name(b"0123456789abcdef") == "gaytemzugu3doobzmfrggzdfmy"


def test_too_little_chance_is_refused() -> None:
    """A guessable name would let anyone take a grant that was never used."""
    with pytest.raises(ValueError, match="16 octets"):
        new_user_name(b"short")


def test_the_password_is_an_hmac() -> None:
    """HMAC-SHA256 of the name: `openssl dgst -sha256 -mac HMAC -macopt hexkey:0001..1f`."""
    assert credential_password(KEY, "gaytemzugu3doobzmfrggzdfmy") == "027738dff18c32396c8a4b2d95"


@given(st.binary(min_size=16, max_size=40))
def test_names_and_passwords_pass_every_gateway_unescaped(random: bytes) -> None:
    """Both are lower-case letters and digits only, of one length."""
    name = new_user_name(random)
    assert is_user_name(name)
    assert re.fullmatch("[0-9a-f]{26}", credential_password(KEY, name))


@given(st.binary(min_size=16, max_size=40))
def test_a_synthetic_guest_s_name_says_so_and_no_guest_s_does(random: bytes) -> None:
    """Both are looked up alike; wherever one is read, it can be told whose it is."""
    probe = new_probe_name(random)
    assert is_user_name(probe)
    assert is_probe_name(probe)
    assert not is_probe_name(new_user_name(random))
    assert not is_user_name(probe[1:] + "0")


@given(st.text())
def test_any_text_can_be_asked(name: str) -> None:
    """RADIUS derives before it knows whether the name exists: nothing may raise."""
    assert len(credential_password(KEY, name)) == 26
    if is_user_name(name):
        assert len(name) == 26


def test_another_key_gives_another_password() -> None:
    """A password is worth nothing to a base with another master key."""
    name = new_user_name(bytes(16))
    assert credential_password(KEY, name) != credential_password(bytes(32), name)
