"""The portal's role cannot join who somebody is to what they did, whichever way it tries.

CJEU C-470/21: identity, source and traffic data are kept so apart that no conclusion on a private
life can be drawn from the whole.
"""

from collections.abc import AsyncIterator, Callable
from io import BytesIO

import asyncpg
import pytest

from territory.database.components import Component
from territory.keyring import Keyring
from tests.evidence import VERDUN, Evidence, Session, at, visit

NAME = "elise@exemple.fr"
_JOIN = (
    "SELECT p.claims_sealed, t.upload_octets FROM identity.person p"
    " JOIN live.admission a ON a.guest_id = p.account_id"
    " JOIN live.session s ON s.admission_id = a.id"
    " JOIN traffic.event t ON t.session_key = s.session_key"
)
REFUSED = {
    "a join": _JOIN,
    "an identity": "SELECT * FROM identity.person",
    "one column of it": "SELECT contact_sealed FROM identity.contact",
    "its count": "SELECT count(*) FROM identity.contact",
    "traffic": "SELECT session_key FROM traffic.event",
    "amounts of a session": "SELECT upload_octets FROM live.session",
    "its statistics": "SELECT session_seconds FROM live.session",
    "source events": "SELECT device FROM source.event",
    "security logs": "SELECT device FROM security.authentication",
    "another role": "SET ROLE socle_retention",
    "the owner's": "SET SESSION AUTHORIZATION socle_retention",
    "a lock that reads": "SELECT 1 FROM identity.person FOR UPDATE",
    "a write that returns": "UPDATE identity.person SET told_by = told_by RETURNING claims_sealed",
    "a temporary copy": f"CREATE TEMPORARY TABLE mine AS {_JOIN}",
    "a view of its own": f"CREATE VIEW live.mine AS {_JOIN}",
    "a function that acts as its owner": "CREATE FUNCTION live.mine() RETURNS bigint LANGUAGE sql"
    " SECURITY DEFINER AS 'SELECT count(*) FROM traffic.event'",
    "a new right": "GRANT SELECT ON traffic.event TO socle_portal",
    "a trigger": "CREATE TRIGGER mine AFTER INSERT ON identity.person"
    " FOR EACH ROW EXECUTE FUNCTION audit.refuse()",
    "a file of the server": "SELECT pg_read_file('postgresql.conf')",
    "a copy to a program": "COPY live.admission TO PROGRAM 'cat'",
    "the closing of accounts": "SELECT account.close_unused(now())",
    "the end of the audit log": "SELECT audit.forget(1, '', now())",
    "retention's counts": "SELECT consent.overdue(now())",
}


@pytest.fixture
async def lived(database_url: str) -> Evidence:
    """Somebody with a name who was online: all three in the database."""
    evidence = Evidence(database_url)
    await evidence.describe(VERDUN)
    await evidence.days("2026-11-17", 1)
    await evidence.record(
        Session(VERDUN, "02:00:00:00:00:01", "10.1.0.10"), *visit(at("2026-11-17 10:00"), 30)
    )
    sealed = Keyring(bytes(32)).seal(NAME)
    await evidence.fetch(
        "WITH known AS (INSERT INTO account.account (id, kind, key, created_at, last_used_at)"
        " VALUES (gen_random_uuid(), 'account', 'k', now(), now()) RETURNING id)"
        " INSERT INTO identity.person (account_id, told_by, claims_sealed, recorded_at)"
        " SELECT id, 'guest', $1, now() FROM known",
        sealed,
    )
    return evidence


@pytest.fixture
async def portal(
    lived: Evidence, role_url: Callable[[Component], str]
) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
    """The database, as the portal opens it."""
    connection = await asyncpg.connect(role_url(Component.PORTAL))
    yield connection
    await connection.close()


async def test_every_way_is_refused(portal: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Select, join, write, copy, objects and rights of its own, other roles, the server's files."""
    for way, statement in REFUSED.items():
        with pytest.raises(asyncpg.PostgresError) as refused:
            await portal.execute(statement)
        assert isinstance(refused.value, asyncpg.InsufficientPrivilegeError), way
    for query in (_JOIN, "SELECT * FROM traffic.event"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await portal.copy_from_query(query, output=BytesIO())
    for schema, table in (("identity", "contact"), ("traffic", "event"), ("source", "event")):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await portal.copy_from_table(table, schema_name=schema, output=BytesIO())


async def test_nothing_it_may_call_or_read_has_both(
    portal: "asyncpg.Connection[asyncpg.Record]", lived: Evidence
) -> None:
    """Of all functions and views that it may use, none that names civil identity names amounts or
    traffic too, and what PostgreSQL keeps of columns shows it nothing of theirs."""
    functions = await portal.fetch(
        "SELECT p.oid::regprocedure::text AS name, pg_get_functiondef(p.oid) AS text"
        " FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname !~ '^(pg_|information_schema)' AND p.prokind = 'f'"
        " AND has_schema_privilege(n.oid, 'USAGE') AND has_function_privilege(p.oid, 'EXECUTE')"
    )
    views = await portal.fetch(
        "SELECT schemaname || '.' || viewname AS name, definition AS text FROM pg_views"
        " WHERE schemaname !~ '^(pg_|information_schema)'"
        " AND has_schema_privilege(schemaname, 'USAGE')"
        " AND has_table_privilege(format('%I.%I', schemaname, viewname), 'SELECT')"
    )
    assert len(functions) > 10
    assert len(views) > 1
    did = ("traffic.", "upload_octets", "download_octets", "session_seconds", "source.event")
    joined = [
        row["name"]
        for row in (*functions, *views)
        if "identity." in row["text"] and any(word in row["text"] for word in did)
    ]
    assert joined == []
    await lived.fetch("ANALYZE identity.person")
    seen = "SELECT attname FROM pg_stats WHERE schemaname IN ('identity', 'traffic', 'security')"
    assert await portal.fetch(seen) == []


async def test_what_it_may_call_of_a_guest_tells_no_name(
    portal: "asyncpg.Connection[asyncpg.Record]", lived: Evidence
) -> None:
    """`own_guest` says that somebody is identified, never as whom."""
    [account] = await lived.fetch("SELECT id FROM account.account")
    told = await portal.fetchval("SELECT account.own_guest($1)::text", account["id"])
    assert '"is_identified": true' in told
    assert NAME not in told
    assert "sealed" not in told
