"""Which adapter speaks which dialect; `territory.gateway_dialects` has the same list."""

from collections.abc import Mapping
from functools import lru_cache

from portal.gateways import (
    aruba,
    cambium,
    cisco,
    cisco_central,
    coovachilli,
    fortinet,
    generic,
    meraki,
    meraki_click_through,
    mikrotik,
    omada,
    opennds,
    ruckus,
    smartzone,
    unifi,
)
from portal.gateways.vocabulary import Adapter

ADAPTERS: Mapping[tuple[str, str], Adapter] = {
    ("coovachilli", ""): coovachilli,
    ("uspot", ""): coovachilli,
    **{("opennds", variant): adapter for variant, adapter in opennds.LEVELS.items()},
    ("cisco", "lwa"): cisco,
    ("cisco", "cwa"): cisco_central,
    ("meraki", "sign-on"): meraki,
    ("meraki", "click-through"): meraki_click_through,
    **{("generic", variant): generic for variant in generic.descriptions()},
    **{("aruba", variant): aruba for variant in ("instant", "controller", "instant-on")},
    ("ruckus", ""): ruckus,
    ("fortinet", ""): fortinet,
    ("mikrotik", ""): mikrotik,
    ("cambium", ""): cambium,
    **{("unifi", variant): unifi for variant in ("official", "legacy")},
    ("omada", "radius"): omada.BY_RADIUS,
    ("omada", "controller"): omada.BY_CONTROLLER,
    **{("smartzone", variant): smartzone for variant in ("smartzone", "ruckus-one")},
}
"""By brand and variant."""


@lru_cache(len(ADAPTERS))
def adapters_of(brand: str) -> tuple[Adapter, ...]:
    """Return the adapters that `/gateway/<brand>` may need, each once; none: no such brand."""
    found = [adapter for (name, _), adapter in ADAPTERS.items() if name == brand]
    return tuple(dict.fromkeys(found))
