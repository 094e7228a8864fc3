"""A hold: only the rows in scope outlive their day, opened by two custodians and nobody else."""

from dataclasses import replace
from io import BytesIO

import pytest
from typer.testing import CliRunner

from retention.cases.case_file import DayState, describe_days, objects_of
from retention.cases.prepare import load_holders
from retention.categories import SEALED
from retention.holds.register import Execution, load_holds, write_hold
from retention.keys import age
from retention.keys.key_register import KeyRegister
from retention.manifests.chain import Chain
from retention.manifests.signing import SigningKey
from retention.manifests.verify import verify_folder
from retention.sealing.archive import Places
from socle.commands.case import case
from socle.commands.hold import hold
from territory.database.connect import open_engine
from territory.database.tables.columns import Category
from territory.errors import ConfigurationError, Unavailable
from tests.custody import ACT, WANTED, Custody, known_by, wanted_on, write_account
from tests.evidence import (
    COMMERCY,
    CUSTODIANS,
    VERDUN,
    Evidence,
    Session,
    at,
    run_archive,
    run_purge,
    visit,
)

OTHER = Session(VERDUN, "02:00:00:00:00:02", "10.1.0.11")


@pytest.fixture
async def custody(
    evidence: Evidence,
    places: Places,
    identities: dict[str, str],
    signers: dict[str, SigningKey],
) -> Custody:
    """A sealed day, 17 November 2025, with two devices at one place and one at another."""
    await evidence.days("2025-11-17", 3)
    for session in (WANTED, OTHER, Session(COMMERCY, "02:00:00:00:00:03", "10.1.0.10")):
        await evidence.record(session, *visit(at("2025-11-17 10:00"), 30))
    await run_archive(evidence.retention_url, places, at("2025-11-20 00:00"))
    return Custody(evidence, places, identities, signers)


async def test_only_the_rows_in_scope_outlive_their_day(custody: Custody) -> None:
    """The day dies on its day, the hold on its own; both are in a chain that verifies."""
    evidence, places = custody.evidence, custody.places
    await custody.register("2026-10-01 00:00", "2027-03-01")
    await custody.resealed("2026-10-02 00:00")
    confirmed_by_both(custody)
    link = await custody.take_in("2026-10-02 01:00")
    assert await custody.take_in("2026-10-02 02:00") == link
    told = [(str(s.day), s.category, s.part, s.rows) for s in link.segments]
    assert told == [("2025-11-17", "source", 1, 1), ("2025-11-17", "traffic", 1, 1)]

    await run_purge(evidence.retention_url, places, at("2026-11-18 00:00"))
    assert Chain.read(places.archive).held() == []
    held = [s.object for _, s in Chain.read(places.archive).held_apart()]
    assert KeyRegister(places.keys).names() == places.storage.listing().keys() == set(held)
    assert {row["device"] for row in custody.rows(held[0])} == {WANTED.device}
    assert {row["session"] for row in custody.rows(held[1])} == {str(WANTED.key)}
    chain, question = Chain.read(places.archive), wanted_on("2026-12-01 00:00")
    assert objects_of(chain, [question], ACT) == (held[0],)
    assert [day.state for day in describe_days(chain, [question], ACT)] == [DayState.PRESERVED]

    await custody.move_end("2027-02-01")
    await run_purge(evidence.retention_url, places, at("2027-01-31 23:59"))
    assert len(Chain.read(places.archive).held_apart()) == 2
    index = "SELECT purge_on::text FROM archive.segment WHERE purged_at IS NULL"
    assert [row["purge_on"] for row in await evidence.fetch(index)] == ["2027-02-01"] * 2
    await run_purge(evidence.retention_url, places, at("2027-02-01 00:00"))
    chain = Chain.read(places.archive)
    assert chain.held_apart() == [] == list(places.storage.listing())
    assert KeyRegister(places.keys).names() == set()
    assert [str(link.ends_on) for link in chain.holds()] == ["2027-03-01", "2027-02-01"]
    verdict = verify_folder(places.archive)
    assert verdict.is_whole
    assert verdict.notices == ()
    assert {e.ground for e in chain.ended().values() if e.part} == {
        "CPCE L34-1 III bis, terme de la conservation"
    }


def confirmed_by_both(custody: Custody) -> None:
    """Type what both custodians type: each reads the scope and for whom, and confirms, or nothing
    is opened nor sealed."""
    run, folder = CliRunner(), custody.places.archive.parent
    for login, words in zip(CUSTODIANS, (("open", "case"), ("reseal", "opened")), strict=True):
        key, signing = folder / f"{login}.age", folder / f"{login}.pem"
        key.write_text(custody.identities[login])
        signing.write_bytes(custody.signers[login].pem)
        typed = [words[0], str(folder / words[1]), "--key", str(key), "--signing-key", str(signing)]
        typed += ["--output", str(folder / ("by_hand" if words[0] == "open" else "sealed"))]
        command = case if words[0] == "open" else hold
        asked = run.invoke(command, typed)
        assert (asked.exit_code, asked.stdout.strip()) == (1, "")
        for said in (f"device {WANTED.device}", "hold until 2027-03-01", *CUSTODIANS):
            assert said in asked.stderr
        done = run.invoke(command, typed, input="y\n")
        assert done.exit_code == 0, done.output


async def test_a_person_s_account_and_identity_outlive_their_day_too(
    evidence: Evidence,
    places: Places,
    identities: dict[str, str],
    signers: dict[str, SigningKey],
) -> None:
    """Known by an address: the rows of that day, the right that led to them, sealed when it ended,
    and account and identity, which the database still holds. Nobody else's; the vaults' own
    segments die on their day."""
    await evidence.days("2025-11-17", 3)
    for session in (WANTED, OTHER):
        await evidence.record(session, *visit(at("2025-11-17 10:00"), 30))
    other = "UPDATE source.event SET user_name = 'other' WHERE device = $1::text::macaddr"
    await evidence.fetch(other, OTHER.device)
    guest = str(await write_account(evidence, "Elise@exemple.fr", "opaque"))
    paul = await write_account(evidence, "paul@exemple.fr", "other")
    await evidence.fetch("SELECT account.close($1, $2)", paul, at("2025-11-17 12:00"))
    await run_archive(evidence.retention_url, places, at("2025-11-20 00:00"))
    custody = Custody(evidence, places, identities, signers)
    await custody.register("2026-10-01 00:00", "2027-03-01", known_by("elise@exemple.fr"))

    waiting = await run_purge(evidence.retention_url, places, at("2026-11-18 00:00"))
    assert {s.category for _, s, _ in waiting.waited_for} == {*SEALED, Category.ACCOUNT}
    await custody.resealed("2026-11-18 01:00")
    link = await custody.take_in("2026-11-18 02:00")
    told = [(str(s.day), s.category, s.part, s.rows) for s in link.segments]
    assert told == [
        ("2025-11-17", "source", 1, 1),
        ("2025-11-17", "traffic", 1, 1),
        ("2025-11-17", "account", 1, 1),
        ("2025-11-17", "account", 2, 1),
        ("2025-11-17", "identity", 1, 1),
    ]
    rows = [custody.rows(segment.object) for segment in link.segments[2:]]
    assert [(row["guest"], row["user_name"]) for [row] in rows[:2]] == [
        (guest, "opaque"),
        (guest, None),
    ]
    assert [row["guest"] for row in rows[2]] == [guest]

    planned = await run_purge(evidence.retention_url, places, at("2026-11-18 03:00"))
    assert {s.category for s in planned.ended} == {*SEALED, Category.ACCOUNT}
    chain = Chain.read(places.archive)
    assert [s.category for _, s in chain.held()] == ["identity"]
    asked = objects_of(chain, [known_by("elise@exemple.fr")], ACT)
    assert {s.object for s in link.segments if s.category != "traffic"} <= {*asked}
    assert verify_folder(places.archive).is_whole


async def test_the_desk_does_not_make_a_case_about_people(custody: Custody) -> None:
    """It cannot read them: nothing is preserved by half."""
    await custody.register("2026-10-01 00:00", "2027-03-01", known_by("elise@exemple.fr"))
    engine = open_engine(custody.evidence.owner_url)
    async with engine.connect() as db:
        [hold] = await load_holds(db)
        by = Execution(await load_holders(db), at("2026-10-02 00:00"))
    await engine.dispose()
    with pytest.raises(ConfigurationError, match="socle hold prepare"):
        write_hold(custody.places, hold, by, BytesIO())


async def test_a_hold_that_waits_keeps_its_day_or_not(custody: Custody) -> None:
    """Unexecuted, counsel's setting decides: whole days are kept, or purged with what they held."""
    evidence, places = custody.evidence, custody.places
    await custody.register("2026-10-01 00:00", "2027-03-01")
    planned = await run_purge(evidence.retention_url, places, at("2026-11-18 00:00"))
    assert len(planned.waited_for) == 3
    assert len(Chain.read(places.archive).held()) == 3
    await custody.resealed("2026-11-19 00:00")
    link = await custody.take_in("2026-11-19 01:00")
    assert len(link.segments) == 2
    await run_purge(evidence.retention_url, places, at("2026-11-20 00:00"))
    assert Chain.read(places.archive).held() == []

    await evidence.fetch("UPDATE archive.hold SET executed_at = NULL, last_day = '2026-11-17'")
    await evidence.days("2025-11-18", 1)
    with pytest.raises(Unavailable, match="not sealed yet"):
        await custody.resealed("2026-11-20 00:00")


async def test_purged_where_counsel_decides_so(custody: Custody) -> None:
    """With the other setting a day is destroyed though a hold on it waits."""
    places = replace(custody.places, keeps_for_holds=False)
    await custody.register("2026-10-01 00:00", "2027-03-01")
    planned = await run_purge(custody.evidence.retention_url, places, at("2026-11-18 00:00"))
    assert planned.waited_for == ()
    assert Chain.read(places.archive).held() == []


async def test_what_is_lifted_meanwhile_preserves_nothing(custody: Custody) -> None:
    """The order was lifted while it travelled: what comes back stays out, none is made anew."""
    await custody.register("2026-10-01 00:00", "2027-03-01")
    await custody.resealed("2026-10-02 00:00")
    await custody.move_end("2026-10-03")
    with pytest.raises(ConfigurationError, match="is not over"):
        await custody.take_in("2026-10-03 00:00")
    with pytest.raises(ConfigurationError, match="ended on 2026-10-03"):
        await custody.resealed("2026-10-03 00:00")


async def test_what_comes_back_changed_is_refused(custody: Custody) -> None:
    """A flipped octet of a segment, another signer, one custodian's key alone: nothing enters."""
    await custody.register("2026-10-01 00:00", "2027-03-01")
    file = await custody.resealed("2026-10-02 00:00")
    octets = file.read_bytes()
    place = octets.index(b"age-encryption.org/v1") + 300
    file.write_bytes(octets[:place] + bytes([octets[place] ^ 1]) + octets[place + 1 :])
    with pytest.raises(ConfigurationError, match="changed since it was resealed"):
        await custody.take_in("2026-10-02 01:00")
    alone = replace(custody, signers={login: SigningKey.generate() for login in CUSTODIANS})
    with pytest.raises(ConfigurationError, match="expected bruno"):
        await alone.resealed("2026-10-02 00:00")
    assert Chain.read(custody.places.archive).holds() == []


async def test_whoever_is_a_custodian_by_then_executes_it(
    evidence: Evidence,
    places: Places,
    identities: dict[str, str],
    signers: dict[str, SigningKey],
) -> None:
    """Registered for two of whom one has left: two of those there are execute it, with the keys
    they have now, and it ends when was last decided."""
    anne, bruno = CUSTODIANS
    clara = "clara.garde@territoire.example"
    identities[clara], signers[clara] = age.new_identity(), SigningKey.generate()
    public = signers[clara].public.base64
    await evidence.custodian(clara, age.recipient_of(identities[clara]), public)
    await evidence.days("2025-11-17", 3)
    await evidence.record(WANTED, *visit(at("2025-11-17 10:00"), 30))
    await run_archive(evidence.retention_url, places, at("2025-11-20 00:00"))
    custody = Custody(evidence, places, identities, signers)
    await custody.register("2026-10-01 00:00", "2027-03-01")
    await custody.move_end("2027-02-01")
    left = "UPDATE staff.operator SET disabled_at = $2 WHERE login = $1"
    await evidence.fetch(left, bruno, at("2026-10-02 00:00"))

    changed = "UPDATE staff.operator SET age_recipient = $2 WHERE login = $1"
    await evidence.fetch(changed, clara, age.recipient_of(age.new_identity()))
    with pytest.raises(ConfigurationError, match="expected two for whom"):
        await custody.resealed("2026-10-03 00:00", (anne, clara))
    await evidence.fetch(changed, clara, age.recipient_of(identities[clara]))

    await custody.resealed("2026-10-03 00:00", (anne, clara))
    link = await custody.take_in("2026-10-03 01:00")
    assert (str(link.ends_on), link.resealed_by) == ("2027-02-01", public)
    for segment in link.segments:
        (key,) = KeyRegister(places.keys).keys(segment.object)
        assert {key.outer, key.inner} == {anne, clara}


async def test_who_left_since_opens_nothing_that_is_taken_in(custody: Custody) -> None:
    """Keys come back months later: kept for pairs of today's custodians only, or not taken in."""
    clara = "clara.garde@territoire.example"
    await custody.evidence.custodian(clara, age.recipient_of(age.new_identity()), "a2V5")
    await custody.register("2026-10-01 00:00", "2027-03-01")
    await custody.resealed("2026-10-02 00:00")
    left = "UPDATE staff.operator SET disabled_at = $2 WHERE login = $1"
    await custody.evidence.fetch(left, clara, at("2026-10-02 00:00"))

    changed = "UPDATE staff.operator SET age_recipient = $2 WHERE login = $1"
    anne = CUSTODIANS[0]
    await custody.evidence.fetch(changed, anne, age.recipient_of(age.new_identity()))
    with pytest.raises(ConfigurationError, match="no two of today's custodians"):
        await custody.take_in("2026-10-02 01:00")
    assert Chain.read(custody.places.archive).holds() == []

    await custody.evidence.fetch(changed, anne, age.recipient_of(custody.identities[anne]))
    link = await custody.take_in("2026-10-02 02:00")
    assert link.segments
    for segment in link.segments:
        (key,) = KeyRegister(custody.places.keys).keys(segment.object)
        assert {key.outer, key.inner} == {*CUSTODIANS}
