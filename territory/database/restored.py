"""The mark on a database that was put back from a backup: nothing opens it before the replay.

A schema's existence is the mark: every role sees it, no backup holds it, and it is there before the
first restored row. `socle restore` takes it away once what had to be gone since is gone.
"""

from typing import Final

from sqlalchemy import Connection, text

from territory.errors import ConfigurationError, Fault

MARK: Final = "socle_restoring"

_MARKED = text("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = :mark")


def is_marked(connection: Connection) -> bool:
    """Whether a restore of this database is not finished."""
    return connection.scalar(_MARKED, {"mark": MARK}) is not None


def refuse_marked(connection: Connection) -> None:
    """Refuse a database in which something may be back that had to be gone.

    Raises:
        ConfigurationError: its restore is not finished.
    """
    if is_marked(connection):
        raise refusal()


def refusal() -> ConfigurationError:
    """Return what to say of a database that is marked."""
    expected = "a database whose restore is finished: run the same `socle restore` again"
    return ConfigurationError([Fault("database.url", expected)])
