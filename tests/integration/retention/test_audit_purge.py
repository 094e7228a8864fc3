"""The audit log ages: its oldest lines leave at their term, and what stays still verifies."""

from dataclasses import replace
from hashlib import sha256

import asyncpg
import pytest

from retention.manifests.chain import Chain
from retention.manifests.manifest import PurgeLink
from retention.sealing.archive import Places
from territory.access.audit import GENESIS, load_anchor, load_entries, verify
from territory.database.connect import open_engine
from tests.evidence import Evidence, at, run_purge

APPEND = "SELECT audit.append($1, NULL, 'test', 'did', 'x', '{}')"


async def lines(evidence: Evidence, *moments: str) -> None:
    """Write a line at each moment."""
    for moment in moments:
        await evidence.fetch(APPEND, at(moment))


async def numbers(evidence: Evidence) -> list[int]:
    """Return the numbers of the lines that are there."""
    rows = await evidence.fetch("SELECT number FROM audit.entry ORDER BY number")
    return [row["number"] for row in rows]


async def test_the_oldest_lines_leave_and_the_rest_verifies(
    evidence: Evidence, places: Places
) -> None:
    """After twelve months or the setting, with a signed link that holds the last one's digest; the
    next line follows it even where none is left."""
    await lines(evidence, "2025-01-10 08:00", "2025-01-10 09:00", "2025-01-11 00:00")
    rows = await evidence.fetch("SELECT number, digest FROM audit.entry ORDER BY number")
    url = evidence.retention_url

    await run_purge(url, places, at("2026-01-10 23:59"))
    assert await numbers(evidence) == [1, 2, 3]
    await run_purge(url, replace(places, audit_months=36), at("2026-01-11 00:00"))
    assert await numbers(evidence) == [1, 2, 3]
    await run_purge(url, places, at("2026-01-11 00:00"))
    assert await numbers(evidence) == [3]
    [purge] = [link for link in Chain.read(places.archive).links if isinstance(link, PurgeLink)]
    assert purge.audit
    assert (purge.audit.number, purge.audit.sha256) == (2, rows[1]["digest"].hex())
    await run_purge(url, places, at("2026-01-12 00:00"))
    await lines(evidence, "2026-01-12 00:01")
    assert await numbers(evidence) == [4]

    engine = open_engine(evidence.owner_url)
    async with engine.connect() as db:
        number, digest = await load_anchor(db)
        entries = await load_entries(db)
        assert (number, digest) == (3, rows[2]["digest"])
        found = verify(entries, after_number=number, after_digest=digest)
        assert (found.checked, found.broken_at) == (1, None)
        assert verify(entries, after_digest=GENESIS).broken_at == 1
    await engine.dispose()


async def test_no_line_leaves_that_was_not_signed(evidence: Evidence) -> None:
    """Neither by a wrong digest, nor past the anchor, nor is the anchor ever changed."""
    await lines(evidence, "2025-01-10 08:00", "2025-01-11 08:00")
    [first] = await evidence.fetch("SELECT digest FROM audit.entry WHERE number = 1")
    forget = "SELECT audit.forget($1, $2, '2026-02-01T00:00Z')"
    with pytest.raises(asyncpg.RaiseError, match="not the one that was signed"):
        await evidence.fetch(forget, 1, sha256(b"other").digest())
    [told] = await evidence.fetch(forget, 1, first["digest"])
    assert (told[0], await numbers(evidence)) == (1, [2])
    [again] = await evidence.fetch(forget, 1, first["digest"])
    assert again[0] == 0
    for statement in (
        "DELETE FROM audit.entry",
        "UPDATE audit.anchor SET number = 9",
        "DELETE FROM audit.anchor",
        "TRUNCATE audit.entry",
    ):
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            await evidence.fetch(statement)
