"""What an Access-Request says, and whether its proof is right, before any database is asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius.access import Proof, read_access_request
from radius.mac_authentication import mac_authentication
from radius.protocol.passwords import chap_response, hide
from territory.rules.mac_form import NO_MAC_AUTHENTICATION, MacForm, given_password
from territory.vocabulary import MacPassword, MacUserName
from tests.unit.radius.sample import (
    AUTHENTICATOR,
    DEVICE,
    NAS,
    SECRET,
    STATION,
    USER_NAME,
    attribute,
    nas,
    password_of,
    request,
)

CHALLENGE = b"challenge-16-oct"
NAME = USER_NAME.encode()
PASSWORD = password_of(USER_NAME).encode()
CALL_CHECK = attribute(6, 10)


def pap(password: bytes) -> bytes:
    """User-Password as it travels in these tests' packets."""
    return attribute(2, hide(password, NAS.secret, AUTHENTICATOR))


def chap(password: bytes, challenge: bytes = AUTHENTICATOR) -> bytes:
    """CHAP-Password of identifier 1."""
    return attribute(3, chap_response(1, password, challenge))


@pytest.mark.parametrize(
    ("name", "rest", "proof"),
    [
        (NAME, pap(PASSWORD), Proof.RIGHT_PASSWORD),
        (NAME, pap(b"guess"), Proof.WRONG_PASSWORD),
        (NAME, pap(PASSWORD + b"x"), Proof.WRONG_PASSWORD),
        (NAME, pap(b""), Proof.WRONG_PASSWORD),
        (NAME, chap(PASSWORD), Proof.RIGHT_PASSWORD),
        (NAME, chap(PASSWORD, CHALLENGE) + attribute(60, CHALLENGE), Proof.RIGHT_PASSWORD),
        (NAME, chap(PASSWORD, CHALLENGE), Proof.WRONG_PASSWORD),
        (NAME, chap(b"guess"), Proof.WRONG_PASSWORD),
        (NAME, b"", Proof.NO_PASSWORD),
        (NAME, CALL_CHECK, Proof.NO_PASSWORD),
        (NAME, pap(PASSWORD) + chap(PASSWORD), Proof.TWO_PASSWORDS),
        (NAME, attribute(2, b"short"), Proof.MALFORMED_PASSWORD),
        (NAME, attribute(3, b"short"), Proof.MALFORMED_PASSWORD),
        (NAME, attribute(79, b"\x02\x01\x00\x05\x01"), Proof.EAP),
        (NAME, pap(PASSWORD) + attribute(79, b"\x02"), Proof.EAP),
        # A name that cannot be one of ours needs no derivation, and no empty password opens it.
        (b"alice", pap(b"alice"), Proof.WRONG_PASSWORD),
        (b"alice", pap(b""), Proof.WRONG_PASSWORD),
        (b"alice", chap(b""), Proof.WRONG_PASSWORD),
        (b"\xff\x00", pap(b""), Proof.WRONG_PASSWORD),
        (b"alice", b"", Proof.NO_PASSWORD),
        # MAC authentication: in the NAS's form alone, the name again as password.
        (STATION, pap(STATION), Proof.DEVICE),
        (STATION, chap(STATION), Proof.DEVICE),
        (STATION, pap(b"guess"), Proof.WRONG_PASSWORD),
        (STATION, pap(b"guess") + CALL_CHECK, Proof.WRONG_PASSWORD),
        (STATION, b"", Proof.NO_PASSWORD),
        (STATION, CALL_CHECK, Proof.NO_PASSWORD),
        (STATION, attribute(2, b"short"), Proof.MALFORMED_PASSWORD),
        (b"8a567ef910e4", pap(b"8a567ef910e4"), Proof.OTHER_MAC_FORM),
        (b"8a-56-7e-f9-10-e4", pap(b"8a-56-7e-f9-10-e4"), Proof.OTHER_MAC_FORM),
        (b"8A:56:7E:F9:10:E4", CALL_CHECK, Proof.OTHER_MAC_FORM),
    ],
)
def test_the_proof_is_judged(name: bytes, rest: bytes, proof: Proof) -> None:
    """PAP, CHAP, MAC authentication, and what is none of them."""
    packet = request(attribute(1, name), rest, attribute(31, STATION))
    read = read_access_request(packet, NAS, password_of)
    assert (read.proof, read.device) == (proof, DEVICE)


PLAIN = b"8a567ef910e4"
LOGIN = attribute(6, 1)


@pytest.mark.parametrize(
    ("password", "rest", "proof"),
    [
        (MacPassword.GIVEN, pap(given_password(SECRET.decode()).encode()), Proof.DEVICE),
        (MacPassword.GIVEN, pap(PLAIN), Proof.WRONG_PASSWORD),
        (MacPassword.SHARED_SECRET, pap(SECRET), Proof.DEVICE),
        (MacPassword.SHARED_SECRET, chap(SECRET), Proof.DEVICE),
        (MacPassword.SHARED_SECRET, pap(PLAIN), Proof.WRONG_PASSWORD),
        (MacPassword.CALL_CHECK, CALL_CHECK, Proof.DEVICE),
        (MacPassword.CALL_CHECK, pap(b"") + CALL_CHECK, Proof.DEVICE),
        (MacPassword.CALL_CHECK, pap(PLAIN) + CALL_CHECK, Proof.DEVICE),
        (MacPassword.CALL_CHECK, chap(PLAIN) + CALL_CHECK, Proof.DEVICE),
        (MacPassword.CALL_CHECK, pap(b"guess") + CALL_CHECK, Proof.WRONG_PASSWORD),
        (MacPassword.CALL_CHECK, chap(b"guess") + CALL_CHECK, Proof.WRONG_PASSWORD),
        (MacPassword.CALL_CHECK, attribute(2, b"x") + CALL_CHECK, Proof.MALFORMED_PASSWORD),
        (MacPassword.CALL_CHECK, b"", Proof.OTHER_MAC_FORM),
        (MacPassword.CALL_CHECK, pap(PLAIN) + LOGIN, Proof.OTHER_MAC_FORM),
    ],
)
def test_each_nas_shows_what_it_declares(password: MacPassword, rest: bytes, proof: Proof) -> None:
    """RFC 2865 §5.6 for Call-Check; a person on a log-in page can show none of these."""
    form = MacForm(MacUserName.PLAIN, password)
    declared = nas(mac_authentication=mac_authentication(form, SECRET.decode()))
    packet = request(attribute(1, PLAIN), rest, attribute(31, STATION))
    assert read_access_request(packet, declared, password_of).proof is proof


def test_a_nas_without_mac_authentication_presents_no_device() -> None:
    """Whatever it sends."""
    silent = nas(mac_authentication=mac_authentication(NO_MAC_AUTHENTICATION, SECRET.decode()))
    packet = request(attribute(1, STATION), pap(STATION), attribute(31, STATION))
    assert read_access_request(packet, silent, password_of).proof is Proof.OTHER_MAC_FORM


def test_a_mac_as_name_is_read_apart_from_the_device() -> None:
    """So that the policy can see that they differ."""
    other = b"02-00-00-00-00-01"
    packet = request(attribute(1, other), pap(other), attribute(31, STATION))
    read = read_access_request(packet, NAS, password_of)
    assert read.named_device == bytes.fromhex("020000000001")
    assert read.device == DEVICE


def test_without_a_name_or_a_device_there_is_none() -> None:
    """Nothing is made up."""
    read = read_access_request(request(pap(b"x")), NAS, password_of)
    assert (read.user_name, read.device, read.named_device) == ("", None, None)


@given(
    st.dictionaries(st.sampled_from((1, 2, 3, 6, 31, 60, 79)), st.binary(min_size=1, max_size=40))
)
def test_any_attributes_can_be_read(attributes: dict[int, bytes]) -> None:
    """Reading raises nothing, and only the right password is right."""
    packet = request(*(attribute(n, value) for n, value in attributes.items()))
    assert read_access_request(packet, NAS, password_of).proof is not Proof.RIGHT_PASSWORD
