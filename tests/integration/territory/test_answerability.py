"""What a question about a site would get, from what the database holds of it."""

from datetime import timedelta

from sqlalchemy import text

from territory.database.answerability import load_answerability
from territory.database.components import Component
from territory.database.connect import component_url, open_engine
from territory.rules.answerability import Answer, Answerability
from tests.evidence import COMMERCY, START, VERDUN, Evidence, Record, Session, at

NOW = at("2026-11-20 14:00")


async def test_what_a_question_would_get(database_url: str) -> None:
    """Not, while nobody came; as many as there were, other sites behind the address included;
    one, by its blocks of ports or by what its gateway tells. Read with the portal's rights.
    """
    evidence = Evidence(database_url)
    await evidence.describe(VERDUN, COMMERCY)
    await evidence.days("2026-11-20", 1)
    engine = open_engine(component_url(database_url, Component.PORTAL, None))
    owner = open_engine(database_url)

    async def told() -> Answerability:
        async with engine.connect() as db:
            return await load_answerability(db, VERDUN.site_id, NOW)

    async def write(statement: str, **values: object) -> None:
        async with owner.begin() as db:
            await db.execute(text(statement), {"site": VERDUN.site_id, "at": NOW, **values})

    assert (await told()).answer is Answer.NOT
    for number in range(3):
        phone = Session(VERDUN, f"02:00:00:00:00:0{number}", f"10.1.0.1{number}", str(number))
        await evidence.record(phone, Record(START, NOW - timedelta(hours=1)))
    found = await told()
    assert (found.answer, found.devices) == (Answer.AMBIGUOUS, 3)

    await evidence.public_address(COMMERCY, VERDUN.public_address, NOW)
    sample = (
        "INSERT INTO live.site_sample (site_id, at, open_sessions, state) VALUES"
        " (:site, :at, 4, 'up'), (:other, :at, 9, 'up')"
    )
    await write(sample, other=COMMERCY.site_id, at=NOW - timedelta(days=2))
    found = await told()
    assert (found.answer, found.devices) == (Answer.AMBIGUOUS, 13)
    assert "un autre lieu derrière la même adresse" in found.why

    await write("INSERT INTO live.translation_seen VALUES (:site, :at)")
    assert (await told()).answer is Answer.SURELY
    await write("UPDATE live.translation_seen SET last_at = :at", at=NOW - timedelta(days=3))
    assert (await told()).answer is Answer.AMBIGUOUS
    await write(
        "INSERT INTO territory.port_blocks (id, site_id, first_address, last_address, ports,"
        " first_port, last_port, valid_from) VALUES"
        " (gen_random_uuid(), :site, '10.1.0.10', '10.1.0.20', 256, 1024, 65535, :at)"
    )
    found = await told()
    assert (found.answer, "in_force_since" in found.remedy) == (Answer.AMBIGUOUS, True)
    for told_of, answer in (
        (-timedelta(seconds=1), Answer.AMBIGUOUS),  # of blocks before these
        (timedelta(seconds=1), Answer.AMBIGUOUS),  # not yet
        (timedelta(0), Answer.SURELY),
    ):
        since = NOW + told_of
        await write("UPDATE territory.port_blocks SET in_force_since = :since", since=since)
        assert (await told()).answer is answer
    await engine.dispose()
    await owner.dispose()
