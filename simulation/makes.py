"""Which class simulates which dialect; keys as `territory.gateway_dialects` has them."""

from collections.abc import Mapping

from simulation.brand import Brand
from simulation.brands import aruba
from simulation.brands.coovachilli import CoovaChilli
from simulation.brands.fortinet import FortiGate
from simulation.brands.plain_form import Nebula, Vigor
from simulation.brands.ruckus import Unleashed

BRANDS: Mapping[tuple[str, str], type[Brand]] = {
    ("coovachilli", ""): CoovaChilli,
    ("aruba", "instant"): aruba.Instant,
    ("aruba", "controller"): aruba.Controller,
    ("aruba", "instant-on"): aruba.InstantOn,
    ("ruckus", ""): Unleashed,
    ("fortinet", ""): FortiGate,
    ("generic", "zyxel"): Nebula,
    ("generic", "draytek"): Vigor,
}
"""By brand and variant."""
