"""How the RADIUS server's hot connections speak to PostgreSQL.

Addresses travel in PostgreSQL's own binary form: six octets of a device and four of an address go
in as they came out of the packet, without a text or an object in between.
"""

from collections.abc import Awaitable, Callable
from typing import Final

import asyncpg

from radius.group_commit import Connection
from radius.statements import SESSION_SETTINGS

STATEMENT_SECONDS: Final = 5.0
"""Longer than any batch takes on a healthy server, shorter than a NAS's patience."""
_CONNECT_SECONDS: Final = 5.0
_IPV4_PREFIX: Final = bytes((2, 32, 0, 4))
"""PostgreSQL's inet on the wire: family, prefix length, not a cidr, octets."""


async def connect(url: str) -> Connection:
    """Return a connection set up for the ledger's statements.

    Raises:
        OSError, asyncpg.PostgresError, TimeoutError: the server does not answer.
    """
    connection: Connection = await asyncpg.connect(
        url,
        timeout=_CONNECT_SECONDS,
        command_timeout=STATEMENT_SECONDS,
        server_settings={"application_name": "socle_radius", **SESSION_SETTINGS},
    )
    try:
        await connection.set_type_codec(
            "macaddr", schema="pg_catalog", encoder=bytes, decoder=bytes, format="binary"
        )
        await connection.set_type_codec(
            "inet",
            schema="pg_catalog",
            encoder=_IPV4_PREFIX.__add__,
            decoder=bytes,
            format="binary",
        )
    except BaseException:
        connection.terminate()
        raise
    return connection


def connector(url: str) -> Callable[[], Awaitable[Connection]]:
    """Return a function that opens one more such connection."""

    async def open_one() -> Connection:
        return await connect(url)

    return open_one
