"""A failure is told from an outage, whatever it is wrapped in."""

import asyncpg
import pytest

from territory.errors import Unavailable
from territory.web.problems import is_unavailable


@pytest.mark.parametrize(
    "failure",
    [
        Unavailable("database.url: the database does not answer"),
        ConnectionRefusedError(),
        asyncpg.CannotConnectNowError("the database system is starting up"),
        asyncpg.AdminShutdownError("terminating connection"),
        asyncpg.TooManyConnectionsError("sorry, too many clients already"),
        asyncpg.ObjectNotInPrerequisiteStateError("not currently accepting connections"),
        asyncpg.InternalClientError("got result for unknown protocol state"),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_a_database_that_is_away_is_an_outage(failure: Exception) -> None:
    """The page says to come back in a moment, also when a library has wrapped the cause."""
    wrapped = RuntimeError("wrapped")
    wrapped.__cause__ = failure
    assert is_unavailable(failure)
    assert is_unavailable(wrapped)


@pytest.mark.parametrize(
    "failure", [KeyError("x"), asyncpg.UndefinedTableError("x"), asyncpg.UniqueViolationError("x")]
)
def test_our_own_mistake_is_not(failure: Exception) -> None:
    """What coming back would not mend is a failure of ours."""
    assert not is_unavailable(failure)
