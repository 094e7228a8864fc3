"""Which class simulates which dialect; keys as `territory.gateway_dialects` has them."""

from collections.abc import Mapping

from simulation.brand import Brand
from simulation.brands.coovachilli import CoovaChilli

BRANDS: Mapping[tuple[str, str], type[Brand]] = {
    ("coovachilli", ""): CoovaChilli,
}
"""By brand and variant."""
