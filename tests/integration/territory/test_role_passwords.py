"""Each component signs in with a password of its own, on a server that asks for one."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from territory.database.components import Component
from territory.database.connect import component_url
from territory.database.dump import dumping
from territory.database.prepare import prepare
from territory.keyring import Keyring
from tests.servers.postgresql import Cluster


@pytest.fixture
def guarded() -> Iterator[Cluster]:
    """Debian's PostgreSQL, which lets nobody in without a password."""
    with tempfile.TemporaryDirectory(prefix="socle-passwords-", dir="/var/tmp") as folder:
        running = Cluster(Path(folder), "owner-of-the-base")
        yield running
        running.stop("immediate")


async def test_each_role_gets_a_password_and_a_new_key_changes_it(guarded: Cluster) -> None:
    """The master key makes the passwords; preparing twice changes none, a new key all of them.

    The owner's own reaches pg_dump; a database that a restore has closed is prepared all the same.
    """
    first = await prepare(guarded.url, Keyring(bytes(32)))
    assert await prepare(guarded.url, Keyring(bytes(32))) == first
    for component, url in first.items():
        connection = await asyncpg.connect(url)
        assert await connection.fetchval("SELECT current_user") == component.role
        await connection.close()
    await prepare(guarded.url, Keyring(bytes(range(32))))
    for url in (first[Component.PORTAL], component_url(guarded.url, Component.DESK, None)):
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(url)

    server = await asyncpg.connect(guarded.url)
    await server.execute("REVOKE CONNECT ON DATABASE postgres FROM PUBLIC")
    await prepare(guarded.url, Keyring(bytes(range(32))))
    release = server.get_server_version().major
    await server.close()
    with dumping(guarded.url, release) as dump:
        assert dump.read().startswith(b"PGDMP")
