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
_INET4: Final = bytes((2, 32, 0, 4))
_INET6: Final = bytes((3, 128, 0, 16))
_INET6_OCTETS: Final = 16


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
            encoder=_encode_inet,
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


def _encode_inet(octets: bytes) -> bytes:
    """Return an inet as PostgreSQL sends it: family, prefix length, 0, count of octets, octets.

    Takes 4 octets, 16, or a prefix's length and 16.
    """
    size = len(octets)
    if size < _INET6_OCTETS:
        return _INET4 + octets
    if size == _INET6_OCTETS:
        return _INET6 + octets
    return bytes((3, octets[0], 0, _INET6_OCTETS)) + octets[1:]
