"""Which adapter speaks to which brand; `/gateway/<brand>` and `territory.gateway.brand` agree."""

from collections.abc import Mapping

from portal.gateways import coovachilli, opennds
from portal.gateways.vocabulary import Adapter

ADAPTERS: Mapping[str, Adapter] = {
    "coovachilli": coovachilli,
    "uspot": coovachilli,
    "opennds": opennds,
}
