"""FortiGate: `login` first, `post` only as the record makes it, `magic` given back."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.gateways import fortinet
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

RECORDED = (
    b"login&post=http://172.172.172.1:1000/fgtauth&magic=050e078a95ae1754"
    b"&usermac=fc:3f:db:a6:4a:ff&apmac=70:4c:a5:ab:85:95&apip=172.172.172.1"
    b"&userip=172.172.172.2&ssid=Test&apname=FG800D5818800451&bssid=00:00:00:00:00:00"
)
"""Recorded by splash-networks/capport, "Fortigate"."""
POST = b"http://172.172.172.1:1000/fgtauth"
TLS_POST = b"https://172.172.172.1:1003/fgtauth"
MAGIC = "050e078a95ae1754"
BASE = "https://portal.example/gateway/fortinet"
OWN = Registration("172.172.172.1", BASE, None)
CLEAR = Registration("172.172.172.1:1000", BASE, None)
TLS = Registration("172.172.172.1:1003", BASE, None)
GUEST = Credential("o" * 26, "p" * 26)


@pytest.mark.parametrize("own", [OWN, CLEAR], ids=["any port", "port 1000"])
def test_the_recorded_redirect_is_read(own: Registration) -> None:
    """A first parameter without a value, and addresses that nothing escapes."""
    arrival = fortinet.read(RECORDED, own)
    assert arrival.situation is Situation.CAPTIVE
    assert arrival.device == MacAddress.parse("fc:3f:db:a6:4a:ff")
    assert arrival.ssid == "Test"
    assert arrival.carried == {"magic": MAGIC, "port": "1000"}


@pytest.mark.parametrize(
    ("own", "post", "url"),
    [
        (OWN, POST, "http://172.172.172.1:1000/fgtauth"),
        (OWN, TLS_POST, "https://172.172.172.1:1003/fgtauth"),
        (TLS, TLS_POST, "https://172.172.172.1:1003/fgtauth"),
        (TLS, TLS_POST.upper(), "https://172.172.172.1:1003/fgtauth"),
    ],
)
def test_the_form(own: Registration, post: bytes, url: str) -> None:
    """To where the firewall asked for it, with its number and nothing beside the credential."""
    carried = fortinet.read(RECORDED.replace(POST, post), own).carried
    asked = fortinet.hand_back(own, Departure(carried, GUEST))
    assert asked.url == url
    assert dict(asked.fields) == {"username": "o" * 26, "password": "p" * 26, "magic": MAGIC}


def test_the_form_fits_into_what_fortigate_reads() -> None:
    """125 characters at most, even with the longest number that is taken."""
    longest = RECORDED.replace(MAGIC.encode(), b"a" * 40)
    asked = fortinet.hand_back(OWN, Departure(fortinet.read(longest, OWN).carried, GUEST))
    assert len(urlencode(asked.fields)) <= 125


def test_another_port_of_the_firewall() -> None:
    """Where an administrator moved it, the record says so; only that one counts then."""
    moved = Registration("172.172.172.1:1442", BASE, None)
    carried = fortinet.read(
        RECORDED.replace(POST, b"https://172.172.172.1:1442/fgtauth"), moved
    ).carried
    assert fortinet.hand_back(moved, Departure(carried, GUEST)).origin == (
        "https://172.172.172.1:1442"
    )
    with pytest.raises(ProtocolError, match="foreign-address"):
        fortinet.read(RECORDED, moved)


def test_a_record_that_changed_meanwhile_goes_before() -> None:
    """What the visit carried is no address: it chooses among the record's own."""
    carried = fortinet.read(RECORDED, OWN).carried
    assert fortinet.hand_back(TLS, Departure(carried, GUEST)).origin == "https://172.172.172.1:1003"
    with pytest.raises(ProtocolError, match="missing-magic"):
        fortinet.hand_back(OWN, Departure({}, GUEST))


def test_a_refusal() -> None:
    """`Auth=Failed`, in any case."""
    arrival = fortinet.read(RECORDED + b"&Auth=Failed", OWN)
    assert (arrival.situation, arrival.refusal) == (Situation.REFUSED, Refusal.REJECTED)


def test_who_sends_the_guest() -> None:
    """The access point's MAC address; behind a wired port, the firewall's serial number."""
    assert fortinet.name_in(RECORDED) == "70:4c:a5:ab:85:95"
    for wired in (b"apmac=00:00:00:00:00:00", b"apmac="):
        query = RECORDED.replace(b"apmac=70:4c:a5:ab:85:95", wired)
        assert fortinet.name_in(query) == "FG800D5818800451"
    with pytest.raises(ProtocolError, match="missing-apname"):
        fortinet.name_in(b"login")


def test_log_off_start_and_no_visit_of_ours() -> None:
    """The firewall's own log-out; a fresh redirect comes of any plain http address."""
    assert fortinet.log_off(OWN, {"port": "1000"}).url == "http://172.172.172.1:1000/logout?"
    assert fortinet.log_off(OWN, {}).url == "https://172.172.172.1:1003/logout?"
    assert fortinet.start(OWN).url == "http://198.51.100.1/"
    assert fortinet.returned_visit(RECORDED) == ""


def forgeries() -> Iterator[tuple[bytes, str]]:
    """Yield queries that are refused, with the reason."""
    yield b"", "missing-post"
    yield b"login", "missing-post"
    for post in (
        b"http://evil.example:1000/fgtauth",
        b"http://172.172.172.1:1000@evil.example/fgtauth",
        b"http://172.172.172.1:80/fgtauth",
        b"http://172.172.172.1/fgtauth",
        b"http://172.172.172.1:1003/fgtauth",
        b"https://172.172.172.1:1000/fgtauth",
        b"http://172.172.172.1:1000/fgtauth/",
        b"http://172.172.172.1:1000/logout",
        b"http://172.172.172.1:1000/fgtauth%3fa=b",
        b"javascript:alert(1)",
        b"//172.172.172.1:1000/fgtauth",
    ):
        yield RECORDED.replace(POST, post), "foreign-address"
    for magic in (b"<script>", b"050e", b"a" * 41, b"050e078a95ae1754%26x"):
        yield RECORDED.replace(MAGIC.encode(), magic), "bad-magic"
    yield RECORDED.replace(b"magic=", b"magick="), "missing-magic"
    yield RECORDED.replace(b"usermac=", b"nobody="), "missing-usermac"
    yield RECORDED.replace(b"fc:3f:db:a6:4a:ff", b"00:00:00:00:00:00"), "bad-device"
    yield RECORDED.replace(b"ssid=Test", b"ssid=%c3"), "bad-encoding"
    yield RECORDED.replace(b"ssid=Test", b"ssid=%00"), "control-character"
    yield RECORDED.replace(b"ssid=Test", b"ssid=" + b"a" * 100_000), "oversized"


@pytest.mark.parametrize(("forged", "reason"), list(forgeries()))
def test_a_bad_redirect_is_refused_with_a_stable_reason(forged: bytes, reason: str) -> None:
    """Nothing is guessed, and no address but the record's is ever taken."""
    with pytest.raises(ProtocolError) as refused:
        fortinet.read(forged, OWN)
    assert refused.value.reason == reason


@given(st.binary(max_size=300))
def test_only_protocol_errors_come_out(octets: bytes) -> None:
    """Whatever the octets."""
    for act in (fortinet.name_in, lambda q: fortinet.read(q, OWN)):
        try:
            act(octets)
        except ProtocolError:
            continue


def test_it_is_an_adapter() -> None:
    """The module fits the portal's port."""
    adapter: Adapter = fortinet
    assert ADAPTERS["fortinet", ""] is adapter
