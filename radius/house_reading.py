"""Reads the house's rules from the database: plans, places, blocks, and the terms guests accept.

Beside the hot path, with the directory: at the start, at each change of the territory and each
block (both notify), and each minute. Which terms are in use at a controller is what its guests
accept: the newest version that any of them has, so that the portal has nothing to tell.
"""

from collections.abc import Iterable
from typing import Final, TypeVar
from uuid import UUID

import asyncpg

from radius.house import House, Until
from radius.rulebook import NO_LIMITS, PLANS, SITES, Row, Rulebook
from territory.rules.identification import allowed_methods
from territory.vocabulary import IdentificationLevel, IdentificationMethod, OnPublicHolidays

_PLACES: Final = """
select site.id, site.organisation_id, site.mac_authentication, plan.methods, plan.least_level
from territory.site join territory.plan on plan.id = site.plan_id
"""
_BLOCKED_DEVICES: Final = """
select device::text as device, until from live.block where device is not null
"""
_BLOCKED_ADMISSIONS: Final = """
select subject_id as admission_id, until from live.block where kind = 'admission'
union all
select admission.id, block.until
from live.block join live.admission on admission.guest_id = block.subject_id
where block.kind in ('ticket', 'account')
"""
_TERMS: Final = """
select site.organisation_id, max(admission.terms_version) as version
from live.admission join territory.site on site.id = admission.site_id
group by site.organisation_id
"""


async def read_house(connection: "asyncpg.Connection[asyncpg.Record]") -> House:
    """Return the rules as they are now."""
    plans = await connection.fetch(PLANS)
    sites = await connection.fetch(SITES)
    places = await connection.fetch(_PLACES)
    terms = {row["organisation_id"]: row["version"] for row in await connection.fetch(_TERMS)}
    book = Rulebook(plans, sites)
    return House(
        book=book,
        limited=_limited(book, plans, sites),
        asking=frozenset(p["id"] for p in plans if book.limits_of(p["id"]).needs_facts),
        devices=_blocked(
            (bytes.fromhex(row["device"].replace(":", "")), row["until"])
            for row in await connection.fetch(_BLOCKED_DEVICES)
        ),
        admissions=_blocked(
            (row["admission_id"], row["until"])
            for row in await connection.fetch(_BLOCKED_ADMISSIONS)
        ),
        mac_sites=frozenset(place["id"] for place in places if place["mac_authentication"]),
        methods={place["id"]: _methods(place) for place in places},
        terms={place["id"]: terms.get(place["organisation_id"], "") for place in places},
    )


def _limited(book: Rulebook, plans: Iterable[Row], sites: Iterable[Row]) -> frozenset[UUID]:
    """Return the plans that are not plain; hours of a single place may concern every plan."""
    places_have_hours = any(site["hours"] or site["closed_days"] for site in sites)
    return frozenset(
        plan["id"]
        for plan in plans
        if places_have_hours
        or plan["hours"]
        or plan["public_holidays"] == OnPublicHolidays.CLOSED
        or book.limits_of(plan["id"]) != NO_LIMITS
    )


def _methods(place: Row) -> frozenset[str]:
    """Return what a place takes; of what a newer version wrote, nothing is understood or taken."""
    try:
        listed = [IdentificationMethod(method) for method in place["methods"]]
        return allowed_methods(listed, IdentificationLevel(place["least_level"]))
    except ValueError:
        return frozenset()


Key = TypeVar("Key", bytes, UUID)


def _blocked(rows: Iterable[tuple[Key, Until]]) -> dict[Key, Until]:
    """Return until when each is blocked: the longest of its blocks, None being the longest."""
    blocked: dict[Key, Until] = {}
    for key, until in rows:
        known = blocked.get(key, until)
        blocked[key] = None if known is None or until is None else max(known, until)
    return blocked
