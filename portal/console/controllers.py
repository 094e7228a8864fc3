"""What controllers say of their access points, for technicians: whether they do, and what differs.

Supervision asks each controller and keeps what it heard last (`live.controller_seen`); here it is
read and put into words. An access point's name and MAC address are equipment, never a guest's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.console.attention import Item, Weight, listed
from portal.console.queries import Scope
from territory.controllers.record import Trouble
from territory.database.tables import controller_seen, gateway, site

TROUBLES: Final[Mapping[str, str]] = {
    Trouble.SILENT: "ne répond pas : le lien du lieu, son adresse ou un pare-feu",
    Trouble.CERTIFICATE: "son certificat n’est pas celui noté : renouvelé, ou une autre machine",
    Trouble.ACCOUNT: "refuse le compte, la clé ou l’application",
    Trouble.REFUSED: "refuse de répondre : site inconnu de ce compte, ou trop de questions",
    Trouble.UNREADABLE: "répond autre chose que ce que dit sa documentation : sa version a changé",
}


@dataclass(frozen=True, slots=True)
class Stranger:
    """An access point that a controller has at a site, and that is not described there."""

    name: str
    mac: str
    site: str | None
    """The code of the site where it is described; None: nowhere."""


@dataclass(frozen=True, slots=True)
class Controller:
    """A gateway's controller, as it was last heard."""

    gateway: str
    """The gateway's code."""
    site_code: str
    site_name: str
    checked_at: datetime
    answered_at: datetime | None
    """None: it never said how its access points are."""
    trouble: str
    """In French; empty: it says all that it is asked."""
    strangers: tuple[Stranger, ...]
    missing: tuple[str, ...]
    """Codes of access points that are described there, and that it does not have."""


async def load_controllers(db: AsyncConnection, scope: Scope) -> list[Controller]:
    """The controllers of a scope's sites, those in trouble first."""
    query = (
        select(
            gateway.c.code.label("gateway"),
            site.c.code.label("site_code"),
            site.c.name.label("site_name"),
            controller_seen.c.checked_at,
            controller_seen.c.answered_at,
            controller_seen.c.trouble,
            controller_seen.c.strangers,
            controller_seen.c.missing,
        )
        .join(gateway, gateway.c.id == controller_seen.c.gateway_id)
        .join(site, site.c.id == gateway.c.site_id)
        .order_by(controller_seen.c.trouble.is_(None), site.c.name, gateway.c.code)
    )
    rows = (await db.execute(scope.narrow(query))).mappings().all()
    return [_controller(row) for row in rows]


def controller_items(controllers: Sequence[Controller]) -> list[Item]:
    """What is to be looked at: controllers that say nothing, and descriptions that differ."""
    silent = [each.gateway for each in controllers if each.trouble]
    strange = [each.gateway for each in controllers if each.strangers]
    missing = [code for each in controllers for code in each.missing]
    facts: Iterable[tuple[list[str], Weight, str, str]] = (
        (silent, Weight.WARN, "Des contrôleurs ne disent rien de leurs bornes", "Passerelles : "),
        (strange, Weight.PLAIN, "Des bornes adoptées ne sont pas décrites", "Passerelles : "),
        (missing, Weight.PLAIN, "Des bornes décrites ne sont pas adoptées", "Bornes : "),
    )
    return [
        Item(weight, title, f"{lead}{listed(names)}.", "equipment")
        for names, weight, title, lead in facts
        if names
    ]


def _controller(row: RowMapping) -> Controller:
    strangers: list[dict[str, Any]] = row["strangers"]
    trouble = row["trouble"]
    return Controller(
        row["gateway"],
        row["site_code"],
        row["site_name"],
        row["checked_at"],
        row["answered_at"],
        "" if trouble is None else TROUBLES.get(trouble, trouble),
        tuple(Stranger(each["name"], each["mac"], each["site"]) for each in strangers),
        tuple(row["missing"]),
    )
