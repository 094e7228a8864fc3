"""PostgreSQL away for one test only: its database ends every connection and takes no other."""

import asyncpg
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine


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
        while await self._execute(
            f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{self._name}'"
        ):
            pass

    async def end(self) -> None:
        """Take connections again."""
        await self._execute(f'alter database "{self._name}" allow_connections true')

    async def _execute(self, statement: str) -> bool:
        """Do it, and say whether there are rows."""
        connection = await asyncpg.connect(self._apart)
        try:
            return bool(await connection.fetch(statement))
        finally:
            await connection.close()


async def cut_all_others(owner: AsyncEngine) -> None:
    """End every other connection to this engine's database; the server's other databases stay."""
    others = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    async with owner.begin() as connection:
        await connection.execute(text(others))
