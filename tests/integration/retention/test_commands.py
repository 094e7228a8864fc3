"""`socle archive`, `case`, `custodian` as people type them, on an embedded database."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from retention.chain import PUBLIC_KEY
from retention.signing import PublicKey
from socle.base import lay_ground
from socle.commands.archive import archive
from socle.commands.case import case
from socle.commands.custodian import IDENTITY, SIGNING, custodian
from territory.settings import load_settings
from tests.evidence import CUSTODIANS, VERDUN, Evidence, Session, visit

run = CliRunner()
NOW = datetime.now(UTC)
LAST_SEALABLE = (NOW - timedelta(days=3)).replace(hour=10, minute=0, second=0, microsecond=0)


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Path]:
    """A settings file whose state, database included, lies in the test's folder."""
    file = tmp_path / "socle.toml"
    file.write_text(f'state_folder = "{tmp_path / "state"}"\n')
    ground = asyncio.run(lay_ground(load_settings(file)))
    asyncio.run(_describe(Evidence(ground.owner_url), tmp_path))
    yield file
    ground.close()


async def _describe(evidence: Evidence, folder: Path) -> None:
    await evidence.describe(VERDUN)
    for login in CUSTODIANS:
        keys = run.invoke(custodian, ["keygen", str(folder / login)]).stdout
        recipient, signing_key = (line.partition(": ")[2] for line in keys.splitlines()[:2])
        await evidence.custodian(login, recipient, signing_key)
    await evidence.days(str(LAST_SEALABLE.date()), 4)
    phone = Session(VERDUN, "02:00:00:00:00:01", "10.1.0.10")
    await evidence.record(phone, *visit(LAST_SEALABLE, 30))


def test_from_sealing_to_the_answer(settings: Path, tmp_path: Path) -> None:
    """run, list, purge --dry-run, prepare, open, answer: each says what it did."""
    site = ["--settings", str(settings)]
    done = run.invoke(archive, ["run", "--json", *site])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout.splitlines()[-1])["segments"] == 3

    listed = run.invoke(archive, ["list", *site])
    assert f"{LAST_SEALABLE.date()}  source            1 slices" in listed.stdout
    planned = run.invoke(archive, ["purge", "--dry-run", "--json", *site])
    assert json.loads(planned.stdout)["ended"] == []
    assert "0 segments destroyed" in run.invoke(archive, ["purge", *site]).stdout

    question = ["--public-address", VERDUN.public_address, "--uncertainty", "1min"]
    moment = (LAST_SEALABLE + timedelta(minutes=15)).isoformat()
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
    assert "02:00:00:00:00:01" in (tmp_path / "a" / "rapport.html").read_text()
    as_json = run.invoke(
        case, ["answer", travelling, *keys, "--json", "--output", str(tmp_path / "b")]
    )
    assert json.loads(as_json.stdout)["devices"] == 1


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
