"""Both custodians' machines, and the server between them, for a hold on one day."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from retention.cases.case import open_case, read_case
from retention.cases.prepare import Order, Preparer, load_holders
from retention.cases.question import Question, ask, require
from retention.holds.register import Execution, load_holds, move_end, register, write_hold
from retention.holds.reseal import reseal
from retention.holds.take_in import read_resealed, take_in
from retention.keys import age
from retention.keys.key_register import KeyRegister, unwrap
from retention.manifests.manifest import HoldLink
from retention.manifests.signing import SigningKey
from retention.sealing.archive import Places, Progress, only_runner, unwatched
from retention.sealing.clock_guard import ClockGuard
from retention.sealing.segment import open_segment
from retention.sealing.vault import load_held
from territory.database.components import Component
from territory.database.connect import open_engine, open_pool
from tests.evidence import CUSTODIANS, KEYRING, VERDUN, Evidence, Session, at

WANTED = Session(VERDUN, "02:00:00:00:00:01", "10.1.0.10")
ACT = require(reference="PV 2026/12", legal_ground="CPCE L34-1 III bis")
BACK = "back"
"""What comes back from the custodians, beside the archive."""


_THAT_DAY = {"since": "2025-11-17T00:00:00+00:00", "until": "2025-11-18T00:00:00+00:00"}


def wanted_on(now: str) -> Question:
    """Ask what one device did on 17 November 2025."""
    return ask(at(now), kind="device", device=WANTED.device, **_THAT_DAY)


def known_by(mail: str) -> Question:
    """Ask where somebody was on 17 November 2025."""
    person = {"identifier_kind": "email", "identifier": mail}
    return ask(at("2026-10-01 00:00"), kind="person", **person, **_THAT_DAY)


async def write_ticket(
    evidence: Evidence, code_digest: bytes, user_name: str, ended_at: datetime
) -> None:
    """Write a ticket that was used once, and the right that it earned."""
    await evidence.fetch(
        "WITH sheet AS (INSERT INTO live.ticket_sheet (id, organisation_id, plan_id, devices,"
        " use_seconds, last_first_use, made_at) SELECT gen_random_uuid(), o.id, p.id, 1, 7200,"
        " $2::timestamptz::date, $2 FROM territory.organisation o, territory.plan p LIMIT 1"
        " RETURNING id, plan_id), ticket AS (INSERT INTO live.ticket (id, sheet_id, number,"
        " code_digest, first_used_at) SELECT gen_random_uuid(), id, 1, $1, $2 FROM sheet"
        " RETURNING id) INSERT INTO live.admission (id, user_name, site_id, plan_id, method,"
        " language, terms_version, created_at, credential_expires_at, ends_at, guest_id)"
        " SELECT gen_random_uuid(), $3, $4, sheet.plan_id, 'ticket', 'fr', 'v', $2, $2, $2,"
        " ticket.id FROM sheet, ticket",
        *(code_digest, ended_at, user_name, VERDUN.site_id),
    )


async def write_account(evidence: Evidence, mail: str, user_name: str) -> UUID:
    """Write an account that is open, with a right of it that ended on 17 November 2025."""
    guest, then = uuid4(), at("2025-11-17 12:00")
    await evidence.fetch(
        "INSERT INTO account.account (id, kind, key, created_at, last_used_at)"
        " VALUES ($1, 'account', $2, $3, $3)",
        *(guest, guest.bytes, then),
    )
    await evidence.fetch(
        "INSERT INTO identity.person (account_id, told_by, claims_sealed, recorded_at)"
        " VALUES ($1, 'guest', $2, $3)",
        *(guest, KEYRING.seal(json.dumps({"email": mail})), then),
    )
    await evidence.fetch(
        "INSERT INTO live.admission (id, user_name, site_id, plan_id, method, language,"
        " terms_version, created_at, credential_expires_at, ends_at, guest_id)"
        " SELECT gen_random_uuid(), $1, $2, id, 'account', 'fr', 'v', $3, $3, $3, $4"
        " FROM territory.plan LIMIT 1",
        *(user_name, VERDUN.site_id, then, guest),
    )
    return guest


async def run_take_in(
    url: str, places: Places, now: datetime, progress: Progress = unwatched
) -> HoldLink:
    """Take what came back in, at a time of the test's own."""
    key = SigningKey.read(places.signing_key).public
    found = read_resealed(places.archive.parent / BACK, key)
    async with only_runner(url, places, now, progress, ClockGuard.NONE) as runner:
        return await take_in(runner, found)


@dataclass(frozen=True)
class Custody:
    """Both custodians' machines, and the server between them."""

    evidence: Evidence
    places: Places
    identities: dict[str, str]
    signers: dict[str, SigningKey]

    async def register(self, now: str, ends_on: str, question: Question | None = None) -> None:
        """Enter a hold on what is asked, else on what one device did on 17 November 2025."""
        order = Order(ACT, (question or wanted_on(now),), CUSTODIANS, Preparer("anne"))
        engine = open_engine(self.evidence.owner_url)
        async with engine.begin() as db:
            await register(db, order, date.fromisoformat(ends_on), at(now))
        await engine.dispose()

    async def move_end(self, ends_on: str) -> None:
        """Decide another end for the one hold there is."""
        engine = open_engine(self.evidence.owner_url)
        async with engine.begin() as db:
            [hold] = await load_holds(db)
            await move_end(db, hold.id, date.fromisoformat(ends_on))
        await engine.dispose()

    async def resealed(self, now: str, logins: tuple[str, str] = CUSTODIANS) -> Path:
        """Let the case travel to those two; return the file that comes back."""
        folder = self.places.archive.parent
        url = self.evidence.retention_url
        engine, pool = open_engine(url), await open_pool(url, Component.RETENTION, max_size=1)
        async with engine.connect() as db, pool.acquire() as connection:
            [hold] = await load_holds(db)
            held = await load_held(connection, KEYRING)
            by = Execution(await load_holders(db), at(now), held=held)
        await pool.close()
        await engine.dispose()
        case, opened, back = (folder / name for name in ("case", "opened", BACK))
        with case.open("wb") as tar:
            write_hold(self.places, hold, by, tar)
        first, second = logins
        with opened.open("wb") as tar:
            open_case(read_case(case), self.identities[first], at(now), tar)
        identity, signer = self.identities[second], self.signers[second]
        back.write_bytes(reseal(read_case(opened), identity, signer, at(now)))
        return back

    async def take_in(self, now: str) -> HoldLink:
        """Bring the file back to the server."""
        return await run_take_in(self.evidence.retention_url, self.places, at(now))

    def rows(self, object_name: str) -> list[dict[str, object]]:
        """Return the rows of a held segment, opened by both custodians."""
        first, second = CUSTODIANS
        wrapped = KeyRegister(self.places.keys).get(object_name, first, second)
        assert wrapped
        inner = unwrap(wrapped.sealed, self.identities[first])
        with pytest.raises(age.CannotOpen):
            unwrap(inner, self.identities[first])
        identity = unwrap(inner, self.identities[second]).decode().strip()
        sealed = self.places.storage.get(object_name)
        rows: list[dict[str, object]] = open_segment(sealed, identity).to_pylist()
        return rows
