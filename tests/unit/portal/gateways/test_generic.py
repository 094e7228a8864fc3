"""A description says what a redirect tells and what goes back; all else is the same for all."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from portal.gateways import generic
from portal.gateways.generic import Description, descriptions
from portal.gateways.vocabulary import (
    Credential,
    Departure,
    FormBack,
    HandBack,
    Registration,
    Situation,
)
from territory.errors import ProtocolError
from territory.gateway_dialects import DIALECTS, Return
from territory.vocabulary import Brand

PHONE = "8a:56:7e:f9:10:e4"
POINT = "00:11:22:33:44:55"
PAGE = "https://portal.example/ma-connexion?visit=abc"
CREDENTIAL = Credential("u" * 26, "p&=?" + "p" * 22)
VARIANTS = sorted(descriptions())


def own(variant: str) -> Registration:
    """Return a gateway that speaks a variant, with one access point that takes log-ins."""
    return Registration(
        "10.1.0.1:8000",
        "https://portal.example/gateway/generic/gw",
        None,
        variant=variant,
        access_points=frozenset({"10.1.0.21"}),
    )


def redirect(variant: str, **changed: str) -> bytes:
    """Return what a gateway of this variant says, by its description."""
    described = descriptions()[variant]
    told = {described.device: PHONE, **dict.fromkeys(described.told, "as & told")}
    described_by = {
        described.access_point: POINT,
        described.ssid: "Wifi",
        described.address: "http://10.1.0.21:8000/agree?x=1",
        described.host: "10.1.0.21",
    }
    told |= {name: value for name, value in described_by.items() if name}
    return urlencode({**told, **changed}).encode()


def test_every_description_is_a_dialect() -> None:
    """What can be described in territory.yaml is what the file holds, under the same names."""
    assert set(DIALECTS[Brand.GENERIC]) == set(descriptions())
    for variant, described in descriptions().items():
        dialect = DIALECTS[Brand.GENERIC][variant]
        assert described.name == dialect.name
        assert described.returns == ("get" if dialect.returns is Return.GET else "form")


@pytest.mark.parametrize("variant", VARIANTS)
def test_both_ways(variant: str) -> None:
    """A device arrives unsigned; its credential goes to the site's own address, whole."""
    query = redirect(variant)
    arrival = generic.read(query, own(variant))
    assert (arrival.situation, str(arrival.device)) == (Situation.CAPTIVE, PHONE)
    assert not arrival.is_signed
    if descriptions()[variant].access_point:
        assert generic.name_in(query) == POINT
    back = generic.hand_back(own(variant), Departure(arrival.carried, CREDENTIAL, "", PAGE))
    assert isinstance(back, HandBack | FormBack)
    assert urlsplit(back.url).hostname == "10.1.0.21"
    sent = (
        dict(back.fields)
        if isinstance(back, FormBack)
        else {name: values[-1] for name, values in parse_qs(urlsplit(back.url).query).items()}
    )
    assert (sent["username"], sent["password"]) == (CREDENTIAL.user_name, CREDENTIAL.password)
    for name, text in descriptions()[variant].fields.items():
        if text == "{page}":
            assert sent[name] == PAGE


@pytest.mark.parametrize(
    ("login_address", "origin"),
    [("10.1.0.1:8000", "https://[fd00::1]:8000"), ("10.1.0.1", "https://[fd00::1]")],
)
def test_an_ipv6_access_point_stands_in_brackets(login_address: str, origin: str) -> None:
    """RFC 3986 §3.2.2."""
    points = frozenset({"fd00::1"})
    variant = "alcatel-stellar"
    gateway = Registration(login_address, "", None, variant=variant, access_points=points)
    carried = generic.read(redirect(variant, switchip="fd00::1"), gateway).carried
    assert generic.hand_back(gateway, Departure(carried, CREDENTIAL)).origin == origin


def test_what_is_told_comes_back_as_it_came() -> None:
    """A nonce of the gateway's is repeated, and braces in it mean nothing."""
    arrival = generic.read(redirect("dlink", mauth="{password}&x"), own("dlink"))
    back = generic.hand_back(own("dlink"), Departure(arrival.carried, CREDENTIAL))
    assert isinstance(back, FormBack)
    assert back.fields["mauth"] == "{password}&x"


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("host", ["evil.example", "10.1.0.22", "10.1.0.1@evil.example"])
def test_a_foreign_address_is_refused(variant: str, host: str) -> None:
    """A redirect that names another place to log in is not believed, at arrival or later."""
    described = descriptions()[variant]
    changed = {name: host for name in (described.host,) if name}
    changed |= {name: f"http://{host}:8000/agree" for name in (described.address,) if name}
    with pytest.raises(ProtocolError, match="foreign-address"):
        generic.read(redirect(variant, **changed), own(variant))
    with pytest.raises(ProtocolError, match="foreign-address"):
        generic.hand_back(own(variant), Departure({"to": f"http://{host}:8000/"}, CREDENTIAL))


def test_a_variant_that_nobody_describes() -> None:
    """Told, not guessed."""
    with pytest.raises(ProtocolError, match="no-description"):
        generic.read(redirect("zyxel"), own("unheard-of"))


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        (b"usermac=" + PHONE.encode(), "missing-access-point"),
        (b"apmac=nonsense", "bad-access-point"),
        (b"apmac=%ff", "bad-encoding"),
    ],
)
def test_an_access_point_that_cannot_be_named(query: bytes, reason: str) -> None:
    """Without the gateway's code in the address, an access point of the site must be told."""
    with pytest.raises(ProtocolError, match=reason):
        generic.name_in(query)


def test_a_refusal_that_is_described() -> None:
    """The parameter that is there only after a refusal says so."""
    described = Description(
        name="X", device="m", error="err", returns="form", fields={"u": "{user_name}"}
    )
    assert described.told == frozenset()


def test_nothing_leads_out() -> None:
    """The base closes the session; any plain page begins again."""
    assert generic.log_off(own("zyxel"), {}) is None
    assert generic.start(own("zyxel")).url.startswith("http://")
    assert generic.returned_visit(b"visit=x") == ""
