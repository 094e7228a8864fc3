"""Two custodians decide: the same one twice is one, and two at once are two."""

import asyncio
from datetime import timedelta
from uuid import uuid4

from retention.approvals import Decision, approve, enough, load_approvals
from territory.access.operators import (
    COMMAND_LINE,
    NewOperator,
    Operator,
    add_operator,
    set_disabled,
)
from territory.access.roles import Role
from territory.database.components import Component
from territory.database.connect import component_url, open_engine
from tests.evidence import at

NOW = at("2026-11-20 14:00")
WEEK = timedelta(days=7)
WAITS = (
    "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
    " WHERE NOT l.granted AND l.locktype = 'advisory' AND d.datname = current_database()"
)


async def test_two_who_agree_at_once_see_each_other(database_url: str) -> None:
    """The second waits for the first, counts both, and deciding again adds nobody. After a week the
    first counts no more until it is given anew, and nobody's does once they left.
    """
    owner = open_engine(database_url)
    people: list[Operator] = []
    async with owner.begin() as db:
        for name in ("anne", "bruno"):
            new = NewOperator(f"{name}@territoire.example", name, Role.CUSTODIAN)
            added = await add_operator(db, new, COMMAND_LINE, NOW)
            assert added
            people.append(added)
    anne, bruno = people
    engine = open_engine(component_url(database_url, Component.DESK, None))
    decision = Decision(uuid4(), "requisition.override", WEEK)

    async def agree(who: Operator) -> int:
        async with engine.begin() as db:
            return len(await approve(db, decision, who, "Vie en danger", NOW))

    async with engine.begin() as first, asyncio.timeout(60):
        alone = await approve(first, decision, anne, "Vie en danger", NOW)
        second = asyncio.create_task(agree(bruno))
        async with owner.connect() as db:
            while not (await db.exec_driver_sql(WAITS)).scalar_one():
                await db.rollback()
    assert (len(alone), enough(alone, NOW)) == (1, False)
    assert await second == 2
    assert await agree(anne) == 2
    async with engine.connect() as db:
        both = await load_approvals(db, decision)
        assert await load_approvals(db, Decision(decision.subject, "another act", WEEK)) == ()
    assert enough(both, NOW)
    assert [each.login for each in both] == [anne.login, bruno.login]

    async with engine.begin() as db:
        renewed = await approve(db, decision, anne, "Encore", NOW + WEEK)
    assert [each.reason for each in renewed if each.counts(NOW + WEEK)] == ["Encore"]
    async with owner.begin() as db:
        await set_disabled(db, anne, True, COMMAND_LINE, NOW)
    async with engine.connect() as db:
        left = await load_approvals(db, decision)
    assert [each.login for each in left if each.counts(NOW)] == [bruno.login]
    await engine.dispose()
    await owner.dispose()
