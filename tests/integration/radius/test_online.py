"""`live.open_session` says in SQL until when a session is live, and the machine says the same."""

from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from territory.keyring import Keyring
from territory.rules.session import Expectation, Session, live_until
from tests.conftest import FixedClock
from tests.servers.radius import grant
from tests.servers.territory import SitePlan, lay

MAIRIE = SitePlan("mairie", "coovachilli", "10.1.0.1:3990", "http://portal.example/", "127.0.0.1")
SESSION_SECONDS, INTERIM_SECONDS = 4 * 3600, 60


@pytest.mark.parametrize("age", [0, 600])
@pytest.mark.parametrize("other_reports", [False, True])
@pytest.mark.parametrize("has_right", [False, True])
async def test_sql_and_the_machine_agree(
    database_url: str,
    keyring: Keyring,
    clock: FixedClock,
    age: int,
    other_reports: bool,
    has_right: bool,
) -> None:
    """With and without reports, of its own or of a neighbour, with and without an admission."""
    sites = await lay(database_url, keyring, (MAIRIE,))
    site, now, nas = sites["mairie"], clock.now(), uuid4()
    right = await grant(database_url, keyring, site, now) if has_right else None
    started = now - timedelta(seconds=900)
    connection = await asyncpg.connect(database_url)

    async def write(session_seconds: int, admission: UUID | None) -> UUID:
        key = uuid4()
        await connection.execute(
            "insert into live.session (session_key, nas_id, site_id, nas_handle, acct_session_id,"
            " admission_id, started_at, last_seen_at, session_seconds, upload_octets,"
            " download_octets) values ($1, $2, $3, 'lab', 's', $4, $5, $6, $7, 0, 0)",
            *(key, nas, site, admission, started, now, session_seconds),
        )
        return key

    key = await write(age, right.admission_id if right else None)
    if other_reports:
        await write(60, None)
    in_sql = await connection.fetchval(
        "select live_until from live.open_session where session_key = $1", key
    )
    await connection.close()
    ends_at = now + timedelta(hours=4) if right else started + timedelta(seconds=SESSION_SECONDS)
    expected = Expectation(INTERIM_SECONDS, ends_at, reports=bool(age) or other_reports)
    assert in_sql == live_until(Session(started, now, session_seconds=age), expected)
