"""How each kind of thing lies in its table, and the state the database holds.

The database's side of a comparison: rows become the same flat values a description gives,
identifiers become codes, sealed secrets are opened.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from territory.application.state import BY_INTERVAL, ENABLED, Kind, Secret, Value, Values, key
from territory.database import tables
from territory.keyring import Keyring
from territory.vocabulary import AddressOrigin

Row = Mapping[Any, Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """How a kind lies in its table."""

    table: Table
    key: Callable[[Values], str] | None
    """Makes the key of its values; None where a column holds the key."""
    key_column: str = "code"
    references: Mapping[str, Kind] = field(default_factory=dict)
    """Values that are codes of another kind; the column adds `_id`."""
    secrets: frozenset[str] = frozenset()
    """Values that are sealed; the column adds `_sealed`."""


_SITE = {"site": Kind.SITE}
_PORT_BLOCKS = (
    *("site", "first_address", "last_address"),
    *("ports", "first_port", "last_port", "pool"),
)
"""What blocks are: a change of one is other blocks. Since when they are in force is told later."""
SHAPES: dict[Kind, Shape] = {
    Kind.ORGANISATION: Shape(tables.organisation, None),
    Kind.PLAN: Shape(tables.plan, None),
    Kind.SITE: Shape(
        tables.site, None, references={"organisation": Kind.ORGANISATION, "plan": Kind.PLAN}
    ),
    Kind.NETWORK: Shape(
        tables.network, lambda values: key(values["site"], values["ssid"]), references=_SITE
    ),
    Kind.HELPER: Shape(
        tables.helper, lambda values: key(values["site"], values["name"]), references=_SITE
    ),
    Kind.PUBLIC_ADDRESS: Shape(
        tables.site_public_address,
        lambda values: key(values["site"], values["address"]),
        references=_SITE,
    ),
    Kind.PORT_BLOCKS: Shape(
        tables.port_blocks,
        lambda values: key(*(values[name] for name in _PORT_BLOCKS)),
        references=_SITE,
    ),
    Kind.GATEWAY: Shape(
        tables.gateway,
        None,
        references=_SITE,
        secrets=frozenset({"portal_secret", "controller_password", "controller_client_secret"}),
    ),
    Kind.NAS: Shape(
        tables.nas,
        None,
        references={"site": Kind.SITE, "gateway": Kind.GATEWAY},
        secrets=frozenset({"shared_secret", "next_secret", "snmp"}),
    ),
    Kind.ACCESS_POINT: Shape(
        tables.access_point, None, references=_SITE, secrets=frozenset({"snmp"})
    ),
    Kind.OPERATOR: Shape(
        tables.operator,
        None,
        key_column="login",
        references={"organisation": Kind.ORGANISATION},
    ),
}
_NOT_DESCRIBED = frozenset(
    {"id", "valid_from", "valid_until", "password_hash", "failed_attempts", "locked_until"}
    | {"disabled_at", "created_at", "rotation_began_at"}
)
"""Columns that other parts of the base write."""


@dataclass(slots=True)
class Held:
    """What the database holds, and under which identifiers."""

    state: dict[Kind, dict[str, Values]]
    """By kind and key, secrets opened."""
    identifiers: dict[Kind, dict[str, UUID]]
    """By kind and key."""


async def load_held(connection: AsyncConnection, keyring: Keyring) -> Held:
    """Return what the database holds; an operator who was disabled is there, not enabled.

    Raises:
        ConfigurationError: the master key is not the one the secrets were sealed with.
    """
    held = Held(state={}, identifiers={})
    for kind, shape in SHAPES.items():
        codes = {
            name: {identifier: code for code, identifier in held.identifiers[other].items()}
            for name, other in shape.references.items()
        }
        query = select(shape.table)
        if kind in BY_INTERVAL:
            query = query.where(shape.table.c.valid_until.is_(None))
        if kind is Kind.PUBLIC_ADDRESS:
            query = query.where(shape.table.c.origin != AddressOrigin.LINK)
        held.state[kind], held.identifiers[kind] = {}, {}
        for row in (await connection.execute(query)).mappings():
            values = _values_of(row, shape, codes, keyring)
            if kind is Kind.OPERATOR:
                values[ENABLED] = row["disabled_at"] is None
            name = shape.key(values) if shape.key else row[shape.key_column]
            held.state[kind][name] = values
            held.identifiers[kind][name] = row["id"]
    return held


def _values_of(
    row: Row, shape: Shape, codes: Mapping[str, Mapping[UUID, str]], keyring: Keyring
) -> dict[str, Value]:
    """Return a row's values as a description would give them."""
    values: dict[str, Value] = {}
    for column, stored in row.items():
        if column in _NOT_DESCRIBED or (column == shape.key_column and not shape.key):
            continue
        name = column.removesuffix("_sealed").removesuffix("_id")
        if name in shape.references:
            values[name] = codes[name][stored] if stored is not None else None
        elif name in shape.secrets:
            values[name] = Secret(keyring.open(stored)) if stored is not None else None
        elif isinstance(stored, list):
            values[name] = tuple(sorted(stored))
        elif isinstance(stored, bool | int | float | str | date) or stored is None:
            values[name] = stored
        else:
            values[name] = str(stored)
    return values
