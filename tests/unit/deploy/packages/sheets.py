"""Sites and a base as the rendering's tests need them."""

from dataclasses import replace
from ipaddress import IPv4Network
from typing import Any
from urllib.parse import urlsplit

from deploy.packages.site_sheet import Base, GatewaySheet, NasSheet, SiteSheet
from territory.openid_providers import PROFILES, Provider
from territory.rules.mac_form import MacForm
from territory.vocabulary import Brand, Link, MacUserName

UAM_SECRET = "uam-secret-of-24-characters"
RADIUS_SECRET = "radius-secret-of-24-characters"

BASE = Base(
    public_url="https://wifi.meuse.example",
    radius_addresses=("10.55.255.1", "10.55.255.2"),
    authentication_port=1812,
    accounting_port=1813,
    tunnel_endpoint="vpn.meuse.example:51820",
    tunnel_public_key="6aXcDzw1BBhJzc8YpYPG7F4Fh0b3xJbCl0k1bqPpTGA=",
    tunnel_network=IPv4Network("10.55.0.0/16"),
)
NAS = NasSheet(
    "nas", "10.55.0.11", "mairie", RADIUS_SECRET, 3799, MacForm(MacUserName.HYPHENS_UPPER)
)
CHILLI = GatewaySheet(
    code="gw",
    brand=Brand.COOVACHILLI,
    login_host="10.1.0.1",
    login_port=3990,
    portal=urlsplit("https://wifi.meuse.example/gateway/coovachilli"),
    portal_secret=UAM_SECRET,
    model=None,
    nas=(NAS,),
)
OPENNDS = replace(
    CHILLI,
    brand=Brand.OPENNDS,
    variant="fas1",
    login_host="192.168.8.1",
    login_port=2050,
    portal=urlsplit("https://wifi.meuse.example/gateway/opennds"),
    nas=(),
)
PLAN: dict[str, Any] = {
    "session_seconds": 14_400,
    "idle_seconds": 900,
    "interim_seconds": 300,
    "upload_bps": 5_000_000,
    "download_bps": 20_000_000,
    "session_octets": 2_000_000_000,
    "mac_authentication": True,
    "methods": (),
    "least_level": "none",
}
PROVIDER = Provider(
    code="franceconnect",
    name="FranceConnect",
    issuer="https://oidc.franceconnect.gouv.fr/api/v2",
    client_id="ours",
    client_secret="sesame",
    profile=PROFILES["franceconnect"],
    extra_hosts=("ameli.example",),
)
SITE = SiteSheet(
    code="mairie",
    name="Mairie de L'Isle-en-Barrois",
    organisation="Commune",
    contact="mairie@isle.example",
    link=Link.TUNNEL,
    package="town-hall",
    public_ssids=("Wifi public",),
    plan=PLAN,
    gateways=(CHILLI,),
)
