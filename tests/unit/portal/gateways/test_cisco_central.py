"""Central web authentication: what RADIUS has signed, and what a controller adds to it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.gateways import cisco_central
from portal.gateways.brands import ADAPTERS
from portal.gateways.vocabulary import (
    Adapter,
    CoaBack,
    Credential,
    Departure,
    Registration,
    Situation,
)
from territory.errors import ProtocolError
from territory.identifiers import MacAddress
from territory.rules.central_login import Presented, sign_presented

KEY = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
OWN = Registration(
    "192.0.2.1", "https://portal.example/gateway/cisco", KEY, code="wlc-mairie", variant="cwa"
)
TOLD = Presented(
    MacAddress.parse("8a:56:7e:f9:10:e4"),
    UUID("11111111-2222-3333-4444-555555555555"),
    datetime(2026, 11, 20, 15, 10, tzinfo=UTC),
    "1E0AA8C0000000140FB5B2C9",
    "WiFi-Mairie",
)
SIGNED = sign_presented(TOLD, "wlc-mairie", KEY)
NOBODY = Credential("unused", "unused")


@pytest.mark.parametrize(
    "added",
    [
        "",
        "&redirect=http://www.example.org/",
        "&redirect_url=http%3A%2F%2Fwww.example.org%2F%3Fa%3Db",
        "?redirect=http://www.example.org/",
        "%3Fredirect=http://www.example.org/",
        "&switch_url=https://evil.example/login.html&cwa=another",
    ],
)
def test_a_redirect_is_read_whatever_the_controller_adds(added: str) -> None:
    """An `&`, or a second `?` on some versions; none of it is looked at, the first `cwa` counts."""
    arrival = cisco_central.read(f"cwa={SIGNED}{added}".encode(), OWN)
    assert arrival.situation is Situation.CAPTIVE
    assert arrival.device == TOLD.device
    assert arrival.ends_at == TOLD.expires_at
    assert (arrival.ssid, arrival.original_url) == ("WiFi-Mairie", "")
    assert arrival.is_signed


def test_the_way_back_is_radius_s() -> None:
    """Whom the controller presented, and by which name of the session."""
    carried = cisco_central.read(f"cwa={SIGNED}".encode(), OWN).carried
    back = cisco_central.hand_back(OWN, Departure(carried, NOBODY))
    assert back == CoaBack(TOLD.nas_id, TOLD.session)
    assert back.origin == ""


def forgeries() -> Iterator[tuple[str, str]]:
    """Yield queries that are refused, with the reason."""
    yield "", "missing-cwa"
    yield "cwa=", "missing-cwa"
    yield f"cwa=A{SIGNED}", "bad-signature"
    yield f"cwa={SIGNED[:-2]}", "bad-signature"
    yield "cwa=" + sign_presented(TOLD, "wlc-ecole", KEY), "bad-signature"
    yield "cwa=<script>alert(1)</script>", "bad-signature"
    yield "cwa=" + "A" * 9000, "oversized"
    yield "cwa=%ff", "bad-encoding"
    yield "cwa=%0a", "control-character"
    group = Presented(MacAddress(b"\x01" * 6), TOLD.nas_id, TOLD.expires_at)
    yield "cwa=" + sign_presented(group, "wlc-mairie", KEY), "bad-device"


@pytest.mark.parametrize(("forged", "reason"), list(forgeries()))
def test_a_bad_redirect_is_refused_with_a_stable_reason(forged: str, reason: str) -> None:
    """Whoever does not hold the base's key presents nobody."""
    with pytest.raises(ProtocolError) as refused:
        cisco_central.read(forged.encode(), OWN)
    assert refused.value.reason == reason


def test_a_gateway_names_itself_in_the_path_alone() -> None:
    """RADIUS wrote the address, with the code in it."""
    with pytest.raises(ProtocolError, match="missing-gateway"):
        cisco_central.name_in(f"cwa={SIGNED}".encode())


@pytest.mark.parametrize("carried", [{}, {"nas": "nobody"}])
def test_a_visit_without_its_nas_is_not_handed_back(carried: dict[str, str]) -> None:
    """Nobody could be asked."""
    with pytest.raises(ProtocolError):
        cisco_central.hand_back(OWN, Departure(carried, NOBODY))


@given(st.binary(max_size=300), st.booleans())
def test_only_protocol_errors_come_out(octets: bytes, named: bool) -> None:
    """Whatever the octets."""
    forged = b"cwa=" + octets if named else octets
    for act in (cisco_central.name_in, lambda q: cisco_central.read(q, OWN)):
        try:
            act(forged)
        except ProtocolError:
            continue


def test_it_is_an_adapter() -> None:
    """The module fits the portal's port."""
    adapter: Adapter = cisco_central
    assert ADAPTERS["cisco", "cwa"] is adapter
    assert cisco_central.log_off(OWN, {}) is None
