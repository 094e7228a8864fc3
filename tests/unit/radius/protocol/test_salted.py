"""Tunnel-Password: hidden as another implementation hides it, revealed only by the secret."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius.protocol.attributes import attributes
from radius.protocol.authenticators import SharedSecret
from radius.protocol.salted import MAX_PASSWORD_OCTETS, hide_salted, reveal_salted
from territory.errors import ProtocolError

DATA = Path(__file__).parents[3] / "data/radius"
LAB = SharedSecret(b"radius-secret-of-the-lab-0123456")
AUTHENTICATOR = bytes(range(16))
VECTORS = [
    line.split()
    for line in (DATA / "rfc2868.txt").read_text().splitlines()
    if not line.startswith("#")
]


@pytest.mark.parametrize(("password", "hidden"), VECTORS)
def test_pyrad_s_passwords_both_ways(password: str, hidden: str) -> None:
    """RFC 2868 §3.5, for 0 to 239 octets: one block, exactly one, two, fifteen."""
    plain = b"" if password == "-" else bytes.fromhex(password)
    octets = bytes.fromhex(hidden)
    assert reveal_salted(octets, LAB, AUTHENTICATOR) == plain
    assert hide_salted(plain, LAB, AUTHENTICATOR, octets[:2]) == octets


@given(st.binary(max_size=MAX_PASSWORD_OCTETS), st.binary(min_size=2, max_size=2))
def test_every_password_survives_in_its_attribute(password: bytes, salt: bytes) -> None:
    """Beside the tag; the salt's first bit is always set."""
    attribute = attributes().by_name["Tunnel-Password"]
    hidden = hide_salted(password, LAB, AUTHENTICATOR, salt)
    assert hidden[0] & 0x80
    value = attribute.encode(hidden, 1)[2:]
    assert attribute.tag_of(value) == 1
    decoded = attribute.decode(value)
    assert isinstance(decoded, bytes)
    assert reveal_salted(decoded, LAB, AUTHENTICATOR) == password


def test_what_does_not_fit_is_refused() -> None:
    """A password of 240 octets would need a sixteenth block, which no attribute holds."""
    with pytest.raises(ValueError, match="239 octets"):
        hide_salted(bytes(MAX_PASSWORD_OCTETS + 1), LAB, AUTHENTICATOR, b"\x80\0")
    with pytest.raises(ValueError, match="2 of salt"):
        hide_salted(b"", LAB, AUTHENTICATOR, b"\x80")


@pytest.mark.parametrize("octets", [b"", b"\x80", b"\x80\0", bytes(17), bytes(19)])
def test_no_salt_and_blocks(octets: bytes) -> None:
    """RFC 2868 §3.5: two octets of salt, then blocks of sixteen."""
    with pytest.raises(ProtocolError, match="salted-length"):
        reveal_salted(octets, LAB, AUTHENTICATOR)


def test_another_secret_is_found_out_by_the_length() -> None:
    """Its length octet says more than there is; where it does not, the password is just wrong."""
    hidden = hide_salted(b"arctangent", LAB, AUTHENTICATOR, b"\x80\1")
    with pytest.raises(ProtocolError, match="salted-password"):
        reveal_salted(hidden, SharedSecret(b"another"), AUTHENTICATOR)
