"""The database as the migrations make it: equal to the tables, categories and roles in place."""

from collections.abc import Callable

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from territory.database.components import Component
from territory.database.connect import component_url, open_engine
from territory.database.prepare import VERSION_SCHEMA, is_current, prepare
from territory.database.tables import Category, metadata
from territory.errors import ConfigurationError
from territory.keyring import Keyring


def differences(connection: Connection) -> list[object]:
    """Return what the migrations and the tables disagree about."""
    options = {
        "include_schemas": True,
        "version_table_schema": VERSION_SCHEMA,
        "include_object": lambda _, name, kind, reflected, __: (
            not (reflected and kind == "table" and name[-8:].isdigit())
        ),
        "compare_type": True,
    }
    context = MigrationContext.configure(connection, opts=options)
    assert is_current(connection)
    return list(compare_metadata(context, metadata))


async def test_migrations_equal_the_tables(database_url: str) -> None:
    """What the migrations make is exactly what the code's tables say, comments included."""
    engine = open_engine(database_url)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


def test_every_column_carries_its_legal_category() -> None:
    """A column without a category, or whose comment does not begin with it, is refused."""
    for table in metadata.tables.values():
        for column in table.columns:
            assert isinstance(column.info.get("category"), Category), f"{table}.{column.name}"
            assert column.comment
            assert column.comment.startswith(f"[{column.info['category']}] ")


def test_evidence_schemas_hold_only_their_own_category() -> None:
    """Identity, source, traffic and security data never share a schema (CJEU C-470/21)."""
    for table in metadata.tables.values():
        if table.schema in {"identity", "account", "source", "traffic", "security", "consent"}:
            found = {str(column.info["category"]) for column in table.columns}
            assert found == {table.schema}


@pytest.mark.parametrize(
    ("component", "schemas"),
    [
        (Component.PORTAL, {"traffic", "security", "identity", "archive"}),
        (Component.RADIUS, {"identity", "account", "consent", "staff", "archive"}),
        (
            Component.SUPERVISION,
            {"source", "traffic", "security", "identity", "consent", "staff", "archive"},
        ),
        (Component.DESK, {"source", "traffic", "security", "identity", "account", "consent"}),
    ],
)
async def test_a_component_cannot_look_into_foreign_categories(
    role_url: Callable[[Component], str], component: Component, schemas: set[str]
) -> None:
    """Each role is kept out of the categories its work does not need."""
    connection = await asyncpg.connect(role_url(component))
    allowed = {
        schema
        for schema in schemas
        if await connection.fetchval("SELECT has_schema_privilege($1, 'USAGE')", schema)
    }
    await connection.close()
    assert allowed == set()


async def test_portal_cannot_read_traffic(role_url: Callable[[Component], str]) -> None:
    """The portal's role is refused when it tries to join a session's volumes itself."""
    connection = await asyncpg.connect(role_url(Component.PORTAL))
    for query in ("SELECT * FROM traffic.event", "SELECT upload_octets FROM live.session"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch(query)
    await connection.close()


async def test_audit_log_is_append_only(database_url: str) -> None:
    """Not even the owner changes or deletes an audit entry by an ordinary statement."""
    connection = await asyncpg.connect(database_url)
    append = "SELECT audit.append('2026-11-20T14:00Z', NULL, 'test', 'tried', 'x', '{}')"
    assert [await connection.fetchval(append) for _ in range(2)] == [1, 2]
    for statement in (
        "UPDATE audit.entry SET actor = 'other'",
        "DELETE FROM audit.entry",
        "TRUNCATE audit.entry",
    ):
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            await connection.execute(statement)
    await connection.close()


async def test_days_are_made_once_and_dropped_whole(database_url: str) -> None:
    """A day's partitions appear, appear again without harm, and leave by category."""
    connection = await asyncpg.connect(database_url)
    days = "SELECT live.ensure_days('2026-11-20', 2)"
    await connection.execute(days)
    await connection.execute(days)
    await connection.execute("SELECT live.drop_day('source', '2026-11-20')")
    held = await connection.fetch("SELECT category, day::text FROM live.held_day")
    assert sorted((row["category"], row["day"]) for row in held) == [
        ("security", "2026-11-20"),
        ("security", "2026-11-21"),
        ("source", "2026-11-21"),
        ("traffic", "2026-11-20"),
        ("traffic", "2026-11-21"),
    ]
    await connection.close()


async def test_an_owner_that_may_not_prepare_is_told_without_a_secret(database_url: str) -> None:
    """A role that may not create schemas or roles is a configuration fault, in one line."""
    url = component_url(database_url, Component.DESK, None)
    with pytest.raises(ConfigurationError, match="CREATEROLE") as raised:
        await prepare(url, Keyring(bytes(32)))
    assert "PASSWORD" not in str(raised.value)


_OPERATOR_ROW = "(id, login, display_name, role, created_at"


@pytest.mark.parametrize(
    ("component", "refused", "allowed"),
    [
        (
            Component.PORTAL,
            ["age_recipient", "signing_key", "role", "login", "organisation_id"],
            ["password_hash", "failed_attempts", "locked_until", "disabled_at"],
        ),
        (
            Component.DESK,
            ["age_recipient", "signing_key", "role", "login", "disabled_at"],
            ["password_hash", "failed_attempts", "locked_until"],
        ),
    ],
)
async def test_no_page_writes_a_custodians_keys(
    role_url: Callable[[Component], str],
    component: Component,
    refused: list[str],
    allowed: list[str],
) -> None:
    """Keys and roles come from the territory's description; pages write what signing in needs."""
    connection = await asyncpg.connect(role_url(component))
    for column in refused:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(f"UPDATE staff.operator SET {column} = NULL")
    for column in allowed:
        await connection.execute(f"UPDATE staff.operator SET {column} = {column}")
    await connection.close()


async def test_an_operator_added_by_a_page_has_no_key(role_url: Callable[[Component], str]) -> None:
    """The console adds people, never a custodian's keys; the desk adds nobody."""
    row = "gen_random_uuid(), 'a@b.example', 'A', 'custodian', '2026-11-20T14:00Z'"
    insert = f"INSERT INTO staff.operator {_OPERATOR_ROW}) VALUES ({row})"
    with_key = f"INSERT INTO staff.operator {_OPERATOR_ROW}, age_recipient) VALUES ({row}, 'age1')"
    for component, statement, is_allowed in (
        (Component.DESK, insert, False),
        (Component.PORTAL, with_key, False),
        (Component.PORTAL, insert, True),
    ):
        connection = await asyncpg.connect(role_url(component))
        if is_allowed:
            await connection.execute(statement)
        else:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
        await connection.close()


@pytest.mark.parametrize(
    ("component", "statement"),
    [
        (Component.RADIUS, "SELECT author, reason FROM live.block"),
        (Component.RETENTION, "SELECT device FROM live.block"),
        (Component.RADIUS, "UPDATE live.command SET payload = '{}'"),
    ],
)
async def test_blocks_and_commands_are_used_as_needed_and_no_further(
    role_url: Callable[[Component], str], component: Component, statement: str
) -> None:
    """Who is blocked, not why nor by whom; a command is answered, not rewritten."""
    connection = await asyncpg.connect(role_url(component))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute(statement)
    await connection.close()


async def test_no_name_of_a_component_s_own_reaches_the_owner(database_url: str) -> None:
    """A function that acts as the owner looks up temporary names last, and so never."""
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch(
            "SELECT p.oid::regprocedure::text AS name, p.proconfig FROM pg_proc p"
            " JOIN pg_namespace n ON n.oid = p.pronamespace"
            " WHERE p.prosecdef AND n.nspname !~ '^pg_'"
        )
    finally:
        await connection.close()
    assert len(rows) > 5
    wanted = "search_path=pg_catalog, pg_temp"
    assert [row["name"] for row in rows if wanted not in (row["proconfig"] or [])] == []
