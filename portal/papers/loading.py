"""Reads what the papers are written from, with the rights of the pages."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import RowMapping, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.papers.facts import Body, Circumstances, Facts, Spot
from portal.places import Contract, Newsletter, Organisation
from territory.access.roles import Role
from territory.database import tables
from territory.database.injunctions import load_periods
from territory.database.tables import Category
from territory.law.durations import Law, load_law
from territory.law.grounds import Grounds, load_grounds
from territory.rules.identification import methods_of
from territory.rules.wifi4eu import ONE_CLICK
from territory.settings import Settings
from territory.vocabulary import ContractRole, IdentificationLevel, PlaceType
from territory.vocabulary import IdentificationMethod as Method


@dataclass(frozen=True, slots=True)
class Texts:
    """The dated data of the law, with the territory's own."""

    law: Law
    grounds: Grounds


async def load_texts(db: AsyncConnection, settings: Settings) -> Texts:
    """Return what is shipped, what the state folder adds to it, and the recorded decisions.

    Raises:
        ConfigurationError: a file of the state folder cannot be read as what it is.
    """
    law = load_law(settings.state_folder / "law.toml").with_periods(await load_periods(db))
    return Texts(law, load_grounds(settings.state_folder / "grounds.toml"))


async def load_facts(
    db: AsyncConnection, circumstances: Circumstances, texts: Texts, today: date
) -> Facts:
    """Return the facts as they stand."""
    return Facts(
        bodies=await _bodies(db),
        spots=await _spots(db),
        law=texts.law.keeping(Category.AUDIT, circumstances.audit_months),
        today=today,
        custodians=await _custodians(db),
        grounds=texts.grounds,
        circumstances=circumstances,
    )


async def _bodies(db: AsyncConnection) -> tuple[Body, ...]:
    query = select(tables.organisation).order_by(tables.organisation.c.code)
    return tuple(_body(row) for row in (await db.execute(query)).mappings())


def _body(row: RowMapping) -> Body:
    sender, purpose = row["newsletter_sender"], row["newsletter_purpose"]
    organisation = Organisation(
        name=row["name"],
        kind=row["kind"],
        contact_email=row["contact_email"],
        siren=row["siren"] or "",
        dpo_email=row["dpo_email"] or "",
        id=row["id"],
        newsletter=Newsletter(sender, purpose) if sender and purpose else None,
        contract=_contract(row),
    )
    return Body(row["code"], organisation)


def _contract(row: RowMapping) -> Contract | None:
    role, basis, since = row["contract_role"], row["competence_basis"], row["contract_since"]
    return Contract(ContractRole(role), basis, since) if role else None


async def _spots(db: AsyncConnection) -> tuple[Spot, ...]:
    at, plan, body = tables.site.c, tables.plan.c, tables.organisation.c
    query = (
        select(
            *(at.code, at.name, at.place_type, at.methods, at.wifi4eu, at.wifi4eu_snippet),
            *(body.code.label("organisation"), plan.methods.label("listed"), plan.least_level),
        )
        .join_from(tables.site, tables.plan, plan.id == at.plan_id)
        .join(tables.organisation, body.id == at.organisation_id)
        .order_by(at.name)
    )
    return tuple(_spot(row) for row in (await db.execute(query)).mappings())


def _spot(row: RowMapping) -> Spot:
    listed = [Method(word) for word in row["listed"]]
    stated = None if row["methods"] is None else [Method(word) for word in row["methods"]]
    methods = methods_of(stated, listed, IdentificationLevel(row["least_level"]))
    return Spot(
        code=row["code"],
        name=row["name"],
        organisation=row["organisation"],
        place_type=PlaceType(row["place_type"]),
        methods=ONE_CLICK if row["wifi4eu"] else methods,
        counts_for_wifi4eu=bool(row["wifi4eu_snippet"]),
    )


async def _custodians(db: AsyncConnection) -> int:
    operator = tables.operator.c
    query = select(func.count()).where(
        operator.role == Role.CUSTODIAN.value,
        operator.disabled_at.is_(None),
        operator.age_recipient.is_not(None),
    )
    return int((await db.execute(query)).scalar_one())
