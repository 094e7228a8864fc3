"""`socle maintenance`: run for real, against a real database."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
from typer.testing import CliRunner

from socle.commands.maintenance import maintenance
from tests.integration.supervision.ground import describe_site

SAID = ("--why", "nouvelle box", "--author", "tech@meuse.example")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def socle(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command of `socle maintenance`: its exit status, output and errors."""
    monkeypatch.setenv("SOCLE_DATABASE__URL", database_url)
    monkeypatch.setenv("SOCLE_STATE_FOLDER", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    asyncio.run(describe_site(database_url, "mairie"))

    def run(*arguments: str) -> tuple[int, str, str]:
        result = CliRunner().invoke(maintenance, arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result.exit_code, result.stdout.strip(), result.stderr.strip()

    return run


def audited(url: str) -> list[tuple[str, str]]:
    """Which lines the audit log has."""

    async def ask() -> list[tuple[str, str]]:
        connection = await asyncpg.connect(url)
        rows = await connection.fetch("SELECT action, subject FROM audit.entry ORDER BY number")
        await connection.close()
        return [tuple(row) for row in rows]

    return asyncio.run(ask())


def test_work_is_announced_listed_and_ended(socle: Run, database_url: str) -> None:
    """At a site for two hours from now; ended, it is listed no more; both are audit lines."""
    status, identifier, _ = socle("add", "--site", "mairie", "--for", "2h", *SAID)
    assert status == 0
    (row,) = json.loads(socle("list", "--json")[1])
    assert (row["id"], row["site"], row["why"]) == (identifier, "mairie", "nouvelle box")
    assert "mairie" in socle("list")[1]
    assert socle("end", identifier)[0] == 0
    assert socle("end", identifier)[0] == 1
    assert json.loads(socle("list", "--json")[1]) == []
    assert audited(database_url) == [
        ("maintenance.announced", "mairie"),
        ("maintenance.ended", identifier),
    ]


def test_wrong_uses_say_what_was_expected(socle: Run) -> None:
    """Exit status 2, in words, and nothing announced."""
    two_hours = ("--for", "2h", *SAID)
    cases = (
        (("add", *two_hours), "--site or --everywhere"),
        (("add", "--site", "mairie", "--everywhere", *two_hours), "--site or --everywhere"),
        (("add", "--everywhere", *SAID), "--until or --for"),
        (("add", "--site", "ailleurs", *two_hours), "no site has the code ailleurs"),
        (("add", "--everywhere", "--for", "99 d", *SAID), "at most 31 days"),
        (("add", "--everywhere", "--for", "soon", *SAID), "--for: expected"),
        (("add", "--everywhere", "--from", "hier", *two_hours), "--from: expected a time"),
        (("add", "--everywhere", "--from", "2020-01-01T08:00", *two_hours), "the end is past"),
        (("end", "it"), "expected an identifier"),
    )
    for arguments, words in cases:
        status, _, errors = socle(*arguments)
        assert (status, words in errors) == (2, True), errors
    assert socle("list")[1] == ""
