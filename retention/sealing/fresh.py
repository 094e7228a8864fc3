"""A day made ready to be kept: what the database holds of it -> slices -> a sealed segment each.

PostgreSQL sends one category while the one before it is derived and sealed in a thread: the two
share the machine instead of waiting for each other.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from retention.sealing import facts, segment, slices
from retention.sealing.facts import Connection
from retention.sealing.ports import PortFacts
from retention.sealing.segment import FreshSegment
from territory.database.tables.columns import Category


@dataclass(frozen=True, slots=True)
class FreshDay:
    """A day's segments, sealed and kept nowhere yet."""

    segments: tuple[FreshSegment, ...]
    """Of source, traffic and security data."""
    still_open: pa.Table
    """The sessions that go on after it, as `slices.derive_open` returns them."""


async def make_day(connection: Connection, known: pa.Table, day: date) -> FreshDay:
    """Derive and seal each category of a day, from what is `known` of its sessions."""
    addresses = await facts.load_site_addresses(connection, day)
    ports = await facts.load_ports(connection, day)
    with ThreadPoolExecutor() as threads:  # whatever fails, it ends with no thread at work
        source = threads.submit(_source, known, addresses, day, ports)
        reports = await facts.load_traffic(connection, day)
        traffic = threads.submit(_traffic, reports, day)
        answers = await facts.load_security(connection, day)
        security = threads.submit(_seal, answers, day, Category.SECURITY)
        made = [await asyncio.wrap_future(each) for each in (traffic, security)]
        sealed, still_open = await asyncio.wrap_future(source)
    return FreshDay((sealed, *made), still_open)


def _source(
    known: pa.Table, addresses: pa.Table, day: date, ports: PortFacts
) -> tuple[FreshSegment, pa.Table]:
    table, still_open = slices.derive_day(known, addresses, day, ports)
    return _seal(table, day, Category.SOURCE), still_open


def _traffic(reports: pa.Table, day: date) -> FreshSegment:
    return _seal(slices.derive_traffic(reports), day, Category.TRAFFIC)


def _seal(table: pa.Table, day: date, category: Category) -> FreshSegment:
    return segment.seal(table, day, category.value, part=0)
