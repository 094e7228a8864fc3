"""A description is taken whole, or refused with every one of its faults and their lines."""

import textwrap
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from territory.application.agreement import Known, findings
from territory.application.description import read_description
from territory.communes.national_list import national_list
from territory.errors import ConfigurationError, Fault
from territory.model import SiteSmsEntry, SmsEntry, TerritoryFile
from territory.vocabulary import AttributeSet, MessageAuthenticatorRule

KNOWN = Known(communes=national_list(), packages=frozenset({"town-hall"}))
EXAMPLE = Path("docs/examples/territory.yaml").read_bytes()

HEAD = """\
territory: {departement: 55}
organisations:
  - {code: bar, name: Bar, kind: commune, contact: a@b.example}
plans:
  - {code: libre, name: Libre, session: 4h}
"""
SITE = """\
sites:
  - code: mairie
    name: Mairie
    organisation: bar
    commune: {insee: 55029}
    place_type: mairie
    link: tunnel
    plan: libre
    networks: [{ssid: Wifi}]
"""
GATEWAY = """\
    gateways:
      - {code: gw, brand: coovachilli, login_address: '10.1.0.1:3990', nas: [
          {code: n1, source_address: 10.55.0.1}]}
"""


def read(text: str) -> TerritoryFile:
    """Read a description against the real list of communes."""
    return read_description(textwrap.dedent(text).encode(), KNOWN)


def faults(text: str | bytes) -> list[Fault]:
    """Return the faults of a description that must have some."""
    source = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(ConfigurationError) as refused:
        read_description(source, KNOWN)
    return list(refused.value.faults)


def told(text: str) -> list[tuple[int | None, str]]:
    """Return the faults of a description as (line, place)."""
    return [(fault.line, fault.key) for fault in faults(text)]


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


def plan_with(more: str) -> str:
    """Return a description whose plan says this too."""
    return HEAD.replace("session: 4h}", f"session: 4h, {more}}}") + SITE


@pytest.mark.parametrize(
    ("more", "place", "words"),
    [
        ("day_time: 25h", "day_time", "between 1 min and 1 d"),
        ("month_time: 32 d", "month_time", "between 1 min and 31 d"),
        ("day_volume: 3", "day_volume", "a volume"),
        ("devices: 0", "devices", "greater than or equal to 1"),
        ("hours: Lu-Ve 8h-18h", "hours", "OSM opening_hours"),
        ("hours: Mo-Fr sunrise-sunset", "hours", "not of the sun"),
        ("public_holidays: open", "public_holidays", "as_usual"),
        ("at_end: stop", "at_end", "'cut', 'slow' or 'ask'"),
        ("vlan: 4095", "vlan", "4094"),
        ("role: a b", "role", "a role's name"),
        ("methods: [password]", "methods[0]", "click_through"),
        ("at_end: slow, slow_upload: 1 Mbit/s", "slow_download", "since at_end is slow"),
        ("slow_upload: 1 Mbit/s", "slow_upload", "unless at_end is slow"),
        (
            "at_end: slow, slow_download: 9 Mbit/s, slow_upload: 1 Mbit/s, download: 1 Mbit/s",
            "slow_download",
            "at most download, 1 Mbit/s",
        ),
    ],
)
def test_each_limit_is_checked(more: str, place: str, words: str) -> None:
    """One fault for each limit that cannot be held, where it stands and in words."""
    (fault,) = faults(plan_with(more))
    assert fault.key == f"plans[0].{place}"
    assert words in fault.expected


@pytest.mark.parametrize(
    ("more", "place", "words"),
    [
        ("hours: always", "hours", "OSM opening_hours"),
        ("closed_days: [24/12/2026]", "closed_days[0]", "a day such as 2026-12-24"),
        ("closed_days: [2026-08-15/2026-08-01]", "closed_days[0]", "days such as"),
        ("mac_authentication: perhaps", "mac_authentication", "boolean"),
        ("helpers: [{name: A, hours: always}]", "helpers[0].hours", "OSM opening_hours"),
        ("helpers: [{name: A}]", "helpers[0].hours", "missing: when it is there"),
        (
            "helpers: [{name: A, hours: 24/7, phone: demander Anne}]",
            "helpers[0].phone",
            "a telephone number",
        ),
        (
            "helpers: [{name: A, hours: 24/7}, {name: A, hours: 24/7}]",
            "helpers[1].name",
            "once in a site, found A again",
        ),
    ],
)
def test_a_site_keeps_hours_that_can_be_held(more: str, place: str, words: str) -> None:
    """Hours, closed days and permissions of a site, each with its own fault."""
    (fault,) = faults(HEAD + SITE + f"    {more}\n")
    assert fault.key == f"sites[0].{place}"
    assert words in fault.expected


def test_an_old_plan_limits_nothing_more() -> None:
    """A file of before means what it meant: no limit, no hours, returning devices as they were."""
    description = read(HEAD + SITE)
    (plan,), (site,) = description.plans, description.sites
    assert (plan.day_time, plan.devices, plan.hours, plan.methods) == (None, None, None, ())
    assert (plan.at_end, plan.public_holidays, plan.identification) == ("cut", "as_usual", "none")
    assert (site.hours, site.closed_days, site.mac_authentication) == (None, (), True)


@pytest.mark.parametrize("address", ["[2001:db8::1]", "[2001:DB8::1]:8443", "gw.example:80"])
def test_where_guests_log_in(address: str) -> None:
    """A name or an address, and perhaps a port; an IPv6 address stands in brackets."""
    (site,) = read(HEAD + SITE + GATEWAY.replace("10.1.0.1:3990", address)).sites
    assert site.gateways[0].login_address == address.lower()


CONTROLLED = """
    gateways:
      - code: {code}
        brand: {brand}
        login_address: 10.60.0.1
        controller: {{url: '{url}', password: an-api-key-of-the-site{more}}}
        nas: [{{code: n-{code}, source_address: {address}}}]
"""


@pytest.mark.parametrize(
    ("brand", "url", "more", "count"),
    [
        ("unifi", "https://10.55.0.20:8443/", "", 1),
        ("unifi", "https://10.55.0.20:8443", ", site: default", 1),
        ("unifi", "https://10.55.0.20:8443", ", site: second", 0),
        ("unifi", "https://10.55.0.21:8443", "", 0),
        ("smartzone", "https://10.55.0.20:8443", "", 0),
    ],
)
def test_a_controllers_site_is_one_gateways(brand: str, url: str, more: str, count: int) -> None:
    """Its list of guests would be taken for both's; where RADIUS tells, there is no such list."""
    first = CONTROLLED.format(
        code="c1", brand=brand, url="https://10.55.0.20:8443", more="", address="10.55.0.1"
    )
    second = CONTROLLED.format(code="c2", brand=brand, url=url, more=more, address="10.55.0.2")
    other = SITE.split("\n", 1)[1].replace("code: mairie", "code: other")
    text = HEAD + SITE.rstrip() + first + other.rstrip() + second
    found = [each for each in findings(yaml.safe_load(text), KNOWN) if each[0][-1] == "controller"]
    assert [path for path, _ in found] == [("sites", 1, "gateways", 0, "controller")] * count
    assert all("sites[0].gateways[0].controller" in words for _, words in found)


@pytest.mark.parametrize(
    ("brand", "more", "where", "words"),
    [
        ("omada", ", client: an-application", "controller", "client and client_secret"),
        ("omada", ", client_secret: its-secret", "controller", "client and client_secret"),
        ("omada", ", client: an-application, client_secret: its-secret", None, ""),
        ("unifi", ", client: an-application, client_secret: its-secret", "client", "applications"),
    ],
)
def test_an_application_that_reads(brand: str, more: str, where: str | None, words: str) -> None:
    """Omada's controllers know applications, each by an identity and a secret; no other's do."""
    gateway = CONTROLLED.format(
        code="c1", brand=brand, url="https://10.55.0.20", more=more, address="10.55.0.1"
    )
    content = yaml.safe_load(HEAD + SITE.rstrip() + gateway)
    found = [
        each
        for each in findings(content, KNOWN)
        if "applications" in each[1] or "client" in each[1]
    ]
    assert [path[-1] for path, _ in found] == ([where] if where else [])
    assert all(words in told for _, told in found)


HALF_A_DAY = "session: 12h, upload: 2 Mbit/s, download: 9 Mbit/s"
OF_WIFI4EU = SITE.replace("ssid: Wifi", "ssid: WiFi4EU")


@pytest.mark.parametrize(
    ("plan", "site", "more", "key", "words"),
    [
        (HALF_A_DAY, SITE, "wifi4eu: true", "sites[0].networks", "named exactly WiFi4EU"),
        (HALF_A_DAY, OF_WIFI4EU, "wifi4eu: perhaps", "sites[0].wifi4eu", "boolean"),
        ("session: 11h", OF_WIFI4EU, "wifi4eu: true", "sites[0].plan", "12h at least"),
        ("session: 12h", OF_WIFI4EU, "wifi4eu: true", "sites[0].plan", "an upload and a download"),
        (
            *(HALF_A_DAY, OF_WIFI4EU, "wifi4eu: true, methods: [ticket]"),
            *("sites[0].methods[0]", "no account on WiFi4EU"),
        ),
        (
            *(f"{HALF_A_DAY}, methods: [ticket]", OF_WIFI4EU, "wifi4eu: true"),
            *("sites[0].plan", "open to click_through"),
        ),
        (
            *(HALF_A_DAY, SITE, "wifi4eu_snippet: 0b8f3d52-6c1e-4f7a-9a43-2f5d1c7e9b60"),
            *("sites[0].wifi4eu_snippet", "unless wifi4eu is true"),
        ),
        (
            *(HALF_A_DAY, OF_WIFI4EU, "wifi4eu: true, wifi4eu_snippet: <script>"),
            *("sites[0].wifi4eu_snippet", "the UUID of the network"),
        ),
    ],
)
def test_what_wifi4eu_asks_for(plan: str, site: str, more: str, key: str, words: str) -> None:
    """Its name, one click, half a day, a shared line: each fault where it stands."""
    text = HEAD.replace("session: 4h", plan) + site + indented(more)
    assert (key, True) in [(fault.key, words in fault.expected) for fault in faults(text)]


def test_a_site_of_wifi4eu_that_is_one() -> None:
    """With its snippet or without."""
    head = HEAD.replace("session: 4h", HALF_A_DAY)
    snippet = "wifi4eu_snippet: 0b8f3d52-6c1e-4f7a-9a43-2f5d1c7e9b60"
    for more in ("wifi4eu: yes", f"wifi4eu: true, {snippet}"):
        assert read(head + OF_WIFI4EU + indented(more)).sites[0].wifi4eu


@pytest.mark.parametrize(
    ("more", "place", "words"),
    [
        ('colour: "#f5b942"', "colour", 'the nearest that does is "#976708"'),
        ("colour: teal", "colour", "#rrggbb"),
        ("logo: <svg/>", "logo", "an SVG"),
        ("logo: aGVsbG8=", "logo", "a PNG in base64"),
        ("dpo: Camille Adam", "dpo", "an e-mail address"),
    ],
)
def test_looks_that_cannot_be(more: str, place: str, words: str) -> None:
    """A colour that cannot be read comes with one that can; a logo with the reason."""
    (fault,) = faults(HEAD.replace("{code: bar", f"{{{more}, code: bar") + SITE)
    assert fault.key == f"organisations[0].{place}"
    assert words in fault.expected


@pytest.mark.parametrize(
    ("more", "place", "words"),
    [
        ("newsletter: {sender: A}", "newsletter.purpose", "in one plain sentence"),
        ("newsletter: {purpose: Du bien.}", "newsletter.sender", "the service that writes"),
        ("newsletter: {sender: A, purpose: Un. Deux.}", "newsletter.purpose", "one sentence"),
        ("newsletter: {sender: A, purpose: sans point}", "newsletter.purpose", "full stop"),
        (
            f"newsletter: {{sender: A, purpose: {'mot ' * 15}fin.}}",
            "newsletter.purpose",
            "15 words",
        ),
    ],
)
def test_a_newsletter_that_cannot_be(more: str, place: str, words: str) -> None:
    """Who agrees must know who writes, and what about, in one sentence."""
    (fault,) = faults(HEAD.replace("{code: bar", f"{{{more}, code: bar") + SITE)
    assert fault.key == f"organisations[0].{place}"
    assert words in fault.expected


def indented(more: str) -> str:
    """Return keys of a site, each on a line of its own."""
    return "".join(f"    {key}\n" for key in more.split(", "))


def test_what_text_messages_may_cost_is_stated_by_site_and_organisation() -> None:
    """What is left out is the settings'; none at all is written as no way of the site, not as 0."""
    head = HEAD.replace("{code: bar", "{sms: {a_day: 800}, code: bar")
    stated = read(head + SITE + "    sms: {unproven_an_hour: 600}\n")
    assert stated.organisations[0].sms == SmsEntry(a_day=800)
    assert stated.sites[0].sms == SiteSmsEntry(unproven_an_hour=600)
    (fault,) = faults(head + SITE + "    sms: {a_day: 0}\n")
    assert fault.key == "sites[0].sms.a_day"


RADIO = """\
    access_points:
      - {code: ap, name: Accueil, management_address: 10.55.1.11, snmp: SNMP}
"""


@pytest.mark.parametrize(
    ("snmp", "place"),
    [
        ("{version: v1, community: lecture}", "version"),
        ("{version: v2c}", "community"),
        ("{version: v2c, community: lecture, user: socle}", "user"),
        ("{version: v3}", "user"),
        ("{version: v3, user: socle, auth: md5, auth_secret: assez-long}", "auth"),
        ("{version: v3, user: socle, auth: sha256, auth_secret: court}", "auth_secret"),
        ("{version: v3, user: socle, auth: sha256}", "auth_secret"),
        ("{version: v3, user: socle, priv: aes128, priv_secret: assez-long}", "auth"),
        ("{version: none, community: lecture}", "community"),
        ("{version: v2c, community: lecture, port: 0}", "port"),
        ("{community: lecture}", "version"),
    ],
)
def test_an_snmp_that_does_not_hold_together(snmp: str, place: str) -> None:
    """Each fault is told with its line and its key, and no secret is repeated."""
    text = HEAD + SITE + RADIO.replace("SNMP", snmp)
    (found,) = faults(text)
    assert (found.line, found.key) == (16, f"sites[0].access_points[0].snmp.{place}")
    assert "court" not in found.expected
    assert "lecture" not in found.expected


@pytest.mark.parametrize("own", ["{version: v2c, community: lecture}", None])
def test_snmp_in_clear_stays_inside(own: str | None) -> None:
    """Its own way or its site's: what is read in clear never leaves for a public address."""
    site = SITE + "    snmp: {version: v3, user: socle}\n"
    radio = RADIO.replace("10.55.1.11", "192.0.2.7").replace("SNMP", own or "")
    assert told(HEAD + site + radio) == [(17, "sites[0].access_points[0].management_address")]


def test_snmp_that_is_hidden_may_leave() -> None:
    """With privacy, a public address is asked."""
    keys = "auth: sha256, auth_secret: assez-long, priv: aes128, priv_secret: assez-long"
    radio = RADIO.replace("10.55.1.11", "192.0.2.7")
    read(HEAD + SITE + radio.replace("SNMP", f"{{version: v3, user: socle, {keys}}}"))
