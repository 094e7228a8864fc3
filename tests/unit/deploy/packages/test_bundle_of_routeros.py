"""The bundle of a MikroTik: a page for its hotspot, and a script that tells it of the base."""

import re
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from deploy.packages.bundle import render, routeros_text
from deploy.packages.catalogue import offer_named
from deploy.packages.site_sheet import GatewaySheet, TunnelSheet
from territory.errors import ConfigurationError
from territory.vocabulary import Brand, Link
from tests.unit.deploy.packages.sheets import BASE, CHILLI, NAS, PROVIDER, RADIUS_SECRET, SITE

OFFER = offer_named("town-hall")
ROUTER = replace(
    CHILLI,
    code="gw-camping",
    brand=Brand.MIKROTIK,
    login_host="10.5.50.1",
    login_port=80,
    portal=urlsplit("https://wifi.meuse.example/gateway/mikrotik"),
    portal_secret="",
)
HERE = replace(SITE, link=Link.PRIVATE_NETWORK, gateways=(ROUTER,))
_REFRESH = re.compile(r'<meta http-equiv="refresh" content="0;url=([^"]*)">')


def rendered(gateway: GatewaySheet = ROUTER) -> dict[str, tuple[str, int]]:
    """Return the content and the mode of each file, by path."""
    files = render(OFFER, HERE, gateway, BASE)
    return {str(file.path): (file.content, file.mode) for file in files}


def test_the_page_leads_to_the_portal_with_what_it_needs() -> None:
    """Without a script, with a link for who is not led on, and with URL-safe variables only."""
    page, mode = rendered()["hotspot/login.html"]
    told = _REFRESH.search(page)
    assert told
    asked = told[1].replace("&amp;", "&")
    for condition in ("$(if chap-id)", "$(if error)", "$(endif)"):
        asked = asked.replace(condition, "")
    assert asked.partition("?")[0] == "https://wifi.meuse.example/gateway/mikrotik"
    assert parse_qs(urlsplit(asked).query) == {
        "nasid": ["gw-camping"],
        "mac": ["$(mac-esc)"],
        "link-login-only": ["$(link-login-only)"],
        "chap-id": ["$(chap-id)"],
        "chap-challenge": ["$(chap-challenge)"],
        "failed": ["1"],
    }
    assert f'<a href="{told[1]}">' in page
    assert "<script" not in page
    assert mode == 0o644


def test_a_portal_address_with_a_query_goes_on_with_an_ampersand() -> None:
    """It may hold parameters of its own."""
    page, _ = rendered(replace(ROUTER, portal=urlsplit("https://p.example/gateway/mikrotik?a=1")))[
        "hotspot/login.html"
    ]
    assert "/gateway/mikrotik?a=1&amp;nasid=gw-camping" in page


def test_the_script_tells_of_the_base() -> None:
    """Both servers from the NAS's own address, orders, the portal in the walled garden."""
    script, mode = rendered()["socle.rsc"]
    assert mode == 0o600
    assert script.count(f'secret="{RADIUS_SECRET}"') == len(BASE.radius_addresses)
    assert script.count("src-address=10.55.0.11") == len(BASE.radius_addresses)
    assert "/radius incoming set accept=yes port=3799" in script
    assert 'dst-host="wifi.meuse.example"' in script
    assert "use-radius=yes" in script
    assert "login-by=http-chap" in script


def test_a_portal_by_its_address() -> None:
    """The walled garden knows names and addresses apart."""
    portal = urlsplit("http://10.55.255.1:8080/gateway/mikrotik")
    script, _ = rendered(replace(ROUTER, portal=portal))["socle.rsc"]
    assert 'dst-address="10.55.255.1"' in script


def test_the_names_where_guests_sign_in_are_open() -> None:
    """Each by itself and with those below it: a wildcard there does not match the bare name."""
    files = render(OFFER, replace(HERE, providers=(PROVIDER,)), ROUTER, BASE)
    (script,) = [file.content for file in files if file.path.name == "socle.rsc"]
    for host in ("franceconnect.gouv.fr", "*.franceconnect.gouv.fr", "ameli.example"):
        assert (
            f'/ip hotspot walled-garden add comment="socle" action=allow dst-host="{host}"'
            in script
        )
    assert "walled-garden add" not in rendered()["socle.rsc"][0]


def test_a_secret_that_a_script_would_change_is_quoted_and_kept_secret() -> None:
    """A dollar sign begins a variable there."""
    nas = replace(NAS, shared_secret='quote"dollar$back\\slash-24')
    script, mode = rendered(replace(ROUTER, nas=(nas,)))["socle.rsc"]
    assert r'secret="quote\"dollar\$back\\slash-24"' in script
    assert mode == 0o600
    with pytest.raises(ConfigurationError):
        routeros_text("two\nlines")


def test_the_script_ends_the_tunnel_where_the_link_is_one() -> None:
    """With the keys that the base made; the base calls down it, and nobody else."""
    tunnel = TunnelSheet("10.55.0.11", "cHJpdmF0ZQ==", "cHJlc2hhcmVk")
    site = replace(HERE, link=Link.TUNNEL, tunnel=tunnel)
    found = {str(file.path): file for file in render(OFFER, site, ROUTER, BASE)}
    script = found["socle.rsc"].content
    assert 'private-key="cHJpdmF0ZQ=="' in script
    assert 'preshared-key="cHJlc2hhcmVk"' in script
    assert f'public-key="{BASE.tunnel_public_key}"' in script
    assert 'endpoint-address="vpn.meuse.example" endpoint-port=51820' in script
    assert "allowed-address=10.55.255.1/32,10.55.255.2/32" in script
    assert 'in-interface="socle" src-address=10.55.255.1 protocol=udp dst-port=3799' in script
    assert "10.55.0.11/32" in script
    assert ":put" not in script
    made_there = replace(site, tunnel=replace(tunnel, private_key=None))
    script = next(
        file.content
        for file in render(OFFER, made_there, ROUTER, BASE)
        if file.path.name == "socle.rsc"
    )
    assert "private-key=" not in script
    assert ":put" in script


def test_a_router_needs_one_nas() -> None:
    """Its secret is in the script."""
    with pytest.raises(ConfigurationError, match="expected one nas, found 0: mikrotik"):
        rendered(replace(ROUTER, nas=()))
