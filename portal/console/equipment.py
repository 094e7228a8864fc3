"""Gateways, NAS, access points and controllers of all sites, and what RADIUS could not use."""

from aiohttp import web

from portal.console.asked import scope_of
from portal.console.controllers import load_controllers
from portal.console.discard_queries import load_discards, load_set_aside
from portal.console.discards import CLEAR_FROM_PUBLIC, UNKNOWN_NAS, explain, kind_words
from portal.console.equipment_queries import (
    MOST_ROWS,
    load_worst_access_points,
    load_worst_nas,
)
from portal.console.places import CLOCK, ENGINE
from territory.web.pages import render

_STRANGERS = (UNKNOWN_NAS, CLEAR_FROM_PUBLIC)


async def show_equipment(request: web.Request) -> web.StreamResponse:
    """The technician's page; addresses that are nobody's show to the territory's own only."""
    scope, now = scope_of(request), request.app[CLOCK].now()
    async with request.app[ENGINE].connect() as db:
        all_nas = await load_worst_nas(db, scope)
        access_points = await load_worst_access_points(db, scope)
        whole = scope.organisation_id is None
        discards = await load_discards(db, now) if whole else []
        aside = await load_set_aside(db) if whole else []
        controllers = await load_controllers(db, scope)
    return render(
        request,
        "equipment.html",
        all_nas=all_nas,
        access_points=access_points,
        most_rows=MOST_ROWS,
        newcomers=[found for found in discards if found.reason in _STRANGERS],
        discards=[found for found in discards if found.reason not in _STRANGERS],
        in_public=CLEAR_FROM_PUBLIC,
        aside=aside,
        controllers=controllers,
        explain=explain,
        kind_words=kind_words,
        now=now,
    )
