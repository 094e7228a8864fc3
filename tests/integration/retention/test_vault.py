"""Who somebody is: sealed when their account ends, gone from the database, opened by two alone."""

import asyncio
import json
from dataclasses import replace
from datetime import date
from uuid import UUID, uuid4

import asyncpg

from retention.keys import age
from retention.keys.key_register import KeyRegister, unwrap
from retention.manifests.chain import Chain
from retention.sealing import vault
from retention.sealing.archive import Places
from retention.sealing.index import audit_head
from retention.sealing.segment import open_segment
from retention.standing import STANDING, ask_database, look
from territory.database.components import Component
from territory.database.connect import open_pool
from territory.database.tables.columns import Category
from tests.evidence import (
    CUSTODIANS,
    KEYRING,
    VERDUN,
    Evidence,
    Session,
    at,
    run_archive,
    run_purge,
    visit,
)

WAITS = (
    "SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
    " WHERE NOT l.granted AND a.datname = current_database()"
)
LEFT = (
    "SELECT account_id AS id FROM identity.person UNION ALL SELECT id FROM identity.contact"
    " UNION ALL SELECT id FROM account.account"
    " UNION ALL SELECT guest_id FROM live.admission WHERE guest_id IS NOT NULL"
)


async def guests(evidence: Evidence) -> dict[str, UUID]:
    """Write an account and a contact that end on 2025-11-17, each with a right, and one that goes
    on."""
    made = {name: uuid4() for name in ("account", "contact", "open")}
    for number, name in enumerate(("account", "open")):
        await evidence.fetch(
            "INSERT INTO account.account (id, kind, key, created_at, last_used_at)"
            " VALUES ($1, 'account', decode('0' || $2::int, 'hex'), $3, $3)",
            *(made[name], number, at("2025-11-01 12:00")),
        )
        claims = KEYRING.seal(json.dumps({"given_name": "Élise", "family_name": name}))
        await evidence.fetch(
            "INSERT INTO identity.person (account_id, told_by, claims_sealed, recorded_at)"
            " VALUES ($1, 'guest', $2, $3)",
            *(made[name], claims, at("2025-11-01 12:00")),
        )
    await evidence.fetch("SELECT account.close($1, $2)", made["account"], at("2025-11-17 23:59"))
    for table, column, value in (("account", "digest", b"d"), ("identity", "contact_sealed", None)):
        more = ", kind, verified_at, last_verified_at" if table == "account" else ""
        values = ", 'email', $3, $3" if table == "account" else ""
        await evidence.fetch(
            f"INSERT INTO {table}.contact (id, {column}, valid_until{more})"
            f" VALUES ($1, $2, $3{values})",
            *(made["contact"], value or KEYRING.seal("elise@exemple.fr"), at("2025-11-17 00:00")),
        )
    for name in ("account", "contact"):
        await evidence.fetch(
            "INSERT INTO live.admission (id, user_name, site_id, plan_id, method, language,"
            " terms_version, created_at, credential_expires_at, ends_at, guest_id)"
            " SELECT gen_random_uuid(), $1, $2, id, 'account', 'fr', 'v', $3, $3, $3, $4"
            " FROM territory.plan LIMIT 1",
            *(f"user-{name}", VERDUN.site_id, at("2025-11-17 10:00"), made[name]),
        )
    return made


async def test_who_ended_is_sealed_and_leaves(
    evidence: Evidence, places: Places, identities: dict[str, str]
) -> None:
    """Segments of their own, opened by two custodians one after the other; the database keeps who
    has not ended, and what finds a contact again; each segment dies on its category's own day."""
    made = await guests(evidence)
    await evidence.days("2025-11-16", 4)
    url = evidence.retention_url
    await run_archive(url, places, at("2025-11-19 00:00"))
    assert len(await evidence.fetch(LEFT)) == 7  # its grace is not over

    await run_archive(url, places, at("2025-11-20 00:00"))

    left = await evidence.fetch(LEFT)
    assert {row["id"] for row in left} == {made["open"]}
    assert [row["id"] for row in await evidence.fetch("SELECT id FROM account.contact")] == [
        made["contact"]
    ]
    opened = {}
    for day, sealed in Chain.read(places.archive).held():
        if sealed.category not in vault.VAULTED:
            continue
        assert day == date(2025, 11, 17)
        key = KeyRegister(places.keys).get(sealed.object, *CUSTODIANS)
        assert key
        inner = unwrap(key.sealed, identities[key.outer])
        identity = unwrap(inner, identities[key.inner]).decode().strip()
        opened[sealed.category] = open_segment(places.storage.get(sealed.object), identity)
    who = {row["guest"]: row for row in opened["identity"].to_pylist()}
    assert json.loads(who[str(made["account"])]["claims"])["family_name"] == "account"
    assert json.loads(who[str(made["contact"])]["claims"]) == {"email": "elise@exemple.fr"}
    rights = opened["account"].to_pylist()
    assert {(r["guest"], r["kind"], r["user_name"]) for r in rights} == {
        (str(made["account"]), "account", None),
        (str(made["account"]), "account", "user-account"),
        (str(made["contact"]), "email", None),
        (str(made["contact"]), "email", "user-contact"),
    }

    for moment, still in (
        ("2026-11-17 23:59", {"identity", "account"}),
        ("2026-11-18 00:00", {"identity"}),
        ("2030-11-17 23:59", {"identity"}),
        ("2030-11-18 00:00", set()),
    ):
        await run_purge(url, places, at(moment))
        held = {s.category for _, s in Chain.read(places.archive).held()}
        assert held & set(vault.VAULTED) == still, moment


async def test_who_comes_back_meanwhile_keeps_their_identity(
    evidence: Evidence, places: Places
) -> None:
    """The portal gives a new right while the removal waits for that row: it stays."""
    made = await guests(evidence)
    await evidence.days("2025-11-17", 1)
    portal = await asyncpg.connect(evidence.owner_url)
    async with asyncio.timeout(60), portal.transaction():
        await portal.execute("UPDATE identity.contact SET valid_until = '2027-01-01'")
        sealing = asyncio.create_task(
            run_archive(evidence.retention_url, places, at("2025-11-20 00:00"))
        )
        while not await evidence.fetch(WAITS):
            assert not sealing.done()
    await sealing
    await portal.close()
    kept = await evidence.fetch("SELECT id FROM identity.contact")
    assert [row["id"] for row in kept] == [made["contact"]]


async def test_what_cannot_be_opened_is_sealed_as_it_is(evidence: Evidence, places: Places) -> None:
    """Without the master key nobody leaves; with another one nothing is lost, and a row that the
    portal prolongs meanwhile stays."""
    made = await guests(evidence)
    await evidence.days("2025-11-17", 1)
    url = evidence.retention_url
    await run_archive(url, replace(places, keyring=None), at("2025-11-20 00:00"))
    assert len(await evidence.fetch(LEFT)) == 7

    pool = await open_pool(url, Component.RETENTION, max_size=1)
    async with pool.acquire() as connection:
        held = await vault.load_held(connection, type(KEYRING)(b"x" * 32))
        assert (await audit_head(connection)) is not None
    await pool.close()
    claims = {row["guest"]: row["claims"] for row in held[Category.IDENTITY].to_pylist()}
    assert set(claims) == {str(guest) for guest in made.values()}
    assert all("sealed" in json.loads(text) for text in claims.values())


async def test_what_should_be_gone_is_counted_until_it_is(
    evidence: Evidence, places: Places
) -> None:
    """Every category has its figures, from files and rows: a term reached counts until the purge,
    a segment, a key or a line of the audit log that is not there counts as a day missing."""
    await guests(evidence)
    await evidence.days("2025-11-17", 1)
    url = evidence.retention_url
    phone = Session(VERDUN, "02:00:00:00:00:01", "10.1.0.10")
    await evidence.record(phone, *visit(at("2025-11-17 10:00"), 30))
    await evidence.fetch(
        "INSERT INTO security.authentication (received_at, site_id, nas_id, device, outcome,"
        " reason) VALUES ($1, $2, $3, $4::text::macaddr, 'reject', 'unknown')",
        *(at("2025-11-17 10:00"), VERDUN.site_id, VERDUN.nas_id, phone.device),
    )
    await run_archive(url, places, at("2025-11-20 00:00"))
    await evidence.fetch(
        "INSERT INTO consent.newsletter (id, guest_id, organisation_id, version, sender, purpose,"
        " language, given_at) SELECT gen_random_uuid(), gen_random_uuid(), id, 'v', 's', 'p', 'fr',"
        " $1 FROM territory.organisation LIMIT 1",
        at("2025-11-17 12:00"),
    )
    later = at("2030-11-18 00:00")

    law, told = await ask_database(url, places, later)
    figures = look(places, law, later, told).categories
    late = {category for category in STANDING if figures[category].overdue_records}
    assert late == {*STANDING} - {Category.OPERATION}
    assert not any(each.missing_days for each in figures.values())

    await run_purge(url, places, later)
    law, told = await ask_database(url, places, later)
    figures = look(places, law, later, told).categories
    assert not any(each.overdue_records or each.missing_days for each in figures.values())


async def test_an_identity_that_is_lost_is_missed(evidence: Evidence, places: Places) -> None:
    """Its key removed by hand, or the audit log cut short, is a day missing in its category."""
    await guests(evidence)
    await evidence.days("2025-11-17", 1)
    url, now = evidence.retention_url, at("2025-11-20 00:00")
    await evidence.fetch("SELECT audit.append($1, NULL, 'a', 'b', 'c', '{}')", now)
    await run_archive(url, places, now)
    [lost] = [s for _, s in Chain.read(places.archive).held() if s.category == "identity"]
    KeyRegister(places.keys).destroy(lost.object)
    await evidence.fetch("ALTER TABLE audit.entry DISABLE TRIGGER USER")
    await evidence.fetch("DELETE FROM audit.entry")

    law, told = await ask_database(url, places, now)
    figures = look(places, law, now, told).categories
    missing = {category for category in STANDING if figures[category].missing_days}
    assert missing == {Category.IDENTITY, Category.AUDIT}
    assert age.is_recipient(lost.recipient)
