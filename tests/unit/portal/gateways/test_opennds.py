"""openNDS at FAS levels 1 to 4: a list that nothing signs, and a hash that opens one client."""

import base64
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.gateways import opennds
from portal.gateways.brands import ADAPTERS
from portal.gateways.opennds import FAS1, FAS2, FAS3, FAS4, LEVELS, OpenNds, rights_of
from portal.gateways.vocabulary import (
    Adapter,
    Allowance,
    Credential,
    Departure,
    HandBack,
    PollBack,
    Registration,
    Situation,
)
from territory.errors import ProtocolError
from territory.identifiers import MacAddress
from tests.servers.opennds_recording import FASKEY as FASKEY_OF_THE_LAB
from tests.servers.opennds_recording import recorded

FASKEY = "faskey-of-the-library"
HID = "7dcf407fa84a0e0519c7991154c4148de0244d7589020c0d9842db9efad82094"
"""`printf a1b2c3d4 | openssl sha256`: the hash of a client's token."""
RHID = "59bc3393b6b1b21a032b368465e72e89c9e208023e58e86dbad86d89cad74338"
"""`printf '%sfaskey-of-the-library' $HID | openssl sha256`."""
OWN = Registration("192.168.8.1:2050", "http://portal.example/gateway/opennds", FASKEY)
NOBODY = Credential("unused", "unused")


def listed(**changes: str | None) -> str:
    """Return the decoded list in the gateway's own order, some values changed or left out."""
    values: dict[str, str | None] = {
        "hid": HID,
        "clientip": "192.168.8.77",
        "clientmac": "8a:56:7e:f9:10:e4",
        "client_type": "cpd_can",
        "gatewayname": "bibliotheque-commercy",
        "gatewayurl": "http%3a%2f%2fstatus.client",
        "version": "9.10.0",
        "gatewayaddress": "192.168.8.1:2050",
        "gatewaymac": "020000000020",
        "originurl": "http%3a%2f%2fexample.org%2f",
        "clientif": "br-lan",
        "themespec": "(null)",
    }
    values |= changes
    return ", ".join(f"{name}={value}" for name, value in values.items() if value is not None)


def query(text: str) -> bytes:
    """Return the query the gateway makes of a list."""
    return b"fas=" + base64.b64encode(text.encode())


def test_a_redirect_is_read() -> None:
    """The list's order and separator are the gateway's own; `(null)` is no value."""
    arrival = FAS1.read(query(listed()), OWN)
    assert arrival.situation is Situation.CAPTIVE
    assert arrival.device == MacAddress.parse("8A-56-7E-F9-10-E4")
    assert arrival.carried == {"hid": HID, "ip": "192.168.8.77"}
    assert arrival.original_url == ""


@pytest.mark.parametrize(
    "written",
    [
        "bibliotheque-commercy",
        "bibliotheque-commercy%20",
        "bibliotheque-commercy%20Node%3ae4956e4e1234%20",
        "bibliotheque-commercy%20Node:e4956e4e1234",
        "biblioth%65que-commercy",
    ],
)
def test_the_name_comes_through_what_versions_do_to_it(written: str) -> None:
    """A final space in 10.1.2, a serial number unless `enable_serial_number_suffix` is off."""
    assert FAS1.name_in(query(listed(gatewayname=written))) == "bibliotheque-commercy"


def test_version_ten_adds_a_field() -> None:
    """`cpi_query` comes in the middle of the list; order does not matter here."""
    text = listed().replace("gatewayname=", "cpi_query=(null), gatewayname=")
    assert FAS1.read(query(text), OWN).carried == {"hid": HID, "ip": "192.168.8.77"}


def test_base64_without_its_padding() -> None:
    """Some fronts drop a final `=`."""
    assert FAS1.read(query(listed()).rstrip(b"="), OWN).device is not None


def test_the_return_hash_against_openssl() -> None:
    """SHA-256 of the client's hash and the faskey, joined as text and trimmed."""
    assert opennds.return_hash(HID, FASKEY) == RHID
    assert opennds.return_hash(f"{HID} ", f" {FASKEY}\n") == RHID


def test_the_hand_back() -> None:
    """One GET opens this client's access and sends it to our own page."""
    carried = FAS1.read(query(listed()), OWN).carried
    page = "https://portal.example/ma-connexion?visit=a.b"
    asked = FAS1.hand_back(OWN, Departure(carried, NOBODY, page_of_ours=page))
    assert isinstance(asked, HandBack)
    assert asked.url == (
        f"http://192.168.8.1:2050/opennds_auth/?tok={RHID}"
        "&redir=https%3A%2F%2Fportal.example%2Fma-connexion%3Fvisit%3Da.b&custom=bmE="
    )
    assert asked.origin == "http://192.168.8.1:2050"


def test_log_off_and_start() -> None:
    """Both are addresses of openNDS's own web server."""
    assert FAS1.log_off(OWN, {}).url == "http://192.168.8.1:2050/opennds_deny/"
    assert FAS1.start(OWN).url == "http://192.168.8.1:2050/login"


def test_a_device_that_is_online_brings_its_visit_back() -> None:
    """openNDS repeats the hand-back's parameters with `status=authenticated`."""
    back = (
        f"tok={RHID}&redir=https%3A%2F%2Fportal.example%2Fma-connexion%3Fvisit%3Da.b"
        "&custom=bmE=&status=authenticated"
    ).encode()
    assert FAS1.returned_visit(back) == "a.b"
    assert FAS1.returned_visit(query(listed())) == ""


@pytest.mark.parametrize(
    ("back", "reason"),
    [
        (b"status=authenticated", "missing-visit"),
        (b"status=authenticated&redir=http://[", "bad-encoding"),
        (b"status=authenticated&redir=%00", "control-character"),
    ],
)
def test_a_return_without_a_visit(back: bytes, reason: str) -> None:
    """Such a query could be anyone's."""
    with pytest.raises(ProtocolError) as refused:
        FAS1.returned_visit(back)
    assert refused.value.reason == reason


def forgeries() -> Iterator[tuple[bytes, str]]:
    """Yield queries that are refused, with the reason."""
    yield b"", "missing-fas"
    yield b"fas=", "missing-fas"
    yield b"fas=%%%", "bad-encoding"
    yield b"fas=" + base64.b64encode(b"\xff\xfe"), "bad-encoding"
    yield b"fas=" + b"A" * 9000, "oversized"
    yield query(listed(gatewayaddress="203.0.113.9:2050")), "foreign-address"
    yield query(listed(gatewayaddress="192.168.8.1:80")), "foreign-address"
    yield query(listed(gatewayaddress=None)), "missing-gatewayaddress"
    yield query(listed(hid="(null)")), "missing-hid"
    yield query(listed(hid="<script>alert(1)</script>")), "bad-hid"
    yield query(listed(hid=HID + "00")), "bad-hid"
    yield query(listed(clientmac="nobody")), "bad-device"
    yield query(listed(clientmac=None)), "missing-clientmac"
    yield query(listed(clientif="a\nb")), "control-character"
    yield b"status=authenticated", "missing-fas"


@pytest.mark.parametrize(("forged", "reason"), list(forgeries()))
def test_a_bad_redirect_is_refused_with_a_stable_reason(forged: bytes, reason: str) -> None:
    """A list that cannot be ours opens nothing."""
    with pytest.raises(ProtocolError) as refused:
        FAS1.read(forged, OWN)
    assert refused.value.reason == reason


def test_without_a_faskey_nobody_is_handed_back() -> None:
    """The return hash would be anyone's to compute."""
    open_gateway = Registration(OWN.login_address, OWN.portal_base, None)
    with pytest.raises(ProtocolError, match="no-secret"):
        FAS1.hand_back(open_gateway, Departure({"hid": HID}, NOBODY))


@given(st.binary(max_size=300), st.booleans())
def test_only_protocol_errors_come_out(octets: bytes, encode: bool) -> None:
    """Whatever the octets, inside or outside the base64."""
    forged = b"fas=" + base64.b64encode(octets) if encode else octets
    for act in (FAS1.name_in, FAS1.returned_visit, lambda q: FAS1.read(q, OWN)):
        try:
            act(forged)
        except ProtocolError:
            continue


def test_it_is_an_adapter() -> None:
    """Each level fits the portal's port."""
    for variant, level in LEVELS.items():
        adapter: Adapter = level
        assert ADAPTERS["opennds", variant] is adapter


def gateway_of(name: str) -> Registration:
    """Return the record of the gateway whose redirect was recorded."""
    return Registration("10.99.0.1:2050", "http://portal.example/gateway/opennds", name)


@pytest.mark.parametrize(("level", "name"), [(FAS2, "2"), (FAS3, "3")])
def test_a_recorded_redirect_in_aes(level: OpenNds, name: str) -> None:
    """What Debian's openNDS enciphered is read as the openssl tool deciphers it."""
    told = recorded()
    sent = urlsplit(told[f"redirect-{name}"]).query.encode()
    held = dict(pair.split("=", 1) for pair in told[f"list-{name}"].split(", ") if "=" in pair)
    arrival = level.read(sent, gateway_of(FASKEY_OF_THE_LAB))
    assert str(arrival.device) == held["clientmac"]
    assert arrival.carried == {"hid": held["hid"], "ip": held["clientip"]}
    assert not arrival.is_signed


def test_the_recorded_redirect_of_level_4() -> None:
    """openNDS 10 says more than 9, and ends its list in what it has not: the same is read of it."""
    told = recorded("10.3")
    sent = urlsplit(told["redirect-4"]).query.encode()
    assert FAS4.name_in(sent) == "mairie-bar"
    held = dict(pair.split("=", 1) for pair in told["list-4"].split(", ") if "=" in pair)
    arrival = FAS4.read(sent, gateway_of(FASKEY_OF_THE_LAB))
    assert str(arrival.device) == held["clientmac"]
    assert arrival.carried == {"hid": held["hid"], "ip": held["clientip"]}
    assert not arrival.is_signed


def test_a_key_longer_than_aes_takes_is_cut() -> None:
    """PHP 8.2: openssl_encrypt(list, "aes-256-cbc", "0123456789" four times, 0, iv), base64."""
    sent = (
        b"fas=UWxsdWJHNEFDSGRPRC8yQ3JJSGUwQ1NkTXdqZnVaM0hhYngyQW1zRDJuS2hzdXB4NUlob3FZazZHemdnN2JQMH"
        b"lsa2wwMVEzcytoaERlMEpNQXVZWFRGYlJ5cWRDOGE5SitnbFkxT2pXYzNpMTFZaTNkdk9ZY1pXN21DYUFmRW0vMGRH"
        b"MU5maHJVRlRIOFNNN0lYK1hRMTh5bHNkaTlhMEFRQVY4bmx4anZXSnJMRjJkTy9PY1Z4S2p5dDVmQUdt"
        b"&iv=0123456789abcdef"
    )
    own = Registration("192.168.8.1:2050", OWN.portal_base, "0123456789" * 4)
    assert FAS2.read(sent, own).carried["hid"] == "ab" * 32


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ((b"&iv=a22f", b"&iv=A22f"), "bad-encoding"),
        ((b"&iv=a22f", b"&iv=a22"), "bad-encoding"),
        ((b"&iv=", b"&vi="), "bad-encoding"),
        ((b"fas=aUZ3", b"fas=aUZ4"), "bad-encoding"),
        ((b"fas=aUZ3", b"fas="), "bad-encoding"),
        ((b"fas=", b"fsa="), "missing-fas"),
    ],
)
def test_a_list_that_does_not_decipher(change: tuple[bytes, bytes], reason: str) -> None:
    """Whatever is wrong with it, one reason: nobody learns which octet it was."""
    sent = urlsplit(recorded()["redirect-2"]).query.encode()
    with pytest.raises(ProtocolError) as refused:
        FAS2.read(sent.replace(*change), gateway_of(FASKEY_OF_THE_LAB))
    assert refused.value.reason == reason


def test_another_key_deciphers_nothing() -> None:
    """Nor does a gateway without one."""
    sent = urlsplit(recorded()["redirect-2"]).query.encode()
    for own in (gateway_of("another"), Registration("10.99.0.1:2050", OWN.portal_base, None)):
        with pytest.raises(ProtocolError):
            FAS2.read(sent, own)


def test_a_list_in_aes_names_nobody_before_its_key_is_known() -> None:
    """Such a gateway is named by the path."""
    with pytest.raises(ProtocolError, match="missing-gateway"):
        FAS3.name_in(urlsplit(recorded()["redirect-3"]).query.encode())


@pytest.mark.parametrize("level", [FAS3, FAS4])
def test_who_polls_is_told_and_the_browser_waits(level: OpenNds) -> None:
    """The hand-back is what the gateway will hear: its own name of the client, and the rights."""
    allowance = Allowance(7199, 2_000_000, 1_500_000, 8_000_000)
    asked = level.hand_back(OWN, Departure({"hid": HID}, NOBODY, allowance=allowance))
    assert asked == PollBack(RHID, "119 1500 8000 2000 2000")


@pytest.mark.parametrize(
    ("allowance", "rights"),
    [
        (Allowance(14_400), "240 0 0 0 0"),
        (Allowance(59), "1 0 0 0 0"),
        (Allowance(0), "1 0 0 0 0"),
        (Allowance(60, 0, 1, 999), "1 1 1 1 1"),
        (Allowance(86_400, 2 * 10**9), "1440 0 0 2000000 2000000"),
    ],
)
def test_rights_in_the_units_of_opennds(allowance: Allowance, rights: str) -> None:
    """Minutes, kbit/s, kByte; nought is no limit, so what is nearly used up is one."""
    assert rights_of(allowance) == rights
