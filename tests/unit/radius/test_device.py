"""A device out of Calling-Station-Id, in every vendor's form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius.device import parse_device

DEVICE = bytes.fromhex("8a567ef910e4")


@pytest.mark.parametrize(
    "text",
    [
        b"8A-56-7E-F9-10-E4",
        b"8a-56-7e-f9-10-e4",
        b"8a:56:7e:f9:10:e4",
        b"8a567ef910e4",
        b"8a56.7ef9.10e4",
        b"8a567e-f910e4",
    ],
)
def test_every_form_is_the_same_device(text: bytes) -> None:
    """RFC 3580 §3.21 and what vendors make of it."""
    assert parse_device(text) == DEVICE


@pytest.mark.parametrize(
    "text",
    [
        None,
        b"",
        b"portable",
        b"8A-56-7E-F9-10",
        b"8A-56-7E-F9-10-E",
        b"8--56-7E-F9-10-E4",
        b"8A-56-7E-F9-10-G4",
        b"8A-56-7E-F9-1--E4",
        "8A-56-7E-F9-10-É".encode(),
        b"\xff" * 17,
        b"00-00-00-00-00-00",
        b"01-00-5E-00-00-01",
        b"FF-FF-FF-FF-FF-FF",
    ],
)
def test_what_names_no_device_is_none(text: bytes | None) -> None:
    """Neither zeros (a gateway's own records) nor a group address is somebody's."""
    assert parse_device(text) is None


@given(st.binary(max_size=40))
def test_any_octets_are_a_device_or_none(text: bytes) -> None:
    """Nothing is raised."""
    device = parse_device(text)
    assert device is None or len(device) == 6


@given(st.binary(min_size=6, max_size=6).filter(lambda d: any(d) and not d[0] & 1))
def test_any_device_is_read(device: bytes) -> None:
    """What RFC 3580 writes is read back."""
    assert parse_device(device.hex("-").upper().encode()) == device
