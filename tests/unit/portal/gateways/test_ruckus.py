"""Ruckus Unleashed and ZoneDirector: a form to port 9997 of the site's own gateway."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.gateways import ruckus
from portal.gateways.brands import ADAPTERS
from portal.gateways.vocabulary import (
    Adapter,
    Credential,
    Departure,
    Refusal,
    Registration,
    Situation,
)
from territory.errors import ProtocolError
from territory.identifiers import MacAddress

UNLEASHED = (
    b"sip=192.168.0.253&mac=b479c83c4b20&client_mac=5edec34d503d&uip=192.168.1.106&lid=&dn="
    b"&url=http%3a%2f%2fcaptive.apple.com%2fhotspot%2ddetect.html&ssid=Captive+Ruckus+Test"
    b"&loc=&vlan=1"
)
"""Recorded by splash-networks/capport, "Ruckus"."""
BASE = "https://portal.example/gateway/ruckus"
OWN = Registration("192.168.0.253", BASE, None)
SEVERAL = Registration("192.168.0.250", BASE, None, access_points=frozenset({"192.168.0.253"}))
TLS = Registration("192.168.0.253:9998", BASE, None)
GUEST = Credential("o" * 26, "p" * 26)


def test_the_recorded_redirect_is_read() -> None:
    """The device in 12 digits, the network with its spaces written as `+`."""
    arrival = ruckus.read(UNLEASHED, OWN)
    assert arrival.situation is Situation.CAPTIVE
    assert arrival.device == MacAddress.parse("5e:de:c3:4d:50:3d")
    assert arrival.ssid == "Captive Ruckus Test"
    assert arrival.carried == {"sip": "192.168.0.253", "ip": "192.168.1.106"}
    assert (arrival.original_url, arrival.is_signed) == ("", False)


def test_the_form() -> None:
    """`http://{sip}:9997/login` with username, password and the guest's own address."""
    carried = ruckus.read(UNLEASHED, OWN).carried
    asked = ruckus.hand_back(OWN, Departure(carried, GUEST))
    assert asked.url == "http://192.168.0.253:9997/login"
    assert list(asked.fields.items()) == [
        ("username", "o" * 26),
        ("password", "p" * 26),
        ("ip", "192.168.1.106"),
    ]


def test_a_credential_fits() -> None:
    """ZoneDirector's application note takes 31 characters of each."""
    fields = ruckus.hand_back(OWN, Departure({}, GUEST)).fields
    assert max(len(value) for value in fields.values()) <= 31
    assert "ip" not in fields


def test_port_9998_is_https() -> None:
    """Where the record says so."""
    carried = ruckus.read(UNLEASHED, TLS).carried
    assert ruckus.hand_back(TLS, Departure(carried, GUEST)).url == (
        "https://192.168.0.253:9998/login"
    )


def test_another_master_of_the_same_site() -> None:
    """Any access point of an Unleashed network may become the master; a stranger may not."""
    carried = ruckus.read(UNLEASHED, SEVERAL).carried
    departure = Departure(carried, GUEST)
    assert ruckus.hand_back(SEVERAL, departure).origin == "http://192.168.0.253:9997"
    assert ruckus.log_off(SEVERAL, carried).url == "http://192.168.0.253:9997/logout"
    taken_away = Registration("192.168.0.250", BASE, None)
    with pytest.raises(ProtocolError, match="foreign-address"):
        ruckus.hand_back(taken_away, departure)


def test_a_refusal() -> None:
    """`auth=failed`, as a public portal reads it."""
    arrival = ruckus.read(UNLEASHED + b"&auth=failed", OWN)
    assert (arrival.situation, arrival.refusal) == (Situation.REFUSED, Refusal.REJECTED)


def test_who_sends_the_guest() -> None:
    """The access point's MAC address, as the base writes it."""
    assert ruckus.name_in(UNLEASHED) == "b4:79:c8:3c:4b:20"
    with pytest.raises(ProtocolError, match="missing-mac"):
        ruckus.name_in(b"sip=192.168.0.253")


def test_log_off_start_and_no_visit_of_ours() -> None:
    """Without a visit's own host, the record's."""
    assert ruckus.log_off(OWN, {}).url == "http://192.168.0.253:9997/logout"
    assert ruckus.start(OWN).url == "http://198.51.100.1/"
    assert ruckus.returned_visit(UNLEASHED) == ""


def forgeries() -> Iterator[tuple[bytes, str]]:
    """Yield queries that are refused, with the reason."""
    sip, device = b"sip=192.168.0.253", b"client_mac=5edec34d503d"
    yield b"", "missing-sip"
    yield UNLEASHED.replace(sip, b"sip="), "missing-sip"
    yield UNLEASHED.replace(device, b"x=y"), "missing-client_mac"
    yield UNLEASHED.replace(device, b"client_mac=ENCd2dbf9a1f1689ed0"), "bad-device"
    yield UNLEASHED.replace(device, b"client_mac=<script>"), "bad-device"
    yield UNLEASHED.replace(b"192.168.1.106", b"<script>"), "bad-address"
    yield UNLEASHED.replace(b"Captive+Ruckus+Test", b"%e9"), "bad-encoding"
    yield UNLEASHED.replace(b"Captive+Ruckus+Test", b"%0a"), "control-character"
    yield UNLEASHED + b"&loc=" + b"a" * 100_000, "oversized"
    for host in (b"203.0.113.9", b"192.168.0.253:80", b"192.168.0.253@evil.example", b"evil/"):
        yield UNLEASHED.replace(b"192.168.0.253", host), "foreign-address"


@pytest.mark.parametrize(("forged", "reason"), list(forgeries()))
def test_a_bad_redirect_is_refused_with_a_stable_reason(forged: bytes, reason: str) -> None:
    """Nothing is guessed, and no host but the site's own is ever taken."""
    with pytest.raises(ProtocolError) as refused:
        ruckus.read(forged, OWN)
    assert refused.value.reason == reason


@given(st.binary(max_size=300))
def test_only_protocol_errors_come_out(octets: bytes) -> None:
    """Whatever the octets."""
    for act in (ruckus.name_in, lambda q: ruckus.read(q, OWN)):
        try:
            act(octets)
        except ProtocolError:
            continue


def test_it_is_an_adapter() -> None:
    """The module fits the portal's port."""
    adapter: Adapter = ruckus
    assert ADAPTERS["ruckus", ""] is adapter
