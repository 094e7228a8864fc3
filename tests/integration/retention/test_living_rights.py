"""Sessions leave once their days are sealed, though their right lives on: what it used counts."""

from uuid import UUID, uuid4

import asyncpg
import pytest

from radius.coa_statements import SESSIONS
from radius.statements import AUTHENTICATE
from retention.sealing.archive import Places
from territory.database.components import Component
from territory.database.connect import component_url
from tests.evidence import (
    START,
    VERDUN,
    Evidence,
    Record,
    Session,
    at,
    run_archive,
    run_purge,
    visit,
)

DEVICE = "02:00:00:00:00:01"
NOW = at("2026-11-20 00:00")
_ADMIT = """
    WITH limited AS (UPDATE territory.plan SET month_octets = 1000000 RETURNING id), admitted AS (
        INSERT INTO live.admission (id, user_name, site_id, plan_id, method, language,
            terms_version, created_at, credential_expires_at, ends_at)
        SELECT $1, 'long', $2, id, 'ticket', 'fr', '1', '2026-11-16', '2026-11-17', '2026-12-15'
        FROM limited RETURNING id, site_id
    )
    INSERT INTO live.binding SELECT id, $3::text::macaddr, site_id, '2026-11-16' FROM admitted
"""


async def use_of(evidence: Evidence, right: UUID) -> dict[str, tuple[object, ...]]:
    """Return what each reader says the right has used."""
    radius = await asyncpg.connect(component_url(evidence.owner_url, Component.RADIUS, None))
    try:
        (known,) = await radius.fetch(AUTHENTICATE, ["long"], [DEVICE], [VERDUN.site_id], NOW)
        (open_now,) = await radius.fetch(SESSIONS, None, right, None, None, 9, NOW)
    finally:
        await radius.close()
    (told,) = await evidence.fetch(
        "SELECT session_seconds, upload_octets, download_octets, open_sessions"
        " FROM live.admission_usage WHERE admission_id = $1",
        right,
    )
    (month,) = await evidence.fetch(
        "SELECT month_seconds, month_octets FROM live.guest_used(NULL, $1::text::macaddr, $2)",
        *(DEVICE, NOW),
    )
    return {
        "a log-in": tuple(known)[-4:],
        "a disconnection": (open_now["used_octets"], open_now["month_octets"]),
        "the guest's page": tuple(told),
        "the month": tuple(month),
    }


@pytest.fixture
async def right(evidence: Evidence) -> UUID:
    """A right of a month, with a session each of three days; the last one is open."""
    right = uuid4()
    await evidence.days("2026-11-16", 6)
    await evidence.fetch(_ADMIT, right, VERDUN.site_id, DEVICE)
    for day in (16, 17):
        session = Session(VERDUN, DEVICE, "10.1.0.10", str(day))
        await evidence.record(session, *visit(at(f"2026-11-{day} 10:00"), 30))
    last = Session(VERDUN, DEVICE, "10.1.0.10", "19")
    await evidence.record(last, Record(START, at("2026-11-19 10:00")))
    amounts = "upload_octets = 1000, download_octets = 500"
    await evidence.fetch(f"UPDATE live.session SET admission_id = $1, {amounts}", right)
    return right


async def test_what_a_right_has_used_is_the_same_once_its_sessions_left(
    evidence: Evidence, places: Places, right: UUID
) -> None:
    """Whoever asks: a log-in, a disconnection, the guest's page, the month's quota."""
    before = await use_of(evidence, right)
    assert before["a log-in"] == (3600, 3000, 1500, 1)
    for now in ("2026-11-19 00:00", "2026-11-20 00:00", "2026-11-20 01:00"):
        await run_archive(evidence.retention_url, places, at(now))
        assert await use_of(evidence, right) == before
    left = await evidence.fetch("SELECT acct_session_id FROM live.session")
    assert [row["acct_session_id"] for row in left] == ["19"]


async def test_a_right_s_use_goes_with_it(evidence: Evidence, places: Places, right: UUID) -> None:
    """A day after its end, nothing counts by it any more."""
    await run_archive(evidence.retention_url, places, NOW)
    kept = "SELECT session_seconds FROM live.sealed_use WHERE admission_id = $1"
    await run_purge(evidence.retention_url, places, at("2026-12-15 12:00"))
    assert [row["session_seconds"] for row in await evidence.fetch(kept, right)] == [3600]
    await run_purge(evidence.retention_url, places, at("2026-12-16 12:00"))
    assert await evidence.fetch(kept, right) == []


@pytest.mark.parametrize("sealed", [False, True])
async def test_a_controller_s_total_is_not_counted_twice(
    evidence: Evidence, places: Places, right: UUID, sealed: bool
) -> None:
    """Counted from the right's beginning, it holds what sessions before had used, known or not;
    counted from a day that is still held, it holds nothing of those that left."""
    await evidence.fetch(
        "UPDATE live.session SET nas_id = (SELECT id FROM territory.gateway LIMIT 1)"
    )
    if sealed:
        await run_archive(evidence.retention_url, places, NOW)
    for since, uploaded in (("16 10:00", 3000), ("18 09:00", 5000)):
        await evidence.fetch(
            "SELECT live.count_gateway_sessions(ARRAY[session_key], ARRAY[5000], ARRAY[5000],"
            " ARRAY[$1::timestamptz], $2) FROM live.session WHERE ended_at IS NULL",
            *(at(f"2026-11-{since}"), at("2026-11-19 20:00")),
        )
        last = await evidence.fetch("SELECT upload_octets FROM live.session WHERE ended_at IS NULL")
        assert [row["upload_octets"] for row in last] == [uploaded]
    (told,) = await evidence.fetch(
        "SELECT used_octets FROM live.gateway_sessions($1, NULL, NULL)", NOW
    )
    assert told["used_octets"] == 2 * (1000 + 500) + 5000 + 5000
