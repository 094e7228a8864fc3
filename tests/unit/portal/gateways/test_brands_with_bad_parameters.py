"""Every parameter of every dialect: missing, doubled, too long, ill-encoded, script, foreign host,
stale, replayed. The redirect is refused, or nothing of what is bad in it comes out again.
"""

from dataclasses import replace
from datetime import timedelta

import pytest
from _pytest.mark import ParameterSet

from portal.gateways.brands import ADAPTERS
from portal.gateways.own_address import ANYWHERE
from portal.gateways.vocabulary import (
    Arrival,
    Credential,
    Departure,
    FormBack,
    HandBack,
    Registration,
    WayBack,
)
from territory.errors import ProtocolError
from tests.unit.portal.gateways.samples import SAMPLES, Pairs, Sample

MARK = "zqjxk"
"""Stands in bad values only."""
SCRIPT = f"%3Cscript%3Ealert({MARK})%3C/script%3E"
GUEST = Credential("o" * 26, "p" * 26)
PAGE = "https://portal.example/ma-connexion?visit=a.b"
OTHER_GATEWAY = "203.0.113.77:8443"

EACH = [(sample, name) for sample in SAMPLES for name, _ in sample.parameters]


def cases(pairs: list[tuple[Sample, str]]) -> list[ParameterSet]:
    """Return each with a name of its own."""
    return [pytest.param(sample, name, id=f"{sample}-{name}") for sample, name in pairs]


each_parameter = pytest.mark.parametrize(("sample", "name"), cases(EACH))
each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=str)


def changed(sample: Sample, name: str, value: str | None) -> bytes:
    """Return the redirect with one value changed or left out."""
    pairs = [(key, value if key == name else old) for key, old in sample.parameters]
    return sample.build([(key, new) for key, new in pairs if new is not None])


def read(sample: Sample, query: bytes, own: Registration | None = None) -> Arrival | None:
    """Return what is read, or None when it is refused."""
    try:
        return ADAPTERS[sample.brand, sample.variant].read(query, own or sample.own)
    except ProtocolError:
        return None


def way_back(sample: Sample, arrival: Arrival, own: Registration | None = None) -> WayBack | None:
    """Return how that guest would go back, or None when this is refused."""
    leaving = Departure(arrival.carried, GUEST, arrival.original_url, PAGE, "fr")
    try:
        return ADAPTERS[sample.brand, sample.variant].hand_back(own or sample.own, leaving)
    except ProtocolError:
        return None


def assert_harmless(sample: Sample, query: bytes, *, repeats: bool = False) -> None:
    """Refused; or read as the same device, handed back to the site's own, without a mark."""
    arrival = read(sample, query)
    if arrival is None:
        return
    good = read(sample, sample.query)
    assert good is not None
    assert arrival.device == good.device
    back = way_back(sample, arrival)
    assert_own(back, sample.own)
    url, fields = told_in(back)
    assert not set(url) & set('<>"')
    assert repeats or MARK not in url + fields


def told_in(back: WayBack | None) -> tuple[str, str]:
    """Return the address a browser goes to, and what it posts there; the page escapes the latter
    whatever it is."""
    match back:
        case HandBack(url):
            return url, ""
        case FormBack(url, fields):
            return url, "".join(fields.values())
        case _:
            return "", ""


def assert_own(back: WayBack | None, own: Registration) -> None:
    """The browser goes nowhere but to the site's own addresses."""
    if back is None or not back.origin:
        return
    host = back.origin.partition("://")[2].partition(":")[0]
    assert host in {own.login_address.partition(":")[0], *own.access_points}


def test_every_dialect_has_a_sample() -> None:
    """Whoever adds an adapter adds its redirect."""
    assert sorted((each.brand, each.variant) for each in SAMPLES) == sorted(ADAPTERS)


@each_sample
def test_the_sample_is_good(sample: Sample) -> None:
    """It is read, once as the next time, and leads back to the site's own address."""
    arrival = read(sample, sample.query)
    assert arrival is not None
    assert arrival == read(sample, sample.query)
    assert arrival.told_at == sample.told_at
    assert_own(way_back(sample, arrival), sample.own)
    begun = ADAPTERS[sample.brand, sample.variant].start(sample.own)
    if begun != ANYWHERE:
        assert_own(begun, sample.own)


@each_parameter
def test_missing(sample: Sample, name: str) -> None:
    """What is needed is missed; without the rest a guest gets in all the same, or is refused."""
    for gone in (changed(sample, name, None), changed(sample, name, "")):
        if name in sample.needed:
            assert read(sample, gone) is None
        else:
            assert_harmless(sample, gone)


@each_parameter
def test_doubled(sample: Sample, name: str) -> None:
    """The first counts: a guest can only add at the end. Put first, a bad one is refused or
    harmless like any other."""
    added: Pairs = (name, SCRIPT), ("x", "y")
    after = sample.build([*sample.parameters, *added])
    assert_harmless(sample, after, repeats=name in sample.kept)
    good, arrival = read(sample, sample.query), read(sample, after)
    if arrival is not None and good is not None and not sample.kept & {name}:
        assert (arrival.device, arrival.situation) == (good.device, good.situation)
    assert_harmless(sample, sample.build([*added, *sample.parameters]), repeats=name in sample.kept)


@each_parameter
def test_a_hundred_kilobytes(sample: Sample, name: str) -> None:
    """Refused before anything else is looked at."""
    adapter = ADAPTERS[sample.brand, sample.variant]
    for octet in ("a", "%00", "\\"):
        long = changed(sample, name, octet * (100_000 // len(octet)))
        with pytest.raises(ProtocolError, match="oversized"):
            adapter.read(long, sample.own)
        with pytest.raises(ProtocolError):
            adapter.name_in(long)


@each_parameter
def test_wrong_encoding(sample: Sample, name: str) -> None:
    """Not UTF-8, a control character, half an escape, another alphabet: refused, or harmless."""
    for value in ("%ff", "%c0%af", "%00", "%0d%0aSet-Cookie:%20a=b", "%", "%zz", "\u0661"):
        bad = changed(sample, name, f"{MARK}{value}")
        assert_harmless(sample, bad, repeats=name in sample.kept)
    assert_harmless(sample, changed(sample, name, MARK) + b"\xff\x00")


@each_parameter
def test_script(sample: Sample, name: str) -> None:
    """No markup comes out; in `name_in` it is a name that nobody has."""
    for value in (SCRIPT, f"%22%3E%3Cimg%20src=x%20onerror={MARK}%3E", f"javascript:{MARK}"):
        assert_harmless(sample, changed(sample, name, value), repeats=name in sample.kept)


@pytest.mark.parametrize(
    ("sample", "name"), cases([(sample, name) for sample, name in EACH if name in sample.hosts])
)
def test_foreign_host(sample: Sample, name: str) -> None:
    """Whatever it looks like, only the site's own address is taken."""
    own = dict(sample.parameters)[name]
    hosts = {sample.own.login_address.partition(":")[0], *sample.own.access_points}
    bare = next(host for host in hosts if host in own)
    for host in ("evil.example", f"{bare}.evil.example", f"{bare}@evil.example", "10.1.0.254"):
        foreign = changed(sample, name, own.replace(bare, host))
        with pytest.raises(ProtocolError) as refused:
            ADAPTERS[sample.brand, sample.variant].read(foreign, sample.own)
        assert refused.value.reason == "foreign-address"


@each_sample
def test_replayed_at_another_gateway(sample: Sample) -> None:
    """A redirect made for one gateway is refused at another's, or leads to that other one."""
    other = replace(
        sample.own,
        login_address=OTHER_GATEWAY,
        portal_base=f"{sample.own.portal_base}/other",
        secret="another" if sample.own.secret else None,
        access_points=frozenset(),
    )
    arrival = read(sample, sample.query, other)
    if arrival is not None:
        assert_own(way_back(sample, arrival, other), other)


@each_sample
def test_stale(sample: Sample) -> None:
    """The time is told as it is, for the view to judge; what is no time is refused."""
    if not sample.time:
        assert sample.told_at is None
        return
    assert sample.told_at is not None
    before = str(int((sample.told_at - timedelta(days=1)).timestamp()))
    arrival = read(sample, changed(sample, sample.time, before))
    assert arrival is not None
    assert arrival.told_at == sample.told_at - timedelta(days=1)
    for value in ("", "0", "-1", "soon", "9" * 30, "1e9"):
        assert read(sample, changed(sample, sample.time, value)) is None
