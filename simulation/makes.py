"""Which class simulates which dialect; keys as `territory.gateway_dialects` has them."""

from collections.abc import Mapping

from simulation.brand import Brand
from simulation.brands import aruba, cisco, meraki, omada, opennds, smartzone, unifi
from simulation.brands.cambium import Cambium
from simulation.brands.coovachilli import CoovaChilli
from simulation.brands.fortinet import FortiGate
from simulation.brands.mikrotik import MikroTik
from simulation.brands.plain_form import Nebula, Vigor
from simulation.brands.ruckus import Unleashed
from simulation.brands.uspot import Uspot

BRANDS: Mapping[tuple[str, str], type[Brand]] = {
    ("coovachilli", ""): CoovaChilli,
    ("uspot", ""): Uspot,
    ("opennds", "fas1"): opennds.OpenNdsByBrowser,
    ("opennds", "fas2"): opennds.EncipheredByBrowser,
    ("opennds", "fas3"): opennds.EncipheredByPoll,
    ("opennds", "fas4"): opennds.OpenNdsByPoll,
    ("mikrotik", ""): MikroTik,
    ("cambium", ""): Cambium,
    ("aruba", "instant"): aruba.Instant,
    ("aruba", "controller"): aruba.Controller,
    ("aruba", "instant-on"): aruba.InstantOn,
    ("ruckus", ""): Unleashed,
    ("fortinet", ""): FortiGate,
    ("unifi", "official"): unifi.Official,
    ("unifi", "legacy"): unifi.Legacy,
    ("omada", "radius"): omada.ByRadius,
    ("omada", "controller"): omada.ByController,
    ("smartzone", "smartzone"): smartzone.SmartZone,
    ("smartzone", "ruckus-one"): smartzone.RuckusOne,
    ("cisco", "lwa"): cisco.Controller,
    ("cisco", "cwa"): cisco.CentralController,
    ("meraki", "sign-on"): meraki.SignOn,
    ("meraki", "click-through"): meraki.ClickThrough,
    ("generic", "zyxel"): Nebula,
    ("generic", "draytek"): Vigor,
}
"""By brand and variant."""
