"""`socle operator`: run for real, against a real database."""

import asyncio
import json
from pathlib import Path
from typing import Protocol

import pytest
from typer.testing import CliRunner

from socle.commands.operator import operator
from territory.access.audit import load_entries
from territory.database.connect import open_engine

LOGIN = "a.marchal@meuse.example"


class Run(Protocol):
    """Runs a command of `socle operator`."""

    def __call__(self, *arguments: str, typed: str | None = None) -> tuple[int, str, str]:
        """Return its exit status, output and errors."""
        ...


@pytest.fixture
def socle(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command of `socle operator` and return its exit status, output and errors."""
    monkeypatch.setenv("SOCLE_DATABASE__URL", database_url)
    monkeypatch.setenv("SOCLE_STATE_FOLDER", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, typed: str | None = None) -> tuple[int, str, str]:
        result = CliRunner().invoke(operator, arguments, input=typed)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result.exit_code, result.stdout.strip(), result.stderr.strip()

    return run


def test_an_operator_from_the_first_link_to_the_last_day(socle: Run, database_url: str) -> None:
    """Added, listed, given a password and a link, disabled; each a line of the log."""
    status, link, _ = socle("add", LOGIN, "--name", "Agnès", "--role", "administrator")
    assert status == 0
    assert link.startswith("http://127.0.0.1:8080/console/lien/")
    assert socle("set-password", LOGIN, "--stdin", typed="Douze-Mirabelles-55\n")[0] == 0
    assert socle("link", LOGIN, "--to", "desk")[1].startswith("http://127.0.0.1:8444/lien/")
    assert socle("disable", LOGIN)[1] == f"{LOGIN} is disabled"
    assert json.loads(socle("list", "--json")[1]) == [
        {"login": LOGIN, "role": "administrator", "state": "disabled", "name": "Agnès"}
    ]
    assert socle("disable", LOGIN, "--undo")[1] == f"{LOGIN} is enabled"
    assert "active" in socle("list")[1]
    assert socle("second-factor", LOGIN)[1] == f"{LOGIN}: second factor not in use"
    assert socle("second-factor", LOGIN, "--forget")[1].endswith("there was none")

    async def log() -> list[str]:
        engine = open_engine(database_url)
        async with engine.connect() as db:
            found = [entry.action for entry in await load_entries(db)]
        await engine.dispose()
        return found

    assert asyncio.run(log()) == [
        "operator.added",
        "operator.link_made",
        "operator.password_set",
        "operator.link_made",
        "operator.disabled",
        "operator.enabled",
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("add", "nope", "--name", "", "--role", "agent"), "a name has 1 to 100 characters"),
        (
            ("add", LOGIN, "--name", "A", "--role", "agent", "--organisation", "x"),
            "no organisation",
        ),
        (("link", LOGIN), "no operator has the login"),
        (("disable", LOGIN), "no operator has the login"),
        (("set-password", LOGIN, "--stdin"), "too easy to guess"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_status_1(
    socle: Run, arguments: tuple[str, ...], words: str
) -> None:
    """In words, on standard error."""
    status, _, errors = socle(*arguments, typed="azerty\n")
    assert status == 1
    assert words in errors


def test_a_login_is_taken_once(socle: Run) -> None:
    """The second time is refused, nothing is overwritten."""
    assert socle("add", LOGIN, "--name", "A", "--role", "dpo")[0] == 0
    assert socle("add", LOGIN.upper(), "--name", "B", "--role", "dpo")[0] == 1


def test_an_unknown_role_is_a_usage_error(socle: Run) -> None:
    """Status 2, before anything is opened."""
    assert socle("add", LOGIN, "--name", "A", "--role", "emperor")[0] == 2
