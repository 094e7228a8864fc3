"""Makes a database ready: migrations, and a password for each component's role.

Only `socle serve`, `socle apply` and the tests come here, as the database's owner; components then
connect as themselves.
"""

from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from territory.database.components import Component
from territory.database.connect import away, component_url, open_engine
from territory.database.restored import refuse_marked
from territory.errors import ConfigurationError, Fault
from territory.keyring import Keyring

VERSION_SCHEMA = "territory"
_MIGRATIONS = Path(__file__).parent / "migrations"
_OLDEST_SERVER = 150000
_NOT_ALLOWED = asyncpg.InsufficientPrivilegeError.sqlstate
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('socle prepare', 0))")


async def prepare(
    owner_url: str, keyring: Keyring | None, *, restoring: bool = False
) -> dict[Component, str]:
    """Migrate the database and return each component's own address.

    Args:
        owner_url: address of a role that may create schemas and roles.
        keyring: gives the roles their passwords; None where the server trusts local sockets.
        restoring: this is the restore itself, which alone may open a database before its end.

    Raises:
        Unavailable: the server does not answer.
        ConfigurationError: the server is too old, the role may not do this, or the database was
            put back from a backup and its restore is not finished.
    """
    engine = open_engine(owner_url)
    try:
        async with engine.begin() as connection:
            await connection.execute(_ONE_AT_A_TIME)
            if not restoring:
                await connection.run_sync(refuse_marked)
            await connection.run_sync(migrate)
            passwords = {c: _password(keyring, c) for c in Component}
            for component, password in passwords.items():
                if password and not await _opens(component_url(owner_url, component, password)):
                    await connection.execute(
                        text(f"ALTER ROLE {component.role} PASSWORD '{password}'")
                    )
    except DBAPIError as fault:
        if getattr(fault.orig, "sqlstate", None) == _NOT_ALLOWED:
            expected = "expected a role that owns the database and may create roles (CREATEROLE)"
            raise ConfigurationError([Fault("database.url", expected)]) from fault
        raise away(fault) from fault
    except (OSError, asyncpg.PostgresError, TimeoutError) as fault:
        raise away(fault) from fault
    finally:
        await engine.dispose()
    return {c: component_url(owner_url, c, passwords[c]) for c in Component}


async def _opens(url: str) -> bool:
    """Tell whether a role already gets in: roles belong to the whole server, and are left alone."""
    try:
        connection = await asyncpg.connect(url, timeout=5.0)
    except asyncpg.InvalidAuthorizationSpecificationError:
        return False
    except asyncpg.InsufficientPrivilegeError:
        return True  # with its password, into a database that a restore has closed
    await connection.close()
    return True


def migrate(connection: Connection) -> None:
    """Bring the database of `connection` to the newest form, inside its transaction."""
    version = int(connection.scalar(text("SHOW server_version_num")) or 0)
    if version < _OLDEST_SERVER:
        found = f"PostgreSQL 15 or newer, found {version // 10000}"
        raise ConfigurationError([Fault("database.url", found)])
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {VERSION_SCHEMA}"))
    command.upgrade(alembic_configuration(connection), "head")


def is_current(connection: Connection) -> bool:
    """Tell whether the database already has the newest form."""
    script = ScriptDirectory.from_config(alembic_configuration(connection))
    options = {"version_table_schema": VERSION_SCHEMA}
    context = MigrationContext.configure(connection, opts=options)
    return context.get_current_revision() == script.get_current_head()


def alembic_configuration(connection: Connection) -> Config:
    """Return Alembic's configuration, without a file of its own."""
    configuration = Config()
    configuration.set_main_option("script_location", str(_MIGRATIONS))
    configuration.attributes["connection"] = connection
    return configuration


def _password(keyring: Keyring | None, component: Component) -> str | None:
    return keyring.derive(f"database role {component.role}").hex() if keyring else None
