"""The probes of the territory and how their last log-ins went: the synthetic guest's one seam to
the database.

A NAS without a probe is given one: a row with the next free address of the probes' network, which
portal and RADIUS are told of. Nothing secret is written or read.
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network, ip_address
from typing import Any
from uuid import UUID

from sqlalchemy import Row, case, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from simulation.makes import BRANDS
from simulation.synthetic_guest import LogIn
from supervision.synthetic.diagnosis import words_of
from territory.database.connect import transaction
from territory.database.tables import gateway, nas, plan, probe, site, synthetic_visit
from territory.errors import ConfigurationError, Fault
from territory.gateway_dialects import dialect_of
from territory.probes import new_probe_id
from territory.rules.opening_hours import Hours, Written, hours_of

CHANNEL = "territory"
ONLINE, FAILED = "online", "failed"
FAILURES_TOLD = 2
"""In a row: one may be a lost datagram, two are a fault."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One NAS's synthetic guest."""

    id: UUID
    nas_id: UUID
    nas_code: str
    site_code: str
    address: str
    """Of this machine."""
    brand: str
    variant: str
    hours: Hours | None
    """When the place is open; None: always."""
    failures: int
    """In a row, up to its last log-in."""

    def is_open(self, now: datetime) -> bool:
        """Whether guests are let in at all at this hour."""
        return self.hours is None or self.hours.is_open(now)


@dataclass(frozen=True, slots=True)
class When:
    """When a log-in was made, and how long it tells."""

    began_at: datetime
    counts_until: datetime
    """By then it is made again: a failure older than that proves nothing."""


_PROBED = (
    select(
        nas.c.id.label("nas_id"),
        nas.c.code.label("nas_code"),
        site.c.code.label("site_code"),
        gateway.c.brand,
        gateway.c.variant,
        probe.c.id,
        probe.c.source_address,
        func.coalesce(synthetic_visit.c.failures, 0).label("failures"),
        plan.c.hours.label("plan_hours"),
        site.c.hours.label("site_hours"),
        site.c.closed_days,
        plan.c.public_holidays,
        site.c.insee,
    )
    .join(gateway, gateway.c.id == nas.c.gateway_id)
    .join(site, site.c.id == nas.c.site_id)
    .join(plan, plan.c.id == site.c.plan_id)
    .outerjoin(probe, probe.c.nas_id == nas.c.id)
    .outerjoin(synthetic_visit, synthetic_visit.c.nas_id == nas.c.id)
    .order_by(nas.c.code)
)
_TAKEN = select(probe.c.source_address).union(select(nas.c.source_address))


async def load_probes(
    engine: AsyncEngine, network: IPv4Network, site_code: str | None = None
) -> tuple[tuple[Probe, ...], bool]:
    """Return the probe of each NAS whose dialect has one, and whether any was made just now.

    Args:
        engine: as supervision.
        network: where the address of a new one is taken from.
        site_code: of this site alone; None: of all.

    Raises:
        Unavailable: the database does not answer.
        ConfigurationError: the network has no address left.
    """
    async with transaction(engine) as db:
        wanted = _PROBED if site_code is None else _PROBED.where(site.c.code == site_code)
        rows = [row for row in (await db.execute(wanted)).all() if _has_a_probe(row)]
        missing = [row.nas_id for row in rows if row.id is None]
        if missing:
            taken = {str(address).partition("/")[0] for address in await db.scalars(_TAKEN)}
            described = list(_described(missing, free_addresses(network, taken)))
            await db.execute(insert(probe).on_conflict_do_nothing(), described)
            await db.execute(select(func.pg_notify(CHANNEL, "")))
            rows = [row for row in (await db.execute(wanted)).all() if row.id is not None]
    return tuple(_probe(row) for row in rows), bool(missing)


async def forget_probes(engine: AsyncEngine, but: Sequence[UUID] = ()) -> None:
    """Drop every probe but those of these NAS, and how their log-ins went; portal and RADIUS are
    told.

    Raises:
        Unavailable: the database does not answer.
    """
    async with transaction(engine) as db:
        await db.execute(delete(synthetic_visit).where(synthetic_visit.c.nas_id.not_in(but)))
        gone = await db.execute(delete(probe).where(probe.c.nas_id.not_in(but)))
        if gone.rowcount:
            await db.execute(select(func.pg_notify(CHANNEL, "")))


async def record_visit(engine: AsyncEngine, probe_: Probe, log_in: LogIn, when: When) -> int:
    """Keep how a log-in went, and return how many in a row have failed by now.

    Raises:
        Unavailable: the database does not answer.
    """
    kept = synthetic_visit.c
    is_good = log_in.failed is None
    values = {
        "nas_id": probe_.nas_id,
        "began_at": when.began_at,
        "counts_until": when.counts_until,
        "outcome": ONLINE if is_good else FAILED,
        "failed_step": log_in.failed,
        "said": words_of(log_in),
        "steps": [
            {"step": each.step, "seconds": round(each.seconds, 4)} for each in log_in.reached
        ],
        "failures": 0 if is_good else 1,
        "last_good_at": when.began_at if is_good else None,
    }
    fresh = insert(synthetic_visit).values(values)
    counted = fresh.on_conflict_do_update(
        index_elements=[kept.nas_id],
        set_={
            **{name: fresh.excluded[name] for name in values if name != "nas_id"},
            "failures": case((fresh.excluded.failures == 0, 0), else_=kept.failures + 1),
            "last_good_at": func.coalesce(fresh.excluded.last_good_at, kept.last_good_at),
        },
    ).returning(kept.failures)
    async with transaction(engine) as db:
        return int((await db.execute(counted)).scalar_one())


def free_addresses(network: IPv4Network, taken: Iterable[str]) -> Iterator[IPv4Address]:
    """Yield the addresses of a network that nobody has, in order."""
    known = {ip_address(each) for each in taken if each != "None"}
    return (address for address in network.hosts() if address not in known)


def _described(missing: Sequence[UUID], free: Iterator[IPv4Address]) -> Iterator[dict[str, Any]]:
    for nas_id in missing:
        address = next(free, None)
        if address is None:
            expected = "expected an address for each NAS, found fewer"
            raise ConfigurationError([Fault("supervision.probe_network", expected)])
        probe_id = new_probe_id(secrets.token_bytes(8))
        yield {"id": probe_id, "nas_id": nas_id, "source_address": address}


def _has_a_probe(row: Row[*tuple[Any, ...]]) -> bool:
    dialect = dialect_of(row.brand, row.variant)
    return dialect is not None and dialect.can_be_probed and (row.brand, row.variant) in BRANDS


def _probe(row: Row[*tuple[Any, ...]]) -> Probe:
    written = Written(
        row.plan_hours, row.site_hours, tuple(row.closed_days), row.public_holidays, row.insee
    )
    return Probe(
        row.id,
        row.nas_id,
        row.nas_code,
        row.site_code,
        str(row.source_address).partition("/")[0],
        row.brand,
        row.variant,
        _hours(written),
        row.failures,
    )


def _hours(written: Written) -> Hours | None:
    """Return a place's hours; what cannot be read closes nothing."""
    try:
        return hours_of(written)
    except ValueError:
        return None
