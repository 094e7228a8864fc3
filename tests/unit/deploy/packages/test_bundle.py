"""A bundle holds the exact options a gateway needs, keeps its secrets, and never varies."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from deploy.packages.bundle import (
    enhanced_ssid,
    render,
    uci_text,
)
from deploy.packages.site_sheet import Base, GatewaySheet, SiteSheet
from territory.errors import ConfigurationError
from territory.rules.mac_form import MacForm, given_password
from territory.vocabulary import Brand, Link, MacPassword, MacUserName
from tests.unit.deploy.packages.bundles import (
    BATCH,
    OFFER,
    PAGES,
    TUNNEL,
    files,
    options,
    with_nas,
)
from tests.unit.deploy.packages.sheets import (
    BASE,
    CHILLI,
    NAS,
    OPENNDS,
    PLAN,
    PROVIDER,
    RADIUS_SECRET,
    SITE,
    UAM_SECRET,
)


def test_coovachilli_has_every_option() -> None:
    """The options of the CoovaChilli dialect, each from the site's own record."""
    found = options(files()["files/etc/config/chilli"].content)
    assert {name: values[0] for name, values in found.items()} == {
        "network": "socle_guest",
        "tundev": "tun0",
        "net": "10.1.0.0/22",
        "uamlisten": "10.1.0.1",
        "uamport": "3990",
        "dns1": "10.1.0.1",
        "domain": "home.arpa",
        "lease": "3600",
        "noc2c": "1",
        "uamserver": "https://wifi.meuse.example/gateway/coovachilli",
        "uamsecret": UAM_SECRET,
        "uamallowed": "wifi.meuse.example",
        "radiusserver1": "10.55.255.1",
        "radiusserver2": "10.55.255.2",
        "radiusauthport": "1812",
        "radiusacctport": "1813",
        "radiussecret": RADIUS_SECRET,
        "radiusnasid": "mairie",
        "nasip": "10.55.0.11",
        "coaport": "3799",
        "radiustimeout": "5",
        "radiusretry": "4",
        "radiusretrysec": "2",
        "ssid": "Wifi public",
        "defsessiontimeout": "14400",
        "defidletimeout": "900",
        "definteriminterval": "300",
        "macauth": "1",
    }


@pytest.mark.parametrize(
    ("password", "macpasswd"),
    [
        (MacPassword.USER_NAME, None),
        (MacPassword.GIVEN, [given_password(RADIUS_SECRET)]),
        (MacPassword.SHARED_SECRET, [RADIUS_SECRET]),
    ],
)
def test_chilli_shows_the_password_the_base_expects(
    password: MacPassword, macpasswd: list[str] | None
) -> None:
    """Without macpasswd it shows the name again, as RADIUS expects of `user-name`."""
    nas = replace(NAS, mac_form=replace(NAS.mac_form, password=password))
    found = options(files(with_nas(nas))["files/etc/config/chilli"].content)
    assert found["macauth"] == ["1"]
    assert found.get("macpasswd") == macpasswd


def test_a_nas_that_presents_no_device_has_no_macauth() -> None:
    """What it does not declare, it is not told to do."""
    nas = replace(NAS, mac_form=MacForm(MacUserName.NONE))
    assert "macauth" not in options(files(with_nas(nas))["files/etc/config/chilli"].content)


@pytest.mark.parametrize(
    "form",
    [
        MacForm(MacUserName.PLAIN),
        MacForm(MacUserName.HYPHENS_UPPER, MacPassword.CALL_CHECK),
    ],
)
def test_what_chilli_cannot_show_is_refused(form: MacForm) -> None:
    """It writes AA-BB-CC-DD-EE-FF, and sends no Call-Check."""
    nas = replace(NAS, mac_form=form)
    with pytest.raises(ConfigurationError, match="CoovaChilli"):
        files(with_nas(nas))


def test_chilli_reads_options_only() -> None:
    """OpenWrt's start script for chilli does not see `list`: everything is an `option`."""
    content = files()["files/etc/config/chilli"].content
    assert "\tlist " not in content


def test_what_a_plan_does_not_grant_is_not_asked() -> None:
    """Without MAC authentication in the plan, no device is tried by its address."""
    site = replace(SITE, plan={**PLAN, "mac_authentication": False})
    found = options(files(site=site)["files/etc/config/chilli"].content)
    assert "macauth" not in found


def test_one_server_stands_for_both() -> None:
    """With a single RADIUS address, chilli's second server is the first."""
    base = replace(BASE, radius_addresses=("10.55.255.1",))
    found = options(files(base=base)["files/etc/config/chilli"].content)
    assert found["radiusserver2"] == ["10.55.255.1"]


def test_names_that_need_quotes() -> None:
    """An apostrophe survives UCI; a double quote, which breaks chilli's start, is left out."""
    site = replace(SITE, public_ssids=("L'accueil",))
    assert options(files(site=site)["files/etc/config/chilli"].content)["ssid"] == ["L'accueil"]
    site = replace(SITE, public_ssids=('Le "wifi"',))
    assert "ssid" not in options(files(site=site)["files/etc/config/chilli"].content)


def test_opennds_has_every_option() -> None:
    """The options of FAS level 1, and the plan in openNDS's units: minutes, kbit/s, kB."""
    site = replace(SITE, plan={**PLAN, "idle_seconds": 90})
    found = options(files(OPENNDS, site)["files/etc/config/opennds"].content)
    assert {name: values[0] for name, values in found.items() if len(values) == 1} == {
        "enabled": "1",
        "debuglevel": "1",
        "gatewayinterface": "br-socle",
        "gatewayname": "gw",
        "gatewayport": "2050",
        "enable_serial_number_suffix": "0",
        "maxclients": "1000",
        "fasremotefqdn": "wifi.meuse.example",
        "fasport": "80",
        "faspath": "/gateway/opennds",
        "fas_secure_enabled": "1",
        "faskey": UAM_SECRET,
        "sessiontimeout": "240",
        "authidletimeout": "2",
        "uploadrate": "5000",
        "downloadrate": "20000",
        "uploadquota": "2000000",
        "downloadquota": "2000000",
        "users_to_router_passthrough": "1",
    }
    assert found["authenticated_users"][-1] == "allow all"
    assert "block all to 192.168.0.0/16" in found["authenticated_users"]


@pytest.mark.parametrize(
    ("level", "port", "path", "software"),
    [
        ("2", "80", "/gateway/opennds/gw", ["php8-cli", "php8-mod-openssl"]),
        ("3", "443", "/gateway/opennds/gw", ["php8-cli", "php8-mod-openssl", "ca-bundle"]),
        ("4", "443", "/gateway/opennds", ["ca-bundle"]),
    ],
)
def test_each_level_of_opennds_has_its_own_settings(
    level: str, port: str, path: str, software: list[str]
) -> None:
    """An encrypted list is named by the path; levels 3 and 4 are in https, and poll."""
    bundle = files(replace(OPENNDS, variant=f"fas{level}"))
    found = options(bundle["files/etc/config/opennds"].content)
    asked = (found["fas_secure_enabled"], found["fasport"], found["faspath"])
    assert asked == ([level], [port], [path])
    polls = level in "34"
    assert found.get("nat_traversal_poll_interval") == (["5"] if polls else None)
    assert found.get("binauth") == (["/usr/lib/opennds/binauth_log.sh"] if polls else None)
    manifest = json.loads(bundle["manifest.json"].content)
    assert manifest["software"] == ["opennds", "wpad-mbedtls", *software]
    assert ("need php-cli" in bundle["install.sh"].content) is ("php8-cli" in software)
    guide = bundle["LISEZ-MOI.md"].content
    assert f"FAS niveau {level}" in guide
    assert ("Il faut openNDS 10" in guide) is (level == "4")


HOSTS = ["franceconnect.gouv.fr", "ameli.example"]
ELSEWHERE = replace(SITE, providers=(PROVIDER,))


def test_chilli_opens_the_names_where_guests_sign_in() -> None:
    """Each name, and those below it as phones ask for them; nothing where nobody signs in so."""
    found = options(files(site=ELSEWHERE)["files/etc/config/chilli"].content)
    assert found["uamallowed"] == [",".join(["wifi.meuse.example", *HOSTS])]
    assert found["uamdomain"] == [",".join(HOSTS)]
    assert "ameli.example" in files(site=ELSEWHERE)["LISEZ-MOI.md"].content
    assert not any("uamdomain" in file.content for file in files().values())


def test_opennds_opens_the_names_where_guests_sign_in() -> None:
    """By https alone: in clear, a phone would take an open name for the Internet."""
    bundle = files(OPENNDS, ELSEWHERE)
    found = options(bundle["files/etc/config/opennds"].content)
    assert (found["walledgarden_fqdn_list"], found["walledgarden_port_list"]) == (HOSTS, ["443"])
    assert "dnsmasq-full" in json.loads(bundle["manifest.json"].content)["software"]
    assert 'fail "il faut dnsmasq-full' in bundle["install.sh"].content
    assert "ameli.example" in bundle["LISEZ-MOI.md"].content
    plain = files(OPENNDS).values()
    assert not any("dnsmasq-full" in each.content or "walled" in each.content for each in plain)


@pytest.mark.parametrize("gateway", [CHILLI, OPENNDS], ids=["coovachilli", "opennds"])
def test_the_script_tries_each_provider(gateway: GatewaySheet) -> None:
    """Its own description, which answers whoever reaches it."""
    script = files(gateway, ELSEWHERE)["essai.sh"].content
    document = "https://oidc.franceconnect.gouv.fr/api/v2/.well-known/openid-configuration"
    assert script.count(document) == 1
    assert "identite oidc.franceconnect.gouv.fr oui" in script
    assert "identite" not in files(gateway)["essai.sh"].content


def test_a_portal_in_clear_is_asked_at_its_own_port() -> None:
    """In the demonstration the portal is plain http on an address."""
    gateway = replace(OPENNDS, portal=urlsplit("http://10.88.0.1:8080/gateway/opennds"))
    found = options(files(gateway)["files/etc/config/opennds"].content)
    assert found["fasport"] == ["8080"]
    assert "fasremotefqdn" not in found


@pytest.mark.parametrize("gateway", [CHILLI, OPENNDS], ids=["coovachilli", "opennds"])
def test_guests_reach_no_inside_network(gateway: GatewaySheet) -> None:
    """The portal is let through first, then every private network is refused, then the Internet."""
    lines = files(gateway)["settings.uci"].content.splitlines()
    order = [
        lines.index("set firewall.socle_portal=rule"),
        lines.index("set firewall.socle_inside=rule"),
        lines.index("set firewall.socle_internet=forwarding"),
    ]
    assert order == sorted(order)
    refused = {line for line in lines if line.startswith("add_list firewall.socle_inside.dest_ip")}
    for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"):
        assert f"add_list firewall.socle_inside.dest_ip='{network}'" in refused
    assert "set firewall.socle_zone.input='REJECT'" in lines
    assert "set firewall.socle_zone.forward='REJECT'" in lines


def test_what_goes_around_chilli_is_dropped() -> None:
    """A frame to the router on the guests' bridge itself never enters: chilli takes them raw."""
    content = files()["settings.uci"].content
    for direction in ("input", "output", "forward"):
        assert f"set firewall.socle_radio.{direction}='DROP'" in content
    assert "set network.socle_guest.proto='none'" in content


@pytest.mark.parametrize("gateway", [CHILLI, OPENNDS], ids=["coovachilli", "opennds"])
def test_every_line_is_a_uci_command(gateway: GatewaySheet) -> None:
    """`uci batch` gets nothing but quoted assignments."""
    site = replace(SITE, public_ssids=("L'accueil", "Wifi public"))
    bundle = files(gateway, site)
    for name in ("settings.uci", "wireless.uci", "wireless-owe.uci"):
        for line in bundle[name].content.splitlines():
            assert BATCH.match(line), line


@pytest.mark.parametrize("gateway", [CHILLI, OPENNDS], ids=["coovachilli", "opennds"])
def test_secrets_are_their_owners_alone(gateway: GatewaySheet) -> None:
    """Each file that holds a secret is 0600, and no other file holds one."""
    for path, file in files(gateway).items():
        holds = UAM_SECRET in file.content or RADIUS_SECRET in file.content
        assert holds is (file.mode == 0o600), path
        assert holds is path.startswith("files/etc/config/"), path


def test_the_same_sheet_gives_the_same_octets() -> None:
    """Rendering twice is identical, so a manifest tells whether a router is up to date."""
    assert render(OFFER, SITE, CHILLI, BASE) == render(OFFER, SITE, CHILLI, BASE)


def test_the_manifest_names_every_file() -> None:
    """Version, software and the digest of each file, secrets not included."""
    bundle = files()
    manifest = json.loads(bundle["manifest.json"].content)
    assert (manifest["package"], manifest["version"]) == ("town-hall", OFFER.version)
    assert manifest["software"] == [
        *("coova-chilli", "kmod-tun", "wpad-mbedtls"),
        *("wireguard-tools", "kmod-wireguard"),
    ]
    assert manifest["files"] == {
        path: {"mode": f"{file.mode:04o}", "sha256": file.sha256}
        for path, file in bundle.items()
        if path != "manifest.json"
    }


@pytest.mark.parametrize("gateway", [CHILLI, OPENNDS], ids=["coovachilli", "opennds"])
def test_the_guide_quotes_the_pages_own_words(gateway: GatewaySheet) -> None:
    """What a technician is told to look for is what the portal's pages say."""
    guide = files(gateway)["LISEZ-MOI.md"].content.partition("## Vérifier")[2]
    quoted = set(re.findall(r"« ([^»]+) »", guide)) - set(SITE.public_ssids)
    pages = "".join(
        path.read_text() for path in Path("portal/guest").rglob("*") if path.suffix in PAGES
    )
    assert "Se connecter" in quoted
    assert {words for words in quoted if words not in pages} == set()


def test_the_captive_portal_api_is_announced() -> None:
    """RFC 8910: chilli fills in the gateway's name and the device, each phone its own address."""
    api = "https://wifi.meuse.example/captive-portal?nasid=%{n}&mac=%{m}"
    assert f"captiveportalapi_uri='{api}'" in files()["install.sh"].content


@pytest.mark.parametrize(
    ("gateway", "site", "base", "words"),
    [
        (replace(CHILLI, nas=()), SITE, BASE, "expected one nas, found 0"),
        (replace(CHILLI, nas=(NAS, NAS)), SITE, BASE, "expected one nas, found 2"),
        (replace(CHILLI, portal_secret=""), SITE, BASE, "expected a portal_secret"),
        (replace(CHILLI, brand=Brand.USPOT), SITE, BASE, "has nothing for uspot"),
        (replace(CHILLI, login_host="router.lan"), SITE, BASE, "expected an IPv4 address"),
        (CHILLI, replace(SITE, link=Link.CLOUD), BASE, "expected the link private_network or"),
        (replace(OPENNDS, variant="fas5"), SITE, BASE, "expected the variant fas1 or fas2"),
        (replace(CHILLI, variant="other"), SITE, BASE, "expected the variant "),
        (
            with_nas(replace(NAS, source_address="10.66.0.11")),
            replace(SITE, tunnel=TUNNEL),
            BASE,
            "nas nas: expected a source_address in tunnel.network 10.55.0.0/16",
        ),
        (CHILLI, replace(SITE, public_ssids=()), BASE, "expected a public network"),
        (CHILLI, SITE, replace(BASE, radius_addresses=()), "radius.reached_at"),
        (CHILLI, SITE, replace(BASE, tunnel_endpoint=None), "tunnel.endpoint"),
        (CHILLI, SITE, replace(BASE, tunnel_public_key=None), "tunnel.public_key"),
        (replace(CHILLI, code="a\nb"), SITE, BASE, "printable"),
        (
            replace(CHILLI, nas=(replace(NAS, identifier='la "mairie"'),)),
            SITE,
            BASE,
            "expected identifier of nas nas without double quote",
        ),
        (
            replace(CHILLI, portal=urlsplit("https://wifi.example/a\\b")),
            SITE,
            BASE,
            "expected portal_base without double quote",
        ),
    ],
)
def test_what_cannot_work_is_refused(
    gateway: GatewaySheet, site: SiteSheet, base: Base, words: str
) -> None:
    """Nothing is rendered that a technician would carry to a site in vain."""
    with pytest.raises(ConfigurationError) as refused:
        render(OFFER, site, gateway, base)
    assert words in str(refused.value)


def test_all_that_stands_in_the_way_is_told_at_once() -> None:
    """Several faults come together."""
    base = replace(BASE, radius_addresses=(), tunnel_endpoint=None, tunnel_public_key=None)
    with pytest.raises(ConfigurationError) as refused:
        render(OFFER, replace(SITE, public_ssids=()), CHILLI, base)
    assert len(refused.value.faults) == 4


@pytest.mark.parametrize(
    ("ssid", "twin"),
    [("Wifi", "Wifi OWE"), ("x" * 32, "x" * 28 + " OWE"), ("é" * 16, "é" * 14 + " OWE")],
)
def test_the_encrypted_twin_has_a_name_of_its_own(ssid: str, twin: str) -> None:
    """A hidden SSID of at most 32 octets, no accented letter cut in two."""
    assert enhanced_ssid(ssid) == twin
    assert len(twin.encode()) <= 32


@pytest.mark.parametrize(
    ("value", "quoted"), [("a b", "'a b'"), ("l'eau", "'l'\\''eau'"), (3799, "'3799'")]
)
def test_uci_quotes(value: Any, quoted: str) -> None:
    """A value is quoted as `uci export` does."""
    assert uci_text(value) == quoted
