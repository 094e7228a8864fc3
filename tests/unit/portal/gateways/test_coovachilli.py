"""The CoovaChilli/uspot dialect, held to a recorded exchange and to values openssl computed."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.gateways import coovachilli
from portal.gateways.brands import ADAPTERS
from portal.gateways.vocabulary import (
    Adapter,
    Credential,
    Departure,
    HandBack,
    Refusal,
    Registration,
    Situation,
)
from territory.errors import ProtocolError
from territory.identifiers import MacAddress

RECORDING = Path(__file__).parents[3] / "data" / "portal" / "coovachilli-1.7.txt"
BASE = "http://10.9.0.1:8080/gateway/coovachilli"
SECRET = "uamkey"
OWN = Registration(login_address="10.1.0.1:3990", portal_base=BASE, secret=SECRET)
PHONE = MacAddress.parse("8A-56-7E-F9-10-E4")
NOBODY = Credential("name", "pass")
CHALLENGE = "5273e9887a53b7eaa77cc18dba1fb92d"


def recorded(step: str, direction: str) -> str:
    """Return the address of a step of the recording, `<` sent to or `>` asked."""
    for line in RECORDING.read_text().splitlines():
        if line.startswith(f"{step} {direction} "):
            return line.split(" ")[-1]
    raise KeyError(step)


def query_of(url: str) -> bytes:
    """Return the raw query of an address."""
    return url.partition("?")[2].encode()


def signed(query: str, base: str = BASE, secret: str = SECRET) -> bytes:
    """Return `query` with its `md`."""
    separator = "&" if "?" in base else "?"
    md = coovachilli.sign(f"{base}{separator}{query}".encode(), secret).decode()
    whole = f"{base}{separator}{query}&md={md}"
    return query_of(whole)


def redirect(**changes: str | None) -> str:
    """Return the query of a fresh redirect, with some parameters changed or left out."""
    parameters: dict[str, str | None] = {
        "res": "notyet",
        "uamip": "10.1.0.1",
        "uamport": "3990",
        "challenge": CHALLENGE,
        "called": "02-00-00-00-00-10",
        "mac": "8A-56-7E-F9-10-E4",
        "ip": "10.1.0.2",
        "nasid": "lab-chilli",
        "sessionid": "179529824400000001",
    }
    parameters |= changes
    return "&".join(f"{name}={value}" for name, value in parameters.items() if value is not None)


# --- The recorded exchange -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "situation", "user_name"),
    [
        ("captured", Situation.CAPTIVE, None),
        ("refused", Situation.REFUSED, None),
        ("admitted-chap", Situation.ONLINE, "opaque-7f3a"),
        ("already", Situation.ALREADY, None),
        ("logged-off", Situation.LEFT, None),
        ("captured-again", Situation.CAPTIVE, None),
        ("admitted-pap", Situation.ONLINE, "opaque-9b1c"),
    ],
)
def test_each_recorded_redirect_is_read(
    step: str, situation: Situation, user_name: str | None
) -> None:
    """Every `md` of the real gateway verifies, and every `res` is understood."""
    query = query_of(recorded(step, "<"))
    arrival = coovachilli.read(query, OWN)
    assert coovachilli.name_in(query) == "lab-chilli"
    assert arrival.situation is situation
    assert arrival.device == PHONE
    assert arrival.user_name == user_name


def test_a_recorded_refusal_says_why() -> None:
    """`reason` becomes a word of ours, the Reply-Message is passed on, a new challenge is there."""
    arrival = coovachilli.read(query_of(recorded("refused", "<")), OWN)
    assert arrival.refusal is Refusal.REJECTED
    assert arrival.reply == "Code refused"
    assert arrival.carried == {"challenge": "175b862ca9acc99c29b95a1446195107"}


def test_the_recorded_chap_answer() -> None:
    """The address that the real gateway turned into an Access-Accept, character for character."""
    url = recorded("admitted-chap", ">")
    carried = coovachilli.read(query_of(recorded("refused", "<")), OWN).carried
    page = parse_qs(urlsplit(url).query)["userurl"][0]
    leaving = Departure(carried, Credential("opaque-7f3a", "one-shot-secret"), page)
    assert coovachilli.hand_back(OWN, leaving) == HandBack(url)


def test_the_recorded_pap_answer() -> None:
    """The masked password that the real gateway unmasked for the RADIUS server."""
    carried = coovachilli.read(query_of(recorded("captured-again", "<")), OWN).carried
    credential = Credential("opaque-9b1c", "one-shot-secret")
    asked = coovachilli.hand_back(OWN, Departure({**carried, "pap": "1"}, credential))
    assert asked == HandBack(recorded("admitted-pap", ">"))


def test_the_recorded_log_off() -> None:
    """Log-off and a fresh start are the addresses the real gateway answered."""
    assert coovachilli.log_off(OWN, {}) == HandBack(recorded("logged-off", ">"))
    assert coovachilli.start(OWN) == HandBack(recorded("already", ">"))


def test_the_page_wanted_is_offered_only_from_a_signed_redirect() -> None:
    """An unsigned `userurl` could be anyone's advertisement."""
    query = query_of(recorded("captured", "<"))
    assert coovachilli.read(query, OWN).original_url == "http://198.51.100.10/page?a=1"
    unsigned = Registration(OWN.login_address, BASE, None)
    assert coovachilli.read(query, unsigned).original_url == ""


# --- Values computed by openssl -----------------------------------------------------------------


def test_chap_against_openssl() -> None:
    """`(printf '\\0'; printf one-shot-secret; MD5(challenge||uamkey)) | openssl md5`."""
    answer = coovachilli.chap_response("one-shot-secret", CHALLENGE, SECRET)
    assert answer == "521f797322515bac46df88a082d74b38"


def test_the_keyed_challenge_against_openssl() -> None:
    """`(challenge as octets; printf uamkey) | openssl md5`; without a secret, itself."""
    keyed = coovachilli.keyed_challenge(CHALLENGE, SECRET)
    assert keyed.hex() == "b012dd1c98cabb19c4ac0efaa5f8b062"
    assert coovachilli.keyed_challenge(CHALLENGE, None).hex() == CHALLENGE


def test_a_long_password_is_masked_with_the_challenge_repeated() -> None:
    """XOR with the keyed challenge, repeated; XORing again gives the password back."""
    password = "abcdefghijklmnopqrstuvwxyz"
    pad = bytes.fromhex("b012dd1c98cabb19c4ac0efaa5f8b062") * 2
    masked = bytes.fromhex(coovachilli.mask(password, CHALLENGE, SECRET))
    assert bytes(a ^ b for a, b in zip(masked, pad, strict=False)).decode() == password


def test_a_password_that_no_gateway_takes() -> None:
    """CoovaChilli keeps 128 octets of a PAP password."""
    with pytest.raises(ProtocolError, match="password-too-long"):
        coovachilli.mask("x" * 129, CHALLENGE, SECRET)


# --- The dialect --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("res", "situation"),
    [
        ("notyet", Situation.CAPTIVE),
        ("splash", Situation.CAPTIVE),
        ("challenge", Situation.CAPTIVE),
        ("success", Situation.ONLINE),
        ("already", Situation.ALREADY),
        ("failed", Situation.REFUSED),
        ("reject", Situation.REFUSED),
        ("logoff", Situation.LEFT),
    ],
)
def test_every_res(res: str, situation: Situation) -> None:
    """CoovaChilli's `redir.c` and uspot's `portal.uc` know no other."""
    assert coovachilli.read(signed(redirect(res=res)), OWN).situation is situation


@pytest.mark.parametrize(
    ("query", "refusal"),
    [
        (redirect(res="failed", reason="reject"), Refusal.REJECTED),
        (redirect(res="failed", reason="timeout"), Refusal.NO_ANSWER),
        (redirect(res="failed", reason="mtu"), Refusal.OTHER),
        (redirect(res="failed", reason="other"), Refusal.OTHER),
        (redirect(res="failed"), Refusal.OTHER),
        (redirect(res="reject"), Refusal.REJECTED),
    ],
)
def test_every_reason(query: str, refusal: Refusal) -> None:
    """What a guest is told depends on whether RADIUS said no, or said nothing."""
    assert coovachilli.read(signed(query), OWN).refusal is refusal


def test_a_portal_address_with_a_query_of_its_own() -> None:
    """The gateway then continues with `&`; that query must come back first and is signed too."""
    base = f"{BASE}?pap=1"
    own = Registration(OWN.login_address, base, SECRET)
    arrival = coovachilli.read(signed(redirect(), base), own)
    assert arrival.carried == {"challenge": CHALLENGE, "pap": "1"}
    with pytest.raises(ProtocolError, match="bad-signature"):
        coovachilli.read(signed(redirect()), own)


def test_uspot_after_a_final_slash() -> None:
    """uspot's portal address ends in a slash, and its values are not percent-encoded."""
    base = f"{BASE}/"
    own = Registration(OWN.login_address, base, SECRET)
    query = redirect(mac="8a:56:7e:f9:10:e4", userurl="http://example.org/?a=1")
    arrival = coovachilli.read(signed(query, base), own)
    assert arrival.device == PHONE
    assert arrival.original_url == "http://example.org/?a=1"


def test_without_a_challenge_the_password_goes_in_clear() -> None:
    """`nochallenge`: the gateway has nothing to mask with; the credential works once, here."""
    arrival = coovachilli.read(signed(redirect(challenge=None)), OWN)
    asked = coovachilli.hand_back(OWN, Departure(arrival.carried, NOBODY))
    assert asked.url == "http://10.1.0.1:3990/logon?username=name&password=pass"


def test_the_gateways_https_base_is_used_where_it_is_the_sites_own() -> None:
    """`ssl` spares the mixed-content warning; its name must be the registered one."""
    own = Registration("wifi.exemple.fr:3990", BASE, SECRET)
    query = redirect(uamip="10.1.0.1", ssl="https%3a%2f%2fwifi.exemple.fr%3a4990%2f")
    carried = coovachilli.read(signed(query), own).carried
    asked = coovachilli.hand_back(own, Departure(carried, NOBODY))
    assert asked.origin == "https://wifi.exemple.fr:4990"
    assert coovachilli.log_off(own, carried).url == "https://wifi.exemple.fr:4990/logoff"


def test_an_address_without_a_port_means_3990() -> None:
    """The registered address and the told one both default to CoovaChilli's own port."""
    own = Registration("10.1.0.1", BASE, SECRET)
    assert coovachilli.read(signed(redirect()), own).situation is Situation.CAPTIVE
    assert coovachilli.status(own, {}).url == "http://10.1.0.1:3990/status"


def test_an_ipv6_gateway() -> None:
    """Brackets come back where they belong."""
    own = Registration("[fd00::1]:3990", BASE, SECRET)
    assert coovachilli.read(signed(redirect(uamip="fd00::1")), own).carried
    assert coovachilli.start(own).origin == "http://[fd00::1]:3990"


def test_the_language_comes_back() -> None:
    """CoovaChilli keeps `lang` of a log-in and repeats it in its redirects."""
    asked = coovachilli.hand_back(OWN, Departure({}, NOBODY, language="de"))
    assert asked.url.endswith("&lang=de")
    assert coovachilli.read(signed(redirect(lang="de")), OWN).language == "de"


def test_the_first_of_a_doubled_parameter_counts() -> None:
    """What a guest can add to an unescaped `userurl` stands to the right of the gateway's own."""
    query = redirect(userurl="http://x.example/?a=1&mac=00-00-5E-00-53-01&res=success")
    arrival = coovachilli.read(signed(query), OWN)
    assert (arrival.device, arrival.situation) == (PHONE, Situation.CAPTIVE)


# --- Forged, foreign and malformed ----------------------------------------------------------------


def forgeries() -> Iterator[tuple[bytes, str]]:
    """Yield queries no gateway of ours sends, with the reason each is refused for."""
    good = signed(redirect())
    yield redirect().encode(), "unsigned"
    yield good.replace(b"8A-56", b"8A-57"), "bad-signature"
    yield good[:-1] + (b"0" if good[-1:] != b"0" else b"1"), "bad-signature"
    yield good + b"&lang=en", "bad-signature"
    yield good + b"0", "bad-signature"
    yield good.replace(b"nasid=lab", b"nasid=%6cab"), "bad-signature"
    yield signed(redirect(), secret="another"), "bad-signature"
    yield signed(redirect(), base="https://elsewhere.example/gateway/coovachilli"), "bad-signature"
    yield signed(redirect(uamip="203.0.113.9")), "foreign-address"
    yield signed(redirect(uamport="80")), "foreign-address"
    yield signed(redirect(uamport="%d9%a3990")), "foreign-address"
    yield signed(redirect(ssl="https://evil.example/")), "foreign-address"
    yield signed(redirect(ssl="http://10.1.0.1/")), "foreign-address"
    yield signed(redirect(ssl="https://10.1.0.1@evil.example/")), "foreign-address"
    yield signed(redirect(ssl="https://x@10.1.0.1/")), "foreign-address"
    yield signed(redirect(ssl="https://10.1.0.1:99999/")), "foreign-address"
    yield signed(redirect(ssl="https://[")), "foreign-address"
    yield signed(redirect(res=None)), "missing-res"
    yield signed(redirect(res="<script>alert(1)</script>")), "unknown-res"
    yield signed(redirect(mac=None)), "missing-mac"
    yield signed(redirect(mac="<script>")), "bad-device"
    yield signed(redirect(mac="FF-FF-FF-FF-FF-FF")), "bad-device"
    yield signed(redirect(mac="00-00-00-00-00-00")), "bad-device"
    yield signed(redirect(challenge="zz")), "bad-challenge"
    yield signed(redirect(challenge=CHALLENGE + "00")), "bad-challenge"
    yield signed(redirect(reply="%00")), "control-character"
    yield signed(redirect(reply="%ff")), "bad-encoding"
    yield signed(redirect(reply="x" * 100_000)), "oversized"
    yield signed(redirect() + "&a=1" * 100), "too-many-parameters"


@pytest.mark.parametrize(("query", "reason"), list(forgeries()))
def test_a_bad_redirect_is_refused_with_a_stable_reason(query: bytes, reason: str) -> None:
    """Nothing is handed to anyone; the reason is for a counter and never quotes the input."""
    with pytest.raises(ProtocolError) as refused:
        coovachilli.read(query, OWN)
    assert refused.value.reason == reason


def test_a_changed_carried_base_is_refused_again() -> None:
    """Even a signed visit of another day goes only where the record says today."""
    carried = {"challenge": CHALLENGE, "ssl": "https://old.example"}
    with pytest.raises(ProtocolError, match="foreign-address"):
        coovachilli.hand_back(OWN, Departure(carried, NOBODY))


@given(st.binary(max_size=400))
def test_only_protocol_errors_come_out(query: bytes) -> None:
    """Whatever the octets, signed or not: an arrival or a `ProtocolError`."""
    unsigned = Registration(OWN.login_address, BASE, None)
    for registration in (OWN, unsigned):
        for act in (coovachilli.name_in, lambda q, r=registration: coovachilli.read(q, r)):
            try:
                act(query)
            except ProtocolError:
                continue


@given(
    st.dictionaries(
        st.sampled_from(["res", "mac", "uamip", "uamport", "challenge", "ssl", "userurl", "pap"]),
        st.text(max_size=60).filter(lambda text: "&" not in text),
    )
)
def test_signed_nonsense_is_refused_as_calmly(parameters: dict[str, str]) -> None:
    """A gateway gone mad, with the right secret, raises nothing but `ProtocolError`."""
    query = signed(redirect(**parameters))
    try:
        arrival = coovachilli.read(query, OWN)
        asked = coovachilli.hand_back(OWN, Departure(arrival.carried, NOBODY))
    except ProtocolError:
        return
    assert urlsplit(asked.url).hostname == "10.1.0.1"


def test_it_is_an_adapter() -> None:
    """The module fits the portal's port."""
    adapter: Adapter = coovachilli
    assert adapter in ADAPTERS.values()
