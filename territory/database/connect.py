"""How a component opens the database: an engine for all that is not hot, a pool for what is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from territory.database.components import Component
from territory.errors import Unavailable

_STATEMENT_SECONDS = 30.0

AWAY: Final = (DBAPIError, OSError, TimeoutError)
"""What an engine raises where the database does not answer, or refuses."""


def component_url(owner_url: str, component: Component, password: str | None) -> str:
    """Return the owner's address with this component's role (and password) in it."""
    url = make_url(owner_url).set(username=component.role, password=password)
    return url.render_as_string(hide_password=False)


def open_engine(url: str, *, pool_size: int = 5) -> AsyncEngine:
    """Return an engine for SQLAlchemy Core; nothing is connected before the first use."""
    address = make_url(url).set(drivername="postgresql+asyncpg")
    return create_async_engine(
        address,
        pool_size=pool_size,
        pool_pre_ping=True,
        connect_args={
            "timeout": 5.0,
            "command_timeout": _STATEMENT_SECONDS,
            "server_settings": {"timezone": "UTC", "jit": "off"},
        },
    )


async def open_pool(
    url: str, component: Component, *, min_size: int = 1, max_size: int = 4, **options: Any
) -> "asyncpg.Pool[asyncpg.Record]":
    """Return a pool of plain asyncpg connections for a component's hot path.

    Raises:
        Unavailable: the server does not answer.
    """
    try:
        return await asyncpg.create_pool(
            url,
            min_size=min_size,
            max_size=max_size,
            timeout=5.0,
            command_timeout=_STATEMENT_SECONDS,
            server_settings={
                "application_name": component.role,
                "timezone": "UTC",
                "jit": "off",
            },
            **options,
        )
    except (TimeoutError, OSError, asyncpg.PostgresError) as fault:
        raise away(fault) from fault


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """One transaction of an engine.

    Raises:
        Unavailable: the database does not answer, and nothing of it is kept.
    """
    try:
        async with engine.begin() as connection:
            yield connection
    except AWAY as fault:
        raise away(fault) from fault


def away(fault: Exception) -> Unavailable:
    """Return what to tell of a database that cannot be used: one line, without the statement.

    SQLAlchemy's own text would repeat the statement and its values, a password among them.
    """
    cause = (fault.orig if isinstance(fault, DBAPIError) else None) or fault
    words = (str(cause).splitlines() or [""])[0] or type(cause).__name__
    return Unavailable(f"database.url: the database does not answer: {words}")
