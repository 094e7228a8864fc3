"""Gateways, NAS and access points of all sites, and what RADIUS could not use."""

from typing import TypeVar

from aiohttp import web

from portal.console.estate import (
    CLEAR_FROM_PUBLIC,
    UNKNOWN_NAS,
    AccessPoint,
    Nas,
    Site,
    explain,
    kind_words,
)
from portal.console.places import CLOCK, ENGINE
from portal.console.queries import load_discards, load_set_aside, load_sites
from territory.access.sign_in import operator_of
from territory.web.pages import render

_STRANGERS = (UNKNOWN_NAS, CLEAR_FROM_PUBLIC)
_Equipment = TypeVar("_Equipment", Nas, AccessPoint)


async def show_equipment(request: web.Request) -> web.StreamResponse:
    """The technician's page; addresses that are nobody's show to the territory's own only."""
    organisation_id = operator_of(request).organisation_id
    now = request.app[CLOCK].now()
    async with request.app[ENGINE].connect() as db:
        sites = await load_sites(db, organisation_id)
        whole = organisation_id is None
        discards = await load_discards(db, now) if whole else []
        aside = await load_set_aside(db) if whole else []
    return render(
        request,
        "equipment.html",
        all_nas=_worst_first([(site, nas) for site in sites for nas in site.nas]),
        access_points=_worst_first([(site, ap) for site in sites for ap in site.access_points]),
        newcomers=[found for found in discards if found.reason in _STRANGERS],
        discards=[found for found in discards if found.reason not in _STRANGERS],
        in_public=CLEAR_FROM_PUBLIC,
        aside=aside,
        explain=explain,
        kind_words=kind_words,
        now=now,
    )


def _worst_first(pairs: list[tuple[Site, _Equipment]]) -> list[tuple[Site, _Equipment]]:
    """What fails on top, then by site."""
    return sorted(pairs, key=lambda pair: (-pair[1].reading.health.rank, pair[0].name))
