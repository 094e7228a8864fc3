"""`socle injunction`: run for real, against a real database."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from socle.commands.injunction import injunction
from territory.law.durations import add_months

TODAY = datetime.now(UTC).date()
SAID = ("--ground", "note 12", "--source", "registre", "--by", "DPO")


def run(*arguments: str) -> tuple[int, str, str]:
    """Run the command: its exit status, output and errors."""
    result = CliRunner().invoke(injunction, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.stdout.strip(), result.stderr.strip()


def test_a_decision_is_recorded_listed_and_withdrawn(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is written while something is wrong with it, nor while data would be destroyed that
    nobody has agreed to lose; then it counts until it is withdrawn, once."""
    monkeypatch.setenv("SOCLE_DATABASE__URL", database_url)
    monkeypatch.setenv("SOCLE_STATE_FOLDER", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    since = TODAY + timedelta(days=1000)  # beyond every decree that is delivered
    days = ("--from", str(since), "--until", str(add_months(since, 12)))

    assert run("record", "--from", "hier", "--until", "2027-01-01", *SAID)[0] == 2
    status, _, said = run("record", "--from", str(since), "--until", str(since), *SAID)
    assert (status, "after the first day" in said) == (2, True)
    assert json.loads(run("list", "--json")[1])["decisions"] == []

    status, name, _ = run("record", *days, *SAID)
    assert status == 0
    told = json.loads(run("list", "--json")[1])
    [known] = told["decisions"]
    assert (known["id"], known["state"], known["decided_by"]) == (name, "in force", "DPO")
    assert {"state": "in force", "from": str(since), "ground": "note 12"}.items() <= {
        key: value for period in told["periods"] for key, value in period.items()
    }.items()
    assert name in run("list")[1]

    assert run("withdraw", name) == (0, f"{name} counts no more", "")
    assert run("withdraw", name)[0] == 1
    assert run("withdraw", "12")[0] == 2
    assert json.loads(run("list", "--json")[1])["decisions"][0]["withdrawn"] is True
