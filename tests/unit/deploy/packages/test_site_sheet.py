"""A site's sheet gathers what its gateways need, and nothing of other sites."""

from dataclasses import replace
from ipaddress import IPv4Address
from typing import Any

import pytest

from deploy.packages.site_sheet import Base, site_sheet
from territory.application.state import Kind, Secret
from territory.errors import ConfigurationError
from territory.rules.port_blocks import PortBlocks
from territory.settings import Settings
from territory.settings.radius import RadiusSettings, TunnelSettings
from territory.vocabulary import Brand, Link
from tests.unit.deploy.packages.sheets import BASE, PLAN, PROVIDER

SITE = {
    "organisation": "bar",
    "name": "Mairie",
    "link": "tunnel",
    "package": None,
    "plan": "libre",
    "mac_authentication": True,
    "methods": None,
}
GATEWAY = {
    "site": "mairie",
    "brand": "coovachilli",
    "variant": "",
    "login_address": "10.1.0.1",
    "portal_base": None,
    "portal_secret": Secret("u" * 24),
    "model": None,
}
NAS = {
    "site": "mairie",
    "gateway": "gw",
    "source_address": "10.55.0.11",
    "identifier": None,
    "shared_secret": Secret("r" * 24),
    "next_secret": None,
    "coa_port": 3799,
    "mac_user_name": "AA-BB-CC-DD-EE-FF",
    "mac_password": "given",
}
STATE: dict[Kind, dict[str, Any]] = {
    Kind.ORGANISATION: {"bar": {"name": "Bar", "contact_email": "a@b.example"}},
    Kind.PLAN: {"libre": PLAN},
    Kind.SITE: {"mairie": SITE, "ecole": {**SITE, "name": "École"}},
    Kind.NETWORK: {
        "mairie/B": {"site": "mairie", "ssid": "B", "kind": "public"},
        "mairie/A": {"site": "mairie", "ssid": "A", "kind": "public"},
        "mairie/S": {"site": "mairie", "ssid": "S", "kind": "staff"},
        "ecole/E": {"site": "ecole", "ssid": "E", "kind": "public"},
    },
    Kind.GATEWAY: {
        "gw": GATEWAY,
        "nds": {**GATEWAY, "brand": "opennds", "variant": "fas3", "login_address": "10.2.0.1:2051"},
        "other": {**GATEWAY, "site": "ecole"},
    },
    Kind.PORT_BLOCKS: {
        code: {
            "site": code,
            "first_address": f"10.{net}.0.10",
            "last_address": f"10.{net}.0.250",
            "ports": 256,
            "first_port": 1024,
            "last_port": 65_535,
            "pool": "198.51.100.1 198.51.100.2",
        }
        for net, code in enumerate(("mairie", "ecole"), 1)
    },
    Kind.NAS: {"nas": NAS, "else": {**NAS, "site": "ecole", "gateway": "other"}},
}


def test_a_site_has_its_own_only() -> None:
    """Public networks in order, staff left out; gateways and NAS of this site alone."""
    sheet = site_sheet(STATE, "mairie", BASE)
    assert (sheet.organisation, sheet.contact) == ("Bar", "a@b.example")
    assert (sheet.link, sheet.public_ssids) == (Link.TUNNEL, ("A", "B"))
    assert [gateway.code for gateway in sheet.gateways] == ["gw", "nds"]
    assert [nas.code for nas in sheet.gateways[0].nas] == ["nas"]
    assert sheet.gateways[1].nas == ()
    pool = (IPv4Address("198.51.100.1"), IPv4Address("198.51.100.2"))
    first = IPv4Address("10.1.0.10")
    assert sheet.port_blocks == PortBlocks(first, first + 240, pool)


def test_a_rotation_s_next_secret_is_the_one_to_configure() -> None:
    """So that rendering the bundle again is all a technician does at the gateway."""
    nas = {**NAS, "next_secret": Secret("n" * 24)}
    sheet = site_sheet({**STATE, Kind.NAS: {"nas": nas}}, "mairie", BASE)
    assert sheet.gateways[0].nas[0].shared_secret == "n" * 24


def test_what_a_record_leaves_out() -> None:
    """Ports, the portal's address and the NAS-Identifier have the defaults the base assumes."""
    chilli, opennds = site_sheet(STATE, "mairie", BASE).gateways
    assert (chilli.login_host, chilli.login_port) == ("10.1.0.1", 3990)
    assert chilli.portal.geturl() == "https://wifi.meuse.example/gateway/coovachilli"
    assert (chilli.portal_port, chilli.nas[0].identifier) == (443, "gw")
    assert (opennds.brand, opennds.variant) == (Brand.OPENNDS, "fas3")
    assert opennds.login_port == 2051


def test_secrets_do_not_show() -> None:
    """A sheet may be logged by mistake; its secrets are not."""
    shown = repr(site_sheet(STATE, "mairie", BASE))
    assert "u" * 24 not in shown
    assert "r" * 24 not in shown


def test_an_unknown_site_is_told() -> None:
    """The likest code is suggested."""
    with pytest.raises(ConfigurationError, match="did you mean mairie"):
        site_sheet(STATE, "marie", BASE)


def test_the_base_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """What sites must know of the base is in the settings, one place for all of them."""
    settings = Settings(
        radius=RadiusSettings.model_validate({"reached_at": ["10.55.255.1"]}),
        tunnel=TunnelSettings(endpoint="vpn.example:51820", public_key="k"),
    )
    base = Base.of(settings)
    assert base.radius_addresses == ("10.55.255.1",)
    assert (base.tunnel_endpoint, base.tunnel_public_key) == ("vpn.example:51820", "k")


@pytest.mark.parametrize("allowed", [True, False])
def test_returning_devices_need_the_site_s_permission_too(allowed: bool) -> None:
    """The router presents devices by their MAC address only where plan and site allow it."""
    sites = {**STATE[Kind.SITE], "mairie": {**SITE, "mac_authentication": allowed}}
    sheet = site_sheet({**STATE, Kind.SITE: sites}, "mairie", BASE)
    assert sheet.plan["mac_authentication"] is allowed


@pytest.mark.parametrize(
    ("stated", "listed", "opens"),
    [
        (("openid_connect", "ticket"), (), True),
        (None, ("openid_connect",), True),
        (None, (), False),
        (("click_through",), (), False),
        (("openid_connect",), ("ticket",), False),
    ],
)
def test_names_are_open_where_guests_sign_in_elsewhere(
    stated: tuple[str, ...] | None, listed: tuple[str, ...], opens: bool
) -> None:
    """What the site states, else what its plan lists; never what the plan does not take."""
    sites = {"mairie": {**SITE, "methods": stated}}
    plans = {"libre": {**PLAN, "methods": listed}}
    base = replace(BASE, providers=(PROVIDER,))
    sheet = site_sheet({**STATE, Kind.SITE: sites, Kind.PLAN: plans}, "mairie", base)
    assert sheet.open_hosts == (("franceconnect.gouv.fr", "ameli.example") if opens else ())
    assert "sesame" not in repr(sheet)
