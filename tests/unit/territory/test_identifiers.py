"""Identifiers: every written form in, one out, and nothing but the stated errors."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from territory.errors import ProtocolError
from territory.identifiers import CalledStationId, InseeCode, MacAddress, Nai, Siren, Siret

MAC = MacAddress(bytes.fromhex("aabbccddeeff"))
SEPARATORS = {2: "-:.", 4: ".-:", 6: "-:."}


@pytest.mark.parametrize(
    ("text", "whose"),
    [
        ("AA-BB-CC-DD-EE-FF", "RFC 3580 §3.20, CoovaChilli, Aruba controllers, Meraki"),
        ("aa-bb-cc-dd-ee-ff", "Microsoft NPS"),
        ("AA:BB:CC:DD:EE:FF", "MikroTik"),
        ("aa:bb:cc:dd:ee:ff", "openNDS, UniFi"),
        ("aabb.ccdd.eeff", "Cisco IOS"),
        ("aabb-ccdd-eeff", "Huawei, H3C"),
        ("aabb:ccdd:eeff", "Brocade"),
        ("aabbcc-ddeeff", "HP ProCurve"),
        ("AABBCC-DDEEFF", "HP ProCurve"),
        ("AABBCC:DDEEFF", "PostgreSQL's own reader"),
        ("aabbccddeeff", "Aruba Instant On, UniFi NAS-Identifier"),
        ("AABBCCDDEEFF", "Ruckus"),
        ("AA.BB.CC.DD.EE.FF", "dotted pairs"),
        ("Aa:bB:cC:Dd:eE:fF", "mixed case"),
    ],
)
def test_every_vendors_form_is_one_address(text: str, whose: str) -> None:
    """Whatever the vendor, one device has one `MacAddress` and one written form (RFC 3580)."""
    address = MacAddress.parse(text)
    assert address == MAC, whose
    assert (str(address), address.rfc3580) == ("aa:bb:cc:dd:ee:ff", "AA-BB-CC-DD-EE-FF")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "aa:bb:cc:dd:ee",
        "aa:bb:cc:dd:ee:ff:00",
        "aa:bb-cc:dd-ee:ff",
        "aabb.ccdd-eeff",
        "gg:bb:cc:dd:ee:ff",
        " aa:bb:cc:dd:ee:ff",
        "aa:bb:cc:dd:ee:ff\n",
        "aa:bb:cc:dd:ee:ff\x00",
        "aabbccddeef",
        "aaa:bbc:cdd:eef:f",
        "٠٠:٠٠:٠٠:٠٠:٠٠:٠٠",
        "a" * 100_000,
    ],
)
def test_what_is_no_address_is_the_peers_fault(text: str) -> None:
    """Mixed separators, wrong lengths, other digits and huge texts are a `ProtocolError`."""
    with pytest.raises(ProtocolError, match="mac-address"):
        MacAddress.parse(text)


def test_an_address_has_six_octets() -> None:
    """A `MacAddress` of another length cannot be made."""
    with pytest.raises(ProtocolError):
        MacAddress(bytes(5))


@pytest.mark.parametrize(
    ("text", "local", "device"),
    [
        ("8a-56-7e-f9-10-e4", True, True),
        ("02:00:00:00:00:10", True, True),
        ("00:11:22:33:44:55", False, True),
        ("00:00:00:00:00:00", False, False),
        ("ff:ff:ff:ff:ff:ff", True, False),
        ("01:00:5e:00:00:01", False, False),
    ],
)
def test_what_an_address_says_of_itself(text: str, local: bool, device: bool) -> None:
    """The U/L bit tells a random address; zeros (Accounting-On) and groups name no device."""
    address = MacAddress.parse(text)
    assert (address.is_locally_administered, address.is_device) == (local, device)


@given(st.binary(min_size=6, max_size=6), st.sampled_from([2, 4, 6, 12]), st.data())
def test_every_form_comes_back_the_same(octets: bytes, group: int, data: st.DataObject) -> None:
    """Whatever the grouping, the separator and the case, the octets come back."""
    digits = octets.hex()
    separator = data.draw(st.sampled_from(SEPARATORS[group])) if group < 12 else ""
    text = separator.join(digits[i : i + group] for i in range(0, 12, group))
    written = data.draw(st.sampled_from([text, text.upper()]))
    assert MacAddress.parse(written).octets == octets


@pytest.mark.parametrize(
    ("text", "mac", "ssid", "server_name"),
    [
        ("AA-BB-CC-DD-EE-FF:Wifi Mairie", MAC, "Wifi Mairie", None),
        ("AA-BB-CC-DD-EE-FF", MAC, None, None),
        ("AA-BB-CC-DD-EE-FF:", MAC, None, None),
        ("aa:bb:cc:dd:ee:ff:Wifi:Mairie: été", MAC, "Wifi:Mairie: été", None),
        ("aabbccddeeff:Wifi", MAC, "Wifi", None),
        ("aabb.ccdd.eeff:Wifi", MAC, "Wifi", None),
        ("AA-BB-CC-DD-EE-FF:" + "x" * 32, MAC, "x" * 32, None),
        ("hotspot-mairie", None, None, "hotspot-mairie"),
        ("hs:étage 1", None, None, "hs:étage 1"),
    ],
)
def test_called_station_id(
    text: str, mac: MacAddress | None, ssid: str | None, server_name: str | None
) -> None:
    """The SSID is all that follows the address and its colon; MikroTik sends a server's name."""
    found = CalledStationId.parse(text)
    assert found == CalledStationId(mac=mac, ssid=ssid, server_name=server_name)
    assert CalledStationId.parse(str(found)) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "AA-BB-CC-DD-EE-FF:" + "x" * 33,
        "AA-BB-CC-DD-EE-FF:" + "é" * 17,
        "AA-BB-CC-DD-EE-FF:a\x00b",
        "a\nb",
        "x" * 254,
        "é" * 127,
        "\ud800",
    ],
)
def test_a_called_station_id_that_cannot_be(text: str) -> None:
    """An SSID has at most 32 octets and the attribute 253; controls never reach a row."""
    with pytest.raises(ProtocolError, match="called-station-id"):
        CalledStationId.parse(text)


@pytest.mark.parametrize(
    ("text", "username", "realm"),
    [
        ("bob", "bob", None),
        ("joe@example.com", "joe", "example.com"),
        ("fred@foo-9.example.com", "fred", "foo-9.example.com"),
        ("fred.smith@example.com", "fred.smith", "example.com"),
        ("fred_smith@example.com", "fred_smith", "example.com"),
        ("fred$@example.com", "fred$", "example.com"),
        ("fred=?#$&*+-/^smith@example.com", "fred=?#$&*+-/^smith", "example.com"),
        ("nancy@eng.example.net", "nancy", "eng.example.net"),
        ("eng%nancy@example.net", "eng%nancy", "example.net"),
        ("@privatecorp.example.net", None, "privatecorp.example.net"),
        ("alice@xn--tmonesimerkki-bfbb.example.net", "alice", "xn--tmonesimerkki-bfbb.example.net"),
        ("joe@EXAMPLE.com", "joe", "example.com"),
        ("élodie@département.example", "élodie", "département.example"),
        ("élodie@de\u0301partement.example", "élodie", "département.example"),
    ],
)
def test_identifiers_that_are_valid(text: str, username: str | None, realm: str | None) -> None:
    """The valid examples of RFC 7542 §2.9, and realms equal after NFC and lower case."""
    assert Nai.parse(text) == Nai(username=username, realm=realm)
    assert Nai.parse(str(Nai.parse(text))) == Nai.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "fred@example",
        "fred@example_9.com",
        "fred@example.net@example.net",
        "fred.@example.net",
        "eng:nancy@example.net",
        "eng;nancy@example.net",
        "(user)@example.net",
        "<nancy>@example.net",
        "joe@",
        "joe@-example.net",
        "joe@example-.net",
        "joe@.example.net",
        "joe@example..net",
        ".joe@example.net",
        "jo e@example.net",
        "joe\x00@example.net",
        "a" * 254,
        "é" * 127,
        "\udcff@example.net",
    ],
)
def test_identifiers_that_are_not(text: str) -> None:
    """The invalid examples of RFC 7542 §2.10, and what would not fit an attribute."""
    with pytest.raises(ProtocolError, match="nai"):
        Nai.parse(text)


ANY_TEXT = st.text(max_size=400) | st.text("0123456789abcdefABCDEF:-.@ \x00é", max_size=64)


@given(ANY_TEXT)
def test_a_text_from_the_network_is_read_or_refused(text: str) -> None:
    """Nothing but `ProtocolError` ever comes out of a peer's text."""
    for kind in (MacAddress, CalledStationId, Nai):
        try:
            parsed = kind.parse(text)
        except ProtocolError:
            continue
        assert kind.parse(str(parsed)) == parsed


@given(ANY_TEXT | st.text(string.digits + "AB ", min_size=4, max_size=16))
def test_a_text_from_a_person_is_read_or_refused(text: str) -> None:
    """Nothing but `ValueError` ever comes out of what is typed."""
    for kind in (InseeCode, Siren, Siret):
        try:
            parsed = kind.parse(text)
        except ValueError:
            continue
        assert kind.parse(str(parsed)) == parsed


@pytest.mark.parametrize(
    ("text", "code", "departement"),
    [
        ("55029", "55029", "55"),
        ("01004", "01004", "01"),
        ("2a004", "2A004", "2A"),
        ("2B033", "2B033", "2B"),
        (" 75056 ", "75056", "75"),
        ("97411", "97411", "974"),
        ("98818", "98818", "988"),
    ],
)
def test_insee_codes(text: str, code: str, departement: str) -> None:
    """A commune's code is text: its leading zero, Corsica's letters and overseas count."""
    assert (InseeCode.parse(text).code, InseeCode.parse(text).departement) == (code, departement)


@pytest.mark.parametrize(
    "text", ["", "1004", "00123", "20004", "2C004", "99100", "96001", "5502 9"]
)
def test_codes_that_name_no_commune(text: str) -> None:
    """A lost leading zero, old Corsica and foreign countries are refused, in words."""
    with pytest.raises(ValueError, match="INSEE"):
        InseeCode.parse(text)


@pytest.mark.parametrize("text", ["215500299", "215 500 299", "356000000", "200053668"])
def test_siren_numbers(text: str) -> None:
    """Real numbers pass Luhn's key, with or without blanks."""
    assert Siren.parse(text).number == text.replace(" ", "")


@pytest.mark.parametrize(
    "text", ["", "215500298", "21550029", "2155002990", "21550029x", "²15500299"]
)
def test_mistyped_siren_numbers(text: str) -> None:
    """One digit changed is always seen."""
    with pytest.raises(ValueError, match="SIREN"):
        Siren.parse(text)


@given(st.integers(0, 99_999_999), st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_is_always_seen(stem: int, place: int, shift: int) -> None:
    """Of the ten keys one is right, and any single mistyped digit breaks it."""
    (right,) = (n for n in (f"{stem:08}{key}" for key in range(10)) if _is_siren(n))
    wrong = right[:place] + str((int(right[place]) + shift) % 10) + right[place + 1 :]
    assert not _is_siren(wrong)


def _is_siren(number: str) -> bool:
    try:
        return Siren.parse(number).number == number
    except ValueError:
        return False


def test_siret_numbers() -> None:
    """An establishment carries its legal unit; La Poste's follow the sum of their digits."""
    assert Siret.parse("21550029900015").siren == Siren("215500299")
    assert Siret.parse("356 000 000 00048").number == "35600000000048"
    assert Siret.parse("35600000009075").siren.number == "356000000"


@pytest.mark.parametrize("text", ["", "21550029900016", "2155002990001", "35600000009076"])
def test_mistyped_siret_numbers(text: str) -> None:
    """A wrong key is refused, La Poste's own rule included."""
    with pytest.raises(ValueError, match="SIRET"):
        Siret.parse(text)
