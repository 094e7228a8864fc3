"""MikroTik's hotspot: parameters of our own page, and HTTP-CHAP held to openssl."""

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.gateways import mikrotik
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

OWN = Registration("10.5.50.1", "https://portal.example/gateway/mikrotik", None)
GUEST = Credential("o" * 26, "p" * 26)
PAGE = "https://portal.example/ma-connexion?visit=a.b"
CHALLENGE = r"\357\015\330\013\021\234\145\245\303\253\142\246\133\175\375\316"
RESPONSE = "c35c8cc99f3c61c3492cec06cb23779b"
r"""`printf '\371%s\357\015\330\013\021\234\145\245\303\253\142\246\133\175\375\316' pppp…
| openssl md5`, the password 26 times p."""


def redirect(**changes: str | None) -> bytes:
    """Return the query our page makes, some values changed or left out; `_` stands for `-`."""
    values: dict[str, str | None] = {
        "nasid": "gw-camping",
        "mac": "8A%3A56%3A7E%3AF9%3A10%3AE4",
        "link_login_only": "http://10.5.50.1/login",
        "chap_id": r"\371",
        "chap_challenge": CHALLENGE,
    }
    values |= changes
    pairs = ((name.replace("_", "-"), value) for name, value in values.items())
    return "&".join(f"{name}={value}" for name, value in pairs if value is not None).encode()


def asked(query: bytes, own: Registration = OWN) -> tuple[str, dict[str, str]]:
    """Return the address a guest goes back to, and what it carries."""
    arrival = mikrotik.read(query, own)
    back = mikrotik.hand_back(own, Departure(arrival.carried, GUEST, page_of_ours=PAGE))
    base, _, sent = back.url.partition("?")
    return base, dict(parse_qsl(sent, strict_parsing=True))


def test_a_redirect_is_read() -> None:
    """The device, and the gateway by the code in its page; no link out, since nobody signs it."""
    arrival = mikrotik.read(redirect(), OWN)
    assert arrival.situation is Situation.CAPTIVE
    assert arrival.device == MacAddress.parse("8A-56-7E-F9-10-E4")
    assert (arrival.original_url, arrival.is_signed) == ("", False)
    assert mikrotik.name_in(redirect()) == "gw-camping"


def test_http_chap_against_openssl() -> None:
    """MD5 of identifier, password and challenge, each as octets."""
    base, sent = asked(redirect())
    assert base == "http://10.5.50.1/login"
    assert sent == {
        "username": "o" * 26,
        "password": RESPONSE,
        "dst": PAGE,
        "popup": "false",
    }


def test_escapes_that_a_browser_escaped_once_more() -> None:
    """Some browsers send a backslash as %5C."""
    escaped = CHALLENGE.replace("\\", "%5C")
    assert asked(redirect(chap_id="%5C371", chap_challenge=escaped))[1]["password"] == RESPONSE


@pytest.mark.parametrize(
    ("told", "own", "base"),
    [
        ("http://10.5.50.1/login", OWN, "http://10.5.50.1/login"),
        (None, OWN, "http://10.5.50.1/login"),
        ("https://10.5.50.1/login", OWN, "https://10.5.50.1/login"),
        (
            "https://wifi.camping.example/login",
            Registration("wifi.camping.example", "", None),
            "https://wifi.camping.example/login",
        ),
        (
            "http://10.5.50.1:8081/login",
            Registration("10.5.50.1:8081", "", None),
            "http://10.5.50.1:8081/login",
        ),
    ],
)
def test_without_http_chap_the_password_goes_as_it_is(
    told: str | None, own: Registration, base: str
) -> None:
    """The router has PAP, or https: it leaves both values empty."""
    query = redirect(link_login_only=told, chap_id="", chap_challenge="")
    assert asked(query, own) == (
        base,
        {"username": "o" * 26, "password": "p" * 26, "dst": PAGE, "popup": "false"},
    )


def test_a_refusal() -> None:
    """The router shows its page again; why is not told in a way that fits an address."""
    arrival = mikrotik.read(redirect(failed="1"), OWN)
    assert (arrival.situation, arrival.refusal) == (Situation.REFUSED, Refusal.OTHER)
    assert arrival.carried == mikrotik.read(redirect(), OWN).carried


def test_log_off_and_start() -> None:
    """Both are addresses of the router's own, by https where its log-in is."""
    assert mikrotik.log_off(OWN, {}).url == "http://10.5.50.1/logout?erase-cookie=on"
    secure = mikrotik.read(redirect(link_login_only="https://10.5.50.1/login"), OWN)
    assert urlsplit(mikrotik.log_off(OWN, secure.carried).url).scheme == "https"
    assert mikrotik.start(OWN).url == "http://10.5.50.1/login"
    assert mikrotik.returned_visit(redirect()) == ""


def forgeries() -> Iterator[tuple[bytes, str]]:
    """Yield queries that are refused, with the reason."""
    yield b"", "missing-mac"
    yield redirect(mac=None), "missing-mac"
    yield redirect(mac="nobody"), "bad-device"
    yield redirect(mac="01:00:5e:00:00:01"), "bad-device"
    yield redirect(link_login_only="http://evil.example/login"), "foreign-address"
    yield redirect(link_login_only="http://10.5.50.1:81/login"), "foreign-address"
    yield redirect(link_login_only="http://10.5.50.1/logout"), "foreign-address"
    yield redirect(link_login_only="javascript:alert(1)"), "foreign-address"
    yield redirect(link_login_only="http://[/login"), "foreign-address"
    yield redirect(chap_challenge=""), "missing-chap-challenge"
    yield redirect(chap_id=r"\371\371"), "bad-challenge"
    yield redirect(chap_id=r"\400"), "bad-challenge"
    yield redirect(chap_id="f"), "bad-challenge"
    yield redirect(chap_challenge=CHALLENGE[:-4]), "bad-challenge"
    yield redirect(chap_challenge=CHALLENGE + r"\000"), "bad-challenge"


@pytest.mark.parametrize(("forged", "reason"), list(forgeries()))
def test_a_bad_redirect_is_refused_with_a_stable_reason(forged: bytes, reason: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(ProtocolError) as refused:
        mikrotik.read(forged, OWN)
    assert refused.value.reason == reason


@pytest.mark.parametrize("carried", ["00", "zz" * 17, RESPONSE])
def test_a_challenge_that_was_not_carried_whole(carried: str) -> None:
    """One octet and sixteen, nothing else."""
    with pytest.raises(ProtocolError, match="bad-challenge"):
        mikrotik.hand_back(OWN, Departure({"chap": carried}, GUEST))


@given(st.binary(min_size=1, max_size=20))
def test_octal_escapes_lose_nothing(octets: bytes) -> None:
    """Three digits for each octet."""
    assert mikrotik.octal_octets("".join(f"\\{octet:03o}" for octet in octets)) == octets


@given(st.binary(max_size=300))
def test_only_protocol_errors_come_out(octets: bytes) -> None:
    """Whatever the octets."""
    for act in (mikrotik.name_in, lambda q: mikrotik.read(q, OWN)):
        try:
            act(octets)
        except ProtocolError:
            continue


def test_it_is_an_adapter() -> None:
    """The module fits the portal's port."""
    adapter: Adapter = mikrotik
    assert ADAPTERS["mikrotik", ""] is adapter
