"""What text messages have cost this day and month, beside what they may: for people and metrics.

Read from the rows that `message_budgets` counts, whoever sent; a site that neither offers the code
by SMS nor has spent is left out, so that a page and a metric grow with those that do. Nothing here
names a guest: a row's key is that of a site or an organisation.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Final, NoReturn
from uuid import UUID

import structlog
from sqlalchemy import RowMapping, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from portal.identification.budget import (
    Allowance,
    Own,
    Scope,
    Span,
    allowance_of_organisation,
    allowance_of_site,
    begins_on,
    forecast,
    payer,
)
from portal.identification.challenge import digest
from portal.metrics import Metrics
from territory.clock import Clock
from territory.database import tables
from territory.rules.identification import methods_of
from territory.settings.messages import SmsSettings
from territory.vocabulary import IdentificationLevel, IdentificationMethod

RECENT: Final = timedelta(days=7)
MOST_FAILURES: Final = 20
EVERY_SECONDS: Final = 60.0
NEARLY: Final = 0.8
_AWAY: Final = (SQLAlchemyError, OSError, TimeoutError)
_log = structlog.get_logger("portal")

Rows = Mapping[tuple[str, bytes, str], int]


class State(StrEnum):
    """How a budget does; also the colour's name."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Purse:
    """Where the settings stand, and what finds a row."""

    settings: SmsSettings
    """Budgets that hold for all."""
    key: bytes = field(repr=False)
    """Of the digests of whose a budget is."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What was spent, and what may be."""

    today: int
    """Parts."""
    month: int
    """Parts, today's among them."""
    most: Allowance
    """What may be spent."""
    whole_month: float
    """Parts by the month's end, as it has gone so far."""

    @property
    def state(self) -> State:
        """Whether messages still go out, and will to the month's end."""
        if self.today >= self.most.a_day or self.month >= self.most.a_month:
            return State.BAD
        is_tight = self.today >= NEARLY * self.most.a_day or self.whole_month > self.most.a_month
        return State.WARN if is_tight else State.GOOD


@dataclass(frozen=True, slots=True)
class SiteSpending:
    """One site's."""

    code: str
    name: str
    spent: Spent


@dataclass(frozen=True, slots=True)
class OrganisationSpending:
    """One organisation's, with its sites'."""

    code: str
    name: str
    spent: Spent
    """Of all of its sites, those that are left out too."""
    sites: tuple[SiteSpending, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """Messages of one site that the provider did not take, on one day, for one reason."""

    site: str
    """Its name."""
    reason: str
    """In the words of `territory.messages`."""
    messages: int
    last_at: datetime


async def load_spending(
    db: AsyncConnection, purse: Purse, organisation_id: UUID | None, now: datetime
) -> list[OrganisationSpending]:
    """Return what was spent by an organisation (None: by each), by name."""
    organisation, site, plan = tables.organisation, tables.site, tables.plan
    query = (
        select(
            *(organisation.c.code.label("body_code"), organisation.c.name.label("body")),
            *(organisation.c.siren, organisation.c.sms_a_day.label("body_day")),
            *(organisation.c.sms_a_month.label("body_month"), site.c.id, site.c.code),
            *(site.c.name, site.c.sms_a_day, site.c.sms_a_month, site.c.methods),
            *(plan.c.methods.label("listed"), plan.c.least_level),
        )
        .join_from(site, organisation, site.c.organisation_id == organisation.c.id)
        .join(plan, site.c.plan_id == plan.c.id)
        .order_by(organisation.c.name, organisation.c.code, site.c.name)
    )
    if organisation_id is not None:
        query = query.where(organisation.c.id == organisation_id)
    rows = (await db.execute(query)).mappings().all()
    return list(_organisations(rows, await _load_parts(db, now), purse, now))


async def load_failures(
    db: AsyncConnection, organisation_id: UUID | None, now: datetime
) -> list[Failure]:
    """Return what the provider did not take within a week, the latest first."""
    failure, site = tables.sms_failure, tables.site
    query = (
        select(site.c.name, failure.c.reason, failure.c.messages, failure.c.last_at)
        .join_from(failure, site, failure.c.site_id == site.c.id)
        .where(failure.c.last_at > now - RECENT)
        .order_by(failure.c.last_at.desc())
        .limit(MOST_FAILURES)
    )
    if organisation_id is not None:
        query = query.where(site.c.organisation_id == organisation_id)
    return [Failure(*row) for row in (await db.execute(query)).all()]


async def _load_parts(db: AsyncConnection, now: datetime) -> Rows:
    """Return the parts of today and of this month, by scope, digest and span."""
    budget = tables.message_budget.c
    began: dict[str, date] = {span: begins_on(span, now) for span in Span}
    query = select(budget.scope, budget.who, budget.span, budget.began_on, budget.parts).where(
        budget.scope.in_((Scope.SITE, Scope.ORGANISATION)),
        budget.began_on.in_(set(began.values())),
    )
    found = (await db.execute(query)).all()
    return {(r.scope, r.who, r.span): r.parts for r in found if r.began_on == began[r.span]}


def _organisations(
    rows: Sequence[RowMapping], parts: Rows, purse: Purse, now: datetime
) -> Iterator[OrganisationSpending]:
    for code, group in groupby(rows, key=lambda row: row["body_code"]):
        of_body = list(group)
        first = of_body[0]
        sites = tuple(_sites(of_body, parts, purse, now))
        who = digest(purse.key, Scope.ORGANISATION, payer(first["siren"], first["body"]))
        own = Own(first["body_day"], first["body_month"])
        most = allowance_of_organisation(own, purse.settings)
        spent = _spent(parts, Scope.ORGANISATION, who, most, now)
        if sites or spent.month:
            yield OrganisationSpending(code, first["body"], spent, sites)


def _sites(
    rows: Sequence[RowMapping], parts: Rows, purse: Purse, now: datetime
) -> Iterator[SiteSpending]:
    for row in rows:
        most = allowance_of_site(Own(row["sms_a_day"], row["sms_a_month"]), purse.settings)
        spent = _spent(parts, Scope.SITE, digest(purse.key, Scope.SITE, str(row["id"])), most, now)
        if spent.month or _offers(row):
            yield SiteSpending(row["code"], row["name"], spent)


def _spent(parts: Rows, scope: Scope, who: bytes, most: Allowance, now: datetime) -> Spent:
    month = parts.get((scope, who, Span.MONTH), 0)
    return Spent(parts.get((scope, who, Span.DAY), 0), month, most, forecast(month, now))


def _offers(row: RowMapping) -> bool:
    stated, listed = row["methods"], [IdentificationMethod(one) for one in row["listed"]]
    offered = methods_of(
        None if stated is None else [IdentificationMethod(one) for one in stated],
        listed,
        IdentificationLevel(row["least_level"]),
    )
    return IdentificationMethod.SMS_CODE in offered


def show(metrics: Metrics, found: Sequence[OrganisationSpending]) -> None:
    """Set the gauges anew: what is no longer there is no longer told."""
    metrics.sms_budget.clear()
    metrics.sms_forecast.clear()
    for body in found:
        for site, spent in (("", body.spent), *((one.code, one.spent) for one in body.sites)):
            told = metrics.sms_budget
            told.labels(body.code, site, Span.DAY).set(spent.today / spent.most.a_day)
            told.labels(body.code, site, Span.MONTH).set(spent.month / spent.most.a_month)
            heading = spent.whole_month / spent.most.a_month
            metrics.sms_forecast.labels(body.code, site).set(heading)


async def show_spending(
    engine: AsyncEngine, purse: Purse, metrics: Metrics, clock: Clock
) -> NoReturn:
    """Keep the gauges right, each minute; what a database that is away leaves stands meanwhile."""
    while True:
        try:
            async with engine.connect() as db:
                show(metrics, await load_spending(db, purse, None, clock.now()))
        except _AWAY as fault:
            _log.warning("sms.spending", fault=type(fault).__name__)
        await asyncio.sleep(EVERY_SECONDS)
