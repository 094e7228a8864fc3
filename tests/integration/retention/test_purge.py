"""`archive purge`: gone on the day, not before; a decree entered late keeps what is still held."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest

from retention.ending.purge import plan
from retention.keys.key_register import KeyRegister
from retention.manifests.chain import MANIFESTS, Chain, segment_path
from retention.manifests.manifest import PurgeLink, file_name
from retention.manifests.signing import SigningKey
from retention.manifests.verify import verify_folder
from retention.sealing.archive import Places
from territory.errors import Unavailable
from tests.backups import write_backup
from tests.evidence import VERDUN, Evidence, Session, at, run_archive, run_purge, visit

PHONE = Session(VERDUN, "02:00:00:00:00:01", "10.1.0.10")


async def sealed_day(evidence: Evidence, places: Places, day: str) -> None:
    """Seal one day with a session in it."""
    await evidence.days(day, 3)
    await evidence.record(PHONE, *visit(at(f"{day} 10:00"), 30))
    year, month, number = (int(part) for part in day.split("-"))
    await run_archive(
        evidence.retention_url, places, at(f"{year}-{month:02}-{number + 3:02} 00:00")
    )


def categories_held(places: Places) -> set[str]:
    """Return the categories that still have a segment."""
    return {sealed.category for _, sealed in Chain.read(places.archive).held()}


async def test_each_category_goes_on_its_own_day(evidence: Evidence, places: Places) -> None:
    """Security after 3 months, source and covered traffic after a year, never a day before."""
    await sealed_day(evidence, places, "2025-11-17")
    url = evidence.retention_url
    fates = [
        ("2026-02-17 23:59", {"source", "traffic", "security"}),
        ("2026-02-18 00:00", {"source", "traffic"}),
        ("2026-11-17 23:59", {"source", "traffic"}),
        ("2026-11-18 00:00", set()),
    ]
    for moment, still_held in fates:
        await run_purge(url, places, at(moment))
        assert categories_held(places) == still_held, moment
        assert verify_folder(places.archive).is_whole


async def test_what_is_purged_is_gone_for_good(evidence: Evidence, places: Places) -> None:
    """No object, no wrapped key, an index that says when, and a signed certificate of both."""
    await sealed_day(evidence, places, "2025-11-17")
    objects = [sealed.object for _, sealed in Chain.read(places.archive).segments()]
    await nothing_is_obeyed_that_another_signed(evidence, places)

    await run_purge(evidence.retention_url, places, at("2026-11-18 00:00"))

    register = KeyRegister(places.keys)
    assert not any(register.has(name) for name in objects)
    assert not any(segment_path(places.archive, name).exists() for name in objects)
    purged = await evidence.fetch("SELECT DISTINCT purged_at FROM archive.segment")
    assert [row["purged_at"] for row in purged] == [at("2026-11-18 00:00")]
    kinds = [link.kind for link in Chain.read(places.archive).links]
    assert kinds == ["day", "purge", "destruction"]
    assert {s.ground for s in Chain.read(places.archive).ended().values()} == {
        "CPCE L34-1 II bis 3°, R10-13 IV",
        "CPCE L34-1 III, R10-13 V ; sans injonction R10-14 IV ; décret 2025-980",
        "CPCE R10-14 IV",
    }


async def nothing_is_obeyed_that_another_signed(evidence: Evidence, places: Places) -> None:
    """Put a purge among the manifests as who can write there could: no key is destroyed by it."""
    chain, held = Chain.read(places.archive), KeyRegister(places.keys).names()
    ended = plan(places.read_law(), chain, date(2026, 11, 18)).ended
    other = SigningKey.generate()
    forged = chain.append(PurgeLink, other, at("2025-11-21 00:00"), segments=ended, audit=None)
    file = places.archive / MANIFESTS / file_name(forged)
    signature = file.with_name(f"{file.name}.sig")
    for left in (signature, file):
        with pytest.raises(Unavailable, match="not signed by this archive"):
            await run_purge(evidence.retention_url, places, at("2025-11-22 00:00"))
        left.unlink()
    assert KeyRegister(places.keys).names() == held != set()


async def test_traffic_of_an_undecided_day_is_kept_and_told(
    evidence: Evidence, places: Places
) -> None:
    """No injunction is recorded after 2026-10-21: kept, with the day it would be lost named."""
    await sealed_day(evidence, places, "2026-11-17")

    planned = await run_purge(evidence.retention_url, places, at("2027-06-01 00:00"))

    assert categories_held(places) == {"source", "traffic"}
    assert len(planned.undecided) == 1
    assert planned.lost_from == date(2027, 2, 18)


async def test_a_decision_entered_late_rules_what_is_still_held(
    evidence: Evidence, places: Places
) -> None:
    """A finding that there is none ends it at once; a decree keeps it for the year."""
    await sealed_day(evidence, places, "2026-11-17")
    url, now = evidence.retention_url, at("2027-06-01 00:00")
    decree = (
        "[[injunction]]\ndecree = '2026-1000'\nfrom = 2026-10-21\nuntil = 2027-10-21\n"
        "source = 'Décret 2026-1000'\n"
    )
    places.law.parent.mkdir(parents=True, exist_ok=True)

    places.law.write_text(decree)
    assert (await run_purge(url, places, now)).undecided == ()
    assert "traffic" in categories_held(places)
    index = await evidence.fetch("SELECT purge_on FROM archive.segment WHERE category = 'traffic'")
    assert index[0]["purge_on"] == date(2027, 11, 18)

    none = "[[no_injunction]]\nfrom = 2026-10-21\nuntil = 2027-10-21\nsource = 'Décision du DPO'\n"
    places.law.write_text(none)
    await run_purge(url, places, now)
    assert categories_held(places) == {"source"}


async def test_the_live_tables_forget_too(evidence: Evidence, places: Places) -> None:
    """A public address ended more than a year ago, and packets set aside, are deleted."""
    await evidence.public_address(
        VERDUN, "192.0.2.99", at("2025-01-01 00:00"), at("2025-06-01 00:00")
    )
    await sealed_day(evidence, places, "2026-01-10")

    await run_purge(evidence.retention_url, places, at("2026-06-01 12:00"))
    kept = await evidence.fetch("SELECT 1 FROM source.site_public_address")
    await run_purge(evidence.retention_url, places, at("2026-06-03 12:00"))
    left = await evidence.fetch("SELECT 1 FROM source.site_public_address")

    assert len(kept) == 3
    assert len(left) == 2


async def test_a_command_that_is_over_is_forgotten(evidence: Evidence, places: Places) -> None:
    """What the console asked of RADIUS goes a day after its deadline; the rest stays."""
    for deadline in ("2026-05-31 11:59", "2026-05-31 12:01"):
        await evidence.fetch(
            "INSERT INTO live.command (id, kind, payload, requested_by, requested_at, deadline)"
            " VALUES (gen_random_uuid(), 'disconnect', '{}', 'x', $1, $1)",
            at(deadline),
        )

    await run_purge(evidence.retention_url, places, at("2026-06-01 12:00"))

    left = await evidence.fetch("SELECT deadline FROM live.command")
    assert [row["deadline"] for row in left] == [at("2026-05-31 12:01")]


async def test_daily_counts_are_kept_for_years(evidence: Evidence, places: Places) -> None:
    """About nobody, they stay as long as the setting says, by whole months."""
    for day in ("2021-05-31", "2021-06-01"):
        await evidence.fetch(
            "INSERT INTO live.daily_count SELECT $1::text::date, id, 'arrived', '', 'fr', '', 20"
            " FROM territory.site LIMIT 1",
            day,
        )
        await evidence.fetch(
            "INSERT INTO live.site_day SELECT $1::text::date, id, 20, 20 FROM territory.site"
            " LIMIT 1",
            day,
        )

    await run_purge(evidence.retention_url, places, at("2026-06-15 12:00"))

    left = await evidence.fetch(
        "SELECT day::text FROM live.daily_count UNION ALL SELECT day::text FROM live.site_day"
    )
    assert [row["day"] for row in left] == ["2021-06-01"] * 2


async def test_a_case_without_a_requisition_is_forgotten(
    evidence: Evidence, places: Places, tmp_path: Path
) -> None:
    """Prepared on the command line, it goes as a closed requisition does: five years later. A
    backup that has ended goes too, though no other follows it."""
    for opened in ("2021-05-31 12:00", "2021-06-02 12:00"):
        await evidence.fetch(
            "INSERT INTO archive.case (id, reference, opened_at, prepared_by, question, state,"
            " segments) VALUES (gen_random_uuid(), 'PV', $1, 'a', '{}', 'prepared', '{}')",
            at(opened),
        )

    write_backup(tmp_path / "ended", date(2026, 6, 1))

    await run_purge(
        evidence.retention_url, replace(places, backups=tmp_path), at("2026-06-01 12:00")
    )

    assert not (tmp_path / "ended").exists()
    left = await evidence.fetch("SELECT opened_at FROM archive.case")
    assert [row["opened_at"] for row in left] == [at("2021-06-02 12:00")]


async def test_a_block_that_is_over_is_forgotten(evidence: Evidence, places: Places) -> None:
    """It holds nobody back since its end; a day later its row goes, one without an end stays."""
    for until in ("2026-05-31 11:59", "2026-05-31 12:01", None):
        await evidence.fetch(
            "INSERT INTO live.block (id, kind, device, reason, author, created_at, until)"
            " VALUES (gen_random_uuid(), 'device', '8a:56:7e:f9:10:e4', 'r', 'a', $1, $2)",
            at("2026-05-01 12:00"),
            at(until) if until else None,
        )

    await run_purge(evidence.retention_url, places, at("2026-06-01 12:00"))

    left = await evidence.fetch("SELECT until FROM live.block ORDER BY until")
    assert [row["until"] for row in left] == [at("2026-05-31 12:01"), None]


async def test_a_ticket_that_is_over_is_forgotten(evidence: Evidence, places: Places) -> None:
    """Three months after its end, used, revoked or never used, its row goes; its sheet with the
    last of them; one that may still be used stays."""
    await evidence.fetch(
        "INSERT INTO territory.plan (id, code, name, session_seconds, idle_seconds,"
        " interim_seconds, mac_authentication)"
        " VALUES (gen_random_uuid(), 'ticket', 'T', 1, 1, 1, false)"
    )
    sheets = [
        (day, made, used, revoked)
        for day, made, used, revoked in (
            ("2026-02-01", "2026-01-01 12:00", None, None),
            ("2026-12-01", "2026-01-01 12:00", "2026-01-02 12:00", None),
            ("2026-12-01", "2026-01-01 12:00", None, "2026-01-02 12:00"),
            ("2026-12-01", "2026-01-01 12:00", None, None),
            ("2026-12-01", "2026-01-01 12:00", "2026-05-31 12:00", None),
        )
    ]
    for number, (day, made, used, revoked) in enumerate(sheets):
        await evidence.fetch(
            "WITH sheet AS (INSERT INTO live.ticket_sheet (id, organisation_id, plan_id, devices,"
            " use_seconds, last_first_use, made_at) SELECT gen_random_uuid(), o.id, p.id, 1, 7200,"
            " $1::date, $2::timestamptz FROM territory.organisation o, territory.plan p"
            " WHERE p.code = 'ticket' LIMIT 1 RETURNING id)"
            " INSERT INTO live.ticket (id, sheet_id, number, code_digest, first_used_at,"
            " revoked_at) SELECT gen_random_uuid(), id, $5::int, decode('0' || $5::int, 'hex'),"
            " $3::timestamptz, $4::timestamptz FROM sheet",
            *(date.fromisoformat(day), at(made)),
            *(at(used) if used else None, at(revoked) if revoked else None, number),
        )

    await run_purge(evidence.retention_url, places, at("2026-06-01 12:00"))

    left = await evidence.fetch("SELECT number FROM live.ticket ORDER BY number")
    kept = await evidence.fetch("SELECT 1 FROM live.ticket_sheet")
    assert ([row["number"] for row in left], len(kept)) == ([3, 4], 2)


async def test_who_guessed_is_forgotten_in_a_day(evidence: Evidence, places: Places) -> None:
    """The count of guesses serves for minutes; a day later its row goes."""
    for began in ("2026-05-31 11:59", "2026-05-31 12:01"):
        await evidence.fetch(
            "INSERT INTO live.guess (key, began_at, guesses)"
            " VALUES (decode(md5($1::timestamptz::text), 'hex'), $1, 3)",
            at(began),
        )

    await run_purge(evidence.retention_url, places, at("2026-06-01 12:00"))

    left = await evidence.fetch("SELECT began_at FROM live.guess")
    assert [row["began_at"] for row in left] == [at("2026-05-31 12:01")]


async def test_contacts_are_kept_by_what_they_are(evidence: Evidence, places: Places) -> None:
    """After its last right: what finds a contact a year, the address itself five; a code a day;
    what a number or an address was sent, no longer than it counts."""
    for number, until in enumerate(("2020-06-01", "2021-07-01", "2025-05-01", "2025-07-01")):
        await evidence.fetch(
            "WITH known AS (INSERT INTO account.contact (id, kind, digest, verified_at,"
            " last_verified_at, valid_until) VALUES (gen_random_uuid(), 'email',"
            " decode('0' || $1::int, 'hex'), $2, $2, $2) RETURNING id)"
            " INSERT INTO identity.contact (id, contact_sealed, valid_until)"
            " SELECT id, 'sealed', $2 FROM known",
            *(number, at(f"{until} 12:00")),
        )
    for ended in ("2026-05-31 11:59", "2026-05-31 12:01"):
        await evidence.fetch(
            "INSERT INTO live.challenge (id, method, visit_id, device, site_id, code_digest,"
            " sends, sent_at, created_at, expires_at) VALUES (gen_random_uuid(), 'sms_code',"
            " gen_random_uuid(), '02:00:00:00:00:01', gen_random_uuid(), 'c', 1, $1, $1, $1)",
            at(ended),
        )
    for day in ("2026-02-01", "2026-05-01"):
        await evidence.fetch(
            "INSERT INTO live.message_budget (scope, who, span, began_on, parts)"
            " VALUES ('site', 'w', 'day', $1, 1)",
            date.fromisoformat(day),
        )
        await evidence.fetch(
            "INSERT INTO live.sms_failure (site_id, day, reason, messages, last_at)"
            " VALUES (gen_random_uuid(), $1, 'away', 1, $1::date)",
            date.fromisoformat(day),
        )

    for scope, span, day in (
        ("number", "day", "2026-05-29"),
        ("block", "day", "2026-05-31"),
        ("source", "month", "2026-04-01"),
        ("number", "month", "2026-05-01"),
    ):
        await evidence.fetch(
            "INSERT INTO live.message_budget (scope, who, span, began_on, parts)"
            " VALUES ($1, 'w', $2, $3, 1)",
            *(scope, span, date.fromisoformat(day)),
        )

    await run_purge(evidence.retention_url, places, at("2026-06-01 12:00"))

    known = await evidence.fetch("SELECT valid_until FROM account.contact")
    told = await evidence.fetch("SELECT valid_until FROM identity.contact ORDER BY valid_until")
    assert [row["valid_until"] for row in known] == [at("2025-07-01 12:00")]
    assert [row["valid_until"].year for row in told] == [2021, 2025, 2025]
    assert len(await evidence.fetch("SELECT 1 FROM live.challenge")) == 1
    spent = await evidence.fetch("SELECT scope, span FROM live.message_budget ORDER BY scope")
    assert [tuple(row) for row in spent] == [
        ("block", "day"),
        ("number", "month"),
        ("site", "day"),
    ]
    assert len(await evidence.fetch("SELECT 1 FROM live.sms_failure")) == 1


async def test_accounts_are_kept_from_their_end(evidence: Evidence, places: Places) -> None:
    """A closed account a year, who was behind it five; one that nobody uses for a year ends so."""
    for number, (used, closed) in enumerate(
        (
            ("2026-05-01", None),
            ("2025-01-01", None),
            ("2021-01-01", "2021-05-01"),
            ("2021-01-01", "2021-07-01"),
            ("2025-01-01", "2025-07-01"),
        )
    ):
        await evidence.fetch(
            "WITH known AS (INSERT INTO account.account (id, kind, key, created_at, last_used_at)"
            " VALUES (gen_random_uuid(), 'account', decode('0' || $1::int, 'hex'), $2, $2)"
            " RETURNING id) INSERT INTO identity.person (account_id, told_by, claims_sealed,"
            " recorded_at) SELECT id, 'guest', 'sealed', $2 FROM known",
            *(number, at(f"{used} 12:00")),
        )
        if closed:
            await evidence.fetch(
                "SELECT account.close(id, $2) FROM account.account"
                " WHERE key = decode('0' || $1::int, 'hex')",
                *(number, at(f"{closed} 12:00")),
            )
    for ended in ("2026-05-31 11:59", "2026-05-31 12:01"):
        await evidence.fetch(
            "INSERT INTO live.openid_request (id, provider, plain, visit, begun_from, expires_at)"
            " VALUES (gen_random_uuid(), 'fc', $2, 'v', 'd', $1)",
            *(at(ended), ended),
        )
        await evidence.fetch(
            "INSERT INTO live.sponsor_request (id, site_id, link_digest, host_sealed, words_sealed,"
            " asked_at, expires_at) SELECT gen_random_uuid(), id, $2::text::bytea, 'h', 'w', $1, $1"
            " FROM territory.site LIMIT 1",
            *(at(ended), ended),
        )

    await run_purge(evidence.retention_url, places, at("2026-06-01 12:00"))

    kept = await evidence.fetch("SELECT key, closed_at FROM account.account ORDER BY key")
    assert [(row["key"][0], row["closed_at"]) for row in kept] == [
        (0, None),
        (1, at("2026-06-01 00:00")),
        (4, at("2025-07-01 12:00")),
    ]
    told = await evidence.fetch("SELECT ended_at FROM identity.person ORDER BY ended_at")
    assert [row["ended_at"] for row in told] == [
        at("2021-07-01 12:00"),
        at("2025-07-01 12:00"),
        at("2026-06-01 00:00"),
        None,
    ]
    assert len(await evidence.fetch("SELECT 1 FROM live.openid_request")) == 1
    asked = await evidence.fetch("SELECT expires_at FROM live.sponsor_request")
    assert [row["expires_at"] for row in asked] == [at("2026-05-31 12:01")]


async def test_what_was_agreed_to_is_kept_a_year_after_its_end(
    evidence: Evidence, places: Places
) -> None:
    """Withdrawn for a year, or its account ended, or its contact gone: the dates go too."""
    [body] = await evidence.fetch("SELECT id FROM territory.organisation LIMIT 1")
    accounts = [uuid4() for _ in range(3)]
    for number, account in enumerate(accounts):
        await evidence.fetch(
            "INSERT INTO account.account (id, kind, key, created_at, last_used_at)"
            " VALUES ($1, 'account', decode('0' || $2::int, 'hex'), $3, $3)",
            *(account, number, at("2026-05-01 12:00")),
        )
    withdrawn = (None, at("2025-05-01 12:00"), at("2025-07-01 12:00"))
    nobody = uuid4()
    for whose, ended in (*zip(accounts, withdrawn, strict=True), (nobody, None)):
        await evidence.fetch(
            "INSERT INTO consent.newsletter (id, guest_id, organisation_id, version, sender,"
            " purpose, language, given_at, withdrawn_at)"
            " VALUES (gen_random_uuid(), $1, $2, 'v', 's', 'p', 'fr', $3, $4)",
            *(whose, body["id"], at("2025-01-01 12:00"), ended),
        )

    await run_purge(evidence.retention_url, places, at("2026-06-01 12:00"))

    left = await evidence.fetch("SELECT guest_id, withdrawn_at FROM consent.newsletter")
    assert {row["guest_id"] for row in left} == {accounts[0], accounts[2]}
    await evidence.fetch("SELECT account.close($1, $2)", accounts[0], at("2026-06-01 12:00"))
    left = await evidence.fetch("SELECT guest_id FROM consent.newsletter")
    assert [row["guest_id"] for row in left] == [accounts[2]]
