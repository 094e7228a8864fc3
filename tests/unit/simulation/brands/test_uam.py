"""The redirect's words, against a real gateway's recorded ones."""

from hashlib import md5
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.brands import uam
from simulation.credentials import Chap, Pap
from tests.servers.recordings import Step, steps

UAM_SERVER = "http://10.9.0.1:8080/gateway/coovachilli"
SECRET = "uamkey"
STEPS = steps()


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())
def test_a_recorded_redirect_is_written_again_octet_for_octet(step: Step) -> None:
    """Same order, same escaping, same signature as the real gateway."""
    fields = [field for field in parse_qsl(urlsplit(step.location).query) if field[0] != "md"]
    assert uam.redirect(UAM_SERVER, fields, SECRET) == step.location


def test_an_address_with_a_query_goes_on_with_an_ampersand() -> None:
    """The portal's address may hold parameters of its own."""
    assert uam.redirect("http://p.test/?a=1", [("res", "notyet")], "") == (
        "http://p.test/?a=1&res=notyet"
    )


def test_a_field_without_a_value_is_left_out() -> None:
    """The real gateway writes no empty parameter."""
    assert uam.redirect("http://p.test/", [("res", "notyet"), ("reply", "")], "") == (
        "http://p.test/?res=notyet"
    )


@given(st.text())
def test_escaping_loses_nothing(text: str) -> None:
    """What is escaped reads back the same, and only unreserved characters stay."""
    escaped = uam.escape(text) if not any(0xD800 <= ord(c) <= 0xDFFF for c in text) else ""
    assert set(escaped) <= set("%" + "".join(map(chr, uam.UNESCAPED)))
    if escaped:
        assert unquote(escaped) == text


def test_the_recorded_pap_password_is_read() -> None:
    """password = hex(password xor MD5(challenge || secret))."""
    challenge = bytes.fromhex(
        dict(parse_qsl(urlsplit(STEPS["captured-again"].location).query))["challenge"]
    )
    query = dict(parse_qsl(urlsplit(STEPS["admitted-pap"].asked).query))
    mixed = uam.mixed_challenge(challenge, SECRET)
    assert uam.read_credential(query, mixed) == Pap(b"one-shot-secret")


def test_the_recorded_chap_response_is_read() -> None:
    """response = hex(MD5(ident || password || mixed challenge)), ident 0."""
    challenge = bytes.fromhex(
        dict(parse_qsl(urlsplit(STEPS["refused"].location).query))["challenge"]
    )
    mixed = uam.mixed_challenge(challenge, SECRET)
    query = dict(parse_qsl(urlsplit(STEPS["admitted-chap"].asked).query))
    right = md5(b"\0one-shot-secret" + mixed).digest()
    assert uam.read_credential(query, mixed) == Chap(0, right, mixed)


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"password": ""},
        {"password": "not hex"},
        {"response": "00"},
        {"password": "ab" * 129},
    ],
)
def test_an_unreadable_hand_back_carries_nothing(query: dict[str, str]) -> None:
    """No credential is better than a wrong one."""
    assert uam.read_credential(query, bytes(16)) is None


def test_a_nul_at_the_end_of_a_password_is_dropped() -> None:
    """Some portals append one before they mix the challenge in."""
    assert uam.read_credential({"password": b"abc\0".hex()}, bytes(16)) == Pap(b"abc")
