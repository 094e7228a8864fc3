"""`socle archive`, `case`, `custodian` as people type them, on an embedded database."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner

from retention.cases.case import read_case
from retention.cases.prepare import Order, Preparer
from retention.cases.question import Question, ask, require
from retention.holds.register import register
from retention.keys.age import fingerprint_of, read_identity, recipient_of
from retention.manifests.chain import PUBLIC_KEY
from retention.manifests.signing import PublicKey
from socle.base import lay_ground
from socle.commands.archive import archive
from socle.commands.case import case
from socle.commands.custodian import IDENTITY, SIGNING, custodian
from socle.commands.hold import hold
from territory.database.components import Component
from territory.database.connect import open_engine
from territory.settings import load_settings
from tests.evidence import CUSTODIANS, VERDUN, Evidence, Session, visit

run = CliRunner()


@pytest.fixture
def last_sealable() -> datetime:
    """Ten o'clock of the last day that may be sealed, as the test begins."""
    today = datetime.now(UTC)
    return (today - timedelta(days=3)).replace(hour=10, minute=0, second=0, microsecond=0)


@pytest.fixture
def settings(tmp_path: Path, last_sealable: datetime) -> Iterator[Path]:
    """A settings file whose state, database included, lies in the test's folder."""
    file = tmp_path / "socle.toml"
    file.write_text(f'state_folder = "{tmp_path / "state"}"\n')
    ground = asyncio.run(lay_ground(load_settings(file)))
    asyncio.run(_describe(Evidence(ground.owner_url), tmp_path, last_sealable))
    yield file
    ground.close()


async def _describe(evidence: Evidence, folder: Path, last_sealable: datetime) -> None:
    await evidence.describe(VERDUN)
    for login in CUSTODIANS:
        keys = run.invoke(custodian, ["keygen", str(folder / login)]).stdout
        recipient, signing_key = (line.partition(": ")[2] for line in keys.splitlines()[:2])
        await evidence.custodian(login, recipient, signing_key)
    await evidence.days(str(last_sealable.date()), 4)
    phone = Session(VERDUN, "02:00:00:00:00:01", "10.1.0.10")
    await evidence.record(phone, *visit(last_sealable, 30))


def test_from_sealing_to_the_answer(
    settings: Path, tmp_path: Path, last_sealable: datetime
) -> None:
    """run, list, purge --dry-run, prepare, open, answer: each says what it did."""
    site = ["--settings", str(settings)]
    done = run.invoke(archive, ["run", "--json", *site])
    assert done.exit_code == 0, done.output
    segments = json.loads(done.stdout.splitlines()[-1])["segments"]
    assert segments in {3, 6}, "of one day, or of two where midnight has just passed"

    listed = run.invoke(archive, ["list", *site])
    assert f"{last_sealable.date()}  source            1 slices" in listed.stdout
    planned = run.invoke(archive, ["purge", "--dry-run", "--json", *site])
    assert json.loads(planned.stdout)["ended"] == []
    assert "0 segments destroyed" in run.invoke(archive, ["purge", *site]).stdout

    question = ["--public-address", VERDUN.public_address, "--uncertainty", "1min"]
    moment = (last_sealable + timedelta(minutes=15)).isoformat()
    act = ["--at", moment, "--reference", "PV 1", "--legal-ground", "CPP 77-1-1"]
    prepared = run.invoke(case, ["prepare", *question, *act, "--output", str(tmp_path), *site])
    assert prepared.exit_code == 0, prepared.output
    file = Path(prepared.stdout.splitlines()[0])

    first, second = (tmp_path / login for login in CUSTODIANS)
    opening = ["open", str(file), "--key", str(first / IDENTITY)]
    forged = run.invoke(case, [*opening, "--archive-key", "0" * 64])
    assert "not the expected key" in str(forged.exception)
    opened = run.invoke(case, opening)
    assert opened.exit_code == 0, opened.output
    key = PublicKey.from_pem((tmp_path / "state/archive" / PUBLIC_KEY).read_bytes()).fingerprint
    for said in ("PV 1 (CPP 77-1-1)", VERDUN.public_address, moment, key, "NOT CHECKED"):
        assert said in opened.stderr
    keys = ["--key", str(second / IDENTITY), "--signing-key", str(second / SIGNING)]
    travelling = opened.stdout.splitlines()[0]
    keys += ["--archive-key", key.upper()]
    answered = run.invoke(case, ["answer", travelling, *keys, "--output", str(tmp_path / "a")])
    assert answered.exit_code == 0, answered.output
    assert "NOT CHECKED" not in answered.stderr
    assert "one device: 1 device(s)" in answered.stdout
    assert "02:00:00:00:00:01" in (tmp_path / "a" / "reponse.csv").read_text()
    assert (tmp_path / "a" / "rapport.pdf").read_bytes().startswith(b"%PDF-1.7")
    as_json = run.invoke(
        case, ["answer", travelling, *keys, "--json", "--output", str(tmp_path / "b")]
    )
    assert json.loads(as_json.stdout)["answers"][0]["devices"] == 1

    about = ["--device", "02-00-00-00-00-01", "--category", "source", "--category", "account"]
    span = ["--since", last_sealable.isoformat(), "--until", moment]
    asked = run.invoke(case, ["prepare", *about, *span, *act[2:], "--output", str(tmp_path), *site])
    assert asked.exit_code == 0, asked.output
    made = read_case(Path(asked.stdout.splitlines()[0])).file
    assert [extract.category for extract in made.extracts] == ["account"]
    again = run.invoke(case, ["file", str(made.case), "--output", str(tmp_path), *site])
    assert again.exit_code == 0, again.output
    anew = read_case(Path(again.stdout.splitlines()[0])).file
    assert (anew.case, [one.category for one in anew.extracts]) == (made.case, ["account"])
    nothing = run.invoke(case, ["file", str(UUID(int=7)), *site])
    assert "waits for its answer" in str(nothing.exception)
    neither = run.invoke(case, ["prepare", *about, *question, *span, *act[2:], *site])
    assert "one of --public-address" in str(neither.exception)

    held_with_people(settings, tmp_path, last_sealable)
    drilled(settings, tmp_path, key)
    rewrapped(settings, tmp_path, key, segments)
    whole = run.invoke(archive, ["verify", *site])
    assert "whole and unchanged" in whole.stdout, whole.output


def held_with_people(settings: Path, folder: Path, last_sealable: datetime) -> None:
    """Make the case of a hold about a person on the server, where the database can be read."""
    site = ["--settings", str(settings), "--output", str(folder)]
    unknown = run.invoke(hold, ["prepare", str(UUID(int=7)), *site])
    assert "one of the register" in str(unknown.exception)
    about = {"kind": "person", "identifier_kind": "email", "identifier": "elise@exemple.fr"}
    span = {"since": last_sealable, "until": last_sealable + timedelta(hours=1)}
    question = ask(
        datetime.now(UTC), **about, **{name: at.isoformat() for name, at in span.items()}
    )
    made = asyncio.run(_registered(settings, question))
    prepared = run.invoke(hold, ["prepare", str(made), *site])
    assert prepared.exit_code == 0, prepared.output
    file = read_case(Path(prepared.stdout.splitlines()[-1])).file
    assert [extract.category for extract in file.extracts] == ["account", "identity"]
    assert file.logins == list(CUSTODIANS)


async def _registered(settings: Path, question: Question) -> UUID:
    ground = await lay_ground(load_settings(settings))
    engine = open_engine(ground.urls[Component.RETENTION])
    act = require(reference="PV 2", legal_ground="CPCE L34-1 III bis")
    async with engine.begin() as db:
        now = datetime.now(UTC)
        ends_on = (now + timedelta(days=90)).date()
        made = await register(db, Order(act, (question,), (), Preparer("anne")), ends_on, now)
    await engine.dispose()
    ground.close()
    return made


def drilled(settings: Path, folder: Path, archive_key: str) -> None:
    """Go through a drill as the two custodians type it: overdue before, proved after."""
    site = ["--settings", str(settings)]
    first, second = (folder / login for login in CUSTODIANS)
    overdue = run.invoke(archive, ["drill", "status", *site])
    assert (overdue.exit_code, "proved never, OVERDUE" in overdue.stdout) == (1, True)
    prepared = run.invoke(archive, ["drill", "prepare", "--output", str(folder), *site])
    file = prepared.stdout.splitlines()[0]
    keys = ["--key", str(first / IDENTITY), "--archive-key", "0" * 64]
    assert "signed by" in str(run.invoke(archive, ["drill", "open", file, *keys]).exception)
    keys[-1] = archive_key
    opened = run.invoke(archive, ["drill", "open", file, *keys]).stdout.splitlines()[0]
    keys = ["--key", str(second / IDENTITY), "--signing-key", str(second / SIGNING)]
    answered = run.invoke(archive, ["drill", "answer", opened, *keys])
    assert "NOT CHECKED" in answered.stderr
    recorded = run.invoke(archive, ["drill", "record", answered.stdout.splitlines()[0], *site])
    assert "drill recorded" in recorded.stdout, recorded.output
    status = run.invoke(archive, ["drill", "status", "--json", *site])
    assert (status.exit_code, json.loads(status.stdout)[0]["overdue"]) == (0, False)


def rewrapped(settings: Path, folder: Path, archive_key: str, segments: int) -> None:
    """Let a third open what was sealed before: both others confirm for whom, or nothing opens."""
    site = ["--settings", str(settings)]
    first, second = (folder / login for login in CUSTODIANS)
    noted, new = [f"{login}={noted_of(folder / login)}" for login in CUSTODIANS], folder / "clara"
    keys = run.invoke(custodian, ["keygen", str(new)])
    public = [line.partition(": ")[2] for line in keys.stdout.splitlines()[:2]]
    assert noted_of(new) in keys.stderr, "what the others note on paper"
    ground = asyncio.run(lay_ground(load_settings(settings)))
    asyncio.run(Evidence(ground.owner_url).custodian("clara", *public))
    ground.close()

    both = [word for login in CUSTODIANS for word in ("--custodian", login)]
    prepared = run.invoke(archive, ["rewrap", "prepare", *both, "--output", str(folder), *site])
    words = ["rewrap", "open", prepared.stdout.splitlines()[0], "--archive-key", archive_key]
    words += ["--key", str(first / IDENTITY)]
    asked = run.invoke(archive, words)
    assert (asked.exit_code, asked.stdout.strip()) == (1, ""), "no answer is a refusal"
    assert f"{noted_of(new)}  'clara'" in asked.stderr
    for_whom = [word for each in noted for word in ("--for", each)]
    assert "is for others" in str(run.invoke(archive, [*words, *for_whom]).exception)
    opened = run.invoke(archive, words, input="y\n")

    words = ["rewrap", "answer", opened.stdout.splitlines()[-1], "--archive-key", archive_key]
    words += ["--key", str(second / IDENTITY), "--signing-key", str(second / SIGNING)]
    assert run.invoke(archive, words, input="n\n").exit_code == 1
    assert not list(folder.glob("rewrap-*.answer.json"))
    answered = run.invoke(archive, [*words, *for_whom, "--for", f"clara={noted_of(new)}"])
    assert f"rewrap: the keys of {segments} segments are wrapped" in answered.stderr, (
        answered.output
    )
    recorded = run.invoke(archive, ["rewrap", "record", answered.stdout.splitlines()[0], *site])
    assert f"rewrap recorded, {segments} segments' keys changed" in recorded.stdout, recorded.output


def noted_of(folder: Path) -> str:
    """Return what a custodian's paper says of the key in a folder."""
    return fingerprint_of(recipient_of(read_identity(folder / IDENTITY)))


def test_a_key_is_never_made_twice(tmp_path: Path) -> None:
    """A second keygen in the same place would lose what the first can open."""
    assert run.invoke(custodian, ["keygen", str(tmp_path)]).exit_code == 0
    written = (tmp_path / IDENTITY).read_text()
    assert run.invoke(custodian, ["keygen", str(tmp_path)]).exit_code == 1
    assert (tmp_path / IDENTITY).read_text() == written


def test_what_is_no_archive_is_said(tmp_path: Path) -> None:
    """Exit status 2 for a wrong argument, 1 for a broken archive, with JSON for scripts."""
    assert run.invoke(archive, ["verify", str(tmp_path / "absent")]).exit_code == 2
    empty = run.invoke(archive, ["verify", "--json", str(tmp_path)])
    assert empty.exit_code == 1
    assert json.loads(empty.stdout)["faults"][0]["file"] == "manifests"
