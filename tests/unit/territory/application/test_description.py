"""A description is taken whole, or refused with every one of its faults and their lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from territory.application.description import read_description
from territory.errors import ConfigurationError
from territory.model import TerritoryFile
from territory.vocabulary import AttributeSet, MessageAuthenticatorRule
from tests.unit.territory.application.descriptions import (
    EXAMPLE,
    GATEWAY,
    HEAD,
    KNOWN,
    SITE,
    faults,
    read,
    told,
)


def test_the_example_is_whole() -> None:
    """The documented example has no fault and uses every key there is."""
    description = read_description(EXAMPLE, KNOWN)
    text = EXAMPLE.decode()
    models: list[type[BaseModel]] = [TerritoryFile]
    for model in models:
        for name, field in model.model_fields.items():
            assert f"{name}:" in text, f"{model.__name__}.{name} is not shown"
            arguments = getattr(field.annotation, "__args__", (field.annotation,))
            inner = [a for a in arguments if isinstance(a, type) and issubclass(a, BaseModel)]
            models.extend(a for a in inner if a not in models)
    assert len(description.sites) == 8


def test_what_is_assumed() -> None:
    """A NAS must sign all it sends and may not hide behind Proxy-State, unless said otherwise."""
    (site,) = read(HEAD + SITE + GATEWAY).sites
    (nas,) = site.gateways[0].nas
    assert nas.require_message_authenticator is MessageAuthenticatorRule.ALWAYS
    assert nas.limit_proxy_state is True
    assert nas.coa_port is None
    assert nas.attribute_sets == (
        AttributeSet.STANDARD,
        AttributeSet.WISPR,
        AttributeSet.COOVACHILLI,
    )
    assert (site.listed, site.public_addresses) == (True, None)


def test_every_fault_at_once() -> None:
    """Faults of form, of reference and of agreement come together, in the order of the file."""
    text = """\
territory:
  departement: 55
organisations:
  - code: bar
    name: Bar
    kind: comune
    siren: 215500298
    contact: nobody
  - code: bar
    name: Bar again
    kind: commune
    contact: a@b.example
plans:
  - {code: Libre, name: Libre, session: 4, upload: 100 Gbit/s}
sites:
  - code: mairie
    name: Mairie
    organisation: barr
    commune:
      insee: 55029
      name: Verdun
    place_type: mairie
    link: pigeon
    plan: libre
    titel: x
    coordinates: {latitude: 148.2, longitude: east}
    public_addresses: [10.0.0.1, 198.51.100.1, 198.51.100.1]
    networks:
      - ssid: abcdefghijklmnopqrstuvwxyzéééé1
    gateways:
      - code: gw
        brand: coovachilli
        login_address: 10.1.0.1:99999
        portal_secret: too short
        nas:
          - code: n1
            source_address: 8.8.8.8
            coa_port: zero
          - code: n2
            source_address: 10.55.0.1
          - code: n3
            source_address: ::ffff:10.55.0.1
operators:
  - {login: A@b.example, display_name: A, role: agent}
"""
    assert told(text) == [
        (6, "organisations[0].kind"),
        (7, "organisations[0].siren"),
        (8, "organisations[0].contact"),
        (9, "organisations[1].code"),
        (14, "plans[0].code"),
        (14, "plans[0].session"),
        (14, "plans[0].upload"),
        (18, "sites[0].organisation"),
        (21, "sites[0].commune.name"),
        (23, "sites[0].link"),
        (24, "sites[0].plan"),
        (25, "sites[0].titel"),
        (26, "sites[0].coordinates.latitude"),
        (26, "sites[0].coordinates.longitude"),
        (27, "sites[0].public_addresses[0]"),
        (27, "sites[0].public_addresses[2]"),
        (29, "sites[0].networks[0].ssid"),
        (33, "sites[0].gateways[0].login_address"),
        (34, "sites[0].gateways[0].portal_secret"),
        (37, "sites[0].gateways[0].nas[0].source_address"),
        (38, "sites[0].gateways[0].nas[0].coa_port"),
        (42, "sites[0].gateways[0].nas[2].source_address"),
        (44, "operators[0].organisation"),
    ]


@pytest.mark.parametrize(
    ("changed", "to", "words"),
    [
        ("insee: 55029", "insee: 55000", "found 55000"),
        ("insee: 55029", "insee: 5529", "not the postal code"),
        ("insee: 55029", "insee: 75101", "now part of Paris (75056)"),
        ("insee: 55029", "{insee: 55029", "YAML"),
        ("{insee: 55029}", "{insee: 55029, name: Bar le Duk}", "did you mean Bar-le-Duc (55029)?"),
        ("{insee: 55029}", "{insee: 55029, name: Verdun}", "did you mean Verdun (55545)?"),
        ("    commune: {insee: 55029}\n", "", "unless place_type is itinerant"),
        ("organisation: bar", "organisation: baar", "did you mean bar?"),
        ("plan: libre", "plan: nothing", "one of the plans"),
        ("name: Mairie\n", "nam: Mairie\n", "did you mean name?"),
        ("place_type: mairie", "place_type: chateau", "'salle_des_fetes'"),
        ("link: tunnel", "link: cloud", "CoovaChilli does not work over cloud"),
        ("brand: coovachilli", "brand: unifi", "is let in by its controller"),
        (
            "brand: coovachilli",
            "brand: aruba, variant: authentication-text",
            "would let in whoever sees one of our pages",
        ),
        ("link: tunnel", "link: tunnel\n    package: castle", "one of the packages"),
        ("ssid: Wifi", "ssid: Wifi}, {ssid: Wifi", "once in a site"),
        ("networks: [{ssid: Wifi}]", "networks: Wifi", "a list"),
        ("networks: [{ssid: Wifi}]", "networks: []", "at least 1"),
        ("networks: [{ssid: Wifi}]", "networks:", "missing"),
        ("source_address: 10.55.0.1", "source_address: 203.0.113.9", "in clear from a public"),
        ("10.55.0.1}", "10.55.0.1}, {code: n2}, {code: n3}", "where its packets come from"),
        ("source_address: 10.55.0.1", "source_address: 10.55.0.1, tls_name: a.b", "expected none"),
        ("link: tunnel", "link: radsec", "the DNS name in its certificate"),
        ("source_address: 10.55.0.1", "tls_name: alone", "the DNS name in a certificate"),
        ("source_address: 10.55.0.1", "tls_name: 10.55.0.1", "the DNS name in a certificate"),
        ("source_address: 10.55.0.1", "source_address: 10.55.0.0/24", "without a mask"),
        ("source_address: 10.55.0.1", "source_address: [10.55.0.1]", "one IP address"),
        ("source_address: 10.55.0.1", "source_address: 10.55.0.256", "one IP address"),
        ("nas: [\n          {code: n1, source_address: 10.55.0.1}]", "nas: []", "at least one nas"),
        ("'10.1.0.1:3990'", "'http://10.1.0.1:3990/'", "host[:port]"),
        ("'10.1.0.1:3990'", "'10.1.0.1:0'", "a port"),
        ("'10.1.0.1:3990'", "'2001:db8::1'", "host[:port]"),
        ("'10.1.0.1:3990'", "'[2001:db8::1'", "host[:port]"),
        ("'10.1.0.1:3990'", "'[10.1.0.1]'", "host[:port]"),
        ("'10.1.0.1:3990'", "'[fe80::1%eth0]'", "host[:port]"),
        ("'10.1.0.1:3990'", "'[2001:db8::1]80'", "host[:port]"),
        ("'10.1.0.1:3990'", "'[2001:db8::1]:0'", "a port"),
        ("gw, brand", "gw, portal_base: 'https://x/?a=b', brand", "without ?"),
        ("gw, brand", "gw, portal_base: 'ftp://x/', brand", "http or https"),
        ("session: 4h", "session: 40 d", "between 1 min and 31 d"),
        ("session: 4h", "session: {hours: 4}", "a single value"),
        ("session: 4h", "session: 4h, interim: 10 s", "between 1 min and 1 h"),
        ("session: 4h", "session: 4h, upload: 10", "Mbit/s"),
        ("session: 4h", "session: 4h, volume: 2 Gbit", "2 GB"),
        ("departement: 55", "departement: Meuse", "departement"),
        ("{departement: 55}", "", "missing"),
    ],
)
def test_each_fault_says_what_was_expected(changed: str, to: str, words: str) -> None:
    """A wrong value is told in words that let a person mend it."""
    sound = HEAD + SITE + GATEWAY
    assert changed in sound
    assert words in "\n".join(map(str, faults(sound.replace(changed, to))))


def test_secrets_are_long_plain_and_never_repeated() -> None:
    """A weak secret, or one that no configuration file takes, is refused without being shown."""
    for secret in ("hunter2", "x" * 23, "x" * 129, "quote'" * 5, "blank " * 5, "é" * 24):
        text = HEAD + SITE + GATEWAY.replace("10.55.0.1", f'10.55.0.1, shared_secret: "{secret}"')
        (fault,) = faults(text)
        assert secret not in str(fault)
        assert "secret" in fault.expected


def test_no_wifi_for_the_youngest() -> None:
    """Loi 2015-136, art. 7: none in a space for under-threes; in a crèche each zone is said."""
    radio = "    access_points:\n      - {code: ap, name: Hall%s}\n"
    creche = HEAD + SITE.replace("place_type: mairie", "place_type: creche")
    assert "written out" in faults(creche + radio % "")[0].expected
    assert "children under 3" in faults(creche + radio % ", zone: under3")[0].expected
    assert "children under 3" in faults(HEAD + SITE + radio % ", zone: under3")[0].expected
    assert read(creche + radio % ", zone: general").sites[0].access_points[0].code == "ap"


def test_a_travelling_site_has_no_commune() -> None:
    """A bus stands in no commune and is taken as it is."""
    text = SITE.replace("    commune: {insee: 55029}\n", "")
    site = read(HEAD + text.replace("place_type: mairie", "place_type: itinerant")).sites[0]
    assert site.commune is None


def test_whose_powers_are_the_territorys_belongs_to_no_organisation() -> None:
    """Nothing would narrow them: an organisation beside them would only seem to."""
    people = "operators:\n  - {login: a@b.example, display_name: A, role: dpo, organisation: bar}\n"
    (fault,) = faults(HEAD + SITE + people)
    assert fault.key == "operators[0].organisation"
    assert fault.expected.startswith("expected none")


@pytest.mark.parametrize("kind", ["sites", "gateways", "nas", "access_points", "operators"])
def test_names_are_unique_across_the_territory(kind: str) -> None:
    """Two things of one kind cannot share a code, wherever they stand."""
    second = (SITE + GATEWAY).split("\n", 1)[1]
    radio = "    access_points:\n      - {code: ap%d, name: Hall}\n"
    first = SITE + GATEWAY + radio % 1
    operator = "  - {login: a@b.example, display_name: A, role: dpo}\n"
    changes = {"sites": "mairie", "gateways": "gw", "nas": "n1", "access_points": "ap2"}
    second += radio % 2
    for other, code in changes.items():
        wanted = "ap1" if (kind, other) == ("access_points",) * 2 else f"other-{other}".lower()
        fresh = wanted.replace("_", "-")
        if kind != other or other == "access_points":
            second = second.replace(f"code: {code}", f"code: {fresh}")
    second = second.replace("10.55.0.1}", "10.55.0.2}")
    people = operator * 2 if kind == "operators" else operator
    (fault,) = faults(HEAD + first + second + "operators:\n" + people)
    assert "expected unique" in fault.expected


@pytest.mark.parametrize("source", [b"", b"- a", b"text", b"a: 1", b"sites: {a: b}\nplans: 3"])
def test_files_that_describe_nothing(source: bytes) -> None:
    """An empty or foreign file is told what it lacks."""
    assert faults(source)


@given(st.data())
def test_a_torn_file_is_refused_in_words(data: st.DataObject) -> None:
    """Whatever is cut or put into the example, it is read or refused, and nothing else happens."""
    start = data.draw(st.integers(0, len(EXAMPLE)))
    end = data.draw(st.integers(start, min(len(EXAMPLE), start + 200)))
    put = data.draw(
        st.text(max_size=12) | st.sampled_from(["[", "{", "- ", ": ", "*a", "&a ", "~"])
    )
    torn = EXAMPLE[:start] + put.encode("utf-8", "surrogatepass") + EXAMPLE[end:]
    try:
        read_description(torn, KNOWN)
    except ConfigurationError as error:
        told = list(error.faults)
    else:
        return
    assert told
