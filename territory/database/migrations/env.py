"""Alembic's entry: runs the steps on the connection that `migrate` hands over."""

from alembic import context

from territory.database.tables import metadata


def include_object(_: object, name: str | None, kind: str, reflected: bool, __: object) -> bool:
    """Leave out the daily partitions, which no migration makes."""
    is_partition = kind == "table" and reflected and name is not None and name[-8:].isdigit()
    return not is_partition


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    include_schemas=True,
    include_object=include_object,
    version_table_schema="territory",
    compare_server_default=False,
)
with context.begin_transaction():
    context.run_migrations()
