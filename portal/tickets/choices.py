"""Where an operator may make tickets, and with which rights. The shell over `territory.*`."""

from uuid import UUID

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.tickets.order import Choices, Rights, Somewhere
from territory.access.operators import Operator
from territory.database.tables import network, organisation, plan, site, ticket_sheet
from territory.rules.identification import allowed_methods, methods_of
from territory.rules.tickets import Terms
from territory.vocabulary import IdentificationLevel, IdentificationMethod

_TICKET = IdentificationMethod.TICKET


async def load_choices(db: AsyncConnection, operator: Operator) -> Choices:
    """Return the places of an operator that take tickets, and the plans that do."""
    places = await load_places(db, operator.organisation_id)
    last = await _last_place(db, operator.id)
    return Choices(sorted(places, key=lambda one: one.value != last), await _plans(db))


async def load_places(
    db: AsyncConnection, organisation_id: UUID | None, method: IdentificationMethod = _TICKET
) -> list[Somewhere]:
    """Return the sites of an organisation (None: of all) that offer a method, by name, then the
    organisations that have more than one."""
    query = (
        select(
            site.c.id,
            site.c.code,
            site.c.name,
            site.c.organisation_id,
            site.c.plan_id,
            site.c.methods,
            organisation.c.code.label("organisation_code"),
            organisation.c.name.label("organisation"),
            plan.c.methods.label("listed"),
            plan.c.least_level,
        )
        .join(organisation, organisation.c.id == site.c.organisation_id)
        .join(plan, plan.c.id == site.c.plan_id)
        .order_by(site.c.name)
    )
    if organisation_id is not None:
        query = query.where(site.c.organisation_id == organisation_id)
    rows = [row for row in (await db.execute(query)).mappings() if _offers(row, method)]
    return [_one_site(row) for row in rows] + _whole_organisations(rows)


def _offers(row: RowMapping, method: IdentificationMethod) -> bool:
    stated = None if row["methods"] is None else [IdentificationMethod(m) for m in row["methods"]]
    listed = [IdentificationMethod(method) for method in row["listed"]]
    return method in methods_of(stated, listed, IdentificationLevel(row["least_level"]))


def _one_site(row: RowMapping) -> Somewhere:
    return Somewhere(row["code"], row["name"], row["organisation_id"], row["id"], row["plan_id"])


def _whole_organisations(rows: list[RowMapping]) -> list[Somewhere]:
    """Return the organisations that have more than one such site, with the first one's plan."""
    ids = [row["organisation_id"] for row in rows]
    firsts = {row["organisation_id"]: row for row in reversed(rows)}
    return [
        Somewhere(
            row["organisation_code"],
            f"{row['organisation']} : tous ses lieux",
            found,
            None,
            row["plan_id"],
        )
        for found, row in firsts.items()
        if ids.count(found) > 1
    ]


async def _last_place(db: AsyncConnection, operator_id: UUID) -> str:
    query = (
        select(ticket_sheet.c.site_id, ticket_sheet.c.organisation_id)
        .where(ticket_sheet.c.made_by == operator_id)
        .order_by(ticket_sheet.c.made_at.desc())
        .limit(1)
    )
    row = (await db.execute(query)).first()
    return str(row[0] or row[1]) if row else ""


async def _plans(db: AsyncConnection) -> list[Rights]:
    query = select(plan).order_by(plan.c.name)
    return [
        Rights(row["id"], row["name"], row["devices"])
        for row in (await db.execute(query)).mappings()
        if _TICKET
        in allowed_methods(
            [IdentificationMethod(method) for method in row["methods"]],
            IdentificationLevel(row["least_level"]),
        )
    ]


async def load_networks_of(db: AsyncConnection, terms: Terms) -> list[str]:
    """Return the names of the public networks that a ticket is good on."""
    query = (
        select(network.c.ssid)
        .join(site, site.c.id == network.c.site_id)
        .where(network.c.kind == "public", site.c.organisation_id == terms.organisation_id)
        .distinct()
        .order_by(network.c.ssid)
    )
    if terms.site_id is not None:
        query = query.where(site.c.id == terms.site_id)
    return list((await db.execute(query)).scalars())
