"""Cambium's dialect: the query comes back as it was, and the form goes to the site's own alone."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.gateways import cambium
from portal.gateways.brands import ADAPTERS
from portal.gateways.own_address import ANYWHERE
from portal.gateways.vocabulary import Adapter, Credential, Departure, Registration, Situation
from territory.errors import ProtocolError
from territory.identifiers import MacAddress

SEALED = "eUROBR86HBgAGDEEVgQAGw4UWRUCACYVMgFPRV1TSl5%5C%2f+=="
"""In the manner of a `ga_Qv`: mixed escapes, a plus and an equals sign, none to be touched."""
BASE = "https://portal.example/gateway/cambium"
POINT = "10.30.0.11"
OWN = Registration("10.30.0.1", BASE, None, access_points=frozenset({POINT}))
CLOUD = Registration("eu-w1-s3.cnmaestro.example:444", BASE, None)
GUEST = Credential("o" * 26, "p" * 26)


def redirect(**changes: str | None) -> bytes:
    """Return a redirect's query, some values changed or left out."""
    values: dict[str, str | None] = {
        "ga_ssid": "WiFi-Mairie",
        "ga_ap_mac": "58-C1-7A-00-00-0B",
        "ga_nas_id": "gw-salle",
        "ga_srvr": POINT,
        "ga_cmac": "8A-56-7E-F9-10-E4",
        "ga_Qv": SEALED,
        "ga_orig_url": "http%3a%2f%2fexample.org%2f",
    }
    values |= changes
    return "&".join(f"{name}={value}" for name, value in values.items() if value).encode()


def test_a_redirect_is_read() -> None:
    """Who and where; no link out of it, since nobody signs it."""
    arrival = cambium.read(redirect(), OWN)
    assert arrival.situation is Situation.CAPTIVE
    assert arrival.device == MacAddress.parse("8A-56-7E-F9-10-E4")
    assert arrival.ssid == "WiFi-Mairie"
    assert (arrival.original_url, arrival.is_signed) == ("", False)


def test_an_ipv6_access_point_stands_in_brackets() -> None:
    """RFC 3986 §3.2.2."""
    own = Registration("10.30.0.1", BASE, None, access_points=frozenset({"fd00::1"}))
    carried = cambium.read(redirect(ga_srvr="fd00::1"), own).carried
    assert cambium.hand_back(own, Departure(carried, GUEST)).origin == "http://[fd00::1]:880"


def test_who_sends_the_guest() -> None:
    """The NAS-Identifier, else the access point."""
    assert cambium.name_in(redirect()) == "gw-salle"
    assert cambium.name_in(redirect(ga_nas_id=None)) == "58:c1:7a:00:00:0b"
    for nameless in ({"ga_ap_mac": None}, {"ga_ap_mac": "somewhere"}):
        with pytest.raises(ProtocolError, match="missing-ga_ap_mac"):
            cambium.name_in(redirect(ga_nas_id=None, **nameless))


def test_the_query_comes_back_octet_for_octet() -> None:
    """Lower-case escapes, a plus, an equals sign: what the access point wrote it must read."""
    arrival = cambium.read(redirect(), OWN)
    form = cambium.hand_back(OWN, Departure(arrival.carried, GUEST))
    assert form.url == f"http://{POINT}:880/cgi-bin/hotspot_login.cgi?{redirect().decode()}"
    assert dict(form.fields) == {"ga_user": "o" * 26, "ga_pass": "p" * 26}


def test_by_cnmaestro_the_form_goes_by_https() -> None:
    """Port 444: the only way to a certificate that browsers believe."""
    query = redirect(ga_srvr="eu-w1-s3.cnmaestro.example")
    form = cambium.hand_back(CLOUD, Departure(cambium.read(query, CLOUD).carried, GUEST))
    assert form.origin == "https://eu-w1-s3.cnmaestro.example:444"
    assert form.url.endswith(f"?{query.decode()}")


def test_log_off_start_and_no_visit_of_ours() -> None:
    """No address is known; any plain http page begins again."""
    adapter: Adapter = cambium
    assert adapter.log_off(OWN, {}) is None
    assert cambium.start(OWN) == ANYWHERE
    assert cambium.returned_visit(redirect()) == ""


def forgeries() -> Iterator[tuple[bytes, str]]:
    """Yield queries that are refused, with the reason."""
    yield b"", "missing-ga_Qv"
    yield redirect(ga_Qv=None), "missing-ga_Qv"
    yield redirect(ga_srvr=None), "missing-ga_srvr"
    yield redirect(ga_cmac=None), "missing-ga_cmac"
    yield redirect(ga_cmac="nobody"), "bad-device"
    for host in (
        "evil.example",
        f"{POINT}.evil.example",
        "10.30.0.12",
        f"{POINT}:81",
        "10.30.0.1@e",
    ):
        yield redirect(ga_srvr=host), "foreign-address"
    yield redirect(ga_Qv="a" * 1536), "oversized"
    for raw in ('"', "<", ">", " ", "'", "é"):
        yield redirect(ga_Qv=raw), "bad-encoding"


@pytest.mark.parametrize(("forged", "reason"), list(forgeries()))
def test_a_bad_redirect_is_refused_with_a_stable_reason(forged: bytes, reason: str) -> None:
    """What no browser sends is not carried, and no host but the site's own is ever taken."""
    with pytest.raises(ProtocolError) as refused:
        cambium.read(forged, OWN)
    assert refused.value.reason == reason


def test_an_access_point_that_has_left_the_record() -> None:
    """The record may change while a guest reads a page."""
    carried = cambium.read(redirect(), OWN).carried
    with pytest.raises(ProtocolError, match="foreign-address"):
        cambium.hand_back(Registration("10.30.0.1", BASE, None), Departure(carried, GUEST))


@given(st.binary(max_size=300))
def test_only_protocol_errors_come_out(octets: bytes) -> None:
    """Whatever the octets."""
    for act in (cambium.name_in, lambda q: cambium.read(q, OWN)):
        try:
            act(octets)
        except ProtocolError:
            continue


def test_it_is_an_adapter() -> None:
    """The module fits the portal's port."""
    adapter: Adapter = cambium
    assert ADAPTERS["cambium", ""] is adapter
