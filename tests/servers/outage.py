"""PostgreSQL away for one test only: its database ends every connection and takes no other."""

import asyncpg
from sqlalchemy import make_url


class DatabaseOutage:
    """Takes one database of a server away, and gives it back; the server's others stay."""

    def __init__(self, database_url: str) -> None:
        """`database_url` is the owner's; the outage is made from the database `postgres`."""
        url = make_url(database_url)
        assert url.database
        self._name = url.database
        self._apart = url.set(database="postgres").render_as_string(hide_password=False)

    async def begin(self) -> None:
        """Refuse new connections and end those there are."""
        await self._execute(f'alter database "{self._name}" allow_connections false')
        await self._execute(
            f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{self._name}'"
        )

    async def end(self) -> None:
        """Take connections again."""
        await self._execute(f'alter database "{self._name}" allow_connections true')

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self._apart)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
