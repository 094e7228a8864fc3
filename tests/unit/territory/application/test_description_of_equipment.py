"""What a gateway, its controller and SNMP may be, each fault at its place."""

import pytest
import yaml

from territory.application.agreement import findings
from tests.unit.territory.application.descriptions import (
    GATEWAY,
    HEAD,
    KNOWN,
    SITE,
    faults,
    read,
    told,
)


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
