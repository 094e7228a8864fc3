"""What RADIUS signs for the portal: read as it was written, believed of one gateway only."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from territory.errors import ProtocolError
from territory.identifiers import MacAddress
from territory.rules.central_login import (
    MAX_SESSION_CHARACTERS,
    Presented,
    portal_page,
    read_presented,
    sign_presented,
)

KEY = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
TOLD = Presented(
    MacAddress.parse("8a:56:7e:f9:10:e4"),
    UUID("11111111-2222-3333-4444-555555555555"),
    datetime(2026, 11, 20, 15, 10, tzinfo=UTC),
    "1E0AA8C0000000140FB5B2C9",
    "WiFi-Mairie",
)
SIGNED = (
    "ilZ--RDkERERESIiMzNERFVVVVVVVWsAYsgYMUUwQUE4QzAwMDAwMDAxNDBGQjVCMkM5V2lGaS1NYWlyaWX0HirpD_Hs"
    "8ZcSwIROmwen"
)
"""The body, then the first 16 octets of `openssl mac -digest SHA256 -macopt key:KEY -in F HMAC`,
where F holds `wlc-mairie`, a zero octet and the body; all in base64url."""


def test_what_is_signed_against_openssl() -> None:
    """Device, NAS, end, session and network; the gateway's code is signed and not repeated."""
    assert sign_presented(TOLD, "wlc-mairie", KEY) == SIGNED
    assert read_presented(SIGNED, "wlc-mairie", KEY) == TOLD


@given(
    st.binary(min_size=6, max_size=6),
    st.uuids(),
    st.integers(0, 2**32 - 1),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=MAX_SESSION_CHARACTERS),
    st.text(max_size=8),
)
def test_everything_comes_back(
    device: bytes, nas: UUID, ends: int, session: str, ssid: str
) -> None:
    """Whatever a NAS told."""
    told = Presented(MacAddress(device), nas, datetime.fromtimestamp(ends, UTC), session, ssid)
    signed = sign_presented(told, "wlc", KEY)
    assert read_presented(signed, "wlc", KEY) == told
    assert set(signed).isdisjoint("=?&+/%")


def test_a_session_with_too_long_a_name_has_none() -> None:
    """The CoA-Request then names the device alone."""
    told = Presented(TOLD.device, TOLD.nas_id, TOLD.expires_at, "A" * 65)
    assert read_presented(sign_presented(told, "wlc", KEY), "wlc", KEY).session == ""


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "A",
        "é",
        "*" * 40,
        SIGNED[:-1],
        SIGNED + "A",
        "A" + SIGNED[1:],
        "A" * 100_000,
        SIGNED * 2,
    ],
)
def test_nothing_else_is_believed(forged: str) -> None:
    """One character more, less or other."""
    with pytest.raises(ProtocolError, match="bad-signature"):
        read_presented(forged, "wlc-mairie", KEY)


def test_it_is_of_one_gateway_and_one_base() -> None:
    """Another gateway's code, or another master key."""
    for gateway, key in (("wlc-ecole", KEY), ("wlc-mairie", KEY[::-1])):
        with pytest.raises(ProtocolError, match="bad-signature"):
            read_presented(SIGNED, gateway, key)


def test_the_page_of_a_gateway() -> None:
    """Its own record's, else the public address; its code stands last."""
    public = "https://wifi.example"
    own = "https://wifi.meuse.example/gateway/cisco/"
    assert portal_page(None, public, "cisco", "wlc") == f"{public}/gateway/cisco/wlc"
    assert portal_page(own, public, "cisco", "wlc") == f"{own}wlc"
