"""Every dialect has an adapter that can be handed back without any input."""

from dataclasses import replace
from urllib.parse import unquote, urlsplit

import pytest

from portal.controllers.makes import CONTROLLERS
from portal.gateways.brands import ADAPTERS, adapters_of
from portal.gateways.own_address import ANYWHERE
from portal.gateways.vocabulary import (
    Credential,
    Departure,
    FormBack,
    HandBack,
    Registration,
    WayBack,
)
from territory.gateway_dialects import DIALECTS, SPOKEN, Dialect, Return, dialect_of
from territory.vocabulary import Brand
from tests.unit.portal.gateways.samples import SAMPLES, Sample

PAGE = "https://portal.example/ma-connexion?visit=a.b"
IPV6 = "2001:db8::1"
LEAD_BY_THEMSELVES = frozenset({"coovachilli", "uspot"})
"""They know our address beforehand: it need not be told them."""
BY_BROWSER = [
    sample
    for sample in SAMPLES
    if DIALECTS[Brand(sample.brand)][sample.variant].returns in (Return.GET, Return.FORM)
]
SPEAKING = [dialect for own in DIALECTS.values() for dialect in own.values()]


def test_what_a_description_may_name_is_what_the_portal_speaks() -> None:
    """`socle apply` takes a gateway of these dialects and of no other."""
    assert set(ADAPTERS) == {(dialect.brand.value, dialect.variant) for dialect in SPEAKING}


def test_who_is_let_in_by_a_controller_has_one() -> None:
    """A dialect that needs a server call has what makes it, and no other has."""
    called = {d for d in SPEAKING if d.returns is Return.CONTROLLER}
    assert set(CONTROLLERS) == {(dialect.brand.value, dialect.variant) for dialect in called}


@pytest.mark.parametrize("dialect", SPEAKING, ids=lambda d: f"{d.brand}-{d.variant}")
def test_a_way_out_and_a_start_stay_with_the_site(dialect: Dialect) -> None:
    """Both need nothing but the site's own record, and go nowhere else; a fresh redirect may also
    come of any plain http address."""
    own = Registration(
        "192.0.2.7:4000", "https://portal.example/gateway", "secret", variant=dialect.variant
    )
    adapter = ADAPTERS[dialect.brand.value, dialect.variant]
    begun = adapter.start(own)
    assert "192.0.2.7" in begun.origin or begun == ANYWHERE
    way_out = adapter.log_off(own, {})
    assert way_out is None or not way_out.origin or "192.0.2.7" in way_out.origin


def test_a_dialect_by_its_name() -> None:
    """A brand or a variant that nobody speaks has none."""
    assert dialect_of("opennds", "fas1") is DIALECTS[Brand.OPENNDS]["fas1"]
    assert dialect_of("opennds", "fas9") is None
    assert dialect_of("huawei", "") is None
    assert set(DIALECTS) == SPOKEN
    assert adapters_of("zyxel") == ()


def way_back(sample: Sample) -> WayBack:
    """Return how a sample's guest goes back, who wanted a page of the Web's."""
    adapter = ADAPTERS[sample.brand, sample.variant]
    carried = adapter.read(sample.query, sample.own).carried
    leaving = Departure(carried, Credential("o" * 26, "p" * 26), "http://wish.example/", PAGE)
    return adapter.hand_back(sample.own, leaving)


@pytest.mark.parametrize("sample", BY_BROWSER, ids=str)
def test_who_can_be_told_a_page_of_ours_is_told(sample: Sample) -> None:
    """The table says of no dialect that it leads to us, but where our page goes with the guest;
    what follows a form to any other place would be blocked without a word."""
    back, dialect = way_back(sample), DIALECTS[Brand(sample.brand)][sample.variant]
    assert isinstance(back, HandBack | FormBack)
    fields = back.fields.values() if isinstance(back, FormBack) else ()
    is_told = PAGE in fields or PAGE in unquote(back.url)
    assert dialect.leads_to_us == (is_told or sample.brand in LEAD_BY_THEMSELVES)


def in_ipv6(text: str, sample: Sample) -> str:
    """Put the IPv6 address where a text names the site's own host or access point; in brackets
    where it is part of an address (RFC 3986 §3.2.2)."""
    names = {urlsplit(f"//{sample.own.login_address}").hostname or "", *sample.own.access_points}
    if text in names:
        return IPV6
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, f"[{IPV6}]")
    return text


@pytest.mark.parametrize("sample", BY_BROWSER, ids=str)
def test_at_an_ipv6_address(sample: Sample) -> None:
    """A record such as [2001:db8::1]:8443 leads to that very address and port, there and back."""
    own = replace(
        sample.own,
        login_address=in_ipv6(f"//{sample.own.login_address}", sample).removeprefix("//"),
        access_points=frozenset(),
    )
    told = [(name, in_ipv6(value, sample)) for name, value in sample.parameters]
    adapter, back = ADAPTERS[sample.brand, sample.variant], way_back(sample)
    moved = way_back(replace(sample, own=own, parameters=told))
    assert moved.origin == in_ipv6(back.origin, sample)
    for other in (adapter.start(own), adapter.log_off(own, {})):
        if other is not None and other != ANYWHERE:
            assert urlsplit(other.origin).hostname == IPV6
