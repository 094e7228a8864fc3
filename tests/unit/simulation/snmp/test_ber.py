"""BER as X.690 and RFC 3416 write it, octet for octet, and read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.snmp.ber import (
    COUNTER64,
    INTEGER,
    OCTETS,
    arcs_in,
    arcs_of,
    element,
    identifier,
    names_in,
    number,
    tlv,
)

SYS_UP_TIME = bytes.fromhex("06082b06010201010300")


def test_an_identifier() -> None:
    """X.690 §8.19: the first two numbers share an octet, large ones go in groups of seven bits."""
    assert identifier(arcs_of("1.3.6.1.2.1.1.3.0")) == SYS_UP_TIME
    assert identifier(arcs_of("1.3.6.1.4.1.41112")) == bytes.fromhex("06082b0601040182c118")
    assert arcs_in(SYS_UP_TIME) == (1, 3, 6, 1, 2, 1, 1, 3, 0)


@pytest.mark.parametrize(
    ("tag", "value", "octets"),
    [
        (INTEGER, 0, "020100"),
        (INTEGER, 127, "02017f"),
        (INTEGER, 128, "02020080"),
        (INTEGER, -1, "0201ff"),
        (INTEGER, -128, "020180"),
        (INTEGER, -129, "0202ff7f"),
        (COUNTER64, 2**64 - 1, "460900ffffffffffffffff"),
    ],
)
def test_a_number(tag: int, value: int, octets: str) -> None:
    """X.690 §8.3: two's complement in as few octets as hold it, the sign's own included."""
    assert number(tag, value) == bytes.fromhex(octets)


@given(st.binary(max_size=600))
def test_what_is_written_is_read(content: bytes) -> None:
    """Short and long lengths (X.690 §8.1.3)."""
    assert element(tlv(OCTETS, content), 0) == (OCTETS, content, len(tlv(OCTETS, content)))


@given(st.binary(max_size=60))
def test_no_octets_break_the_reader(octets: bytes) -> None:
    """Whatever comes, it is read or refused."""
    for read in (lambda: element(octets, 0), lambda: list(names_in(octets))):
        try:
            read()
        except (IndexError, ValueError):
            continue
