"""How a bundle brings a site's link: its own tunnel, one that ends elsewhere, RadSec by a proxy."""

import json
from dataclasses import replace

import pytest

from deploy.packages.bundle import (
    radsecproxy_text,
)
from deploy.packages.site_sheet import TunnelSheet
from territory.errors import ConfigurationError
from territory.vocabulary import Link
from tests.unit.deploy.packages.bundles import (
    BATCH,
    TUNNEL,
    files,
    options,
)
from tests.unit.deploy.packages.sheets import (
    BASE,
    CHILLI,
    NAS,
    OPENNDS,
    SITE,
)


@pytest.mark.parametrize(
    ("link", "zone"), [(Link.TUNNEL, "socletunnel"), (Link.PRIVATE_NETWORK, "wan")]
)
def test_the_base_calls_down_the_link_only(link: Link, zone: str) -> None:
    """Disconnect-Requests and pings are taken from the base's addresses, through the link."""
    content = files(site=replace(SITE, link=link))["settings.uci"].content
    assert f"set firewall.socle_coa.src='{zone}'" in content
    assert "add_list firewall.socle_coa.src_ip='10.55.255.1'" in content
    assert "set firewall.socle_coa.dest_port='3799'" in content
    assert ("wireguard" in content) is (link is Link.TUNNEL)


def test_a_tunnel_has_the_keys_that_the_base_made() -> None:
    """In the one file of settings, its owner's alone; the router then makes none."""
    bundle = files(site=replace(SITE, tunnel=TUNNEL))
    settings = bundle["settings.uci"]
    assert "set network.socle_tunnel.private_key='cHJpdmF0ZQ=='" in settings.content
    assert "set network.socle_base.preshared_key='cHJlc2hhcmVk'" in settings.content
    assert all(BATCH.match(line) for line in settings.content.splitlines())
    assert settings.mode == 0o600
    assert "genkey" not in bundle["install.sh"].content
    kept = files(site=replace(SITE, tunnel=replace(TUNNEL, private_key=None)))
    assert "genkey" in kept["install.sh"].content
    assert "private_key=" not in kept["settings.uci"].content


def test_whoever_ends_the_tunnel_is_told_which_key_and_address() -> None:
    """The base knows the address it gave; another hub must be told which one to allow."""
    by_another = files()["LISEZ-MOI.md"].content
    assert "l'adresse 10.55.0.11/32" in by_another
    assert "socle link rotate" not in by_another
    by_base = files(site=replace(SITE, tunnel=replace(TUNNEL, private_key=None)))
    assert "socle link rotate mairie" in by_base["LISEZ-MOI.md"].content
    assert (
        "clé publique du tunnel"
        not in files(site=replace(SITE, tunnel=TUNNEL))["LISEZ-MOI.md"].content
    )


def test_opennds_ends_a_tunnel_that_no_nas_ends() -> None:
    """It has no NAS: where none has the inside address, the first of them has the tunnel."""
    other = replace(OPENNDS, code="gw-2")
    site = replace(SITE, gateways=(OPENNDS, other), tunnel=TUNNEL)
    settings = files(OPENNDS, site)["settings.uci"]
    assert "add_list network.socle_tunnel.addresses='10.55.0.11/32'" in settings.content
    assert "set network.socle_tunnel.private_key='cHJpdmF0ZQ=='" in settings.content
    assert "add_list firewall.socle_ping.src_ip='10.55.255.1'" in settings.content
    assert "set firewall.socle_ping.src='socletunnel'" in settings.content
    assert "socle_coa" not in settings.content
    assert all(BATCH.match(line) for line in settings.content.splitlines())
    assert settings.mode == 0o600
    assert "kmod-wireguard" in files(OPENNDS, site)["manifest.json"].content
    kept = files(OPENNDS, replace(site, tunnel=replace(TUNNEL, private_key=None)))
    assert "genkey" in kept["install.sh"].content
    assert "socle link rotate mairie" in kept["LISEZ-MOI.md"].content
    assert "wireguard" not in files(other, site)["settings.uci"].content
    with pytest.raises(ConfigurationError, match=r"radius\.reached_at"):
        files(OPENNDS, site, replace(BASE, radius_addresses=()))


def test_opennds_says_where_it_ends_no_tunnel() -> None:
    """Another router of the site has the inside address, or another hub ends the tunnels."""
    for tunnel in (TUNNEL, None):
        bundle = files(OPENNDS, replace(SITE, tunnel=tunnel))
        assert "wireguard" not in "".join(file.content for file in bundle.values())
        assert "ne pose pas le tunnel" in bundle["LISEZ-MOI.md"].content
    private = files(OPENNDS, replace(SITE, link=Link.PRIVATE_NETWORK))
    assert "tunnel" not in private["LISEZ-MOI.md"].content


def test_the_tunnel_ends_where_its_address_is() -> None:
    """Of a site's routers, the one whose NAS has the inside address."""
    tunnel = TunnelSheet("10.55.0.99", "cHJpdmF0ZQ==", "cHJlc2hhcmVk")
    assert "wireguard" not in files(site=replace(SITE, tunnel=tunnel))["settings.uci"].content


def test_by_radsec_a_proxy_carries_radius() -> None:
    """CoovaChilli asks radsecproxy on the router, which knows the base by its DNS name."""
    site = replace(SITE, link=Link.RADSEC)
    base = replace(BASE, radius_addresses=(), radsec_name="radius.meuse.example")
    gateway = replace(CHILLI, nas=(replace(NAS, source_address=None, shared_secret="a%41" * 6),))
    bundle = files(gateway, site, base)
    chilli = options(bundle["files/etc/config/chilli"].content)
    assert {chilli[name][0] for name in ("radiusserver1", "radiusserver2")} == {"127.0.0.1"}
    assert not {"nasip", "coaport"} & chilli.keys()
    proxy = bundle["files/etc/socle-radsec/radsecproxy.conf"]
    assert proxy.mode == 0o600
    assert "host radius.meuse.example" in proxy.content
    assert f'secret "{"a%2541" * 6}"' in proxy.content
    assert options(bundle["files/etc/config/radsecproxy"].content) == {
        "Include": ["/etc/socle-radsec/radsecproxy.conf"]
    }
    assert "radsecproxy" in json.loads(bundle["manifest.json"].content)["software"]
    assert "firewall.socle_coa" not in bundle["settings.uci"].content
    assert "files/etc/socle-radsec/radsecproxy.conf" not in files()


def test_by_radsec_the_base_has_a_name() -> None:
    """A router cannot check the base's certificate without knowing which name is in it."""
    with pytest.raises(ConfigurationError, match=r"radius\.radsec\.reached_at"):
        files(site=replace(SITE, link=Link.RADSEC))


def test_radsecproxy_cannot_hold_a_double_quote() -> None:
    """Its configuration has no way to say one inside quotes."""
    with pytest.raises(ConfigurationError, match="double quote"):
        radsecproxy_text('a"b')
